"""Results of native code: each lies in memory of its own, as large as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff.compiler.executable import Executable
from tests.autodiff.compiler.by_hand import FLOATS, Record, assert_rounded, assert_same_bits, native_results


@pytest.mark.parametrize("size", [1, 3, 100, 5000])
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_beginning_of_something_larger(size: int, dtype: Any) -> None:
    """What is handed out is as large as it says, and what was computed is not written beyond it."""
    record = Record()
    x = record("exp", record.input(np.linspace(0, 1, 5000, dtype=dtype)))
    head = record("getitem", x, index=(("slice", None, size, None),))
    rows = record("reshape", head, shape=(1, size))
    program = record.finished(head, rows)
    executable = Executable(program)
    assert all(executable.low.buffers[r.layout.buffer].size == size for r in executable.results)
    for _ in range(3):
        for found, output in zip(native_results(program, record.inputs), program.outputs, strict=True):
            assert_rounded(found, record.data[output])


def test_results_of_nothing() -> None:
    """A number is computed, repeated, and none of it is handed out."""
    record = Record()
    double = record("multiply", record("getitem", record.input(np.ones(2)), index=(0,)), record.constant(2.0))
    wide = record("broadcast_to", double, shape=(3,))
    program = record.finished(record("getitem", wide, index=(("slice", None, 0, None),)))
    assert_same_bits(native_results(program, record.inputs)[0], np.zeros(0))


@pytest.mark.parametrize(
    "data", [np.array(2.0), np.array(2, np.float16), np.array(True), np.float32(2), 2.0, np.float16(2), 1j]
)
def test_constants_that_are_handed_out(data: Any) -> None:
    """As they are: an array of shape () stays one."""
    record = Record()
    program = record.finished(record.constant(data), record.input(1.0))
    for _ in range(2):
        found, _ = native_results(program, record.inputs)
        assert_same_bits(found, data)
        assert found is not data or not isinstance(data, np.ndarray)
