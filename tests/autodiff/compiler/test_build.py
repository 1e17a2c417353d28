"""Machine code once for each kind of step, and the loop over a table of steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff.compiler.build import compiled, driver
from autodiff.compiler.kernels import Kernel, Load, Store
from autodiff.compiler.native import target
from autodiff.compiler.products import Gemm, needs

GATHER = Kernel(
    (5,),
    (Load(0, "int64", (1,)), Load(1, "float64", (0,), ((0, 1, 3),))),
    (Store(2, 1, "float64", (1,)),),
    (),
)
"""out[i] = x[index[i]], which fails where the index is not in [−3, 3)."""


def run(indices: Any, first: int, last: int) -> tuple[int, Any]:
    """Steps of a table, one for each row of indices: what the driver answers, and what has been written."""
    x, out = np.array([1.0, 2.0, 4.0]), np.zeros((len(indices), 5))
    slots = np.array([indices.ctypes.data, x.ctypes.data, out.ctypes.data], np.int64)
    blocks = [np.array([0, 40 * k, 1, 0, 2, 40 * k], np.int64) for k in range(len(indices))]
    table = np.array([(compiled([GATHER])[GATHER], block.ctypes.data) for block in blocks], np.int64)
    plan = np.array([table.ctypes.data, first, last, slots.ctypes.data], np.int64)
    return driver()(plan.ctypes.data), out


def test_a_plan_is_a_part_of_the_table() -> None:
    indices = np.arange(20).reshape(4, 5) % 3
    for first in range(4):
        for last in range(first, 5):
            failed, out = run(indices, first, last)
            assert failed == 0
            expected = np.zeros((4, 5))
            expected[first:last] = np.array([1.0, 2.0, 4.0])[indices[first:last]]
            np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("wrong", range(4))
def test_the_step_that_failed_is_named_and_none_is_run_after_it(wrong: int) -> None:
    indices = np.zeros((4, 5), np.int64)
    indices[wrong, 3] = 3
    indices[-1, 0] = -4
    failed, out = run(indices, 0, 4)
    assert failed == wrong + 1
    assert (out[:wrong] == 1).all()
    assert (out[wrong + 1 :] == 0).all()


def test_equal_code_is_compiled_once() -> None:
    other = Kernel((6,), *GATHER[1:])
    first = compiled([GATHER, GATHER])
    again = compiled([other, GATHER])
    assert again[GATHER] == first[GATHER] != again[other]
    assert compiled([]) == {}


def test_what_a_product_calls_is_compiled_before_it() -> None:
    """The tiles are not asked for, and stand in the code of the product as numbers."""
    gemm = Gemm("float64", 3, 5, 4, (False, False), (4, 5), (), ())
    assert needs(gemm, target().width)
    a, b, c = np.arange(12.0).reshape(3, 4), np.arange(20.0).reshape(4, 5), np.zeros((3, 5))
    slots = np.array([x.ctypes.data for x in (a, b, c)], np.int64)
    block = np.array([0, 0, 1, 0, 2, 0], np.int64)
    table = np.array([compiled([gemm])[gemm], block.ctypes.data], np.int64)
    assert driver()(np.array([table.ctypes.data, 0, 1, slots.ctypes.data], np.int64).ctypes.data) == 0
    np.testing.assert_array_equal(c, a @ b)
