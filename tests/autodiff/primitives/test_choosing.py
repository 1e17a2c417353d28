"""choose, select, compress, extract, piecewise: every keyword, and conditions that are Values themselves."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, AxisRangeError, DtypeError, IndexRangeError, ShapeError
from tests.autodiff.checks import assert_same, check, check_first
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

rng = np.random.default_rng(14)
X, Y = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
Z = X + 1j * rng.normal(size=(2, 3))
T = rng.normal(size=(2, 3, 4))
F = np.asfortranarray(T)[:, ::-1]
V = rng.normal(size=4)
S = np.array(1.5)
EMPTY = np.zeros((0, 3))
NUMBERS = np.array([[0, 1, 2], [2, 2, 0]])
OUTSIDE = NUMBERS - 3 * (NUMBERS == 2) + 3 * (NUMBERS == 1)
POSITIVE = X > 0
ROW = np.array([True, False, True, True])
BELOW, ABOVE = X < -0.2, X > 0.2


def scaled(x: Any, by: Any = 2.0, power: int = 1) -> Any:
    return by * x**power


CALLS: list[Call] = [
    *(call(np.choose, NUMBERS, c) for c in ([X, Y, 2.0], (X, Y, X), [X[0], S, Y[:, :1]], T[0][:, :3], [Z, X, 1j], [X, NUMBERS, Y])),
    *(call(np.choose, OUTSIDE, [X, Y, 3.0], mode=m) for m in ("wrap", "clip")),
    *(call(np.choose, a, [X, Y]) for a in (POSITIVE, 1, np.uint8(0), [[1], [0]], np.zeros((0, 2, 3), int))),
    call(np.choose, NUMBERS.astype(np.uint8), [X, Y], mode="wrap"),
    call(np.choose, NUMBERS, [X, Y, Y], out=None, mode="raise"),
    *(call(np.select, [BELOW, ABOVE], c, **k) for c in ([X, Y], (X[0], S), [1.0, X], [X, NUMBERS], [Z, X]) for k in ({}, {"default": 2.5}, {"default": Y})),
    *(call(np.select, [c], [x]) for c, x in ((True, S), (True, X), (POSITIVE[0], X), (POSITIVE, S), (np.zeros((0, 3), bool), EMPTY))),
    *(call(np.compress, ROW, x, axis=a) for x, a in ((V, 0), (T, 2), (F, -1), (X, None))),
    *(call(np.compress, c, T, axis=a) for c, a in (([False, True], 1), (ROW[:1], 0), ([True, False, True, False, False], 2), ([], 0), ([0, 2, 0], 1))),
    call(np.compress, [True, False], Z, 0, out=None),
    call(np.compress, [True], S),
    *(call(np.extract, c, x) for c, x in ((POSITIVE, X), (ROW, X), (POSITIVE, Z), (POSITIVE[:1], X), (np.asfortranarray(POSITIVE), np.asfortranarray(X)), ([1.0, 0.0, 2.0], X))),
    *(call(np.piecewise, X, c, f) for c, f in (([BELOW, ABOVE], [scaled, np.tanh]), ([BELOW, ABOVE], [scaled, np.tanh, np.exp]), ((POSITIVE,), (1.5, np.sin)), ([BELOW, BELOW], [np.exp, np.sin]))),
    *(call(np.piecewise, V, c, f) for c, f in ((ROW, [np.exp]), (list(ROW), [np.exp, 0.0]), (np.array([ROW, ~ROW]), [np.exp, lambda x: x[::-1]]), ([ROW], [S, np.sin]))),
    call(np.piecewise, X, [POSITIVE], [scaled, scaled], 3.0, power=2),
    *(call(np.piecewise, S, c, [np.exp, np.sin]) for c in ([True, False], False, [np.array(True)])),
    *(call(np.piecewise, x, [c, ~c], [np.exp, scaled]) for x, c in ((F, F > 0), (Z, POSITIVE), (EMPTY, EMPTY > 0))),
]  # fmt: skip
REFUSED = [call(np.choose, NUMBERS, [X, X, X], out=Y), call(np.compress, ROW, V, out=V)]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, REFUSED)


def test_conditions_may_be_recorded() -> None:
    """Comparisons of Values carry no gradient: NumPy's answers, in both modes, through the branch that was taken."""
    check(lambda x: np.select([x < -0.2, x > 0.2], [x * x, np.exp(x)], 0.5), X)
    check(lambda x: np.piecewise(x, [x < -0.2, x > 0.2], [np.square, np.exp, 0.5]), X)
    check(lambda x: np.piecewise(x, x > 0, [np.square, np.exp]), V)
    check(lambda x: np.piecewise(x, [x < 0, x >= 0], [np.square, np.exp]), 0.7)
    check(lambda x: np.choose(x > 0, [x * x, np.exp(x)]), X)
    check(lambda x: np.choose(np.argsort(x), [x, x * x, np.exp(x)]), X[0])
    check_first(lambda x: np.compress(x > 0, x * x), V)
    check_first(lambda x: np.compress(x[:2] > -9, x), V)
    check_first(lambda x: np.extract(x > 0, x * x), X)


