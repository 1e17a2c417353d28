"""fft and ifft: every length, norm and axis, real and complex."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

rng = np.random.default_rng(4)
REAL = rng.normal(size=(3, 4))
COMPLEX = REAL + 1j * rng.normal(size=(3, 4))
CALLS: list[Call] = [
    *(
        call(f, x, n, axis=a, norm=m)
        for f in (np.fft.fft, np.fft.ifft)
        for x in (REAL, COMPLEX)
        for n in (None, 2, 7)
        for a in (-1, 0)
        for m in (None, "backward", "ortho", "forward")
    ),
    *(call(f, REAL[0]) for f in (np.fft.fft, np.fft.ifft)),
    *(call(f, COMPLEX[:, :1], n=1) for f in (np.fft.fft, np.fft.ifft)),
]
REFUSED: list[Call] = [call(f, REAL, out=COMPLEX.copy()) for f in (np.fft.fft, np.fft.ifft)]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


def test_the_inverse_undoes_it() -> None:
    x = Value(COMPLEX)
    back = np.fft.ifft(np.fft.fft(x))
    np.real(back).sum().backward()
    np.testing.assert_allclose(x.grad, np.ones((3, 4)), atol=1e-14)


def test_a_real_operand_gets_a_real_gradient() -> None:
    x = Value(REAL)
    np.abs(np.fft.fft(x)).sum().backward()
    assert x.grad.dtype == np.float64


def test_parseval() -> None:
    """Σ|X|² = n Σ|x|², so the gradient is 2n·conj(x)."""
    energy = lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2)
    np.testing.assert_allclose(ad.grad(energy)(COMPLEX), 8 * np.conj(COMPLEX))
    np.testing.assert_allclose(ad.grad(energy)(REAL), 8 * REAL)
    check(energy, COMPLEX, exact=False)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_single_precision(dtype: type) -> None:
    x = Value(REAL.astype(dtype))
    assert np.fft.fft(x).dtype == np.fft.fft(REAL.astype(dtype)).dtype
    np.abs(np.fft.fft(x)).sum().backward()
    assert x.grad.dtype == dtype
