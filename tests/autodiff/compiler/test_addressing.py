"""Indexing by arrays: positions in memory are those that NumPy reads, and writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from autodiff.compiler.addressing import addressing
from autodiff.compiler.layouts import as_array
from autodiff.compiler.lower import Lowered
from autodiff.compiler.operations import Call, Elementwise
from autodiff.compiler.program import Register
from autodiff.errors import IndexRangeError
from autodiff.operands import plain_scalar
from autodiff.primitives.indexing import ARRAY, split_index
from tests.autodiff.compiler.by_hand import (
    REAL,
    Draw,
    Record,
    assert_rounded,
    assert_same_bits,
    native_results,
    operations_of,
)

sides = numpy_strategies.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
reals = st.sampled_from(REAL)
INTEGERS = [np.dtype(np.int64), np.dtype(np.int32)]


def indices(draw: Draw, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """At least one array, of integers or of truth values, among slices, integers, Nones and an ellipsis."""
    parts: list[Any] = []
    axis, ellipsis = 0, False
    spread = draw(st.sampled_from([(), (1,), (3,), (0,), (2, 1), (2, 3)]))
    holds_mask = draw(st.integers(0, 3)) == 0
    while axis < len(shape):
        n = shape[axis]
        kind = draw(st.integers(0, 6))
        if kind <= 2 and not holds_mask:
            index_shape = draw(st.sampled_from([spread, (1,) * len(spread)]))
            elements = st.integers(-n, n - 1)
            parts.append(draw(numpy_strategies.arrays(draw(st.sampled_from(INTEGERS)), index_shape, elements=elements)))
        elif kind <= 2 and not any(isinstance(part, np.ndarray) for part in parts):
            axes = draw(st.integers(1, len(shape) - axis))
            parts.append(draw(numpy_strategies.arrays(np.bool_, shape[axis : axis + axes])))
            axis += axes - 1
        elif kind == 3:
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == 4:
            parts.append(None)
            continue
        elif kind == 5 and not ellipsis:
            parts.append(Ellipsis)
            ellipsis, axis = True, axis + draw(st.integers(0, len(shape) - axis)) - 1
        else:
            parts.append(draw(st.slices(n)))
        axis += 1
    if not any(isinstance(part, np.ndarray) for part in parts):
        return np.zeros(spread, np.int64), *[part for part in parts if part is not Ellipsis][1:]
    return tuple(parts)


def chosen(draw: Draw, x: Any) -> tuple[tuple[Any, ...], Any]:
    """An index, and what NumPy reads there."""
    index = indices(draw, np.shape(x))
    try:
        return index, x[index]
    except IndexError:  # too many, or arrays that do not broadcast with one another
        reject()


def taken_apart(record: Record, draw: Draw, index: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Register]]:
    """The skeleton, and the registers of its arrays: constants, or integers that are known only when it runs."""
    skeleton, found = split_index(index)
    given = [a.dtype != np.bool_ and a.shape != () and draw(st.booleans()) for a in found]
    return skeleton, [record.input(a) if late else record.constant(a) for a, late in zip(found, given)]


def an_array(record: Record, draw: Draw, shape: tuple[int, ...]) -> Register:
    """One that does not lie row by row."""
    x = record.input(np.arange(1.0, 1 + np.prod(shape)).reshape(shape))
    turned = record("transpose", x, axes=draw(st.permutations(range(len(shape))).map(tuple)))
    return record("getitem", turned, index=(("slice", None, None, draw(st.sampled_from([1, -1, 2]))),))


@settings(max_examples=300)
@given(shape=sides, data=st.data())
def test_positions_are_numpys(shape: tuple[int, ...], data: st.DataObject) -> None:
    """Computed from the strides, and the numbers of the index."""
    record = Record()
    x = an_array(record, data.draw, shape)
    index, expected = chosen(data.draw, record.data[x])
    skeleton, registers = taken_apart(record, data.draw, index)
    low = Lowered(record.finished(x))
    found = addressing(low, low.layouts[x], skeleton, registers, np.shape(expected))
    assert found is not None
    view, arrays_of = found
    assert view.shape == np.shape(expected)
    positions = np.full(view.shape, view.offset)
    for axis, stride in enumerate(view.strides):
        positions += stride * np.indices(view.shape)[axis]
    for layout, step, length in arrays_of:
        memory = low.constants.get(layout.buffer, record.data[layout.buffer] if layout.buffer in registers else None)
        positions += step * (as_array(np.ravel(memory), layout) % length)
    np.testing.assert_array_equal(np.ravel(record.inputs[0])[positions], expected)


@settings(max_examples=100)
@given(shape=sides, dtype=reals, data=st.data())
def test_native_code_reads_and_writes_where_numpy_does(shape: tuple[int, ...], dtype: Any, data: st.DataObject) -> None:
    """x[index], and its adjoint: what occurs twice is added twice."""
    record = Record()
    x = record("astype", an_array(record, data.draw, shape), dtype=dtype)
    index, expected = chosen(data.draw, record.data[x])
    skeleton, registers = taken_apart(record, data.draw, index)
    read = record("getitem", x, *registers, index=skeleton)
    written = record("put", read, *registers, index=skeleton, shape=np.shape(record.data[x]))
    program = record.finished(read, written)
    operations = [type(operation) for operation in operations_of(program)]
    assert operations.count(Elementwise) >= 3
    assert Call not in operations
    for found, output in zip(native_results(program, record.inputs), program.outputs, strict=True):
        assert_rounded(found, plain_scalar(record.data[output]))
    np.testing.assert_array_equal(record.data[read], expected)


ROW, COLUMN = np.array([1, 0, 1]), np.array([[2], [-1]])
ARRANGED: dict[str, tuple[Any, ...]] = {
    "side by side": np.s_[:, ROW, COLUMN],
    "a slice between": np.s_[:, ROW, :, COLUMN],
    "an axis between": np.s_[:, ROW, None, COLUMN],
    "an ellipsis that stands for nothing between": np.s_[:, ROW, :1, ..., COLUMN],
    "such an ellipsis alone": np.s_[:, :, ROW, ..., COLUMN],
    "a number beside": np.s_[:, 1, COLUMN],
    "a number apart": np.s_[:, 1, :, COLUMN],
    "a number first": np.s_[1, :, COLUMN],
    "an axis before": np.s_[None, ROW, :, COLUMN],
    "a mask of two axes": np.s_[:, np.eye(3, 4, dtype=bool)],
    "a mask and positions": np.s_[:, np.array([True, False, True]), :, COLUMN],
}


@pytest.mark.parametrize("name", ARRANGED)
def test_where_the_axes_of_positions_come(name: str) -> None:
    """In the place of the arrays if these are neighbours, in front otherwise."""
    x = np.arange(1.0, 73.0).reshape(2, 3, 4, 3)
    record = Record()
    skeleton, found = split_index(ARRANGED[name])
    registers = [record.constant(a) for a in found]
    read = record("getitem", record.input(x), *registers, index=skeleton)
    program = record.finished(read, record("put", read, *registers, index=skeleton, shape=x.shape))
    assert Call not in map(type, operations_of(program))
    for result, output in zip(native_results(program, record.inputs), program.outputs, strict=True):
        assert_same_bits(result, record.data[output])


@pytest.mark.parametrize("position", [3, -4, 2**31, -(2**62)])
def test_positions_outside_raise_what_numpy_raises(position: int) -> None:
    for name, shape in (("getitem", (3, 2)), ("put", (1, 2))):
        record = Record()
        x, index = record.input(np.ones(shape)), record.input(np.array([0]))
        keywords = {"index": (ARRAY,)} | ({"shape": (3, 2)} if name == "put" else {})
        program = record.finished(record(name, x, index, **keywords))
        native_results(program, record.inputs)
        with pytest.raises(IndexRangeError, match="out of bounds"):
            native_results(program, [record.inputs[0], np.array([position])])


WHOLE = ("slice", None, None, None)
LEFT_TO_NUMPY: dict[str, tuple[str, Any, list[Any], dict[str, Any]]] = {
    "a mask of one truth value": ("getitem", np.ones(3), [np.array(True)], {"index": (ARRAY,)}),
    "positions in eight bits": ("getitem", np.ones(3), [np.arange(2, dtype=np.uint8)], {"index": (ARRAY,)}),
    "numbers that native code does not know": ("getitem", np.ones(3) * 1j, [np.arange(2)], {"index": (ARRAY,)}),
    "a piece that is repeated": ("put", np.ones(1), [np.array([0, 2, 0])], {"index": (ARRAY,), "shape": (4,)}),
    "a row that is repeated": ("put", np.ones(2), [np.arange(2)], {"index": (WHOLE, ARRAY), "shape": (3, 2)}),
    "truth values": ("put", np.array([True, False]), [np.array([2, 0])], {"index": (ARRAY,), "shape": (3,)}),
    "a number, put into an array of no axes": ("put", 2.0, [], {"index": (), "shape": ()}),
    "elements replaced at positions": ("replace", np.ones(3), [5.0, np.array([0, 1])], {"index": (ARRAY,)}),
}


@pytest.mark.parametrize("name", LEFT_TO_NUMPY)
def test_what_is_left_to_numpy(name: str) -> None:
    operation, x, others, keywords = LEFT_TO_NUMPY[name]
    record = Record()
    out = record(operation, record.input(x), *map(record.constant, others), **keywords)
    program = record.finished(out)
    assert Call in map(type, operations_of(program))
    assert_same_bits(native_results(program, record.inputs)[0], plain_scalar(record.data[out]))


def test_a_mask_that_is_an_argument_is_left_to_numpy() -> None:
    record = Record()
    x, mask = record.input(np.arange(3.0)), record.input(np.array([True, False, True]))
    program = record.finished(
        record("put", record("getitem", x, mask, index=(ARRAY,)), mask, index=(ARRAY,), shape=(3,))
    )
    assert [type(operation) for operation in operations_of(program)] == [Call, Call]
    assert_same_bits(native_results(program, record.inputs)[0], np.array([0.0, 0.0, 2.0]))
