"""The arrays of leaves: where a program reads and writes them, and who else could see that.

An array is written over only if a leaf alone holds it. Whoever took `p.data` before keeps what he took, and whoever
takes it while the program runs gets all of the old numbers or all of the new ones: the program writes to a new array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autodiff.compiler.executable import Executable
from autodiff.compiler.forms import FLOAT, Form, form_of
from autodiff.compiler.objects import ALONE, ANYTHING, GONE, WIDTH, Record, record_of, row_by_row
from autodiff.compiler.program import Program, Register, StaleError
from autodiff.value import Value


@dataclass(eq=False)
class Place:
    """One array of a leaf, its data or its gradient, and the slots by which the program reads and writes it.

    attribute: "_data" or "_grad" · form, written: of what is read, of what is written
    reusable: the program may write over what is there
    seen: the array that the program reads, or read last · copy: of its elements, row by row, if they do not lie so
    fresh: the array that this call is going to write
    """

    leaf: Value
    attribute: str
    form: Form = FLOAT
    written: Form = FLOAT
    reads: int | None = None
    writes: int | None = None
    reusable: bool = False
    seen: Any = None
    copy: Any = None
    fresh: Any = None


class Held:
    """The arrays of leaves that a program reads and writes.

    targets: (attribute, leaf) of each result of the program, or ("output", its number)
    records: what `objects.enter` has to find, place by place · unknown: the places of which that is not known yet
    pending: those that this call has looked at anew
    """

    def __init__(self, program: Program, executable: Executable, targets: list[tuple[str, Any]]) -> None:
        self.executable = executable
        self.places = _places(program, executable, targets)
        forms = [place.written if place.reads is None else place.form for place in self.places]
        self.lengths = [np.array(form.shape, np.int64) for form in forms]
        self.records = np.zeros((len(self.places), WIDTH), np.int64)
        self.pending: dict[int, None] = {}
        self.unknown = {*range(len(self.places))}

    def look(self, k: int) -> None:
        """The k-th array is not as it was: look again, there and where nothing is known yet."""
        for number in (k, *(self.unknown - {k})):
            self._renew(number)

    def _renew(self, k: int) -> None:
        """Look where the leaf's array is now, and let the program write to a new one."""
        place, pointers = self.places[k], self.executable.pointers
        record, place.seen, place.copy = Record(ANYTHING), None, None
        if place.reads is not None:
            place.seen = getattr(place.leaf, place.attribute)
            if form_of(place.seen) != place.form:
                raise StaleError
            place.copy = row_by_row(place.seen)
            pointers[place.reads] = place.copy.ctypes.data
            record = record_of(place.seen, self.lengths[k])
        if place.writes is not None and place.fresh is None:
            place.fresh = np.empty(place.written.shape, place.written.dtype)
            pointers[place.writes] = place.fresh.ctypes.data
        if place.fresh is not None or place.copy is not place.seen:
            self.pending[k] = None
        self.records[k] = record
        self.unknown.discard(k)

    def settle(self) -> None:
        """The call has succeeded: leaves take the new arrays, and the next call writes over them."""
        for k in self.pending:
            place, pointers = self.places[k], self.executable.pointers
            record, place.seen, place.fresh, place.copy = Record(GONE), place.fresh, None, None
            if place.seen is not None:
                setattr(place.leaf, place.attribute, place.seen)
                if place.attribute == "_data":
                    place.leaf._recorded = False
                if place.reads is not None:
                    pointers[place.reads] = place.seen.ctypes.data
                if place.reusable:
                    record = record_of(place.seen, self.lengths[k], ALONE)
            self.records[k] = record
            if record.identity == GONE:
                self.unknown.add(k)
        self.pending.clear()

    def forget(self) -> None:
        """The call has failed: nothing is known of any leaf."""
        self.pending.clear()
        self.records[:] = Record(GONE)
        self.unknown.update(range(len(self.places)))
        for place in self.places:
            place.seen = place.fresh = place.copy = None

    def arrays(self) -> dict[Register, Any]:
        """The arrays of leaves that the program reads, and those that it writes, by register."""
        found = {}
        slots = {slot: buffer for buffer, slot in self.executable.slots.items()}
        for place in self.places:
            if place.reads is not None:
                found[slots[place.reads]] = place.seen if place.copy is None else place.copy
            if place.writes is not None:
                found[slots[place.writes]] = place.seen if place.fresh is None else place.fresh
        return found


def _places(program: Program, executable: Executable, targets: list[tuple[str, Any]]) -> list[Place]:
    """Every array of a leaf that is read or written."""
    x = executable
    found: dict[tuple[str, Value], Place] = {}
    registers: dict[tuple[str, Value], Register] = {}
    for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
        for leaf, register in captured.items():
            form = x.low.form(register)
            if form.shape:
                registers[attribute, leaf] = register
                found[attribute, leaf] = Place(leaf, attribute, form, form, reads=x.slots[register])
    for (attribute, leaf), result in zip(targets, x.results):
        if attribute == "output" or result.place != "array":
            continue
        key, buffer = (attribute, leaf), result.layout.buffer
        place = found.setdefault(key, Place(leaf, attribute, result.form))
        place.writes, place.written = x.slots[buffer], result.form
        if place.reads is None:
            place.reusable = x.may_be_written(buffer)
        elif place.form == result.form:
            place.reusable = x.may_be_overwritten(registers[key], buffer)
    return list(found.values())
