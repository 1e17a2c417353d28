"""minimize: SciPy's methods with exact derivatives, on containers, with bounds and constraints."""

import builtins
import sys

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, NonlinearConstraint

from autodiff import Value
from autodiff.errors import ArgumentError, DtypeError, GradientLostError, MissingDependencyError
from autodiff.optimize import minimize


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def beale(v):
    """Beale (1958): the minimum is 0 at (3, 0.5)."""
    x, y = v["x"], v["y"]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


GRADIENT = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP", None]
CURVATURE = ["Newton-CG", "trust-ncg", "trust-krylov", "dogleg", "trust-exact", "trust-constr"]


@pytest.mark.parametrize("method", [*GRADIENT, *CURVATURE])
def test_rosenbrock_by_every_method_with_derivatives(method):
    start = [1.02, 1.03, 1.05] if method == "dogleg" else [-1.2, 1.0, 0.5]  # it needs a positive definite Hessian
    options = {"maxfun" if method == "TNC" else "maxiter": 2000}
    result = minimize(rosenbrock, start, method=method, tol=1e-10, options=options)
    np.testing.assert_allclose(result.x, 1.0, rtol=1e-4)
    assert result.fun < 1e-8
    if method in CURVATURE:
        assert result.get("nhev", 1) > 0


@pytest.mark.parametrize("method", ["Nelder-Mead", "Powell", "COBYLA"])
def test_methods_without_derivatives(method):
    result = minimize(beale, {"x": 1.0, "y": 0.0}, method=method, tol=1e-8, options={"maxiter": 4000})
    assert result.x["x"] == pytest.approx(3.0, abs=1e-3)


def test_few_evaluations_are_enough_with_exact_derivatives():
    result = minimize(rosenbrock, [-1.2, 1.0], method="BFGS")
    assert result.nfev == result.njev <= 60
    assert result.message


def test_x_is_like_the_start():
    result = minimize(beale, {"x": 1.0, "y": 0.0})
    assert result.x.keys() == result.jac.keys() == {"x", "y"}
    assert type(result.x["x"]) is float
    np.testing.assert_allclose([result.x["x"], result.x["y"]], [3.0, 0.5], rtol=1e-4)
    nested = minimize(
        lambda t: np.sum((t[0] - 1) ** 2) + (t[1]["b"] + 2) ** 2,
        (np.zeros((2, 2), np.float32), {"b": 0.0, "name": "x"}),
    )
    np.testing.assert_allclose(nested.x[0], np.ones((2, 2)), rtol=1e-6)
    assert nested.x[0].dtype == np.float64
    assert nested.x[1]["name"] == "x"
    assert minimize(lambda x: (x - 3) ** 2, 1).x == pytest.approx(3.0)
    assert minimize(lambda x: (x[0] - 3) ** 2 + x[1] ** 2, (0, 1)).x.shape == (2,)


def test_more_arguments_and_values_of_the_callers():
    center = Value(np.array([1.0, -1.0]))
    result = minimize(lambda x, scale: np.sum(scale * (x - center) ** 2), np.zeros(2), args=(5.0,))
    np.testing.assert_allclose(result.x, center.data, atol=1e-6)
    assert center._grad is None


@pytest.mark.parametrize(
    "bounds",
    [
        [(0, 0.5), (0, None)],
        Bounds([0, 0], [0.5, np.inf]),
        (np.zeros(2), np.array([0.5, np.inf])),
    ],
)
def test_bounds_of_arrays(bounds):
    result = minimize(rosenbrock, np.array([0.1, 0.1]), bounds=bounds)
    np.testing.assert_allclose(result.x, [0.5, 0.25], rtol=1e-5)
    assert result.success


