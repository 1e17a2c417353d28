"""Samples for what shapes, joins and chooses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples.sample import Sample

ENDS = [((), ()), ((3,), (3,)), ((2, 1), (3,)), ((), (2,)), ((0,), ())]

SAMPLES: dict[str, list[Sample]] = {
    "linspace": [Sample(s, {"num": n, "endpoint": e, "axis": 0}) for s in ENDS for n, e in ((4, True), (3, False))]
    + [Sample(((2, 3), (3,)), {"num": n, "endpoint": True, "axis": a}) for n, a in ((1, -1), (0, 0), (5, 1))],
}

WHOLE, OTHER = np.array([12, 0, 7]), np.array([8, 3, 1])
NUMBERS = np.array([1.5, -np.inf, 0.0, np.inf])
PLACES = np.array([5, 0, 2])
FLAT: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    **{name: [((WHOLE, OTHER), {})] for name in ("gcd", "lcm", "left_shift", "right_shift")},
    "array_equiv": [((NUMBERS, NUMBERS[None]), {}), ((NUMBERS, NUMBERS[::-1]), {})],
    "bitwise_count": [((WHOLE,), {})],
    "isin": [((NUMBERS, NUMBERS[:2]), {"invert": True})],
    **{name: [((NUMBERS,), {})] for name in ("iscomplex", "isreal", "isneginf", "isposinf")},
    "ravel_multi_index": [((PLACES % 2, PLACES % 3), {"dims": (2, 3), "mode": "raise", "order": "C"})],
    "unravel_index": [((PLACES,), {"shape": (2, 3), "order": "F", "axis": 1})],
}
