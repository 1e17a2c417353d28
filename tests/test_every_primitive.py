"""Every entry of the table, in both modes, two orders, float32 and float64, complex where NumPy computes complex.

Elementwise entries draw their operands from the domain they declare; the others stand in SAMPLES. An entry without a
sample fails.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff.primitives import TABLE
from autodiff.primitives.kinds import Domain, Primitive
from tests.autodiff.checks import (
    ImpreciseError,
    assert_same,
    assert_within_ulps,
    check,
    check_closure,
    check_first,
    check_second,
)
from tests.samples import FLAT, SAMPLES, Sample, made

ELEMENTWISE = sorted(name for name, entry in TABLE.items() if entry.kind == "elementwise")
DIFFERENTIABLE = sorted(name for name, e in TABLE.items() if e.differentiable and e.kind != "elementwise")
NONDIFFERENTIABLE = sorted(name for name, e in TABLE.items() if not e.differentiable)

# --- elementwise: operands from the declared domain ------------------------------------------------------------------

STEP = 64  # operands are multiples of 1/64: exact in float32, simple when shrunk
SHAPES = [
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 1)),
    ((), (2,)),
    ((2,), ()),
    ((1, 3), (2, 1)),
    ((0,), (1,)),
]


def numbers(domain: Domain) -> st.SearchStrategy[float]:
    """Multiples of 1/64 inside a domain, away from its ends."""
    low = int(max(domain.low * STEP + 4, -3 * STEP)) if np.isfinite(domain.low) else -3 * STEP
    high = int(min(domain.high * STEP - 4, 3 * STEP)) if np.isfinite(domain.high) else 3 * STEP
    hole = None if domain.hole is None else domain.hole * STEP
    whole = st.integers(low, high)
    return (whole if hole is None else whole.filter(lambda n: abs(n - hole) >= 4)).map(lambda n: n / STEP)


@st.composite
def operands_of(draw: st.DrawFn, entry: Primitive) -> tuple[Any, ...]:
    """Arrays and numbers, of shapes that broadcast, one for each operand of the entry."""
    shapes = draw(st.sampled_from(SHAPES))
    made = []
    for i, domain in enumerate(entry.domain[: len(entry.rules)]):
        shape = shapes[i % 2]
        size = int(np.prod(shape))
        elements = draw(st.lists(numbers(domain), min_size=size, max_size=size))
        made.append(np.array(elements).reshape(shape)[()])  # a NumPy scalar if the shape is ()
    return tuple(made)


def away_from_kinks(entry: Primitive, operands: tuple[Any, ...]) -> bool:
    """Differences cannot follow a jump of mod, a corner of clip: what is left is tested in the table of conventions."""
    if entry.name in ("remainder", "fmod"):
        quotient = np.divide(*operands)
        return bool(np.all(np.abs(quotient - np.round(quotient)) > 1e-3))
    if entry.name == "clip":
        x, low, high = np.broadcast_arrays(*operands)
        return bool(np.all((x != low) & (x != high) & (low != high)))
    if entry.name in ("maximum", "minimum", "fmax", "fmin"):
        return not np.any(np.equal(*operands))
    return entry.name != "relu" or bool(np.all(operands[0] != 0))


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_elementwise(name: str, data: st.DataObject) -> None:
    entry = TABLE[name]
    operands = data.draw(operands_of(entry))
    assume(away_from_kinks(entry, operands))
    try:
        check(entry, *operands)
    except ImpreciseError:
        assume(False)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_closure(name: str) -> None:
    entry = TABLE[name]
    for shape in ((), (3,)):
        check_closure(entry, *(inside(domain, shape) for domain in entry.domain[: len(entry.rules)]))


def inside(domain: Domain, shape: tuple[int, ...], shift: float = 0.0) -> Any:
    """Some numbers in a domain."""
    low = domain.low + 0.25 if np.isfinite(domain.low) else (0.3 if domain.hole is not None else -1.3)
    high = domain.high - 0.25 if np.isfinite(domain.high) else 1.9
    size = int(np.prod(shape))
    line = np.linspace(low, high, size + 2)[1:-1] + shift
    return line.reshape(shape) if shape else float(line[0])


# NumPy has no complex version of these, or one that is not the function (it orders complex numbers by real parts).
REAL_ONLY = {"maximum", "minimum", "fmax", "fmin", "clip", "relu", "sigmoid", "softplus", "logaddexp", "logaddexp2"}
REAL_ONLY |= {"remainder", "fmod", "fabs", "hypot", "arctan2", "cbrt", "deg2rad", "rad2deg", "radians", "degrees"}
REAL_ONLY |= {"copysign", "nextafter", "i0"}
# Nor has SciPy of these.
REAL_ONLY |= {"erfinv", "erfcinv", "ndtri", "ndtri_exp", "owens_t", "expit", "logit", "log_expit", "exp10", "cosm1"}
REAL_ONLY |= {"exprel", "boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p", "gammaln", "beta", "betaln", "binom"}
REAL_ONLY |= {"poch"}
REAL_ONLY |= {"entr", "rel_entr", "kl_div", "huber", "pseudo_huber", "gammainc", "gammaincc", "gammaincinv"}
REAL_ONLY |= {"gammainccinv", "betainc", "betaincc", "betaincinv", "betainccinv"}
REAL_ONLY |= {f"bessel_{name}" for name in ["j0", "j1", "y0", "y1", "i0", "i1", "k0", "k1", "i0e", "i1e", "k0e", "k1e"]}
FIRST_ORDER = {"digamma", "gamma", "loggamma", "rgamma"}  # of complex numbers: see test_gamma_functions.py


@pytest.mark.parametrize("name", sorted(set(ELEMENTWISE) - REAL_ONLY - FIRST_ORDER))
def test_elementwise_complex(name: str) -> None:
    entry = TABLE[name]
    rng = np.random.default_rng(5)
    for shape in ((), (2,)):
        operands = [rng.uniform(0.3, 0.9, shape) + 1j * rng.uniform(0.2, 0.8, shape) for _ in entry.rules]
        operands = [x if shape else np.complex128(x) for x in operands]
        check(entry, *operands)
        check_closure(entry, *operands)
        if len(operands) == 2:  # one real operand: its gradient is real
            check(entry, operands[0], rng.uniform(0.3, 0.9, shape)[()])
            check(entry, rng.uniform(0.3, 0.9, shape)[()], operands[1])


@pytest.mark.parametrize("name", sorted(REAL_ONLY - {"maximum", "minimum", "fmax", "fmin", "clip"}))
def test_elementwise_refuses_complex(name: str) -> None:
    entry = TABLE[name]
    with pytest.raises(ad.errors.DtypeError, match=name.replace("radians", "rad").replace("degrees", "deg")[:3]):
        entry(*(ad.Value(1.0 + 1.0j) for _ in entry.rules))


FORMS = {
    "number": float,
    "integer": lambda x: round(float(x)) or 1,
    "float64": np.float64,
    "float32": np.float32,
    "0-d": np.asarray,
    "0-d float32": lambda x: np.asarray(x, np.float32),
    "vector": lambda x: np.full(2, x),
    "vector float32": lambda x: np.full(2, x, np.float32),
    "matrix": lambda x: np.full((3, 1), x),
}
BINARY = [name for name in ELEMENTWISE if len(TABLE[name].rules) == 2]


def expected_of(entry: Primitive, x: Any, y: Any) -> Any:
    """NumPy's answer for what the operands hold; two Python numbers as float64, not as integers."""
    if type(x) in (float, int) and type(y) in (float, int):
        x = np.float64(x)
    with np.errstate(all="ignore"):
        return entry.forward(x, y)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", FORMS)
