"""np.interp: differentiable in x, in the points, in the values; outside, at points, with a period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check, check_first
from tests.autodiff.primitives.sweep import Call, check_complete, double, parameters

rng = np.random.default_rng(14)
XP = np.array([-2.0, 0.5, 2.0, 4.0, 7.0])
FP = rng.normal(size=5)
X = np.array([[-0.7, 1.2, 3.1], [2.9, 5.4, 0.0]])
OUTSIDE = np.array([-4.0, 9.5, 1.25])
ANGLES = np.array([0.2, 2.9, 1.7, 4.7, 3.6])

CALLS: list[Call] = [
    double(np.interp, X, XP, FP),
    double(np.interp, np.array(0.7), XP, FP),
    double(np.interp, OUTSIDE, XP, FP),
    double(np.interp, OUTSIDE, XP, FP, -3.0, 7.0),
    double(np.interp, OUTSIDE, XP, FP, left=2.0, right=None),
    double(np.interp, X, XP, FP, period=None),
    double(np.interp, OUTSIDE, ANGLES, FP, period=5.0),
    double(np.interp, OUTSIDE, ANGLES, FP, None, None, -5.0),
    double(np.interp, X, XP, FP + 1j * rng.normal(size=5)),
    double(np.interp, OUTSIDE, XP, FP + 1j * rng.normal(size=5), 1j, 2.0 - 1j),
    double(np.interp, OUTSIDE, np.array([0.5, 2.5]), np.array([1.0, -1.0])),
    double(np.interp, np.zeros((0, 2)), XP, FP),
    double(np.interp, [0.3, 3.0], XP, FP),
    double(np.interp, X / 4, [-2, 1, 3], np.array([1.0, 3.0, 2.0])),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


@settings(max_examples=100)
@given(
    xs=st.lists(st.sampled_from([-1.0, 0.0, 0.1, 0.5, 1.0, 1.7, 3.0, 9.0, np.nan, np.inf]), min_size=1, max_size=6),
    xp=st.lists(st.integers(-2, 8), min_size=1, max_size=7, unique=True).map(sorted),
    data=st.data(),
)
def test_values_are_numpys(xs: list[float], xp: list[int], data: Any) -> None:
    fp = data.draw(st.lists(st.sampled_from([0.1, -2.0, 3.7, 1e9]), min_size=len(xp), max_size=len(xp)))
    for x in (np.array(xs), np.array(xs, np.float32)):
        with np.errstate(all="ignore"):
            assert_same(np.interp(Value(x), xp, fp), np.interp(x, xp, fp))
            assert_same(np.interp(x, Value(np.array(xp, float)), Value(fp)), np.interp(x, xp, fp))


def test_infinite_values() -> None:
    fp = np.array([0.0, np.inf, np.inf, 1.0, 2.0])
    x = np.array([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0])
    with np.errstate(all="ignore"):
        assert_same(np.interp(Value(x), XP, fp), np.interp(x, XP, fp))


def test_values_everywhere() -> None:
    for place in range(3):
        operands: list[Any] = [X, XP, FP]
        operands[place] = Value(operands[place])
        assert_same(np.interp(*operands), np.interp(X, XP, FP))
    check(lambda fp, left, right: np.interp(OUTSIDE, XP, fp, left, right), FP, -1.0, 2.0, single=False)
    check_first(lambda fp, period: np.interp([6.2, -2.2], ANGLES, fp, period=period), FP, 5.5)


def test_slopes_at_the_points() -> None:
    """On the right of each point, on the left of the last; 0 outside."""
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 3.0])
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0])
    slopes = [0.0, 2.0, 2.0, 0.5, 0.5, 0.5, 0.0]
    assert ad.grad(lambda v: np.sum(np.interp(v, xp, fp)))(x).tolist() == slopes
    assert ad.jvp(lambda v: np.interp(v, xp, fp), (x,), (np.ones(7),))[1].tolist() == slopes
    assert ad.grad(lambda v: np.interp(3.0, xp, v))(fp).tolist() == [0.0, 0.0, 1.0]
    assert ad.grad(lambda v: np.interp(9.0, xp, v))(fp).tolist() == [0.0, 0.0, 1.0]
    assert ad.grad(lambda v: np.interp(2.0, [1.0], v))(np.array([4.0])).tolist() == [1.0]


def test_wrong_inputs() -> None:
    v = Value(X)
    for xp, fp in ((XP, FP[:3]), ([], []), (np.ones((2, 2)), np.ones((2, 2)))):
        with pytest.raises(ad.errors.ShapeError, match="one length"):
            np.interp(v, xp, fp)
    with pytest.raises(ad.errors.ArgumentError, match="period"):
        np.interp(v, XP, FP, period=0)
    with pytest.raises(ad.errors.DtypeError, match="real x"):
        np.interp(v * 1j, XP, FP)


def test_in_a_program() -> None:
    f = lambda x, xp, fp: np.interp(x, xp, fp).sum()
    run = ad.jit(ad.value_and_grad(f, argnums=(0, 1, 2)))
    for x in (X, OUTSIDE[:, None] + X[0]):
        for xp in (XP, XP * 1.1):
            for a, b in zip(run(x, xp, FP)[1], ad.grad(f, argnums=(0, 1, 2))(x, xp, FP)):
                np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)
    beside = ad.jit(lambda x: (np.interp(x, XP, FP), np.interp(x, ANGLES, FP, period=5.0)))
    for x in (X, X.T.copy().reshape(2, 3)):
        for a, b in zip(beside(x), (np.interp(x, XP, FP), np.interp(x, ANGLES, FP, period=5.0))):
            np.testing.assert_allclose(a, b, rtol=1e-14)
