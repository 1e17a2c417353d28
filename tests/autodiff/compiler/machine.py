"""Run one compiled function on arrays, as a step of a program is run: by slots and a block of pointers."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff.compiler.ir import Function
from autodiff.compiler.native import Library, module_text, target

WIDTHS = [width for width in (16, 32, 64) if width <= target().width]
"""Bytes of the vectors that this machine has."""


def library(*functions: Function) -> Library:
    """Functions compiled."""
    return Library(module_text(functions, [f.text(target().attributes) for f in functions]))


def block_of(places: Sequence[tuple[int, int]]) -> Any:
    """The block of a step: for each pointer the number of its array and an offset in bytes."""
    return np.array(places, np.int64).reshape(-1)


def called(f: Function, arrays: Sequence[Any], places: Sequence[tuple[int, int]]) -> int:
    """The status of `i32 f(ptr slots, ptr block)`, whose pointers are places in arrays."""
    slots, block = np.array([x.ctypes.data for x in arrays], np.int64), block_of(places)
    run = library(f).function(f.name, ctypes.c_void_p, ctypes.c_void_p, returns=ctypes.c_int32)
    return int(run(slots.ctypes.data, block.ctypes.data))
