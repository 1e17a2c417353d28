"""What NumPy's objects hold, read off them by a few native instructions: asking NumPy takes a microsecond an array.

Objects begin with what CPython's and NumPy's C interfaces have promised since their first versions: a count of
references, the class, then for arrays the pointer to the elements, the number of axes, the pointers to their lengths
and strides, the array that a view looks at, the dtype, and the flags. All of it is compared with Python's and NumPy's
own answers before it is relied on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.build import driver
from autodiff.compiler.ir import I8, I32, I64, POINTER, Function, Vector
from autodiff.compiler.native import Library, module_text, target

HEAD = object.__basicsize__
AXES, LENGTHS, DTYPE, FLAGS = HEAD + 8, HEAD + 16, HEAD + 40, HEAD + 48
USABLE = 0x0101  # contiguous, row by row, and aligned
OWN = 0x0404  # it may be written to, and is no view of another one
ITEMS = tuple.__basicsize__
ANYONE, ALONE = 0, 3  # who may refer to an array: an owner, whoever looks, and the tuple in which it is handed over
GONE, ANYTHING = 0, -1

Bind = Callable[[tuple[Any, ...], int, int], int]
Enter = Callable[[tuple[Any, ...], int], int]


def row_by_row(array: Any) -> Any:
    """The array, or a copy whose elements lie row by row and aligned."""
    return array if array.flags.c_contiguous and array.flags.aligned else array.copy()


class Record(NamedTuple):
    """What native code is to find: this very array, as it was, and at most so many references to it.

    identity: GONE matches nothing, ANYTHING everything · elements, lengths: addresses · dtype: its identity
    """

    identity: int
    references: int = ANYONE
    elements: int = 0
    axes: int = 0
    lengths: int = 0
    dtype: int = 0
    flags: int = 0


WIDTH = len(Record._fields)


def record_of(array: Any, lengths: Any, references: int = ANYONE) -> Record:
    """The record of an array as it is now. lengths: those of its axes, in an array of its own"""
    flags = USABLE & array.flags.num
    if references != ANYONE:
        flags |= OWN
    return Record(id(array), references, array.ctypes.data, array.ndim, lengths.ctypes.data, id(array.dtype), flags)


@cache
def bind() -> Bind:
    """A function of (arrays, places, count) that writes the address of each array's elements to a place of its own.

    places: the address of `count` addresses to write to · returns: 0, or the number, counted from 1, of an array whose
    elements do not lie row by row
    """
    native = _native_bind()
    samples = (np.zeros(3), np.zeros((2, 3), np.float32), np.arange(4), np.zeros(()))
    found, places = np.zeros(len(samples), np.int64), np.zeros(len(samples), np.int64)
    places[:] = found.ctypes.data + 8 * np.arange(len(samples))
    agrees = native(samples, places.ctypes.data, len(samples)) == 0
    agrees = agrees and found.tolist() == [x.ctypes.data for x in samples]
    strided = (np.zeros(3), np.zeros((2, 3)).T)
    return native if agrees and native(strided, places.ctypes.data, 2) == 2 else bind_by_numpy


def bind_by_numpy(arrays: Sequence[Any], places: int, count: int) -> int:
    """`bind`, where objects are not as they are expected to be."""
    failed = 0
    for k, array in enumerate(arrays[:count]):
        failed = failed or (0 if array.flags.c_contiguous and array.flags.aligned else k + 1)
        place = ctypes.c_int64.from_address(ctypes.c_int64.from_address(places + 8 * k).value)
        place.value = array.ctypes.data
    return failed


@cache
def enter() -> Enter:
    """A function of (arrays, block) that runs a plan if every array is as its record says.

    block: the addresses of records, of the plan (0 for none) and of the driver around the number of records, see
    `block_of` · returns: what the driver returns; −k if it is the k-th array, counted from 1, that is not as expected

    It keeps the interpreter's lock from beginning to end: what it finds holds for as long as the plan runs.
    """
    native = _native_enter()
    return native if _agrees(native) else enter_by_numpy


def block_of(records: Any, plan: Any = None) -> Any:
    """The block for `enter`. Its arrays have to be kept alive."""
    start = 0 if plan is None else plan.ctypes.data
    run = ctypes.cast(driver(), ctypes.c_void_p).value
    return np.array([records.ctypes.data, len(records), start, run], np.int64)


def enter_by_numpy(arrays: Sequence[Any], block: int) -> int:
    """`enter`, where objects are not as they are expected to be: nobody can tell who else refers to an array."""
    start, count, plan, _ = (ctypes.c_int64 * 4).from_address(block)
    rows = (ctypes.c_int64 * WIDTH * count).from_address(start)
    for k, (array, row) in enumerate(zip(arrays, rows)):
        known = Record(*row)
        if known.identity == ANYTHING:
            continue
        if known.identity != id(array) or known.references != ANYONE or known.axes != array.ndim:
            return -1 - k
        lengths = np.array(array.shape, np.int64)
        expected = (ctypes.c_int64 * known.axes).from_address(known.lengths) if known.axes else ()
        if record_of(array, lengths)._replace(lengths=known.lengths) != known or [*expected] != lengths.tolist():
            return -1 - k
    return int(driver()(plan)) if plan else 0


# --- native code ------------------------------------------------------------------------------------------------------


def _native_bind() -> Any:
    f = Function("bind", [POINTER, POINTER, I64], I64)
    arrays, places, count = f.parameters

    def one(k: Vector, failed: Vector) -> list[Vector]:
        array = f.load(f.offset(f.offset(arrays, ITEMS, I8), k, I64), POINTER)
        place = f.load(f.offset(places, k, I64), POINTER)
        f.store(f.load(f.offset(array, HEAD, I8), I64), place)
        usable = (f.load(f.offset(array, FLAGS, I8), I32) & USABLE) == USABLE
        return [(failed != 0).where(failed, usable.where(0, k + 1))]

    (f.result,) = f.loop(0, count, 1, [f.constant(0, I64)], one)
    return _callable(f, ctypes.py_object, ctypes.c_int64, ctypes.c_int64)


def _native_enter() -> Any:
    f = Function("enter", [POINTER, POINTER], I64)
    arrays, block = f.parameters
    records, plan, run = (f.load(f.offset(block, k, I64), POINTER) for k in (0, 2, 3))
    count, has_plan = f.load(f.offset(block, 1, I64), I64), f.load(f.offset(block, 2, I64), I64) != 0

    def one(k: Vector, failed: Vector) -> list[Vector]:
        item = f.offset(f.offset(arrays, ITEMS, I8), k, I64)
        record = f.offset(records, k * WIDTH, I64)
        identity = f.load(record, I64)
        otherwise = (identity == ANYTHING).where(0, -1 - k)
        (found,) = f.rarely(
            f.load(item, I64) == identity,
            [otherwise],
            lambda: [_as_recorded(f, f.load(item, POINTER), record).where(0, -1 - k)],
        )
        return [(failed != 0).where(failed, found)]

    (failed,) = f.loop(0, count, 1, [f.constant(0, I64)], one)
    (f.result,) = f.rarely(
        (failed == 0) & has_plan, [failed], lambda: [f.emit(I64, f"call i64 {run.name}(ptr {plan.name})")]
    )
    return _callable(f, ctypes.py_object, ctypes.c_int64)


def _as_recorded(f: Function, array: Vector, record: Vector) -> Vector:
    """Whether an array is as its record says."""
    _, references, elements, axes, _lengths, dtype, flags = (
        f.load(f.offset(record, k, I64), I64) for k in range(WIDTH)
    )
    counted = f.load(array, I32).to(I64)
    good = (references == ANYONE) | (counted <= references)
    for at, expected in ((HEAD, elements), (DTYPE, dtype)):
        good &= f.load(f.offset(array, at, I8), I64) == expected
    good &= (f.load(f.offset(array, FLAGS, I8), I32).to(I64) & flags) == flags
    same_axes = f.load(f.offset(array, AXES, I8), I32).to(I64) == axes
    now = f.load(f.offset(array, LENGTHS, I8), POINTER)
    then = f.load(f.offset(record, Record._fields.index("lengths"), I64), POINTER)

    def length(axis: Vector, differs: Vector) -> list[Vector]:
        return [differs | (f.load(f.offset(now, axis, I64), I64) ^ f.load(f.offset(then, axis, I64), I64))]

    (differs,) = f.loop(0, same_axes.where(axes, 0), 1, [f.constant(0, I64)], length)
    return good & same_axes & (differs == 0)


def _callable(f: Function, *parameters: Any) -> Any:
    """A function that is called with the interpreter's lock held."""
    library = Library(module_text([f], [f.text(target().attributes)]))
    function: Any = ctypes.PYFUNCTYPE(ctypes.c_int64, *parameters)(library.address(f.name))
    function.library = library
    return function


