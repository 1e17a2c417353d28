"""Samples for what scipy.linalg adds to numpy.linalg."""

from __future__ import annotations

import numpy as np

import autodiff.primitives.matrix_functions  # noqa: F401  (its entries load on first use)
from tests.samples.sample import Sample

SQUARE = np.array([[0.2, 2.0, -1.0], [1.5, 0.3, 0.7], [-2.0, 1.0, 0.1]])

SAMPLES: dict[str, list[Sample]] = {
    "solve_triangular": [
        Sample(((3, 3), (3, 2)), {"trans": t, "lower": lower, "unit": unit})
        for t in (0, 1)
        for lower in (False, True)
        for unit in (False, True)
    ]
    + [Sample(((2, 2, 2), (2, 2, 1)), {"trans": 0, "lower": True, "unit": False})],
    "cholesky_factor": [],  # of positive definite matrices: see test_linalg.py
    "lu_packed": [],  # with its own pivots: see test_linalg.py
    "solve_matrix": [Sample(((3, 3), (3, 2)), {"assume": a}) for a in (None, "general")],
    "inverse_matrix": [Sample(((2, 2),)), Sample(((1, 1),))],
    "sylvester": [Sample(((2, 2), (3, 3), (2, 3)))],
    "expm_frechet": [Sample(((3, 3), (3, 3))), Sample(((2, 2, 2), (2, 2, 2)))],
    "expm": [Sample(((3, 3),)), Sample(((2, 2, 2),)), Sample(((1, 1),))],
    "sqrtm": [],  # of matrices without negative eigenvalues
    "logm": [],
}
FLAT = {
    "lu_pivots": [((SQUARE,), {})],
    "lu_order": [((np.array([1, 1]),), {})],
}
