"""Every elementwise entry where operands differ in dtype, and at special numbers: zeros, infinities, NaN, the extremes.

Nothing here knows a rule: the references are the same operation on float64 operands, and one mode beside the other.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import mpmath
import numpy as np
import pytest

import autodiff as ad
import autodiff.primitives.special  # (its entries load on first use)
from autodiff.primitives import DISPATCH, TABLE
from autodiff.primitives.kinds import Primitive
from tests.autodiff.checks import check

ELEMENTWISE = sorted(name for name, entry in TABLE.items() if entry.kind == "elementwise")
SEVERAL = [name for name in ELEMENTWISE if len(TABLE[name].rules) > 1]
SMALL_DTYPES = [np.float32, np.float16, np.int8, np.uint8, np.int64, np.bool_]

# --- rules read operands in the dtype of the computation --------------------------------------------------------------


def operands_of(entry: Primitive) -> list[Any]:
    """An array for each operand, of numbers that no dtype rounds but float16 and less, inside the domains."""
    return [
        np.array([0.375, 1.625]) + (1.25 * i if domain.hole is None else 0.5) for i, domain in enumerate(entry.domain)
    ]


def narrow(x: Any, dtype: Any) -> Any:
    """x in another dtype: thirds in a floating one, so that their reciprocals are no round numbers."""
    if np.dtype(dtype).kind == "f":
        return (x / 3).astype(dtype)
    return np.array([True, True]) if dtype is np.bool_ else np.array([1, 3], dtype)


def derivatives(entry: Primitive, operands: list[Any], moved: int) -> list[Any]:
    """The derivative with respect to one operand in both modes, plain and recorded, as NumPy arrays."""

    def f(x: Any) -> Any:
        return entry(*operands[:moved], x, *operands[moved + 1 :])

    x = operands[moved]
    recorded = ad.Value(x)
    return [
        ad.elementwise_grad(f)(x),
        ad.elementwise_grad(f)(recorded).data,
        ad.jvp(f, (x,), (np.ones_like(x),))[1],
        ad.jvp(f, (recorded,), (np.ones_like(x),))[1].data,
    ]


@pytest.mark.parametrize("dtype", SMALL_DTYPES, ids=[np.dtype(d).name for d in SMALL_DTYPES])
@pytest.mark.parametrize("name", SEVERAL)
def test_partials_are_as_precise_as_the_result(name: str, dtype: Any) -> None:
    """A float64 operand beside a narrow one, a constant or a variable, has the gradient it has beside a float64."""
    entry = TABLE[name]
    for moved, other in itertools.permutations(range(len(entry.rules)), 2):
        operands = operands_of(entry)
        operands[other] = narrow(operands[other], dtype)
        wide = [x.astype(np.float64) for x in operands]
        expected = derivatives(entry, wide, moved)[0]
        for found in derivatives(entry, operands, moved):
            assert found.dtype == np.float64
            np.testing.assert_allclose(found, expected, rtol=4e-16)
        if np.dtype(dtype).kind == "f":  # both are variables: that of the narrow one is rounded once, at the end
            argnums = tuple(range(len(operands)))
            f = lambda *xs: np.sum(entry(*xs) * np.array([1.0, 0.7]))
            both, exact = ad.grad(f, argnums)(*operands), ad.grad(f, argnums)(*wide)
            for g, e, x in zip(both, exact, operands):
                assert g.dtype == x.dtype
                np.testing.assert_array_equal(g, e.astype(x.dtype))


def test_partials_beside_constants_of_less_precision() -> None:
    """As precise as JAX and PyTorch are in float64: the exact numbers."""
    one = np.ones(1)
    assert ad.grad(lambda x: np.sum(x / np.float32([3])))(one)[0] == 1 / 3
    assert ad.grad(lambda x: np.sum(np.float32([3]) ** x))(one)[0] == 3 * math.log(3)
    tenth = float(np.float32(0.1))
    slope = ad.grad(lambda x: np.sum(x ** np.float32([0.1])))(np.array([1e-300]))[0]
    assert slope == pytest.approx(float(tenth * mpmath.mpf(1e-300) ** (mpmath.mpf(tenth) - 1)), rel=1e-14)
    scalar = ad.Value(2.0)  # promotes weakly: it stays what it is beside a float32
    out = ad.elementwise_grad(lambda x: x / scalar)(np.float32([1.0, 3.0]))
    assert out.dtype == np.float32


def test_second_derivatives_beside_constants_of_less_precision() -> None:
    x, third = np.array([0.7, 1.3]), np.float32([1 / 3, 2 / 3])
    for f in (lambda x, c: c**x, lambda x, c: x**c, np.hypot, lambda x, c: np.arctan2(c, x)):
        ours = ad.hessian(lambda x, f=f: np.sum(f(x, third)))(x)
        np.testing.assert_allclose(ours, ad.hessian(lambda x, f=f: np.sum(f(x, third.astype(float))))(x), rtol=1e-14)


# --- special numbers --------------------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 1e-300, 0, 1, 2, -1]
FEWER = [0.0, 1.0, -1.0, 0.5, math.inf, math.nan]  # of three operands


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_modes_agree_at_special_numbers(name: str) -> None:
    """Reverse and forward, plain and recorded, as a number and within an array: one derivative, and nothing raises."""
    entry = TABLE[name]
    numbers = SPECIAL if len(entry.rules) < 3 else FEWER
    for operands in itertools.product(numbers, repeat=len(entry.rules)):
        for moved in range(len(operands)):
            x = float(operands[moved])

            def f(x: Any, operands: Any = operands, moved: int = moved) -> Any:
                return np.real(entry(*operands[:moved], x, *operands[moved + 1 :]))

            plain = ad.grad(f)(x)
            others = [
                ad.grad(f)(ad.Value(x)).data,
                ad.jvp(f, (x,), (1.0,))[1],
                ad.jvp(f, (ad.Value(x),), (1.0,))[1].data,
                ad.grad(lambda x: np.sum(f(x)))(np.array([x]))[0],
            ]
            message = f"{name}{operands}, operand {moved}"
            np.testing.assert_allclose(others, [plain] * 4, rtol=1e-12, equal_nan=True, err_msg=message)
            twice = [ad.grad(ad.grad(f))(x), ad.jvp(ad.grad(f), (x,), (1.0,))[1]]
            assert all(type(second) is float for second in twice), message


# --- powers -----------------------------------------------------------------------------------------------------------

BASES = [5e-324, 1e-310, 1e-300, 0.3, 1.0, 7.0, 1e300]
EXPONENTS = [0.0, 1e-300, 1e-8, 0.3, 0.4999, 0.5, 0.51, 1.0, 2.0, -1e-8, -0.3, -0.5, -1.0, -2.5]


def powers_of(x: float, y: float) -> Any:
    """x**y and its first derivatives, and ∂²/∂x∂y, by mpmath."""
    with mpmath.workdps(60):
        x, y = mpmath.mpf(x), mpmath.mpf(y)
        slope = y * x ** (y - 1)
        return [float(v) for v in (slope, mpmath.log(x) * x**y, x ** (y - 1) * (1 + y * mpmath.log(x)))]


@pytest.mark.parametrize("y", EXPONENTS)
@pytest.mark.parametrize("x", BASES)
def test_derivatives_of_powers_wherever_they_are_finite(x: float, y: float) -> None:
    by_base, by_exponent, mixed = powers_of(x, y)
    arrays = lambda f: lambda x, y: f(np.full(2, x), np.full(2, y))[0]
    with np.errstate(all="ignore"):
        literal = ad.grad(lambda x: x**y)(x)
        both = ad.grad(lambda x, y: x**y, (0, 1))(x, y)
        many = arrays(lambda x, y: ad.elementwise_grad(lambda x: x**y)(x))(x, y)
        cross = ad.grad(lambda y: ad.grad(lambda x: x**y)(x))(y)
    for found in (literal, both[0], many):
        assert found == pytest.approx(by_base, rel=3e-14, abs=1e-322)
    assert both[1] == pytest.approx(by_exponent, rel=1e-13)
    if abs(mixed) < 1e300 and x > 1e-305:
        assert cross == pytest.approx(mixed, rel=1e-11)


def test_a_power_of_zero_is_constant() -> None:
    for zeros in (
        np.zeros(2),
        np.zeros(2, np.uint8),
        np.zeros(2, np.int8),
        np.zeros(2, np.bool_),
        np.float32(0),
        0,
        0.0,
    ):
        for x in ([1e3, 2.0], [1e-310, 5e-324], [0.0, -3.0], [math.inf, -math.inf]):
            assert ad.grad(lambda x, zeros=zeros: np.sum(x**zeros))(np.array(x)).tolist() == [0.0, 0.0]
    assert ad.grad(lambda x: np.sum(x ** np.array([0, 2], np.uint8)))(np.array([1e3, 2.0])).tolist() == [0.0, 4.0]
    assert ad.grad(lambda x: np.sum(np.float_power(x, 0)))(np.array([1e-310])).tolist() == [0.0]


# --- no gradient is dropped -------------------------------------------------------------------------------------------

UFUNCS = [f for f in DISPATCH if isinstance(f, np.ufunc) and f.signature is None and f.nout == 1]
INTEGER_ORDERS = {"expn", "kn", "yn"}  # which cannot be moved by a little
UFUNCS = [f for f in UFUNCS if f.__name__ not in INTEGER_ORDERS]
NO_SECOND = {("psi", "complex")}  # refused by name: see test_special.py
UFUNCS.sort(key=lambda f: f.__name__)
POINTS = [np.array([0.0, 0.7, -1.3, 2.4]), np.array([1.7, 0.6, -1.2, 0.9])]
TURNED = [np.array([0.3, 1.0, -2.0, 0.5]), np.array([0.1, -0.7, 0.4, 0.0])]  # the imaginary parts


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("ufunc", UFUNCS, ids=[f.__name__ for f in UFUNCS])
def test_what_differences_see_has_a_gradient(ufunc: Any, kind: str) -> None:
    """Those without a derivative are flat: in every operand, and as functions of complex numbers if they have them."""
    if (ufunc.__name__, kind) in NO_SECOND:
        return
    operands = [x + 1j * y if kind == "complex" else x for x, y in zip(POINTS, TURNED)][: ufunc.nin]
    try:
        if ufunc(*operands)[0].dtype.kind not in "fc":
            return  # truth values and the like jump, or stay
        ufunc(*map(ad.Value, operands))
    except TypeError:
        return  # not a function of complex numbers
    for moved, x in enumerate(operands):

        def f(x: Any, moved: int = moved) -> Any:
            return ufunc(*operands[:moved], x, *operands[moved + 1 :])

        for part in (np.real, np.imag) if f(x).dtype.kind == "c" else (lambda out: out,):
            gradient = ad.elementwise_grad(lambda x, f=f, part=part: part(f(x)))(x)
            for along in (1, 1j) if kind == "complex" else (1,):
                slope = (part(f(x + 1e-6 * along)) - part(f(x - 1e-6 * along))) / 2e-6
                ours = np.real(gradient * along)
                smooth = np.isfinite(ours) & (np.abs(slope) < 1e3)  # no jump
                np.testing.assert_allclose(
                    ours[smooth], slope[smooth], rtol=1e-5, atol=1e-5, err_msg=f"operand {moved}"
                )
                assert smooth.any()


def test_heaviside_hands_the_gradient_to_its_value_at_zero() -> None:
    x = np.array([-1.0, 0.0, 2.0, math.nan])
    assert ad.grad(lambda h: np.sum(np.heaviside(x, h)))(0.5) == 1.0
    assert ad.grad(lambda h: np.sum(np.heaviside(x, h)))(np.full(4, 0.5)).tolist() == [0.0, 1.0, 0.0, 0.0]
    assert ad.jvp(lambda h: np.heaviside(x, h), (0.5,), (2.0,))[1].tolist() == [0.0, 2.0, 0.0, 0.0]
    for h in (0.5, np.float32(0.5), np.full((2, 1), 0.25), np.full(4, 0.5, np.float32)):
        for y in (x, x.astype(np.float32), np.array([0, 1, 2, -1])):
            out, expected = np.heaviside(y, ad.Value(h)).data, np.heaviside(y, h)
            np.testing.assert_array_equal(out, expected)
            assert out.dtype == expected.dtype
    assert not np.heaviside(ad.Value(x), 0.5)._carries


def test_sign_of_complex_numbers() -> None:
    """z/|z|: a change of z along itself changes nothing. By JAX, of z/|z|: its sign drops the gradient."""
    assert ad.grad(lambda z: np.real(np.sign(z)))(1 + 2j) == pytest.approx(0.35777086 + 0.17888544j, rel=1e-7)
    z = np.array([1 + 2j, -0.3j, 4.0, 1e-320j])
    np.testing.assert_array_equal(np.sign(ad.Value(z)).data, np.sign(z))
    assert ad.grad(lambda z: np.sum(np.real(np.sign(z))))(np.array([0j, 2j])).tolist() == [0, 0.5]
    check(np.sign, np.array([1 + 2j, -0.3j, 4.0 - 1j]))
    assert not np.sign(ad.Value(-2.0))._carries
