"""Kernels from operations: alone, each does what the operation says; together they share what they read."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from autodiff.compiler.kernels import Compute, Load
from autodiff.compiler.layouts import whole
from autodiff.compiler.lower import Lowered
from autodiff.compiler.making import KernelMaker
from autodiff.compiler.operations import Elementwise, Reduction

from .operated import Memory, carry_out, carry_out_kernel, memory_of, operations


@settings(max_examples=150)
@given(drawn=operations())
def test_a_kernel_of_one_operation_is_that_operation(drawn: tuple[Lowered, Memory, list[int]]) -> None:
    low, inputs, _ = drawn
    memory = memory_of(low, inputs)
    for operation in low.operations:
        expected = {buffer: data.copy() for buffer, data in memory.items()}
        carry_out(operation, low, expected)
        if isinstance(operation, (Elementwise, Reduction)):
            maker = KernelMaker(operation.domain)
            if isinstance(operation, Reduction):
                maker.reduce(operation)
            else:
                maker.compute(operation, kept=True)
            step = maker.step()
            carry_out_kernel(step, memory)
            for buffer, data in memory.items():
                np.testing.assert_array_equal(data, expected[buffer])
                assert buffer == operation.out.buffer or buffer in step.reads or buffer not in dict(step.pointers)
        memory = expected


def doubled(source: int, out: int) -> Elementwise:
    """out = source + source, of six numbers."""
    x = whole(source, (6,))
    return Elementwise((6,), "add", (x, x), ("float64",) * 2, ("double",) * 2, "float64", whole(out, (6,)))


def test_what_is_read_or_computed_twice_is_one_value() -> None:
    maker = KernelMaker((6,))
    maker.compute(doubled(1, 2), kept=True)
    maker.compute(doubled(1, 3), kept=True)
    kernel, pointers, reads, writes = maker.step()
    assert [type(value) for value in kernel.values] == [Load, Compute]
    assert [store.value for store in kernel.stores] == [1, 1]
    assert pointers == ((1, 0), (2, 0), (3, 0))
    assert (reads, writes) == ({1}, {2, 3})


def test_what_the_kernel_has_computed_is_not_read_from_memory() -> None:
    maker = KernelMaker((6,))
    maker.compute(doubled(1, 2), kept=False)
    maker.compute(doubled(2, 3), kept=False)
    maker.reduce(Reduction((6,), "sum", whole(3, (6,)), "float64", (0,), "float64", whole(4, ())))
    kernel, pointers, reads, writes = maker.step()
    assert kernel.stores == ()
    assert pointers == ((1, 0), (4, 0))
    assert (reads, writes) == ({1}, {4})
