"""Differences, gradients, integrals and running totals: every keyword against NumPy and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, double, parameters

rng = np.random.default_rng(4)


def A(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape)


X, V = A(3, 4, 5), A(6)
Z = A(2, 4) + 1j * A(2, 4)
T = np.cumsum(rng.uniform(0.5, 1.5, 6))  # coordinates
S = np.cumsum(rng.uniform(0.5, 1.5, 4))
PHASE = np.array([0.1, 2.9, -2.8, -0.4, 2.5, -3.0, 3.05])

CALLS: list[Call] = [
    *(call(np.diff, X, **k) for k in ({}, {"n": 2}, {"axis": 0}, {"axis": -2, "n": 3}, {"n": 0}, {"n": 9})),
    call(np.diff, Z),
    call(np.diff, V, 1, -1, A(2), A(1)),
    call(np.diff, X, 2, 1, A(3, 1, 5), A(3, 2, 5)),
    *(double(np.diff, V, **k) for k in ({"prepend": 0.5}, {"append": -2.0}, {"prepend": 0, "append": 1.5, "n": 2})),
    double(np.diff, X, axis=0, prepend=0.0, append=1.0),
    call(np.diff, X, 1, 0, np.array(0.5), np.array(2.0)),
    *(call(np.ediff1d, *a) for a in ((V,), (X,), (V, A(2)), (V, A(1), A(3)), (V, None, A(2)), (V[:1],), (V[:0],))),
    call(np.ediff1d, V, to_end=[1.0, 2.0], to_begin=3.0),
    *(call(np.trapezoid, X, **k) for k in ({}, {"axis": 0}, {"axis": -2, "dx": 0.25})),
    *(call(np.trapezoid, *a) for a in ((V, T), (X, A(5)), (X, X + 1.0), (X, A(3, 4, 5), 1.0, 1), (X, S, 1.0, 1))),
    call(np.trapezoid, V, x=None, dx=np.array(0.3), axis=0),
    call(np.trapezoid, Z, T[:4]),
    *(call(np.gradient, V, edge_order=e) for e in (1, 2)),
    *(call(np.gradient, V, 0.5, edge_order=e) for e in (1, 2)),
    *(call(np.gradient, V, np.array(0.7), edge_order=e) for e in (1, 2)),
    *(call(np.gradient, V, T, edge_order=e) for e in (1, 2)),
    *(call(np.gradient, X, axis=a, edge_order=2) for a in (0, -1, (0, 2), (2, 1))),
    call(np.gradient, X),
    call(np.gradient, X, 0.5),
    call(np.gradient, X[:, :, 0], 0.5, S),
    call(np.gradient, X[:, :, 0], np.array(2.0), 0.25),
    call(np.gradient, X, S, axis=1),
    call(np.gradient, Z, axis=1, edge_order=2),
    *(call(np.cumulative_sum, X, **k) for k in ({"axis": 0}, {"axis": -1, "include_initial": True})),
    *(call(np.cumulative_prod, X, **k) for k in ({"axis": 0}, {"axis": 1, "include_initial": True})),
    *(call(f, V) for f in (np.cumulative_sum, np.cumulative_prod)),
    *(call(f, Z, axis=1, include_initial=True) for f in (np.cumulative_sum, np.cumulative_prod)),
    call(np.unwrap, PHASE),
    call(np.unwrap, PHASE, discont=4.0),
    call(np.unwrap, np.stack([PHASE, PHASE[::-1]]), axis=0),
    call(np.unwrap, np.stack([PHASE, 1.1 * PHASE]), None, 1),
    call(np.unwrap, PHASE, period=5.0),
    call(np.unwrap, PHASE, 3.5, -1, period=2.5),
]
REFUSED: list[Call] = [
    *(call(f, X, dtype=np.float32) for f in (np.cumulative_sum, np.cumulative_prod)),
    *(call(f, X, out=X) for f in (np.cumulative_sum, np.cumulative_prod)),
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


def test_values_among_the_keywords() -> None:
    """dx, period and spacings are variables like the others."""
    check(lambda y, dx: np.trapezoid(y, dx=dx), V, 0.3)
    check(lambda p, period: np.unwrap(p, period=period), np.array([0.0, 5.9, 0.3, 6.4]), 6.0)
    check(lambda f, h: np.gradient(f, h, edge_order=2), V, 0.3)
    check(lambda h: np.gradient(V, h), 0.3, single=False)
    even = np.linspace(0.0, 1.0, 6)  # NumPy would look at the first distance alone
    check(lambda t: np.gradient(V, t, edge_order=2), even, exact=False, single=False)
    check(lambda x: np.trapezoid(V, x), even, single=False)


def test_constants_beside() -> None:
    """A Value in any one place; lists, numbers and arrays in the others."""
    v = Value(V)
    assert_same(np.trapezoid(V, v), np.trapezoid(V, V))
    assert_same(np.diff(V, prepend=Value(2.0)), np.diff(V, prepend=2.0))
    assert_same(np.ediff1d(v, to_begin=[1.0]), np.ediff1d(V, to_begin=[1.0]))
    assert_same(np.gradient([1.0, 2.0, 4.0], Value(2.0)), np.gradient([1.0, 2.0, 4.0], 2.0))
    assert_same(np.diff(v > 0), np.diff(V > 0))
    assert_same(np.gradient(v, np.arange(6)), np.gradient(V, np.arange(6)))
    assert_same(np.gradient(v, np.arange(6) ** 2), np.gradient(V, np.arange(6) ** 2))


def test_layouts() -> None:
    for x in (np.asfortranarray(X), X[::-1, ::2], np.transpose(X, (2, 0, 1))):
        for f in (np.diff, lambda a: np.gradient(a)[1], np.trapezoid, lambda a: np.cumulative_sum(a, axis=1)):
            assert_same(f(Value(x)), f(x))


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda v: np.diff(v, -1), ad.errors.ArgumentError, "order n"),
        (lambda v: np.diff(v[0]), ad.errors.ShapeError, "at least one axis"),
        (lambda v: np.diff(v, axis=3), ad.errors.AxisRangeError, "no axis 3"),
        (lambda v: np.ediff1d(v, to_end=1j), ad.errors.DtypeError, "complex128"),
        (lambda v: np.gradient(v, edge_order=3), ad.errors.ArgumentError, "edge_order"),
        (lambda v: np.gradient(v[:2], edge_order=2), ad.errors.ShapeError, "at least 3"),
        (lambda v: np.gradient(v, T[:3]), ad.errors.ShapeError, "length 6"),
        (lambda v: np.gradient(v, 1.0, 2.0), ad.errors.UnsupportedError, "spacing"),
        (lambda v: np.gradient(v, axis=(0, 0)), ad.errors.ShapeError, "twice"),
        (lambda v: np.cumulative_sum(np.reshape(v, (2, 3))), ad.errors.ShapeError, "axis="),
        (lambda v: np.diff(v, prepend="a"), ad.errors.DtypeError, "diff"),
    ],
)
def test_wrong_inputs(f: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        f(Value(V))


def test_unwrap_of_half_a_period() -> None:
    for x in (np.array([0.0, np.pi, 0.0, -np.pi]), np.array([0.0, -np.pi, 2 * np.pi])):
        assert_same(np.unwrap(Value(x)), np.unwrap(x))
        np.testing.assert_array_equal(ad.jacobian(np.unwrap)(x), np.eye(x.size))
