"""What becomes of an instruction: a view, an operation on elements, a turn of NumPy's. Each gives what NumPy gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from autodiff.compiler.layouts import VIEWS
from autodiff.compiler.lower import Lowered
from autodiff.compiler.operations import Call, Elementwise, Turn
from autodiff.errors import AutodiffError
from autodiff.operands import plain_scalar
from autodiff.primitives import TABLE
from tests.autodiff.compiler.by_hand import (
    REAL,
    Draw,
    Record,
    arrays,
    assert_same_bits,
    lying_anyhow,
    native_results,
    operations_of,
    shapes,
)

NATIVE = (*REAL, np.dtype(np.int32), np.dtype(np.bool_))
OTHERS = tuple(map(np.dtype, (np.complex128, np.uint8, np.float16)))
NUMBERS = [1.5, -0.0, 2, -3, True, np.float32(0.1), np.int32(7), np.float64(0.1), 2**31, -(2**31) - 1, 2**53 + 1]

# --- elementwise ------------------------------------------------------------------------------------------------------

EXACT_ONES = ["add", "subtract", "multiply", "negative", "absolute", "maximum", "minimum", "where", "logical_not"]
EXACT_ONES += ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"]
EXACT_ONES += ["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "sign", "isnan", "isinf", "isfinite", "floor"]


@pytest.mark.parametrize("name", EXACT_ONES)
@settings(max_examples=60)
@given(data=st.data())
def test_operands_of_all_dtypes(name: str, data: st.DataObject) -> None:
    """Arrays, numbers of Python's and NumPy's types, one beside the other: to the bit."""
    draw, record = data.draw, Record()
    count = 3 if name == "where" else TABLE[name].forward.nin  # type: ignore[attr-defined]
    drawn = draw(numpy_strategies.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=4))
    kept = draw(st.integers(0, count - 1))
    registers = [
        record.constant(draw(st.sampled_from(NUMBERS)))
        if k != kept and draw(st.booleans())
        else lying_anyhow(record, draw, shape, draw(st.sampled_from(NATIVE)))
        for k, shape in enumerate(drawn.input_shapes)
    ]
    try:
        out = record(name, *registers)
    except (TypeError, OverflowError, AutodiffError):  # the difference of truth values, 2**31 in an array of int32
        assume(False)
    program = record.finished(out)
    (found,) = native_results(program, record.inputs)
    expected = plain_scalar(record.data[out])
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["astype", "to_integers"])
@settings(max_examples=60)
@given(data=st.data())
def test_casts(name: str, data: st.DataObject) -> None:
    source, target = data.draw(st.sampled_from(NATIVE)), data.draw(st.sampled_from(NATIVE))
    record = Record()
    x = lying_anyhow(record, data.draw, data.draw(shapes), source, finite=target.kind != "f")
    out = record(name, x, dtype=target)
    assert_same_bits(native_results(record.finished(out), record.inputs)[0], plain_scalar(record.data[out]))


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**32 + 1, 2**53 + 1, 2**63 - 1, 2**63, 2**70, -(2**64)])
@pytest.mark.parametrize("dtype", NATIVE[:4])
def test_comparisons_with_integers_of_any_size(number: int, dtype: Any) -> None:
    """NumPy compares what the number is, not what is left of it in the dtype of the array."""
    record = Record()
    x, n = record.input(np.array([-1, 0, 1], dtype)), record.constant(number)
    outputs = [record(name, *pair) for name in ("less", "equal", "greater_equal") for pair in ((x, n), (n, x))]
    for found, out in zip(native_results(record.finished(*outputs), record.inputs), outputs, strict=True):
        assert_same_bits(found, record.data[out])


def test_comparisons_with_large_integers_on_a_tape() -> None:
    """A long run of numbers, among them one of 32 bits that is compared with what they cannot hold."""
    record = Record()
    x = record("getitem", record.input(np.array([5, 7], np.int32)), index=(0,))
    total = record.input(0.0)
    for k in range(100):
        condition = record("less", x, record.constant(k * 2**30))
        total = record("add", total, record("where", condition, record.constant(1.5), record.constant(float(k))))
    program = record.finished(total)
    assert native_results(program, record.inputs) == [record.data[total]]


# --- views ------------------------------------------------------------------------------------------------------------


def a_view(record: Record, draw: Draw, x: int, name: str) -> int:
    shape = np.shape(record.data[x])
    if name == "reshape":
        size = int(np.prod(shape))
        return record(name, x, shape=draw(st.sampled_from([(size,), (1, size, 1), shape[::-1], (*shape, 1)])))
    if name == "transpose":
        return record(name, x, axes=draw(st.permutations(range(len(shape))).map(tuple)))
    if name == "broadcast_to":
        return record(name, x, shape=(2, *shape))
    if name == "getitem":
        parts = [draw(st.sampled_from([("slice", None, None, -1), ("slice", 0, 1, None), None])) for _ in shape]
        return record(name, x, index=(*parts, Ellipsis))
    return record(name, x, **({"order": "K"} if name == "copy" else {}))


@settings(max_examples=200)
@given(
    shape=shapes,
    dtype=st.sampled_from([*NATIVE, *OTHERS]),
    names=st.lists(st.sampled_from([*VIEWS]), max_size=4),
    data=st.data(),
)
def test_views_are_looked_through(shape: Any, dtype: Any, names: list[str], data: st.DataObject) -> None:
    """Whatever the dtype: of the data as it comes, of something computed, of a constant; all of them are handed out."""
    record = Record()
    registers = [data.draw(st.sampled_from([record.constant, record.input]))(data.draw(arrays(dtype, shape)))]
    if dtype.kind != "b" and data.draw(st.booleans()):
        registers.append(record("add", registers[0], registers[0]))
    for name in names:
        if np.size(record.data[registers[-1]]) < 100:
            registers.append(a_view(record, data.draw, registers[-1], name))
    outputs = [r for r in registers if r not in record.program.constants]
    program = record.finished(*outputs, *outputs[-1:])
    found = native_results(program, record.inputs)
    for result, output in zip(found, program.outputs, strict=True):
        assert_same_bits(result, plain_scalar(record.data[output]))
    results = [result for result in found if isinstance(result, np.ndarray)]
    assert not any(np.shares_memory(a, b) for k, a in enumerate(results) for b in [*results[:k], *record.inputs])


def test_a_view_that_needs_a_copy() -> None:
    for dtype, kind in ((np.float64, Elementwise), (np.complex128, Call)):
        record = Record()
        x = record.input(np.arange(6).reshape(2, 3).astype(dtype))
        program = record.finished(record("reshape", record("transpose", x, axes=None), shape=(6,)))
        assert [type(operation) for operation in operations_of(program)] == [kind]


# --- turning ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (2,), (2, 0), (3, 2)])
def test_matrices_are_turned_once(batch: tuple[int, ...]) -> None:
    record = Record()
    x = record.input(np.ones((*batch, 3, 4)))
    turned = record("transpose", x, axes=(*range(len(batch)), -1, -2))
    low = Lowered(record.finished(turned))
    assert low.turned(low.layouts[turned]) == low.turned(low.layouts[turned])
    assert [type(operation) for operation in low.operations] == [Turn] * int(np.prod(batch))
