"""Functions along axes, and bins: every keyword."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, AxisRangeError, DtypeError, ShapeError
from tests.autodiff.checks import assert_same
from tests.autodiff.primitives.sweep import Call, call, check_complete, double, parameters

rng = np.random.default_rng(18)
X = rng.normal(size=(2, 3))
T = rng.normal(size=(2, 3, 4))
V = rng.normal(size=5)
BINS = np.array([2, 0, 2, 5, 0])


def scaled(x: Any, by: Any = 2.0, power: int = 1) -> Any:
    return by * x**power


CALLS: list[Call] = [
    *(call(np.apply_along_axis, f, a, T) for f in (np.prod, np.cumprod, np.diag) for a in (0, 1, -1)),
    *(call(np.apply_along_axis, f, 1, X) for f in (lambda x: x[0] * x[1], lambda x: (x[0], x[1] * x[2]), lambda x: x[1:])),
    call(np.apply_along_axis, scaled, 0, X, 3.0, power=2),
    call(np.apply_along_axis, np.prod, 0, V),
    *(call(np.apply_over_axes, f, T, a) for f in (np.prod, lambda x, axis: np.sum(x * x, axis, keepdims=True)) for a in (0, -1, [0, 2], (1, -1, 0))),
    *(double(np.bincount, BINS, w) for w in (V, V[::-1])),
    *(double(np.bincount, BINS, weights=V, minlength=n) for n in (0, 3, 9)),
    double(np.bincount, [0, 3, 0], V[:3], 2),
]  # fmt: skip
calls, refused = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    if "weights" in case.keywords:  # they are what is differentiated
        rest = {k: v for k, v in case.keywords.items() if k != "weights"}
        case = double(case.function, *case.args, case.keywords["weights"], **rest)
    case.check()


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, [])


def test_counts_carry_no_gradient() -> None:
    numbers = Value([2.0, 0.0, 2.0]).astype(int)
    assert np.bincount(numbers).tolist() == [1, 0, 2]
    assert_same(np.bincount(numbers, Value(V[:3])), np.bincount([2, 0, 2], V[:3]))
    assert np.bincount([], Value(np.zeros(0)), 2).data.tolist() == [0.0, 0.0]  # weighed; NumPy says integers here


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda v: np.apply_along_axis(np.sum, 2, v), AxisRangeError, "no axis 2"),
        (lambda v: np.apply_along_axis(np.sum, 0, v[:, :0]), ShapeError, "no line"),
        (lambda v: np.apply_over_axes(lambda x, axis: x[0, 0], v, 0), ShapeError, "keeps or drops"),
        (lambda v: np.bincount(X[0], v[0]), DtypeError, "counts integers"),
        (lambda v: np.bincount(BINS[None], v), ShapeError, "in a vector"),
        (lambda v: np.bincount(-BINS, v[0]), ArgumentError, "not negative"),
        (lambda v: np.bincount(BINS, v[0]), ShapeError, "a real weight for each number"),
        (lambda v: np.bincount(BINS, 1j * v.ravel()[:5]), ShapeError, "a real weight"),
        (lambda v: np.bincount(BINS, v.ravel()[:5], bins=3), TypeError, "bins"),
    ],
)
def test_wrong_inputs(wrong: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        wrong(Value(X))


def test_a_function_that_closes_over_a_value() -> None:
    w = Value(3.0)
    out = np.apply_along_axis(lambda x: w * x.sum(), 1, Value(X))
    np.sum(out).backward()
    assert w.grad == pytest.approx(X.sum())
    with pytest.raises(ad.errors.AutodiffError):  # a plain array does not dispatch: NumPy's own loop is loud
        np.apply_along_axis(lambda x: w * x.sum(), 1, X)
