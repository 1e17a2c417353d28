"""scipy.signal for Values: convolutions and correlations, with every mode and method.

What has no derivative here refuses a Value by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError
from autodiff.scipy.mirror import mirrored, ours, scipy_module
from autodiff.value import Value

_signal = scipy_module("signal")

from autodiff.primitives import convolutions  # noqa: E402


def _mirroring(mine: Any) -> Any:
    return ours(getattr(_signal, mine.__name__), mine)


def _operand(x: Any) -> Any:
    if isinstance(x, Value):
        return x
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


def _convolved(in1: Any, in2: Any, mode: str, axes: Any, method: str, function: str) -> Any:
    """The part of the convolution that a mode asks for."""
    x, y = _operand(in1), _operand(in2)
    if mode not in ("full", "same", "valid"):
        raise ArgumentError(f"scipy.signal.{function} takes mode 'full', 'valid' or 'same', was given {mode!r}")
    if np.ndim(x) != np.ndim(y):
        raise ShapeError(f"scipy.signal.{function} needs as many axes on both sides, was given {x.shape} and {y.shape}")
    if np.ndim(x) == 0:
        return x * y
    axes = tuple(range(x.ndim)) if axes is None else axes
    axes = tuple(sorted({np.arange(x.ndim)[i].item() for i in np.atleast_1d(np.asarray(axes, dtype=int))}))
    for i in set(range(x.ndim)) - set(axes):
        if x.shape[i] != y.shape[i] and 1 not in (x.shape[i], y.shape[i]):
            raise ShapeError(f"scipy.signal.{function}: the axes {i} of {x.shape} and {y.shape} do not fit together")
    lengths = [(x.shape[i], y.shape[i]) for i in axes]
    if mode == "valid" and not (all(m >= n for m, n in lengths) or all(m <= n for m, n in lengths)):
        raise ShapeError(
            f"scipy.signal.{function} with mode='valid' needs one operand at least as long as the other in every axis, "
            f"was given {x.shape} and {y.shape}"
        )
    whole = convolutions.convolve(x, y, axes=axes, method=method)
    if mode == "full" or whole.size == 0:
        return whole
    if mode == "same":
        starts = {i: (whole.shape[i] - x.shape[i]) // 2 for i in axes}
        return convolutions.cropped(whole, starts, {i: x.shape[i] for i in axes})
    return convolutions.cropped(
        whole,
        {i: min(m, n) - 1 for i, (m, n) in zip(axes, lengths)},
        {i: abs(m - n) + 1 for i, (m, n) in zip(axes, lengths)},
    )


@_mirroring
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Σₖ in1ₖ in2ₙ₋ₖ over all axes. in1, in2: as many axes · mode: "full", "same" as in1, or "valid" without edges

    >>> convolve(np.array([1.0, 2.0]), np.array([1.0, 1.0])).tolist()
    [1.0, 3.0, 2.0]
    """
    if method not in ("auto", "direct", "fft"):
        raise ArgumentError(f"scipy.signal.convolve takes method 'auto', 'direct' or 'fft', was given {method!r}")
    return _convolved(in1, in2, mode, None, method, "convolve")


@_mirroring
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The same by Fourier transforms, over some axes; the others broadcast.

    >>> [round(float(x), 9) for x in fftconvolve(np.array([1.0, 2.0]), np.array([1.0, 1.0]))]
    [1.0, 3.0, 2.0]
    """
    return _convolved(in1, in2, mode, axes, "fft", "fftconvolve")


@_mirroring
def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The same as fftconvolve; on Values it is one transform, not many short ones.

    >>> [round(float(x), 9) for x in oaconvolve(np.array([1.0, 2.0]), np.array([1.0, 1.0]))]
    [1.0, 3.0, 2.0]
    """
    return _convolved(in1, in2, mode, axes, "fft", "oaconvolve")


@_mirroring
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Σₖ in1ₖ conj(in2ₖ₋ₙ): the convolution with in2 reversed and conjugated.

    >>> correlate(np.array([1.0, 2.0]), np.array([1.0, 0.0])).tolist()
    [0.0, 1.0, 2.0]
    """
    if method not in ("auto", "direct", "fft"):
        raise ArgumentError(f"scipy.signal.correlate takes method 'auto', 'direct' or 'fft', was given {method!r}")
    return _convolved(in1, _reversed(in2), mode, None, method, "correlate")


def _reversed(x: Any) -> Any:
    x = np.flip(_operand(x))
    return np.conjugate(x) if np.iscomplexobj(x) else x


_BOUNDARIES = {"fill": "constant", "pad": "constant", "wrap": "wrap", "circular": "wrap", "symm": "symmetric"}
_BOUNDARIES["symmetric"] = "symmetric"


def _in_the_plane(in1: Any, in2: Any, mode: str, boundary: str, fillvalue: Any, function: str) -> Any:
    x, y = _operand(in1), _operand(in2)
    if np.ndim(x) != 2 or np.ndim(y) != 2:
        raise ShapeError(f"scipy.signal.{function} takes two matrices, was given {np.shape(x)} and {np.shape(y)}")
    if boundary not in _BOUNDARIES:
        raise ArgumentError(f"scipy.signal.{function} takes boundary 'fill', 'wrap' or 'symm', was given {boundary!r}")
    if mode == "valid":
        return _convolved(x, y, mode, None, "auto", function)
    width = [(n - 1, n - 1) for n in y.shape]
    constant = {"constant_values": fillvalue} if _BOUNDARIES[boundary] == "constant" else {}
    around = np.pad(x, width, mode=_BOUNDARIES[boundary], **constant)  # type: ignore[call-overload]
    whole = _convolved(around, y, "valid", None, "auto", function)
    if mode == "full":
        return whole
    # of two places in the middle of an even kernel, a correlation takes the other one
    starts = {i: (n - (function == "convolve2d")) // 2 for i, n in enumerate(y.shape)}
    return convolutions.cropped(whole, starts, dict(enumerate(x.shape)))


@_mirroring
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The convolution of two matrices; beyond in1's edges lie `fillvalue`, in1 again (wrap) or its mirror image (symm).

    >>> convolve2d(np.ones((1, 2)), np.ones((1, 2)), boundary="wrap", mode="same").tolist()
    [[2.0, 2.0]]
    """
    return _in_the_plane(in1, in2, mode, boundary, fillvalue, "convolve2d")


@_mirroring
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The correlation of two matrices: the convolution with in2 reversed and conjugated.

    >>> correlate2d(np.ones((1, 2)), np.ones((1, 2)), mode="valid").tolist()
    [[2.0]]
    """
    return _in_the_plane(in1, _reversed(in2), mode, boundary, fillvalue, "correlate2d")


def __getattr__(name: str) -> Any:
    return mirrored(_signal, name)
