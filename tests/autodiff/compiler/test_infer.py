"""Forms that follow from forms: what NumPy then computes has that shape and that dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from autodiff.compiler.forms import common_dtype, form_of
from autodiff.compiler.infer import SHAPES, result_form
from autodiff.compiler.pointwise import POINTWISE
from autodiff.errors import AutodiffError
from autodiff.primitives import TABLE
from tests.autodiff.compiler.by_hand import ALL, Draw, Record, arrays, dtypes, shapes

NUMBERS = [2.5, 2, True, np.float32(2.5), np.int64(2), np.int32(2), np.bool_(True), 1j, np.complex128(1j)]


def operands(draw: Draw, count: int) -> list[Any]:
    """Arrays whose shapes broadcast, and numbers of Python's and NumPy's types beside at least one of them."""
    drawn = draw(numpy_strategies.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=3))
    some = [draw(arrays(draw(dtypes), shape)) for shape in drawn.input_shapes]
    kept = draw(st.integers(0, count - 1))
    return [draw(st.sampled_from(NUMBERS)) if k != kept and draw(st.booleans()) else x for k, x in enumerate(some)]


def assert_inferred(record: Record, out: int) -> None:
    instruction = record.program.instructions[-1]
    forms = [record.program.forms[r] for r in instruction.operands]
    found = result_form(instruction.primitive, [form for form in forms if form is not None], instruction.keywords)
    assert found == form_of(record.data[out])


ARITY = {"where": 3, "clip": 3, "masked_product": 2, "relu": 1, "sigmoid": 1, "softplus": 1}
ELEMENTWISE = sorted((set(POINTWISE) & set(TABLE)) - {"astype", "to_integers", "power"})
"""But for casts, whose dtype is said, and powers, whose dtype depends on the exponent: no rule makes one."""


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=40)
@given(data=st.data())
def test_elementwise_operations(name: str, data: st.DataObject) -> None:
    record = Record()
    count = ARITY.get(name) or TABLE[name].forward.nin  # type: ignore[attr-defined]
    registers = [record.constant(x) for x in operands(data.draw, count)]
    try:
        out = record(name, *registers)
    except (TypeError, OverflowError, ValueError, AutodiffError):  # complex numbers have no order, and so on
        return
    assert_inferred(record, out)


def reduced(record: Record, draw: Draw, name: str) -> int:
    shape = draw(shapes.filter(lambda shape: 0 not in shape))
    x = record.input(draw(arrays(draw(dtypes), shape)))
    some = st.lists(st.sampled_from(range(-len(shape), len(shape))), unique_by=lambda a: a % len(shape)).map(tuple)
    axis = draw(
        st.none() | some | st.sampled_from(range(-len(shape), len(shape))) if shape else st.sampled_from([None, 0])
    )
    return record(name, x, axis=axis, keepdims=draw(st.booleans()))


def product(record: Record, draw: Draw, name: str) -> int:
    drawn = draw(
        numpy_strategies.mutually_broadcastable_shapes(signature="(m?,n),(n,p?)->(m?,p?)", max_dims=2, max_side=3)
    )
    kinds = [d for d in ALL if d.kind != "b"]
    a, b = (record.input(draw(arrays(draw(st.sampled_from(kinds)), shape))) for shape in drawn.input_shapes)
    return record(name, a, b)


def moved(record: Record, draw: Draw, name: str) -> int:
    shape = draw(shapes)
    x = record.input(draw(arrays(draw(dtypes), shape)))
    flat = -1 if 0 not in shape else int(np.prod(shape))
    keywords: dict[str, list[dict[str, Any]]] = {
        "reshape": [{"shape": (flat,)}, {"shape": (1, flat)}, {"shape": shape[::-1]}],
        "transpose": [{"axes": None}, {"axes": tuple(range(-len(shape), 0))[::-1]}],
        "broadcast_to": [{"shape": (2, *shape)}, {"shape": shape}],
        "flip": [{"axis": None}, {"axis": tuple(range(len(shape)))[:1]}],
    }
    return record(name, x, **draw(st.sampled_from(keywords[name])))


SAMPLES = {"matmul": product, **dict.fromkeys(("sum", "max", "min", "prod"), reduced)}
SAMPLES |= dict.fromkeys(("reshape", "transpose", "broadcast_to", "flip"), moved)


def test_every_operation_with_a_shape_of_its_own_has_a_sample() -> None:
    assert set(SHAPES) == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=80)
@given(data=st.data())
def test_operations_that_do_not_broadcast(name: str, data: st.DataObject) -> None:
    record = Record()
    assert_inferred(record, SAMPLES[name](record, data.draw, name))


@given(data=st.data())
def test_the_common_dtype_of_operands(data: st.DataObject) -> None:
    """That of their sum: Python's numbers take on the dtype of what they meet."""
    x, y = operands(data.draw, 2)
    assume(all(np.asarray(z).dtype.kind != "b" for z in (x, y)))  # True + 1 is not done in truth values
    with np.errstate(all="ignore"):
        total = np.asarray(x + y)
    assert common_dtype([form for form in (form_of(x), form_of(y)) if form is not None]) == total.dtype
