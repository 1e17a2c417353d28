"""Arithmetic, element by element: forward and derivative side by side.

Conventions at singular points (the table in the docs lists them all): abs'(0) = 0, ties of maximum and minimum share
equally, clip passes at its bounds, hypot and arctan2 at (0, 0) have gradient 0, d(x**0)/dx = 0.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autodiff.primitives.keywords import refuse
from autodiff.primitives.kinds import DISPATCH, NONZERO, POSITIVE, REAL, composite, elementwise

add = elementwise(np.add, [1, 1], scalar=operator.add)
subtract = elementwise(np.subtract, [1, -1], scalar=operator.sub)
multiply = elementwise(np.multiply, [lambda y: y, lambda x: x], scalar=operator.mul)


def _masked_product(x: Any, y: Any) -> Any:
    out = x * y
    return np.where(np.isnan(out) & ((x == 0) | (y == 0)), 0.0, out)[()]  # a scalar stays one


def _masked_float(x: float, y: float) -> float:
    out = x * y
    return 0.0 if out != out and (x == 0 or y == 0) else out


masked_product = elementwise(
    _masked_product,
    [
        lambda x, y: np.where((x == 0) & ~np.isfinite(y), 0.0, y),
        lambda x, y: np.where((y == 0) & ~np.isfinite(x), 0.0, x),
    ],
    scalar=_masked_float,
    name="masked_product",
)
"""x·y where an exact zero wins over an infinity or NaN: how walks multiply once a derivative came out non-finite.

The factors are masked, not the product: otherwise second derivatives would be lost where a residual is zero."""

divide = elementwise(
    np.divide, [lambda y: 1 / y, lambda y, out: -out / y], domain=[REAL, NONZERO], scalar=operator.truediv
)
negative = elementwise(np.negative, [-1], scalar=operator.neg)
positive = elementwise(np.positive, [1], scalar=operator.pos)
reciprocal = elementwise(np.reciprocal, [lambda out: -out * out], domain=NONZERO, scalar=lambda x: 1 / x)
square = elementwise(np.square, [lambda x: 2 * x], scalar=lambda x: x * x)
sqrt = elementwise(np.sqrt, [lambda out: 0.5 / out], domain=POSITIVE, scalar=math.sqrt)
cbrt = elementwise(np.cbrt, [lambda out: 1 / (3 * out * out)], domain=NONZERO)
deg2rad = elementwise(np.deg2rad, [math.pi / 180])
rad2deg = elementwise(np.rad2deg, [180 / math.pi])
radians = elementwise(np.radians, [math.pi / 180])
degrees = elementwise(np.degrees, [180 / math.pi])


def _power_base(x: Any, y: Any) -> Any:
    """∂(x**y)/∂x = y·x**(y − 1), and 0 at x = y = 0, where x**0 is constant."""
    if type(y) in (int, float):  # a literal exponent
        return 2 * x if y == 2 else 0 * x if y == 0 else y * x ** (y - 1)
    flat = (x == 0) & (y == 0)  # not all of y == 0: ∂²(x**y)/∂x∂y is 1/x there
    return np.where(flat, 0.0, y * x ** np.where(flat, 1.0, y - 1))


def _power_exponent(x: Any, y: Any, out: Any) -> Any:
    """∂(x**y)/∂y = log(x)·x**y, and 0 at x = 0 for y ≥ 0, where x**y does not depend on y (y = 0 apart)."""
    flat = (x == 0) & (y >= 0)
    return np.where(flat, 0.0, np.log(np.where(flat, 1.0, x)) * out)


power = elementwise(
    operator.pow, [_power_base, _power_exponent], domain=[POSITIVE, REAL], scalar=operator.pow, name="power"
)
DISPATCH[np.power] = power  # the operator is faster than the ufunc for small integer exponents, and as exact
float_power = elementwise(np.float_power, [_power_base, _power_exponent], domain=[POSITIVE, REAL])
remainder = elementwise(
    np.remainder, [1, lambda x, y: -np.floor_divide(x, y)], domain=[REAL, NONZERO], scalar=operator.mod
)
fmod = elementwise(np.fmod, [1, lambda x, y, out: -np.rint((x - out) / y)], domain=[REAL, NONZERO])


def _abs_slope(x: Any, out: Any) -> Any:
    """sign(x), and conj(x)/|x| for complex x; 0 at 0."""
    if np.iscomplexobj(x):
        return np.where(out == 0, 0.0, np.conj(x) / np.where(out == 0, 1.0, out))
    return np.sign(x)


absolute = elementwise(np.absolute, [_abs_slope], domain=NONZERO, scalar=abs)
fabs = elementwise(np.fabs, [lambda x: np.sign(x)], domain=NONZERO)


def _share_max(x: Any, y: Any) -> Any:
    """1 where x is the larger, ½ in a tie."""
    return (x > y) + 0.5 * (x == y)


def _share_fmax(x: Any, y: Any) -> Any:
    return ((x > y) | np.isnan(y)) + 0.5 * (x == y)


maximum = elementwise(np.maximum, [lambda x, y: _share_max(x, y), lambda x, y: _share_max(y, x)])
minimum = elementwise(np.minimum, [lambda x, y: _share_max(y, x), lambda x, y: _share_max(x, y)])
fmax = elementwise(np.fmax, [lambda x, y: _share_fmax(x, y), lambda x, y: _share_fmax(y, x)])
fmin = elementwise(
    np.fmin,
    [lambda x, y: ((x < y) | np.isnan(y)) + 0.5 * (x == y), lambda x, y: ((y < x) | np.isnan(x)) + 0.5 * (x == y)],
)

hypot = elementwise(
    np.hypot, [lambda x, out: _ratio(x, out), lambda y, out: _ratio(y, out)], domain=NONZERO, scalar=math.hypot
)
arctan2 = elementwise(
    np.arctan2,
    [
        lambda x, y: _ratio(_ratio(y, np.hypot(x, y)), np.hypot(x, y)),
        lambda x, y: -_ratio(_ratio(x, np.hypot(x, y)), np.hypot(x, y)),
    ],
    domain=NONZERO,
    scalar=math.atan2,
)


def _ratio(x: Any, length: Any) -> Any:
    """x / length, and 0 where length is 0."""
    return np.where(length == 0, 0.0, x / np.where(length == 0, 1.0, length))


bounded = elementwise(
    lambda x, low, high: np.clip(x, low, high),
    [
        lambda x, y, z: (x >= y) & (x <= z) & (y < z),
        lambda x, y, z: (x < y) & (y < z),
        lambda x, y, z: (x > z) | (y >= z),
    ],
    name="clip",
)
"""clip passes at its bounds; where low ≥ high, NumPy returns high."""


@composite(np.clip)
def clip(
    a: Any,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,
    max: Any = np._NoValue,
    **keywords: Any,
) -> Any:
    """a held between two bounds, either of which may be None."""
    refuse("clip", out=out, **keywords)
    low, high = (min if a_min is np._NoValue else a_min), (max if a_max is np._NoValue else a_max)
    low = -math.inf if low is None or low is np._NoValue else low
    high = math.inf if high is None or high is np._NoValue else high
    return bounded(a, low, high)


@composite(np.divmod)
def divmod_(x: Any, y: Any) -> Any:
    """(floor(x / y), x mod y): the first carries no gradient."""
    return np.floor_divide(x, y), np.remainder(x, y)
