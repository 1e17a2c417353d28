"""What occurs in arrays: values with gradients, positions without; every keyword."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check, plain
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

NAN = np.nan
X = np.array([[2.0, 0.5, 2.0, -1.0], [0.5, 3.0, 3.0, 2.0]])
Y = np.array([3.0, 0.5, 7.0, 0.5])
DISTINCT, OTHERS = np.array([4.0, 1.0, 2.5]), np.array([2.5, 6.0, 4.0, -1.0])
ROWS = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0], [0.0, 3.0]])

CALLS: list[Call] = [
    *(
        call(np.unique, X, **k)
        for k in (
            {},
            {"return_index": True},
            {"return_inverse": True},
            {"return_counts": True},
            {"return_index": True, "return_inverse": True, "return_counts": True},
            {"equal_nan": False},
            {"sorted": True},
        )
    ),
    *(call(np.unique, ROWS, axis=a, return_counts=c) for a in (0, -1) for c in (True, False)),
    *(call(f, X) for f in (np.unique_values, np.unique_all, np.unique_counts, np.unique_inverse)),
    *(call(f, X, Y) for f in (np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d)),
    *(call(f, DISTINCT, OTHERS, assume_unique=True) for f in (np.intersect1d, np.setdiff1d, np.setxor1d)),
    call(np.intersect1d, X, Y, return_indices=True),
    *(call(np.trim_zeros, np.array([0.0, 0.0, 1.5, 0.0, 2.0, 0.0]), **k) for k in ({}, {"trim": "f"}, {"trim": "B"})),
    *(call(np.trim_zeros, np.pad(X, ((1, 0), (0, 2))), "fb", a) for a in (None, 0, (1,), ())),
    *(call(np.trim_zeros, np.zeros(3), t) for t in ("f", "b", "fb")),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    """NumPy's answer; np.unique_values promises no order."""
    arrays = [isinstance(x, np.ndarray) for x in case.args]
    out = plain(case.function(*(Value(x) if a else x for x, a in zip(case.args, arrays)), **case.keywords))
    expected = case.function(*case.args, **case.keywords)
    assert type(out) is type(expected)
    if case.function is np.unique_values:
        expected = np.sort(expected)
    for a, b in zip(out, expected) if isinstance(expected, tuple) else [(out, expected)]:
        assert_same(a, b)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


def test_gradients_go_to_the_first_of_equals() -> None:
    weights = np.array([1.0, 10.0, 100.0, 1000.0])
    assert ad.grad(lambda v: np.sum(np.unique(v) * weights))(X).tolist() == [[100, 10, 0, 1], [0, 1000, 0, 0]]
    rows = ad.grad(lambda v: np.sum(np.unique(v, axis=0) * weights[:3, None]))(ROWS)
    assert rows.tolist() == [[100, 100], [1, 1], [0, 0], [10, 10]]
    union = ad.grad(lambda a, b: np.sum(np.union1d(a, b)), argnums=(0, 1))(DISTINCT, OTHERS)
    assert [g.tolist() for g in union] == [[1, 1, 1], [0, 1, 0, 1]]
    both = ad.grad(lambda a, b: np.sum(np.intersect1d(a, b) * [1.0, 2.0]), argnums=(0,))(DISTINCT, OTHERS)
    assert both[0].tolist() == [2, 0, 1]
    one = ad.grad(lambda a, b: np.sum(np.setxor1d(a, b)), argnums=(0, 1))(DISTINCT, OTHERS)
    assert [g.tolist() for g in one] == [[0, 1, 0], [0, 1, 0, 1]]
    assert ad.grad(lambda a: np.sum(np.setdiff1d(a, OTHERS)))(DISTINCT).tolist() == [0, 1, 0]


def test_differences_where_no_two_are_equal() -> None:
    x = np.array([3.0, -1.0, 1.0, 0.25])
    for f in (np.unique, lambda v: np.union1d(v, [9.0]), lambda v: np.setdiff1d(v, [9.0]), np.trim_zeros):
        check(f, x, single=False, order=1)


def test_nan_and_complex() -> None:
    x = np.array([NAN, 1.0, NAN, 0.0])
    for k in ({}, {"equal_nan": False}):
        assert_same(np.unique(Value(x), **k), np.unique(x, **k))
    z = np.array([1 + 1j, 1 - 1j, 1 + 1j])
    assert_same(np.unique(Value(z)), np.unique(z))


def test_constants_beside() -> None:
    assert_same(np.union1d([1.0, 2.0], Value([2.0, 3.0])), np.array([1.0, 2.0, 3.0]))
    half = Value(np.array([1.0, 2.0], np.float32))
    assert np.intersect1d(half, np.array([2.0])).dtype == np.float64


@pytest.mark.parametrize(
    "f",
    [np.unique, np.unique_all, np.trim_zeros, lambda v: np.union1d(v, v), lambda v: np.setdiff1d(v, [1.0])],
)
def test_a_program_has_fixed_shapes(f: Any) -> None:
    with pytest.raises(ad.errors.TracingError, match="shape depends on data"):
        ad.jit(f)(DISTINCT)


def test_wrong_inputs() -> None:
    with pytest.raises(ad.errors.ArgumentError, match="trim"):
        np.trim_zeros(Value(DISTINCT), "x")
    with pytest.raises(ad.errors.AxisRangeError, match="axis 2"):
        np.unique(Value(X), axis=2)
