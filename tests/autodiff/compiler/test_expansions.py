"""Larger operations in terms of smaller ones: each rule fires on its samples and holds up to rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler import contracting, expansions
from autodiff.compiler.infer import reduced_axes
from autodiff.compiler.program import Register
from autodiff.compiler.simplify import ROUNDED, simplified
from tests.autodiff.compiler.by_hand import (
    ALL,
    FLOATS,
    REAL,
    Draw,
    Record,
    arrays,
    assert_rounded,
    assert_same_bits,
    floats,
    names_of,
    numbers,
    results,
    rules_of,
    shapes,
    simplified_by,
)

INF, NAN = np.inf, np.nan
Sample = Callable[[Record, Draw, str], Register]
sides = st.integers(0, 3)


def an_input(
    record: Record, draw: Draw, shape: tuple[int, ...] | None = None, dtype: np.dtype[Any] | None = None, **options: Any
) -> Register:
    """An argument, of floats if it is not said of what."""
    dtype, shape = dtype or draw(floats), draw(shapes) if shape is None else shape
    return record.input(draw(arrays(dtype, shape, **options)))


def with_axes(draw: Draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Some of the axes, counted from either end."""
    axes = draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    return tuple(draw(st.sampled_from([a, a - len(shape)])) for a in axes)


# --- one sample for each rule and operation ---------------------------------------------------------------------------


def rows_times_a_matrix(record: Record, draw: Draw, name: str) -> Register:
    dtype, rows, n, columns = draw(floats), draw(st.sampled_from([(), (2,), (0,), (2, 3)])), draw(sides), draw(sides)
    b = draw(st.sampled_from([(columns,), (1,), (*rows, columns)]))
    return record("affine", *(an_input(record, draw, s, dtype) for s in ((*rows, n), (n, columns), b)))


def squared(record: Record, draw: Draw, name: str) -> Register:
    return record("square", an_input(record, draw, dtype=draw(st.sampled_from([d for d in ALL if d.kind != "b"]))))


def to_a_whole_power(record: Record, draw: Draw, name: str) -> Register:
    exponent = draw(st.sampled_from([-2, -1, 1, 2, 3, 4]))
    return record("power", an_input(record, draw), record.constant(draw(st.sampled_from([exponent, float(exponent)]))))


def sum_of_squares(record: Record, draw: Draw, name: str) -> Register:
    return record("sum_squares", an_input(record, draw))


def logsumexp(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(numpy_strategies.array_shapes(max_dims=3, max_side=3)))
    axis = draw(st.none() | st.just(-1) | st.just(with_axes(draw, record.data[x].shape)))
    return record("logsumexp", x, axis=axis, keepdims=draw(st.booleans()))


def norm(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(numpy_strategies.array_shapes(max_dims=3, max_side=3)))
    axes = range(-record.data[x].ndim, record.data[x].ndim)
    axis = draw(st.none() | st.sampled_from(axes))
    return record("euclidean_norm", x, axis=axis, keepdims=draw(st.booleans()))


def log_softmax(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(numpy_strategies.array_shapes(max_dims=3, max_side=3)))
    axis = draw(st.none() | st.just(-1) | st.just(with_axes(draw, record.data[x].shape)))
    return record("log_softmax", x, axis=axis)


def if_a_condition_holds(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw)
    shape = draw(st.sampled_from([np.shape(record.data[x]), np.shape(record.data[x])[1:]]))
    return record(name, *draw(st.permutations([x, an_input(record, draw, shape, np.dtype(np.bool_))])))


def flipped(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, dtype=draw(st.sampled_from(ALL)))
    axes = with_axes(draw, np.shape(record.data[x]))
    return record("flip", x, axis=draw(st.sampled_from([None, axes, *axes])))


def summed_over_ones(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, dtype=draw(st.sampled_from(REAL)))
    shape = (*np.shape(record.data[x]), 1)
    axis = draw(st.sampled_from([-1, len(shape) - 1, (), (-1, *(a for a, n in enumerate(shape[:-1]) if n == 1))]))
    return record("sum", record("reshape", x, shape=shape), axis=axis, keepdims=draw(st.booleans()))


def summed_twice(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw)
    inner = record("sum", x, axis=with_axes(draw, np.shape(record.data[x])), keepdims=draw(st.booleans()))
    return record("sum", inner, axis=None, keepdims=False)


