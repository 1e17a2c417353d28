"""The nan functions: every keyword against NumPy and differences; NaN gets no gradient, and leaks none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check, check_second
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, close, parameters

rng = np.random.default_rng(0)
NAN = np.nan
X = rng.permutation(np.linspace(0.5, 2.0, 24)).reshape(2, 3, 4) * rng.choice([-1, 1], (2, 3, 4))
HOLES = np.zeros(X.shape, bool)
HOLES[0, 1, 2] = HOLES[1, 0, 0] = HOLES[1, 2, 3] = True  # no slice has more than one
W = 0.3 * X + np.array([1.5, -1.5])[:, None, None] + np.array([-2.0, 0.0, 2.5])[:, None]  # no two alike: for std
MASK = np.array([True, False, True, True])
Z = X + 1j * rng.normal(size=X.shape)
OUT = np.zeros(())
AXES: list[dict[str, Any]] = [{}, {"axis": None}, {"axis": 1}, {"axis": -1}, {"axis": (0, 2)}, {"keepdims": True}]
AXES += [{"axis": 0, "keepdims": True}]
SUMS, SPREADS = (np.nansum, np.nanprod, np.nanmean), (np.nanvar, np.nanstd)
EXTREMES, RUNNING = (np.nanmax, np.nanmin), (np.nancumsum, np.nancumprod)

CALLS: list[Call] = [
    *(call(f, X, **k) for f in (*SUMS, *EXTREMES) for k in AXES),
    *(close(f, W, **k) for f in SPREADS for k in AXES if k.get("axis", 1) != 0),
    *(call(f, X, **k) for f in RUNNING for k in ({}, {"axis": 0}, {"axis": -1}, {"axis": None})),
    *(close(f, Z, axis=1) for f in (*SUMS, *RUNNING)),
    *(close(f, Z + W, axis=1) for f in SPREADS),
    *(close(f, X, where=MASK, **k) for f in (*SUMS, *SPREADS) for k in ({}, {"axis": 2}, {"keepdims": True})),
    *(close(f, X, initial=2.5, axis=1) for f in (np.nansum, np.nanprod)),
    call(np.nanmax, X, axis=2, initial=-9.0, where=MASK),
    call(np.nanmin, X, axis=2, initial=9.0, where=MASK),
    *(call(f, X, axis=1, initial=0.75) for f in EXTREMES),
    *(close(f, W, ddof=d) for f in SPREADS for d in (1, 0.5)),
    *(close(f, W, correction=1, axis=1) for f in SPREADS),
    *(close(f, W, axis=1, mean=0.25) for f in SPREADS),
    *(call(f, np.zeros((0, 2)), axis=0) for f in (np.nansum, np.nanprod)),
    *(call(f, np.array(2.0)) for f in (*SUMS, *EXTREMES)),
]
REFUSED: list[Call] = [
    *(call(f, X, dtype=np.float32) for f in (*SUMS, *SPREADS, *RUNNING)),
    *(call(f, X, out=OUT) for f in (*SUMS, *SPREADS, *RUNNING, *EXTREMES)),
]
calls, refused = parameters(CALLS, REFUSED)


def holed(x: Any) -> Any:
    """x with NaN in it: differences need numbers to start from."""
    return np.where(HOLES, NAN, x) if np.shape(x) == HOLES.shape else x


@calls
def test_call(case: Call) -> None:
    def f(x: Any) -> Any:
        return case.function(holed(x), *case.args[1:], **case.keywords)

    order = 1 if case.function in EXTREMES else 2
    check(f, case.args[0], exact=case.exact, order=order)
    if order == 1:
        check_second(f, case.args[0], differences=False)


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


@pytest.mark.parametrize("f", [*SUMS, *SPREADS, *EXTREMES])
@settings(max_examples=25)
@given(st.lists(st.sampled_from([1.0, -2.0, 0.5, 3.25, NAN]), min_size=2, max_size=7))
def test_as_if_nan_were_not_there(f: Any, numbers: list[float]) -> None:
    x = np.array(numbers)
    there = ~np.isnan(x)
    if not there.any():
        return
    plain = {np.nansum: np.sum, np.nanprod: np.prod, np.nanmean: np.mean, np.nanvar: np.var, np.nanstd: np.std}
    plain |= {np.nanmax: np.max, np.nanmin: np.min}
    expected = np.zeros(x.shape)
    expected[there] = ad.grad(plain[f])(x[there])
    np.testing.assert_allclose(ad.grad(f)(x), expected, atol=1e-14)
    tangents = np.arange(1.0, x.size + 1)
    np.testing.assert_allclose(ad.jvp(f, (x,), (tangents,))[1], expected @ tangents, atol=1e-13)


@pytest.mark.parametrize("f", [*SUMS, *SPREADS, *EXTREMES])
def test_a_slice_of_nan_alone(f: Any) -> None:
    """NumPy's answer and NumPy's warning; the other slices have their gradients, this one has zeros."""
    x = np.array([[1.0, 4.0, NAN], [NAN, NAN, NAN]])
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="slice") if f not in SUMS[:2] else _nothing():
        expected = f(x, axis=1)
        out = f(Value(x), axis=1)
        g = ad.grad(lambda v: np.sum(f(v, axis=1)[0]))(x)
        both = ad.grad(lambda v: np.sum(f(v, axis=1)))(x)
        second = ad.hessian(lambda v: np.sum(f(v, axis=1)))(x)
        t = ad.jvp(lambda v: f(v, axis=1), (x,), (np.ones((2, 3)),))[1]
    np.testing.assert_array_equal(out.data, expected)
    assert np.isfinite(g).all()
    np.testing.assert_array_equal(both, g)
    assert np.isfinite(second).all()
    assert t[1] == 0
    assert (g[:, 2] == 0).all()
    assert (g[1] == 0).all()


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def test_ties_share_and_infinities_stand_for_themselves() -> None:
    x = np.array([3.0, NAN, 3.0, 1.0])
    assert ad.grad(np.nanmax)(x).tolist() == [0.5, 0.0, 0.5, 0.0]
    assert ad.grad(np.nanmax)(np.array([-np.inf, NAN])).tolist() == [1.0, 0.0]
    assert ad.grad(np.nanmin)(np.array([np.inf, NAN, np.inf])).tolist() == [0.5, 0.0, 0.5]


def test_values_as_mean_and_initial_and_combinations_that_raise() -> None:
    m, x = Value(0.25), Value(holed(X))
    np.nanvar(x, mean=m).backward()
    there = X[~HOLES]
    assert m.grad == pytest.approx(-2 * np.mean(there - 0.25), rel=1e-14)
    c = Value(9.0)
    np.nanmax(x, initial=c).backward()
    assert c.grad == 1.0
    with pytest.raises(ValueError, match="ddof and correction"):
        np.nanvar(x, ddof=1, correction=1)
    with pytest.raises(ValueError, match="initial"):
        np.nanmax(x, where=MASK)
    with pytest.raises(ad.errors.AxisRangeError):
        np.nanmax(x, axis=5)


def test_float16_and_booleans() -> None:
    for f in (*SUMS, *SPREADS):
        half = np.array([1, 2, NAN, 4], np.float16)
        assert f(Value(half)).data == f(half)
        assert f(Value(half)).dtype == np.float16
        assert f(Value(X) > 0).data == f(X > 0)


def test_in_a_program() -> None:
    step = ad.jit(ad.value_and_grad(lambda x: np.nanmean(x) + np.nanstd(x) + np.nanmax(x)))
    for x in holed(X):
        value, g = step(x)
        again, h = ad.value_and_grad(lambda x: np.nanmean(x) + np.nanstd(x) + np.nanmax(x))(x)
        assert value == pytest.approx(again, rel=1e-14)
        np.testing.assert_allclose(g, h, rtol=1e-12, atol=1e-15)
