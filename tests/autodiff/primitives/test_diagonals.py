"""Diagonals and triangles: every function, every keyword."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ShapeError
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(13)
X = rng.normal(size=(3, 4))
Z = X + 1j * rng.normal(size=(3, 4))
T = rng.normal(size=(2, 3, 4))
V = rng.normal(size=3)
S = np.array(1.5)
EMPTY = np.zeros((0, 3))
OFFSETS = (-5, -2, -1, 0, 1, 3, 6)

CALLS: list[Call] = [
    *(call(np.diag, x, k) for x in (V, X, X.T) for k in OFFSETS),
    *(call(np.diag, x, k=1) for x in (Z, Z[0], EMPTY, EMPTY[:, 0], X[:, ::-1], X[:1, :1])),
    *(call(np.diagflat, x, k) for x in (V, X[:, :2]) for k in OFFSETS),
    *(call(np.diagflat, x, k=-1) for x in (S, Z[0], EMPTY, np.asfortranarray(X))),
    *(call(f, x, k) for f in (np.tril, np.triu) for x in (X, X.T, T) for k in OFFSETS),
    *(call(f, x, k=1) for f in (np.tril, np.triu) for x in (V, Z, EMPTY, np.asfortranarray(T))),
]
PLACES = [
    call(np.diag_indices_from, X[:, :3]),
    call(np.diag_indices_from, np.zeros((2, 2, 2))),
    *(call(f, X, k) for f in (np.tril_indices_from, np.triu_indices_from) for k in (-1, 0, 2)),
    *(call(f, X, k=1) for f in (np.tril_indices_from, np.triu_indices_from)),
]
calls, refused = parameters(CALLS, [])
places, _ = parameters(PLACES, [])


@calls
def test_call(case: Call) -> None:
    case.check()


@places
def test_places_are_plain_integers(case: Call) -> None:
    ours = case.function(Value(case.args[0]), *case.args[1:], **case.keywords)
    assert all(isinstance(index, np.ndarray) for index in ours)
    assert_same(ours, case.function(*case.args, **case.keywords))


def test_every_keyword_occurs() -> None:
    check_complete(CALLS + PLACES, [])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda v: np.diag(v[0, 0]), "a vector or a matrix"),
        (lambda v: np.diag(v[None]), "a vector or a matrix"),
        (lambda v: np.tril(v[0, 0]), "np.tril needs at least one axis"),
        (lambda v: np.triu(v[0, 0]), "np.triu needs at least one axis"),
        (np.diag_indices_from, "axes of one length"),
        (lambda v: np.tril_indices_from(v[0]), "takes a matrix"),
        (lambda v: np.triu_indices_from(v[0]), "takes a matrix"),
    ],
)
def test_wrong_inputs(wrong: Any, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        wrong(Value(X))


def test_a_determinant_of_a_triangle() -> None:
    """∂ log ∏ diag(L)/∂L is the inverse of the diagonal, and nothing above or below it."""
    gradient = ad.grad(lambda a: np.sum(np.log(np.diag(np.tril(a)))))(np.abs(X[:, :3]))
    np.testing.assert_allclose(gradient, np.diag(1 / np.diag(np.abs(X))), rtol=1e-15)


def test_a_symmetric_matrix_from_its_lower_triangle() -> None:
    """Each element off the diagonal stands for two; what is above the diagonal is not read."""
    weights = rng.normal(size=(3, 3))
    gradient = ad.grad(lambda a: np.sum(weights * (np.tril(a) + np.tril(a, -1).T)))(X[:, :3])
    np.testing.assert_allclose(gradient, np.tril(weights) + np.triu(weights, 1).T, rtol=1e-15)


def test_reading_a_triangle_through_its_indices() -> None:
    check(lambda a: a[np.triu_indices_from(a)], X)


def test_diagonal_of_a_number() -> None:
    check(lambda x: np.diagflat(x, 1), 2.0)
