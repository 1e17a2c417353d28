"""Programs as machine code: who works in whose memory, what a step that fails leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings

import autodiff as ad
from autodiff.compiler import executable
from autodiff.compiler.executable import Executable
from autodiff.compiler.kernels import Kernel, Load, Store
from autodiff.compiler.lower import Lowered
from autodiff.compiler.making import KernelStep
from autodiff.compiler.program import Program
from autodiff.compiler.steps import aligned_reads, aligned_writes

from .alike import assert_alike
from .operated import Memory, carry_out, memory_of, operations


def executed(low: Lowered, inputs: Memory, results: list[int]) -> list[Any]:
    """The results of operations by native code, called twice: nothing may be left over from the first time."""
    forms = [low.buffers.get(register) for register in range(low._next)]
    low.program = program = Program(forms=forms, arguments=list(inputs), outputs=results)
    with mock.patch.object(executable, "Lowered", return_value=low):
        native = Executable(program)
    arrays = {b: x.ravel().copy() for b, x in inputs.items() if x.shape}
    for result in native.results:
        if result.place == "array":
            arrays[result.layout.buffer] = np.empty(result.form.size, result.form.dtype)
    for buffer, array in arrays.items():
        native.pointers[native.slots[buffer]] = array.ctypes.data
    for _ in range(2):
        native.block[...] = 255
        for buffer, x in inputs.items():
            if not x.shape:
                native.memory[buffer][...] = x
        assert native.run(arrays)
    return [arrays.get(result.layout.buffer, native.memory.get(result.layout.buffer)) for result in native.results]


@settings(max_examples=80)
@given(drawn=operations())
def test_native_code_is_one_operation_after_the_other(drawn: tuple[Lowered, Memory, list[int]]) -> None:
    """Fused, in one block of memory, in place where it can be: the same numbers, which are small and whole."""
    low, inputs, results = drawn
    expected = memory_of(low, inputs)
    for operation in low.operations:
        carry_out(operation, low, expected)
    for found, buffer in zip(executed(low, inputs, results), results, strict=True):
        np.testing.assert_array_equal(found, expected[buffer])


def widened(x: Any) -> Any:
    """Half of an array, as numbers twice as large, written where the array was."""
    y = np.exp(x)
    z = y[: len(x) // 2].astype(np.float64)
    return z / np.sum(z)


def narrowed(x: Any) -> Any:
    """An array as the first half of one of smaller numbers."""
    y = np.exp(x)
    z = np.concatenate([y.astype(np.float32), np.ones(len(x), np.float32)])
    return z / np.sum(z)


def counted(x: Any) -> Any:
    """Integers, of which a part is read for the last time."""
    y = np.floor(x * 8).astype(np.int32)
    z = y[: len(x) // 2].astype(np.int64)
    return (z * z[::-1])[::-1] - np.max(z)


@pytest.mark.parametrize("function", [widened, narrowed, counted])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("count", [2, 16, 62, 2000])
def test_elements_of_another_size_are_not_written_over_those_still_to_be_read(
    function: Callable[[Any], Any], dtype: Any, count: int
) -> None:
    x = np.linspace(-1, 1, count).astype(dtype)
    run = ad.jit(function, native=True)
    for _ in range(2):
        assert_alike(run(x), function(x), np.float32)


def step(load: Load, *stores: Store, offset: int = 0, domain: tuple[int, ...] = (4, 6)) -> KernelStep:
    """A kernel that reads buffer 7 and writes buffers 8 and on."""
    pointers = ((7, offset), *((8 + k, 0) for k in range(len(stores))))
    return KernelStep(Kernel(domain, (load,), stores, ()), pointers, frozenset({7}), frozenset({8}))


def test_reads_that_go_element_by_element() -> None:
    assert aligned_reads(step(Load(0, "float64", (6, 1)))) == [7]
    assert aligned_reads(step(Load(0, "float64", (6, 1)), offset=8)) == []
    assert aligned_reads(step(Load(0, "float64", (1, 4)))) == []
    assert aligned_reads(step(Load(0, "float64", (0, 1)))) == []
    assert aligned_reads(step(Load(0, "float64", (6, 1), ((0, 1, 3),)))) == []
    assert aligned_reads(step(Load(0, "float64", (77, 1)), domain=(1, 6))) == [7]
    adding = Store(1, 0, "float64", (6, 1), ((0, 1, 3),))
    assert aligned_reads(step(Load(0, "float64", (6, 1)), adding)) == []


def test_writes_that_go_element_by_element() -> None:
    load, plain, turned = Load(0, "float64", (6, 1)), Store(1, 0, "float64", (6, 1)), Store(2, 0, "float64", (1, 4))
    assert aligned_writes(step(load, plain, turned)) == [8]
    assert aligned_writes(step(load, Store(1, 0, "float64", (6, 1), ((0, 1, 3),)))) == []
