"""Matrix products: however the factors lie, whoever computes them, and with what is added to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from autodiff.compiler import native, tiles
from autodiff.compiler.lower_products import with_added_products
from autodiff.compiler.operations import Call, Elementwise, Product
from autodiff.compiler.program import Program
from autodiff.operands import plain_scalar
from tests.autodiff.compiler.by_hand import (
    FLOATS,
    Draw,
    Record,
    assert_rounded,
    lying_anyhow,
    names_of,
    native_results,
    operations_of,
    results,
)

LARGE = 1 + max(tiles.LARGEST.values())
own_code = pytest.mark.parametrize("is_ours", [True, False], ids=["own code", "BLAS"])


@own_code
@settings(max_examples=150)
@given(data=st.data())
def test_products_are_numpys(is_ours: bool, data: st.DataObject) -> None:
    """Of matrices, batches and vectors, one factor in another dtype too; by either way to compute them."""
    drawn = data.draw(
        numpy_strategies.mutually_broadcastable_shapes(
            signature=np.matmul.signature, max_dims=4, max_side=4, min_side=0
        )
    )
    dtypes = data.draw(
        st.sampled_from([*((d, d) for d in FLOATS), FLOATS, FLOATS[::-1], (FLOATS[0], np.dtype(np.int64))])
    )
    record = Record()
    a, b = (lying_anyhow(record, data.draw, shape, dtype) for shape, dtype in zip(drawn.input_shapes, dtypes))
    program = record.finished(record("matmul", a, b))
    with pytest.MonkeyPatch.context() as patch:
        if not is_ours:
            patch.setattr(tiles, "LARGEST", {})
        assert Call not in map(type, operations_of(program))
        (found,) = native_results(program, record.inputs)
    assert_rounded(found, plain_scalar(record.data[-1]))


@pytest.mark.parametrize("shapes", [((2, LARGE), (LARGE, 3)), ((LARGE, 2), (2, 3)), ((3, 2), (2, LARGE))])
def test_large_products(shapes: Any) -> None:
    """Too large for our own code, along any of the three axes."""
    rng = np.random.default_rng(0)
    record = Record()
    program = record.finished(record("matmul", *(record.input(rng.normal(size=shape)) for shape in shapes)))
    assert_rounded(native_results(program, record.inputs)[0], record.data[-1])


def operations(a: Any, b: Any, index: Any = None) -> list[type]:
    record = Record()
    x, y = record.input(a), record.input(b)
    if index is not None:
        x = record("getitem", x, index=index)
    return [type(operation) for operation in operations_of(record.finished(record("matmul", x, y)))]


def test_what_is_no_product_at_all() -> None:
    assert operations(np.ones((3, 0)), np.ones((0, 2))) == [Elementwise]  # zeros
    assert operations(np.ones((3, 1)), np.ones((1, 2))) == [Elementwise]  # elementwise
    assert operations(np.ones((0, 3)), np.ones((3, 2))) == []
    assert operations(np.ones((2, 2), int), np.ones((2, 2), int)) == [Call]
    assert operations(np.ones((2, 2)), np.ones((2, 2), complex)) == [Call]


def test_what_is_copied_first() -> None:
    """A matrix that is strided both ways, runs backwards, or repeats a row; one that is transposed is not."""
    square, every, back = np.ones((4, 4)), ("slice", None, None, 2), ("slice", None, None, -1)
    whole = ("slice", None, None, None)
    assert operations(np.ones((8, 8)), square, (every, every)) == [Elementwise, Product]
    assert operations(square, square, (whole, back)) == [Elementwise, Product]
    assert operations(np.ones((8, 4)), square, (every, whole)) == [Product]
    for shape, copied in (((4, 4), False), ((1, 4), True)):
        record = Record()
        turned = record("transpose", record.input(square), axes=None)
        repeated = record("broadcast_to", record.input(np.ones(shape)), shape=(4, 4))
        found = operations_of(record.finished(record("matmul", repeated, turned)))
        assert (Elementwise in map(type, found)) == copied


# --- c + a @ b --------------------------------------------------------------------------------------------------------


def sum_with_product(draw: Draw, dtype: np.dtype[Any], sizes: tuple[int, int, int]) -> tuple[Record, Program]:
    """c + a @ b or a @ b + c, and then something that is done to it."""
    rows, inner, columns = sizes
    record = Record()
    a, b, c = (lying_anyhow(record, draw, s, dtype) for s in ((rows, inner), (inner, columns), (rows, columns)))
    product = record("matmul", a, b)
    total = record("add", *draw(st.permutations([product, c])))
    return record, record.finished(record("negative", total))


@own_code
@settings(max_examples=80)
@given(dtype=st.sampled_from(FLOATS), sizes=st.tuples(*[st.integers(1, 5)] * 3), data=st.data())
def test_sums_with_a_product_are_done_in_one(is_ours: bool, dtype: Any, sizes: Any, data: st.DataObject) -> None:
    """Where our own code computes the product; the sum is the same everywhere."""
    record, program = sum_with_product(data.draw, dtype, sizes)
    before = list(program.instructions)
    with pytest.MonkeyPatch.context() as patch:
        if not is_ours:
            patch.setattr(tiles, "LARGEST", {})
        new = with_added_products(program)
        (found,) = native_results(new, record.inputs)
    in_one = is_ours and native.target().width in tiles.LARGEST and min(sizes[1:]) > 1
    assert ("add_product" in names_of(new)) == in_one == ("matmul" not in names_of(new))
    assert program.instructions == before
    assert_rounded(found, record.data[-1])
    assert_rounded(results(new, record.inputs)[0], record.data[-1])


def test_where_a_product_is_needed_itself() -> None:
    """Its value is read twice, or is a result: then it is computed and added."""
    a, b, c = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2), np.arange(4.0).reshape(2, 2)
    for extra in ("output", "add", "exp"):
        record = Record()
        registers = [record.input(x) for x in (a, b, c)]
        product = record("matmul", *registers[:2])
        total = record("add", product, product if extra == "add" else registers[2])
        other = record("exp", product) if extra == "exp" else product
        program = record.finished(total, *([] if extra == "add" else [other]))
        assert names_of(with_added_products(program)) == names_of(program)


@pytest.mark.parametrize("c", [np.ones(2), np.ones((1, 2)), 2.0, np.ones((2, 2), np.float32), np.ones((3, 2, 2))])
def test_what_is_added_in_another_form(c: Any) -> None:
    record = Record()
    product = record("matmul", record.input(np.ones((2, 3))), record.input(np.ones((3, 2))))
    program = record.finished(record("add", product, record.input(c)))
    assert names_of(with_added_products(program)) == ["matmul", "add"]


def test_two_products_that_are_added() -> None:
    """One of them is added to the other."""
    record = Record()
    squares = [record.input(np.arange(4.0).reshape(2, 2) + k) for k in range(4)]
    program = record.finished(record("add", record("matmul", *squares[:2]), record("matmul", *squares[2:])))
    new = with_added_products(program)
    assert sorted(names_of(new)) == ["add_product", "matmul"]
    assert_rounded(native_results(new, record.inputs)[0], record.data[-1])


def test_what_is_added_may_be_computed_after_the_product() -> None:
    """The product moves to where the sum stood."""
    record = Record()
    x, y = record.input(np.arange(4.0).reshape(2, 2)), record.input(np.ones((2, 2)))
    product = record("matmul", x, y)
    program = record.finished(record("add", product, record("exp", y)))
    new = with_added_products(program)
    assert names_of(new) == ["exp", "add_product"]
    assert_rounded(native_results(new, record.inputs)[0], record.data[-1])
