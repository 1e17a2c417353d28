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

    def results(self) -> set[Register]:
        """The registers that are read when the program has run."""
        return {*self.outputs, *self.new_data.values(), *(r for r in self.new_grads.values() if r is not None)}

    def prune(self) -> None:
        """Drop instructions whose results nobody reads, and the constants that only they read. Every draw is kept."""
        needed = self.results()
        kept = []
        for instruction in reversed(self.instructions):
            if instruction.out in needed:
                kept.append(instruction)
                needed.update(instruction.operands)
        self.instructions = kept[::-1]
        self.constants = {register: data for register, data in self.constants.items() if register in needed}

    def run(self, arguments: Sequence[Any]) -> list[Any]:
        """Run once: the results, with every leaf written back. Nothing that is handed out is written to again."""
        registers = self._filled(arguments)
        held = {id(data) for data in registers if isinstance(data, np.ndarray)}
        with np.errstate(all="ignore"):
            for primitive, operands, keywords, out in self.instructions:
                inputs = [registers[r] for r in operands]
                try:
                    registers[out] = compute(primitive, inputs, keywords)
                except (ValueError, TypeError, IndexError) as error:
                    raise translated(error, primitive, inputs, keywords) from None
        return self._handed_out(registers, held)

    def _filled(self, arguments: Sequence[Any]) -> list[Any]:
        registers: list[Any] = [None] * len(self.forms)
        for register, data in self.constants.items():
            registers[register] = data
        for register, data in zip(self.arguments, arguments, strict=True):
            registers[register] = data
        for leaf, register in self.captured.items():
            registers[register] = leaf._data
        for leaf, register in self.captured_grads.items():
            registers[register] = leaf._grad
        for register, draw in self.draws:
            registers[register] = draw()
        return registers

    def _handed_out(self, registers: Sequence[Any], held: set[int]) -> list[Any]:
        """The results, and the leaves written back, each a buffer of its own. All copies are made before a leaf is
        written, so that a failure leaves them as they were.
        """
        outputs = [own(registers[register], held) for register in self.outputs]
        data = [(leaf, own(registers[register], held)) for leaf, register in self.new_data.items()]
        gradients = [(leaf, None if r is None else own(registers[r], held)) for leaf, r in self.new_grads.items()]
        for leaf, new in data:
            leaf._data, leaf._recorded = new, False
        for leaf, new in gradients:
            leaf._grad = new
        return outputs


def own(data: Any, held: set[int]) -> Any:
    """Data that nobody else holds: a copy if it is an input, a view, or was handed out already."""
    if not isinstance(data, np.ndarray):
        return data
    if data.base is not None or id(data) in held:
        return data.copy()
    held.add(id(data))
    return data
