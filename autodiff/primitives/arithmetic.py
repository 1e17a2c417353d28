"""Arithmetic, element by element: forward and derivative side by side. At 0, the derivative of abs is 0."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autodiff.primitives.kinds import NONZERO, REAL, composite, elementwise

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
deg2rad = elementwise(np.deg2rad, [math.pi / 180])
rad2deg = elementwise(np.rad2deg, [180 / math.pi])
radians = elementwise(np.radians, [math.pi / 180])
degrees = elementwise(np.degrees, [180 / math.pi])
remainder = elementwise(
    np.remainder, [1, lambda x, y: -np.floor_divide(x, y)], domain=[REAL, NONZERO], scalar=operator.mod
)
fmod = elementwise(np.fmod, [1, lambda x, y, out: -np.rint((x - out) / y)], domain=[REAL, NONZERO])


def over(z: Any, length: Any) -> Any:
    """z/length for complex z, part by part, so that no length is too small; 0 where it is 0."""
    length = np.where(length == 0, math.inf, length)
    return np.real(z) / length + 1j * (np.imag(z) / length)


def _abs_slope(x: Any, out: Any) -> Any:
    """sign(x), and conj(x)/|x| for complex x; 0 at 0."""
    return over(np.conj(x), out) if np.iscomplexobj(x) else np.sign(x)


absolute = elementwise(np.absolute, [_abs_slope], domain=NONZERO, scalar=abs)
fabs = elementwise(np.fabs, [lambda x: np.sign(x)], domain=NONZERO)


@composite(np.divmod)
def divmod_(x: Any, y: Any) -> Any:
    """(floor(x / y), x mod y): the first carries no gradient."""
    return np.floor_divide(x, y), np.remainder(x, y)
