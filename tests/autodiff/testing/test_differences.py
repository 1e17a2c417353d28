"""finite_difference and its relatives, against mpmath and published numbers."""

import math
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from autodiff.testing import complex_step, directional_difference, finite_difference, one_sided

# The function, and its derivative in mpmath.
FAMILY = {
    "sin": (np.sin, mpmath.cos),
    "exp": (np.exp, mpmath.exp),
    "steep": (lambda x: np.tanh(50 * x), lambda x: 50 * mpmath.sech(50 * x) ** 2),
    "cube": (lambda x: x * x * x, lambda x: 3 * x * x),
    "gauss": (lambda x: np.exp(-x * x), lambda x: -2 * x * mpmath.exp(-x * x)),
    "peak": (lambda x: 1 / (1 + 1e4 * x * x), lambda x: -20000 * x / (1 + 10000 * x * x) ** 2),
    "oscillating": (
        lambda x: np.cos(30 * x) * np.exp(x),
        lambda x: mpmath.exp(x) * (mpmath.cos(30 * x) - 30 * mpmath.sin(30 * x)),
    ),
    "fast": (lambda x: np.sin(1e6 * x), lambda x: 1000000 * mpmath.cos(1000000 * x)),
    "cancelling": (lambda x: np.sqrt(1 + x * x) - 1, lambda x: x / mpmath.sqrt(1 + x * x)),
    "staircase": (lambda x: np.sin(x) + 1e4 - 1e4, mpmath.cos),
    "constant": (lambda x: 0 * x + 3, lambda x: mpmath.mpf(0)),
    "shifted": (lambda x: np.log1p((x - 1) ** 2), lambda x: 2 * (x - 1) / (1 + (x - 1) ** 2)),
}
POSITIVE = {
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x))),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x)),
    "power": (lambda x: x**2.5, lambda x: 2.5 * x ** mpmath.mpf(1.5)),
}
SCALED = [0.0, 1e-8, -1e-8, 1e-3, 0.3, 1.0, -2.0, 7.7, 1e3, -1e4, 1e8]


def exact(derivative, x):
    with mpmath.workdps(40):
        return float(derivative(mpmath.mpf(float(x))))


def within(f, derivative, x, factor):
    truth = exact(derivative, x)
    with np.errstate(all="ignore"):
        found = finite_difference(f, x)
    if math.isfinite(truth):
        assert abs(found.derivative - truth) <= factor * found.error or not math.isfinite(found.error)
    return found, truth


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("x", SCALED)
def test_true_error_is_below_the_estimate(name, x):
    within(*FAMILY[name], np.float64(x), 3)


@pytest.mark.parametrize("name", POSITIVE)
@pytest.mark.parametrize("x", [x for x in SCALED if x > 0])
def test_true_error_is_below_the_estimate_beside_a_singular_point(name, x):
    found, truth = within(*POSITIVE[name], np.float64(x), 3)
    assert found.error <= 1e-10 * abs(truth)


@given(st.sampled_from(sorted(FAMILY)), st.floats(-3, 3), st.integers(-8, 1))
def test_true_error_is_below_a_small_multiple_of_the_estimate(name, x, magnitude):
    within(*FAMILY[name], np.float64(x * 10.0**magnitude), 10)


@given(st.sampled_from(sorted(set(FAMILY) - {"fast"})), st.floats(-3, 3, width=32))
def test_float32_steps_and_errors_follow_float32(name, x):
    if 0 < abs(x) < 1e-3:  # below that, float32 shows nothing of these functions but their value at 0
        x = 0.0
    found, _ = within(*FAMILY[name], np.float32(x), 12)
    assert found.derivative.dtype == np.float64


@pytest.mark.parametrize("name", ["sin", "exp", "cube", "gauss", "oscillating"])
def test_the_estimate_is_useful(name):
    for x in (0.3, 1.0, -2.0):
        found, truth = within(*FAMILY[name], x, 3)
        assert found.error < 1e-9 * max(1, abs(truth))
        found, truth = within(*FAMILY[name], np.float32(x), 12)
        assert found.error < 1e-2 * max(1, abs(truth))


