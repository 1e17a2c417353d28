"""softmax and its family, and what is written over primitives."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check, check_closure

rng = np.random.default_rng(5)
X = rng.normal(size=(2, 3, 4))
KEYWORDS: list[dict[str, Any]] = [
    {},
    {"axis": 1},
    {"axis": -1},
    {"axis": (0, 2)},
    {"axis": [1, 2]},
    {"axis": 0, "keepdims": True},
]


@pytest.mark.parametrize("keywords", [*KEYWORDS, {"keepdims": True}], ids=str)
def test_logsumexp(keywords: dict[str, Any]) -> None:
    check(lambda x: ad.logsumexp(x, **keywords), X)
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in keywords.items()}
    np.testing.assert_allclose(ad.logsumexp(X, **keywords), np.log(np.sum(np.exp(X), **plain)), rtol=1e-13)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1)])
@pytest.mark.parametrize("f", [ad.softmax, ad.log_softmax])
def test_softmax(f: Any, axis: Any) -> None:
    check(lambda x: f(x, axis=axis), X)
    check(lambda x: f(x, axis), X)
    check_closure(lambda x: f(x, axis=axis), X)


def test_softmax_sums_to_one_and_its_gradient_to_zero() -> None:
    np.testing.assert_allclose(np.sum(ad.softmax(X), axis=-1), 1.0)
    g = ad.grad(lambda x: np.sum(ad.softmax(x) * X))(X)
    np.testing.assert_allclose(g.sum(axis=-1), 0, atol=1e-14)


OFFSETS = [0.0, -3.0, 1e3, -1e5, 1e8, 1e17, -1e30]
GAPS = [[0.0, 0.0, 0.0], [0.0, 1.0, -2.0], [-40.0, 0.0, 8.0], [0.0, -2e3, 2e4]]


def exact_shares(x: Any) -> Any:
    """softmax of the numbers as they are, by mpmath."""
    terms = [mpmath.exp(mpmath.mpf(float(v)) - mpmath.mpf(float(max(x)))) for v in x]
    return [t / sum(terms) for t in terms]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("gaps", GAPS, ids=str)
@pytest.mark.parametrize("offset", OFFSETS)
def test_logarithms_of_sums_at_any_offset(offset: float, gaps: list[float], dtype: Any) -> None:
    """Whatever is added to every element, the differences count, as far as the dtype holds them. To second order."""
    x = (np.array(gaps) + offset).astype(dtype)
    with mpmath.workdps(60):
        p = exact_shares(x)
        shares = np.array([float(v) for v in p])
        logs = np.array([float(mpmath.log(v)) for v in p])
        curvature = np.array([[float(a * (i == j) - a * b) for j, b in enumerate(p)] for i, a in enumerate(p)])
    eps = float(np.finfo(dtype).eps)
    close: dict[str, Any] = {"rtol": 40 * eps * (1 + max(map(abs, gaps))), "atol": float(np.finfo(dtype).tiny)}
    for f, expected in ((ad.softmax, shares), (ad.log_softmax, logs)):
        np.testing.assert_allclose(f(x), expected, **close)
        np.testing.assert_array_equal(f(Value(x)).data, f(x))
    np.testing.assert_allclose(ad.grad(ad.logsumexp)(x), shares, **close)
    close = {"rtol": 10 * close["rtol"], "atol": 10 * eps * np.max(np.abs(curvature))}
    for derivative in (ad.jacobian(ad.softmax), ad.hessian(ad.logsumexp), ad.jacobian(ad.grad(ad.logsumexp))):
        np.testing.assert_allclose(derivative(x), curvature, **close)
    np.testing.assert_allclose(ad.jacobian(ad.log_softmax)(x), np.eye(3) - shares, rtol=close["rtol"], atol=10 * eps)


def _data(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("gap", [0.0, 1.0, -2.0, 30.0, -800.0])
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_logaddexp_at_any_offset(name: str, offset: float, gap: float, dtype: Any) -> None:
    f, base = getattr(np, name), mpmath.e if name == "logaddexp" else mpmath.mpf(2)
    x, y = np.array([offset], dtype), np.array([offset + gap], dtype)
    with mpmath.workdps(400):
        p = 1 / (1 + base ** (mpmath.mpf(float(y[0])) - mpmath.mpf(float(x[0]))))
        shares, slope = [float(p), float(1 - p)], float(p * (1 - p) * mpmath.log(base))
    close = {"rtol": 40 * float(np.finfo(dtype).eps) * (1 + abs(gap)), "atol": float(np.finfo(dtype).tiny)}
    found = ad.grad(lambda x, y: np.sum(f(x, y)), (0, 1))(x, y)
    np.testing.assert_allclose(np.ravel(found), shares, **close)
    second = ad.hessian(lambda x, y: np.sum(f(x, y)), (0, 1))(x, y)
    np.testing.assert_allclose(np.ravel(second), [slope, -slope, -slope, slope], **close)


def test_logsumexp_of_nothing_is_minus_infinity() -> None:
    for shape, axis, left in (
        ((0,), None, ()),
        ((2, 0), None, ()),
        ((2, 0), 1, (2,)),
        ((0, 3), 0, (3,)),
        ((2, 0), 0, (0,)),
    ):
        for x in (np.zeros(shape), Value(np.zeros(shape))):
            assert np.array_equal(_data(ad.logsumexp(x, axis=axis)), np.full(left, -math.inf))
        assert ad.grad(lambda x, axis=axis: np.sum(ad.logsumexp(x, axis=axis)))(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("scale", [1e3, 1e300, -1e3])
def test_no_overflow(scale: float) -> None:
    x = np.array([scale, 0.0, -scale])
    assert ad.logsumexp(x) == abs(scale)
    for f in (ad.softmax, ad.log_softmax, ad.sigmoid, ad.softplus):
        v = Value(x)
        out = f(v)
        assert not np.isnan(out.data).any()
        np.sum(out * np.array([1.0, 2.0, 3.0])).backward()
        assert np.isfinite(v.grad).all()


@given(st.floats(-750, 750))
def test_sigmoid_and_softplus_are_accurate_in_both_tails(x: float) -> None:
    mpmath.mp.dps = 400
    exact = 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
    slope = exact * (1 - exact)
    plus = mpmath.log1p(mpmath.exp(mpmath.mpf(x)))
    for got, expected in (
        (ad.sigmoid(x), exact),
        (ad.sigmoid(Value(x)).data, exact),
        (ad.sigmoid(np.array([x]))[0], exact),
        (ad.grad(ad.sigmoid)(x), slope),
        (ad.softplus(np.array([x]))[0], plus),
        (ad.grad(ad.softplus)(x), exact),
    ):
        assert abs(got - expected) <= 1e-14 * expected + 1e-307


def test_infinities() -> None:
    inf = math.inf
    assert ad.logsumexp(Value([-inf, -inf])).data == -inf
    assert ad.logsumexp(Value([inf, 0.0])).data == inf
    assert ad.logsumexp(Value([0.0, -inf])).data == 0.0
    assert ad.softmax(Value([-inf, 0.0])).data.tolist() == [0.0, 1.0]
    assert ad.sigmoid(Value([inf, -inf])).data.tolist() == [1.0, 0.0]
    assert ad.relu(Value([inf, -inf])).data.tolist() == [inf, 0.0]
    assert ad.softplus(Value(-inf)).data == 0.0
    assert np.isnan(ad.logsumexp(Value([np.nan, 0.0])).data)


def test_on_plain_numbers_arrays_and_lists() -> None:
    for f in (ad.relu, ad.sigmoid, ad.softplus):
        assert not isinstance(f(0.5), Value)
        assert not isinstance(f(X), Value)
        assert float(f(0.5)) == pytest.approx(f(Value(0.5)).item())
        np.testing.assert_array_equal(f(X), f(Value(X)).data)
        assert f([0.5, -0.5]).shape == (2,)
        assert f(3) == f(3.0)
    for g in (ad.softmax, ad.log_softmax, ad.logsumexp):
        assert not isinstance(g(X), Value)
        assert np.shape(g([0.0, 1.0])) == np.shape(g(np.array([0.0, 1.0])))
        assert g(X.astype(np.float32)).dtype == np.float32


def test_one_hot() -> None:
    assert ad.one_hot(np.array([[1, 0]]), 3).tolist() == [[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]]
    assert ad.one_hot(2, 3).tolist() == [0.0, 0.0, 1.0]
    assert ad.one_hot(np.zeros(0, int), 3).shape == (0, 3)
    assert ad.one_hot([0], 2, dtype=np.float32).dtype == np.float32


def test_angle_real_imag_divmod() -> None:
    z = X[0] + 1j * X[1]
    for f in (np.real, np.imag, np.angle, lambda z: np.angle(z, deg=True), lambda z: z.real * z.imag):
        check(f, z)
    for f in (np.real, np.imag):
        check(f, X[0], single=False)
    quotient, rest = np.divmod(Value(7.5), 2.0)
    assert (quotient.data, rest.data) == (3.0, 1.5)
    assert not quotient._carries
    rest.backward()
