"""The addresses of arrays' elements, read off NumPy's objects by a few native instructions.

Asking NumPy takes a microsecond an array. Its objects begin with what its C interface has promised since version 1: the
head that every Python object has, then the pointer to the elements, and 40 bytes later, behind five more pointers, the
flags. Both are compared with NumPy's own answers before they are relied on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autodiff.compiler.ir import I8, I32, I64, POINTER, Function, Vector
from autodiff.compiler.native import Library, module_text, target

HEAD = object.__basicsize__
FLAGS = HEAD + 48
USABLE = 0x0101  # contiguous, row by row, and aligned
ITEMS = tuple.__basicsize__

Bind = Callable[[tuple[Any, ...], int, int], int]


@cache
def bind() -> Bind:
    """A function of (arrays, places, count) that writes the address of each array's elements to a place of its own.

    places: the address of `count` addresses to write to · returns: 0, or the number, counted from 1, of an array whose
    elements do not lie row by row
    """
    native = _native()
    samples = (np.zeros(3), np.zeros((2, 3), np.float32), np.arange(4), np.zeros(()))
    found, places = np.zeros(len(samples), np.int64), np.zeros(len(samples), np.int64)
    places[:] = found.ctypes.data + 8 * np.arange(len(samples))
    agrees = native(samples, places.ctypes.data, len(samples)) == 0
    agrees = agrees and found.tolist() == [x.ctypes.data for x in samples]
    strided = (np.zeros(3), np.zeros((2, 3)).T)
    return native if agrees and native(strided, places.ctypes.data, 2) == 2 else _by_numpy


def _by_numpy(arrays: Sequence[Any], places: int, count: int) -> int:
    for k, array in enumerate(arrays):
        if not (array.flags.c_contiguous and array.flags.aligned):
            return k + 1
        place = ctypes.c_int64.from_address(ctypes.c_int64.from_address(places + 8 * k).value)
        place.value = array.ctypes.data
    return 0


def _native() -> Any:
    f = Function("bind", [POINTER, POINTER, I64], I64)
    arrays, places, count = f.parameters

    def one(k: Vector, failed: Vector) -> list[Vector]:
        array = f.load(f.offset(f.offset(arrays, ITEMS, I8), k, I64), POINTER)
        place = f.load(f.offset(places, k, I64), POINTER)
        f.store(f.load(f.offset(array, HEAD, I8), I64), place)
        usable = (f.load(f.offset(array, FLAGS, I8), I32) & USABLE) == USABLE
        return [(failed != 0).where(failed, usable.where(0, k + 1))]

    (f.result,) = f.loop(0, count, 1, [f.constant(0, I64)], one)
    library = Library(module_text([f], [f.text(target().attributes)]))
    function: Any = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.py_object, ctypes.c_int64, ctypes.c_int64)(
        library.address("bind")
    )
    function.library = library
    return function