def test_values_where_the_array_is_a_constant() -> None:
    w = Value(2.0)
    assert_same(np.select([X > 0], [w * X]), np.select([X > 0], [2.0 * X]))
    out = np.piecewise(X, [Value(X) > 0], [lambda x: w * x, w])
    np.sum(out).backward()
    assert w.grad == pytest.approx(X[X > 0].sum() + np.sum(X <= 0))


def test_a_zero_gradient_stays_zero() -> None:
    """The branch that is not taken may be infinite or NaN there."""
    x = np.array([0.0, 4.0])
    assert ad.grad(lambda v: np.sum(np.select([v > 0], [np.sqrt(v)])))(x).tolist() == [0.0, 0.25]
    assert ad.grad(lambda v: np.sum(np.choose(v > 0, [0.0, np.sqrt(v)])))(x).tolist() == [0.0, 0.25]
    assert ad.grad(lambda v: np.sum(np.piecewise(v, [v > 0], [np.sqrt])))(x).tolist() == [0.0, 0.25]


def test_later_pieces_write_over_earlier_ones() -> None:
    v = Value([1.0, 2.0])
    np.sum(np.piecewise(v, [v > 0, v > 1.5], [lambda x: 10 * x, lambda x: 100 * x])).backward()
    assert v.grad.tolist() == [10.0, 100.0]


def test_methods() -> None:
    v = Value(X)
    assert_same(v.compress([False, True], axis=0), X.compress([False, True], axis=0))
    assert_same((v > 0).choose([v, 2 * v]), (X > 0).astype(int).choose([X, 2 * X]))
    with pytest.raises(ad.errors.UnsupportedError, match="out="):
        v.compress([True], out=Y)


def test_inside_a_jitted_function() -> None:
    choosing = lambda x: np.sum(np.select([x < 0, x > 0.5], [x * x, np.exp(x)]) + np.choose(x > 0, [x, x * x]))
    run = ad.jit(ad.grad(choosing))
    for by in (1.0, -1.0):
        np.testing.assert_allclose(run(by * X), ad.grad(choosing)(by * X), rtol=1e-14)
    with pytest.raises(ad.errors.TracingError):
        ad.jit(lambda x: np.piecewise(x, [x > 0], [np.exp]))(X)
    with pytest.raises(ad.errors.TracingError):
        ad.jit(lambda x: np.choose(np.argsort(x), [x, x, x]))(X[0])


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda v: np.choose(NUMBERS, [v, v]), IndexRangeError, "outside of its 2 choices"),
        (lambda v: np.choose(-NUMBERS, [v, v, v]), IndexRangeError, "outside of its 3 choices"),
        (lambda v: np.choose(POSITIVE, [v]), IndexRangeError, "outside of its 1 choices"),
        (lambda v: np.choose(v, [v, v]), DtypeError, "integers"),
        (lambda v: np.choose(v > 0, []), ArgumentError, "no choices"),
        (lambda v: np.choose(NUMBERS, [v, v, v], mode="x"), ArgumentError, "'raise', 'wrap' or 'clip'"),
        (lambda v: np.select([v > 0], [v, v]), ArgumentError, "1 conditions and 2 choices"),
        (lambda v: np.select([v], [v]), DtypeError, "condition 0 has dtype float64"),
        (lambda v: np.compress(POSITIVE, v), ShapeError, "vector of conditions"),
        (lambda v: np.compress(ROW, v, axis=1), IndexRangeError, "beyond the end of axis 1"),
        (lambda v: np.compress(ROW, v, axis=2), AxisRangeError, "no axis 2"),
        (lambda v: np.piecewise(v, [v > 0], [1, 2, 3]), ArgumentError, "1 conditions"),
        (lambda v: np.piecewise(v, [v > 0], [1j]), DtypeError, "imaginary parts"),
        (lambda v: np.select([v > 0], [v], other=0), TypeError, "other"),
    ],
)
def test_wrong_inputs(wrong: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        wrong(Value(X))
