"""Programs made shorter: rules at work together, equal operations, constants, dead code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

import autodiff as ad
from autodiff import Value
from autodiff.compiler import contracting, expansions, identities, places
from autodiff.compiler.forms import form_of
from autodiff.compiler.program import Instruction, Program
from autodiff.compiler.simplify import COMMUTATIVE, EXACT, FOLDED, ROUNDED, Simplifier, simplified
from autodiff.errors import IndexRangeError
from autodiff.operands import plain_scalar
from autodiff.primitives import TABLE
from autodiff.primitives.indexing import ARRAY
from autodiff.primitives.kinds import Primitive
from autodiff.recording import NO_KEYWORDS
from autodiff.testing.strategies import expressions
from tests.autodiff.compiler.by_hand import (
    ALL,
    FLOATS,
    Record,
    arrays,
    assert_rounded,
    assert_same_bits,
    names_of,
    native_results,
    numbers,
    results,
    traced,
)

X = np.array([[1.5, -0.0, 2.0], [0.0, -3.0, 0.25]])


def test_every_rule_stands_in_a_file_of_rules() -> None:
    """Whose tests hold a sample of each: see test_identities, test_expansions, test_places."""
    rules = [rule for table in (EXACT, ROUNDED) for known in table.values() for rule in known]
    files = (identities, expansions, contracting, places)
    assert {rule.__module__ for rule in rules} == {module.__name__ for module in files}
    assert all(rule.__doc__ for rule in rules)
    assert set(EXACT) | set(ROUNDED) <= set(TABLE)


# --- programs of all kinds --------------------------------------------------------------------------------------------

CONSTANTS = [1.0, -1.0, 0.0, -0.0, 2, 0.5, True, np.float32(1), np.array(1.0), np.array([0.0, -0.0, 0.0]), np.ones(3)]
CONSTANTS += [np.array([True, False, True]), np.zeros((2, 1)), np.inf, np.array(2.0, np.float32), np.array([1, 1, 1])]
BINARY = ["multiply", "add", "subtract", "divide", "masked_product", "maximum", "minimum", "power", "equal"]
UNARY = ["negative", "copy", "alias", "positive", "real", "conjugate", "square", "stop_gradient", "isfinite", "sinc"]


def grown(record: Record, draw: Any, registers: list[int]) -> None:
    """One more instruction, of the kinds that rules know; none if it cannot be computed."""
    x = draw(st.sampled_from(registers[-3:]))
    y = draw(st.sampled_from(registers))
    shape = np.shape(record.data[x])
    kind = draw(st.integers(0, 9))
    try:
        if kind <= 2:
            pair = draw(
                st.permutations([x, y if draw(st.booleans()) else record.constant(draw(st.sampled_from(CONSTANTS)))])
            )
            name = draw(st.sampled_from(BINARY))
            if name == "masked_product" and all(np.asarray(record.data[r]).dtype.kind in "ib" for r in pair):
                return  # one factor is a gradient
            made = record(name, *pair)
        elif kind == 3:
            name = draw(st.sampled_from(UNARY))
            made = record(name, x, **({"order": "K"} if name == "copy" else {}))
        elif kind == 4:
            axis = draw(st.sampled_from([None, (), *range(-len(shape), len(shape))]))
            made = record("sum", x, axis=axis, keepdims=draw(st.booleans()))
        elif kind == 5:
            made = record("transpose", x, axes=draw(st.none() | st.permutations(range(len(shape))).map(tuple)))
        elif kind == 6:
            made = record("reshape", x, shape=draw(st.sampled_from([(*shape, 1), shape[::-1], (-1,), shape])))
        elif kind == 7:
            made = record("broadcast_to", x, shape=draw(st.sampled_from([(2, *shape), (1, *shape), shape])))
        elif kind == 8:
            condition = draw(
                st.sampled_from([record("isfinite", y), record.constant(draw(st.sampled_from(CONSTANTS)))])
            )
            made = record("where", condition, *draw(st.permutations([x, y])))
        else:
            index = draw(st.sampled_from([(("slice", 1, None, None),), (("slice", None, 1, None),), (0,), (Ellipsis,)]))
            piece = record("getitem", x, index=index)
            made = record("put", piece, index=index, shape=shape)
    except (ValueError, TypeError, IndexError, ad.errors.AutodiffError):
        return
    if isinstance(record.data[made], (float, np.ndarray, np.generic)) and np.size(record.data[made]) <= 60:
        registers.append(made)


@st.composite
def records(draw: Any) -> Record:
    """Programs of the operations that rules know, with the constants that they look for."""
    record = Record()
    dtype = draw(st.sampled_from(ALL))
    shape = draw(st.sampled_from([(), (3,), (2, 3), (1, 3), (0, 3)]))
    registers = [record.input(draw(arrays(d, s))) for d, s in ((dtype, shape), (draw(st.sampled_from(ALL)), (3,)))]
    for _ in range(draw(st.integers(1, 8))):
        grown(record, draw, registers)
    record.finished(*draw(st.lists(st.sampled_from(registers), min_size=1, max_size=3)), registers[-1])
    return record


@settings(max_examples=300)
@given(record=records())
def test_no_bit_is_changed(record: Record) -> None:
    program = record.program
    instructions, constants = list(program.instructions), dict(program.constants)
    new = simplified(program)
    for found, output in zip(results(new, record.inputs), program.outputs, strict=True):
        assert_same_bits(found, plain_scalar(record.data[output]))
    assert all(new.forms[r] == new.forms[old] for r, old in zip(new.outputs, program.outputs, strict=True))
    assert (program.instructions, program.constants) == (instructions, constants)
    again = simplified(new)
    assert names_of(again) == names_of(new)


@settings(max_examples=150)
@given(record=records())
def test_native_code_gives_the_same_up_to_rounding(record: Record) -> None:
    """As the program stands, and as all rules together leave it."""
    for program in (record.program, simplified(record.program, native=True)):
        for found, output in zip(native_results(program, record.inputs), record.program.outputs, strict=True):
            assert_rounded(found, plain_scalar(record.data[output]))


@settings(max_examples=100)
@given(data=st.data())
def test_no_bit_of_a_gradient_is_changed(data: st.DataObject) -> None:
    """Of random expressions, at infinities and NaN too: a program does not look at numbers."""
    program = data.draw(expressions(data.draw(st.sampled_from(FLOATS)), max_operations=5))
    gradient = ad.value_and_grad(lambda *xs: np.sum(program(*xs)), argnums=tuple(range(len(program.inputs))))
    recorded = traced(gradient, *program.inputs)
    inputs = [data.draw(arrays(np.asarray(x).dtype, np.shape(x))) for x in program.inputs]
    for given_ in (program.inputs, inputs):
        for a, b in zip(results(simplified(recorded), given_), results(recorded, given_), strict=True):
            assert_same_bits(a, b)
    for a, b in zip(results(simplified(recorded, native=True), program.inputs), results(recorded, program.inputs)):
        assert_rounded(a, b, share=1000.0)


# --- equal operations -------------------------------------------------------------------------------------------------


def test_equal_operations_are_done_once() -> None:
    record = Record()
    x = record.input(X)
    a, b = record("exp", x), record("exp", x)
    program = record.finished(record("add", record("sin", a), record("sin", b)))
    assert names_of(simplified(program)) == ["exp", "sin", "add"]


def test_equal_operations_that_rules_make_are_done_once() -> None:
    record = Record()
    x = record.input(X)
    program = record.finished(record("multiply", x, x), record("square", x), record("power", x, record.constant(2)))
    new = simplified(program, native=True)
    assert names_of(new) == ["multiply"]
    assert len(set(new.outputs)) == 1


@pytest.mark.parametrize("name", sorted(COMMUTATIVE))
@settings(max_examples=60)
@given(data=st.data())
def test_operands_in_either_order(name: str, data: st.DataObject) -> None:
    """The same to the bit, so one will do. Not so for products of complex numbers, which are rounded in their order."""
    dtype = data.draw(st.sampled_from([d for d in ALL if name != "masked_product" or d.kind == "f"]))
    record = Record()
    x, y = (record.input(data.draw(arrays(dtype, (3,)))) for _ in range(2))
    program = record.finished(record(name, x, y), record(name, y, x))
    new = simplified(program)
    assert len(new.instructions) == (2 if dtype.kind == "c" and name in ("add", "multiply") else 1)
    for found, output in zip(results(new, record.inputs), program.outputs):
        assert_same_bits(found, record.data[output])


@pytest.mark.parametrize("name", ["maximum", "minimum", "subtract", "power", "less", "divide", "logical_and"])
def test_the_order_of_operands_counts(name: str) -> None:
    """For maximum and minimum of 0 and -0, too."""
    record = Record()
    x, y = record.input(np.array([0.0, -0.0, 2.0])), record.input(np.array([-0.0, 0.0, 3.0]))
    program = record.finished(record(name, x, y), record(name, y, x))
    new = simplified(program)
    assert names_of(new) == [name, name]
    for found, output in zip(results(new, record.inputs), program.outputs):
        assert_same_bits(found, record.data[output])


def filled(x: Any, *, fill: Any) -> Any:
    """1/fill in the shape of x, or what fill is made of."""
    with np.errstate(all="ignore"):
        return np.full(np.shape(x), np.divide(1.0, fill) if isinstance(fill, float) else np.asarray(fill).ravel()[0])


FILL = Primitive("fill_by_hand", "nondifferentiable", filled, ())
FILLS = [0.0, -0.0, 1, 1.0, True, np.float32(1), (1,), (1.0,), (True,), [1], [2], [1], np.arange(2), "text"]


def test_keywords_that_are_equal_and_not_the_same() -> None:
    """1 == 1.0 == True and 0.0 == -0.0, and some keywords cannot be hashed at all."""
    program = Program()
    x = program.new_register(X)
    program.arguments = [x]
    for fill in FILLS:
        program.outputs.append(program.new_register(filled(X, fill=fill)))
        program.instructions.append(Instruction(FILL, (x,), {"fill": fill}, program.outputs[-1]))
    new = simplified(program)
    assert len(new.instructions) == len(FILLS)
    for found, fill in zip(results(new, [X]), FILLS, strict=True):
        assert_same_bits(found, filled(X, fill=fill))


def test_keywords_that_are_one_object() -> None:
    program = Program()
    x = program.new_register(X)
    program.arguments = [x]
    fill = [2.5]
    for keyword in (fill, fill, -0.5, -0.5, ("a", (1, None)), ("a", (1, None))):
        program.outputs.append(program.new_register(filled(X, fill=2.5)))
        program.instructions.append(Instruction(FILL, (x,), {"fill": keyword}, program.outputs[-1]))
    assert len(simplified(program).instructions) == 3


def test_equal_constants_share_a_register_only_if_they_are_the_same() -> None:
    same = [2.5, np.float32(2.5), 3, True, np.nan, 1j]
    others = [0.0, -0.0, 1, 1.0, np.float64(1), np.int64(1), np.int32(1), np.bool_(True), -np.nan, complex(0, -0.0), 0j]
    record = Record()
    x = record.input(np.ones(2))
    outputs = [record("where", record("isnan", x), record.constant(c), x) for c in (*same, *same, *others)]
    new = simplified(record.finished(*outputs))
    assert len(new.instructions) == 1 + len(same) + len(others)
    for found, output in zip(results(new, record.inputs), outputs):
        assert_same_bits(found, record.data[output])


# --- constants --------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(data=st.data())
def test_operations_on_constants_are_done_beforehand(data: st.DataObject) -> None:
    record = Record()
    dtype, shape = data.draw(st.sampled_from(ALL)), data.draw(numpy_strategies.array_shapes(min_dims=0, max_side=3))
    x = record.constant(np.asarray(data.draw(arrays(dtype, shape))))
    y = record.constant(data.draw(arrays(data.draw(st.sampled_from(ALL)), ())))
    outputs = [record("multiply", x, y), record("transpose", x, axes=None), record("sum", x, axis=None, keepdims=False)]
    outputs.append(record("where", record("isfinite", outputs[0]), outputs[0], y))
    new = simplified(record.finished(*outputs))
    assert not new.instructions
    for found, output in zip(results(new, []), outputs):
        assert_same_bits(found, record.data[output])


@pytest.mark.parametrize(("size", "left"), [(FOLDED, []), (FOLDED + 1, ["sin", "add"])])
def test_large_results_are_left_to_the_program(size: int, left: list[str]) -> None:
    record = Record()
    x = record.constant(np.linspace(0, 1, size))
    program = record.finished(record("add", record("sin", x), record.constant(1.0)))
    assert names_of(simplified(program)) == left


def test_one_number_repeated_is_looked_for_in_small_arrays_only() -> None:
    for size, left in ((FOLDED, []), (FOLDED + 1, ["multiply"])):
        record = Record()
        x = record.input(np.linspace(0, 1, size))
        program = record.finished(record("multiply", x, record.constant(np.ones(size))))
        assert names_of(simplified(program)) == left


def test_what_raises_on_constants_raises_when_the_program_runs() -> None:
    program = Program()
    table, index, x = (program.new_register(data) for data in (np.arange(3.0), np.array([7]), 1.0))
    program.arguments, program.constants = [x], {table: np.arange(3.0), index: np.array([7])}
    taken, out = program.new_register(np.zeros(1)), program.new_register(np.zeros(1))
    program.instructions = [
        Instruction(TABLE["getitem"], (table, index), {"index": (ARRAY,)}, taken),
        Instruction(TABLE["multiply"], (taken, x), NO_KEYWORDS, out),
    ]
    program.outputs = [out]
    new = simplified(program)
    assert names_of(new) == ["getitem", "multiply"]
    with pytest.raises(IndexRangeError, match="out of bounds"):
        results(new, [1.0])


def test_results_of_several_parts_are_kept_as_they_are() -> None:
    record = Record()
    x, matrix = record.input(X[:, :2] @ X[:, :2].T), record.constant(np.eye(2))
    both = [record("eigh", m, uplo="L") for m in (x, matrix)]
    outputs = [record("part", pair, number=k) for pair in both for k in range(2)]
    outputs.append(record("multiply", outputs[0], record.constant(1.0)))
    new = simplified(record.finished(*outputs))
    assert names_of(new) == ["eigh", "eigh", "part", "part", "part", "part"]
    for found, output in zip(results(new, record.inputs), outputs):
        assert_same_bits(found, record.data[output])


def test_constants_are_not_handed_out_twice() -> None:
    """Nor are they views of one another: what a call returns is the caller's."""
    record = Record()
    table = np.arange(6.0).reshape(2, 3)
    x = record.constant(table)
    program = record.finished(record("transpose", x, axes=None), record("reshape", x, shape=(6,)), x)
    for found in results(simplified(program), []):
        assert not np.shares_memory(found, table)
        found[...] = -1.0
    assert table[1, 2] == 5.0


