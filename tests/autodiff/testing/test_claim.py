"""check_grad(f, x, grad=…) on functions that know nothing of us: plain math, other libraries, loops, in-place code."""

from __future__ import annotations

import math
import statistics
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from autodiff.errors import DtypeError, ShapeError
from autodiff.testing import GradientMismatchError, NotDifferentiableError, check_grad

X = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])


def in_place(x: np.ndarray[Any, Any]) -> float:
    x *= x
    return float(x.sum())


@pytest.mark.parametrize(
    ("f", "args", "grad"),
    [
        (math.lgamma, (2.5,), special.digamma),
        (lambda x: float(mpmath.zeta(x)), (2.0,), lambda x: float(mpmath.zeta(x, derivative=1))),
        (lambda xs: statistics.fmean(x * x for x in xs), ([1.0, 2.0],), list),
        (
            lambda p: math.sin(p["a"]) * p["b"],
            ({"a": 1.0, "b": 2.0},),
            lambda p: {"a": math.cos(p["a"]) * p["b"], "b": math.sin(p["a"])},
        ),
        (optimize.rosen, (X,), optimize.rosen_der),
        (optimize.rosen_der, (X,), optimize.rosen_hess),
        (special.gamma, (np.array([1.5, 2.5]),), lambda x: np.diag(special.gamma(x) * special.digamma(x))),
        (np.linalg.det, (np.array([[2.0, 1.0], [0.5, 3.0]]),), lambda a: np.linalg.det(a) * np.linalg.inv(a).T),
        (
            np.linalg.inv,
            (np.array([[2.0, 1.0], [0.5, 3.0]]),),
            lambda a: -np.einsum("ik,lj->ijkl", np.linalg.inv(a), np.linalg.inv(a)),
        ),
        (in_place, (X,), lambda x: 2 * x),
        (lambda x: np.array([x[0] + 1j * x[1]]), (X[:2],), lambda x: np.array([[1, 1j]])),
        (lambda z: np.abs(z) ** 2, (1 + 2j,), lambda z: 2 * np.conj(z)),
        (lambda z: z * np.exp(z), (np.complex64(0.5 - 1j),), lambda z: (1 + z) * np.exp(z)),
    ],
)
def test_right_ones_pass(f: Any, args: tuple[Any, ...], grad: Any) -> None:
    report = check_grad(f, *args, grad=grad)
    assert report.undecided == 0
    assert report.largest_relative_error < (1e-3 if "64" in type(args[0]).__name__ else 1e-7)