@pytest.mark.parametrize("name", BINARY)
def test_forms_of_operands(name: str, form: str, other: str) -> None:
    """Python numbers, NumPy scalars, 0-d and n-d arrays, either side a constant, either side a Value, or both."""
    entry = TABLE[name]
    x, y = FORMS[form](inside(entry.domain[0], ())), FORMS[other](inside(entry.domain[1], (), 0.375))
    ufunc = getattr(np, name, entry)
    for left, right in ((True, False), (False, True), (True, True)):
        a, b = (ad.Value(x) if left else x), (ad.Value(y) if right else y)
        out = ufunc(a, b)
        assert_same(out, expected_of(entry, a.data if left else x, b.data if right else y))
        np.sum(out).backward()
        for value, raw in ((a, x), (b, y)):
            if isinstance(value, ad.Value):
                assert np.shape(value.grad) == np.shape(raw)
                assert value.dtype == (np.float64 if isinstance(raw, int) else np.asarray(raw).dtype)
                assert np.asarray(value.grad).dtype == value.dtype
                assert type(value.grad) is float if type(value.data) is float else True


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if len(TABLE[name].rules) == 1])
def test_forms_of_one_operand(name: str, form: str) -> None:
    entry = TABLE[name]
    x = FORMS[form](inside(entry.domain[0], ()))
    if not inside_domain(entry.domain[0], float(np.ravel(x)[0])):
        x = x * 0 + 2 if entry.domain[0].low == 1 else x * 0.5
    value = ad.Value(x)
    out = entry(value)
    given = np.float64(value.data) if type(value.data) is float else value.data
    assert_same(out, np.asarray(entry.forward(given))[()])
    np.sum(out).backward()
    assert np.shape(value.grad) == np.shape(x)
    assert np.asarray(value.grad).dtype == value.dtype
    assert type(value.grad) is float if type(value.data) is float else True