def sum_of_repeated(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw)
    source = np.shape(record.data[x])
    lead, ends = draw(st.sampled_from([(), (2,), (3, 1)])), [draw(st.integers(1, 3)) if n == 1 else n for n in source]
    wide = record("broadcast_to", x, shape=(*lead, *ends))
    spread = [a for a in range(len(lead) + len(ends)) if a < len(lead) or source[a - len(lead)] == 1]
    if not spread:
        wide, spread = record("broadcast_to", x, shape=(2, *source)), [0]
    axes = draw(st.lists(st.sampled_from(spread), unique=True, min_size=1).map(tuple))
    return record("sum", wide, axis=axes, keepdims=draw(st.booleans()))


def pair(*shapes: tuple[tuple[int, ...], tuple[int, ...]], **keywords: Any) -> Sample:
    """Two arrays, of one of some pairs of shapes."""

    def sample(record: Record, draw: Draw, name: str) -> Register:
        dtype, drawn = draw(floats), draw(st.sampled_from(shapes))
        return record(name, *(an_input(record, draw, shape, dtype) for shape in drawn), **keywords)

    return sample


def product_of_labels(record: Record, draw: Draw, name: str) -> Register:
    """Two terms of distinct labels, and a result of some of them in any order."""
    sizes = {label: draw(sides) for label in "ijkl"}
    some = st.lists(st.sampled_from("ijkl"), unique=True, min_size=1, max_size=3).map("".join)
    a, b = draw(some), draw(some)
    result = "".join(draw(st.permutations(sorted(set(a + b)))))[: draw(st.integers(0, 4))]
    alone = any(label not in other + result for term, other in ((a, b), (b, a)) for label in term)
    dtype = draw(floats)  # ∞ times the sum of 2 and -1 is no sum of ∞ and -∞
    operands = [an_input(record, draw, tuple(sizes[c] for c in term), dtype, finite=alone) for term in (a, b)]
    return record("einsum", *operands, subscripts=f"{a},{b}->{result}")


def like(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, dtype=draw(st.sampled_from(ALL)))
    shape, dtype = draw(st.none() | shapes), draw(st.none() | st.sampled_from(ALL))
    return record(name, x, shape=shape, dtype=dtype)


def repeated(record: Record, draw: Draw, name: str) -> Register:
    shape = draw(shapes.filter(bool))
    x = an_input(record, draw, shape, draw(st.sampled_from(ALL)))
    axis = draw(st.sampled_from(range(-len(shape), len(shape))))
    each = st.lists(sides, min_size=shape[axis], max_size=shape[axis]).map(tuple)
    return record("repeat", x, repeats=draw(sides | each), axis=axis)


def rolled(record: Record, draw: Draw, name: str) -> Register:
    shape = draw(shapes.filter(lambda shape: 0 not in shape))
    x = an_input(record, draw, shape, draw(st.sampled_from(ALL)))
    axis = draw(st.sampled_from([None, *range(-len(shape), len(shape))]))
    return record("roll", x, shift=draw(st.integers(-7, 7)), axis=axis)


def elementwise(record: Record, draw: Draw, name: str) -> Register:
    return record(name, an_input(record, draw))


