"""Samples for the entries behind NumPy's numeric and statistical functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples.core import BITS, REDUCE, VECTOR
from tests.samples.sample import Sample

SEQUENCES = [((4,), (4,)), ((5,), (2,)), ((2,), (5,)), ((1,), (3,)), ((3,), (1,))]
HOLED = np.array([[1.5, np.nan, -2.0], [np.nan, 0.5, 3.0]])

SAMPLES: dict[str, list[Sample]] = {
    "convolve": [Sample(s, {"mode": m}) for s in SEQUENCES for m in ("full", "valid")],
    "nanmax": REDUCE,
    "nanmin": REDUCE,
}

FLAT: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "argpartition": [((VECTOR,), {"kth": 1, "axis": -1})],
    "array_equiv": [((VECTOR, VECTOR), {}), ((VECTOR, VECTOR[1:]), {})],
    "binary_exponent": [((VECTOR,), {}), ((-1.5,), {})],
    "bitwise_count": [((BITS,), {})],
    "digitize": [((VECTOR, np.sort(VECTOR)), {"right": False})],
    **{name: [((np.array([12, 18, -7]), np.array([[8], [6]])), {})] for name in ("gcd", "lcm")},
    "histogram": [((VECTOR, np.array([-3.0, 0.0, 2.0])), {"bins": None, "range": None})],
    "isin": [((VECTOR, VECTOR[1:3]), {"assume_unique": False, "invert": True, "kind": None})],
    "left_shift": [((BITS, BITS), {})],
    "lexsort": [((BITS.astype(float), VECTOR), {"axis": -1})],
    "nanargmax": [((HOLED,), {}), ((HOLED,), {"axis": 1, "keepdims": True})],
    "nanargmin": [((HOLED,), {}), ((HOLED,), {"axis": 0})],
    "right_shift": [((BITS, BITS), {})],
    "spacing": [((VECTOR,), {}), ((-1.5,), {})],
}
