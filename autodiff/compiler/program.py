"""A program: instructions over registers, what fills the registers at each call, and what is handed back.

This is the form that everything after tracing works on. Here it is executed by replaying each instruction through
NumPy, exactly as it was computed the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autodiff.primitives.kinds import Primitive
from autodiff.recording import compute
from autodiff.value import Value

Register = int


@dataclass(frozen=True)
class Instruction:
    """out = primitive(*operands, **keywords), all registers."""

    primitive: Primitive
    operands: tuple[Register, ...]
    keywords: Mapping[str, Any]
    out: Register


@dataclass
class Program:
    """What a traced function does, free of Python.

    constants: registers filled once · arguments: register of each array argument
    captured, captured_grads: leaves read at each call · draws: random numbers drawn at each call, in order
    outputs: registers of the results · new_data, new_grads: what is written back to leaves (None: gradient not run)
    """

    instructions: list[Instruction] = field(default_factory=list)
    constants: dict[Register, Any] = field(default_factory=dict)
    arguments: list[Register] = field(default_factory=list)
    captured: dict[Value, Register] = field(default_factory=dict)
    captured_grads: dict[Value, Register] = field(default_factory=dict)
    draws: list[tuple[Register, Callable[[], Any]]] = field(default_factory=list)
    outputs: list[Register] = field(default_factory=list)
    new_data: dict[Value, Register] = field(default_factory=dict)
    new_grads: dict[Value, Register | None] = field(default_factory=dict)
    size: int = 0

    def prune(self) -> None:
        """Drop instructions whose results nobody reads, and the captured leaves and constants that only they read."""
        needed = {*self.outputs, *self.new_data.values(), *(r for r in self.new_grads.values() if r is not None)}
        kept = []
        for instruction in reversed(self.instructions):
            if instruction.out in needed:
                kept.append(instruction)
                needed.update(instruction.operands)
        self.instructions = kept[::-1]
        self.constants = {register: data for register, data in self.constants.items() if register in needed}

    def run(self, arguments: Sequence[Any]) -> list[Any]:
        """Run once: the results, with every leaf written back. Nothing that is handed out is written to again."""
        registers: list[Any] = [None] * self.size
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
        foreign = {id(data) for data in registers if type(data) is np.ndarray}
        for step in self.instructions:
            registers[step.out] = compute(step.primitive, [registers[r] for r in step.operands], step.keywords)
        self._write_back(registers, foreign)
        return [_own(registers[register], foreign) for register in self.outputs]

    def _write_back(self, registers: Sequence[Any], foreign: set[int]) -> None:
        for leaf, register in self.new_data.items():
            leaf._data = registers[register]
            leaf._recorded = True  # the buffer may be shared with other results: reading .data makes a copy of its own
            foreign.add(id(leaf._data))
        for leaf, gradient in self.new_grads.items():
            leaf._grad = None if gradient is None else _own(registers[gradient], foreign)


def _own(data: Any, foreign: set[int]) -> Any:
    """Data that nobody else holds: a copy if it is an input, a view, or was handed out already."""
    if type(data) is not np.ndarray:
        return data
    if data.base is not None or id(data) in foreign:
        return data.copy()
    foreign.add(id(data))
    return data
