"""SciPy's special functions against mpmath, also in the tails, where rules written naively cancel or overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sp

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check_first

DIGITS = 40


def derivatives(f: Callable[[Any], Any], x: float) -> tuple[float, float]:
    """The first and the second derivative of a function of mpmath's, from its Taylor coefficients."""
    with mp.workdps(DIGITS):
        _, first, second = map(mp.re, mp.taylor(f, mp.mpf(x), 2, chop=False))
        return float(first), float(2 * second)


def ours(f: Callable[[Any], Any], x: float) -> tuple[float, float]:
    """The same, ours: of arrays, forward over reverse."""
    slope = ad.elementwise_grad(f)
    with np.errstate(all="ignore"):
        first, second = ad.jvp(slope, (np.array([x]),), (np.ones(1),))
    return float(first[0]), float(second[0])


def normal(x: Any) -> Any:
    return mp.ncdf(x)


LOG_NORMAL = lambda x: mp.log(mp.ncdf(x))
CASES: list[tuple[Any, Any, list[float], float]] = [
    (sp.erf, mp.erf, [-5.0, 0.0, 1e-9, 0.5, 3.0], 1e-13),
    (sp.erfc, mp.erfc, [-5.0, 0.0, 0.5, 3.0, 20.0, 26.0], 1e-12),
    (sp.erfcx, lambda x: mp.exp(x * x) * mp.erfc(x), [-3.0, 0.0, 0.7, 5.0, 9.9, 10.1, 1e3, 1e8], 1e-11),
    (sp.erfi, mp.erfi, [-2.0, 0.0, 0.5, 5.0], 1e-13),
    (sp.dawsn, lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), [-12.0, 0.3, 4.0, 9.9, 10.1, 1e3], 1e-11),
    (sp.erfinv, mp.erfinv, [-0.999, 0.0, 0.5, 0.99], 1e-12),
    (sp.ndtr, normal, [-30.0, -3.0, 0.0], 1e-12),
    (sp.log_ndtr, LOG_NORMAL, [-1e3, -40.0, -13.0, -1.0, 0.0, 2.0, 4.0], 1e-11),
    (sp.expit, lambda x: 1 / (1 + mp.exp(-x)), [-700.0, -30.0, 0.1, 30.0], 1e-13),
    (sp.log_expit, lambda x: -mp.log(1 + mp.exp(-x)), [-700.0, -30.0, 0.1, 30.0], 1e-13),
    (sp.logit, lambda x: mp.log(x / (1 - x)), [1e-9, 0.3, 0.999], 1e-13),
    (sp.exprel, lambda x: mp.expm1(x) / x, [-700.0, -1.01, -0.99, -1e-9, 1e-5, 0.99, 1.01, 50.0, 700.0], 1e-12),
    (sp.gammaln, mp.loggamma, [1e-10, 0.5, 1.0, 2.0, 1e3, 1e100], 1e-12),
    (sp.gamma, mp.gamma, [-1.5, 1e-3, 1.0, 4.5, 170.0], 1e-12),
    (sp.rgamma, mp.rgamma, [-6.3, -3.0, -2.0, 0.0, 0.4999, 0.5001, 1.0, 30.0], 1e-11),
    (sp.digamma, mp.digamma, [1e-3, 0.5, 2.0, 1e6], 1e-12),
    (sp.entr, lambda x: -x * mp.log(x), [1e-9, 0.3, 5.0], 1e-13),
    (sp.expi, mp.ei, [-5.0, 0.2, 30.0], 1e-12),
    (sp.exp1, mp.e1, [0.2, 30.0], 1e-12),
    (sp.wrightomega, lambda x: mp.lambertw(mp.exp(x)).real, [-5.0, 0.3, 10.0], 1e-12),
    (sp.j0, mp.j0, [-3.0, 0.0, 1e-6, 10.0], 1e-11),
    (sp.j1, mp.j1, [0.0, 1e-8, 2.0, 30.0], 1e-11),
    (sp.y1, lambda x: mp.bessely(1, x), [0.3, 5.0], 1e-11),
    (sp.i0, lambda x: mp.besseli(0, x), [0.0, 0.5, 300.0], 1e-12),
    (sp.i1, lambda x: mp.besseli(1, x), [0.0, 1e-7, 3.0], 1e-12),
    (sp.k1, lambda x: mp.besselk(1, x), [0.01, 3.0, 300.0], 1e-12),
    (sp.i0e, lambda x: mp.exp(-x) * mp.besseli(0, x), [0.5, 24.9, 25.1, 1e3, 1e6], 1e-12),
    (sp.i1e, lambda x: mp.exp(-x) * mp.besseli(1, x), [1e-7, 0.5, 24.9, 25.1, 1e6], 1e-12),
    (sp.k1e, lambda x: mp.exp(x) * mp.besselk(1, x), [0.3, 1e3, 1e4], 1e-12),
    (sp.k0e, lambda x: mp.exp(x) * mp.besselk(0, x), [0.05, 2.0, 24.9, 25.1, 1e4], 1e-12),
    (lambda x: sp.jv(2.5, x), lambda x: mp.besselj(2.5, x), [0.5, 20.0], 1e-11),
    (lambda x: sp.kv(1.3, x), lambda x: mp.besselk(1.3, x), [0.5, 20.0], 1e-11),
    (lambda x: sp.ive(3, x), lambda x: mp.exp(-x) * mp.besseli(3, x), [0.5, 20.0], 1e-9),
    (lambda x: sp.expn(0, x), lambda x: mp.expint(0, x), [0.2, 4.0], 1e-12),
    (lambda x: sp.expn(3, x), lambda x: mp.expint(3, x), [0.2, 4.0], 1e-12),
    (lambda x: sp.hyp2f1(0.5, 1.5, 2.0, x), lambda x: mp.hyp2f1(0.5, 1.5, 2, x), [-0.5, 0.1, 0.8], 1e-11),
    (lambda x: sp.gammainc(2.5, x), lambda x: mp.gammainc(2.5, 0, x, regularized=True), [1e-5, 2.0, 40.0], 1e-11),
    (
        lambda x: sp.betainc(2.5, 0.7, x),
        lambda x: mp.betainc(2.5, 0.7, 0, x, regularized=True),
        [1e-5, 0.5, 0.99],
        1e-10,
    ),
    (lambda x: sp.boxcox(2.5, x), lambda x: (mp.mpf(2.5) ** x - 1) / x, [-1.0, 1e-9, 0.5, 3.0], 1e-11),
    (lambda x: sp.inv_boxcox(1.5, x), lambda x: (1 + x * 1.5) ** (1 / x), [1e-6, 0.05, 0.5, 3.0], 1e-10),
    (lambda x: sp.pseudo_huber(x, 0.5), lambda x: x**2 * (mp.sqrt(1 + (0.5 / x) ** 2) - 1), [0.1, 3.0, 1e4], 1e-11),
    (lambda x: sp.owens_t(0.7, x), None, [0.5], 1e-9),
    (lambda x: ad.scipy.special.polygamma(2, x), lambda x: mp.psi(2, x), [0.1, 3.0, 1e3], 1e-11),
    (lambda x: ad.scipy.special.zeta(2.5, x), lambda x: mp.zeta(2.5, x), [0.1, 3.0, 50.0], 1e-11),
    (lambda x: ad.scipy.special.lambertw(x).real, lambda x: mp.lambertw(x).real, [-0.3, 0.0, 2.0, 1e5], 1e-10),
]
POINTS = [
    pytest.param(f, reference, x, tolerance, id=f"{getattr(f, '__name__', 'function')}{i}-{x}")
    for i, (f, reference, points, tolerance) in enumerate(CASES)
    if reference is not None
    for x in points
]


