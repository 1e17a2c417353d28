"""A program: instructions over registers, what fills the registers at each call, and what is handed back.

This is the form that everything after tracing works on. Here it is executed by replaying each instruction through
NumPy, exactly as it was computed the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.forms import Form, form_of
from autodiff.primitives.kinds import Primitive
from autodiff.recording import compute, translated
from autodiff.value import Value

Register = int


class StaleError(Exception):
    """A leaf holds something of another shape or dtype than the program was made for."""


MISSED: Any = type("Missed", (), {})()
"""Instead of a result: the program is not made for this call, and nothing has happened."""


class Instruction(NamedTuple):
    """out = primitive(*operands, **keywords), all registers."""

    primitive: Primitive
    operands: tuple[Register, ...]
    keywords: Mapping[str, Any]
    out: Register


@dataclass
class Program:
    """What a traced function does, free of Python.

    forms: of each register · constants: registers filled once · arguments: register of each array argument
    captured, captured_grads: leaves read at each call · draws: random numbers drawn at each call, in order
    outputs: registers of the results · new_data, new_grads: what is written back to leaves (None: gradient not run)
    Programs compute as under np.errstate(all="ignore"): they do not warn.
    """

    instructions: list[Instruction] = field(default_factory=list)
    forms: list[Form | None] = field(default_factory=list)
    constants: dict[Register, Any] = field(default_factory=dict)
    arguments: list[Register] = field(default_factory=list)
    captured: dict[Value, Register] = field(default_factory=dict)
    captured_grads: dict[Value, Register] = field(default_factory=dict)
    draws: list[tuple[Register, Callable[[], Any]]] = field(default_factory=list)
    outputs: list[Register] = field(default_factory=list)
    new_data: dict[Value, Register] = field(default_factory=dict)
    new_grads: dict[Value, Register | None] = field(default_factory=dict)

    def new_register(self, data: Any) -> Register:
        """A register for what has the form of some data."""
        self.forms.append(form_of(data))
        return len(self.forms) - 1

    @property
    def inputs(self) -> list[Register]:
        """What is filled in at each call: arguments, captured data, captured gradients, draws."""
        leaves = [*self.captured.values(), *self.captured_grads.values()]
        return [*self.arguments, *leaves, *(register for register, _ in self.draws)]

    @property
    def results(self) -> list[Register]:
        """What is read when the program has run: outputs, new data, new gradients (of those that were run)."""
        gradients = [register for register in self.new_grads.values() if register is not None]
        return [*self.outputs, *self.new_data.values(), *gradients]

    def prune(self) -> None:
        """Drop instructions whose results nobody reads, and the constants that only they read. Every draw is kept."""
        needed = set(self.results)
        kept = []
        for instruction in reversed(self.instructions):
            if instruction.out in needed:
                kept.append(instruction)
                needed.update(instruction.operands)
        self.instructions = kept[::-1]
        self.constants = {register: data for register, data in self.constants.items() if register in needed}

    def given(self, arguments: Sequence[Any]) -> list[Any]:
        """The data of the inputs, now. Drawing comes first: it may run code that changes leaves."""
        draws = [draw() for _, draw in self.draws]
        data = [leaf._data for leaf in self.captured]
        gradients = [leaf._grad for leaf in self.captured_grads]
        return [*arguments, *data, *gradients, *draws]

    def given_checked(self, arguments: Sequence[Any]) -> list[Any]:
        """The same; StaleError if a leaf holds something else than it did when the program was made."""
        given = self.given(arguments)
        for register, data in list(zip(self.inputs, given, strict=True))[len(self.arguments) :]:
            if self.forms[register] is not None and form_of(data) != self.forms[register]:
                raise StaleError
        return given

    def take(self, results: Sequence[Any]) -> Sequence[Any]:
        """Write new data and gradients back to the leaves; what is left is returned."""
        rest = iter(results)
        outputs = [next(rest) for _ in self.outputs]
        for leaf in self.new_data:
            leaf._data, leaf._recorded = next(rest), False
        for leaf, register in self.new_grads.items():
            leaf._grad = None if register is None else next(rest)
        return outputs


class Replay:
    """A program carried out by NumPy, instruction by instruction, exactly as it was recorded."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def run(self, given: Sequence[Any]) -> list[Any]:
        """The results for these inputs, each a buffer of its own: nothing that is handed out is written to again."""
        program = self.program
        registers: list[Any] = [None] * len(program.forms)
        for register, data in (*program.constants.items(), *zip(program.inputs, given, strict=True)):
            registers[register] = data
        held = {id(data) for data in registers if isinstance(data, np.ndarray)}
        with np.errstate(all="ignore"):
            for primitive, operands, keywords, out in program.instructions:
                inputs = [registers[r] for r in operands]
                try:
                    registers[out] = compute(primitive, inputs, keywords)
                except (ValueError, TypeError, IndexError) as error:
                    raise translated(error, primitive, inputs, keywords) from None
        return [own(registers[register], held) for register in program.results]


def own(data: Any, held: set[int]) -> Any:
    """Data that nobody else holds: a copy if it is an input, a view, or was handed out already."""
    if not isinstance(data, np.ndarray):
        return data
    if data.base is not None or id(data) in held:
        return data.copy()
    held.add(id(data))
    return data
