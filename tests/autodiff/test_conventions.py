"""The table of conventions at singular points, one row a test, in both modes; zero gradients that stay zero."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special

import autodiff as ad
from autodiff import Value
from autodiff.scipy import stats

INF = math.inf
NAN = math.nan


def both_modes(f: Any, x: Any) -> tuple[Any, Any]:
    """The gradient of Σ f at x: by reverse mode, and column by column by forward mode."""
    x = np.asarray(x) if isinstance(x, list) else x
    reverse = ad.grad(lambda v: np.sum(f(v)))(x)
    columns = []
    for index in np.ndindex(np.shape(x)):
        t = np.zeros_like(x)
        t[index] = 1
        columns.append(ad.jvp(lambda v: np.sum(f(v)), (x,), (t[()],))[1])
    return reverse, np.reshape(columns, np.shape(x))


def pair_max(v: Any) -> Any:
    return np.maximum(v, v)


ROWS: dict[str, tuple[Any, Any, Any]] = {
    "xlogy(0, y) at 0, for y": (lambda y: scipy.special.xlogy(0.0, y), 0.0, 0.0),
    "entr of negative numbers": (scipy.special.entr, [-1.0, 1.0], [0.0, -1.0]),
    "i0e at 0": (scipy.special.i0e, 0.0, 0.0),
    "huber at 0": (lambda r: scipy.special.huber(1.0, r), [0.0, -2.0], [0.0, -1.0]),
    "rgamma at its zeros": (scipy.special.rgamma, [0.0, -1.0, -2.0], [1.0, -1.0, 2.0]),
    "a density outside of its support": (stats.expon.logpdf, [-1.0, 1.0], [0.0, -1.0]),
    "a density outside of its support, for a parameter": (lambda s: stats.expon.logpdf(-1.0, scale=s), 2.0, 0.0),
    "relu at 0": (ad.relu, 0.0, 0.0),
    "relu of a vector at 0": (ad.relu, [-1.0, 0.0, 2.0], [0.0, 0.0, 1.0]),
    "maximum(x, 0) at 0 shares": (lambda x: np.maximum(x, 0), [0.0, 1.0, -1.0], [0.5, 1.0, 0.0]),
    "minimum(x, 0) at 0 shares": (lambda x: np.minimum(0.0, x), 0.0, 0.5),
    "abs at 0": (abs, 0.0, 0.0),
    "abs of a vector at 0": (np.abs, [-2.0, 0.0, -0.0, 3.0], [-1.0, 0.0, 0.0, 1.0]),
    "fabs at 0": (np.fabs, 0.0, 0.0),
    "complex abs at 0": (np.abs, np.array([0j, 3 + 4j]), np.array([0, 0.6 - 0.8j])),
    "max: two share": (np.max, [3.0, 1.0, 3.0], [0.5, 0.0, 0.5]),
    "max: three share": (np.max, [2.0, 2.0, 2.0], [1 / 3] * 3),
    "min: two share": (np.min, [3.0, 1.0, 1.0], [0.0, 0.5, 0.5]),
    "max along an axis": (lambda x: np.max(x, axis=1), [[1.0, 1.0], [0.0, 2.0]], [[0.5, 0.5], [0.0, 1.0]]),
    "max where NaN wins": (np.max, [1.0, NAN, 2.0], [0.0, 1.0, 0.0]),
    "min where NaN wins": (np.min, [NAN, 1.0, NAN], [0.5, 0.0, 0.5]),
    "max of infinities": (np.max, [INF, 1.0, INF], [0.5, 0.0, 0.5]),
    "nanmax: two share": (np.nanmax, [3.0, NAN, 3.0], [0.5, 0.0, 0.5]),
    "nanmin: three share": (np.nanmin, [2.0, 2.0, NAN, 2.0], [1 / 3, 1 / 3, 0.0, 1 / 3]),
    "nansum of NaN alone": (np.nansum, [NAN, NAN], [0.0, 0.0]),
    "nanmean leaves NaN out": (np.nanmean, [1.0, NAN], [1.0, 0.0]),
    "nanstd of a constant": (np.nanstd, [2.0, NAN, 2.0], [0.0, 0.0, 0.0]),
    "nanprod, a zero": (np.nanprod, [2.0, NAN, 0.0], [0.0, 0.0, 2.0]),
    "sort of ties": (lambda x: np.sort(x) * [1.0, 2.0, 3.0], [1.0, 0.0, 1.0], [2.0, 1.0, 3.0]),
    "partition of ties": (lambda x: np.partition(x, 1)[0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
    "median of ties": (np.median, [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]),
    "quantile of ties": (lambda x: np.quantile(x, 0.25), [2.0, 0.0, 0.0], [0.0, 0.5, 0.5]),
    "median with NaN": (np.median, [1.0, NAN, 2.0], [0.0, 0.0, 0.0]),
    "quantile with NaN": (lambda x: np.quantile(x, 0.3), [1.0, NAN, 2.0], [0.0, 0.0, 0.0]),
    "quantile by q at an element": (lambda q: np.quantile([0.0, 1.0, 5.0], q), [0.5], [8.0]),
    "quantile by q at the largest": (lambda q: np.quantile([0.0, 1.0, 5.0], q), [1.0], [0.0]),
    "interp at its points": (lambda x: np.interp(x, [0, 1, 3], [0, 2, 3]), [0.0, 1.0, 3.0], [2.0, 0.5, 0.5]),
    "interp outside": (lambda x: np.interp(x, [0, 1, 3], [0, 2, 3]), [-0.5, 3.5], [0.0, 0.0]),
    "unique of ties": (lambda x: np.unique(x) * [1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]),
    "copysign at 0": (lambda x: np.copysign(x, -1.0), [0.0, 2.0], [0.0, -1.0]),
    "copysign by the sign": (lambda x: np.copysign(3.0, x), [0.0, 2.0], [0.0, 0.0]),
    "modf: the fraction": (lambda x: np.modf(x)[0], [1.0, 2.5, INF], [1.0, 1.0, 0.0]),
    "frexp: the mantissa": (lambda x: np.frexp(x)[0], [0.0, 4.0, 0.75], [1.0, 0.125, 1.0]),
    "nan_to_num where it replaces": (np.nan_to_num, [NAN, INF, 2.0], [0.0, 0.0, 1.0]),
    "ptp of a constant": (np.ptp, [1.0, 1.0], [0.0, 0.0]),
    "maximum(x, x)": (pair_max, [1.0, 2.0], [1.0, 1.0]),
    "minimum(x, 1) at 1": (lambda x: np.minimum(x, 1.0), [1.0], [0.5]),
    "fmax(x, 1) at 1": (lambda x: np.fmax(x, 1.0), [1.0, 2.0], [0.5, 1.0]),
    "fmin(x, 1) at 1": (lambda x: np.fmin(1.0, x), [1.0, 2.0], [0.5, 0.0]),
    "fmax leaves NaN out": (lambda x: np.fmax(x, NAN), [1.0], [1.0]),
    "fmin leaves NaN out": (lambda x: np.fmin(NAN, x), [1.0], [1.0]),
    "clip passes at its bounds": (lambda x: np.clip(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0], [0.0, 1.0, 1.0, 1.0, 0.0]),
    "clip between equal bounds is constant": (lambda x: np.clip(x, 1, 1), [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
    "clip: low bound above": (lambda x: np.clip(2.0, x, 1.0), 5.0, 0.0),
    "hypot at (0, 0)": (lambda x: np.hypot(x, 0.0), 0.0, 0.0),
    "hypot of a vector at (0, 0)": (lambda x: np.hypot(x, [0.0, 4.0]), [0.0, 3.0], [0.0, 0.6]),
    "hypot(x, x) at 0": (lambda x: np.hypot(x, x), 0.0, 0.0),
    "arctan2(y, 0) at 0": (lambda y: np.arctan2(y, 0.0), 0.0, 0.0),
    "arctan2(0, x) at 0": (lambda x: np.arctan2(0.0, x), [0.0, 2.0], [0.0, 0.0]),
    "std of a constant": (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
    "std of a constant, ddof": (
        lambda x: np.std(x, axis=0, ddof=1),
        [[1.0, 2.0], [1.0, 4.0]],
        [[0.0, -(0.5**0.5)], [0.0, 0.5**0.5]],
    ),
    "std of one element": (np.std, [5.0], [0.0]),
    "sqrt at 0": (np.sqrt, 0.0, INF),
    "sqrt of a vector at 0": (np.sqrt, [0.0, 4.0], [INF, 0.25]),
    "sqrt squared at 0": (lambda x: np.sqrt(x) ** 2, 0.0, 0.0),
    "sqrt of a square at 0": (lambda x: np.sqrt(x * x), [0.0, -2.0], [0.0, -1.0]),
    "sqrt of a square at 0, number": (lambda x: np.sqrt(x**2), 0.0, 0.0),
    "sqrt of relu": (lambda x: np.sqrt(ad.relu(x)), [-1.0, 4.0], [0.0, 0.25]),
    "norm by hand at 0": (lambda x: np.sqrt(np.sum(x * x)), [0.0, 0.0], [0.0, 0.0]),
    "sqrt squared at 0, vector": (lambda x: np.sqrt(x) ** 2, [0.0, 1.0], [0.0, 1.0]),
    "sqrt times itself at 0": (lambda x: np.sqrt(x) * np.sqrt(x), 0.0, 0.0),
    "sinc at 0": (np.sinc, 0.0, 0.0),
    "sinc of a vector at 0": (np.sinc, [0.0, 1.0], [0.0, -1.0]),
    "x**0 at 0": (lambda x: x**0, 0.0, 0.0),
    "x**0": (lambda x: x**0, [0.0, 2.0, -1.0], [0.0, 0.0, 0.0]),
    "x**0.0 as arrays": (lambda x: x ** np.zeros(3), [0.0, 2.0, -1.0], [0.0, 0.0, 0.0]),
    "0**x": (lambda x: 0.0**x, [2.0, 0.5], [0.0, 0.0]),
    "x**1 at 0": (lambda x: x**1, 0.0, 1.0),
    "x**2 at 0": (lambda x: x**2, [0.0], [0.0]),
    "x**0.5 at 0": (lambda x: x**0.5, 0.0, INF),
    "x**3 at negative x": (lambda x: x**3, -2.0, 12.0),
    "logsumexp of all -inf": (ad.logsumexp, [-INF, -INF], [0.0, 0.0]),
    "logsumexp of some -inf": (ad.logsumexp, [-INF, 1.0], [0.0, 1.0]),
    "logsumexp of inf": (ad.logsumexp, [INF, 1.0, INF, -INF], [0.5, 0.0, 0.5, 0.0]),
    "logaddexp of inf": (lambda x: np.logaddexp(x, [INF, 0.0, INF]), [0.0, INF, INF], [0.0, 1.0, 0.5]),
    "logaddexp2 of inf": (lambda x: np.logaddexp2([INF, 0.0, INF], x), [0.0, INF, INF], [0.0, 1.0, 0.5]),
    "logaddexp of -inf": (lambda x: np.logaddexp(x, -INF), [-INF, 0.0], [0.0, 1.0]),
    "logaddexp2 of -inf": (lambda x: np.logaddexp2(-INF, x), [-INF, 0.0], [0.0, 1.0]),
    "prod, one zero": (np.prod, [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
    "prod, two zeros": (np.prod, [0.0, 5.0, 0.0], [0.0, 0.0, 0.0]),
    "prod of one": (np.prod, [0.0], [1.0]),
    "prod along an axis": (lambda x: np.prod(x, axis=0), [[0.0, 2.0], [3.0, 0.0]], [[3.0, 0.0], [0.0, 2.0]]),
    "cumprod, one zero": (np.cumprod, [2.0, 0.0, 3.0], [1.0, 8.0, 0.0]),
    "cumprod, two zeros": (np.cumprod, [0.0, 0.0, 3.0], [1.0, 0.0, 0.0]),
    "norm at 0": (np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
    "norm of order 3 at 0": (lambda x: np.linalg.norm(x, 3), [0.0, 0.0], [0.0, 0.0]),
    "norm of order 1.5 with a 0": (lambda x: np.linalg.norm(x, 1.5), [0.0, -2.0], [0.0, -1.0]),
    "norm of order inf, ties": (lambda x: np.linalg.norm(x, INF), [2.0, -2.0, 1.0], [0.5, -0.5, 0.0]),
    "complex norm at 0": (np.linalg.norm, np.array([0j, 0j]), np.array([0, 0])),
    "vector_norm at 0": (lambda x: np.linalg.vector_norm(x, axis=-1), [[0.0, 0.0], [3.0, 4.0]], [[0, 0], [0.6, 0.8]]),
    "matrix_norm at 0": (lambda x: np.linalg.matrix_norm(x, ord=2), [[0.0, 0.0], [0.0, 0.0]], [[0, 0], [0, 0]]),
    "norm of a matrix, ties": (lambda x: np.linalg.norm(x, 2), [[1.0, 0.0], [0.0, 1.0]], [[0.5, 0], [0, 0.5]]),
    "nuclear norm, a singular value of 0": (
        lambda x: np.linalg.norm(x, "nuc"),
        [[2.0, 0.0], [0.0, 0.0]],
        [[1.0, 0.0], [0.0, 0.0]],
    ),
    "det, singular": (np.linalg.det, [[2.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 2.0]]),
    "det of 0": (np.linalg.det, [[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
    "slogdet, singular": (lambda x: np.linalg.slogdet(x)[1], [[1.0, 0.0], [0.0, 0.0]], [[NAN, NAN], [NAN, NAN]]),
    "slogdet, singular, unused": (
        lambda x: np.where(np.linalg.det(x) == 0, 0.0, np.linalg.slogdet(x)[1]),
        [[[1.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 2.0]]],
        [[[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.5]]],
    ),
    "equal eigenvalues": (lambda x: np.linalg.eigvalsh(x) ** 2, [[3.0, 0.0], [0.0, 3.0]], [[6.0, 0.0], [0.0, 6.0]]),
    "equal singular values": (np.linalg.svdvals, [[3.0, 0.0], [0.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]),
    "pinv of rank 1": (np.linalg.pinv, [[2.0, 0.0], [0.0, 0.0]], [[-0.25, 0.25], [0.25, 0.0]]),
    "relu of NaN": (lambda x: ad.relu(x) * 0.0, [1.0], [0.0]),
    "where hides log at 0": (lambda x: np.where(x > 0, np.log(x), 0), [0.0, 2.0, -1.0], [0.0, 0.5, 0.0]),
    "where hides log at 0, scalar": (lambda x: np.where(x > 0, np.log(x), 0), 0.0, 0.0),
    "where hides sqrt": (lambda x: np.where(x > 0, np.sqrt(x), x), [0.0, 4.0], [1.0, 0.25]),
    "where hides 1/x": (lambda x: np.where(x != 0, 1 / x, 0), [0.0, 2.0], [0.0, -0.25]),
    "where hides arccos": (lambda x: np.where(abs(x) < 1, np.arccos(x), 0), [1.0, 3.0], [0.0, 0.0]),
    "times zero": (lambda x: 0.0 * np.log(x), 0.0, 0.0),
    "where hides an overflow": (lambda x: np.where(x < 1, x, np.exp(x * x)), [0.5, 40.0][:1], [1.0]),
}


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("row", ROWS)
def test_convention(row: str, dtype: Any) -> None:
    f, x, expected = ROWS[row]
    if isinstance(x, float):
        x = x if dtype is np.float64 else np.float32(x)
    else:
        x = np.asarray(x)
        x = x.astype({np.float64: x.dtype, np.float32: np.complex64 if x.dtype.kind == "c" else np.float32}[dtype])
    reverse, forward = both_modes(f, x)
    np.testing.assert_allclose(reverse, expected, rtol=1e-6)
    if np.asarray(x).dtype.kind != "c":
        np.testing.assert_allclose(forward, expected, rtol=1e-6)
    assert np.asarray(reverse).dtype == np.asarray(x).dtype
    v = Value(x)
    np.sum(f(v)).backward()
    np.testing.assert_array_equal(v.grad, reverse)


def test_both_operands_of_a_tie_share() -> None:
    for f in (np.maximum, np.minimum, np.fmax, np.fmin):
        for x in (1.0, np.ones(2), np.float32(1)):
            a, b = Value(x), Value(x)
            np.sum(f(a, b)).backward()
            np.testing.assert_array_equal(a.grad, 0.5 * np.ones_like(x))
            np.testing.assert_array_equal(b.grad, 0.5 * np.ones_like(x))
            assert np.asarray(a.grad).dtype == np.asarray(x).dtype


def test_clip_bounds_get_what_clip_blocks() -> None:
    x, low, high = Value([-2.0, 0.0, 3.0]), Value([-1.0, -1.0, -1.0]), Value(1.0)
    np.clip(x, low, high).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    assert low.grad.tolist() == [1.0, 0.0, 0.0]
    assert high.grad == 1.0


def test_sort_of_ties_is_stable() -> None:
    v = Value([1.0, 0.0, 1.0, 0.0])
    assert np.argsort(v).data.tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize("x", [1e-12, 1e-6, 1e-3, 0.1, 0.3, 0.318, 0.319, 0.5, 1.0, 1.4303, 3.3, 25.1])
def test_sinc_slope_against_mpmath(x: float) -> None:
    mpmath.mp.dps = 40

    def sinc(t: Any) -> Any:
        return mpmath.sin(mpmath.pi * t) / (mpmath.pi * t)

    expected = float(mpmath.diff(sinc, mpmath.mpf(x)))
    for g in both_modes(np.sinc, x):
        assert abs(g - expected) <= 4e-16 * (abs(expected) + 1 / x if x > 0.3 else abs(expected) * 4)


def rosenbrock(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_in_vectors(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.parametrize("f", [rosenbrock, rosenbrock_in_vectors])
def test_hessian_of_rosenbrock_where_gradients_vanish(f: Any) -> None:
    expected = [[802.0, -400.0], [-400.0, 200.0]]
    x = np.array([1.0, 1.0])
    np.testing.assert_array_equal(ad.hessian(f)(x), expected)
    np.testing.assert_array_equal(ad.jacobian(ad.grad(f))(x), expected)
    rows = [ad.grad(lambda x, i=i: ad.grad(f)(x)[i])(x) for i in (0, 1)]  # reverse over reverse
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal([ad.hvp(f)(x, e) for e in np.eye(2)], expected)


def test_hessian_of_tanh_at_zero_residual() -> None:
    """½(tanh x − t)² with t = tanh x: the gradient is 0, the second derivative (1 − t²)²."""
    x = 0.7
    t = math.tanh(x)
    f = lambda v: 0.5 * (np.tanh(v) - t) ** 2
    assert ad.grad(f)(x) == 0
    assert ad.hessian(f)(x) == pytest.approx((1 - t * t) ** 2, rel=1e-15)
    assert ad.grad(ad.grad(f))(x) == pytest.approx((1 - t * t) ** 2, rel=1e-15)
    many = np.array([x, 2 * x])
    residual = lambda v: 0.5 * np.sum((np.tanh(v) - np.tanh(many)) ** 2)
    np.testing.assert_allclose(ad.hessian(residual)(many), np.diag((1 - np.tanh(many) ** 2) ** 2), rtol=1e-15)


def test_second_derivatives_pass_through_the_mask() -> None:
    """The partial is masked, not the product: g·partial is 0 here, its derivative is not."""
    f = lambda x: np.where(x > 0, np.log(x), x * x)
    x = np.array([0.0, 2.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ad.hessian(lambda v: np.sum(f(v)))(x), np.diag([2.0, -0.25]))
        np.testing.assert_array_equal(ad.grad(lambda v: np.sum(ad.elementwise_grad(f)(v)))(x), [2.0, -0.25])


@pytest.mark.parametrize("x", [[2.0, 0.0, 3.0], [0.0, 5.0, 0.0], [0.0, 0.0, 0.0]])
def test_hessian_of_prod_with_zeros(x: list[float]) -> None:
    expected = np.array(
        [
            [0 if i == j else math.prod(v for k, v in enumerate(x) if k not in (i, j)) for i in range(3)]
            for j in range(3)
        ]
    )
    np.testing.assert_array_equal(ad.hessian(np.prod)(np.array(x)), expected)


def test_second_derivative_of_power_by_base_and_exponent() -> None:
    """∂²(x**y)/∂x∂y = x**(y−1)·(1 + y·log x): 1/x at y = 0, although ∂(x**y)/∂x is 0 there."""
    cross = ad.grad(lambda y, x: ad.grad(lambda x: x**y)(x))
    for y in (0.0, 1.0, 2.0):
        assert cross(y, 3.0) == pytest.approx(3 ** (y - 1) * (1 + y * math.log(3)))


def test_warnings_belong_to_the_forward_pass_alone() -> None:
    """NumPy warns of log(0) when it is computed; the walks are silent."""
    v = Value(np.array([0.0, 1.0]))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        out = np.log(v).sum()
    out.backward()
    assert v.grad.tolist() == [INF, 1.0]
