"""Samples for the entries of numpy.linalg. Entries that exist at some matrices alone are called on those elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples.sample import Sample

SQUARES = [((3, 3),), ((2, 2, 2),), ((1, 1),), ((0, 0),), ((2, 0, 0),)]
RECTANGLES = [*SQUARES[:3], ((4, 3),), ((2, 3),), ((2, 3, 2),)]
SYSTEMS = [
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 3, 3), (3, 2)),
    ((2, 2), (3, 2, 2)),
    ((2, 3, 3), (3,)),
    ((1, 1), (1,)),
]
SYSTEMS += [((0, 0), (0, 2)), ((0, 0), (0,)), ((2, 2), (2, 0))]
NORMS = [((2, 3), 0), ((2, 3), -1), ((4,), 0), ((2, 3, 2), 1)]
UNTIED = np.array([False, False])

SAMPLES: dict[str, list[Sample]] = {
    "cholesky": [],  # of positive definite matrices: see test_factorizations
    "cofactors": [],  # reads the determinant: see test_determinants
    "cofactor_changes": [Sample((s[0], s[0])) for s in SQUARES[:1]],
    "defined": [Sample(((2, 3), np.zeros((2, 3), bool)), {"why": ""}), Sample(((), np.False_), {"why": ""})],
    "det": [Sample(s) for s in SQUARES],
    "eig": [],  # vectors have a phase: see test_eigen
    "eigh": [Sample(((3, 3),), {"uplo": u}, False) for u in "LU"]
    + [Sample(s, {"uplo": "L"}, False) for s in SQUARES[1:]],
    "euclidean_norm": [Sample((s,), {"axis": a, "keepdims": k}) for s, a in NORMS for k in (False, True)]
    + [Sample(((2, 3, 2),), {"axis": a, "keepdims": k}) for a in (None, (0, 2), (2, 1)) for k in (False, True)]
    + [Sample(((),), {"axis": None, "keepdims": False}), Sample(((0, 2),), {"axis": 0, "keepdims": False})],
    "inv": [Sample(s) for s in SQUARES],
    "lstsq": [],  # one of its results is a number: see test_least_squares
    "pinv": [Sample(s, {"rcond": None, "hermitian": False, "rtol": np._NoValue}) for s in RECTANGLES]
    + [Sample(((3, 3),), {"rcond": 1e-9, "hermitian": True, "rtol": np._NoValue})],
    "power_norm": [
        Sample((s,), {"ord": p, "axis": a, "keepdims": k})
        for (s, a), p, k in zip(NORMS * 2, (3, 0.5, -1, 1.5, -2.5, 4, 2.0001, 1.01), (False, True) * 4)
    ],
    "qr": [
        Sample(s, {"mode": m}) for s in RECTANGLES for m in ("reduced", "complete") if m == "reduced" or s[0] == (2, 3)
    ],
    "simple_vectors": [
        Sample(((3, 2), UNTIED), {"rows": False, "refused": "nonzero"}),
        Sample(((2, 2, 3), UNTIED), {"rows": True, "refused": "recorded"}),
    ],
    "singular_values": [],  # of a matrix and what belongs to it: see test_least_squares
    "slogdet": [Sample(s) for s in SQUARES],
    "solve": [Sample(s) for s in SYSTEMS],
    "svd": [Sample(s, {"full_matrices": False}, False) for s in RECTANGLES],
}

VECTOR = np.array([1.5, -2.5, 1.5, 0.5])
MATRIX = np.array([[2.0, 1.0], [4.0, 2.0]])
FLAT: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "defective": [((MATRIX, MATRIX), {}), ((MATRIX * 1e9, MATRIX), {})],
    "deficient": [((MATRIX,), {}), ((np.zeros((2, 2)),), {})],
    "ill_conditioned": [((MATRIX, MATRIX), {}), ((MATRIX * 1e9, MATRIX), {})],
    "matrix_rank": [((MATRIX,), {"tol": None, "hermitian": False, "rtol": None})],
    "tied": [((VECTOR,), {}), ((MATRIX,), {})],
    "undetermined": [((np.array([2.0, 1.0, 0.0]),), {"zeros": True})],
}
