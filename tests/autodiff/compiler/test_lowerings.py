"""Reductions, and what moves elements: native code computes what NumPy computes, however the operands lie."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from autodiff.compiler import lower_products, lowerings
from autodiff.compiler.internal import INTERNAL
from autodiff.compiler.lower import LOWERINGS
from autodiff.compiler.operations import Call, Elementwise, Operation, Reduction
from autodiff.compiler.program import Instruction, Register
from autodiff.compiler.simplify import simplified
from autodiff.operands import plain_scalar
from autodiff.primitives.indexing import split_index
from tests.autodiff.compiler.by_hand import (
    REAL,
    Draw,
    Record,
    assert_rounded,
    lying_anyhow,
    native_results,
    operations_of,
)

Sample = Callable[[Record, Draw, str], Register]
NATIVE = (*REAL, np.dtype(np.int32), np.dtype(np.bool_))
sides = numpy_strategies.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def reduced(record: Record, draw: Draw, name: str) -> Register:
    side = 0 if name not in ("max", "min") else 1
    shape = draw(numpy_strategies.array_shapes(min_dims=0, max_dims=4, min_side=side, max_side=4))
    x = lying_anyhow(
        record, draw, shape, draw(st.sampled_from(NATIVE)), finite=name not in ("max", "min", "any", "all")
    )
    some = st.lists(st.sampled_from(range(len(shape))), unique=True).map(tuple) if shape else st.just(())
    return record(name, x, axis=draw(st.none() | some | st.sampled_from([0, -1])), keepdims=draw(st.booleans()))


def pieces(record: Record, draw: Draw, name: str) -> Register:
    """Side by side along one axis, with or without something between them."""
    shape, dtype = draw(sides), draw(st.sampled_from(REAL))
    axis = draw(st.integers(0, len(shape) - 1))
    ends = sorted({*draw(st.lists(st.integers(0, shape[axis]), min_size=1, max_size=4)), shape[axis]})
    spans = draw(st.permutations([slice(a, b, draw(st.sampled_from([1, 2]))) for a, b in itertools.pairwise(ends)]))
    places = [split_index((slice(None),) * axis + (span,))[0] for span in spans]
    lengths = [len(range(shape[axis])[span]) for span in spans]
    sources = [(*shape[:axis], n, *shape[axis + 1 :]) for n in lengths]
    sources = [tuple(draw(st.sampled_from([n, 1])) for n in source) for source in sources]
    registers = [lying_anyhow(record, draw, source, dtype) for source in sources]
    if not registers:
        places, registers = [(("slice", 0, 0, None),)], [record.input(np.zeros((0, *shape[1:]), dtype))]
    keywords = {"places": tuple(places), "shape": shape}
    out = record.register(INTERNAL[name].forward(*(record.data[r] for r in registers), **keywords))
    record.program.instructions.append(Instruction(INTERNAL[name], tuple(registers), keywords, out))
    return out


def some_replaced(record: Record, draw: Draw, name: str) -> Register:
    shape, dtype = draw(sides), draw(st.sampled_from(NATIVE))
    x = lying_anyhow(record, draw, shape, dtype)
    index = draw(numpy_strategies.basic_indices(shape, allow_newaxis=True))
    place = np.zeros(shape)[index].shape
    wanted = draw(st.sampled_from([place, place[1:], (1, *place) if place else (), ()]))
    values = lying_anyhow(record, draw, wanted, draw(st.sampled_from([dtype, np.dtype(np.bool_)])))
    return record(name, x, values, index=split_index(index)[0])


def joined(record: Record, draw: Draw, name: str) -> Register:
    shape = draw(sides)
    axis = draw(st.integers(0, len(shape) - 1))
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    parts = [(*shape[:axis], n, *shape[axis + 1 :]) for n in lengths]
    several = [lying_anyhow(record, draw, part, draw(st.sampled_from(NATIVE))) for part in parts]
    return record(name, *several, axis=draw(st.sampled_from([axis, axis - len(shape)])))


def padded(record: Record, draw: Draw, name: str) -> Register:
    shape = draw(numpy_strategies.array_shapes(max_dims=3, min_side=0, max_side=3))
    width = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in shape)
    return record(name, lying_anyhow(record, draw, shape, draw(st.sampled_from(NATIVE))), width=width)


REDUCTIONS = ("sum", "max", "min", "prod", "any", "all")
SAMPLES: dict[str, Sample] = dict.fromkeys(REDUCTIONS, reduced)
SAMPLES |= {"assemble": pieces, "replace": some_replaced, "concatenate": joined, "pad": padded}
ELSEWHERE = {"getitem", "put", "matmul", "add_product"}
"""Which test_addressing and test_lower_products have samples of."""


def test_every_lowering_has_a_sample() -> None:
    assert set(LOWERINGS) == set(SAMPLES) | ELSEWHERE
    assert {function.__module__ for function in LOWERINGS.values()} == {lowerings.__name__, lower_products.__name__}


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=100)
@given(data=st.data())
def test_native_code_computes_what_numpy_computes(name: str, data: st.DataObject) -> None:
    """Not a turn of NumPy's among it; and the same of the program that rules have simplified."""
    record = Record()
    out = SAMPLES[name](record, data.draw, name)
    program = record.finished(out)
    assert Call not in map(type, operations_of(program))
    expected = plain_scalar(record.data[out])
    assert_rounded(native_results(program, record.inputs)[0], expected)
    assert_rounded(native_results(simplified(program, native=True), record.inputs)[0], expected)


