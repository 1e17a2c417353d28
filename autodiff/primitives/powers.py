"""Powers, roots, lengths and angles: forward and derivative side by side.

Conventions at singular points: hypot and arctan2 at (0, 0) have gradient 0, d(x**0)/dx = 0, d√x/dx at 0 is inf.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autodiff.primitives.kinds import DISPATCH, NONZERO, POSITIVE, REAL, elementwise

sqrt = elementwise(np.sqrt, [lambda out: 0.5 / out], domain=POSITIVE, scalar=math.sqrt)
cbrt = elementwise(np.cbrt, [lambda out: 1 / (3 * out * out)], domain=NONZERO)


def _power_base(x: Any, y: Any, out: Any) -> Any:
    """∂(x**y)/∂x = y·x**(y − 1), and 0 at x = y = 0, where x**0 is constant.

    For small y it is y·x**y/x: x**(y − 1) alone may overflow, and 0·∞ is no number.
    """
    if type(y) in (int, float) and (y == 0 or abs(y) >= 0.5):  # a literal exponent
        return 2 * x if y == 2 else 0.0 if y == 0 else y * x ** (y - 1)
    flat = (x == 0) & (y == 0)  # not all of y == 0: ∂²(x**y)/∂x∂y is 1/x there
    small = (np.abs(y) < 0.5) & (x != 0) & np.isfinite(x)
    return np.where(small, y * out / np.where(small, x, 1.0), y * x ** np.where(flat | small, 1.0, y - 1))


def _power_exponent(x: Any, y: Any, out: Any) -> Any:
    """∂(x**y)/∂y = log(x)·x**y, and 0 at x = 0 for y ≥ 0, where x**y does not depend on y (y = 0 apart)."""
    flat = (x == 0) & (y >= 0)
    return np.where(flat, 0.0, np.log(np.where(flat, 1.0, x)) * out)


power = elementwise(
    operator.pow, [_power_base, _power_exponent], domain=[POSITIVE, REAL], scalar=operator.pow, name="power"
)
DISPATCH[np.power] = power  # the operator is faster than the ufunc for small integer exponents, and as exact
float_power = elementwise(np.float_power, [_power_base, _power_exponent], domain=[POSITIVE, REAL])

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
