"""Differences, gradients and integrals of sampled functions, and running totals with a start.

Sources: NumPy's functions of the same names; `gradient` by the second-order formulas that its documentation derives.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from autodiff.primitives.given import array_of
from autodiff.primitives.keywords import listed, refuse
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of


def _cut(a: Any, axis: int, start: int | None, stop: int | None = None) -> Any:
    """a[start:stop] along an axis."""
    return a[(slice(None),) * axis + (slice(start, stop),)]


def _along(d: Any, ndim: int, axis: int) -> Any:
    """A vector as an array that lies along one axis of others."""
    return np.reshape(d, (1,) * axis + (-1,) + (1,) * (ndim - axis - 1))


def _beside(a: Any, x: Any, axis: int, function: str) -> Any:
    """What is joined to a along an axis: numbers are repeated to a slice of length 1."""
    x = array_of(x, function)
    return np.broadcast_to(x, (*a.shape[:axis], 1, *a.shape[axis + 1 :])) if x.ndim == 0 else x


@composite(np.diff)
def diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    """aᵢ₊₁ − aᵢ along an axis, n times over; with numbers or arrays put in front and behind first."""
    if n == 0:
        return a
    if n < 0:
        raise ArgumentError(f"np.diff takes differences of order n ≥ 0, was given {n}")
    a = array_of(a, "diff")
    if a.ndim == 0:
        raise ShapeError("np.diff needs at least one axis, was given a number")
    axis = axis_of(a, axis, "diff")
    parts = [_beside(a, x, axis, "diff") for x in (prepend,) if x is not np._NoValue] + [a]
    parts += [_beside(a, x, axis, "diff") for x in (append,) if x is not np._NoValue]
    if len(parts) > 1:
        a = np.concatenate(parts, axis)
    for _ in range(index(n)):
        later, earlier = _cut(a, axis, 1), _cut(a, axis, None, -1)
        a = np.not_equal(later, earlier) if a.dtype == bool else later - earlier
    return a


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """aᵢ₊₁ − aᵢ of the flattened array, with numbers put in front and behind."""
    ary = np.ravel(array_of(ary, "ediff1d"))
    inner = ary[1:] - ary[:-1]
    if to_begin is None and to_end is None:
        return inner
    before, behind = (
        [] if given is None else [_of_dtype(array_of(given, "ediff1d"), ary.dtype)] for given in (to_begin, to_end)
    )
    return np.concatenate([*before, inner, *behind])


def _of_dtype(x: Any, dtype: Any) -> Any:
    if not np.can_cast(x.dtype, dtype, casting="same_kind"):
        raise DtypeError(f"np.ediff1d keeps the dtype of its array, {dtype}; what is put beside it has {x.dtype}")
    return np.ravel(x).astype(dtype)


@composite(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    """Σ ½(yᵢ + yᵢ₊₁)·(xᵢ₊₁ − xᵢ) along an axis: the integral by the trapezoidal rule, at points x or dx apart."""
    y = array_of(y, "trapezoid")
    axis = axis_of(y, axis, "trapezoid")
    d = dx
    if x is not None:
        x = array_of(x, "trapezoid")
        d = _along(np.diff(x), y.ndim, axis) if x.ndim == 1 else np.diff(x, axis=axis)
    return np.sum(d * (_cut(y, axis, 1) + _cut(y, axis, None, -1)) / 2.0, axis=axis)


# --- gradient -------------------------------------------------------------------------------------------------------


def _spacings(f: Any, varargs: Any, axes: tuple[int, ...]) -> list[Any]:
    """For each axis, the distance between neighbours: one number, or one for each pair."""
    if not varargs:
        return [1.0] * len(axes)
    if len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        return list(varargs) * len(axes)
    if len(varargs) != len(axes):
        raise UnsupportedError(
            f"np.gradient takes no spacing, one number, or one spacing for each of {len(axes)} axes; was given "
            f"{len(varargs)}"
        )
    return [_spacing(f, given, axis) for given, axis in zip(varargs, axes)]


def _spacing(f: Any, given: Any, axis: int) -> Any:
    given = given if isinstance(given, float) else array_of(given, "gradient")
    if np.ndim(given) == 0:
        return given
    if given.shape != (f.shape[axis],):
        raise ShapeError(
            f"np.gradient takes coordinates along axis {axis} as a vector of length {f.shape[axis]}, or one distance; "
            f"was given shape {given.shape}"
        )
    if given.dtype.kind in "iu":
        given = given.astype(np.float64)
    steps = np.diff(given)
    if isinstance(steps, np.ndarray) and (steps == steps[0]).all():
        return steps[0]
    return steps  # of a Value, also where they are equal: each has a derivative of its own


def _inner(f: Any, h: Any, axis: int) -> Any:
    """The second-order difference between both neighbours."""
    left, middle, right = _cut(f, axis, None, -2), _cut(f, axis, 1, -1), _cut(f, axis, 2)
    if np.ndim(h) == 0:
        return (right - left) / (2.0 * h)
    h1, h2 = h[:-1], h[1:]
    a, b, c = -h2 / (h1 * (h1 + h2)), (h2 - h1) / (h1 * h2), h1 / (h2 * (h1 + h2))
    a, b, c = (_along(x, f.ndim, axis) for x in (a, b, c))
    return a * left + b * middle + c * right


def _at(f: Any, i: int, axis: int) -> Any:
    return _cut(f, axis, i, i + 1)


def _edge(f: Any, h: Any, axis: int, order: int, last: bool) -> Any:
    """The one-sided difference at one end: of first order, or of second from three points."""
    n = f.shape[axis]
    near, far = (n - 1, n - 2) if last else (0, 1)
    even = np.ndim(h) == 0
    if order == 1:
        step = h if even else h[-1 if last else 0]
        rise = _at(f, far, axis) - _at(f, near, axis)
        return rise / (-step if last else step)
    if last:
        h1, h2 = (h, h) if even else (h[-2], h[-1])
        a, b, c = h2 / (h1 * (h1 + h2)), -(h2 + h1) / (h1 * h2), (2.0 * h2 + h1) / (h2 * (h1 + h2))
        a, b, c = (0.5 / h, -2.0 / h, 1.5 / h) if even else (a, b, c)
        return a * _at(f, n - 3, axis) + b * _at(f, n - 2, axis) + c * _at(f, n - 1, axis)
    h1, h2 = (h, h) if even else (h[0], h[1])
    a, b, c = -(2.0 * h1 + h2) / (h1 * (h1 + h2)), (h1 + h2) / (h1 * h2), -h1 / (h2 * (h1 + h2))
    a, b, c = (-1.5 / h, 2.0 / h, -0.5 / h) if even else (a, b, c)
    return a * _at(f, 0, axis) + b * _at(f, 1, axis) + c * _at(f, 2, axis)


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """∂f/∂(each axis) by central differences, one-sided at the ends; spacings are distances or coordinates."""
    f = array_of(f, "gradient")
    if edge_order not in (1, 2):
        raise ArgumentError(f"np.gradient takes edge_order 1 or 2, was given {edge_order!r}")
    given = range(f.ndim) if axis is None else listed(axis)
    axes = tuple(axis_of(f, i, "gradient") for i in (given if isinstance(given, (tuple, range)) else (given,)))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"np.gradient was given an axis twice: {axis}")
    spacings = _spacings(f, varargs, axes)
    dtype = f.dtype if f.dtype.kind in "fc" else np.dtype(np.float64)
    results = []
    for i, h in zip(axes, spacings):
        if f.shape[i] < edge_order + 1:
            raise ShapeError(
                f"np.gradient with edge_order={edge_order} needs at least {edge_order + 1} elements along axis {i}; "
                f"the shape is {f.shape}"
            )
        parts = [_edge(f, h, i, edge_order, last=False), _inner(f, h, i), _edge(f, h, i, edge_order, last=True)]
        results.append(np.concatenate([part.astype(dtype) for part in parts], axis=i))
    return results[0] if len(axes) == 1 else tuple(results)


# --- running totals -------------------------------------------------------------------------------------------------


def _running(total: Any, start: float, x: Any, axis: Any, include_initial: bool, function: str) -> Any:
    x = np.atleast_1d(array_of(x, function))
    if axis is None:
        if x.ndim > 1:
            raise ShapeError(f"np.{function} of an array with {x.ndim} axes needs axis=")
        axis = 0
    axis = axis_of(x, axis, function)
    out = total(x, axis=axis)
    if not include_initial:
        return out
    initial = np.full((*out.shape[:axis], 1, *out.shape[axis + 1 :]), start, dtype=out.dtype)
    return np.concatenate([initial, out], axis=axis)


@composite(np.cumulative_sum)
def cumulative_sum(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    """Running sums along an axis, with the 0 they start from where `include_initial` is true."""
    refuse("cumulative_sum", dtype=dtype, out=out)
    return _running(np.cumsum, 0, x, axis, include_initial, "cumulative_sum")


@composite(np.cumulative_prod)
def cumulative_prod(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    """Running products along an axis, with the 1 they start from where `include_initial` is true."""
    refuse("cumulative_prod", dtype=dtype, out=out)
    return _running(np.cumprod, 1, x, axis, include_initial, "cumulative_prod")


# --- angles ---------------------------------------------------------------------------------------------------------


@composite(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 2 * np.pi) -> Any:
    """p with whole periods added, so that neighbours differ by no more than half of one.

    How many periods are added is piecewise constant: the derivative by p is 1, that by the period the number of them.
    """
    p = array_of(p, "unwrap")
    axis = axis_of(p, axis, "unwrap")
    step = np.diff(p, axis=axis)
    half = period / 2
    wrapped = np.remainder(step + half, period) - half
    wrapped = np.where(
        (wrapped == -half) & (step > 0), wrapped + period, wrapped
    )  # of two answers, the sign of step chooses
    correction = np.where(np.abs(step) < (half if discont is None else discont), 0, wrapped - step)
    rest = _cut(p, axis, 1) + np.cumsum(correction, axis)
    return np.concatenate([_cut(p, axis, None, 1).astype(rest.dtype), rest], axis)
