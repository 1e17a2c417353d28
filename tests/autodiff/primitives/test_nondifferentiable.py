"""Comparisons, rounding, positions and questions: NumPy's answers, no gradient, every keyword."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, plain
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

rng = np.random.default_rng(6)
X = rng.integers(-2, 3, (2, 3, 4)) / 2.0
BOOL = X > 0
ROW = np.array([True, False, True, True])
CALLS: list[Call] = [
    *(
        call(f, X, **k)
        for f in (np.argmax, np.argmin)
        for k in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": None})
    ),
    *(
        call(np.argsort, X, **k)
        for k in ({"kind": "stable"}, {"axis": 0, "stable": True}, {"axis": None, "kind": "stable"})
    ),
    *(
        call(f, X, **k)
        for f in (np.any, np.all)
        for k in ({}, {"axis": 0}, {"axis": (0, 2), "keepdims": True}, {"where": ROW})
    ),
    *(call(f, X, 0, where=BOOL) for f in (np.any, np.all)),
    *(call(f, X * 1.234, d) for f in (np.round, np.around) for d in (0, 1, -1)),
    *(call(np.count_nonzero, X, **k) for k in ({}, {"axis": 0}, {"axis": (1, 2), "keepdims": True})),
    *(call(np.searchsorted, np.sort(X.ravel()), X[0], side=s) for s in ("left", "right")),
    call(np.searchsorted, X.ravel(), X[0], sorter=np.argsort(X.ravel(), kind="stable")),
    *(call(np.isclose, X, X + 1e-9, **k) for k in ({}, {"rtol": 0.0, "atol": 1e-10}, {"equal_nan": True})),
    *(call(np.allclose, X, X + 1e-9, **k) for k in ({}, {"rtol": 0.0, "atol": 1e-10}, {"equal_nan": True})),
    *(call(np.array_equal, X, X, **k) for k in ({}, {"equal_nan": True})),
    call(np.array_equal, X, X[0]),
    call(np.nonzero, X),
    call(np.shape, X),
    call(np.ndim, X),
    *(call(np.size, X, **k) for k in ({}, {"axis": 1})),
    call(np.iscomplexobj, X),
    call(np.isrealobj, X),
    *(
        call(f, X, **k)
        for f in (np.zeros_like, np.ones_like, np.empty_like)
        for k in ({}, {"dtype": np.float32}, {"shape": (2,)}, {"order": "C"}, {"subok": True}, {"device": "cpu"})
    ),
    *(
        call(np.full_like, X, 2.0, **k)
        for k in ({}, {"dtype": int}, {"shape": (2,)}, {"order": "C"}, {"subok": True}, {"device": "cpu"})
    ),
    *(call(f, X) for f in (np.floor, np.ceil, np.rint, np.trunc, np.sign, np.signbit, np.isfinite, np.isnan, np.isinf)),
    *(call(f, X, np.roll(X, 1)) for f in (np.floor_divide, np.less, np.equal, np.logical_and, np.logical_xor)),
    call(np.heaviside, X, 0.5),
]
REFUSED: list[Call] = [
    *(call(f, X, out=np.zeros(())) for f in (np.argmax, np.argmin, np.any, np.all, np.round, np.around)),
    call(np.argsort, X, order="f"),
]
calls, refused = parameters(CALLS, REFUSED)


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@calls
def test_call(case: Call) -> None:
    if case.function is np.empty_like:  # what NumPy leaves there is nobody's number: zeros, here
        assert_same(np.empty_like(Value(X), **case.keywords), np.zeros_like(X, **case.keywords))
        return
    values = [Value(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in case.args]
    out, expected = case.function(*values, **case.keywords), case.function(*case.args, **case.keywords)
    for a, b in zip(out, expected) if isinstance(expected, tuple) and isinstance(out[0], Value) else [(out, expected)]:
        if isinstance(a, Value):
            assert not a._carries
            assert np.asarray(a.data).dtype == np.asarray(b).dtype
        np.testing.assert_array_equal(plain(a), b)


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete([c for c in CALLS if not isinstance(c.function, np.ufunc)], REFUSED)


def test_ufuncs_are_dispatched_and_stop_gradients() -> None:
    x = Value(2.5)
    for f in (np.floor, np.ceil, np.rint, np.trunc, np.sign):
        y = x * f(x)
        y.backward()
    assert x.grad == 2 + 3 + 2 + 2 + 1


def test_gradients_pass_beside_them() -> None:
    x = Value(np.array([1.0, -2.0, 3.0]))
    (x * (x > 0)).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 1.0]
    x.grad = None
    (x * np.sign(x)).sum().backward()
    assert x.grad.tolist() == [1.0, -1.0, 1.0]
    x.grad = None
    (x - np.round(x)).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_full_like_of_a_value() -> None:
    c = Value(2.0)
    np.full_like(Value(np.ones((2, 3))), c).sum().backward()
    assert c.grad == 6.0
    c.grad = None
    np.full_like(Value(np.ones(2)), c, shape=(5,), dtype=np.float32).sum().backward()
    assert c.grad == 5.0
    assert type(c.grad) is float


def test_nothing_can_be_written_into_what_is_empty_so_it_is_zero() -> None:
    out = np.empty_like(Value(X), dtype=np.float32)
    assert out.dtype == np.float32
    assert not out.data.any()


def test_answers_work_as_plain_truth() -> None:
    x = Value([1.0, 2.0])
    assert np.allclose(x, [1.0, 2.0])
    assert np.array_equal(x, np.array([1.0, 2.0]))
    assert not np.any(x > 5)
    assert np.all(x > 0)
    if np.isfinite(x).all() and (x > 0).any():
        assert int((x > 1).sum()) == 1
    assert int(np.count_nonzero(x)) == 2


@pytest.mark.parametrize("f", [np.floor, np.sign, lambda x: x > 0.5, np.argmax, lambda x: np.round(x, 1)])
def test_zero_in_both_modes(f: Any) -> None:
    x = np.array([0.3, 1.6])
    out, pull = ad.vjp(f, x)
    np.testing.assert_array_equal(pull(np.ones(np.shape(out)))[0], np.zeros(2))
    assert not np.any(ad.jvp(f, (x,), (np.ones(2),))[1])
