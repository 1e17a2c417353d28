"""np.sort and np.take_along_axis: every keyword against NumPy and differences, ties stable."""

from __future__ import annotations

import numpy as np
import pytest

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
]
REFUSED = [Call(np.sort, (X,), {"order": "f"})]
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


def test_wrong_indices() -> None:
    with pytest.raises(ad.errors.ShapeError, match="as many axes"):
        np.take_along_axis(Value(X), np.array([0]), 0)
    with pytest.raises(ad.errors.DtypeError, match="integer positions"):
        np.take_along_axis(Value(X[0]), np.array([True, False]), 0)
    with pytest.raises(ad.errors.AxisRangeError):
        np.sort(Value(X), axis=2)