PAIRS = (((3,), (3,)), ((2, 3), (3,)), ((1, 3), (1, 3)), ((0, 3), (2, 3)), ((2, 2, 3), (2, 3)))
DOTS = (((3,), (3, 2)), ((2, 3), (3, 1)), ((2, 3), (3,)), ((2, 0), (0, 3)), ((2, 2, 3), (3, 1)), ((2, 3), (2, 3, 2)))
SAMPLES: dict[tuple[str, str], list[Sample]] = {
    ("affine", "affine"): [rows_times_a_matrix],
    ("square", "square"): [squared],
    ("whole_powers", "power"): [to_a_whole_power],
    ("sum_of_squares", "sum_squares"): [sum_of_squares],
    ("root_of_a_sum_of_squares", "euclidean_norm"): [norm],
    ("log_of_a_sum_of_exponentials", "logsumexp"): [logsumexp],
    ("logarithms_of_shares", "log_softmax"): [log_softmax],
    ("product_with_a_condition", "masked_product"): [if_a_condition_holds],
    ("flip", "flip"): [flipped],
    ("sum_of_one", "sum"): [summed_over_ones],
    ("sum_of_sum", "sum"): [summed_twice],
    ("sum_of_broadcast", "sum"): [sum_of_repeated],
    ("dot", "dot"): [pair(*DOTS)],
    ("inner", "inner"): [pair(*PAIRS)],
    ("tensordot", "tensordot"): [
        pair(((2, 3), (3, 4)), ((1, 3), (3, 1)), axes=((1,), (0,))),
        pair(((2, 3, 1), (1, 2, 3)), ((2, 0, 3), (3, 2, 0)), axes=((2, 0, 1), (0, 1, 2))),
        pair(((2, 3, 2), (2, 2, 3)), axes=((1, 2), (2, 0))),
        pair(((2,), (3,)), axes=((), ())),
    ],
    ("einsum", "einsum"): [product_of_labels],
    ("one_number", "zeros_like"): [like],
    ("one_number", "ones_like"): [like],
    ("repeat", "repeat"): [repeated],
    ("roll", "roll"): [rolled],
    ("sinc", "sinc"): [elementwise],
}
WITHOUT_ROUNDING = {"flip", "one_number", "repeat", "roll"}


def test_every_rule_has_a_sample() -> None:
    assert {*rules_of(expansions), *rules_of(contracting)} == set(SAMPLES)
    assert all(any(rule.__name__ == name for rule in ROUNDED[operation]) for name, operation in SAMPLES)


CASES = [
    pytest.param(*key, sample, id=f"{key[0]}-{key[1]}-{i}")
    for key, all in SAMPLES.items()
    for i, sample in enumerate(all)
]


