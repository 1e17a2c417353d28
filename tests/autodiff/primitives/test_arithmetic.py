"""Arithmetic beyond what every entry is asked: clip's bounds, powers, mod, complex numbers, reals of complex ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check, check_first
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

X = np.array([[-2.0, -0.5, 0.25], [0.75, 1.5, 3.0]])
CALLS: list[Call] = [
    call(np.clip, X, -1, 1),
    call(np.clip, X, -1.0, None),
    call(np.clip, X, None, 1.0),
    call(np.clip, X, a_min=0.0, a_max=1.0),
    call(np.clip, X, min=0.0, max=1.0),
    call(np.clip, X, min=0.0),
    call(np.clip, X, max=0.0),
    call(np.clip, X, np.array([-1.0, 0.0, 0.1]), np.array([[1.0], [2.0]])),
    call(np.clip, X),
    call(np.sinc, X + 0.1),
]
REFUSED: list[Call] = [
    call(np.clip, X, out=X.copy()),
    *(
        call(np.clip, X, **k)
        for k in ({"where": X > 0}, {"dtype": float}, {"casting": "no"}, {"order": "C"}, {"subok": True})
    ),
]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(Call(case.function, (*case.args, 0.0, 1.0), case.keywords))


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


@pytest.mark.parametrize("y", [0, 1, 2, 3, -1, -2, 0.5, 2.0, -0.5, np.float64(2), np.int64(3), np.array(2), True])
def test_powers_with_a_constant_exponent(y: Any) -> None:
    check(
        lambda x: x**y,
        np.abs(X),
        single=np.asarray(y).dtype != np.float64 or (isinstance(y, float) and not isinstance(y, np.floating)),
    )
    if float(y) == int(y):
        check(lambda x: x**y, X, single=False)
    check(lambda x: x ** float(y), np.float64(1.75))
    np.testing.assert_array_equal((Value(X[1]) ** y).data, X[1] ** y)
    np.testing.assert_array_equal(np.power(Value(X[1]), y).data, np.power(X[1], y))


@pytest.mark.parametrize("x", [2, 0.5, 1, 3.0, np.float64(2), np.array([2.0, 1.0, 0.5])])
def test_powers_with_a_constant_base(x: Any) -> None:
    check(lambda y: x**y, X, single=not isinstance(x, (np.ndarray, np.generic)))
    check(lambda y: np.power(x, y), X, single=not isinstance(x, (np.ndarray, np.generic)))


def test_negative_bases() -> None:
    v = Value(np.array([-2.0, 2.0]))
    with np.errstate(invalid="ignore"):
        out = v ** np.array([3.0, 0.5])
    out.sum().backward()
    np.testing.assert_allclose(v.grad, [12.0, 0.5 / math.sqrt(2)])


@pytest.mark.parametrize("f", [np.remainder, np.fmod, lambda x, y: x % y])
def test_mod_of_both_signs(f: Any) -> None:
    x, y = np.array([5.3, -5.3, 5.3, -5.3]), np.array([2.1, 2.1, -2.1, -2.1])
    check_first(f, x, y, differences=False)
    slopes = [2.0, -2.0, -2.0, 2.0] if f is np.fmod else [2.0, -3.0, -3.0, 2.0]
    gx, gy = ad.vjp(f, x, y)[1](np.ones(4))
    np.testing.assert_array_equal(gx, np.ones(4))
    np.testing.assert_array_equal(gy, np.negative(slopes))


MODULUS = [1.0, -1.0, 2.5, -2.5, 1e-3, math.inf, -math.inf]


@given(st.floats(-100, 100), st.sampled_from(MODULUS))
@settings(max_examples=80)
def test_scalar_division_with_remainder_is_numpys(x: float, y: float) -> None:
    for ours, theirs in (
        (Value(x) % y, np.float64(x) % np.float64(y)),
        (Value(x) // y, np.float64(x) // np.float64(y)),
        (x % Value(y), np.float64(x) % np.float64(y)),
        (divmod(Value(x), y)[1], divmod(np.float64(x), np.float64(y))[1]),
    ):
        assert ours.data == theirs


@pytest.mark.parametrize("y", [0.0, -0.0])
def test_division_by_zero_is_numpys(y: float) -> None:
    with np.errstate(all="ignore"):
        for x in (1.0, -1.0, 0.0, math.inf, math.nan):
            for f in (lambda a, b: a / b, lambda a, b: a // b, lambda a, b: a % b, np.fmod, np.arctan2, np.hypot):
                np.testing.assert_array_equal(f(Value(x), y).data, f(np.float64(x), np.float64(y)))
                np.testing.assert_array_equal(f(x, Value(y)).data, f(np.float64(x), np.float64(y)))


def test_extreme_arguments_of_slopes() -> None:
    """Where a naive rule overflows although the derivative is an ordinary number."""
    for f, x, expected in (
        (np.tanh, 1000.0, 0.0),
        (np.arctan, 1e200, 0.0),
        (np.arcsinh, 1e200, 1e-200),
        (np.arcsinh, -1e200, 1e-200),
        (np.log1p, 1e300, 1e-300),
        (lambda x: np.hypot(x, 1e200), 1e200, math.sqrt(0.5)),
        (lambda x: np.arctan2(x, 1e200), 1e200, 0.5e-200),
        (lambda x: np.arctan2(x, 1e-200), 1e-200, 0.5e200),
        (lambda x: np.logaddexp(x, 1000.0), 1000.0, 0.5),
        (lambda x: np.logaddexp(x, 0.0), 1000.0, 1.0),
        (lambda x: np.logaddexp2(x, 0.0), 5000.0, 1.0),
        (ad.sigmoid, 1000.0, 0.0),
        (ad.softplus, 1000.0, 1.0),
        (np.sqrt, 1e-300, 0.5e150),
        (np.arccosh, 1 + 1e-10, 1 / math.sqrt(2e-10)),
        (np.arctanh, 1 - 1e-10, 0.5e10),
        (np.arcsin, 1 - 1e-10, 1 / math.sqrt(2e-10)),
        (np.expm1, -1e-20, 1.0),
        (np.expm1, -800.0, 0.0),
        (np.cbrt, 1e-200, 1e-200 ** (-2 / 3) / 3),
        (lambda x: x**1e3, 1e-3, 0.0),
        (np.reciprocal, 1e-150, -1e300),
    ):
        for got in (ad.grad(f)(x), ad.grad(lambda v, f=f: np.sum(f(v)))(np.array([x]))[0], ad.jvp(f, (x,), (1.0,))[1]):
            assert got == pytest.approx(expected, rel=1e-5, abs=1e-320), f"{f} at {x}"


def test_numbers_that_are_almost_ties() -> None:
    x = np.nextafter(1.0, 2.0)
    assert ad.grad(lambda v: np.maximum(v, 1.0))(x) == 1.0
    assert ad.grad(lambda v: np.clip(v, 0.0, 1.0))(x) == 0.0


def test_conjugates_and_parts() -> None:
    z = np.array([1 + 2j, -0.5 + 1j])
    for f in (np.conj, np.conjugate, lambda z: z.conj(), np.real, np.imag, np.abs, np.angle, lambda z: z * np.conj(z)):
        check(f, z)
    real = Value(np.array([1.0, 2.0]))
    (np.conj(real) * np.real(real) + np.imag(real)).sum().backward()
    assert real.grad.tolist() == [2.0, 4.0]
    assert real.grad.dtype == np.float64


def test_real_operands_of_complex_functions_have_real_gradients() -> None:
    x = np.array([0.3, 0.7])
    f = lambda x: np.abs(np.exp(1j * x) + x) ** 2
    check(f, x)
    assert ad.grad(lambda x: np.sum(f(x)))(x).dtype == np.float64
    s = Value(0.3)
    (np.abs(np.exp(1j * s) + s) ** 2).backward()
    assert type(s.grad) is float
