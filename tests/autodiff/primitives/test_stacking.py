"""Joining and cutting, blocks, insertion and deletion: every function, every keyword."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, AxisRangeError, DtypeError, IndexRangeError, ShapeError
from tests.autodiff.checks import assert_same, check_first
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(12)
X, Y = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
Z = X + 1j * rng.normal(size=(2, 3))
T = rng.normal(size=(2, 3, 4))
F = np.asfortranarray(T)[:, ::-1]
V = rng.normal(size=4)
S = np.array(1.5)
EMPTY = np.zeros((0, 3))
OUTSIDE = np.array([True, False, False, True])

CALLS: list[Call] = [
    *(call(np.dstack, xs) for xs in ([X, Y], (V, V), [S, 2.0], [X, T], [T, F], [EMPTY, EMPTY], [X, Z], [X])),
    *(call(np.column_stack, xs) for xs in ([X, Y], (V, V), [V, np.ones(4)], [X, X[:, 0]], [S, 2.0], [T, F], [EMPTY], [Z, X])),
    *(call(np.append, a, b) for a, b in ((X, Y), (X, 1.0), (S, V), (V, [1, 2]), (Z, X), (X, Z), (F, V), (EMPTY, S))),
    *(call(np.append, X, b, axis=a) for b, a in ((Y, 0), (Y, 1), (X[:1], 0), (X[:, :1], -1))),
    call(np.append, T, F, axis=2),
    *(call(np.block, b) for b in (X, [X, Y], [[X, Y]], [[X, X[:, :1]], [1.0, np.ones((1, 3))]], [V, 1.0], [[V], [V]], S, [S, S])),
    *(call(np.block, b) for b in ([[[X, Y]], [[Y, X]]], [T, F], [[T, T[:, :, :1]]], [[EMPTY], [X]], [[Z, X]])),
    *(call(np.array_split, T, n, axis=a) for n, a in ((2, 0), (2, 1), (3, -1), (5, 2), ([1, 3], 2), ((2,), 1), (np.array([0, 9]), 1), ([-1], 2))),
    *(call(np.array_split, x, 3) for x in (V, EMPTY, Z, F)),
    *(call(np.hsplit, x, n) for x, n in ((V, 2), (X, 3), (T, [1, 2]), (F, 3), (V, [1]))),
    *(call(np.vsplit, x, n) for x, n in ((X, 2), (T, 1), (T, [1]), (Z, 2))),
    *(call(np.dsplit, T, n) for n in (2, [1, 3])),
    *(call(np.delete, V, o) for o in (0, -1, [0, 2], [], (1, 1), slice(1, 3), slice(None, None, 2), OUTSIDE, np.array(2), np.int64(1))),
    *(call(np.delete, T, o, axis=a) for o, a in ((1, 1), ([0, -1], 2), (slice(3, 0, -2), -1), (OUTSIDE, 2), (np.array([1]), 0))),
    *(call(np.delete, x, 1) for x in (X, Z, F)),
    *(call(np.delete, F, [0], a) for a in (0, 1, None)),
    *(call(np.insert, V, o, b) for o, b in ((1, S), (-1, 2.0), (4, np.array([1.5, 2.5])), ([1, 3], np.array([5.0, 6.0])), ([2, 2, 0], S), ([], S), ([1], V))),
    *(call(np.insert, V, o, b) for o, b in ((slice(1, 3), V[:2]), (OUTSIDE, S), (np.array([4, 0]), [1.0, 2.0]), (slice(0, 1), V), (np.int64(0), V))),
    *(call(np.insert, X, o, b, axis=a) for o, b, a in ((1, V[:2], 1), (1, V[:3], 0), ([1], V[:2, None], 1), ([0, 2], X[:, :1], 1), (2, X[None, 0], 0), (0, Y.T, 1))),
    *(call(np.insert, X, o, b) for o, b in ((2, S), ([2, 3], V[:2]))),
    *(call(np.insert, X, o, b, axis=-1) for o, b in ((1, S), ([0, 1, 3], Y), ([3, 0], 1.0), (slice(None), Y))),
    *(call(np.insert, x, 1, S, 0) for x in (T, F, Z)),
    call(np.insert, Z, 1, X, 0),
    call(np.insert, EMPTY, 0, X, 0),
    call(np.insert, EMPTY, [0, 0], X, 0),
]  # fmt: skip
calls, refused = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, [])


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda v: np.append(v, v[0], axis=0), ShapeError, "concatenate"),
        (lambda v: np.append(v, v, axis=2), AxisRangeError, "concatenate"),
        (lambda v: np.block([[v], v]), ShapeError, r"arrays\[0\] and arrays\[1\] are not"),
        (lambda v: np.block([v, []]), ShapeError, r"arrays\[1\] is empty"),
        (lambda v: np.block([v, (v, v)]), DtypeError, r"arrays\[1\] is a tuple"),
        (lambda v: np.array_split(v, 0), ArgumentError, "at least one part"),
        (lambda v: np.array_split(v, 2, axis=5), AxisRangeError, "no axis 5"),
        (lambda v: np.vsplit(v[0], 1), ShapeError, "vsplit needs at least 2 axes"),
        (lambda v: np.dsplit(v, 1), ShapeError, "dsplit needs at least 3 axes"),
        (lambda v: np.hsplit(v, 2), ShapeError, "does not divide into 2"),
        (lambda v: np.delete(v, 6), IndexRangeError, "np.delete of an axis of length 6"),
        (lambda v: np.delete(v, [1.5]), DtypeError, "positions are integers"),
        (lambda v: np.delete(v, [True, False]), ShapeError, "np.delete"),
        (lambda v: np.insert(v, 7, 1.0), IndexRangeError, "np.insert of an axis of length 6"),
        (lambda v: np.insert(v, [[1, 2]], 1.0), ShapeError, "np.insert"),
        (lambda v: np.insert(v, [1, 2], v[0]), ShapeError, r"values of shape \(2,\)"),
        (lambda v: np.insert(v, 1, 1j), DtypeError, "imaginary parts"),
        (lambda v: np.insert(np.arange(3), 1, v[0, 0]), DtypeError, "decimals"),
        (lambda v: np.insert(v, 1, 2.0, axis=2), AxisRangeError, "no axis 2"),
        (lambda v: np.append(v, v, order="C"), TypeError, "order"),
    ],
)
def test_wrong_inputs(wrong: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        wrong(Value(X))


@settings(max_examples=100)
@given(data=st.data())
def test_positions_are_those_of_numpy(data: st.DataObject) -> None:
    """Insertion and deletion of random positions, in whatever form, at values and gradients."""
    n = data.draw(st.integers(1, 5))
    x = rng.normal(size=(2, n))
    some = st.lists(st.integers(-n, n - 1), max_size=4)
    places = data.draw(st.integers(-n, n - 1) | some | some.map(np.array).map(lambda a: a.astype(int)) | st.slices(n))
    for function in (lambda v: np.delete(v, places, axis=1), lambda v: np.insert(v, places, v[:, :1], axis=1)):
        try:
            function(x)
        except ValueError:  # as many values as positions are needed
            continue
        check_first(function, x)


def test_only_what_is_left_receives_a_gradient() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert ad.grad(lambda v: np.sum(np.delete(v, 1) * np.array([10.0, 100.0])))(x).tolist() == [10.0, 0.0, 100.0]
    weights = np.array([1.0, 10.0, 100.0, 1000.0])
    into, put = ad.grad(lambda v, w: np.sum(np.insert(v, 1, w) * weights), argnums=(0, 1))(x, 5.0)
    assert (into.tolist(), put) == ([1.0, 100.0, 1000.0], 10.0)


def test_values_among_the_blocks() -> None:
    """Bordered matrices: the Value may be any of the blocks."""
    a, c = Value(2.0), Value(np.array([[5.0]]))
    matrix = np.block([[np.eye(2), np.ones((2, 1))], [a * np.ones((1, 2)), c]])
    assert_same(matrix, np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [2.0, 2.0, 5.0]]))
    np.sum(matrix).backward()
    assert (a.grad, c.grad.tolist()) == (2.0, [[1.0]])


def test_row_stack_is_vstack() -> None:
    """NumPy itself calls it so, and warns that the name goes away."""
    if hasattr(np, "row_stack"):
        with pytest.warns(DeprecationWarning, match="vstack"):
            assert_same(np.row_stack([Value(V), V]), np.vstack([V, V]))  # noqa: NPY201  (the name is the test)
