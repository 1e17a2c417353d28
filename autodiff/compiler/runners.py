"""What carries a program out: native code where that can be had, NumPy elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autodiff.compiler import native, products
from autodiff.compiler.program import MISSED, Program, Replay, StaleError
from autodiff.compiler.simplify import simplified
from autodiff.compiler.texts import Names, in_tuple


class Runner(Protocol):
    """Carries out one program.

    looks_at_inputs: a call answers MISSED where a float or an array among its inputs is of another shape or dtype
    needs_lock: a call is more than one step that nothing can come between
    """

    looks_at_inputs: bool
    names: Names

    @property
    def needs_lock(self) -> bool:
        """See above."""

    @property
    def call(self) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """From the arguments to the outputs; leaves are written back."""

    def body(self, name: Names, finish: Any) -> tuple[list[str], list[str]]:
        """The outputs as Python text, and the lines that come before: from the arguments a0, a1, … to there."""


class Replaying:
    """By NumPy."""

    looks_at_inputs, needs_lock = False, True

    def __init__(self, program: Program) -> None:
        self.program, self.replay, self.names = program, Replay(simplified(program)), Names()

    def call(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """The outputs for these arguments."""
        return self.program.take(self.replay.run(self.program.given_checked(arguments)))

    def body(self, name: Names, finish: Any) -> tuple[list[str], list[str]]:
        """The outputs as Python text, and the lines that come before."""
        arguments = in_tuple([f"a{k}" for k in range(len(self.program.arguments))])
        lines = [
            f"try: found = {name(self.call)}({arguments})",
            f"except {name(StaleError)}: return {name(MISSED)}",
        ]
        return [f"found[{k}]" for k in range(len(self.program.outputs))], lines


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