# --- whether objects are as they are expected to be -------------------------------------------------------------------


def _agrees(native: Any) -> bool:
    """Whether native code finds in some arrays what NumPy says, counts references as CPython does, and sees changes."""
    shapes = ((3,), (2, 3), (4,), (), (1, 2, 3, 4))
    kinds = (np.float64, np.float32, np.int64, np.float64, np.dtype(">f4"))
    owned = [[np.zeros(shape, kind)] * 2 for shape, kind in zip(shapes, kinds)]  # two references each
    lengths = [np.array(shape, np.int64) for shape in shapes]
    records = np.array([record_of(pair[0], n, ALONE) for pair, n in zip(owned, lengths)], np.int64)
    block = block_of(records)

    def answer() -> int:
        return int(native(tuple([pair[0] for pair in owned]), block.ctypes.data))

    def answers(field: str, changes: list[int]) -> bool:
        """Whether each array is refused if its record says something else."""
        column = Record._fields.index(field)
        for k, change in enumerate(changes):
            records[k, column] += change
            refused = answer() == -1 - k
            records[k, column] -= change
            if not refused:
                return False
        return True

    if answer() != 0 or not answers("references", [-1] * len(owned)):
        return False
    taken = owned[2][0]
    if answer() != -3:
        return False
    del taken
    if not all(answers(field, [8] * len(owned)) for field in ("identity", "elements", "axes", "dtype")):
        return False
    lengths[1][1] += 1
    if answer() != -2:
        return False
    lengths[1][1] -= 1
    owned[1][0].flags.writeable = False
    return answer() == -2