def test_where_the_ladder_cannot_see_the_error_is_infinite():
    found = finite_difference(lambda x: np.sin(1e6 * x), np.float32(0.3))
    assert found.error == math.inf


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (abs, 0.0, -1, 1),
        (lambda x: np.maximum(x, 0), 0.0, 0, 1),
        (lambda x: np.maximum(x - 1, 0), 1.0, 0, 1),
        (lambda x: np.abs(np.sin(x)), np.pi, -1, 1),
        (lambda x: np.abs(x) + x * x, 0.0, -1, 1),
        (lambda x: 1e-9 * np.abs(x) + x * x, 0.0, -1e-9, 1e-9),
        (lambda x: np.maximum(x, -x) * np.exp(x), 0.0, -1, 1),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_kinks_are_reported_with_both_sides(f, x, left, right, dtype):
    x = dtype(x)
    assert finite_difference(f, x).kink
    sides = one_sided(f, x)
    assert abs(sides.left - left) <= 10 * sides.error + 1e-6
    assert abs(sides.right - right) <= 10 * sides.error + 1e-6


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.cbrt, 0.0),
        (np.sqrt, 0.0),
        (lambda x: np.sqrt(np.abs(x)), 0.0),
        (np.floor, 1.0),
        (lambda x: np.heaviside(x, 0.5), 0.0),
        (lambda x: x * math.log(abs(x)) if x else 0.0, 0.0),
    ],
)
def test_jumps_cusps_and_edges_of_the_domain_are_reported(f, x):
    found = finite_difference(f, x)
    assert found.kink
    assert found.error > 100


@pytest.mark.parametrize("x", [0.0, 1e-3, -1e-3, 1.0])
@pytest.mark.parametrize(
    "f", [np.sin, np.tanh, lambda x: x * np.abs(x), lambda x: np.abs(x) ** 1.5, lambda x: x**4, lambda x: 1e6 * x * x]
)
def test_smooth_points_are_not_reported_as_kinks(f, x):
    assert not finite_difference(f, x).kink


@pytest.mark.parametrize(("x", "slope"), [(1e-3, 1), (-1e-3, 0), (1e-6, 1)])
def test_a_kink_nearby_does_not_disturb(x, slope):
    found = finite_difference(lambda x: np.maximum(x, 0), x)
    assert not found.kink
    assert abs(found.derivative - slope) <= 3 * found.error + 1e-14
    assert found.error < 1e-9


def test_rosenbrock_gradient():
    def rosenbrock(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    # SciPy's documentation of optimize.rosen_der prints these for 0.1·arange(9); the formula is Rosenbrock's (1960).
    nine = finite_difference(rosenbrock, 0.1 * np.arange(9))
    published = [-2.0, 10.6, 15.6, 13.4, 6.4, -3.0, -12.4, -19.4, 62.0]
    assert np.all(np.abs(nine.derivative - published) <= 3 * nine.error + 1e-12)


def test_jacobian_shapes_and_values():
    A = np.arange(6.0).reshape(2, 3)
    found = finite_difference(lambda x: A @ x, np.ones((3, 2)))
    assert found.derivative.shape == found.error.shape == found.kink.shape == (2, 2, 3, 2)
    expected = np.einsum("ik,jl->ijkl", A, np.eye(2))
    np.testing.assert_allclose(found.derivative, expected, rtol=1e-9, atol=1e-12)


class Pair(NamedTuple):
    first: object
    second: object


def test_containers_of_arguments_and_results():
    def f(p, scale):
        return {"a": p["w"] @ np.ones(2) * scale, "b": Pair(p["b"] * 2, p["b"])}

    p = {"w": np.ones((3, 2)), "b": 1.5, "n": 3, "name": "x"}
    found = finite_difference(f, p, 2.0)
    assert found.derivative["a"]["w"].shape == (3, 3, 2)
    assert found.derivative["a"]["n"] is None
    assert isinstance(found.derivative["b"], Pair)
    assert found.derivative["b"].first["b"] == pytest.approx(2)
    by_scale = finite_difference(f, p, 2.0, argnums=1)
    assert by_scale.derivative["a"] == pytest.approx([2, 2, 2])
    both = finite_difference(f, p, 2.0, argnums=(1, 0))
    assert both.derivative["a"][0] == pytest.approx([2, 2, 2])
    assert both.derivative["a"][1]["w"].shape == (3, 3, 2)


def test_integers_at_top_level_are_numbers():
    assert finite_difference(lambda x: x * x, 3).derivative == pytest.approx(6)


def test_empty_arrays():
    assert finite_difference(lambda x: x * 2, np.zeros((0, 2))).derivative.shape == (0, 2, 0, 2)
    assert finite_difference(np.sum, np.zeros(0)).derivative.shape == (0,)


def test_complex_arguments():
    z = 0.3 + 1j
    analytic = finite_difference(np.exp, z)
    assert abs(analytic.derivative - np.exp(z)) <= 3 * analytic.error
    modulus = finite_difference(lambda z: np.abs(z) ** 2, np.array([1 + 2j, -1j]))
    np.testing.assert_allclose(modulus.derivative, np.diag(2 * np.conj([1 + 2j, -1j])), rtol=1e-10, atol=1e-10)
    real_to_complex = finite_difference(lambda x: np.exp(1j * x), 0.5)
    assert abs(real_to_complex.derivative - 1j * np.exp(0.5j)) <= 3 * real_to_complex.error
    assert finite_difference(lambda z: (z * z).astype(np.complex64), np.complex64(1 + 1j)).error > 1e-8


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=5), st.integers(0, 2**31))
def test_a_direction_is_a_combination_of_columns(x, seed):
    x = np.array(x)
    t = np.random.default_rng(seed).normal(size=x.shape)

    def f(x):
        return np.tanh(np.outer(x, x)) + np.sin(3 * x)

    columns, line = finite_difference(f, x), directional_difference(f, (x,), (t,))
    bound = 10 * (line.error + columns.error @ np.abs(t)) + 1e-13
    assert np.all(np.abs(line.derivative - columns.derivative @ t) <= bound)
    assert line.derivative.shape == (len(x), len(x))


