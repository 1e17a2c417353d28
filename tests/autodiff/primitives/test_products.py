"""Products of all, and of all up to each: exact with zeros, in range wherever the derivative is, to second order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.errors import DtypeError, ShapeError
from tests.autodiff.checks import check

# Every magnitude of normal numbers, zeros among them; cotangents of every size, ones with zeros, and unit vectors.
FACTORS = st.floats(-1e300, 1e300).filter(lambda x: x == 0 or abs(x) > 1e-300) | st.sampled_from([0.0, 2.0, -1e300])
LINES = st.lists(FACTORS, min_size=2, max_size=8)
SIZES = st.sampled_from([0.0, 1.0, -1.5, 1e-80, 1e80])


def product(numbers: Sequence[Fraction]) -> Fraction:
    return math.prod(numbers, start=Fraction(1))


def assert_sum(got: float, terms: Sequence[Fraction], what: str) -> None:
    """The sum of exact terms, to some ulps of the largest, wherever all of them are in the range of normal numbers."""
    exact, largest = sum(terms, Fraction(0)), max(map(abs, terms), default=Fraction(0))
    if largest >= Fraction(2) ** 1020 or 0 < largest <= Fraction(2) ** -1020:
        return
    assert math.isfinite(got), what
    assert abs(Fraction(float(got)) - exact) <= largest / 10**14, f"{what}: {got}, exactly {float(exact)}"


@given(LINES)
def test_gradient_and_hessian_of_prod(line: list[float]) -> None:
    x, n = [Fraction(v) for v in line], len(line)
    with np.errstate(all="ignore"):
        gradient, hessian = ad.grad(np.prod)(np.array(line)), ad.hessian(np.prod)(np.array(line))
        tangent = ad.jvp(np.prod, (np.array(line),), (np.ones(n),))[1]
    others = [product(x[:i] + x[i + 1 :]) for i in range(n)]
    assert_sum(tangent, others, f"tangent of prod at {line}")
    in_range = [not other or Fraction(2) ** -1020 < abs(other) < Fraction(2) ** 1020 for other in others]
    for i in range(n):
        assert_sum(gradient[i], [others[i]], f"gradient of prod at {line}, {i}")
        for j in range(n):
            rest = [] if i == j else [product([x[k] for k in range(n) if k not in (i, j)])]
            if in_range[i] and in_range[j]:  # what is differentiated
                assert_sum(hessian[i, j], rest, f"hessian of prod at {line}, {i}, {j}")


@given(LINES, st.lists(SIZES, min_size=8, max_size=8))
def test_cumprod_in_both_modes(line: list[float], weights: list[float]) -> None:
    n = len(line)
    x, w = [Fraction(v) for v in line], [Fraction(v) for v in weights[:n]]
    given_x, given_w = np.array(line), np.array(weights[:n])
    with np.errstate(all="ignore"):
        pulled, pushed = ad.vjp(np.cumprod, given_x)[1](given_w)[0], ad.jvp(np.cumprod, (given_x,), (given_w,))[1]
    for i in range(n):
        terms = [w[j] * product(x[:i] + x[i + 1 : j + 1]) for j in range(i, n)]
        assert_sum(pulled[i], terms, f"vjp of cumprod at {line} of {weights[:n]}, {i}")
        terms = [w[k] * product(x[:k] + x[k + 1 : i + 1]) for k in range(i + 1)]
        assert_sum(pushed[i], terms, f"jvp of cumprod at {line} along {weights[:n]}, {i}")


@given(st.lists(st.floats(1e-30, 1e30) | st.just(0.0), min_size=2, max_size=6), st.lists(SIZES, min_size=6, max_size=6))
def test_hessian_of_cumprod(line: list[float], weights: list[float]) -> None:
    n = len(line)
    x, w = [Fraction(v) for v in line], [Fraction(v) for v in weights[:n]]
    f = lambda x: np.sum(np.cumprod(x) * np.array(weights[:n]))
    for hessian in (ad.hessian(f)(np.array(line)), ad.jacobian(ad.grad(f))(np.array(line))):
        for i in range(n):
            for j in range(n):
                up_to = [[x[k] for k in range(m + 1) if k not in (i, j)] for m in range(max(i, j), n)]
                terms = [] if i == j else [w[max(i, j) + m] * product(rest) for m, rest in enumerate(up_to)]
                assert_sum(hessian[i, j], terms, f"hessian of cumprod at {line} of {weights[:n]}, {i}, {j}")


def test_a_residual_of_zero_has_a_second_derivative() -> None:
    """The gradient that arrives at cumprod is 0, its derivative is not."""
    x = np.array([0.5, 2.0, 0.0, 3.0])
    target = np.cumprod(x)
    jacobian = ad.jacobian(np.cumprod)(x)
    np.testing.assert_array_equal(
        ad.hessian(lambda x: np.sum((np.cumprod(x) - target) ** 2))(x), 2 * jacobian.T @ jacobian
    )
    np.testing.assert_array_equal(
        ad.jacobian(ad.grad(lambda x: np.sum((np.cumprod(x) - target)[::2] ** 2)))(x),
        2 * jacobian[::2].T @ jacobian[::2],
    )


@pytest.mark.parametrize("line", [[10.0] * 30 + [0.1] * 60, [0.1] * 30 + [10.0] * 60, [3.0] * 200, [0.3] * 200])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_long_products_of_either_precision(line: list[float], dtype: Any) -> None:
    x = np.array(line, dtype)
    with np.errstate(all="ignore"):
        whole = np.prod(x)
        if np.isfinite(np.log(whole)):
            slopes = ad.grad(lambda x: np.log(np.prod(x)))(x)
            np.testing.assert_allclose(slopes, 1 / x, rtol=1e-5 if dtype is np.float32 else 1e-13)
        shares = ad.grad(lambda x: np.prod(x[:90]))(x)
    exact = [float(product([Fraction(float(v)) for v in np.delete(x[:90], i)])) for i in range(90)]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(shares[:90], np.array(exact).astype(dtype), rtol=1e-6)
    assert shares.dtype == dtype


def test_a_product_in_range_with_factors_out_of_it() -> None:
    slopes = ad.grad(lambda x: np.cumprod(x)[-1])(np.array([1e-300, 5.0, 1e200, 1e200]))
    np.testing.assert_allclose(slopes, [math.inf, 1e100, 5e-100, 5e-100], rtol=1e-15)
    assert ad.grad(np.prod)(np.array([1e-310, 0.0, 4.0])).tolist() == [0.0, 4e-310, 0.0]
    np.testing.assert_array_equal(ad.hessian(np.prod)(np.array([1.0, 0.0, 1e-310]))[0], [0.0, 1e-310, 0.0])
    single = np.float32([1e-20, 1e-20, 1e-20])
    np.testing.assert_allclose(ad.hessian(np.prod)(single), (1 - np.eye(3)) * 1e-20, rtol=1e-6)


def test_ldexp() -> None:
    check(lambda x: np.ldexp(x, [1, -2, 3]), np.array([0.5, -1.5, 3.0]))
    check(lambda x: np.ldexp(x, np.array([[1], [2]])), np.array([0.5, -1.5, 3.0]))
    assert np.ldexp(Value(0.75), 3).data == 6.0
    assert ad.grad(lambda x: np.ldexp(np.ldexp(x, 1060), -1060))(1e-300) == 1.0
    assert ad.grad(lambda x: np.ldexp(x, 1060) * 2.0**-1000)(1e-300) == 2.0**60
    assert np.ldexp(Value(np.float32([1.0, 3.0])), np.int8(2)).dtype == np.float32
    for wrong in (1.5, np.array([0.5]), Value(2.0)):
        with pytest.raises(DtypeError, match="integer exponents"):
            np.ldexp(Value(1.0), wrong)
    with pytest.raises(ShapeError, match="ldexp"):
        np.ldexp(Value(np.ones(2)), [1, 2, 3])
