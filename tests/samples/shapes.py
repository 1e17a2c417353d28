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

PLACES = np.array([5, 0, 2])
FLAT: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "ravel_multi_index": [((PLACES % 2, PLACES % 3), {"dims": (2, 3), "mode": "raise", "order": "C"})],
    "unravel_index": [((PLACES,), {"shape": (2, 3), "order": "F", "axis": 1})],
}
