"""copysign, nextafter, frexp, modf, fix, nan_to_num, real_if_close, i0."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

X = np.array([[-2.6, -1.45, 5.5], [1.45, 2.6, 6.4]])
Y = np.array([-1.0, 2.0, -0.5])
NAN, INF = np.nan, np.inf
SPECIAL = np.array([1.5, NAN, INF, -INF, -2.0])

CALLS: list[Call] = [
    call(np.copysign, X, Y),
    call(np.copysign, X, -1.0)._replace(single=False),
    call(np.copysign, 2.0, X)._replace(single=False),
    call(np.nextafter, X, Y),
    call(np.modf, np.array([0.5, -0.45, 0.55])),
    call(np.nan_to_num, X),
    call(np.nan_to_num, X, True, 1.0, 2.0, 3.0),
    call(np.nan_to_num, X + 1j * X[::-1]),
    call(np.nan_to_num, X, nan=9.0, posinf=None, neginf=-1.0),
    call(np.real_if_close, X),
    call(np.real_if_close, X + 1j, tol=1000),
    call(np.real_if_close, X, tol=1e-10),
    call(np.i0, X),
    call(np.i0, np.array([9.0, -30.0, 8.0])),
]
REFUSED: list[Call] = [call(np.nan_to_num, X, copy=False), call(np.fix, X, out=X)]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete([*CALLS, call(np.fix, X), call(np.frexp, X)], REFUSED)


def test_special_numbers() -> None:
    """Values as NumPy's; what was replaced, or has no fraction, has no gradient."""
    assert_same(np.nan_to_num(Value(SPECIAL)), np.nan_to_num(SPECIAL))
    half = SPECIAL.astype(np.float32)
    assert_same(np.nan_to_num(Value(half), nan=np.float64(2)), np.nan_to_num(half, nan=2))
    z = np.array([complex(NAN, INF), complex(1, -INF), 2j])
    assert_same(np.nan_to_num(Value(z), nan=0.5), np.nan_to_num(z, nan=0.5))
    assert ad.grad(lambda v: np.sum(np.nan_to_num(v) * 0.5))(SPECIAL).tolist() == [0.5, 0.0, 0.0, 0.0, 0.5]
    gradient = ad.grad(lambda v: np.sum(np.real(np.nan_to_num(v))))(z)
    assert gradient.tolist() == [0.0, 1.0, 1.0]
    c = Value(2.0)
    np.nan_to_num(Value(SPECIAL), nan=c, posinf=3 * c, neginf=c).sum().backward()
    assert c.grad == 5.0
    for f in (np.modf, np.frexp):
        for part, expected in zip(f(Value(SPECIAL)), f(SPECIAL)):
            assert_same(part, expected)
        for part, expected in zip(f(Value(-2.75)), f(-2.75)):
            assert_same(part, expected)
    assert ad.grad(lambda v: np.sum(np.modf(v)[0]))(SPECIAL).tolist() == [1.0, 1.0, 0.0, 0.0, 1.0]
    assert_same(np.fix(Value(X)), np.fix(X))


def test_mantissas_and_exponents() -> None:
    x = np.array([3.0, -0.75, 1e-300, 0.0, 2.0**1000])
    check(lambda v: np.frexp(v)[0], np.array([1.4, -1.5, 1.45]), order=1)
    m, e = np.frexp(Value(x))
    np.testing.assert_array_equal(m.data, np.frexp(x)[0])
    assert e.dtype == np.int32
    assert not e._carries
    assert ad.grad(lambda v: np.sum(np.frexp(v)[0]))(x[:2]).tolist() == [0.25, 1.0]
    back = ad.grad(lambda v: np.sum(np.ldexp(*np.frexp(v))))(x)
    assert back.tolist() == [1.0] * 5


def test_copysign_at_zeros() -> None:
    x = np.array([0.0, -0.0, 2.0, -2.0])
    g = ad.grad(lambda v: np.sum(np.copysign(v, [1.0, -1.0, -0.0, 0.0])))(x)
    assert g.tolist() == [0.0, 0.0, -1.0, -1.0]
    v = Value(Y)
    np.copysign(2.0, v).sum().backward()
    assert v.grad.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("x", [1e-12, 0.1, 2.0, 7.9, 8.1, 40.0, -3.0, 600.0])
def test_bessel_functions_against_mpmath(x: float) -> None:
    """I₀′ = I₁, I₀″ = I₀ − I₁/x."""
    mpmath.mp.dps = 40
    first, second = float(mpmath.besseli(1, x)), float(mpmath.besseli(0, x) - mpmath.besseli(1, x) / x)
    rtol = 4e-15 + 1e-16 * abs(x)
    assert ad.grad(np.i0)(x) == pytest.approx(first, rel=rtol)
    assert ad.grad(ad.grad(np.i0))(x) == pytest.approx(second, rel=rtol)
    assert ad.grad(np.i0)(0.0) == 0


def test_real_if_close_in_a_program_is_refused() -> None:
    out, pull = ad.vjp(np.real_if_close, np.array([1 + 1e-20j]))
    assert out.dtype == np.float64
    assert pull(np.ones(1))[0].tolist() == [1.0]
    with pytest.raises(ad.errors.TracingError, match="real_if_close"):
        ad.jit(np.real_if_close)(np.array([1 + 1e-20j]))


def test_second_operands_get_nothing_in_both_modes() -> None:
    for f in (np.copysign, np.nextafter):
        check(lambda y, f=f: f(X, y) * y, Y)


def test_in_a_program() -> None:
    f: Any = lambda x: np.sum(np.modf(x)[0] + np.frexp(x)[0] * np.copysign(x, Y) + np.nan_to_num(x) + np.i0(x))
    run = ad.jit(ad.value_and_grad(f))
    for x in (X, X[::-1] * 0.9):
        for a, b in zip(run(x), ad.value_and_grad(f)(x)):
            np.testing.assert_allclose(a, b, rtol=1e-12)
