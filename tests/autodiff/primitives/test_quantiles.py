"""Medians, quantiles and percentiles: every method and keyword against NumPy and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.primitives.quantiles import CHOICES, POSITIONS
from tests.autodiff.checks import assert_same, check_first, check_second
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

rng = np.random.default_rng(9)
NAN = np.nan
X = rng.permutation(np.linspace(-2.0, 3.0, 30)).reshape(2, 5, 3)
V = rng.permutation(np.linspace(-1.0, 4.0, 7))
WEIGHTS = np.array([1.0, 0.0, 2.5, 0.5, 3.0, 1.5, 0.0])
HOLES = np.zeros(X.shape, bool)
HOLES[0, 1, 2] = HOLES[1, 0, 0] = HOLES[1, 2, 0] = HOLES[1, 3, 1] = True
METHODS = sorted((*POSITIONS, *CHOICES))
AXES: list[dict[str, Any]] = [{}, {"axis": 1}, {"axis": -1}, {"axis": (0, 2)}, {"keepdims": True}]
AXES += [{"axis": (0, -1), "keepdims": True}, {"axis": [1, 2]}]
Q = [0.1, 0.5, 0.75]
LEVELS = (np.quantile, np.nanquantile, np.percentile, np.nanpercentile)


def scaled(f: Any, q: Any) -> Any:
    """A quantile as the function takes it."""
    return np.multiply(q, 100).tolist() if f in (np.percentile, np.nanpercentile) else q


def beside(f: Any, weights: Any, axis: int) -> Any:
    """Weights along one axis, as a list, which is no Value; for the nan functions of NumPy in the shape of X."""
    shape = [1, 1, 1]
    shape[axis] = -1
    return list(np.broadcast_to(weights.reshape(shape), X.shape)) if "nan" in f.__name__ else list(weights)


CALLS: list[Call] = [
    *(call(f, X, **k) for f in (np.median, np.nanmedian) for k in AXES),
    *(call(f, V[:n]) for f in (np.median, np.nanmedian) for n in (1, 2, 5)),
    *(call(f, X, scaled(f, 0.3), **k) for f in LEVELS for k in AXES),
    *(call(f, X, scaled(f, Q), axis=1, keepdims=d) for f in LEVELS for d in (False, True)),
    *(call(f, X, scaled(f, [Q, Q]), (0, 1)) for f in (np.quantile, np.percentile)),
    *(call(f, X, scaled(f, [Q, Q]), 1) for f in (np.nanquantile, np.nanpercentile)),  # NumPy mixes up more axes
    *(call(f, V, scaled(f, q), method=m) for f in LEVELS for m in METHODS for q in (0.0, 0.15, 0.5, 1.0)),
    *(call(f, X, scaled(f, Q), axis=1, method=m) for f in LEVELS for m in METHODS),
    *(call(f, V, int(scaled(f, 1))) for f in LEVELS),
    *(
        call(f, X, scaled(f, q), axis=a, method="inverted_cdf", weights=beside(f, w, a), keepdims=a == 1)
        for f in LEVELS
        for q in (0.3, Q)
        for a, w in ((1, WEIGHTS[:5]), (2, WEIGHTS[2:5]))
    ),
    *(
        call(f, V, scaled(f, q), method="inverted_cdf", weights=list(WEIGHTS))
        for f in LEVELS
        for q in (0.0, 0.3, 1.0, [0.2, 0.9])
    ),
]
REFUSED: list[Call] = [
    *(call(f, X, out=np.zeros(())) for f in (np.median, np.nanmedian)),
    *(call(f, X, overwrite_input=True) for f in (np.median, np.nanmedian)),
    *(call(f, X, 0.5, out=np.zeros(())) for f in LEVELS),
    *(call(f, X, 0.5, overwrite_input=True) for f in LEVELS),
]
calls, refused = parameters(CALLS, REFUSED)


def promoted(case: Call) -> Call:
    """A list of quantiles is float64, and so is what is made of float32 with it."""
    return case._replace(single=len(case.args) < 2 or np.ndim(case.args[1]) == 0)


@calls
def test_call(case: Call) -> None:
    promoted(case).check()


@pytest.mark.parametrize(
    "case", [c for c in CALLS if "nan" in c.function.__name__ and np.ndim(c.args[0]) == 3], ids=str
)
def test_call_with_nan(case: Call) -> None:
    def f(x: Any) -> Any:
        return case.function(np.where(HOLES, NAN, x), *case.args[1:], **case.keywords)

    check_first(f, X, exact=case.function is not np.nanmedian)  # which NumPy rounds otherwise in small slices
    check_second(f, X, differences=False)


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60)
@given(
    numbers=st.lists(st.sampled_from([0.0, 1.0, -1.5, 2.25, 7.0, NAN]), min_size=1, max_size=8),
    q=st.sampled_from([0.0, 0.125, 0.2, 1 / 3, 0.5, 0.6, 0.75, 0.9, 1.0]),
)
def test_as_numpy_computes(method: str, numbers: list[float], q: float) -> None:
    x = np.array(numbers)
    for dtype in (np.float64, np.float32):
        a = x.astype(dtype)
        assert_same(np.quantile(Value(a), q, method=method), np.quantile(a, q, method=method))
        if not np.isnan(a).all():
            assert_same(np.nanquantile(Value(a), q, method=method), np.nanquantile(a, q, method=method))
            g = ad.grad(lambda v: np.nanquantile(v, q, method=method))(a)
            assert g.sum() == pytest.approx(1.0)
            assert (g[np.isnan(a)] == 0).all()


@settings(max_examples=100)
@given(
    pairs=st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, -1.5, 2.25, NAN]), st.sampled_from([0.0, 1.0, 2.5])),
        min_size=1,
        max_size=8,
    ),
    q=st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.75, 1.0]),
)
def test_weighted_as_numpy_computes(pairs: list[tuple[float, float]], q: float) -> None:
    x, w = np.array(pairs).T
    for f in (np.quantile, np.nanquantile):
        counted = w[~np.isnan(x)] if f is np.nanquantile else w
        if not counted.any():
            continue
        with np.errstate(invalid="ignore"):
            expected = f(x, q, method="inverted_cdf", weights=w)
        assert_same(f(Value(x), q, method="inverted_cdf", weights=w), expected)
        weights = Value(w)
        f(Value(x), q, method="inverted_cdf", weights=weights).backward() if not np.isnan(expected) else None
        assert not np.any(weights.grad)


def test_weights_in_the_shape_of_the_array_and_wrong_ones() -> None:
    w = np.abs(X)
    for axis in (None, 1, (0, 2)):
        k: Any = {"axis": axis, "method": "inverted_cdf", "weights": w}
        assert_same(np.quantile(Value(X), Q, **k), np.quantile(X, Q, **k))
    with pytest.raises(ad.errors.ArgumentError, match="inverted_cdf"):
        np.quantile(Value(X), 0.5, weights=w)
    k = {"method": "inverted_cdf"}
    with pytest.raises(ad.errors.ArgumentError, match="not negative"):
        np.quantile(Value(X), 0.5, weights=-w, **k)
    with pytest.raises(ad.errors.ArgumentError, match="finite and not 0"):
        np.quantile(Value(X), 0.5, weights=0 * w, **k)
    with pytest.raises(ad.errors.ShapeError, match="axis="):
        np.quantile(Value(X), 0.5, weights=[1.0, 2.0], **k)


def test_derivative_by_the_quantile() -> None:
    """The slope between neighbours, times how many of them there are to a unit."""
    x = np.array([0.0, 1.0, 4.0, 9.0])
    assert ad.grad(lambda q: np.quantile(x, q))(0.5) == pytest.approx(9.0)
    assert ad.grad(lambda p: np.percentile(x, p))(50.0) == pytest.approx(0.09)
    smooth = sorted(set(POSITIONS) - {"averaged_inverted_cdf", "midpoint"})
    for f in (np.quantile, np.nanquantile):
        for method in smooth:
            for q in (0.45, np.array([0.45, 0.62])):
                check_first(lambda a, q, f=f, m=method: f(a, q, axis=0, method=m), V, q, exact=True)
                check_second(lambda a, q, f=f, m=method: f(a, q, axis=0, method=m), V, q, differences=False)
        for method in set(METHODS) - set(smooth):
            assert ad.grad(lambda q, f=f, m=method: f(V, q, method=m) + 0.0 * q)(0.45) == 0


def test_ties_follow_the_stable_order() -> None:
    assert ad.grad(np.median)(np.array([1.0, 1.0, 1.0])).tolist() == [0.0, 1.0, 0.0]
    assert ad.grad(lambda v: np.quantile(v, 0.25))(np.array([2.0, 0.0, 0.0])).tolist() == [0.0, 0.5, 0.5]


def test_nan_in_a_slice_answers_nan_and_gets_nothing() -> None:
    x = np.array([[1.0, NAN, 2.0], [3.0, 5.0, 4.0]])
    for f in (lambda a: np.median(a, axis=1), lambda a: np.quantile(a, 0.5, axis=1)):
        assert_same(f(Value(x)), f(x))
        assert ad.grad(lambda v, f=f: np.sum(f(v)))(x).tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def test_slices_of_nan_alone_warn() -> None:
    x = np.array([[NAN, NAN], [3.0, 5.0]])
    for f in (lambda a: np.nanmedian(a, axis=1), lambda a: np.nanquantile(a, 0.5, axis=1)):
        with pytest.warns(RuntimeWarning, match="All-NaN slice"):
            out = f(Value(x))
        np.testing.assert_array_equal(out.data, [NAN, 4.0])
        out[1].backward()
        with pytest.warns(RuntimeWarning, match="All-NaN slice"):
            g = ad.grad(lambda v, f=f: np.sum(f(v)))(x)
        assert g.tolist() == [[0.0, 0.0], [0.5, 0.5]]
    with pytest.warns(RuntimeWarning, match="Mean of empty slice|invalid value"):
        assert np.isnan(np.median(Value(np.zeros(0))).data)
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        assert np.isnan(np.nanmedian(Value(np.zeros(0))).data)


def test_no_slices_at_all() -> None:
    x = np.zeros((3, 0))
    for f in (
        lambda a: np.median(a, axis=0),
        lambda a: np.quantile(a, [0.2, 0.5], axis=0),
        lambda a: np.nanmedian(a, 0),
    ):
        assert_same(f(Value(x)), f(x))
        assert ad.grad(lambda v, f=f: np.sum(f(v)))(x).shape == (3, 0)
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        assert np.isnan(np.nanquantile(Value(np.zeros(0)), 0.5).data)


def test_median_of_complex_numbers() -> None:
    z = X[0] + 1j * X[1]
    for k in ({}, {"axis": 0}, {"axis": 1, "keepdims": True}):
        check_first(lambda a, k=k: np.median(a, **k), z)
    with pytest.raises(ad.errors.DtypeError, match="real numbers"):
        np.quantile(Value(z), 0.5)


def test_layouts_numbers_and_0d() -> None:
    for x in (np.asfortranarray(X), X[::-1, ::2], np.transpose(X, (2, 0, 1))):
        for f in (lambda a: np.median(a, axis=1), lambda a: np.quantile(a, 0.4, axis=(0, 2))):
            assert_same(f(Value(x)), f(x))
    assert np.median(Value(2.0)).data == 2.0
    assert np.quantile(Value(2.0), 0.3).data == 2.0
    assert_same(np.quantile([3.0, 1.0, 2.0], Value(0.25)), np.quantile([3.0, 1.0, 2.0], 0.25))


def test_wrong_inputs() -> None:
    v = Value(V)
    for q in (1.5, -0.1, [0.2, NAN], Value(2.0)):
        with pytest.raises(ad.errors.ArgumentError, match="quantiles in"):
            np.quantile(v, q)
    with pytest.raises(ad.errors.ArgumentError, match="no method"):
        np.quantile(v, 0.5, method="cubic")
    with pytest.raises(ad.errors.ShapeError, match="two axes"):
        np.quantile(v, np.zeros((1, 1, 1)))
    with pytest.raises(ad.errors.ShapeError, match="no elements"):
        np.quantile(v[:0], 0.5)
    with pytest.raises(ad.errors.AxisRangeError):
        np.median(v, axis=2)
    with pytest.raises(ad.errors.ShapeError, match="twice"):
        np.median(Value(X), axis=(0, -3))
    with pytest.raises(TypeError, match="interpolation"):
        np.quantile(v, 0.5, interpolation="linear")


def test_in_a_program() -> None:
    f = lambda x: np.median(x, axis=1).sum() + np.quantile(x, 0.3) + np.nanquantile(x, [0.2, 0.9], axis=0).sum()
    run = ad.jit(ad.value_and_grad(f))
    for x in X:
        for a, b in zip(run(x), ad.value_and_grad(f)(x)):
            np.testing.assert_allclose(a, b, rtol=1e-14)
    assert run.cache_info().traces == 1
    at = ad.jit(lambda q: np.quantile(V, q))
    for q in (0.2, 0.7):
        assert at(q) == pytest.approx(np.quantile(V, q))
