"""The way into native code: a builtin function that looks at Python's numbers and NumPy's arrays by itself.

Asking NumPy where an array's elements lie takes a microsecond, asking Python what it is, another half. Native code
reads both off the objects: they begin with what the C interfaces have promised since their first versions.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.build import driver
from autodiff.compiler.forms import Form
from autodiff.compiler.ir import F64, I8, I32, I64, POINTER, Function, Vector
from autodiff.compiler.native import Library, module_text, target

HEAD = object.__basicsize__
KIND = HEAD - 8
"""Where an object's type stands; a float's number, an array's address of its elements come right after the head."""
AXES, LENGTHS, DTYPE, FLAGS = HEAD + 8, HEAD + 16, HEAD + 40, HEAD + 48
ITEMS = tuple.__basicsize__
USABLE = 0x0101  # contiguous, row by row, and aligned
OWN = 0x0404  # it may be written to, and is no view of another one
ALONE = 2  # references to what only a leaf holds: its own, and that of whoever hands it over

Enter = Callable[..., Any]
"""Takes numbers, then arrays; returns the number results: a float if there is one, else a tuple.

If something is wrong, an int: −k where the k-th thing, counted from 1, is not as expected and nothing was done, k where
the k-th step failed.
"""


class Slot(NamedTuple):
    """An array that is expected, and where the addresses of its elements go.

    alone: nobody but a leaf may refer to it, for it is going to be written over
    """

    form: Form
    places: tuple[int, ...]
    alone: bool = False


class Plan(NamedTuple):
    """What is run when everything is as expected.

    start: the address of a plan for the driver, 0 for none · first, numbers: where in memory the result numbers
    begin, and how many they are
    lets_go: other threads may run meanwhile · owner: what all that lies in
    """

    start: int = 0
    first: int = 0
    numbers: int = 0
    lets_go: bool = False
    owner: Any = None


class Record(NamedTuple):
    """What native code compares an array with; see `Slot`. lengths, first, second: addresses · dtype: its identity"""

    references: int
    flags: int
    axes: int
    lengths: int
    dtype: int
    first: int
    second: int