def inside_domain(domain: Domain, x: float) -> bool:
    return domain.low < x < domain.high and x != domain.hole


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if TABLE[n].scalar is not None])
@settings(max_examples=60)
@given(data=st.data())
def test_scalars_compute_as_numpy_does(name: str, data: st.DataObject) -> None:
    """Within 2 ulp everywhere: at zeros of both signs, infinities, NaN, subnormals, where math raises."""
    entry = TABLE[name]
    operands = [data.draw(st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0])) for _ in entry.rules]
    with np.errstate(all="ignore"):
        out = entry(*map(ad.Value, operands)).data
        expected = entry.forward(*map(np.float64, operands))
    assert type(out) is float
    assert_within_ulps(out, expected, 2)


# --- the other kinds: samples ---------------------------------------------------------------------------------------


def called(entry: Primitive, sample: Sample, constants: dict[int, Any]) -> Any:
    """The entry as a function of its differentiable operands alone, results of several parts as a tuple."""

    def f(*xs: Any) -> Any:
        operands, rest = list(sample.operands), iter(xs)
        operands = [constants[i] if i in constants else next(rest) for i in range(len(operands))]
        out = entry(*operands, **sample.keywords)
        return tuple(out.part(i) for i in range(len(out._data))) if entry.outputs and isinstance(out, ad.Value) else out

    return f


CASES = [
    pytest.param(name, i, kind, id=f"{kind}-{name}-{i}")
    for name in DIFFERENTIABLE
    for i, sample in enumerate(SAMPLES.get(name, ()))
    for kind in ("real", "complex")
    if kind == "real" or sample.complex
]


def test_every_entry_has_samples() -> None:
    assert set(DIFFERENTIABLE) <= set(SAMPLES)
    assert set(NONDIFFERENTIABLE) <= set(FLAT)


@pytest.mark.parametrize(("name", "number", "kind"), CASES)
def test_sample(name: str, number: int, kind: str) -> None:
    entry, sample = TABLE[name], SAMPLES[name][number]
    rng = np.random.default_rng(6)
    constants = {i: x for i, x in enumerate(sample.operands) if not isinstance(x, tuple)}
    operands = tuple(made(x, rng, kind) for i, x in enumerate(sample.operands) if i not in constants)
    f = called(entry, sample, constants)
    single = name != "astype"
    try:
        check(f, *operands, single=single)
    except ImpreciseError:  # the gradient of an extremum jumps near by
        assert name in ("max", "min", "nanmax", "nanmin")
        check_second(f, *operands, differences=False)
    if name in ("matmul", "tensordot", "dot", "inner", "einsum", "where", "concatenate") and kind == "complex":
        check(f, operands[0].real, *operands[1:], single=False) if np.ndim(operands[0]) else None
    check_closure(f, *operands)


def test_part() -> None:
    """One result of several is taken out; what it takes from is a tuple."""
    x = ad.Value(np.array([[2.0, 0.5], [0.5, 1.0]]))
    both = TABLE["eigh"](x, uplo="L")
    for number in (0, 1):
        assert_same(TABLE["part"](both, number=number), tuple(np.linalg.eigh(x.data))[number])
        check_first(lambda a, number=number: _part_of(a, number), x.data)
        check_second(lambda a, number=number: _part_of(a, number), x.data)


def _part_of(a: Any, number: int) -> Any:
    both = TABLE["eigh"](a, uplo="L")
    return TABLE["part"](both, number=number)


# --- entries without a derivative ------------------------------------------------------------------------------------


def discrete(x: Any) -> Any:
    """x as a Value; one of integers or booleans is what an operation made of others."""
    kind = np.asarray(x).dtype.kind
    return ad.Value(x) if kind == "f" else x > ad.Value(0.0) if kind == "b" else ad.Value(x).astype(x.dtype)


@pytest.mark.parametrize("name", NONDIFFERENTIABLE)
def test_nondifferentiable(name: str) -> None:
    """NumPy's answer, as a Value that carries no gradient and has no history."""
    for operands, keywords in FLAT[name]:
        values = [discrete(x) for x in operands]
        out = TABLE[name](*values, **keywords)
        expected = TABLE[name].forward(*operands, **keywords)
        assert not out._carries
        assert out._operands == ()
        if name in ("any", "all", "count_nonzero", "array_equal", "allclose"):
            expected = np.asarray(expected)[()]
        for a, b in zip(out._data, expected) if name == "nonzero" else [(out.data, expected)]:
            np.testing.assert_array_equal(a, b)
            assert np.asarray(a).dtype == np.asarray(b).dtype
