"""What carries a program out: native code where that can be had, NumPy elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autodiff.compiler import native, products
from autodiff.compiler.program import Program, Replay
from autodiff.compiler.simplify import simplified


class Runner(Protocol):
    """Carries out one program.

    looks_at_arrays: it raises StaleError for a leaf that holds an array of another shape or dtype
    """

    looks_at_arrays: bool

    @property
    def call(self) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """From the arguments to the outputs; leaves are written back."""


class Replaying:
    """By NumPy."""

    looks_at_arrays = False

    def __init__(self, program: Program) -> None:
        self.program, self.replay = program, Replay(simplified(program))

    def call(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """The outputs for these arguments."""
        return self.program.take(self.replay.run(self.program.given_checked(arguments)))


def can_compile(program: Program) -> bool:
    """Whether the program, and this machine, are made for native code."""
    return is_native() and all(program.forms[register] is not None for register in (*program.inputs, *program.results))


def is_native() -> bool:
    """Whether this machine can have native code: llvmlite and SciPy are installed."""
    return native.is_available() and products.is_available()


def runner_of(program: Program, native: bool | None) -> Runner:
    """The runner for a program. native: None for native code where it can be had."""
    if native is not False and can_compile(program):
        from autodiff.compiler.binding import Binding
        from autodiff.compiler.executable import Executable
        from autodiff.compiler.lower_products import with_added_products

        compiled = with_added_products(simplified(program, native=True))
        return Binding(compiled, Executable(compiled), Replay(program).run)
    return Replaying(program)
