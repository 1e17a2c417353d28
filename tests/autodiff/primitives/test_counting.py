"""bincount and histogram: linear in weights, edges that follow the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, check_complete, close, double, parameters

rng = np.random.default_rng(17)
X = rng.permutation(np.linspace(-1.0, 2.0, 9))
W = rng.uniform(0.5, 1.5, 9)
N = np.array([3, 0, 1, 1, 4, 0, 3, 1, 0])
EDGES = np.array([-0.9, -0.2, 0.3, 1.1, 1.9])

CALLS: list[Call] = [
    double(np.bincount, N, W),
    double(np.bincount, N, W, minlength=9),
    *(close(np.histogram, list(X), 4, weights=W, **k) for k in ({}, {"range": (-0.6, 1.7)})),
    *(close(np.histogram, list(X), list(EDGES), weights=W, density=d) for d in (None, False)),
    Call(np.histogram, (list(X), 3, (-1.5, 2.5), True, W), {}, exact=False, single=False),
    close(np.histogram, list(X), bins=3, weights=W + 1j),
    close(np.histogram, list(X), weights=W),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    """Linear in the weights: differences are exact."""
    if case.function is np.histogram:
        weights = case.keywords.get("weights", case.args[-1])
        rest = {k: v for k, v in case.keywords.items() if k != "weights"}
        args = case.args[:4]
        check(lambda w: np.histogram(*args, weights=w, **rest)[0], weights, exact=False, single=case.single)
    else:
        case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


@settings(max_examples=80)
@given(
    numbers=st.lists(st.sampled_from([0.0, 0.5, 1.0, -1.25, 3.0, 0.1]), max_size=9),
    bins=st.sampled_from([1, 3, 7, [0.0, 0.5, 1.0], [-1.0, 0.1, 3.0]]),
    limits=st.sampled_from([None, (0.0, 1.0), (-3, 3)]),
    density=st.booleans(),
)
def test_counts_edges_and_densities_are_numpys(numbers: list[float], bins: Any, limits: Any, density: bool) -> None:
    for dtype in (np.float64, np.float32):
        x = np.array(numbers, dtype)
        with np.errstate(all="ignore"):
            ours, theirs = np.histogram(Value(x), bins, limits, density), np.histogram(x, bins, limits, density)
            for a, b in zip(ours, theirs):
                if isinstance(a, Value):
                    np.testing.assert_allclose(a.data, b, rtol=1e-6 if dtype is np.float32 else 1e-14)
                    assert a.dtype == b.dtype
                else:
                    np.testing.assert_array_equal(a, b)
            weights = np.arange(1.0, x.size + 1)
            counted = np.histogram(x, bins, limits, density, Value(weights))[0]
            np.testing.assert_allclose(counted.data, np.histogram(x, bins, limits, density, weights)[0], rtol=1e-13)


def test_edges_follow_the_smallest_and_the_largest() -> None:
    check(lambda x: np.histogram(x, 4)[1], X, order=1, exact=False)
    jacobian = ad.jacobian(lambda x: np.histogram(x, 4)[1])(X)
    np.testing.assert_allclose(jacobian[:, X.argmax()], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(jacobian[:, X.argmin()], [1, 0.75, 0.5, 0.25, 0])
    check(lambda x, e: np.histogram(x, e, density=True)[0], X, EDGES, single=False)
    low = Value(-1.5)
    density, _ = np.histogram(X, 2, (low, 2.4), True, Value(W))
    density[0].backward()
    step = 1e-6
    up, down = (np.histogram(X, 2, (t, 2.4), True, W)[0][0] for t in (-1.5 + step, -1.5 - step))
    assert low.grad == pytest.approx((up - down) / (2 * step), rel=1e-6)
    assert not np.histogram(Value(X), 4)[0]._carries


def test_counts_of_values_and_programs() -> None:
    assert np.bincount(N[:0], Value(W)[:0], 3).data.tolist() == [0.0, 0.0, 0.0]
    positions = np.argsort(Value(X))
    assert_same(np.bincount(positions), np.bincount(positions.data))
    run = ad.jit(ad.value_and_grad(lambda w: np.sum(np.bincount(N, w) ** 2)))
    for w in (W, 2 * W):
        value, g = run(w)
        np.testing.assert_allclose(value, np.sum(np.bincount(N, w) ** 2))
        np.testing.assert_allclose(g, 2 * np.bincount(N, w)[N])
    histogram = ad.jit(lambda x: np.histogram(x, 3)[0])
    for x in (X, X**2):
        np.testing.assert_array_equal(histogram(x), np.histogram(x, 3)[0])


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda w: np.bincount(N[:3], w), ad.errors.ShapeError, "for each element"),
        (lambda w: np.bincount(-N, w), ad.errors.ArgumentError, "from 0 on"),
        (lambda w: np.bincount(N, w * 1j), ad.errors.DtypeError, "real weights"),
        (np.bincount, ad.errors.DtypeError, "integers"),
        (lambda w: np.bincount(N[None], w[None]), ad.errors.ShapeError, "vector"),
        (lambda w: np.histogram(w, "auto"), ad.errors.UnsupportedError, "auto"),
        (lambda w: np.histogram(X, w, weights=w), ad.errors.ArgumentError, "does not decrease"),
        (lambda w: np.histogram(w, 0), ad.errors.ArgumentError, "one bin"),
        (lambda w: np.histogram(w, 3, (2.0, 1.0)), ad.errors.ArgumentError, "low to high"),
        (lambda w: np.histogram(w / np.array([np.inf] * 8 + [0.0]), 3), ad.errors.ArgumentError, "finite"),
        (lambda w: np.histogram(X, 3, weights=w[:2]), ad.errors.ShapeError, "weight for each"),
    ],
)
def test_wrong_inputs(f: Any, error: Any, words: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(error, match=words):
        f(Value(W))