def test_what_the_functions_change_in_place_is_not_the_callers() -> None:
    x = X.copy()

    def grad(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x *= 2
        return x

    assert check_grad(in_place, x, grad=grad).undecided == 0
    assert x.tolist() == X.tolist()
    with pytest.raises(GradientMismatchError):
        check_grad(in_place, x, grad=lambda x: 3 * x)


@pytest.mark.parametrize(
    ("f", "args", "grad", "where"),
    [
        (math.exp, (1.0,), lambda x: math.exp(x) * (1 + 1e-7), r"gradient: got 2\.7182"),
        (optimize.rosen, (X,), lambda x: optimize.rosen_der(x) + 1e-4 * (np.arange(5) == 3), r"gradient\[3\]: got"),
        (lambda p: p["a"] * p["b"], ({"a": 2.0, "b": 3.0},), lambda p: {"a": 3.0, "b": 2.001}, r"gradient\['b'\]"),
        (lambda z: np.abs(z) ** 2, (1 + 2j,), lambda z: 2 * z, r"got 2\+4j, expected 2-4j"),
        (lambda a, b: a * b, (2.0, 3.0), lambda a, b: a, r"got 2, expected 3"),
    ],
)
def test_wrong_ones_are_found_and_placed(f: Any, args: tuple[Any, ...], grad: Any, where: str) -> None:
    with pytest.raises(GradientMismatchError, match=where):
        check_grad(f, *args, grad=grad)


# --- integers are constants ------------------------------------------------------------------------------------------


def test_an_integer_beside_real_numbers_is_a_constant_and_stays_an_integer() -> None:
    assert check_grad(lambda x, n: x[n] ** 2, X, 3, grad=lambda x, n: 2 * x[n] * (np.arange(5) == n)).comparisons == 5
    assert check_grad(lambda x, n: np.sum(x[n] * x), X, 3).undecided == 0
    assert check_grad(lambda x, i: np.sum(x[i] ** 2), X, np.array([0, 1])).undecided == 0
    assert check_grad(lambda x, p: x ** p["n"], 2.0, {"n": 3}).undecided == 0
    assert check_grad(lambda x, n: x * np.floor(n), 2.0, 3, order=1).undecided == 0


def test_an_integer_alone_or_asked_for_is_a_number() -> None:
    assert check_grad(lambda n: n * n, 3, grad=lambda n: 2 * n).comparisons == 1
    assert check_grad(lambda x, n: x * n, 2.0, 3, argnums=(0, 1), grad=lambda x, n: (n, x)).comparisons == 2
    with pytest.raises(GradientMismatchError, match="got 3, expected 2"):
        check_grad(lambda x, n: x * n, 2.0, 3, argnums=1, grad=lambda x, n: x + 1)
    with pytest.raises(DtypeError, match="differentiate"):
        check_grad(len, "text", grad=lambda s: 0.0)


# --- kinks -----------------------------------------------------------------------------------------------------------


def smallest(x: Any) -> Any:
    return np.minimum(np.abs(x[0]), np.abs(x[1]))


KINKS = {
    "relu at 0": (lambda x: np.maximum(x, 0.0), 0.0, lambda x: 0.0),
    "relu of one element": (lambda x: np.sum(np.maximum(x, 0)), X, lambda x: (x > 0) * 1.0),
    "abs at 0": (np.abs, 0.0, lambda x: 0.0),
    "ties of max": (np.max, np.array([1.0, 1.0, 0.0]), lambda x: np.array([0.5, 0.5, 0.0])),
    "a jump of floor": (np.floor, 1.0, lambda x: 0.0),
    "a jump of a step": (lambda x: np.heaviside(x, 0.5) * (x + 1), 0.0, lambda x: 0.5),
    "sqrt(abs) at 0": (lambda x: np.sqrt(np.abs(x)), 0.0, lambda x: 0.0),
    "the edge of the domain": (np.sqrt, 0.0, lambda x: math.inf),
    "cbrt at 0": (np.cbrt, 0.0, lambda x: 0.0),
    "one direction of many": (
        lambda x: np.sum(x * x) + abs(x[7]),
        np.cos(np.arange(40.0)) * (np.arange(40) != 7),
        lambda x: 2 * x,
    ),
    "no axis, but between them": (smallest, np.zeros(2), np.zeros_like),
    "float32": (lambda x: np.sum(np.abs(x)), X.astype(np.float32), np.sign),
}


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.filterwarnings("ignore:.*divide by zero")
def test_a_kink_is_not_a_bug(name: str) -> None:
    f, x, grad = KINKS[name]
    with pytest.raises(NotDifferentiableError, match="not differentiable here"):
        check_grad(f, x, grad=grad)


OURS = [name for name in KINKS if name not in ("the edge of the domain", "cbrt at 0", "a jump of floor")]


@pytest.mark.parametrize("name", OURS)
def test_a_kink_is_not_a_bug_of_ours_either(name: str) -> None:
    f, x, _ = KINKS[name]
    with pytest.raises(NotDifferentiableError, match="not differentiable here"):
        check_grad(f, x)


@pytest.mark.parametrize("wrong", [1.1, -1.0, math.nan])
def test_a_kink_does_not_hide_a_bug_elsewhere(wrong: float) -> None:
    f, x, grad = KINKS["relu of one element"]
    with pytest.raises(GradientMismatchError, match=r"gradient\[[034]\]: got"):
        check_grad(f, x, grad=lambda x: grad(x) * wrong + (x == 0) * 0.5)


@pytest.mark.parametrize("x", [1e-3, -1e-3, 1e-6])
def test_beside_a_kink_a_gradient_is_right_or_wrong(x: float) -> None:
    assert check_grad(np.abs, x, grad=np.sign).undecided == 0
    with pytest.raises(GradientMismatchError):
        check_grad(np.abs, x, grad=lambda x: -np.sign(x))


# --- float32 ---------------------------------------------------------------------------------------------------------


def regression(a: Any, b: Any, w: Any) -> Any:
    return np.sum((a @ w - b) ** 2)


def regression_gradient(a: Any, b: Any, w: Any) -> Any:
    return 2 * a.T @ (a @ w - b)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 4, 50]), st.sampled_from([1e-3, 1.0, 1e3]))
@settings(max_examples=25)
def test_float32_gradients_are_right_to_the_rounding_of_their_terms(seed: int, rows: int, scale: float) -> None:
    """Residuals may cancel: an element of the gradient is a small difference of large terms."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(rows, 3)).astype(np.float32)
    b = (scale * rng.normal(size=rows)).astype(np.float32)
    w = (scale * rng.normal(size=3)).astype(np.float32)
    right = check_grad(regression, a, b, w, argnums=2, grad=regression_gradient)
    assert right.comparisons == 3
    largest = np.argmax(np.abs(regression_gradient(a, b, w)))
    with pytest.raises(GradientMismatchError, match=f"\\[{largest}\\]"):
        check_grad(
            regression,
            a,
            b,
            w,
            argnums=2,
            grad=lambda *args: regression_gradient(*args) * np.where(np.arange(3) == largest, np.float32(1.05), 1),
        )


def test_float32_forgives_what_float64_does_not() -> None:
    grad = lambda x: (2 * x * (1 + 1e-6)).astype(x.dtype)
    assert check_grad(lambda x: np.sum(x * x), X.astype(np.float32), grad=grad).undecided == 0
    with pytest.raises(GradientMismatchError):
        check_grad(lambda x: np.sum(x * x), X, grad=grad)


def test_shapes_and_containers_are_compared_first() -> None:
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        check_grad(np.sum, X, grad=lambda x: np.ones(3))
