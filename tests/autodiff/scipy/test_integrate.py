"""Differential equations and integrals: SciPy's numbers; derivatives against closed forms and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.integrate

import autodiff as ad
from autodiff import Value
from autodiff.scipy import integrate
from tests.autodiff.checks import check, check_closure, check_first
from tests.autodiff.scipy.mirrored import Call, check_refused, check_signatures, parametrized

EXACT = {"rtol": 1e-12, "atol": 1e-12}
TIMES = np.array([0.0, 0.4, 0.9, 1.5])
START = np.array([0.7, -0.3])


def pendulum(y: Any, t: Any, damping: Any, pull: Any) -> Any:
    return [y[1], -damping * y[1] - pull * np.sin(y[0]) + 0.1 * np.cos(t)]


def turned(t: Any, y: Any, *args: Any) -> Any:
    return pendulum(y, t, *args)


# --- odeint -----------------------------------------------------------------------------------------------------------


def test_odeint_is_scipys() -> None:
    for times in (TIMES, -TIMES, TIMES[:1], np.array([0.0, 0.0, 0.5, 0.5, 1.0])):
        expected = scipy.integrate.odeint(pendulum, START, times, (0.2, 1.3), **EXACT)
        found = integrate.odeint(pendulum, Value(START), times, (0.2, 1.3), **EXACT)
        np.testing.assert_allclose(found.data, expected, rtol=1e-9, atol=1e-10)
    default = integrate.odeint(turned, Value(START), TIMES, (0.2, 1.3), tfirst=True)
    np.testing.assert_array_equal(default.data, scipy.integrate.odeint(turned, START, TIMES, (0.2, 1.3), tfirst=True))


def test_odeint_derivatives() -> None:
    """In the start, in the times, and in every parameter; forward, reverse and twice."""

    def f(y0: Any, t: Any, damping: Any, pull: Any) -> Any:
        return integrate.odeint(pendulum, y0, t, (damping, pull), **EXACT)

    check_first(f, START, TIMES, 0.2, 1.3, exact=False)
    gradient = ad.grad(lambda y0, t, d, p: np.sum(f(y0, t, d, p)[1:3] ** 2), (0, 1, 2, 3))
    h = 1e-5
    for moved in range(4):
        operands = [START, TIMES[:3], np.float64(0.2), np.float64(1.3)]
        up, down = (gradient(*[x + s * h if i == moved else x for i, x in enumerate(operands)]) for s in (1, -1))
        along = [np.ones_like(x) if i == moved else np.zeros_like(x) for i, x in enumerate(operands)]
        ours = ad.jvp(gradient, tuple(operands), tuple(along))[1]
        for a, u, d in zip(ours, up, down, strict=True):
            np.testing.assert_allclose(a, (u - d) / (2 * h), rtol=1e-6, atol=1e-6)


def test_odeint_of_linear_equations_in_closed_form() -> None:
    """y = y0 exp(−k t): first and second derivatives."""
    f = lambda k, y0, t: integrate.odeint(
        lambda y, t, k: -k * y, np.reshape(y0, 1), np.stack([0.0 * t, t]), (k,), **EXACT
    )[1, 0]
    k, y0, t = 0.8, 1.5, 2.0
    value = y0 * np.exp(-k * t)
    assert ad.grad(f, (0, 1, 2))(k, y0, t) == pytest.approx((-t * value, value / y0, -k * value), rel=1e-9)
    assert ad.grad(ad.grad(f))(k, y0, t) == pytest.approx(t * t * value, rel=1e-8)
    assert ad.grad(ad.grad(f, 1))(k, y0, t) == pytest.approx(-t * value / y0, rel=1e-8)
    assert ad.grad(ad.grad(f, 2), 2)(k, y0, t) == pytest.approx(k * k * value, rel=1e-8)
    check_closure(f, k, y0, t)


def test_the_first_time_moves_the_solution() -> None:
    """y(t₁) with y(t₀) = 1: −k exp(−k(t₁ − t₀)) in t₁, and its opposite in t₀."""
    f = lambda t: integrate.odeint(lambda y, t: -0.8 * y, np.ones(1), t, **EXACT)[1, 0]
    assert ad.grad(f)(np.array([0.5, 2.0])) == pytest.approx([0.8 * np.exp(-1.2), -0.8 * np.exp(-1.2)], rel=1e-9)


def test_parameters_in_containers() -> None:
    def slope(y: Any, t: Any, weights: Any, name: str) -> Any:
        assert name == "tanh"
        return np.tanh(weights["w"] @ y + weights["b"])

    weights = {"w": np.array([[0.3, -0.5], [0.8, 0.1]]), "b": np.array([0.1, -0.2])}
    loss = lambda p: np.sum(integrate.odeint(slope, START, TIMES, (p, "tanh"), **EXACT) ** 2)
    slopes = ad.grad(loss)(weights)
    for name, place in (("w", (0, 1)), ("b", 1)):
        h = 1e-6
        up, down = ({k: v.copy() for k, v in weights.items()} for _ in range(2))
        up[name][place] += h
        down[name][place] -= h
        plain = lambda p: np.sum(scipy.integrate.odeint(slope, START, TIMES, (p, "tanh"), **EXACT) ** 2)
        assert slopes[name][place] == pytest.approx((plain(up) - plain(down)) / (2 * h), rel=1e-6)


def test_a_slope_that_depends_on_nothing() -> None:
    out, pull = ad.vjp(lambda y0: integrate.odeint(lambda y, t: [1.0, 0.0], y0, TIMES), START)
    np.testing.assert_allclose(out[:, 0], START[0] + TIMES)
    np.testing.assert_allclose(pull(np.ones_like(out))[0], [4.0, 4.0])


def test_the_default_accuracy_of_gradients() -> None:
    """As exact as the tolerances ask for: 1.5e-8 by default."""
    f = lambda k: integrate.odeint(lambda y, t, k: -k * y, np.ones(1), np.array([0.0, 2.0]), (k,))[1, 0]
    assert ad.grad(f)(0.8) == pytest.approx(-2 * np.exp(-1.6), rel=1e-6)


# --- solve_ivp --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["RK45", "DOP853", "LSODA", "Radau"])
def test_solve_ivp_is_scipys(method: str) -> None:
    options = {"method": method, "rtol": 1e-8, "atol": 1e-9}
    for t_eval in (None, TIMES, np.array([0.3, 0.7])):
        for span in ((0.0, 1.5), (0.0, 2.0)):
            expected = scipy.integrate.solve_ivp(turned, span, START, t_eval=t_eval, args=(0.2, 1.3), **options)
            found = integrate.solve_ivp(turned, span, Value(START), t_eval=t_eval, args=(0.2, 1.3), **options)
            np.testing.assert_allclose(found.t.data if isinstance(found.t, Value) else found.t, expected.t, rtol=1e-14)
            np.testing.assert_allclose(found.y.data, expected.y, rtol=1e-7, atol=1e-8)
            assert found.success
            assert found.nfev == expected.nfev


def test_solve_ivp_derivatives() -> None:
    def f(y0: Any, damping: Any, pull: Any, times: Any, first: Any) -> Any:
        args = (damping, pull)
        out = integrate.solve_ivp(turned, (first, 2.0), y0, "DOP853", times, args=args, rtol=1e-11, atol=1e-12)
        return out.y

    check_first(f, START, 0.2, 1.3, TIMES[1:], 0.05, exact=False)
    last = lambda t1: integrate.solve_ivp(lambda t, y: -0.8 * y, (0.0, t1), [1.0], rtol=1e-10, atol=1e-12).y[0, -1]
    assert ad.grad(last)(2.0) == pytest.approx(-0.8 * np.exp(-1.6), rel=1e-8)
    curved = ad.grad(ad.grad(lambda k: f(START, 0.2, k, TIMES[1:2], 0.0)[0, 0]))(1.3)
    h = 1e-4
    g = ad.grad(lambda k: f(START, 0.2, k, TIMES[1:2], 0.0)[0, 0])
    assert curved == pytest.approx((g(1.3 + h) - g(1.3 - h)) / (2 * h), rel=1e-6)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_values_that_are_not_arguments_are_refused() -> None:
    k = Value(0.5)
    for f in (
        lambda: integrate.odeint(lambda y, t: -k * y, Value(START), TIMES),
        lambda: integrate.solve_ivp(lambda t, y: -k * y, (0.0, 1.0), Value(START)),
        lambda: integrate.quad(lambda x, a: np.exp(-k * x * a), 0.0, 1.0, (Value(1.0),)),
    ):
        with pytest.raises(ad.errors.GradientLostError, match="args="):
            f()


def test_refused() -> None:
    for keyword in ("Dfun", "col_deriv", "full_output", "ml", "mu", "tcrit", "ixpr", "mxhnil", "printmessg"):
        check_refused(integrate.odeint, lambda y, t: -y, START, TIMES, **{keyword: 1})
    for keyword in ("rtol", "atol"):
        check_refused(integrate.odeint, lambda y, t: -y, START, TIMES, **{keyword: np.full(2, 1e-8).tolist()})
    for keyword in ("dense_output", "events", "vectorized", "jac", "lband"):
        check_refused(integrate.solve_ivp, lambda t, y: -y, (0.0, 1.0), START, **{keyword: 1})
    for keyword in ("full_output", "points", "weight", "wvar", "wopts", "complex_func"):
        check_refused(integrate.quad, lambda x, a: x, 0.0, 1.0, (np.ones(1),), **{keyword: 1})
    with pytest.raises(ad.errors.UnsupportedError, match=r"scipy\.integrate\.romb"):
        integrate.romb(Value(np.ones(3)))
    with pytest.raises(ad.errors.ShapeError, match="as many slopes"):
        integrate.odeint(lambda y, t: y[:1], Value(START), TIMES)
    with pytest.raises(ad.errors.ShapeError, match="vector"):
        integrate.odeint(lambda y, t: y, Value(np.ones((2, 2))), TIMES)
    with pytest.raises(ad.errors.ArgumentError, match="ascending"):
        integrate.odeint(lambda y, t: -y, Value(START), np.array([0.0, 1.0, 0.5]))
    with pytest.raises(ad.errors.DtypeError, match="real"):
        integrate.odeint(lambda y, t: -y, Value(START + 1j), TIMES)
    with pytest.raises(ad.errors.ArgumentError, match="did not reach"), np.errstate(all="ignore"):
        integrate.solve_ivp(lambda t, y: y * y, (0.0, 10.0), Value(np.ones(1)))
    with pytest.raises(ad.errors.UnsupportedError, match="use odeint"):
        ad.jit(lambda y: integrate.solve_ivp(lambda t, y: -y, (0.0, 1.0), y).y)(START)


def test_jit() -> None:
    loss = ad.value_and_grad(lambda p: np.sum(integrate.odeint(pendulum, START, TIMES, (p[0], p[1]), **EXACT) ** 2))
    run = ad.jit(loss)
    for p in (np.array([0.2, 1.3]), np.array([0.2, 1.3]), np.array([0.5, 1.0])):
        for a, b in zip(run(p), loss(p), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9)


# --- quad -------------------------------------------------------------------------------------------------------------


def test_quad() -> None:
    f = lambda a, b, k, p: integrate.quad(lambda x, k, p: np.exp(-k * x) * (x + p[0]) + p[1] * x, a, b, (k, p))[0]
    check(f, 0.3, 1.8, 0.7, np.array([1.5, 0.2]), exact=False, single=False)
    value, error = integrate.quad(lambda x, k: np.exp(-k * x), Value(0.0), 1.0, 0.5)
    assert (value.item(), error) == scipy.integrate.quad(lambda x, k: np.exp(-k * x), 0.0, 1.0, 0.5)


def test_quad_of_the_ends_alone_and_to_infinity() -> None:
    ends = ad.grad(lambda a, b: integrate.quad(np.exp, a, b)[0], (0, 1))(0.5, 1.5)
    assert ends == pytest.approx((-np.exp(0.5), np.exp(1.5)), rel=1e-12)
    area = lambda k: integrate.quad(lambda x, k: np.exp(-k * x * x), -np.inf, np.inf, (k,))[0]
    assert ad.grad(area)(2.0) == pytest.approx(-0.5 * np.sqrt(np.pi) * 2**-1.5, rel=1e-8)
    assert ad.grad(ad.grad(area))(2.0) == pytest.approx(0.75 * np.sqrt(np.pi) * 2**-2.5, rel=1e-8)
    assert ad.grad(lambda b: integrate.quad(lambda x: np.exp(-x), 0.0, b)[0])(np.inf) == 0.0
    with pytest.raises(ad.errors.ShapeError, match="integrates numbers"):
        integrate.quad(lambda x, k: k * x, 0.0, 1.0, (Value([1.0, 2.0]),))


# --- sampled values ---------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(8)
Y, X = RNG.uniform(-1, 1, (3, 6)), np.cumsum(RNG.uniform(0.5, 1.5, 6))
GRID = np.cumsum(RNG.uniform(0.5, 1.5, (3, 6)), axis=1)


def call(name: str, *args: Any, **keywords: Any) -> Call:
    single = name != "simpson"  # of which SciPy's result is double, ours is not
    return Call(getattr(integrate, name), getattr(scipy.integrate, name), args, keywords, single=single)


CALLS = [
    *[call(f, Y, X) for f in ("trapezoid", "cumulative_trapezoid")],
    *[call(f, Y, GRID, axis=1) for f in ("trapezoid", "cumulative_trapezoid")],
    *[call(f, Y, dx=0.5, axis=0) for f in ("trapezoid", "cumulative_trapezoid", "simpson")],
    *[call(f, Y.T, X, 1.0, 0) for f in ("trapezoid", "cumulative_trapezoid")],
    call("cumulative_trapezoid", Y, initial=0),
    *[call("simpson", Y[:, :n], X[:n]) for n in (2, 3, 4, 5, 6)],
    *[call("simpson", Y[:, :n], dx=0.3) for n in (1, 2, 3, 4, 5)],
    call("simpson", Y, GRID, axis=-1),
    call("simpson", Y[:, :5], GRID[:, :5], axis=1),
]


@parametrized(CALLS)
def test_sampled(case: Call) -> None:
    case.check()


def test_sampled_signatures() -> None:
    check_signatures(CALLS)


def test_sampled_errors() -> None:
    for f in (integrate.trapezoid, integrate.simpson, integrate.cumulative_trapezoid):
        with pytest.raises(ad.errors.ShapeError, match="as many x"):
            f(Value(Y), X[:2])
        with pytest.raises(ad.errors.ShapeError, match="at least one"):
            f(Value(Y[:, :0]))
        with pytest.raises(ad.errors.ShapeError, match="in the shape of y"):
            f(Value(Y), GRID[:2])
    with pytest.raises(ad.errors.ArgumentError, match="initial"):
        integrate.cumulative_trapezoid(Value(Y), initial=2.0)
