"""The arrays that a program reads and writes: whose they are, and which of the leaves' it may write over.

An array is written over only if a leaf alone holds it, and while nobody can look: `objects.entrance` sees to both.
Whoever took `p.data` before keeps what he took; then, as where the program reads on after it has begun to write, the
new numbers go to a new array, which the leaf is given when all has gone well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autodiff.compiler.entrance import row_by_row
from autodiff.compiler.executable import Executable
from autodiff.compiler.forms import Form, form_of
from autodiff.compiler.objects import Slot
from autodiff.compiler.program import Program
from autodiff.value import Value

Buffer = int


@dataclass(eq=False)
class Array:
    """An array that is handed to the program.

    text: where it is, in Python · reads, writes: the buffers that it stands for; both if it is to be written over
    leaf, attribute: whose it is, or whose it will be · source: what `text` has to be set to first
    """

    text: str
    form: Form
    reads: Buffer | None = None
    writes: Buffer | None = None
    leaf: Value | None = None
    attribute: str = ""
    is_written_over: bool = False
    source: str = ""

    def slot(self, executable: Executable) -> Slot:
        """What native code is to expect."""
        start, slots = executable.pointers.ctypes.data, executable.slots
        places = tuple(start + 8 * slots[b] for b in (self.reads, self.writes) if b is not None)
        return Slot(self.form, places, self.is_written_over)

    def parts(self) -> list[Array]:
        """The same without writing over anything: what is read, what is written."""
        if not self.is_written_over:
            return [self]
        new = replace(self, reads=None, is_written_over=False)
        return [new] if self.reads is None else [replace(self, writes=None, is_written_over=False), new]

    def give(self, new: Any) -> None:
        """The leaf takes a new array."""
        setattr(self.leaf, self.attribute, new)
        if self.attribute == "_data":
            self.leaf._recorded = False  # type: ignore[union-attr]


def leaf_arrays(
    program: Program, executable: Executable, targets: list[tuple[str, Any]], name: Callable[[Any], str]
) -> tuple[list[Array], list[Array]]:
    """The arrays that leaves hold, and those that have to be made for them: f0, f1, …

    targets: (attribute, leaf) of each result of the program, or ("output", its number)
    """
    x, kept, made = executable, dict[tuple[str, Value], Array](), list[Array]()
    for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
        for leaf, register in captured.items():
            if (form := x.low.form(register)).shape:
                kept[attribute, leaf] = Array(f"{name(leaf)}.{attribute}", form, register, None, leaf, attribute)
    for (attribute, leaf), result in zip(targets, x.results):
        if attribute == "output" or result.place != "array":
            continue
        old = kept.get((attribute, leaf))
        new = Array(f"{name(leaf)}.{attribute}", result.form, None, result.layout.buffer, leaf, attribute, True)
        if old is None:
            over = x.may_be_written(result.layout.buffer)
        else:
            over = old.form == result.form and x.may_be_overwritten(old.reads or 0, result.layout.buffer)
        if x.is_native and over:
            kept[attribute, leaf] = replace(new, reads=None if old is None else old.reads)
        else:  # also where NumPy has its turns: between two steps, anyone could look
            made.append(replace(new, text=f"f{len(made)}", is_written_over=False))
    if not x.is_native:  # what is read has to live on when a leaf is given something else meanwhile
        for k, array in enumerate(kept.values()):
            array.source, array.text = array.text, f"l{k}"
    return [*kept.values()], made


def fit(arrays: Sequence[Array], things: Sequence[Any]) -> bool:
    """Whether what is read has the forms that the program was made for."""
    return all(array.reads is None or form_of(thing) == array.form for array, thing in zip(arrays, things, strict=True))


def afresh(arrays: Sequence[Array], things: Sequence[Any]) -> tuple[list[Any], list[tuple[Array, Any]]]:
    """What to hand over for the parts of arrays: inputs row by row, new arrays where others would be written over.

    returns: all of them; each array that would be written over, with the new one
    """
    handed: list[Any] = []
    made: list[tuple[Array, Any]] = []
    for array, thing in zip(arrays, things, strict=True):
        if array.reads is not None:  # another object may say the same of the dtype
            handed.append(row_by_row(thing).view(array.form.dtype))
        elif not array.is_written_over:
            handed.append(thing)
        if array.is_written_over:
            made.append((array, np.empty(array.form.shape, array.form.dtype)))
            handed.append(made[-1][1])
    return handed, made
