"""The way into native code: the builtin function of `objects`, or one in Python where objects are not as expected.

Whether they are is tried out once, before it is relied on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autodiff.compiler.build import driver
from autodiff.compiler.forms import Form, form_of
from autodiff.compiler.objects import Enter, Plan, Slot, native_entrance


def row_by_row(array: Any) -> Any:
    """The array, or a copy whose elements lie row by row and aligned."""
    return array if array.flags.c_contiguous and array.flags.aligned else array.copy()


def entrance(numbers: Sequence[int], arrays: Sequence[Slot], plan: Plan) -> Enter:
    """The builtin function for these. numbers: the addresses they go to

    Unless it lets go of the interpreter's lock, that is kept from beginning to end: what it finds holds while it runs.
    """
    return native_entrance(numbers, arrays, plan) if is_as_expected() else python_entrance(numbers, arrays, plan)


def python_entrance(numbers: Sequence[int], arrays: Sequence[Slot], plan: Plan) -> Enter:
    """`entrance`, where objects are not as expected: nobody can tell who else refers to an array."""

    def enter(*things: Any) -> Any:
        given, rest = things[: len(numbers)], things[len(numbers) :]
        for k, (number, place) in enumerate(zip(given, numbers, strict=True)):
            if type(number) is not float:
                return -1 - k
            ctypes.c_double.from_address(place).value = number
        for k, (array, slot) in enumerate(zip(rest, arrays, strict=True), len(numbers)):
            if slot.alone or form_of(array) != slot.form or row_by_row(array) is not array:
                return -1 - k
            for place in slot.places:
                ctypes.c_int64.from_address(place).value = array.ctypes.data
        return run(plan)

    return enter


def run(plan: Plan) -> Any:
    """Run a plan, and collect the result numbers."""
    if plan.start and (failed := driver()(plan.start)):
        return int(failed)
    found = tuple((ctypes.c_double * plan.numbers).from_address(plan.first)) if plan.numbers else ()
    return found[0] if plan.numbers == 1 else found


@cache
def is_as_expected() -> bool:
    """Whether native code finds in some objects what NumPy says of them, and counts references as CPython does."""
    return hasattr(ctypes.pythonapi, "PyCFunction_NewEx") and agrees(native_entrance)


def agrees(entrance: Callable[..., Enter]) -> bool:
    """Whether an entrance takes what is as expected, and refuses everything else, in a number of samples."""
    shapes = ((3,), (2, 3), (4,), (), (1, 2, 3, 4))
    kinds = (np.float64, np.float32, np.int64, np.float64, np.dtype(">f4"))
    owned = [[np.zeros(shape, kind)] for shape, kind in zip(shapes, kinds)]
    found = np.zeros((len(owned), 2), np.int64)
    written, results = np.zeros(2), np.array([0.5, -2.0])
    places = [tuple(found.ctypes.data + 16 * k + 8 * i for i in range(2)) for k in range(len(owned))]
    slots = [Slot(Form(x[0].shape, x[0].dtype), place, True) for x, place in zip(owned, places)]
    numbers = [written.ctypes.data, written.ctypes.data + 8]

    def answer(changed: dict[int, Slot], count: int = 2, **others: Any) -> Any:
        expected = [changed.get(k, slot) for k, slot in enumerate(slots)]
        enter = entrance(numbers, expected, Plan(first=results.ctypes.data, numbers=count, **others))
        return enter(1.5, -3.0, owned[0][0], owned[1][0], owned[2][0], owned[3][0], owned[4][0])

    if answer({}) != (0.5, -2.0) or answer({}, 1, lets_go=True) != 0.5 or answer({}, 0) != ():
        return False
    if written.tolist() != [1.5, -3.0] or found.tolist() != [[x[0].ctypes.data] * 2 for x in owned]:
        return False
    for k, slot in enumerate(slots):
        shape, dtype = slot.form.shape, slot.form.dtype
        others = (Form((*shape, 1), dtype), Form((*shape[:-1], 7), dtype), Form(shape, np.dtype(np.int16)))
        if any(answer({k: slot._replace(form=form)}) != -3 - k for form in others):
            return False
        taken = owned[k][0]
        if answer({}) != -3 - k or answer({k: slot._replace(alone=False)}) != (0.5, -2.0):
            return False
        taken.flags.writeable = False
        del taken
        if answer({}) != -3 - k:
            return False
        owned[k][0].flags.writeable = True
    owned[1][0] = owned[1][0].T.copy().T
    return bool(answer({1: slots[1]._replace(alone=False)}) == -4)
