"""Convolutions over any number of axes. Loaded on first use: SciPy computes them.

One entry is enough: what it adds up to is linear in either operand, and the adjoint is a convolution with the other
operand reversed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal

from autodiff.primitives.kinds import Primitive, multilinear


def _forward(x: Any, y: Any, *, axes: tuple[int, ...], method: str) -> Any:
    if x.size == 0 or y.size == 0:
        lengths = list(np.broadcast_shapes(*([1 if i in axes else n for i, n in enumerate(a.shape)] for a in (x, y))))
        for axis in axes:
            lengths[axis] = max(x.shape[axis] + y.shape[axis] - 1, 0)
        return np.zeros(lengths, np.result_type(x, y))
    if method == "fft":
        return scipy.signal.fftconvolve(x, y, "full", axes=list(axes))
    return scipy.signal.convolve(x, y, "full", method=method)


def cropped(x: Any, starts: dict[int, int], lengths: dict[int, int]) -> Any:
    """A part of x along some axes."""
    index = [slice(starts[i], starts[i] + lengths[i]) if i in starts else slice(None) for i in range(x.ndim)]
    return x[tuple(index)]


def _adjoint(g: Any, other: Any, like: Any, axes: tuple[int, ...], method: str) -> Any:
    """Σ gₙ₊ₖ otherₖ: the part of a convolution with the other one reversed that has the operand's length."""
    if like.size == 0 or other.size == 0:
        return np.zeros_like(like)
    whole = convolve(g, np.flip(other, axes), axes=axes, method=method)
    return cropped(whole, {i: other.shape[i] - 1 for i in axes}, {i: like.shape[i] for i in axes})


convolve: Primitive = multilinear(
    _forward,
    [
        lambda g, y, x_like, axes, method: _adjoint(g, y, x_like, axes, method),
        lambda g, x, y_like, axes, method: _adjoint(g, x, y_like, axes, method),
    ],
    broadcasts=True,
    name="convolve_axes",
)
"""Σₖ xₖ yₙ₋ₖ over some axes, as long as there are terms; the others broadcast."""

convolve.complete = True