@pytest.mark.parametrize(("f", "reference", "x", "tolerance"), POINTS)
def test_derivatives(f: Any, reference: Any, x: float, tolerance: float) -> None:
    expected, found = derivatives(reference, x), ours(f, x)
    assert found[0] == pytest.approx(expected[0], rel=tolerance, abs=1e-35)
    assert found[1] == pytest.approx(expected[1], rel=100 * tolerance, abs=1e-13 * abs(expected[0]))


def test_derivatives_far_out_where_mpmath_cannot_difference() -> None:
    """By their asymptotic forms."""
    with np.errstate(all="ignore"):
        assert ours(sp.log_ndtr, -1e10)[0] == pytest.approx(1e10, rel=1e-15)
        assert ours(sp.log_ndtr, -1e10)[1] == pytest.approx(-1.0, rel=1e-9)
        assert ours(sp.log_ndtr, 30.0) == pytest.approx((1.4736461348785476e-196, -4.4209384046e-195), rel=1e-9)
        assert ours(sp.log_ndtr, 1e3) == (0.0, 0.0)
        assert ours(sp.erfcx, 1e200)[0] == 0.0
        assert ours(sp.erf, 1e200) == (0.0, 0.0)
        assert ours(sp.logit, 1e-300)[0] == pytest.approx(1e300, rel=1e-15)
        assert ours(sp.entr, 1e-300)[0] == pytest.approx(-1 - np.log(1e-300), rel=1e-15)
        assert ours(lambda x: sp.xlogy(x, 2.0), 0.0) == (pytest.approx(np.log(2.0)), 0.0)
        assert ours(sp.gammaln, 1e300)[0] == pytest.approx(np.log(1e300), rel=1e-15)


# --- parameters of the incomplete functions ---------------------------------------------------------------------------

PARAMETERS = [0.01, 0.5, 1.0, 4.5, 60.0]