# --- the value of a constant ------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(dtype=st.sampled_from(ALL), data=st.data())
def test_the_number_that_all_elements_are(dtype: Any, data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(numbers(dtype)))
    s = Simplifier(Program(), ())
    found = s.number(s.constant(np.full(data.draw(st.sampled_from([(), (1,), (2, 3)])), number, dtype)[()]))
    if dtype.kind == "c" or (number != number and np.ndim(s.constants[0])):
        assert found is None
    else:
        assert_same_bits(found, float(number))


def test_what_is_no_single_number() -> None:
    s = Simplifier(Program(), ())
    for data in ([0.0, -0.0], [-0.0, 0.0], [1.0, 2.0], [np.nan, np.nan], [], [True, False]):
        assert s.number(s.constant(np.array(data))) is None
    assert s.number(len(s.forms)) is None  # no constant at all


# --- what is kept, and what is not ------------------------------------------------------------------------------------


def test_dead_code_is_dropped() -> None:
    record = Record()
    x, table = record.input(X), record.constant(np.arange(3.0))
    record("add", record("exp", x), table)
    program = record.finished(record("sin", x))
    new = simplified(program)
    assert names_of(new) == ["sin"]
    assert not new.constants


def test_every_draw_is_kept_in_order() -> None:
    rng = np.random.default_rng(0)
    record = Record()
    x = record.input(1.0)
    draws = [record.program.new_register(rng.random(3)) for _ in range(3)]
    record.data += [np.ones(3)] * 3
    program = record.finished(record("multiply", x, draws[1]))
    program.draws = [(register, lambda k=k: np.full(3, float(k))) for k, register in enumerate(draws)]
    new = simplified(program)
    assert new.draws == program.draws
    assert_same_bits(results(new, new.given([2.0]))[0], np.full(3, 2.0))