class Header(NamedTuple):
    """All that the builtin function knows: addresses, and how many things stand there."""

    numbers: int
    number_count: int
    arrays: int
    array_count: int
    plan: int
    driver: int
    lets_go: int
    results: int
    result_count: int
    float_type: int
    array_type: int
    new_int: int
    new_float: int
    new_tuple: int
    let_go: int
    take_back: int


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = [
        ("name", ctypes.c_char_p), ("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)
    ]  # fmt: skip


def native_entrance(numbers: Sequence[int], arrays: Sequence[Slot], plan: Plan) -> Enter:
    """The builtin function for these. numbers: the addresses they go to"""
    unused = np.zeros(1, np.int64)
    lengths = [np.array(slot.form.shape, np.int64) for slot in arrays]
    records = np.zeros((len(arrays), len(Record._fields)), np.int64)
    for k, (slot, length) in enumerate(zip(arrays, lengths)):
        first, second = (*slot.places, unused.ctypes.data, unused.ctypes.data)[:2]
        records[k] = Record(
            ALONE if slot.alone else 0, USABLE | (OWN if slot.alone else 0),
            len(length), length.ctypes.data, id(slot.form.dtype), first, second,
        )  # fmt: skip
    places = np.array(numbers, np.int64)
    header = np.array(
        Header(
            places.ctypes.data, len(places), records.ctypes.data, len(records),
            plan.start, ctypes.cast(driver(), ctypes.c_void_p).value or 0, plan.lets_go, plan.first, plan.numbers,
            id(float), id(np.ndarray), *map(_address, (
                "PyLong_FromLongLong", "PyFloat_FromDouble", "PyTuple_New", "PyEval_SaveThread", "PyEval_RestoreThread",
            )),
        ),
        np.int64,
    )  # fmt: skip
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    kept = _Kept(header.shape, np.int64)  # the function holds its header, that holds the rest
    kept[:] = header
    kept.rest = plan.owner, unused, lengths, records, places, [slot.form.dtype for slot in arrays]
    return make(ctypes.addressof(_method()), kept, None)  # type: ignore[no-any-return]


class _Kept(np.ndarray):
    """An array that keeps others alive."""

    rest: Any


def _address(name: str) -> int:
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


@cache
def _method() -> _Method:
    f = emit_entrance()
    library = Library(module_text([f], [f.text(target().attributes)]))
    method = _Method(b"enter", library.address(f.name), 0x0080, None)  # METH_FASTCALL
    method.library = library
    return method


def emit_entrance() -> Function:
    """The code, of CPython's form (self, things, count): self is the header."""
    f = Function("enter", [POINTER, POINTER, I64], POINTER)
    known, things, _ = f.parameters
    header = f.load(f.offset(known, HEAD, I8), POINTER)

    def field(name: str, type: Any = POINTER) -> Vector:
        return f.load(f.offset(header, Header._fields.index(name), I64), type)

    number_count, zero = field("number_count", I64), f.constant(0, I64)

    def number(k: Vector, failed: Vector) -> list[Vector]:
        thing = f.load(f.offset(things, k, I64), POINTER)
        right = f.load(f.offset(thing, KIND, I8), I64) == field("float_type", I64)
        f.store(f.load(f.offset(thing, HEAD, I8), I64), f.load(f.offset(field("numbers"), k, I64), POINTER))
        return [(failed != 0).where(failed, right.where(0, -1 - k))]

    def array(k: Vector, failed: Vector) -> list[Vector]:
        thing = f.load(f.offset(things, number_count + k, I64), POINTER)
        is_one = f.load(f.offset(thing, KIND, I8), I64) == field("array_type", I64)
        wrong = -1 - (number_count + k)
        record = f.offset(field("arrays"), k * len(Record._fields), I64)
        (found,) = f.rarely(is_one, [wrong], lambda: [_bound(f, thing, record).where(0, wrong)])
        return [(failed != 0).where(failed, found)]

    (failed,) = f.loop(0, number_count, 1, [zero], number)
    (failed,) = f.loop(0, field("array_count", I64), 1, [failed], array)
    (failed,) = f.rarely((failed == 0) & (field("plan", I64) != 0), [failed], lambda: [_driven(f, field)])
    null = f.emit(POINTER, "inttoptr i64 0 to ptr")
    make = field("new_int")
    (answer,) = f.rarely(failed != 0, [null], lambda: [f.emit(POINTER, f"call ptr {make.name}(i64 {failed.name})")])
    (f.result,) = f.rarely(failed == 0, [answer], lambda: [_results(f, field)])
    return f


def _bound(f: Function, thing: Vector, record: Vector) -> Vector:
    """Write the address of an array's elements where it belongs; whether the array is as its record says."""

    def known(name: str, type: Any = I64) -> Vector:
        return f.load(f.offset(record, Record._fields.index(name), I64), type)

    elements, axes = f.load(f.offset(thing, HEAD, I8), I64), known("axes")
    for name in ("first", "second"):
        f.store(elements, known(name, POINTER))
    counted, references = f.load(thing, I32).to(I64), known("references")
    good = (references == 0) | (counted == references)
    good &= f.load(f.offset(thing, DTYPE, I8), I64) == known("dtype")
    good &= (f.load(f.offset(thing, FLAGS, I8), I32).to(I64) & known("flags")) == known("flags")
    same_axes = f.load(f.offset(thing, AXES, I8), I32).to(I64) == axes
    now, then = f.load(f.offset(thing, LENGTHS, I8), POINTER), known("lengths", POINTER)

    def length(axis: Vector, differs: Vector) -> list[Vector]:
        return [differs | (f.load(f.offset(now, axis, I64), I64) ^ f.load(f.offset(then, axis, I64), I64))]

    (differs,) = f.loop(0, same_axes.where(axes, 0), 1, [f.constant(0, I64)], length)
    return good & same_axes & (differs == 0)


def _driven(f: Function, field: Callable[..., Vector]) -> Vector:
    """Run the plan, if that may be with the interpreter's lock given back."""
    drive, plan, lets_go = field("driver"), field("plan"), field("lets_go", I64) != 0
    let_go, take_back, null = field("let_go"), field("take_back"), f.emit(POINTER, "inttoptr i64 0 to ptr")
    (thread,) = f.rarely(lets_go, [null], lambda: [f.emit(POINTER, f"call ptr {let_go.name}()")])
    failed = f.emit(I64, f"call i64 {drive.name}(ptr {plan.name})")

    def back() -> list[Vector]:
        f.do(f"call void {take_back.name}(ptr {thread.name})")
        return []

    f.rarely(lets_go, [], back)
    return failed


def _results(f: Function, field: Callable[..., Vector]) -> Vector:
    """The result numbers as Python's: one alone, or a tuple."""
    count, results, new_float, new_tuple = (
        field("result_count", I64), field("results"), field("new_float"), field("new_tuple")
    )  # fmt: skip

    def one(k: Vector | int) -> Vector:
        x = f.load(f.offset(results, k, I64), F64)
        return f.emit(POINTER, f"call ptr {new_float.name}(double {x.name})")

    def several() -> list[Vector]:
        made = f.emit(POINTER, f"call ptr {new_tuple.name}(i64 {count.name})")

        def item(k: Vector) -> list[Vector]:
            f.store(one(k), f.offset(f.offset(made, ITEMS, I8), k, I64))
            return []

        f.loop(0, count, 1, [], item)
        return [made]

    null = f.emit(POINTER, "inttoptr i64 0 to ptr")
    (single,) = f.rarely(count == 1, [null], lambda: [one(0)])
    (found,) = f.rarely(count != 1, [single], several)
    return found
