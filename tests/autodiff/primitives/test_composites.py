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
