"""Integers, questions, positions: NumPy's answers, no gradient, every keyword."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import plain
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

rng = np.random.default_rng(16)
X = rng.integers(-2, 3, (2, 3, 4)) / 2.0
Z = X + 1j * rng.integers(0, 2, X.shape)
SPECIAL = np.array([1.0, -np.inf, np.inf, np.nan, 0.0])
HOLED = np.where(X > 0.5, np.nan, X)

CALLS: list[Call] = [
    *(call(f, x) for f in (np.isreal, np.iscomplex) for x in (X, Z)),
    *(call(f, SPECIAL) for f in (np.isposinf, np.isneginf)),
    *(call(np.array_equiv, X, x) for x in (X, X + 1, X[0])),
    *(call(f, x) for f in (np.flatnonzero, np.argwhere) for x in (X, X[0, 0], np.zeros((0, 2)))),
    *(call(np.isin, X, [0.5, 1.0], **k) for k in ({}, {"invert": True}, {"assume_unique": False}, {"kind": "sort"})),
    call(np.isin, X, X[0, 0]),
    *(call(np.digitize, X, np.array([-0.5, 0.0, 1.0]), **k) for k in ({}, {"right": True})),
    call(np.digitize, X, np.array([1.0, 0.0, -0.5])),
    *(
        call(np.argpartition, X, k, **a)
        for k, a in ((1, {}), ((0, 2), {"axis": 1}), (5, {"axis": None}), (1, {"kind": "introselect"}))
    ),
    call(np.lexsort, (X[0], X[1])),
    call(np.lexsort, (X[0, 0], X[1, 0]), 0),
    call(np.lexsort, X, axis=1),
    *(
        call(f, HOLED, **k)
        for f in (np.nanargmax, np.nanargmin)
        for k in ({}, {"axis": 1}, {"axis": -1, "keepdims": True})
    ),
    call(np.fix, X * 1.3),
]
REFUSED: list[Call] = [
    *(call(f, X, out=np.zeros(())) for f in (np.isposinf, np.isneginf, np.nanargmax, np.nanargmin, np.fix)),
    *(call(np.argpartition, X, 1, **k) for k in ({"order": "f"}, {"kind": "other"})),
]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    args = [tuple(map(Value, x)) if isinstance(x, tuple) and isinstance(x[0], np.ndarray) else x for x in case.args]
    args = [Value(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fc" else x for x in args]
    out, expected = case.function(*args, **case.keywords), case.function(*case.args, **case.keywords)
    assert isinstance(out, Value)
    assert not out._carries
    assert out.dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(plain(out), expected)


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


def test_integers() -> None:
    """A Value holds integers where an operation answered with them."""
    positions = np.argsort(Value([3.0, 1.0, 2.0, 0.0]))
    for f in (np.gcd, np.lcm, np.left_shift, np.right_shift):
        assert f(positions, 2).data.tolist() == f(positions.data, 2).tolist()
    assert np.bitwise_count(positions).data.tolist() == np.bitwise_count(positions.data).tolist()
    for f in (np.gcd, np.left_shift):
        with pytest.raises(ad.errors.DtypeError, match=f.__name__):
            f(Value(2.0), 2)
    with pytest.raises(ad.errors.DtypeError, match="bitwise_count"):
        np.bitwise_count(Value(2.0))


def test_the_method_is_the_function() -> None:
    np.testing.assert_array_equal(Value(X).argpartition(1, axis=0).data, X.argpartition(1, axis=0))
    with pytest.raises(ad.errors.InPlaceError, match=r"np\.partition"):
        Value(X).partition(1)


def test_integers_between_bounds_stay_integers() -> None:
    positions = np.argsort(Value([3.0, 1.0, 2.0]))
    for low, high in ((1, None), (None, 1), (0, 1)):
        out = np.clip(positions, low, high)
        assert out.dtype == positions.dtype
        assert out.data.tolist() == np.clip(positions.data, low, high).tolist()


def test_gradients_pass_beside_them() -> None:
    x = np.array([1.5, -2.0, np.inf])
    assert ad.grad(lambda v: np.sum(np.where(np.isposinf(v), 0.0, v * np.fix(v))))(x).tolist() == [1.0, -2.0, 0.0]


def test_positions_in_a_program() -> None:
    def f(v: Any) -> Any:
        return np.take_along_axis(v, np.argpartition(v, 1, axis=1), 1)[:, 1] * np.isin(v, [0.0]).sum()

    run = ad.jit(f)
    for x in (X[0], X[1][::-1].copy()):
        np.testing.assert_array_equal(run(x), f(x))
    with pytest.raises(ad.errors.TracingError):
        ad.jit(lambda v: v[np.flatnonzero(v > 0)])(X)
    with pytest.raises(ad.errors.TracingError):
        ad.jit(lambda v: np.argwhere(v > 0))(X)
