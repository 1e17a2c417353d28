"""np.sort, np.partition, np.take_along_axis: every keyword against NumPy and differences, ties stable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

X = np.random.default_rng(3).permutation(np.linspace(-2.0, 3.0, 12)).reshape(3, 4)
PLACES = np.array([[0, 3, 3], [1, 0, 2], [2, 2, 0]])

CALLS = [
    call(np.sort, X),
    call(np.sort, X, axis=0),
    call(np.sort, X, axis=None),
    call(np.sort, X, -1, kind="quicksort"),
    call(np.sort, X, stable=True),
    call(np.take_along_axis, X, PLACES, axis=1),
    call(np.take_along_axis, X, np.array([[2, 0, 1, 1]]), 0),
    call(np.take_along_axis, X, np.array([5, 0, 5]), axis=None),
    call(np.take_along_axis, arr=X, indices=PLACES, axis=-1),
    call(np.sort, a=X),
    *(call(np.partition, X, k, **a) for k in (0, 2, (1, 3)) for a in ({}, {"axis": -1, "kind": "introselect"})),
    call(np.partition, X, 1, axis=0),
    call(np.partition, X, 7, None),
    *(call(np.sort_complex, x)._replace(single=False) for x in (X, X + 1j * X[::-1])),
]
REFUSED = [Call(np.sort, (X,), {"order": "f"}), Call(np.partition, (X, 1), {"order": "f"})]
REFUSED += [Call(np.partition, (X, 1), {"kind": "other"})]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    if not case.args:
        case = Call(case.function, tuple(case.keywords.values()), {})
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, REFUSED)


def test_ties_are_stable() -> None:
    weights = np.array([1.0, 2.0, 3.0])
    assert ad.grad(lambda v: (np.sort(v) * weights).sum())(np.array([1.0, 0.0, 1.0])).tolist() == [2.0, 1.0, 3.0]


def test_complex_numbers_sort_by_real_parts_first() -> None:
    z = np.array([1 + 2j, 1 - 1j, 0 + 5j, 1 + 2j, complex(0, np.nan), complex(np.nan, 0)])
    np.testing.assert_array_equal(np.sort(Value(z)).data, np.sort(z))
    np.testing.assert_array_equal(np.sort_complex(Value(z)).data, np.sort_complex(z))
    weights = np.arange(1.0, 7.0)
    g = ad.grad(lambda v: np.sum(np.real(np.sort(v)[:4] * weights[:4])))(z)
    assert g.tolist() == [3.0, 2.0, 1.0, 4.0, 0.0, 0.0]


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.0, -1.0, 2.0, 2.0, np.nan, np.inf]), min_size=1, max_size=9), st.data())
def test_partition_puts_the_kth_in_its_place(numbers: list[float], data: st.DataObject) -> None:
    x = np.array(numbers)
    k = data.draw(st.integers(-len(numbers), len(numbers) - 1))
    out, pull = ad.vjp(lambda v: np.partition(v, k), x)
    np.testing.assert_array_equal(np.sort(out), np.sort(x))
    assert out[k] == np.sort(x)[k] or np.isnan(out[k])
    positions = np.argpartition(Value(x), k).data
    np.testing.assert_array_equal(out, x[positions])
    g = np.arange(1.0, x.size + 1)
    expected = np.zeros(x.size)
    expected[positions] = g
    np.testing.assert_array_equal(pull(g)[0], expected)


def test_an_array_at_places_that_an_operation_found() -> None:
    run = ad.jit(lambda v: np.take_along_axis(X, np.argsort(v, axis=1), 1))
    for v in (X, -X):
        np.testing.assert_array_equal(run(v), np.take_along_axis(X, np.argsort(v, axis=1), 1))


def test_wrong_indices() -> None:
    with pytest.raises(ad.errors.ShapeError, match="as many axes"):
        np.take_along_axis(Value(X), np.array([0]), 0)
    with pytest.raises(ad.errors.DtypeError, match="integer positions"):
        np.take_along_axis(Value(X[0]), np.array([True, False]), 0)
    with pytest.raises(ad.errors.AxisRangeError):
        np.sort(Value(X), axis=2)
