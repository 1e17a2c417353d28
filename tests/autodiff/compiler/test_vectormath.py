"""The functions of vectormath: against mpmath and extended precision, at every threshold; special values as NumPy's."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from inspect import signature
from typing import Any

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from autodiff.compiler.ir import F32, F64, I64, POINTER, Function, vector
from autodiff.compiler.native import Library, module_text, target
from autodiff.compiler.vectormath import FUNCTIONS
from autodiff.compiler.vectormath.powers import power

DTYPES = [np.float64, np.float32]
EXACT = ["remainder", "fmod", "floor_divide", "sign", "rint", "maximum", "minimum", "fmax", "fmin", "heaviside"]
BINARY = [name for name, function in FUNCTIONS.items() if len(signature(function).parameters) == 2]
ROUNDED = [name for name in FUNCTIONS if name not in EXACT]
UNARY = [name for name in ROUNDED if name not in BINARY]
ULPS = {"power": 4.0, "tan": 4.0, "hypot": 1.5}
"""The largest error that is promised, where it is not 2.5 units in the last place."""

# --- running them ---------------------------------------------------------------------------------------------------


def native(body: Callable[..., Any], operands: int, dtype: Any, lanes: int) -> Callable[..., Any]:
    """A function of arrays of that dtype, whose sizes are multiples of lanes: one compiled loop."""
    base = F64 if dtype == np.float64 else F32
    f = Function("run", [POINTER] * (operands + 1) + [I64])
    *sources, out, size = f.parameters

    def step(i: Any) -> list[Any]:
        values = [f.load(f.offset(p, i, base), vector(base, lanes)) for p in sources]
        f.store(body(*values), f.offset(out, i, base))
        return []

    f.loop(0, size, lanes, [], step)
    library = Library(module_text([f], [f.text(attributes=target().attributes)]))
    run = library.function("run", *[ctypes.c_void_p] * (operands + 1), ctypes.c_int64)

    def apply(*arrays: Any) -> Any:
        count = len(arrays[0])
        padded = [np.concatenate([x, np.ones(-count % lanes, dtype)]).astype(dtype) for x in arrays]
        result = np.empty_like(padded[0])
        run(*(x.ctypes.data for x in padded), result.ctypes.data, len(result))
        return result[:count]

    return apply


@cache
def compiled(name: str, dtype: Any, lanes: int = 0) -> Callable[..., Any]:
    """One of the table; by default with as many lanes as a register of 512 bits has."""
    return native(FUNCTIONS[name], 2 if name in BINARY else 1, dtype, lanes or 64 // np.dtype(dtype).itemsize)


# --- references -----------------------------------------------------------------------------------------------------


def _cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def _erfc(x: Any) -> Any:
    return mp.erfc(x) if x < 40 else mpf(0)


IN_MPMATH: dict[str, Callable[..., Any]] = {
    **{name: getattr(mp, name) for name in FUNCTIONS if hasattr(mp, name)},
    **{f"arc{name}": getattr(mp, f"a{name}") for name in ["sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2"]},
    "exp2": lambda x: mpf(2) ** x,
    "log2": lambda x: mp.log(x, 2),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
    "logaddexp2": lambda x, y: max(x, y) + mp.log1p(mpf(2) ** -abs(x - y)) / mp.ln2,
    "erfc": _erfc,
    "cbrt": _cbrt,
    "power": mp.power,
}


def _sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _log_of_sum(exp: Callable[[Any], Any], unit: float) -> Callable[[Any, Any], Any]:
    def log_of_sum(x: Any, y: Any) -> Any:
        return np.maximum(x, y) + np.log1p(exp(-np.abs(x - y))) / (1 if unit == 1 else np.log(x.dtype.type(unit)))

    return log_of_sum


IN_EXTENDED: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in ROUNDED if hasattr(np, name)},
    "sigmoid": _sigmoid,
    "softplus": lambda x: _log_of_sum(np.exp, 1)(x, 0 * x),
    "logaddexp": _log_of_sum(np.exp, 1),
    "logaddexp2": _log_of_sum(np.exp2, 2),
}
"""In the arithmetic of whatever they are given; erf and erfc are not there in extended precision."""

IN_DOUBLE: dict[str, Callable[..., Any]] = {**IN_EXTENDED, "erf": scipy.special.erf, "erfc": scipy.special.erfc}


def off_by(name: str, arguments: tuple[float, ...], result: float, dtype: Any) -> float:
    """The error of a finite result, in units of the last place that the true one has."""
    info, exact = np.finfo(dtype), [mpf(float(x)) for x in arguments]
    true = IN_MPMATH[name](*exact)
    scale = abs(true) if not name.startswith("logaddexp") else max(abs(true), abs(max(exact)), abs(true - max(exact)))
    lowest = mpf(2) ** int(info.minexp - info.nmant)
    unit = max(mpf(2) ** (mp.mag(scale) - 1 - info.nmant), lowest) if scale else lowest
    found = mpf(float(result)) if np.isfinite(result) else mp.sign(result) * mpf(2) ** int(info.maxexp)
    if abs(true) >= mpf(2) ** int(info.maxexp) and abs(found) >= mpf(2) ** int(info.maxexp):
        found = true
    return float(abs(found - true) / unit)


def assert_close_to_mpmath(name: str, dtype: Any, *arrays: Any) -> None:
    arrays = tuple(np.asarray(x).astype(dtype) for x in arrays)
    with mp.workdps(50 if dtype == np.float64 else 30):
        for *arguments, result in zip(*arrays, compiled(name, dtype)(*arrays), strict=True):
            error = off_by(name, tuple(arguments), result, dtype)
            assert error <= ULPS.get(name, 2.5), f"{name}({arguments}) = {result} is off by {error:.2f} ulp"


# --- arguments ------------------------------------------------------------------------------------------------------


def around(points: Any, dtype: Any, steps: int = 6) -> Any:
    """The numbers next to each of the points."""
    integer = np.int64 if dtype == np.float64 else np.int32
    bits = np.asarray(points, dtype).view(integer)[:, None] + np.arange(-steps, steps + 1, dtype=integer)
    return bits.view(dtype).ravel()


def everywhere(dtype: Any, size: int, seed: int) -> Any:
    """Random bits, without infinities and NaNs."""
    x = np.random.default_rng(seed).integers(0, 256, size * 8, dtype=np.uint8).view(dtype)[:size]
    return x[np.isfinite(x)]


def near_multiples(dtype: Any, highest: int) -> list[float]:
    """m·2ᵉ that are nearest to multiples of ½π: m/k are convergents of the continued fraction of ½π/2ᵉ."""
    digits, found = np.finfo(dtype).nmant + 1, []
    with mp.workdps(400):
        for e in range(-digits, highest - digits, 5):
            rest, before, now = mp.pi / 2 / mpf(2) ** e, 0, 1
            while now < 2**digits:
                whole = int(mp.floor(rest))
                before, now = now, whole * now + before
                if 2 ** (digits - 1) <= now < 2**digits:
                    found.append(float(Fraction(now) * Fraction(2) ** e))
                rest = 1 / (rest - whole)
    return found


def thresholds(name: str, dtype: Any) -> list[float]:
    """Where the formulas change, where results overflow, underflow, vanish."""
    double = dtype == np.float64
    ln_largest, ln_smallest, ln_least = (709.7827, -708.3964, -744.4401) if double else (88.72284, -87.33654, -103.2789)
    ends = [ln_largest, ln_smallest, ln_least, -ln_largest, ln_largest + 0.6931]
    exponentials = [*ends, *((708.0, -708.0, 707.0, -707.0) if double else (87.0, -87.0, 86.0, -86.0)), 0.34657359]
    roots = [0.70710678, 1.41421356]
    at = {
        "exp2": [1024.0, -1022.0, -1074.0, -1075.0, 1023.0] if double else [128.0, -126.0, -149.0, -150.0, 127.0],
        "log1p": [-1 + 2.0**-24, -0.29289322, 0.41421356, 2.0**511 if double else 2.0**63],
        "tanh": [0.1732868, 0.5198604, 19.06155, 20.0, 9.01091, 10.0],
        "arctan": [0.41421356, 2.41421356],
        "arctanh": [0.5, 0.1763, 0.1889, 1 - 2.0**-20],
        "arcsin": [0.5],
        "arcsinh": [0.35355, 2.0**511 if double else 2.0**63],
        "arccosh": [1 + 2.0**-20, 1.00740, 1.06066],
        "erf": [0.4, 5.95, 3.95],
        "erfc": [0.4, 0.55, 26.5, 27.22, 9.19, 10.05, 3.0],
        "cbrt": [2.0, 4.0, 8.0, *roots, *(2 * r for r in roots), *(4 * r for r in roots)],
    }
    for other in ("log", "log2", "log10"):
        at[other] = [*roots, 1 - 2.0**-20]
    for other in ("expm1", "exp", "sinh", "cosh", "sigmoid", "softplus"):
        at[other] = exponentials
    for other in ("sin", "cos", "tan"):
        at[other] = [0.78539816, 1.5707963, 3.1415927, 2.0**45, 2.0**17]
    at["arccos"] = at["arcsin"]
    signed = [*at[name], *(-x for x in at[name])]
    info = np.finfo(dtype)
    return [*signed, 1.0, -1.0, 0.5, 1e-3, float(info.tiny), float(info.smallest_subnormal), float(info.max)]


def in_domain(name: str, *arrays: Any) -> Iterator[Any]:
    """Only where there is a finite result, as mpmath reckons (and quickly enough)."""
    with np.errstate(all="ignore"):
        x = arrays[0]
        kept = np.isfinite(x)
        if name in ("log", "log2", "log10"):
            kept &= x > 0
        elif name in ("arcsin", "arccos"):
            kept &= np.abs(x) <= 1
        elif name == "arctanh":
            kept &= np.abs(x) < 1
        elif name == "arccosh":
            kept &= x >= 1
        elif name == "log1p":
            kept &= x > -1
        elif name in ("exp", "exp2", "expm1", "sinh", "cosh", "softplus", "sigmoid"):
            kept &= np.abs(x) < 1200
        elif name in ("erf", "erfc"):
            kept &= np.abs(x) < 30
    return (x[kept] for x in arrays)


# --- accuracy -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_at_every_threshold(name: str, dtype: Any) -> None:
    assert_close_to_mpmath(name, dtype, *in_domain(name, around(thresholds(name, dtype), dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_over_the_whole_range(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([everywhere(dtype, 60, 1), rng.normal(size=60), rng.uniform(-1, 1, 40) * 100])
    assert_close_to_mpmath(name, dtype, *in_domain(name, points.astype(dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_angles_nearest_to_multiples_of_a_right_angle(name: str, dtype: Any) -> None:
    assert_close_to_mpmath(name, dtype, near_multiples(dtype, 1024 if dtype == np.float64 else 128))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in BINARY if name in ROUNDED])
def test_of_two_operands(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(2)
    x, y = everywhere(dtype, 80, 3)[:60], everywhere(dtype, 80, 4)[:60]
    x = np.concatenate([x, rng.normal(size=150), np.exp(rng.uniform(-40, 40, 100))])
    y = np.concatenate([y, rng.normal(size=150), np.exp(rng.uniform(-40, 40, 100))])
    if name == "power":  # results over the whole range, by bases near 1 and far from it
        largest = 745 if dtype == np.float64 else 103
        x = np.concatenate([np.exp(rng.uniform(-1, 1, 150)), np.exp(rng.uniform(-largest, largest, 150) * 0.85)])
        x = x.astype(dtype).astype(float)
        y = rng.uniform(-1, 1, 300) * largest / np.abs(np.log(x))
    elif name.startswith("logaddexp"):
        x, y = np.clip(x, -1e5, 1e5), np.clip(y, -1e5, 1e5)
    assert_close_to_mpmath(name, dtype, x, y)


@pytest.mark.parametrize("name", ROUNDED)
@pytest.mark.parametrize("dtype", DTYPES)
def test_many_points_against_the_next_wider_arithmetic(name: str, dtype: Any) -> None:
    wide = np.longdouble if dtype == np.float64 else np.float64
    references = IN_EXTENDED if dtype == np.float64 else IN_DOUBLE
    if np.finfo(wide).nmant < np.finfo(dtype).nmant + 11 or name not in references:
        assert dtype == np.float64  # a processor without extended precision, erf and erfc: mpmath has to do
        return
    rng = np.random.default_rng(5)
    size, bound = 20_000, ULPS.get(name, 2.5)
    x = np.concatenate([everywhere(dtype, size, 6), rng.normal(size=size), np.exp(rng.uniform(-20, 4, size))])
    x = x.astype(dtype)
    x = np.concatenate([x, -x[size:]]) if name not in ("log", "power") else np.abs(x)
    arrays = [*in_domain(name, x)]
    if name in BINARY:
        arrays.append(rng.permutation(np.abs(arrays[0]) if name.startswith("logaddexp") else arrays[0]))
        arrays[0] = np.abs(arrays[0]) if name.startswith("logaddexp") else arrays[0]
    found = compiled(name, dtype)(*arrays).astype(wide)
    with np.errstate(all="ignore"):
        true = references[name](*(x.astype(wide) for x in arrays))
        info = np.finfo(dtype)
        exponent = np.maximum(np.frexp(true)[1] - 1, info.minexp) - info.nmant
        error = np.abs(found - true) / np.ldexp(np.ones_like(true), exponent)
        error = np.where(np.isinf(found) & (np.abs(true) >= wide(info.max)), 0, error)
    worst = int(np.nanargmax(error))
    assert error[worst] <= bound, (name, [x[worst] for x in arrays], found[worst], true[worst], error[worst])
    assert np.isnan(found).sum() == np.isnan(true).sum()


def test_logaddexp_near_zero_is_as_exact_as_its_terms() -> None:
    x = np.random.default_rng(7).uniform(-0.69, 0, 200)
    y = np.log(-np.expm1(x))  # eˣ + eʸ is 1, but for rounding
    assert_close_to_mpmath("logaddexp", np.float64, x, y)
    assert_close_to_mpmath("logaddexp", np.float32, x, y)


# --- special values -------------------------------------------------------------------------------------------------


def special(dtype: Any) -> Any:
    info = np.finfo(dtype)
    numbers = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 2.5, 1e5 + 1, 2.0**24 + 1, 2.0**53, np.inf, float(info.max)]
    numbers += [float(info.tiny), float(info.tiny) / 2, float(info.smallest_subnormal), 1 - float(info.epsneg)]
    return np.array([np.nan, *numbers, *(-x for x in numbers)], dtype)


NUMPYS: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in FUNCTIONS if hasattr(np, name)},
    "sigmoid": scipy.special.expit,
    "softplus": lambda x: np.logaddexp(x, x.dtype.type(0)),
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values_are_numpys(name: str, dtype: Any) -> None:
    x = special(dtype)
    operands = [g.ravel() for g in np.meshgrid(x, x)] if name in BINARY else [x]
    with np.errstate(all="ignore"):
        expected = NUMPYS[name](*operands)
    found = compiled(name, dtype)(*operands)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    info = np.finfo(dtype)
    cancelled = info.eps if name.startswith("logaddexp") else 4 * info.smallest_subnormal
    np.testing.assert_allclose(found, expected, rtol=8 * info.eps, atol=cancelled)
    zero = (expected == 0) & (found == 0)
    if name in ("fmax", "fmin"):  # of two zeros NumPy takes the one or the other, as its loops go
        zero &= ~(operands[0] == operands[1])
    np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(expected[zero]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EXACT)
def test_exact_functions_agree_to_the_bit(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(8)
    size = 20_000
    near = np.round(rng.normal(size=size) * 20)
    x = np.concatenate([everywhere(dtype, size, 9)[:15_000], rng.normal(size=size) * 1e5, near, near * 0.1])
    y = np.concatenate([everywhere(dtype, size, 10)[:15_000], rng.normal(size=size), near[::-1], np.full(size, 0.1)])
    operands = [a.astype(dtype) for a in ((x, y) if name in BINARY else (x,))]
    with np.errstate(all="ignore"):
        expected = NUMPYS[name](*operands)
    np.testing.assert_array_equal(compiled(name, dtype)(*operands), expected)


def test_what_everybody_expects_to_be_exact() -> None:
    for dtype in DTYPES:
        powers = np.arange(-100, 100).astype(dtype)
        assert_same(compiled("exp2", dtype)(powers), 2.0**powers)
        assert_same(compiled("log2", dtype)((2.0**powers).astype(dtype)), powers)
        tens = np.arange(0, 38)
        assert_same(compiled("log10", dtype)(np.array([float(f"1e{n}") for n in tens], dtype)), tens)
        for name, value in (("exp", 1), ("cos", 1), ("cosh", 1), ("erfc", 1), ("sigmoid", 0.5)):
            assert_same(compiled(name, dtype)(np.array([0.0, -0.0], dtype)), [value, value])
        for name in ("log", "arccos", "arccosh", "log2", "log10"):
            assert_same(compiled(name, dtype)(np.array([1.0], dtype)), [0.0])


def assert_same(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found, np.asarray(expected, found.dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_bounded_functions_keep_their_bounds(dtype: Any) -> None:
    rng = np.random.default_rng(11)
    turns = (rng.integers(0, 10_000, 50_000) / 2 * np.pi + rng.normal(size=50_000) * 1e-6).astype(dtype)
    wide = np.concatenate([everywhere(dtype, 20_000, 12), (rng.normal(size=50_000) * 5).astype(dtype)])
    for name, arguments, low, high in (
        ("sin", turns, -1, 1),
        ("cos", turns, -1, 1),
        ("tanh", wide, -1, 1),
        ("sigmoid", wide, 0, 1),
        ("erf", wide, -1, 1),
        ("erfc", wide, 0, 2),
    ):
        found = compiled(name, dtype)(arguments)
        assert low <= found.min() <= found.max() <= high, name


# --- lanes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 16])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_has_one_result_however_many_lanes_and_whoever_the_neighbours(
    name: str, dtype: Any, lanes: int
) -> None:
    rng = np.random.default_rng(13)
    x = np.concatenate([special(dtype), rng.normal(size=31).astype(dtype), (rng.normal(size=16) * 1e3).astype(dtype)])
    operands = [rng.permutation(x) for _ in range(2 if name in BINARY else 1)]
    np.testing.assert_array_equal(compiled(name, dtype, lanes)(*operands), compiled(name, dtype)(*operands))


# --- powers written out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.5, 2, 3.0, 4.0, -0.5, -1.0, -2.0, 2.5, -3.0, 7])
@pytest.mark.parametrize("dtype", DTYPES)
def test_constant_exponents(exponent: float, dtype: Any) -> None:
    apply = native(lambda x: power(x, exponent), 1, dtype, 4)
    x = np.concatenate(
        [special(dtype), everywhere(dtype, 2_000, 14), np.float32(np.random.default_rng(15).normal(size=99))]
    )
    x = x.astype(dtype)
    with np.errstate(all="ignore"):
        expected = np.power(x, np.full(x.shape, exponent, dtype))  # for one number NumPy takes √x for x^½
    found = apply(x)
    np.testing.assert_allclose(
        found, expected, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).smallest_subnormal
    )
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(expected[zero]))


# --- anything -------------------------------------------------------------------------------------------------------


@given(st.sampled_from(UNARY), st.sampled_from(DTYPES), st.data())
def test_any_number(name: str, dtype: Any, data: Any) -> None:
    width = 64 if dtype == np.float64 else 32
    x = data.draw(st.lists(st.floats(width=width, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
    assert_close_to_mpmath(name, dtype, *in_domain(name, np.array(x, dtype)))
