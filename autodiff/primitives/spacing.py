"""Numbers spaced evenly, or by a constant factor, between two ends, which may be Values."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError
from autodiff.modes import current_mode
from autodiff.primitives.indexing import At
from autodiff.primitives.keywords import on_cpu
from autodiff.primitives.kinds import composite, linear
from autodiff.primitives.shaping import normalized


def _shares(num: int, endpoint: bool, dtype: Any) -> Any:
    """How much of each number is that of `stop`: from 0 to 1, or almost."""
    return (np.arange(num) / max(num - endpoint, 1)).astype(np.finfo(dtype).dtype)


def _of_stop(g: Any, num: int, endpoint: bool, axis: int) -> Any:
    return np.tensordot(_shares(num, endpoint, g.dtype), np.moveaxis(g, axis, 0), axes=1)


def _of_start(g: Any, num: int, endpoint: bool, axis: int) -> Any:
    return np.tensordot(1 - _shares(num, endpoint, g.dtype), np.moveaxis(g, axis, 0), axes=1)


_linspace = linear(
    lambda x, y, *, num, endpoint, axis: np.linspace(x, y, num, endpoint, axis=axis),
    [
        lambda g, num, endpoint, axis: _of_start(g, num, endpoint, axis),
        lambda g, num, endpoint, axis: _of_stop(g, num, endpoint, axis),
    ],
    broadcasts=True,
    name="linspace",
)


@composite(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """num numbers from start to stop, that one among them or not, in steps of (stop − start)/(num − 1) or /num."""
    on_cpu(device)
    num = _number(num, "linspace")
    ndim = max(np.ndim(start), np.ndim(stop)) + 1
    axis = normalized(axis, ndim, f"the result of np.linspace, of {ndim} axes,")
    out = _linspace(start, stop, num=num, endpoint=bool(endpoint), axis=axis)
    if dtype is not None:
        dtype = np.dtype(dtype)
        out = (np.floor(out) if dtype.kind in "iu" else out).astype(dtype)
    if not retstep:
        return out
    steps = num - bool(endpoint)
    return out, np.subtract(stop, start) / steps if steps > 0 else np.nan


def _number(num: Any, function: str) -> int:
    number = operator.index(num)
    if number < 0:
        raise ArgumentError(f"np.{function} takes a number of samples that is not negative, was given {number}")
    return number


@composite(np.logspace)
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """base to the power of num numbers spaced evenly from start to stop."""
    if np.ndim(base):
        ndim = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x)) for x in (start, stop, base))
        base = np.expand_dims(base, axis)
    out = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return out if dtype is None else out.astype(np.dtype(dtype))


def _cast(x: Any, dtype: Any) -> Any:
    return np.astype(x if hasattr(x, "dtype") else np.asarray(x), dtype)


@composite(np.geomspace)
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """num numbers from start to stop, each the one before times the same factor."""
    num = _number(num, "geomspace")
    types = (x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype for x in (start, stop))
    inner = np.result_type(*types, 1.0, np.zeros((), dtype))
    ends = [_cast(x, inner) for x in (start, stop)]
    if current_mode().trace is None and any(np.any(end == 0) for end in ends):
        raise ArgumentError("np.geomspace multiplies by a constant factor; it cannot start or stop at 0")
    turn = np.sign(ends[0])
    ends = [end / turn for end in ends]
    out = np.logspace(np.log10(ends[0]), np.log10(ends[1]), num, endpoint)
    for i in range(num and 1 + (endpoint and num > 1)):  # powers of logarithms are almost the ends, and these exactly
        out = At(out, -i).set(ends[i])
    out = out * turn
    axis = normalized(axis, out.ndim, f"the result of np.geomspace, of {out.ndim} axes,")
    return np.moveaxis(out, 0, axis) if dtype is None else np.moveaxis(out, 0, axis).astype(np.dtype(dtype))
