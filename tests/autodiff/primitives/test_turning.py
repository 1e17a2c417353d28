"""Turning, unstacking, spreading over grids: every function, every keyword."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff import Value
from autodiff.errors import ArgumentError, AxisRangeError, ShapeError
from tests.autodiff.checks import assert_same, check, plain
from tests.autodiff.primitives.sweep import Call, call, check_complete, double, parameters

rng = np.random.default_rng(11)
X = rng.normal(size=(2, 3))
Z = X + 1j * rng.normal(size=(2, 3))
T = rng.normal(size=(2, 3, 4))
F = np.asfortranarray(T)[:, ::-1]
V = rng.normal(size=4)
S = np.array(1.5)
EMPTY = np.zeros((0, 3))
MASK = np.array([True, False, True])

CALLS: list[Call] = [
    *(call(f, x) for f in (np.fliplr, np.flipud) for x in (X, Z, T, F, EMPTY)),
    call(np.flipud, V),
    *(call(np.rot90, X, k) for k in (-1, 0, 1, 2, 3, 6)),
    *(call(np.rot90, T, k, axes=a) for k in (1, 2, 3) for a in ((0, 2), [-1, 1], np.array([2, 0]))),
    *(call(np.rot90, x, k=5) for x in (Z, EMPTY)),
    *(call(np.unstack, T, axis=a) for a in (0, 1, -1)),
    *(call(np.unstack, x) for x in (V, F, EMPTY, Z)),
    *(call(np.full_like, T, f, **k) for f in (S, V, X[:, :, None]) for k in ({}, {"order": "F"})),
    *(call(np.full_like, T, V, **k) for k in ({"shape": 4}, {"shape": (3, 1, 4)}, {"subok": True}, {"device": "cpu"})),
    double(np.full_like, T, V, dtype=float),
    *(call(np.rollaxis, T, a, start=s) for a in (0, 1, -1) for s in (0, 2, 3, -1, -3)),
    call(np.rollaxis, F, 2),
    *(call(np.atleast_3d, x) for x in (S, V, X, T, EMPTY, Z)),
    call(np.atleast_3d, V, S, X),
    *(call(np.resize, X, s) for s in (4, (3, 5), [2, 3], np.array([7]), (0, 2), (1, 1, 2), np.int64(6))),
    *(call(np.resize, x, (2, 4)) for x in (S, EMPTY, F, Z)),
    *(call(np.meshgrid, V, X[0], indexing=i, sparse=s, copy=c) for i in ("xy", "ij") for s in (True, False) for c in (True, False)),
    *(call(np.meshgrid, *xs) for xs in ((V,), (S, V), (V, X[0], V), (T, X), (EMPTY, V), (Z, V))),
    *(call(np.ix_, *xs) for xs in ((V,), (V, X[0]), (Z[0], V, EMPTY[:, 0]))),
]  # fmt: skip
calls, refused = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, [])


def test_constants_stay_arrays_beside_values() -> None:
    for f in (
        lambda v: np.meshgrid(v, 2, [1.0, 2.0]),
        lambda v: np.ix_(v, MASK, [0, 1], []),
        lambda v: np.atleast_3d(v, 2.0),
    ):
        assert_same(f(Value(V)), f(V))
        assert isinstance(f(Value(V))[1], np.ndarray)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda v: np.fliplr(v[0]), ShapeError, "fliplr needs at least two axes"),
        (lambda v: np.flipud(v[0, 0]), ShapeError, "flipud needs at least one axis"),
        (lambda v: np.rot90(v, axes=(0, 0)), ShapeError, "the same one twice"),
        (lambda v: np.rot90(v, axes=(0, -2)), ShapeError, "the same one twice"),
        (lambda v: np.rot90(v, axes=(0, 2)), AxisRangeError, "no axis 2"),
        (lambda v: np.rot90(v, axes=(0, 1, 1)), ShapeError, "two axes"),
        (lambda v: np.rollaxis(v, 2), AxisRangeError, "no axis 2"),
        (lambda v: np.rollaxis(v, 0, 3), AxisRangeError, "start=3"),
        (lambda v: np.resize(v, (-1, 2)), ShapeError, "not negative"),
        (lambda v: np.meshgrid(v, indexing="yx"), ArgumentError, "'xy' or 'ij'"),
        (np.ix_, ShapeError, "sequences with one axis"),
        (lambda v: np.unstack(v[0, 0]), ShapeError, "at least one axis"),
        (lambda v: np.fliplr(v, 1), TypeError, "positional argument"),
        (lambda v: np.meshgrid(v, order="C"), TypeError, "order"),
    ],
)
def test_wrong_inputs(wrong: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        wrong(Value(X))


def test_four_quarter_turns_are_none() -> None:
    v = Value(X)
    turned = np.rot90(np.rot90(np.rot90(np.rot90(v))))
    assert_same(turned, X)
    np.sum(turned * X).backward()
    np.testing.assert_array_equal(v.grad, X)


def test_a_grid_gathers_what_arrives_at_each_coordinate() -> None:
    """Σ x·y over a grid: the gradient for each x is Σ y."""
    x, y = Value([1.0, 2.0]), Value([3.0, 4.0, 5.0])
    columns, rows = np.meshgrid(x, y)
    np.sum(columns * rows).backward()
    assert x.grad.tolist() == [12.0, 12.0]
    assert y.grad.tolist() == [3.0, 3.0, 3.0]


def test_an_index_made_by_ix() -> None:
    v = Value(T)
    rows = np.ix_(np.array([1, 0]), Value([1.0, -1.0, 1.0]) > 0)
    assert_same(v[rows], T[np.ix_([1, 0], [True, False, True])])


def test_scalars() -> None:
    check(np.atleast_3d, 2.0)
    check(lambda x: np.resize(x, 3), 2.0)
    assert plain(np.meshgrid(Value(2.0)))[0].tolist() == [2.0]
