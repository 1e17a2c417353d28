"""Piecewise linear interpolation: differentiable in where it is asked, in the points, and in the values there.

At a point, the derivative by x is the slope on its right; at the last one, that on its left. Outside it is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.primitives.given import array_of
from autodiff.primitives.indexing import picked
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import stopped


def _real(x: Any, name: str) -> Any:
    x = array_of(x, "interp")
    if x.dtype.kind == "c":
        raise DtypeError(f"np.interp takes real {name}, was given dtype {x.dtype}")
    return x.astype(np.float64)


def _periodic(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """Everything brought into one period, in order, with a point of the neighbouring periods on either side."""
    period = np.abs(period)
    x, xp = np.remainder(x, period), np.remainder(xp, period)
    order = np.argsort(xp)
    xp, fp = picked(xp, order), picked(fp, order)
    return x, np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])


def _inside(x: Any, xp: Any, fp: Any) -> Any:
    """On the line through the neighbours of x, in NumPy's way of rounding it."""
    last = xp.shape[0] - 1
    left = np.clip(_searched(xp, x) - 1, 0, last - 1)
    x0, x1, y0, y1 = (picked(a, i) for a in (xp, fp) for i in (left, left + 1))
    slope = (y1 - y0) / (x1 - x0)
    at_end = x == x1  # reached by the last point alone: the line is drawn through it
    from_x, from_y = np.where(at_end, x1, x0), np.where(at_end, y1, y0)
    out = slope * (x - from_x) + from_y
    again = slope * (x - x1) + y1
    again = np.where(np.isnan(again) & (y0 == y1), y0, again)
    again = np.where(x == from_x, from_y, again)
    return np.where(
        np.isnan(out) & np.logical_not(np.isnan(x)), again, out
    )  # where an infinite point made it NaN, not x


def _searched(xp: Any, x: Any) -> Any:
    """How many points lie at x or left of it."""
    return np.searchsorted(stopped(xp), stopped(x), side="right")


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The values fp at points xp, which increase, interpolated at x. Float64, or complex if fp is.

    left, right: what to answer outside (the first and the last value if None) · period: of xp, which need not increase
    """
    x, xp, fp = _real(x, "x"), _real(xp, "xp"), array_of(fp, "interp")
    fp = fp.astype(np.complex128 if fp.dtype.kind == "c" else np.float64)
    if xp.ndim != 1 or xp.shape != fp.shape or xp.shape[0] == 0:
        raise ShapeError(
            f"np.interp takes points and values as two vectors of one length, was given {xp.shape} and {fp.shape}"
        )
    if period is not None:
        if not hasattr(type(period), "_record") and period == 0:
            raise ArgumentError("np.interp takes a period that is not 0")
        x, xp, fp = _periodic(x, xp, fp, period)
        left = right = None
    out = _inside(x, xp, fp) if xp.shape[0] > 1 else np.broadcast_to(fp[0], x.shape)
    out = np.where(x < xp[0], fp[0] if left is None else left, out)
    return np.where(x > xp[-1], fp[-1] if right is None else right, out)
