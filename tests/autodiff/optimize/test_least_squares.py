"""least_squares: the certified answers of NIST, containers, bounds, Jacobians that are never formed."""

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, DtypeError
from autodiff.optimize import least_squares

from .nist import DANWOOD, FOLDER, MISRA1A, MODELS, problems, read

T = np.linspace(0, 4, 30)
Y = 2.5 * np.exp(-1.3 * T) + 0.5


def decay(p):
    return p["a"] * np.exp(-p["b"] * T) + p["c"] - Y


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("problem", problems(), ids=lambda problem: problem.name)
def test_certified_parameters_to_eight_digits(problem, start):
    fit = least_squares(
        lambda b: MODELS[problem.name](b, problem.x) - problem.y,
        problem.starts[start],
        method="lm",
        ftol=1e-12,
        xtol=1e-12,
        gtol=1e-12,
        max_nfev=4000,
    )
    np.testing.assert_allclose(fit.x, problem.certified, rtol=1e-8)
    np.testing.assert_allclose(2 * fit.cost, problem.squares, rtol=1e-8, atol=1e-24)


def test_what_is_typed_in_is_what_nist_says():
    """Where the files are there."""
    for problem in (MISRA1A, DANWOOD):
        for path in FOLDER.glob(f"{problem.name}.dat"):
            for typed, published in zip(problem, read(path), strict=True):
                assert np.array_equal(typed, published)


@pytest.mark.parametrize(("method", "operator"), [("trf", False), ("trf", True), ("dogbox", True), ("lm", False)])
@pytest.mark.parametrize("jit", [False, True])
def test_containers_methods_and_operators(method, operator, jit):
    fit = least_squares(decay, {"a": 1.0, "b": 1.0, "c": 0.0}, method=method, operator=operator, jit=jit, xtol=1e-15)
    assert fit.success
    assert {name: round(v, 6) for name, v in fit.x.items()} == {"a": 2.5, "b": 1.3, "c": 0.5}
    assert all(type(v) is float for v in fit.x.values())
    assert fit.grad.keys() == fit.x.keys()


def test_bounds_in_place_of_each_leaf():
    bounds = {"a": (0.0, 2.0), "b": None, "c": (None, 1.0)}
    fit = least_squares(decay, {"a": 1.0, "b": 1.0, "c": 0.0}, bounds=bounds)
    assert fit.x["a"] == pytest.approx(2.0, abs=1e-6)
    assert fit.active_mask.tolist() == [1, 0, 0]


def test_bounds_as_scipy_has_them():
    """All lower ends, then all upper ones: of two unknowns, too."""
    for bounds in (([0, 0], [1, 2]), (np.zeros(2), np.array([1.0, 2.0])), (0, [1, 2])):
        np.testing.assert_allclose(least_squares(lambda x: x - 5, [0.5, 0.5], bounds=bounds).x, [1, 2], rtol=1e-6)


def test_residuals_may_be_containers_and_reach_other_values():
    shift = Value(0.5)

    def residual(x, scale):
        return {"first": (x - shift) * scale, "second": [np.sum(x) - 2.0]}

    fit = least_squares(residual, np.zeros((2, 2)), args=(3.0,))
    assert fit.x.shape == (2, 2)
    np.testing.assert_allclose(fit.x, 0.5)
    assert shift._grad is None


def test_a_jacobian_is_formed_for_levenberg_and_marquardt():
    with pytest.raises(ArgumentError, match="needs the Jacobian as a matrix"):
        least_squares(decay, {"a": 1.0}, method="lm", operator=True)


def test_loss_and_other_options_are_scipys():
    y = T * 2.0
    y[3] += 50.0
    robust = least_squares(lambda p: p[0] * T - y, [0.0], loss="soft_l1")
    plain = least_squares(lambda p: p[0] * T - y, [0.0])
    assert abs(robust.x[0] - 2.0) < abs(plain.x[0] - 2.0)
    with pytest.raises(DtypeError, match="takes a function"):
        least_squares(3.0, [1.0])
    assert ad.optimize.least_squares is least_squares
