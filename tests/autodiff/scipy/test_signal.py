"""scipy.signal's convolutions of Values: every mode, method, boundary and axis, against SciPy and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal

import autodiff as ad
from autodiff import Value
from autodiff.scipy import signal
from tests.autodiff.scipy.mirrored import Call, check_signatures, parametrized

RNG = np.random.default_rng(5)
LONG, SHORT = RNG.uniform(-1, 1, 7), RNG.uniform(-1, 1, 4)
IMAGE, KERNEL = RNG.uniform(-1, 1, (4, 5)), RNG.uniform(-1, 1, (3, 2))
COMPLEX = SHORT + 1j * RNG.uniform(-1, 1, 4)


def call(name: str, *args: Any, **keywords: Any) -> Call:
    return Call(getattr(signal, name), getattr(scipy.signal, name), args, keywords)


MODES = ("full", "same", "valid")
CALLS = [
    *[call(f, LONG, SHORT, mode=m) for f in ("convolve", "correlate", "fftconvolve", "oaconvolve") for m in MODES],
    *[call(f, SHORT, LONG, mode=m) for f in ("convolve", "correlate", "fftconvolve") for m in MODES],
    *[call(f, COMPLEX, LONG, m, method="direct") for f in ("convolve", "correlate") for m in MODES],
    *[call(f, LONG, COMPLEX, m, method="fft") for f in ("convolve", "correlate") for m in MODES],
    *[call(f, IMAGE, KERNEL, mode=m) for f in ("convolve", "correlate", "convolve2d", "correlate2d") for m in MODES],
    call("convolve", LONG, np.array([1, 0, -1])),
    call("fftconvolve", IMAGE, IMAGE[:1], axes=1),
    call("fftconvolve", IMAGE, IMAGE[:, :2], mode="valid", axes=[-1]),
    call("fftconvolve", IMAGE, IMAGE[:2, :1], "same", axes=(0,)),
    call("oaconvolve", IMAGE, KERNEL, axes=(0, 1)),
    *[
        call(f, IMAGE, KERNEL, m, boundary=b)
        for f in ("convolve2d", "correlate2d")
        for m in ("full", "same")
        for b in ("wrap", "symm", "fill")
    ],
    call("convolve2d", IMAGE, KERNEL, mode="same", boundary="fill", fillvalue=1.5),
    call("correlate2d", IMAGE, KERNEL, fillvalue=-0.5),
]


@parametrized(CALLS)
def test_call(case: Call) -> None:
    case.check()


def test_signatures() -> None:
    check_signatures(CALLS)


def test_numbers_and_nothing() -> None:
    assert signal.convolve(Value(3.0), 2.0).item() == 6.0
    assert signal.convolve(Value(LONG[:0]), SHORT).data.tolist() == [0.0] * 3
    assert ad.grad(lambda x: np.sum(signal.convolve(Value(LONG[:0]), x)))(SHORT).data.tolist() == [0.0] * 4


def test_wrong_operands() -> None:
    with pytest.raises(ad.errors.ArgumentError, match="mode"):
        signal.convolve(Value(LONG), SHORT, mode="most")
    for f in (signal.convolve, signal.correlate):
        with pytest.raises(ad.errors.ArgumentError, match="method"):
            f(Value(LONG), SHORT, method="guess")
    with pytest.raises(ad.errors.ShapeError, match="as many axes"):
        signal.convolve(Value(LONG), KERNEL)
    with pytest.raises(ad.errors.ShapeError, match="at least as long"):
        signal.convolve(Value(IMAGE), np.ones((9, 1)), mode="valid")
    with pytest.raises(ad.errors.ShapeError, match="fit together"):
        signal.fftconvolve(Value(IMAGE), KERNEL, axes=0)
    with pytest.raises(ad.errors.ShapeError, match="two matrices"):
        signal.convolve2d(Value(LONG), KERNEL)
    with pytest.raises(ad.errors.ArgumentError, match="boundary"):
        signal.convolve2d(Value(IMAGE), KERNEL, boundary="none")
    with pytest.raises(ad.errors.UnsupportedError, match=r"scipy\.signal\.lfilter"):
        signal.lfilter([1.0], [1.0, 0.5], Value(LONG))
    assert signal.lfilter([1.0], [1.0], LONG).shape == LONG.shape


def test_jit() -> None:
    loss = ad.grad(lambda k: np.sum(signal.convolve(IMAGE, k, "same") ** 2))
    run = ad.jit(loss)
    for scale in (1.0, 1.0, 2.0):
        np.testing.assert_allclose(run(scale * KERNEL), loss(scale * KERNEL), rtol=1e-12)
