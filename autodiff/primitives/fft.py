"""Discrete Fourier transforms along one axis. The DFT matrix is symmetric, so each transform is its own transpose."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.primitives.keywords import refuse
from autodiff.primitives.kinds import composite, linear
from autodiff.primitives.shaping import axis_of


def _resized(g: Any, n: int, axis: int) -> Any:
    """g cut or zero-padded to length n: the adjoint of padding or cutting before the transform."""
    length = g.shape[axis]
    lead = (slice(None),) * axis
    if n <= length:
        return g[(*lead, slice(0, n))]
    return np.pad(g, tuple((0, n - length) if i == axis else (0, 0) for i in range(g.ndim)))


def _fft_adjoint(g: Any, x_like: Any, n: int, axis: int, norm: Any) -> Any:
    return _resized(np.fft.fft(g, n, axis, norm), x_like.shape[axis], axis)


def _ifft_adjoint(g: Any, x_like: Any, n: int, axis: int, norm: Any) -> Any:
    return _resized(np.fft.ifft(g, n, axis, norm), x_like.shape[axis], axis)


_fft = linear(lambda x, *, n, axis, norm: np.fft.fft(x, n, axis, norm), [_fft_adjoint], name="fft")
_ifft = linear(lambda x, *, n, axis, norm: np.fft.ifft(x, n, axis, norm), [_ifft_adjoint], name="ifft")


@composite(np.fft.fft)
def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """X[k] = Σ x[j]·exp(−2πi jk/n)."""
    refuse("fft.fft", out=out)
    axis = axis_of(a, axis, "fft.fft")
    return _fft(a, n=a.shape[axis] if n is None else operator.index(n), axis=axis, norm=norm or "backward")


@composite(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """x[j] = (1/n) Σ X[k]·exp(2πi jk/n)."""
    refuse("fft.ifft", out=out)
    axis = axis_of(a, axis, "fft.ifft")
    return _ifft(a, n=a.shape[axis] if n is None else operator.index(n), axis=axis, norm=norm or "backward")