@pytest.mark.parametrize(("rule", "operation", "sample"), CASES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_rule_fires_and_holds_up_to_rounding(rule: str, operation: str, sample: Sample, data: st.DataObject) -> None:
    record = Record()
    program = record.finished(sample(record, data.draw, operation))
    alone = simplified_by(rule, operation, program)
    assert alone is not None
    (expected,) = results(program, record.inputs)
    for new in (alone, simplified(program, native=True)):
        (found,) = results(new, record.inputs)
        if rule in WITHOUT_ROUNDING:
            assert_same_bits(found, expected)
        else:
            assert_rounded(found, expected)


# --- where they do not hold -------------------------------------------------------------------------------------------

ROW, MATRIX = np.arange(3.0), np.arange(6.0).reshape(2, 3)
KEPT: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "the square of a truth value is an integer": ("square", (np.array([True, False]),), {}),
    "powers of integers": ("power", (np.array([2, 3]), 3), {}),
    "powers that make float64": ("power", (np.ones(2, np.float32), np.full(2, 3.0)), {}),
    "exponents that differ": ("power", (ROW, np.array([3.0, 3.0, 2.0])), {}),
    "logsumexp of a number": ("logsumexp", (2.0,), {"axis": None, "keepdims": False}),
    "log_softmax of nothing": ("log_softmax", (np.ones((0, 3)),), {"axis": 0}),
    "sum over an axis of no length": ("sum", (np.ones((0, 3)),), {"axis": 0, "keepdims": False}),
    "products of integers": ("dot", (np.arange(3), np.arange(3)), {}),
    "products of two dtypes": ("inner", (ROW.astype(np.float32), ROW), {}),
    "einsum of one operand": ("einsum", (MATRIX,), {"subscripts": "ij->ji"}),
    "a diagonal": ("einsum", (np.eye(3), ROW), {"subscripts": "ii,i->i"}),
    "labels of length 1 that stretch": ("einsum", (MATRIX[:1], MATRIX), {"subscripts": "ij,ij->ij"}),
    "rolls along two axes": ("roll", (MATRIX,), {"shift": (1, 2), "axis": (0, 1)}),
    "rolls of nothing": ("roll", (np.ones((0, 3)),), {"shift": 1, "axis": 0}),
    "sinc of complex numbers": ("sinc", (np.array([1 + 1j]),), {}),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_not_known_is_kept(name: str) -> None:
    operation, operands, keywords = KEPT[name]
    record = Record()
    first, *others = operands
    registers = [record.input(first), *map(record.constant, others)]
    program = record.finished(record(operation, *registers, **keywords))
    assert names_of(simplified(program, native=True)) == [operation]


@given(x=arrays(np.dtype(np.float64), (3,)), axis=st.sampled_from([0, (0,), None, (0, 1)]))
def test_a_sum_of_no_copies_is_zero(x: Any, axis: Any) -> None:
    """Not 0·x, which is NaN for infinite x."""
    record = Record()
    wide = record("broadcast_to", record.input(x), shape=(0, 3))
    program = record.finished(record("sum", wide, axis=axis, keepdims=False))
    (total,) = results(simplified(program, native=True), record.inputs)
    assert_same_bits(total, record.data[-1])


def test_a_sum_of_more_copies_than_the_dtype_counts() -> None:
    record = Record()
    wide = record("broadcast_to", record.input(np.zeros(1, np.float16)), shape=(70_000,))
    program = record.finished(record("sum", wide, axis=0, keepdims=True))
    (total,) = results(simplified(program, native=True), record.inputs)
    assert_same_bits(total, np.zeros(1, np.float16))


@pytest.mark.parametrize("dtype", FLOATS)
def test_powers_at_the_ends_of_the_range(dtype: Any) -> None:
    """What overflows or vanishes does so in either form."""
    limits = np.finfo(dtype)
    ends = [limits.max, limits.tiny, limits.smallest_subnormal, limits.max ** dtype.type(0.4), INF, NAN, 0.0, -0.0]
    for exponent in (-2, -1, 1, 2, 3, 4):
        record = Record()
        x = record.input(np.array([*ends, *(-x for x in ends)], dtype))
        program = record.finished(record("power", x, record.constant(exponent)))
        (found,) = results(simplified(program, native=True), record.inputs)
        assert "power" not in names_of(simplified(program, native=True))
        np.testing.assert_allclose(found, record.data[-1], rtol=4 * limits.eps, atol=4 * limits.smallest_subnormal)


def test_logarithms_of_sums_do_not_overflow() -> None:
    record = Record()
    x = record.input(np.array([[1e4, 1e4], [-1e4, -1e4], [INF, 0.0], [-INF, -INF], [-INF, 2.0], [NAN, 1.0]]))
    program = record.finished(record("logsumexp", x, axis=1, keepdims=False))
    (found,) = results(simplified(program, native=True), record.inputs)
    np.testing.assert_allclose(found, [1e4 + np.log(2), -1e4 + np.log(2), INF, -INF, 2.0, NAN], rtol=1e-15)


def test_differences_of_large_elements_are_kept() -> None:
    """1e16 − log(e^1e16 + e^(1e16 + 2)) is lost if the logarithm is rounded first."""
    record = Record()
    program = record.finished(record("log_softmax", record.input(np.array([[1e16, 1e16 + 2]])), axis=1))
    (found,) = results(simplified(program, native=True), record.inputs)
    np.testing.assert_allclose(found, [[-2 - np.log1p(np.exp(-2)), -np.log1p(np.exp(-2))]], rtol=1e-15)


def test_losses_on_logits_are_native_from_beginning_to_end() -> None:
    weights, x, labels = Value(np.ones((3, 4))), np.eye(2, 3), np.array([1, 3])

    @ad.jit
    def step(x: Any, labels: Any) -> Any:
        loss = nn.cross_entropy(x @ weights, labels)
        loss.backward()
        return loss

    step(x, labels)
    assert "NumPy" not in str(step.lower(x, labels))


@given(shape=shapes, data=st.data())
def test_reduced_axes_are_those_that_numpy_removes(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.none() | st.just(with_axes(data.draw, shape)) | st.sampled_from(range(-len(shape) or -1, 1)))
    kept = np.sum(np.zeros(shape), axis=axis, keepdims=True).shape
    assert tuple(1 if a in reduced_axes(shape, axis) else n for a, n in enumerate(shape)) == kept


def test_samples_hold_numbers_at_the_ends() -> None:
    """The samples above meet infinities, NaN, zeros of both signs, subnormal numbers."""
    for dtype in FLOATS:
        drawn = np.array(numbers(dtype), dtype)
        assert np.isinf(drawn).any()
        assert np.isnan(drawn).any()
        assert np.signbit(drawn[drawn == 0]).tolist().count(True) == np.sum(drawn == 0) // 2 > 0
        assert np.any((drawn != 0) & (np.abs(drawn) < np.finfo(dtype).tiny))
