"""Distributions: SciPy's numbers, inside and outside of the support; derivatives in x and in every parameter."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import autodiff as ad
from autodiff import Value
from autodiff.scipy import stats
from tests.autodiff.checks import check

UNIT = np.array([0.05, 0.3, 0.62, 0.97])
LINE = np.array([-2.3, -0.4, 0.6, 3.1])
HALF = np.array([0.1, 0.8, 2.5, 7.0])

# points of the standardised variable, and shapes
CONTINUOUS: dict[str, tuple[np.ndarray, tuple[float, ...]]] = {
    "norm": (LINE, ()),
    "halfnorm": (HALF, ()),
    "lognorm": (HALF, (0.7,)),
    "t": (LINE, (3.5,)),
    "cauchy": (LINE, ()),
    "logistic": (LINE, ()),
    "laplace": (LINE, ()),
    "expon": (HALF, ()),
    "uniform": (UNIT, ()),
    "gamma": (HALF, (2.3,)),
    "chi2": (HALF, (3.4,)),
    "invgamma": (HALF, (2.3,)),
    "beta": (UNIT, (1.7, 0.8)),
    "pareto": (HALF + 1.05, (1.8,)),
    "weibull_min": (HALF / 2, (1.6,)),
}
METHODS = [(name, method) for name in CONTINUOUS for method in getattr(stats, name).methods]
LOC, SCALE = 0.4, 1.6


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_values(name: str, method: str) -> None:
    """As SciPy says: inside, at the ends, outside, for NaN, for parameters that are none."""
    points, shapes = CONTINUOUS[name]
    mine, theirs = (getattr(getattr(s, name), method) for s in (stats, scipy.stats))
    x = np.concatenate([points, [-50.0, -1.0, 0.0, 1.0, 40.0, np.nan]]) if method != "ppf" else [*UNIT, -1.0, np.nan]
    with np.errstate(all="ignore"):
        for loc, scale in ((0.0, 1.0), (LOC, SCALE), (0.0, -1.0), (0.0, 0.0)):
            found, expected = mine(Value(x), *shapes, loc, scale).data, theirs(x, *shapes, loc, scale)
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-300)
        if shapes:
            wrong = [-1.0] * len(shapes)
            np.testing.assert_array_equal(mine(Value(x), *wrong).data, theirs(x, *wrong))


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_derivatives(name: str, method: str) -> None:
    """In x, in every shape, in loc and scale."""
    points, shapes = CONTINUOUS[name]
    x = np.array([0.3, 0.5, 0.62]) if method == "ppf" else LOC + SCALE * points
    f = getattr(getattr(stats, name), method)
    if name == "t" and method in ("cdf", "sf"):  # not in the degrees of freedom
        check(lambda x, loc, scale: f(x, 3.5, loc, scale), x, LOC, SCALE, exact=False, single=False)
        with pytest.raises(ad.errors.UnsupportedError, match="degrees of freedom"):
            f(x, Value(3.5))
        return
    check(f, x, *shapes, LOC, SCALE, exact=False, single=False)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_outside_of_the_support(name: str) -> None:
    """The gradient is 0 in everything, whatever else is inside."""
    points, shapes = CONTINUOUS[name]
    distribution = getattr(stats, name)
    if np.isinf(distribution.low):
        return
    x = np.array([-3.0, points[0]])
    f = lambda x, *parameters: np.sum(np.where(np.array([True, False]), distribution.logpdf(x, *parameters), 0.0))
    gradients = ad.grad(f, tuple(range(3 + len(shapes))))(x, *shapes, 0.0, 1.0)
    assert [np.all(g == 0) for g in gradients] == [True] * len(gradients)
    assert f(x, *shapes) == -np.inf


def test_float32_stays_float32() -> None:
    for name, (points, shapes) in CONTINUOUS.items():
        x = Value(points.astype(np.float32))
        out = getattr(stats, name).logpdf(x, *shapes)
        assert out.dtype == np.float32, name
        out.sum().backward()
        assert x.grad.dtype == np.float32
        np.testing.assert_allclose(out.data, getattr(scipy.stats, name).logpdf(points, *shapes), rtol=1e-4, atol=1e-5)


# --- integers ---------------------------------------------------------------------------------------------------------

DISCRETE = {"poisson": (2.3,), "binom": (5, 0.3), "bernoulli": (0.3,), "geom": (0.3,), "nbinom": (3.5, 0.4)}
INTEGERS = np.array([-1, 0, 1, 2, 5, 6, 40])


@pytest.mark.parametrize(
    ("name", "method"), [(name, method) for name in DISCRETE for method in getattr(stats, name).methods]
)
def test_integers(name: str, method: str) -> None:
    mine, theirs = (getattr(getattr(s, name), method) for s in (stats, scipy.stats))
    *counts, p = DISCRETE[name] if name != "nbinom" else ((), 0.4)
    with np.errstate(all="ignore"):
        for k in (INTEGERS, INTEGERS + 0.5, 1, np.nan):
            for loc in (0, 2):
                parameters = (*counts, Value(p)) if name != "nbinom" else (Value(3.5), Value(0.4))
                expected = theirs(k, *DISCRETE[name], loc)
                np.testing.assert_allclose(mine(k, *parameters, loc=loc).data, expected, rtol=1e-11, atol=1e-300)
        for wrong in (-0.5, np.nan):
            parameters = (*DISCRETE[name][:-1], wrong)
            found = mine(INTEGERS, *DISCRETE[name][:-1], Value(wrong)).data
            np.testing.assert_array_equal(found, theirs(INTEGERS, *parameters))
    if name == "nbinom":
        check(lambda n, p: mine(np.array([0, 2, 7]), n, p), 3.5, 0.4, exact=False, single=False)
    else:
        k = np.array({"bernoulli": [1, 0], "geom": [1, 2, 6]}.get(name, [0, 1, 3]))
        check(lambda p: mine(k, *counts, p), p, exact=False, single=False)
    with pytest.raises(ad.errors.UnsupportedError, match="has no derivative in k"):
        mine(Value(1.0), *DISCRETE[name])
    with pytest.raises(ad.errors.UnsupportedError, match="has no derivative in loc"):
        mine(1, *DISCRETE[name], loc=Value(1.0))


def test_the_number_of_trials_counts() -> None:
    with pytest.raises(ad.errors.UnsupportedError, match="has no derivative in n"):
        stats.binom.logpmf(1, Value(5.0), 0.5)


# --- vectors ----------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(3)
M = RNG.uniform(-1, 1, (3, 3))
COV, MEAN, X = M @ M.T + np.eye(3), RNG.uniform(-1, 1, 3), RNG.uniform(-1, 1, (4, 3))


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
def test_multivariate_normal(method: str) -> None:
    mine, theirs = (getattr(s.multivariate_normal, method) for s in (stats, scipy.stats))
    for args in ((X, MEAN, COV), (X[0], MEAN, COV), (X, MEAN), (X[:, 0], None, 2.0), (X[:, :1], 0.5, 2.0)):
        expected = theirs(*args)
        found = mine(Value(args[0]), *args[1:]).data
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(mine(X, cov=Value(COV), mean=MEAN).data, theirs(X, MEAN, COV), rtol=1e-12)
    np.testing.assert_allclose(mine(X, MEAN, Value(MEAN**2)).data, theirs(X, MEAN, MEAN**2), rtol=1e-12)
    # SciPy reads the whole matrix, we its lower triangle: changes that keep it symmetric are the same
    f = lambda x, mean, half: mine(x, mean, half @ half.T + np.eye(3))
    check(f, X, MEAN, M, exact=False, single=False)


def test_multivariate_normal_refuses() -> None:
    with pytest.raises(ad.errors.UnsupportedError, match="allow_singular"):
        stats.multivariate_normal.logpdf(Value(X), MEAN, COV, allow_singular=True)
    with pytest.raises(ad.errors.ShapeError, match="of shape"):
        stats.multivariate_normal.logpdf(Value(X), MEAN, COV[:2, :2])
    with pytest.raises(ad.errors.ShapeError, match="needs x"):
        stats.multivariate_normal.logpdf(Value(X[:, :2]), MEAN, COV)
    with pytest.raises(TypeError, match="nonsense"):
        stats.multivariate_normal.logpdf(Value(X), nonsense=1)


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
def test_dirichlet(method: str) -> None:
    mine, theirs = (getattr(s.dirichlet, method) for s in (stats, scipy.stats))
    alpha, x = np.array([1.5, 0.7, 3.0]), np.array([[0.2, 0.5], [0.3, 0.1]])
    full = np.concatenate([x, 1 - x.sum(axis=0, keepdims=True)])
    for points in (x, full, x[:, 0]):
        np.testing.assert_allclose(mine(Value(points), alpha).data, theirs(points, alpha), rtol=1e-12)
    check(mine, x, alpha, exact=False, single=False)
    with pytest.raises(ad.errors.ArgumentError, match="simplex"):
        mine(Value(full * 1.1), alpha)
    with pytest.raises(ad.errors.ShapeError, match="as many rows"):
        mine(Value(full[:1]), alpha)
    with pytest.raises(TypeError, match="alpha"):
        mine(Value(x))


# --- calls ------------------------------------------------------------------------------------------------------------


def test_calls_are_scipys() -> None:
    x = Value(HALF)
    expected = scipy.stats.gamma.logpdf(HALF, 2.0, 0.01, 3.0)
    for out in (
        stats.gamma.logpdf(x, 2.0, 0.01, 3.0),
        stats.gamma.logpdf(x, 2.0, scale=3.0, loc=0.01),
        stats.gamma.logpdf(x, a=2.0, scale=3.0, loc=0.01),
        stats.gamma(Value(2.0), scale=3.0, loc=0.01).logpdf(HALF),
        stats.gamma(2.0, scale=3.0, loc=0.01).logpdf(x),
    ):
        np.testing.assert_allclose(out.data, expected, rtol=1e-13)
    for args, keywords in (((), {}), ((1.0, 0.0, 1.0, 5.0), {}), ((1.0,), {"a": 2.0}), ((1.0,), {"size": 3})):
        with pytest.raises(TypeError, match=r"gamma\.logpdf"):
            stats.gamma.logpdf(x, *args, **keywords)


def test_the_rest_of_scipy_stats() -> None:
    assert stats.norm.logpdf(0.3) == scipy.stats.norm.logpdf(0.3)
    assert stats.norm.mean(2.0) == 2.0
    assert stats.norm(2.0).mean() == 2.0
    assert stats.rayleigh.logpdf(0.3) == scipy.stats.rayleigh.logpdf(0.3)
    assert stats.zscore([1.0, 3.0]).tolist() == [-1.0, 1.0]
    for refused in (
        lambda: stats.norm.entropy(Value(0.0)),
        lambda: stats.rayleigh.logpdf(Value(0.3)),
        lambda: stats.norm(Value(0.0)).rvs(),
        lambda: stats.norm(0.0).entropy(Value(1.0)),
    ):
        with pytest.raises(ad.errors.UnsupportedError, match=r"scipy\.stats\.(norm|rayleigh)\.(entropy|logpdf|rvs)"):
            refused()
    with pytest.raises(ad.errors.UnsupportedError, match=r"scipy\.stats\.zscore"):
        stats.zscore(Value(HALF))
    with pytest.raises(AttributeError, match="nothing_like_it"):
        stats.norm.nothing_like_it
    assert "logpdf" in repr(stats.norm)


def test_maximum_likelihood_is_where_the_gradient_vanishes() -> None:
    """Of a normal distribution: the mean and the standard deviation of the data."""
    loss = ad.grad(lambda m, s: np.sum(stats.norm.logpdf(HALF, m, s)), (0, 1))
    assert loss(HALF.mean(), HALF.std()) == pytest.approx((0, 0), abs=1e-12)


def test_jit() -> None:
    f = ad.value_and_grad(lambda p: np.sum(stats.gamma.logpdf(HALF, p[0], scale=p[1])))
    run = ad.jit(f)
    for p in (np.array([2.0, 1.0]), np.array([2.0, 1.0]), np.array([1.5, 3.0])):
        for a, b in zip(run(p), f(p), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