@pytest.mark.parametrize("a", PARAMETERS)
def test_incomplete_gamma_by_its_parameter(a: float) -> None:
    for x in (0.01 * a, 0.9 * a, 1.1 * a, 5 * a + 0.5):
        reference = lambda q, x=x: mp.gammainc(q, 0, x, regularized=True)
        first, second = derivatives(reference, a)
        found = ours(lambda q, x=x: sp.gammainc(q, x), a)
        assert found[0] == pytest.approx(first, rel=1e-11)
        assert found[1] == pytest.approx(second, rel=1e-9, abs=1e-12 * abs(first) * (1 + 1 / a))
        upper = ours(lambda q, x=x: sp.gammaincc(q, x), a)
        assert upper == (-found[0], -found[1])
        p = float(sp.gammainc(a, x))
        if p > 0.999:
            continue  # the inverse of what rounds to 1 is not x
        inverse = ours(lambda q, p=p: sp.gammaincinv(q, p), a)[0]
        slope = float(mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a)))
        assert inverse == pytest.approx(-first / slope, rel=1e-6)


def test_incomplete_gamma_of_large_parameters() -> None:
    """At its centre P(a, a) is ½ + 1/(3√(2πa)), and ∂P/∂a is −1/√(2πa), to first order."""
    for a in (1e4, 1e6):
        found = ours(lambda q, a=a: sp.gammainc(q, a), a)[0]
        assert found == pytest.approx(-1 / np.sqrt(2 * np.pi * a), rel=2 / a)


@pytest.mark.parametrize("a", [0.1, 1.0, 7.0])
@pytest.mark.parametrize("b", [0.3, 2.0, 20.0])
def test_incomplete_beta_by_its_parameters(a: float, b: float) -> None:
    for x in (1e-3, 0.4, 0.95):
        for moved, f, reference in (
            (a, lambda q, x=x: sp.betainc(q, b, x), lambda q, x=x: mp.betainc(q, b, 0, x, regularized=True)),
            (b, lambda q, x=x: sp.betainc(a, q, x), lambda q, x=x: mp.betainc(a, q, 0, x, regularized=True)),
        ):
            first, second = derivatives(reference, moved)
            found = ours(f, moved)
            assert found[0] == pytest.approx(first, rel=1e-10)
            assert found[1] == pytest.approx(second, rel=1e-8, abs=1e-12 * abs(first) * (1 + 1 / moved))


# --- singular points, and the refused ---------------------------------------------------------------------------------


def test_the_logarithm_of_zero() -> None:
    both = ad.grad(sp.xlogy, (0, 1))
    with np.errstate(all="ignore"):
        assert both(0.0, 0.0) == (-np.inf, 0.0)
        assert both(0.0, 2.0) == (np.log(2.0), 0.0)
        assert ad.grad(sp.entr)(-1.0) == 0.0
        assert ad.grad(sp.entr)(0.0) == np.inf
        mixed = ad.grad(lambda y: ad.grad(lambda x: sp.xlogy(x, y))(0.0))(2.0)
        assert mixed == 0.5
        assert ad.grad(lambda x: np.where(x > 0, sp.kv(0.5, x), 0.0).sum())(np.array([0.0, 1.0]))[0] == 0.0


def test_the_reciprocal_gamma_function_is_smooth_through_the_poles() -> None:
    assert ad.elementwise_grad(sp.rgamma)(np.array([0.0, -1.0, -2.0, -3.0])) == pytest.approx([1, -1, 2, -6], rel=1e-13)


@pytest.mark.parametrize("f", [sp.gamma, sp.loggamma, sp.rgamma, sp.digamma], ids=lambda f: f.__name__)
def test_gamma_functions_of_complex_numbers(f: Any) -> None:
    """To first order; SciPy has no polygamma functions of complex numbers for more."""
    z = np.array([0.7 + 0.4j, 2.5 - 1j, 0.2 + 2j])
    if f is sp.digamma:
        with pytest.raises(ad.errors.UnsupportedError, match="polygamma is real"):
            ad.grad(lambda z: np.sum(np.real(f(z))))(z)
    else:
        check_first(f, z)
        with pytest.raises(ad.errors.UnsupportedError, match="polygamma is real"):
            ad.hessian(lambda x: np.sum(np.real(f(x + 1j))))(np.ones(1))


@pytest.mark.parametrize("f", [sp.jv, sp.yv, sp.iv, sp.kv, sp.ive, sp.kve, sp.kn, sp.yn, sp.expn, sp.stdtr, sp.hyp0f1])
def test_orders_are_refused(f: Any) -> None:
    with pytest.raises(ad.errors.UnsupportedError, match=f"{f.__name__} has no derivative in its"):
        f(Value(1.0), 0.5)
    assert f(ad.stop_gradient(Value(1.0)), Value(0.5)).data == f(1.0, 0.5)


@pytest.mark.parametrize("f", [sp.airy, sp.ellipk, sp.struve, sp.sici, sp.hankel1], ids=lambda f: f.__name__)
def test_what_has_no_derivative_is_refused_by_name(f: Any) -> None:
    with pytest.raises(ad.errors.UnsupportedError, match=f"scipy.special.{f.__name__} has no derivative"):
        f(*[Value(0.5)] * f.nin)


def test_complex_numbers_beside_an_absolute_value() -> None:
    with pytest.raises(ad.errors.DtypeError, match="not analytic"):
        ad.vjp(lambda z: sp.ive(1, z), np.array([1 + 1j]))[1](np.array([1 + 0j]))