def test_draws_are_never_taken_for_equal() -> None:
    record = Record()
    draws = [record.program.new_register(np.ones(3)) for _ in range(2)]
    record.data += [np.ones(3)] * 2
    program = record.finished(record("exp", draws[0]), record("exp", draws[1]))
    program.draws = [(register, lambda: np.ones(3)) for register in draws]
    assert names_of(simplified(program)) == ["exp", "exp"]


def test_leaves_are_written_from_where_the_data_is_now() -> None:
    """Results that vanish are the same as others: outputs, new data, new gradients."""
    w, u = Value(X), Value(X)
    record = Record()
    x = record.input(X)
    one = record.constant(1.0)
    program = record.finished(record("multiply", x, one))
    program.new_data = {w: record("negative", record("negative", x)), u: record("exp", x)}
    program.new_grads = {w: record("divide", record("exp", x), one), u: None}
    new = simplified(program)
    assert names_of(new) == ["exp"]
    assert new.outputs == [x]
    assert new.new_data == {w: x, u: program.new_data[u]}
    assert new.new_grads == {w: program.new_data[u], u: None}
    found = results(new, record.inputs)
    assert not np.shares_memory(found[0], found[1])
    assert_same_bits(found[3], np.exp(X))


def test_forms_of_what_is_no_array_of_numbers() -> None:
    """No rule looks at them, and no machine holds them."""
    for thing in (2**63, -(2**63) - 1, np.array([None]), (1.0, 2.0), None, "text"):
        assert form_of(thing) is None
    for thing in (2**63 - 1, -(2**63)):
        form = form_of(thing)
        assert form is not None
        assert form.weak
