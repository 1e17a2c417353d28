"""Gradients of slices, put together: the pieces, the places they lie in, and when they overlap."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

import autodiff as ad
from autodiff.compiler import places
from autodiff.compiler.places import box, cover
from autodiff.compiler.simplify import ROUNDED, simplified
from autodiff.primitives.indexing import join_index, split_index
from tests.autodiff.compiler.by_hand import (
    REAL,
    Record,
    arrays,
    assert_rounded,
    assert_same_bits,
    names_of,
    results,
    rules_of,
    simplified_by,
    traced,
)

sides = numpy_strategies.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
reals = st.sampled_from(REAL)


def indices(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Indices of slices, integers, None and Ellipsis."""
    return numpy_strategies.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)


def a_piece(record: Record, draw: Any, shape: tuple[int, ...], dtype: Any, index: Any = None) -> int:
    """Zeros with a piece at some place."""
    index = draw(indices(shape)) if index is None else index
    piece = draw(arrays(dtype, np.zeros(shape)[index].shape))
    return record("put", record.input(piece), index=split_index(index)[0], shape=shape)


def test_every_rule_is_known_here() -> None:
    assert set(rules_of(places)) == {("one_piece", "put"), ("pieces_side_by_side", "add")}
    assert {"one_piece", "pieces_side_by_side"} <= {rule.__name__ for name in ("put", "add") for rule in ROUNDED[name]}


@settings(max_examples=60)
@given(shape=sides, dtype=reals, data=st.data())
def test_one_piece(shape: tuple[int, ...], dtype: Any, data: st.DataObject) -> None:
    record = Record()
    program = record.finished(a_piece(record, data.draw, shape, dtype))
    new = simplified_by("one_piece", "put", program)
    assert new is not None
    assert names_of(new) == ["assemble"]
    assert_same_bits(results(new, record.inputs)[0], record.data[-1])


@settings(max_examples=150)
@given(shape=sides, dtype=reals, count=st.integers(2, 4), data=st.data())
def test_sums_of_pieces(shape: tuple[int, ...], dtype: Any, count: int, data: st.DataObject) -> None:
    """Whether they overlap or not, the sum is the same; and it is one operation only if no two of them do."""
    record = Record()
    pieces = [a_piece(record, data.draw, shape, dtype) for _ in range(count)]
    total = pieces[0]
    for other in pieces[1:]:
        total = record("add", total, other)
    program = record.finished(total)
    new = simplified(program, native=True)
    assert_rounded(results(new, record.inputs)[0], record.data[-1])
    touched = np.zeros(shape, int)
    for instruction in program.instructions[:count]:
        touched[join_index(instruction.keywords["index"], ())] += 1
    if names_of(new) == ["assemble"]:
        assert touched.max() <= 1


@settings(max_examples=60)
@given(cuts=st.lists(st.integers(0, 8), min_size=1, max_size=4), axis=st.integers(0, 1), data=st.data())
def test_parts_of_an_array_side_by_side(cuts: list[int], axis: int, data: st.DataObject) -> None:
    """Parts cut along an axis do not overlap: their sum is one operation, in whatever order they come."""
    shape = (8, 2) if axis == 0 else (2, 8)
    ends = sorted({0, 8, *cuts})
    spans = [slice(a, b, data.draw(st.sampled_from([None, 1, 2]))) for a, b in itertools.pairwise(ends)]
    record = Record()
    pieces = [
        a_piece(record, data.draw, shape, np.dtype(np.float64), (slice(None),) * axis + (span,))
        for span in data.draw(st.permutations(spans))
    ]
    total = pieces[0]
    for other in pieces[1:]:
        total = record("add", total, other)
    program = record.finished(total)
    new = simplified(program, native=True)
    assert names_of(new) == ["assemble"]
    assert_rounded(results(new, record.inputs)[0], record.data[-1])


def test_pieces_that_overlap_are_added() -> None:
    for first, second in ((slice(0, 3), slice(2, 4)), (slice(None), 1), (slice(None, None, -1), slice(3, 4))):
        record = Record()
        pieces = [
            record("put", record.input(np.ones(4)[index]), index=split_index(index)[0], shape=(4,))
            for index in (first, second)
        ]
        program = record.finished(record("add", *pieces))
        new = simplified(program, native=True)
        assert "add" in names_of(new)
        assert_same_bits(results(new, record.inputs)[0], record.data[-1])


def test_pieces_of_two_dtypes_are_added() -> None:
    record = Record()
    a, b = (record.input(np.ones(2, dtype)) for dtype in (np.float32, np.float64))
    pieces = [record("put", x, index=split_index(slice(k, k + 2))[0], shape=(4,)) for k, x in ((0, a), (2, b))]
    program = record.finished(record("add", *pieces))
    assert names_of(simplified(program, native=True)) == ["assemble", "assemble", "add"]


def test_pieces_at_arrays_of_positions_are_kept() -> None:
    record = Record()
    index = record.constant(np.array([0, 2, 0]))
    skeleton, _ = split_index(np.array([0, 2, 0]))
    program = record.finished(record("put", record.input(np.ones(3)), index, index=skeleton, shape=(4,)))
    assert names_of(simplified(program, native=True)) == ["put"]


def test_the_sign_of_zero_is_kept_where_numpy_replays() -> None:
    """0 + (-0) is 0; a piece that holds -0 is no sum."""

    def function(x: Any) -> Any:
        return ad.put(ad.Value(x), slice(0, 2), (4,)) + ad.put(ad.Value(x), slice(2, 4), (4,))

    x = np.array([-0.0, 1.0])
    run = ad.jit(function, native=False)
    for _ in range(2):
        assert_same_bits(run(x).data, function(x).data)


def test_the_gradient_of_an_array_taken_apart() -> None:
    """One operation, however many parts there are."""

    def loss(x: Any) -> Any:
        a, b, c, d = (x[:, 2 * k : 2 * k + 2] for k in range(4))
        return np.sum(a * b - c * d)

    x = np.arange(24.0).reshape(3, 8)
    new = simplified(traced(ad.grad(loss), x), native=True)
    assert names_of(new).count("assemble") == 1
    assert "add" not in names_of(new)
    (found,) = results(new, [x])
    assert_same_bits(found, ad.grad(loss)(x))


# --- places -----------------------------------------------------------------------------------------------------------


@given(shape=sides, data=st.data())
def test_a_box_names_the_positions_of_an_index(shape: tuple[int, ...], data: st.DataObject) -> None:
    index = data.draw(indices(shape))
    touched = np.zeros(shape, bool)
    touched[index] = True
    marked = np.zeros(shape, bool)
    marked[np.ix_(*(list(axis) for axis in box(split_index(index)[0], shape)))] = True
    np.testing.assert_array_equal(marked, touched)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (0, 3)])
def test_boxes_that_cover(shape: tuple[int, ...]) -> None:
    everything = box((Ellipsis,), shape)
    assert cover([everything], shape)
    first, rest = (box(split_index(part)[0], shape) for part in (slice(0, 1), slice(1, None)))
    assert cover([first, rest], shape)
    assert cover([first], shape) == (0 in shape)
