"""What is computed together, and in which order: the same as one operation after the other."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff.compiler.fuse import Step, fused
from autodiff.compiler.kernels import Kernel, Store
from autodiff.compiler.lower import Lowered
from autodiff.compiler.making import KernelStep

from .operated import Memory, carry_out, carry_out_kernel, memory_of, operations


def run(steps: list[Step], low: Lowered, memory: Memory) -> None:
    for step in steps:
        if isinstance(step, KernelStep):
            carry_out_kernel(step, memory)
        else:
            carry_out(step, low, memory)


@settings(max_examples=400)
@given(drawn=operations())
def test_fused_is_one_operation_after_the_other(drawn: tuple[Lowered, Memory, list[int]]) -> None:
    """Memory holds garbage at first: what is read before it is written, or never written, shows."""
    low, inputs, results = drawn
    one, other = memory_of(low, inputs), memory_of(low, inputs)
    for operation in low.operations:
        carry_out(operation, low, one)
    steps = fused(low, results)
    run(steps, low, other)
    for buffer in results:
        np.testing.assert_array_equal(other[buffer], one[buffer], err_msg=f"buffer {buffer} of {steps}")


def written(kernel: Kernel, store: Store, offset: int) -> set[int]:
    """The bytes at which the elements of a store begin."""
    at = np.zeros(kernel.domain, int)
    for index, stride in zip(np.indices(kernel.domain), store.strides, strict=True):
        at += index * stride
    return set((at * np.dtype(store.dtype).itemsize + offset).ravel().tolist())


@settings(max_examples=200)
@given(drawn=operations())
def test_a_kernel_may_go_through_its_elements_in_any_order(drawn: tuple[Lowered, Memory, list[int]]) -> None:
    """It reads no buffer that it writes, and writes no element twice; so vectors of any width come to the same."""
    low, inputs, _ = drawn
    for step in fused(low, low.buffers.keys() - inputs):
        if not isinstance(step, KernelStep):
            continue
        assert not step.reads & step.writes
        assert {buffer for buffer, _ in step.pointers} == step.reads | step.writes
        stores = [(step.pointers[s.pointer], s) for s in step.kernel.stores]
        if step.kernel.is_serial():
            assert len(stores) == 1
            assert not step.kernel.reductions
        for ((buffer, offset), a), ((other, shift), b) in combinations(stores, 2):
            if buffer == other:
                assert not written(step.kernel, a, offset) & written(step.kernel, b, shift)


@settings(max_examples=100)
@given(drawn=operations(), data=st.data())
def test_the_same_operations_give_the_same_steps(drawn: tuple[Lowered, Memory, list[int]], data: Any) -> None:
    """Kernels are keys: a step that depended on the order of a set would be compiled again in the next process."""
    low, _, results = drawn
    assert fused(low, data.draw(st.permutations(results))) == fused(low, results)
