"""The larger and the smaller of two numbers, and what stays between bounds.

Conventions: ties share equally; clip passes at its bounds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.primitives.keywords import refuse
from autodiff.primitives.kinds import composite, elementwise


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
    dtype = getattr(a, "dtype", None)
    integers = dtype is not None and dtype.kind in "iu"  # which stay integers
    least, most = (np.iinfo(dtype).min, np.iinfo(dtype).max) if integers else (-math.inf, math.inf)
    low = least if low is None or low is np._NoValue else low
    high = most if high is None or high is np._NoValue else high
    return bounded(a, low, high)
