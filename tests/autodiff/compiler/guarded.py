"""Random kernels on arrays that end where memory ends: whoever reads or writes a byte too far is killed.

Run by `test_elements` in a process of its own.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Any

import numpy as np
from hypothesis import given, settings

from .interpreted import Case, assert_native_agrees
from .random_kernels import cases

PAGE = mmap.PAGESIZE
KEPT: list[Any] = []


def guarded(array: Any, at_the_end: bool) -> Any:
    """A copy with no memory after it, or none before it, where the system can take that away."""
    room = -(-max(array.nbytes, 1) // PAGE) * PAGE
    block = mmap.mmap(-1, room + 2 * PAGE)
    KEPT.append(block)
    data = np.frombuffer(block, np.uint8)
    if os.name == "posix":
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        for start in (0, PAGE + room):
            assert protect(data.ctypes.data + start, PAGE, 0) == 0
    first = PAGE + (room - array.nbytes) * at_the_end
    copy = data[first : first + array.nbytes].view(array.dtype)
    copy[...] = array
    return copy


@settings(max_examples=60, derandomize=True, deadline=None)
@given(case=cases(margin=0))
def stay_inside(case: Case) -> None:
    for at_the_end in (True, False):
        assert_native_agrees(case, copied=lambda array, at_the_end=at_the_end: guarded(array, at_the_end))
    KEPT.clear()


if __name__ == "__main__":
    stay_inside()
