"""Rules that are exact: each fires on its samples and changes no bit, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff.compiler import identities
from autodiff.compiler.program import Register
from autodiff.compiler.simplify import EXACT, simplified
from tests.autodiff.compiler.by_hand import (
    ALL,
    FLOATS,
    REAL,
    Draw,
    Record,
    arrays,
    assert_same_bits,
    dtypes,
    floats,
    names_of,
    numbers,
    results,
    rules_of,
    shapes,
    simplified_by,
)

INF, NAN = np.inf, np.nan
TRUTH = np.dtype(np.bool_)


def one_of(draw: Draw, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
    return draw(st.sampled_from(dtypes))


def an_input(record: Record, draw: Draw, dtype: np.dtype[Any], shape: tuple[int, ...] | None = None) -> Register:
    return record.input(draw(arrays(dtype, draw(shapes) if shape is None else shape)))


def all_the_same(record: Record, draw: Draw, number: float, x: Register) -> Register:
    """A constant that is one number, in some form that leaves x its dtype: Python's, NumPy's, an array."""
    dtype, shape = np.asarray(record.data[x]).dtype, np.shape(record.data[x])
    spread = tuple(draw(st.sampled_from([n, 1])) for n in shape)[draw(st.integers(0, len(shape))) :]
    forms = [float(number), dtype.type(number), np.full((), number, dtype)]
    forms += [np.full(spread, number, dtype)] if 0 not in spread else []
    forms += [int(number)] if number == int(number) and not (number == 0 and np.signbit(number)) else []
    forms += [bool(number)] if number in (0, 1) else []
    return record.constant(draw(st.sampled_from(forms if dtype.kind == "f" else forms[1:])))


# --- one sample for each rule and operation ---------------------------------------------------------------------------


def as_it_is(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, one_of(draw, *(d for d in ALL if d != TRUTH or name != "positive")))
    data = np.asarray(record.data[x])
    keywords = {
        "astype": {"dtype": data.dtype},
        "copy": {"order": draw(st.sampled_from("CFAK"))},
        "to_integers": {"dtype": data.dtype},
        "broadcast_to": {"shape": data.shape},
        "reshape": {"shape": data.shape},
    }
    return record(name, x, **keywords.get(name, {}))


def real_part(record: Record, draw: Draw, name: str) -> Register:
    return record(name, an_input(record, draw, one_of(draw, *REAL)))


def reshaped_twice(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(dtypes))
    shape = np.shape(record.data[x])
    flat = record("reshape", x, shape=(1, np.size(record.data[x])))
    return record("reshape", flat, shape=draw(st.permutations((*shape, 1)).map(tuple)))


def broadcast_twice(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(dtypes))
    shape = np.shape(record.data[x])
    once = record("broadcast_to", x, shape=(1, *shape))
    return record("broadcast_to", once, shape=(draw(st.integers(0, 2)), draw(st.integers(0, 2)), *shape))


def transposed_twice(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(dtypes))
    ndim = np.ndim(record.data[x])
    orders = st.permutations(range(-ndim, 0)).map(tuple) | st.permutations(range(ndim)).map(tuple) | st.none()
    return record("transpose", record("transpose", x, axes=draw(orders)), axes=draw(orders))


def transposed_by_nothing(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(dtypes))
    ndim = np.ndim(record.data[x])
    return record("transpose", x, axes=tuple(draw(st.sampled_from([a, a - ndim])) for a in range(ndim)))


def negated_twice(record: Record, draw: Draw, name: str) -> Register:
    return record("negative", record("negative", an_input(record, draw, one_of(draw, *(d for d in ALL if d != TRUTH)))))


def times(number: float, *dtypes: np.dtype[Any]) -> Sample:
    def sample(record: Record, draw: Draw, name: str) -> Register:
        x = an_input(record, draw, one_of(draw, *(FLOATS if name == "masked_product" else dtypes)))
        pair = x, all_the_same(record, draw, number, x)
        return record(name, *draw(st.permutations(pair)))

    return sample


def with_constant(number: float, *dtypes: np.dtype[Any]) -> Sample:
    """On the right."""

    def sample(record: Record, draw: Draw, name: str) -> Register:
        x = an_input(record, draw, one_of(draw, *dtypes))
        return record(name, x, all_the_same(record, draw, number, x))

    return sample


def to_a_power(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(floats), draw(shapes.filter(bool)))
    exponent, dtype = draw(st.sampled_from([1, 2, -1, 0.5])), record.data[x].dtype
    forms = [exponent, float(exponent), dtype.type(exponent), np.array(exponent, dtype)]
    return record("power", x, record.constant(draw(st.sampled_from(forms))))


def finite_factor(record: Record, draw: Draw, name: str) -> Register:
    dtype = one_of(draw, *FLOATS, np.dtype(np.complex128))
    x = an_input(record, draw, dtype)
    shape = np.shape(record.data[x])
    factors = st.sampled_from([number for number in numbers(dtype, finite=True) if number != 0])
    some = [draw(factors) for _ in range(int(np.prod(shape)))]
    constant = dtype.type(draw(factors)) if draw(st.booleans()) else np.array(some, dtype).reshape(shape)
    return record(name, *draw(st.permutations([x, record.constant(constant)])))


def chosen(record: Record, draw: Draw, name: str) -> Register:
    dtype, shape = one_of(draw, *ALL), draw(shapes.filter(lambda shape: 0 not in shape))
    x, y = (an_input(record, draw, dtype, shape) for _ in range(2))
    condition = draw(st.sampled_from([True, False, np.True_, np.array(False), np.full(shape, True), 1.0, 0, -0.0]))
    return record("where", record.constant(condition), x, y)


def either_way(record: Record, draw: Draw, name: str) -> Register:
    x = an_input(record, draw, draw(dtypes))
    return record("where", an_input(record, draw, one_of(draw, *ALL), np.shape(record.data[x])[-1:]), x, x)


Sample = Callable[[Record, Draw, str], Register]
MOVED = ("alias", "copy", "stop_gradient", "positive", "astype", "broadcast_to", "reshape", "to_integers")
SAMPLES: dict[tuple[str, str], list[Sample]] = {
    **{("nothing_to_do", name): [as_it_is] for name in MOVED},
    **{("real_already", name): [real_part] for name in ("real", "conjugate")},
    ("reshape_of_reshape", "reshape"): [reshaped_twice],
    ("broadcast_of_broadcast", "broadcast_to"): [broadcast_twice],
    ("transpose_of_transpose", "transpose"): [transposed_twice, transposed_by_nothing],
    ("negative_of_negative", "negative"): [negated_twice],
    **{("times_one", name): [times(1.0, *REAL)] for name in ("multiply", "masked_product")},
    **{("times_minus_one", name): [times(-1.0, *FLOATS)] for name in ("multiply", "masked_product")},
    ("divided_by_one", "divide"): [with_constant(1.0, *FLOATS)],
    ("minus_zero", "subtract"): [with_constant(0.0, *REAL)],
    ("simple_powers", "power"): [to_a_power],
    ("product_with_a_finite_number", "masked_product"): [finite_factor],
    ("either_way", "where"): [chosen, either_way],
}


def test_every_rule_has_a_sample_and_is_exact() -> None:
    assert set(rules_of(identities)) == set(SAMPLES)
    assert all(any(rule.__name__ == name for rule in EXACT[operation]) for name, operation in SAMPLES)


CASES = [
    pytest.param(*key, sample, id=f"{key[0]}-{key[1]}-{i}")
    for key, all in SAMPLES.items()
    for i, sample in enumerate(all)
]


@pytest.mark.parametrize(("rule", "operation", "sample"), CASES)
@settings(max_examples=30)
@given(data=st.data())
def test_a_rule_fires_and_changes_no_bit(rule: str, operation: str, sample: Sample, data: st.DataObject) -> None:
    record = Record()
    program = record.finished(sample(record, data.draw, operation))
    alone = simplified_by(rule, operation, program)
    assert alone is not None
    expected = results(program, record.inputs)
    assert_same_bits(expected[0], record.data[-1])
    for new in (alone, simplified(program)):
        assert_same_bits(results(new, record.inputs)[0], expected[0])


# --- where they do not hold -------------------------------------------------------------------------------------------

COMPLEX = np.array([complex(1, INF), complex(-INF, 2), complex(1, -0.0), complex(-0.0, NAN)])
SIGNS = np.array([-0.0, 0.0, -INF, NAN, 1.5])
KEPT: dict[str, tuple[str, Any, Any]] = {
    "x + 0, of -0": ("add", SIGNS, 0.0),
    "x - (-0), of -0": ("subtract", SIGNS, -0.0),
    "x - zeros of both signs": ("subtract", SIGNS[:2], np.array([0.0, -0.0])),
    "1·x for complex x": ("multiply", COMPLEX, 1.0),
    "(-1)·x for complex x": ("multiply", COMPLEX, -1.0),
    "x/1 for complex x": ("divide", COMPLEX, 1.0),
    "x^½ for one exponent in an array": ("power", SIGNS[2:3], np.array([0.5])),
    "x^½ for a number x": ("power", -INF, 0.5),
    "x² for integers": ("power", np.array([2, 3]), 2),
    "1·x that makes float64": ("multiply", np.ones(2, np.float32), np.float64(1)),
    "1·x of integers that makes floats": ("multiply", np.arange(2), 1.0),
    "True·x of truth values that makes integers": ("multiply", np.array([True, False]), 1),
    "1·x that makes more of it": ("multiply", np.arange(2.0), np.ones((3, 1))),
    "0 ⊙ x": ("masked_product", SIGNS, np.array([0.0, 1.0, 0.0, 0.0, 2.0])),
    "∞ ⊙ x": ("masked_product", SIGNS, INF),
    "x ⊙ [c]": ("masked_product", np.array([-3.0, NAN, -INF]), np.zeros(3, bool)),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_no_identity_is_kept(name: str) -> None:
    operation, x, y = KEPT[name]
    record = Record()
    program = record.finished(record(operation, record.input(x), record.constant(y)))
    assert names_of(simplified(program)) == [operation]
    assert_same_bits(results(simplified(program), record.inputs)[0], record.data[-1])


def test_what_is_not_the_same_is_kept() -> None:
    record = Record()
    x = record.input(np.arange(6.0).reshape(2, 3))
    outputs = [
        record("astype", x, dtype=np.dtype(np.float32)),
        record("to_integers", x, dtype=np.dtype(np.int64)),
        record("reshape", x, shape=(3, 2)),
        record("broadcast_to", x, shape=(1, 2, 3)),
        record("transpose", x, axes=(1, 0)),
        record("sum", x, axis=(), keepdims=False),
        record("sum", record("reshape", x, shape=(2, 3, 1)), axis=2, keepdims=False),
        record("where", record.constant(NAN), x, record("negative", x)),
        record("real", record("astype", x, dtype=np.dtype(np.complex128))),
    ]
    program = record.finished(*outputs)
    new = simplified(program)
    assert names_of(new) == names_of(program)
    for a, b in zip(results(new, record.inputs), results(program, record.inputs), strict=True):
        assert_same_bits(a, b)


def test_numbers_from_arrays_of_shape_nothing() -> None:
    """An operation gives a number where an array of shape () comes in, and so does what takes its place."""
    record = Record()
    one, x = record.constant(np.array(2.0, np.float32)), record.input(np.float32(3))
    outputs = [
        record("where", record.constant(True), one, x),
        record("multiply", one, record.constant(1)),
        record("reshape", one, shape=()),
    ]
    program = record.finished(*outputs)
    assert names_of(simplified(program)) == []
    for data in results(simplified(program), record.inputs):
        assert_same_bits(data, np.float32(2))
