"""The arrays that a trace meets: constants, kept as they were used, and those that were changed in place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.program import Program, Register
from autodiff.compiler.sameness import root, same_bits
from autodiff.errors import TracingError
from autodiff.lines import where


class Snapshot(NamedTuple):
    """A constant array, and its elements when it was used."""

    register: Register
    array: Any
    elements: Any


class Constants:
    """The registers of constants: one for each array, as long as nobody changes its elements."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._snapshots: dict[int, list[Snapshot]] = {}

    def register(self, raw: Any) -> Register:
        """Where a constant stands."""
        if not isinstance(raw, np.ndarray):
            return self._filled(raw)
        for known in self._snapshots.get(id(raw), ()):
            if known.array is raw and same_bits(raw, known.elements):
                return known.register
        snapshot = Snapshot(self._filled(raw), raw, raw.copy())
        self._snapshots.setdefault(id(raw), []).append(snapshot)
        return snapshot.register

    def _filled(self, raw: Any) -> Register:
        register = self.program.new_register(raw)
        self.program.constants[register] = raw
        return register

    def settle(self) -> None:
        """Where the function has changed an array since, the program keeps the elements that were used."""
        for known in (snapshot for group in self._snapshots.values() for snapshot in group):
            if not same_bits(known.array, known.elements):
                self.program.constants[known.register] = known.elements
        self._snapshots.clear()


class Overwritten:
    """Arrays that `x += …` would have changed undecorated: they may not be used any more, under any name."""

    def __init__(self) -> None:
        self.lines: dict[int, tuple[Any, str]] = {}  # by the buffer, which is kept so that its id stays its own

    def add(self, data: Any) -> None:
        """Note that an array, and whatever shares its memory, would have changed on the line that runs."""
        buffer = root(data)
        self.lines[id(buffer)] = buffer, where()

    def refusal(self, data: Any) -> TracingError | None:
        """The error for an array that is to be used, if it would have changed."""
        if not self.lines or type(data) is not np.ndarray or id(root(data)) not in self.lines:
            return None
        return TracingError(
            "an array was changed in place (x += …) and is used, or seen by the caller, under another name: a program "
            "cannot follow that. Write x = x + …, w.grad = w.grad * …, and copy (x.copy()) what is to stay"
            + self.lines[id(root(data))][1]
        )

    def clear(self) -> None:
        """Forget them."""
        self.lines.clear()
