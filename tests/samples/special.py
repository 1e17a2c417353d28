"""Samples for SciPy's special functions that have an order or a parameter."""

from __future__ import annotations

import numpy as np

import autodiff.primitives.special  # noqa: F401  (its entries load on first use)
from tests.samples.sample import Inside, Sample

INTEGERS = np.array([[0], [1], [3]])
HALVES = np.array([0.0, 0.5, 2.5])
TWO, ONE_AND_HALF = np.float64(2.0), np.float64(1.5)


def inside(*shape: int, low: float = 0.3, high: float = 1.7) -> Inside:
    return Inside(shape, low, high)


SAMPLES: dict[str, list[Sample]] = {
    "jv": [Sample((INTEGERS, (2,)), {}, False), Sample((TWO, (3,)))],
    "yv": [Sample((HALVES, inside(3))), Sample((TWO, inside()))],
    "yn": [Sample((INTEGERS, inside(2)), {}, False)],
    "iv": [Sample((INTEGERS, (2,)), {}, False), Sample((TWO, ()))],
    "kv": [Sample((HALVES, inside(3))), Sample((TWO, inside()))],
    "kn": [Sample((INTEGERS, inside(2)), {}, False)],
    "ive": [Sample((INTEGERS, (2,)), {}, False)],
    "kve": [Sample((HALVES, inside(3)))],
    "expn": [Sample((np.array([[0], [1], [2], [5]]), inside(2)), {}, False)],
    "hyp0f1": [Sample((HALVES + 0.5, (3,)))],
    "hyp1f1": [Sample((ONE_AND_HALF, HALVES + 1, (2, 3)))],
    "hyp2f1": [Sample((ONE_AND_HALF, HALVES + 1, TWO, inside(2, 3, low=-0.7, high=0.7)), {}, False)],
    "hyperu": [Sample((ONE_AND_HALF, HALVES + 1, inside(3)), {}, False)],
    "lambertw": [Sample((inside(3), np.int64(k), 1e-8)) for k in (0, 2)]
    + [Sample((inside(2, low=0.5, high=1.5), np.int64(-1), 1e-8))],
    "polygamma": [Sample((INTEGERS, inside(2)), {}, False), Sample((np.int64(1), inside()), {}, False)],
    "hurwitz_zeta": [Sample((HALVES + 1.5, inside(3)), {}, False)],
    "gamma_moment": [Sample((np.int64(k), inside(3, low=0.5, high=3.0), inside(2, 1)), {}, False) for k in (1, 2, 3)],
    "beta_moment": [
        Sample((np.int64(j), np.int64(k), inside(2), inside(2, 1), inside(1, low=0.2, high=0.8)), {}, False)
        for j, k in ((1, 0), (0, 1), (1, 1), (2, 0))
    ],
    "stdtr": [Sample((HALVES + 1, (2, 3)), {}, False)],
}