# --- reductions -------------------------------------------------------------------------------------------------------


def reductions(shape: tuple[int, ...], axis: Any, name: str = "sum") -> list[Operation]:
    record = Record()
    program = record.finished(record(name, record.input(np.ones(shape)), axis=axis, keepdims=False))
    return operations_of(program)


@pytest.mark.parametrize(("axis", "parts"), [(None, 1), ((1, 2), 1), (0, 1), ((0, 2), 2), ((0, 1), 1), ((), 0), (1, 1)])
def test_axes_at_the_end_are_reduced_first(axis: Any, parts: int) -> None:
    found = [operation for operation in reductions((2, 3, 4), axis) if isinstance(operation, Reduction)]
    assert len(found) == parts
    if parts == 2:
        assert [operation.axes for operation in found] == [(2,), (0,)]
        assert found[1].domain == (2, 3, 1)


def test_axes_of_length_one_at_the_end_are_as_good_as_reduced() -> None:
    """Kernels leave them away, so that the last axis of what is left has to be reduced first."""
    found = [operation for operation in reductions((2, 3, 4, 1), (0, 2)) if isinstance(operation, Reduction)]
    assert [operation.axes for operation in found] == [(2,), (0,)]


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_of_nothing(name: str) -> None:
    """What is neutral; the largest of nothing is an error, which NumPy raises."""
    record = Record()
    x = record.input(np.zeros((0, 3)))
    if name in ("max", "min"):
        with pytest.raises(ValueError, match="zero-size"):
            record(name, x, axis=0, keepdims=False)
        return
    out = record(name, x, axis=0, keepdims=False)
    program = record.finished(out)
    assert [type(operation) for operation in operations_of(program)][-1] is Elementwise
    assert_rounded(native_results(program, record.inputs)[0], record.data[out])


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.complex128])
def test_dtypes_that_native_code_does_not_know(dtype: Any) -> None:
    """As operands, even where the result is known."""
    record = Record()
    x, y = record.input(np.arange(3).astype(dtype)), record.input(np.arange(3.0))
    outputs = [record("any", x, axis=None, keepdims=False), record("concatenate", x, x, axis=0)]
    outputs += [record("replace", y, x, index=(("slice", None, None, None),))] if dtype != np.complex128 else []
    outputs += [record("concatenate", y, x, axis=0), record("pad", x, width=((1, 1),))]
    program = record.finished(*outputs)
    assert {type(operation) for operation in operations_of(program)} == {Call}
    for found, output in zip(native_results(program, record.inputs), outputs, strict=True):
        assert_rounded(found, plain_scalar(record.data[output]))
