"""Reductions and running totals, each keyword of theirs; prod and cumprod with zeros."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, close, parameters

rng = np.random.default_rng(0)
X = rng.permutation(np.linspace(0.5, 2.0, 24)).reshape(2, 3, 4) * rng.choice([-1, 1], (2, 3, 4))
W = 0.3 * X + np.array([1.5, -1.5])[:, None, None] + np.array([-2.0, 0.0, 2.5])[:, None]  # no two alike: for std
MASK = np.array([True, False, True, True])
Z = X + 1j * rng.normal(size=X.shape)
OUT = np.zeros(())

AXES: list[dict[str, Any]] = [{}, {"axis": None}, {"axis": 1}, {"axis": -1}, {"axis": (0, 2)}, {"axis": (-1, 0)}]
AXES += [{"axis": (1,)}, {"keepdims": True}, {"axis": 0, "keepdims": True}, {"axis": (0, 1, 2)}]
AXES += [{"axis": ()}, {"axis": int(np.int64(1))}, {"keepdims": False}]

CALLS: list[Call] = [
    *(call(f, X, **k) for f in (np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin) for k in AXES),
    *(call(f, W, **k) for f in (np.var, np.std) for k in AXES if k.get("axis", 1) not in (0, ())),
    call(np.var, W, axis=()),
    *(call(np.ptp, X, **k) for k in AXES),
    *(call(f, Z, axis=1) for f in (np.sum, np.prod, np.cumsum, np.cumprod)),
    *(close(f, Z + W, axis=1) for f in (np.mean, np.var, np.std)),
    *(call(f, X, **k) for f in (np.cumsum, np.cumprod) for k in ({}, {"axis": 0}, {"axis": -1}, {"axis": None})),
    *(
        close(f, X, **k)
        for f in (np.sum, np.mean)
        for k in ({"where": MASK}, {"where": MASK, "axis": 2, "keepdims": True})
    ),
    *(
        close(f, W, where=MASK, **k)
        for f in (np.var, np.std)
        for k in ({}, {"axis": 2}, {"axis": (0, 2)}, {"keepdims": True})
    ),
    *(close(np.prod, X, where=MASK, **k) for k in ({}, {"axis": 2}, {"axis": 2, "initial": 2.0})),
    close(np.sum, X, where=MASK, initial=3.0),
    close(np.sum, X, where=np.False_, axis=0),
    close(np.mean, X, where=X > -10),
    *(close(f, X, initial=2.5) for f in (np.sum, np.prod)),
    *(call(f, X, axis=1, initial=0.75) for f in (np.max, np.min, np.amax, np.amin)),
    *(
        call(f, X, axis=2, initial=-9.0 if f in (np.max, np.amax) else 9.0, where=MASK)
        for f in (np.max, np.min, np.amax, np.amin)
    ),
    *(call(f, W, ddof=d) for f in (np.var, np.std) for d in (1, 0.5, 2)),
    *(call(f, W, correction=c, axis=1) for f in (np.var, np.std) for c in (0, 1)),
    *(call(f, W, axis=1, mean=0.25) for f in (np.var, np.std)),
    *(call(f, X, where=True) for f in (np.sum, np.mean, np.prod, np.var, np.std)),
    *(call(f, np.zeros((2, 0)), axis=0) for f in (np.sum, np.prod, np.mean, np.max)),
    *(call(f, np.zeros((0, 2)), axis=0) for f in (np.sum, np.prod)),
]
REFUSED: list[Call] = [
    *(call(f, X, dtype=np.float32) for f in (np.sum, np.mean, np.prod, np.var, np.std, np.cumsum, np.cumprod)),
    *(call(f, X, out=OUT) for f in (np.sum, np.mean, np.prod, np.var, np.std, np.cumsum, np.cumprod)),
    *(call(f, X, out=OUT) for f in (np.max, np.min, np.amax, np.amin, np.ptp)),
]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


def test_methods_are_the_functions() -> None:
    v = Value(X)
    for name in ("sum", "mean", "prod", "max", "min", "var", "std", "cumsum", "cumprod"):
        ours, theirs = getattr(v, name)(axis=1), getattr(X, name)(axis=1)
        np.testing.assert_array_equal(ours.data, theirs)
        np.testing.assert_array_equal(getattr(v, name)(1).data, theirs)


def test_values_as_initial_and_where_and_mean() -> None:
    x, c = Value(X), Value(3.0)
    np.sum(x, initial=c).backward()
    assert c.grad == 1.0
    c.grad = None
    np.prod(x * 0 + 1.5, initial=c).backward()
    assert c.grad == pytest.approx(1.5**24)
    c.grad = None
    np.max(x, initial=c).backward()
    assert c.grad == 1.0
    x.grad = None
    np.sum(x, where=x > 0).backward()
    np.testing.assert_array_equal(x.grad, X > 0)
    m = Value(np.full((2, 1, 4), 0.25))
    check(lambda a, m: np.var(a, axis=1, mean=m), X, m.data)
    check(lambda a, m: np.std(a, axis=1, mean=m, ddof=1), X, m.data)


def test_bad_combinations() -> None:
    v = Value(X)
    with pytest.raises(ValueError, match="ddof and correction"):
        np.var(v, ddof=1, correction=1)
    for f in (np.max, np.min):
        with pytest.raises(ValueError, match="initial"):
            f(v, where=MASK)


def test_degrees_of_freedom_used_up() -> None:
    with pytest.warns(RuntimeWarning):
        assert np.isnan(np.var(Value([1.0]), ddof=1).data)


@given(st.lists(st.sampled_from([0.0, -1.0, 2.0, 0.5]), min_size=1, max_size=9))
@settings(max_examples=60)
def test_prod_and_cumprod_are_exact_with_zeros(numbers: list[float]) -> None:
    """Products of powers of two are exact: so must be the gradients, however many zeros there are."""
    x, n = np.array(numbers), len(numbers)
    others = [math.prod(numbers[:i] + numbers[i + 1 :]) for i in range(n)]
    np.testing.assert_array_equal(ad.grad(np.prod)(x), others)
    g = np.arange(1.0, n + 1)
    exact = [sum(g[j] * math.prod(numbers[k] for k in range(j + 1) if k != i) for j in range(i, n)) for i in range(n)]
    np.testing.assert_array_equal(ad.vjp(np.cumprod, x)[1](g)[0], exact)
    tangents = [
        sum(g[i] * math.prod(numbers[k] for k in range(j + 1) if k != i) for i in range(j + 1)) for j in range(n)
    ]
    np.testing.assert_array_equal(ad.jvp(np.cumprod, (x,), (g,))[1], tangents)
    assert ad.jvp(np.prod, (x,), (g,))[1] == sum(a * b for a, b in zip(g, others))


@pytest.mark.parametrize("f", [np.max, np.min])
def test_ties_in_both_modes(f: Any) -> None:
    x = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    if f is np.min:
        x = -x
    expected = [[0.0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(ad.grad(lambda v: np.sum(f(v, axis=1)))(x), expected)
    t = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(ad.jvp(lambda v: f(v, axis=1), (x,), (t,))[1], [1.5, 4.0])


def test_max_ignores_what_is_not_chosen() -> None:
    x = Value([1.0, 5.0, 3.0])
    np.max(x, where=[True, False, True], initial=0.0).backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]


def test_mean_of_many_float16() -> None:
    v = Value(np.ones(70_000, np.float16))
    assert v.mean().data == np.ones(70_000, np.float16).mean() == 1.0
    assert v.mean().dtype == np.float16


def test_sum_of_float16_and_of_booleans() -> None:
    assert np.sum(Value(np.ones(3, np.float16))).dtype == np.float16
    v = Value(X)
    assert (v > 0).sum().data == (X > 0).sum()
    assert (v > 0).mean().data == (X > 0).mean()
    assert (v > 0).sum().dtype == (X > 0).sum().dtype
