"""Averages, covariances, correlations: every keyword against NumPy and differences; nothing cancels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(11)


def A(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape)


X, V, M = A(2, 3, 4), A(5), A(3, 6)
W = rng.uniform(0.5, 2.0, X.shape)
U = rng.uniform(0.5, 2.0, 6)
F = np.array([1, 3, 2, 1, 2, 1])
Z = M + 1j * A(3, 6)


def double(function: Any, *args: Any, **keywords: Any) -> Call:
    """np.cov computes in float64, in an order of its own."""
    return Call(function, args, keywords, exact=False, single=False)


CALLS: list[Call] = [
    *(call(np.average, X, **k) for k in ({}, {"axis": 1}, {"axis": (0, 2)}, {"axis": -1, "keepdims": True})),
    *(call(np.average, X, a, W) for a in (None, 1, (0, 2), -1, [0, 1])),
    *(call(np.average, X, a, W, True) for a in (None, 1)),
    *(call(np.average, X, 1, returned=r) for r in (False, True)),
    call(np.average, X, 1, A(3) ** 2, True),
    call(np.average, X, (2, 0), rng.uniform(0.5, 1.0, (4, 2)), keepdims=True),
    call(np.average, X + 1j * W, 0, W),
    call(np.average, V, weights=[1.0, 2.0, 3.0, 4.0, 5.0])._replace(single=False),
    call(np.average, V, weights=[1, 2, 3, 4, 5])._replace(single=False),
    *(
        double(np.cov, M, **k)
        for k in ({}, {"rowvar": False}, {"bias": True}, {"ddof": 2}, {"fweights": F}, {"ddof": 0, "fweights": F})
    ),
    *(double(np.cov, M, **k) for k in ({"aweights": list(U)}, {"aweights": list(U), "fweights": F, "ddof": 0})),
    double(np.cov, M, None, True, False, None, None, U),
    double(np.cov, M, None, True, False, None, F, U),
    double(np.cov, M, None, True, True, None, F, U),
    double(np.cov, M, A(6)),
    double(np.cov, M, A(2, 6)),
    double(np.cov, M, A(3, 2), False),
    double(np.cov, V),
    double(np.cov, V, A(5)),
    double(np.cov, Z),
    double(np.cov, Z, aweights=list(U)),
    double(np.cov, M, y=None),
    double(np.cov, M, dtype=np.float64),
    *(double(np.corrcoef, *a) for a in ((M,), (V,), (V, A(5)), (M, A(2, 6)), (M, A(3, 2), False), (Z,))),
    double(np.corrcoef, M, y=None, rowvar=False, dtype=np.float64),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


def test_dtypes() -> None:
    half = M.astype(np.float32)
    assert np.cov(Value(half)).dtype == np.cov(half).dtype == np.float64
    out = np.cov(Value(half), dtype=np.float32)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.data, np.cov(half, dtype=np.float32), rtol=1e-5)
    assert np.average(Value(half), 1, U).dtype == np.average(half, 1, U).dtype == np.float64
    mean, count = np.average(Value(half), axis=0, returned=True)
    assert mean.dtype == count.dtype == np.float32


def exact_variance_gradient(x: list[Fraction], ddof: int) -> list[Fraction]:
    mean = sum(x) / len(x)
    return [2 * (t - mean) / (len(x) - ddof) for t in x]


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e12])
def test_far_from_zero(offset: float) -> None:
    """Var's gradient from rational arithmetic: sums of squares would cancel at an offset."""
    x = np.array([1.0, 2.5, -0.5, 4.25]) + offset
    exact = [float(t) for t in exact_variance_gradient([Fraction(float(t)) for t in x], 1)]
    np.testing.assert_allclose(ad.grad(np.cov)(x), exact, rtol=1e-12)
    r = ad.grad(lambda v: np.corrcoef(v, [1.0, 2.0, 3.0, 1.5])[0, 1])(x)
    assert abs(np.sum(r)) <= 1e-14 * max(1.0, np.abs(r).max()) * x.size  # shifting x changes nothing


def test_correlation_at_its_bounds() -> None:
    """Correlation is stationary where it is 1."""
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(ad.grad(lambda v: np.corrcoef(v, 2 * x + 1)[0, 1])(x), np.zeros(3), atol=1e-15)


def test_values_in_other_places() -> None:
    check(lambda w: np.average(X, axis=1, weights=w, returned=True), rng.uniform(0.5, 1.0, 3))
    check(lambda w: np.cov(M, aweights=w), U, single=False, exact=False)
    assert_same(np.average([1.0, 2.0], weights=Value([1.0, 3.0])), np.float64(1.75))
    assert_same(np.average(Value(X) > 0, axis=0), np.average(X > 0, axis=0))


def test_no_freedom_left() -> None:
    for k in ({"ddof": 6}, {"ddof": 20, "aweights": U}):
        with pytest.warns(RuntimeWarning), np.errstate(invalid="ignore"):
            expected = np.cov(M, **k)
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(invalid="ignore", divide="ignore"):
            np.testing.assert_array_equal(np.cov(Value(M), **k).data, expected)


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda v: np.average(v, weights=[1.0, 2.0]), ad.errors.ShapeError, "axis="),
        (lambda v: np.average(v, axis=0, weights=[1.0, 2.0]), ad.errors.ShapeError, "in the shape"),
        (lambda v: np.average(v, weights=np.zeros((3, 6))), ZeroDivisionError, "zero"),
        (lambda v: np.average(v, axis=3), ValueError, "axis 3"),
        (lambda v: np.cov(v, ddof=0.5), ad.errors.ArgumentError, "integer ddof"),
        (lambda v: np.cov(np.reshape(v, (3, 2, 3))), ad.errors.ShapeError, "two axes"),
        (lambda v: np.cov(v, np.zeros((1, 1, 6))), ad.errors.ShapeError, "y has shape"),
        (lambda v: np.cov(v, fweights=[1.5] * 6), ad.errors.DtypeError, "fweights"),
        (lambda v: np.cov(v, fweights=[1, 2]), ad.errors.ShapeError, "fweights"),
        (lambda v: np.cov(v, aweights=-U), ad.errors.ArgumentError, "aweights"),
        (lambda v: np.cov(v, aweights=v), ad.errors.ShapeError, "aweights"),
    ],
)
def test_wrong_inputs(f: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        f(Value(M))


def test_in_a_program() -> None:
    f = lambda m, w: np.cov(m, aweights=w).sum() + np.corrcoef(m)[0, 1] + np.average(m, 0, w[:3]).sum()
    run = ad.jit(ad.value_and_grad(f, argnums=(0, 1)))
    for scale in (1.0, 0.5):
        value, (a, b) = run(M * scale, U)
        again, (c, d) = ad.value_and_grad(f, argnums=(0, 1))(M * scale, U)
        np.testing.assert_allclose(value, again, rtol=1e-13)
        np.testing.assert_allclose(a, c, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(b, d, rtol=1e-11, atol=1e-14)
