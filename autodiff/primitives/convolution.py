"""Convolution and correlation of two sequences: linear in each; the adjoint of one is the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError
from autodiff.primitives.given import array_of
from autodiff.primitives.kinds import Primitive, composite, multilinear


def _reversed(x: Any) -> Any:
    return np.flip(x, 0)


def _of_longer(g: Any, other: Any, mode: str) -> Any:
    """The gradient of the longer operand, or of either in the full convolution."""
    return convolution(g, _reversed(other), mode="valid" if mode == "full" else "full")


def _of_shorter(g: Any, other: Any) -> Any:
    """The gradient of the shorter operand, where only full overlaps count."""
    return _reversed(convolution(other, _reversed(g), mode="valid"))


def _adjoint(g: Any, mine: int, other: Any, mode: str) -> Any:
    if mode == "full" or mine >= other.shape[0]:
        return _of_longer(g, other, mode)
    return _of_shorter(g, other)


convolution: Primitive = multilinear(
    lambda x, y, *, mode: np.convolve(x, y, mode),
    [
        lambda g, x_like, y, mode: _adjoint(g, x_like.shape[0], y, mode),
        lambda g, x, y_like, mode: _adjoint(g, y_like.shape[0], x, mode),
    ],
    name="convolve",
)
"""Σⱼ x[k − j]·y[j], at all shifts where they overlap ("full"), or overlap as far as they can ("valid")."""

_SHORT = {"v": "valid", "s": "same", "f": "full", 0: "valid", 1: "same", 2: "full"}  # as NumPy takes them


def _mode(mode: Any, function: str) -> str:
    name = _SHORT.get(mode, mode) if isinstance(mode, (int, str)) else mode
    if name not in ("full", "same", "valid"):
        raise ArgumentError(f"np.{function} takes mode 'full', 'same' or 'valid', was given {mode!r}")
    return str(name)


def _sequence(x: Any, function: str) -> Any:
    x = array_of(x, function)
    if x.ndim != 1 or x.shape[0] == 0:
        raise ShapeError(f"np.{function} takes sequences of at least one number, was given shape {x.shape}")
    return x


def _convolved(a: Any, v: Any, mode: str, before: int) -> Any:
    """In the mode "same", the part as long as the longer sequence that begins `before` elements into the full one."""
    if mode != "same":
        return convolution(a, v, mode=mode)
    return convolution(a, v, mode="full")[before : before + max(a.shape[0], v.shape[0])]


@composite(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """Σⱼ a[k − j]·v[j]: the coefficients of the product of two polynomials."""
    a, v = (_sequence(np.atleast_1d(array_of(x, "convolve")), "convolve") for x in (a, v))
    return _convolved(a, v, _mode(mode, "convolve"), (min(a.shape[0], v.shape[0]) - 1) // 2)


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """Σₙ a[n + k]·conj(v[n])."""
    a, v = _sequence(a, "correlate"), _sequence(v, "correlate")
    mode = _mode(mode, "correlate")
    short = min(a.shape[0], v.shape[0])
    before = (short - 1) // 2 if a.shape[0] >= v.shape[0] else short // 2  # NumPy exchanges them, then reverses
    v = _reversed(np.conjugate(v) if v.dtype.kind == "c" else v)
    return _convolved(a, v, mode, before)
