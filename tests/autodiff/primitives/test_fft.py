"""Fourier transforms: every length, norm and axis, odd and even, real and complex."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, AxisRangeError, DtypeError, ShapeError
from tests.autodiff.checks import check
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

rng = np.random.default_rng(4)
REAL = rng.normal(size=(3, 4))
COMPLEX = REAL + 1j * rng.normal(size=(3, 4))
CUBE = rng.normal(size=(2, 3, 4))
COMPLEX_CUBE = CUBE + 1j * rng.normal(size=(2, 3, 4))
NORMS = (None, "backward", "ortho", "forward")
FULL, HALF, UNHALF = (np.fft.fft, np.fft.ifft), (np.fft.rfft, np.fft.ihfft), (np.fft.irfft, np.fft.hfft)
MANY = (np.fft.fftn, np.fft.ifftn, np.fft.fft2, np.fft.ifft2, np.fft.irfftn, np.fft.irfft2)
HALVES = (np.fft.rfftn, np.fft.rfft2)
CALLS: list[Call] = [
    *(
        call(f, x, n, axis=a, norm=m)
        for functions, arrays in ((FULL, (REAL, COMPLEX)), (HALF, (REAL,)), (UNHALF, (REAL, COMPLEX)))
        for f in functions
        for x in arrays
        for n, m in ((None, None), (2, "backward"), (7, "ortho"), (4, "forward"), (1, "ortho"), (3, None))
        for a in (-1, 0)
    ),
    *(call(f, REAL[0]) for f in (*FULL, *HALF, *UNHALF)),
    *(call(f, COMPLEX[:, :1], n=1) for f in (*FULL, *UNHALF)),
    *(call(f, CUBE.astype(complex).T) for f in (*FULL, *UNHALF)),
    *(call(f, np.zeros((0, 4)), axis=1) for f in (*FULL, *HALF, *UNHALF)),
    *(
        call(f, x, s, axes=a, norm=m)
        for functions, arrays in ((MANY, (CUBE, COMPLEX_CUBE)), (HALVES, (CUBE,)))
        for f in functions
        for x in arrays
        for s, a, m in (
            (None, (0, 1), None), (None, (2, -2), "ortho"), ((4, 2), (0, 2), "forward"), ([3, -1], [1, 2], "backward"),
            (None, (1, 1), None), ((5, 3), (1, 1), "ortho"), ((2,), (-1,), None), ((1, 5), (0, 2), "backward"),
        )
    ),
    *(call(f, CUBE) for f in (*MANY, *HALVES)),
    *(call(f, REAL[0], axes=(0,)) for f in (*MANY, *HALVES)),
    *(call(f, CUBE, axes=()) for f in (np.fft.fftn, np.fft.ifftn)),
    *(
        call(f, x, axes=a)
        for f in (np.fft.fftshift, np.fft.ifftshift)
        for x in (CUBE, COMPLEX_CUBE)
        for a in (None, 0, -2, (0, 2), [1], (1, 1))
    ),
]  # fmt: skip
REFUSED: list[Call] = [call(f, REAL, out=COMPLEX.copy()) for f in (*FULL, *HALF, *UNHALF, *MANY, *HALVES)]
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


# --- half spectra ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 9))
@pytest.mark.parametrize("norm", NORMS)
def test_half_and_full_spectra_agree(n: int, norm: Any) -> None:
    """rfft is half of fft, and irfft the inverse, so their gradients agree too, whatever the length."""
    x = rng.normal(size=5)
    weights = rng.normal(size=n // 2 + 1) + 1j * rng.normal(size=n // 2 + 1)
    half = lambda x: np.sum(np.real(weights * np.fft.rfft(x, n, norm=norm)) ** 3)
    full = lambda x: np.sum(np.real(weights * np.fft.fft(x, n, norm=norm)[: n // 2 + 1]) ** 3)
    np.testing.assert_allclose(ad.grad(half)(x), ad.grad(full)(x), atol=1e-12)
    z = rng.normal(size=n // 2 + 1) + 1j * rng.normal(size=n // 2 + 1)
    back = lambda z: np.sum(np.fft.rfft(np.fft.irfft(z, n, norm=norm), n, norm=norm) * np.conj(weights))
    imaginary = np.arange(n // 2 + 1) % n != 0 if n % 2 else np.arange(n // 2 + 1) % (n // 2) != 0
    there = lambda z: np.sum((np.real(z) + 1j * imaginary * np.imag(z)) * np.conj(weights))
    np.testing.assert_allclose(
        ad.grad(lambda z: np.real(back(z)))(z), ad.grad(lambda z: np.real(there(z)))(z), atol=1e-12
    )


def test_irfft_does_not_look_at_two_imaginary_parts() -> None:
    """Those of frequency 0 and, if the length is even, of the highest: their gradient is 0."""
    z = rng.normal(size=3) + 1j * rng.normal(size=3)
    for f, n, zeros in (
        (np.fft.irfft, 4, [0, 2]),
        (np.fft.irfft, 5, [0]),
        (np.fft.hfft, 4, [0, 2]),
        (np.fft.hfft, 5, [0]),
    ):
        g = ad.grad(lambda z, f=f, n=n: np.sum(f(z, n) ** 3))(z)
        assert np.flatnonzero(np.imag(g) == 0).tolist() == zeros


def test_axes_and_lengths_as_numpy_has_them() -> None:
    v = Value(CUBE)
    with pytest.warns(DeprecationWarning, match="axes"):
        ours = np.fft.fftn(v, (2, 3))
    with pytest.warns(DeprecationWarning, match="axes"):
        theirs = np.fft.fftn(CUBE, (2, 3))
    np.testing.assert_array_equal(ours.data, theirs)
    for f in HALVES:
        with pytest.raises(ShapeError, match="one axis at least"):
            f(v, axes=())
    with pytest.raises(ShapeError, match="as many lengths"):
        np.fft.fft2(v, (2,))
    with pytest.raises(ShapeError, match="irfft transforms one number at least"):
        np.fft.irfft(v[..., :1])
    for f in (np.fft.rfft, np.fft.ihfft):
        with pytest.raises(DtypeError, match="complex"):
            f(Value(COMPLEX))
    for f in (*FULL, *HALF, *UNHALF, *MANY, *HALVES):
        with pytest.raises(ArgumentError, match=r"'ortho'.*'x'"):
            f(v, norm="x")
    for f in (np.fft.fftshift, np.fft.fftn, np.fft.rfftn):
        with pytest.raises(AxisRangeError, match="no axis 3"):
            f(v, axes=(3,))


def test_frequencies_of_a_recorded_spacing() -> None:
    """fftfreq takes no arrays; the spacing may be a Value, as it is divided by."""
    f = lambda d: np.sum(np.fft.rfftfreq(8, d) ** 2)
    assert ad.grad(f)(0.5) == pytest.approx(-2 * f(0.5) / 0.5)


def test_a_spectral_penalty() -> None:
    """Σ k²|X|² is the energy of the derivative: for one wave, n²/4·k²·2 times its squared amplitude."""
    n, k = 16, 3
    penalty = lambda x: np.sum(np.fft.fftfreq(n, 1 / n) ** 2 * np.abs(np.fft.fft(x)) ** 2)
    wave = np.cos(2 * np.pi * k * np.arange(n) / n)
    np.testing.assert_allclose(ad.grad(penalty)(wave), 2 * n * k**2 * wave, atol=1e-10)


def test_jitted() -> None:
    step = ad.jit(ad.grad(lambda x: np.sum(np.abs(np.fft.rfftn(x)) ** 2) + np.sum(np.fft.irfft(np.fft.fft(x), 5) ** 3)))
    for x in (CUBE, CUBE[::-1].copy()):
        expected = ad.grad(lambda x: np.sum(np.abs(np.fft.rfftn(x)) ** 2) + np.sum(np.fft.irfft(np.fft.fft(x), 5) ** 3))
        np.testing.assert_allclose(step(x), expected(x), rtol=1e-10)