def test_bounds_of_containers():
    result = minimize(beale, {"x": 1.0, "y": 0.0}, bounds={"x": (None, 2.0), "y": None})
    assert result.x["x"] == pytest.approx(2.0)
    low = minimize(
        lambda t: np.sum(t["w"] ** 2), {"w": np.ones((2, 2))}, bounds={"w": (np.array([[0.5], [0.25]]), None)}
    )
    np.testing.assert_allclose(low.x["w"], [[0.5, 0.5], [0.25, 0.25]])
    both = minimize(lambda t: np.sum(t["w"] ** 2), {"w": np.ones(3)}, bounds=(0.5, 2))
    np.testing.assert_allclose(both.x["w"], 0.5)
    pair = minimize(lambda t: (t[0] - 5) ** 2 + np.sum((t[1] - 5) ** 2), (0.0, np.zeros(2)), bounds=((0, 1), (0, 2)))
    np.testing.assert_allclose([pair.x[0], *pair.x[1]], [1, 2, 2])


@pytest.mark.parametrize("bounds", [{"x": (0, 1)}, [(0, 1)] * 3, "tight", {"x": (0, 1, 2), "y": None}])
def test_bounds_that_do_not_fit(bounds):
    with pytest.raises(ArgumentError, match="bounds are"):
        minimize(beale, {"x": 1.0, "y": 0.0}, bounds=bounds)
    with pytest.raises(ArgumentError, match="do not fit 2 unknowns"):
        minimize(rosenbrock, np.zeros(2), bounds=Bounds(np.zeros(3), np.ones(3)))


def circle(v):
    return v["x"] ** 2 + v["y"] ** 2


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints_get_exact_jacobians(method):
    """The nearest point of the unit circle to (3, 4) is (0.6, 0.8)."""

    def distance(v):
        return (v["x"] - 3) ** 2 + (v["y"] - 4) ** 2

    start = {"x": 1.0, "y": 0.1}
    constraint = NonlinearConstraint(circle, 1.0, 1.0)
    for constraints in (constraint, [constraint], {"type": "eq", "fun": lambda v, r: circle(v) - r, "args": (1.0,)}):
        if method == "trust-constr" and isinstance(constraints, dict):
            continue
        result = minimize(distance, start, method=method, constraints=constraints, tol=1e-10)
        np.testing.assert_allclose([result.x["x"], result.x["y"]], [0.6, 0.8], rtol=1e-6)
    line = minimize(distance, start, method=method, constraints=LinearConstraint([[1.0, 1.0]], 0, 1), tol=1e-10)
    np.testing.assert_allclose([line.x["x"], line.x["y"]], [0, 1], atol=1e-5)


def test_callbacks_see_x_as_it_was_given():
    seen = []
    minimize(beale, {"x": 1.0, "y": 0.0}, callback=seen.append)
    minimize(beale, {"x": 1.0, "y": 0.0}, method="trust-constr", callback=lambda x, state: seen.append(x))

    def stops(intermediate_result):
        seen.append(intermediate_result.x)
        raise StopIteration

    assert minimize(beale, {"x": 1.0, "y": 0.0}, callback=stops).nit == 1
    assert all(x.keys() == {"x", "y"} for x in seen)
    assert seen[0] != seen[1]


@pytest.mark.parametrize("method", ["L-BFGS-B", "trust-ncg", "trust-exact"])
def test_compiled(method):
    result = minimize(rosenbrock, np.full(6, 0.5), method=method, jit=True, tol=1e-12)
    np.testing.assert_allclose(result.x, 1.0, rtol=1e-4)


def test_what_cannot_be_minimised():
    with pytest.raises(DtypeError, match="complex ones: give real and imaginary parts"):
        minimize(abs, 1j)
    with pytest.raises(DtypeError, match="no floating-point number to start from"):
        minimize(lambda v: v["n"], {"n": 3})
    with pytest.raises(GradientLostError, match="the gradient was lost"):
        minimize(lambda x: 3.0, np.zeros(2))
    with pytest.raises(DtypeError, match="minimize takes a function"):
        minimize(Value(1.0), np.zeros(2))


def test_without_scipy(monkeypatch):
    real = builtins.__import__

    def refusing(name, *rest):
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refusing)
    monkeypatch.delitem(sys.modules, "scipy.optimize")
    with pytest.raises(MissingDependencyError, match=r"pip install 'autodiff\[scipy\]'"):
        minimize(rosenbrock, np.zeros(2))