def test_wrong_arguments_are_named():
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        directional_difference(np.sin, (np.zeros(2),), (np.zeros(3),))
    with pytest.raises(ArgumentError, match="argnums=1"):
        finite_difference(np.sin, 1.0, argnums=1)
    with pytest.raises(DtypeError, match="to differentiate"):
        finite_difference(lambda x: x, "text")
    with pytest.raises(DtypeError, match="numeric"):
        finite_difference(str, 1.0)


@pytest.mark.parametrize("name", ["sin", "exp", "cube", "gauss", "oscillating", "shifted"])
@pytest.mark.parametrize("x", [0.0, 1e-8, 0.3, -2.0])
def test_complex_step_is_exact_to_rounding(name, x):
    f, derivative = FAMILY[name]
    assert complex_step(f, x) == pytest.approx(exact(derivative, x), rel=1e-14, abs=1e-300)


def test_complex_step_of_squire_and_trapp():
    # Squire and Trapp (1998), example: f = x^{9/2} at 1.5, f′ = 18.600812734259759.
    assert complex_step(lambda x: x**4.5, 1.5) == pytest.approx(18.600812734259759, rel=1e-15)


def test_complex_step_jacobian():
    x = np.array([[1.0, 2.0], [0.5, 0.0]])
    found = complex_step(lambda x: np.sin(x) @ x, x)
    assert found.shape == (2, 2, 2, 2)
    reference = finite_difference(lambda x: np.sin(x) @ x, x)
    assert np.all(np.abs(found - reference.derivative) <= 3 * reference.error + 1e-14)
    assert complex_step(np.sin, np.zeros(0)).shape == (0, 0)


@pytest.mark.parametrize(
    "f", [abs, lambda z: z * np.conj(z), lambda z: np.real(z) + 0 * z, math.exp, lambda z: np.abs(z) + 0j, np.cbrt]
)
def test_complex_step_refuses_what_is_not_analytic(f):
    with pytest.raises(UnsupportedError, match=r"analytic|complex"):
        complex_step(f, 1.5)


def test_an_integer_that_is_not_varied_stays_one():
    found = finite_difference(lambda x, n: x[n] ** n, np.array([1.0, 2.0, 3.0]), 2)
    assert found.derivative == pytest.approx([0, 0, 6])
    assert one_sided(lambda n, x: x[n], 1, np.array([1.0, 2.0]), argnums=1).left == pytest.approx([0, 1])


def test_a_function_may_change_what_it_is_given():
    def f(x):
        x *= x
        return x

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(finite_difference(f, x).derivative, [[2, 0], [0, 4]], atol=1e-9)
    assert x.tolist() == [1.0, 2.0]
