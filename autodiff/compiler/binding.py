"""Between the world and a program's memory: the Python text, written for the program, that a call goes through.

Inputs are read where they lie. A program that is native from beginning to end is one call of a builtin function, which
looks at all inputs, runs, and returns the result numbers. Nothing can come between, not even while its arguments are
put together: CPython changes threads, and handles signals, only after calls. If anything raises on the way, no leaf has
been changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from autodiff.compiler.entrance import entrance, is_as_expected
from autodiff.compiler.executable import Executable, Result
from autodiff.compiler.forms import FLOAT
from autodiff.compiler.held import Array, afresh, fit, leaf_arrays
from autodiff.compiler.layouts import as_array
from autodiff.compiler.objects import Enter, Plan
from autodiff.compiler.program import MISSED, Program, Register, StaleError
from autodiff.compiler.texts import Names, in_tuple, indented
from autodiff.operands import plain_scalar

Run = Callable[[Sequence[Any]], Sequence[Any]]
LONG = 2**18  # bytes: a program that works on fewer is done before another thread could start


class Binding:
    """A program's inputs and results, bound to leaves. `call(arguments)` runs it and returns its outputs.

    fallback: gives the results for all inputs, in their order; asked when a step fails, to say why
    numbers: (text, buffer) of floats among the inputs · typed: of other numbers · arrays: all that is handed over
    """

    looks_at_inputs = True

    def __init__(self, program: Program, executable: Executable, fallback: Run) -> None:
        self.program, self.executable, self.fallback = program, executable, fallback
        self.targets: list[tuple[str, Any]] = [
            *(("output", k) for k in range(len(program.outputs))),
            *(("_data", leaf) for leaf in program.new_data),
            *(("_grad", leaf) for leaf, register in program.new_grads.items() if register is not None),
        ]
        self.names = Names()
        self.numbers: list[tuple[str, Register]] = []
        self.typed: list[tuple[str, Register]] = []
        self.given = self._sorted_out([(f"a{k}", r) for k, r in enumerate(program.arguments)])
        for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
            self._sorted_out([(f"{self.names(leaf)}.{attribute}", register) for leaf, register in captured.items()])
        self.kept, self.new = leaf_arrays(program, executable, self.targets, self.names)
        self.drawn = self._sorted_out([(f"d{k}", register) for k, (register, _) in enumerate(program.draws)])
        outputs = [(k, r) for k, r in enumerate(executable.results[: len(program.outputs)]) if r.place == "array"]
        self.made = [Array(f"o{k}", r.form, None, r.layout.buffer) for k, r in outputs]
        self.arrays = [*self.given, *self.kept, *self.drawn, *self.made, *self.new]
        self.state = SimpleNamespace(busy=False)
        self.enter, self.otherwise = self._entrances()

    def call(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """The outputs for these arguments; StaleError if a leaf holds other data than the program was made for."""
        found: Any = self._written(arguments)
        if found is MISSED:
            raise StaleError
        return found  # type: ignore[no-any-return]

    @property
    def needs_lock(self) -> bool:
        """Whether a call is more than one step that nothing can come between."""
        program = self.program
        return self._uses_memory() or self._lets_go() or bool(program.new_data or program.new_grads or program.draws)

    def _lets_go(self) -> bool:
        """Whether other threads may run meanwhile: if that is worth it, and there is nothing that they could see."""
        buffers = self.executable.low.buffers.values()
        is_long = sum(form.nbytes for form in buffers) >= LONG
        return is_long and not any(array.is_written_over for array in self.arrays)

    def _uses_memory(self) -> bool:
        """Whether the program's memory is used before or after native code runs, too."""
        x = self.executable
        return (
            bool(self.typed)
            or not (x.is_native and is_as_expected())
            or any(result.place == "inside" for result in x.results)
        )

    def _sorted_out(self, inputs: Sequence[tuple[str, Register]]) -> list[Array]:
        """The arrays among inputs; numbers are noted."""
        arrays = []
        for text, register in inputs:
            form = self.executable.low.form(register)
            if form.shape:
                arrays.append(Array(text, form, register))
            else:
                (self.numbers if form == FLOAT else self.typed).append((text, register))
        return arrays

    @cached_property
    def _written(self) -> Callable[[Sequence[Any]], Any]:
        return self.names.function("call", [self.source])

    # --- the text ---------------------------------------------------------------------------------------------------

    @cached_property
    def source(self) -> str:
        """The text of what `call` calls."""
        outputs, lines = self.body(self.names)
        arguments = [f"a{k}" for k in range(len(self.program.arguments))]
        first = [f"{in_tuple(arguments)} = arguments"] if arguments else []
        return "\n".join(["def call(arguments):", *indented([*first, *lines, f"return {in_tuple(outputs)}"])]) + "\n"

    def body(self, name: Names, finish: Any = tuple) -> tuple[list[str], list[str]]:
        """The outputs as Python text, and the lines that come before: from the arguments a0, a1, … to there.

        name: for a text of its own, begun as `names.copy()` · finish: what makes the result from the outputs, where
        NumPy computes them · the text returns MISSED if an input is not as expected; then nothing has happened
        """
        x, program = self.executable, self.program
        outputs, stored = self._results(name)
        numbers, arrays = [text for text, _ in self.numbers], [array.text for array in self.arrays]
        lines = [f"{array.text} = {array.source}" for array in self.kept if array.source]
        if program.draws:  # they move generators on: look first
            there = [*self.given, *self.kept]
            things = in_tuple([array.text for array in there])
            lines.append(f"if not {name(partial(fit, there))}({things}): return {name(MISSED)}")
            lines += [f"d{k} = {name(draw)}()" for k, (_, draw) in enumerate(program.draws)]
        lines += [f"{name(x.memory[register])}[0] = {text}" for text, register in self.typed]
        for array in (*self.made, *self.new):
            lines.append(f"{array.text} = {name(np.empty)}({array.form.shape}, {name(array.form.dtype)})")
        draws = in_tuple([f"d{k}" for k in range(len(program.draws))])
        given = in_tuple([f"a{k}" for k in range(len(program.arguments))])
        explained = f"return {name(finish)}({name(partial(_explained, program, self.fallback))}({given}, {draws}))"
        lines.append(f"found = {name(self.enter)}({', '.join([*numbers, *arrays])})")
        lines.append("if type(found) is int:")
        if x.is_native:
            lines.append(f"    found = {name(self.otherwise)}(found, {in_tuple(numbers)}, {in_tuple(arrays)})")
        else:
            result = f"found, {in_tuple(arrays)}" if arrays else "found, _"
            lines.append(f"    {result} = {name(self.otherwise)}({in_tuple(numbers)}, {in_tuple(arrays)})")
        lines += [
            f"    if found is {name(MISSED)}: return found",
            f"    if type(found) is int: {explained}",
        ]
        if not x.is_native:
            pairs = [f"{b}: {a.text}" for a in self.arrays for b in (a.reads, a.writes) if b is not None]
            lines.append(f"if not {name(x.run)}({{{', '.join(pairs)}}}): {explained}")
            lines.append(f"found = {name(self._collect())}()")
        lines += stored
        if self._uses_memory():
            return self._guarded(name, lines, outputs, f"return {name(finish)}({name(self._again())}({given}))")
        return outputs, lines

    def _guarded(
        self, name: Names, lines: list[str], outputs: list[str], otherwise: str
    ) -> tuple[list[str], list[str]]:
        """While it runs, what the memory holds is of that call. Should it be called meanwhile (by random numbers that
        are drawn, a finaliser, a signal), NumPy computes instead.
        """
        state, results = name(self.state), [f"r{k}" for k in range(len(outputs))]
        return results, [
            f"if {state}.busy: {otherwise}",
            "try:",
            f"    {state}.busy = True",
            *indented(lines),
            *([f"    {in_tuple(results)} = {in_tuple(outputs)}"] if outputs else []),
            "finally:",
            f"    {state}.busy = False",
        ]

    def _results(self, name: Names) -> tuple[list[str], list[str]]:
        """The outputs, and the lines that come before: numbers into leaves, new arrays, too."""
        x, outputs, stored = self.executable, [], []
        numbers = [f"n{k}" for k in range(len(x.numbers_out))] if len(x.numbers_out) != 1 else ["found"]
        rest = iter(numbers)
        for n, ((what, which), result) in enumerate(zip(self.targets, x.results)):
            if result.place == "constant":
                held = self.program.constants[x.registers[n]]
                is_array = isinstance(held, np.ndarray)  # of shape (): the function returned it as it is
                text = f"{name(held)}.copy()" if is_array else name(held)
            elif result.place == "array":
                text = f"o{n}"
            elif result.place == "number":
                text = next(rest)
            else:
                text = f"{name(_copied)}({name(x.memory.get(result.layout.buffer))}, {name(result)})"
            if what == "output":
                outputs.append(text)
            elif result.place != "array":
                stored.append(f"{name(which)}.{what} = {text}")
        stored += [f"{name(array.leaf)}.{array.attribute} = {array.text}" for array in self.new]
        stored += [f"{name(a.leaf)}._recorded = False" for a in self.new if a.attribute == "_data"]
        stored += [
            f"{name(leaf)}._grad = None" for leaf, register in self.program.new_grads.items() if register is None
        ]
        unpacked = [f"{in_tuple(numbers)} = found"] if len(numbers) > 1 else []
        return outputs, [*unpacked, *stored]

    # --- what the text calls: none of it refers to us, so that who forgets a function frees its memory at once --------

    def _entrances(self) -> tuple[Enter, Callable[..., Any]]:
        """The way into native code, and what to do where that does not find what it expects."""
        x = self.executable
        numbers = [int(x.pointers[x.slots[buffer]]) for _, buffer in self.numbers]
        plan = Plan(owner=x)
        if x.is_native:
            start = next((int(plan.ctypes.data) for plan in x.plans if isinstance(plan, np.ndarray)), 0)
            plan = Plan(start, x.block.ctypes.data + x.numbers_at[1], len(x.numbers_out), self._lets_go(), x)
        enter = entrance(numbers, [array.slot(x) for array in self.arrays], plan)
        parts = [part.slot(x) for array in self.arrays for part in array.parts()]
        return enter, partial(_anew if x.is_native else _relaid, self.arrays, entrance(numbers, parts, plan))

    def _collect(self) -> Enter:
        x = self.executable
        return entrance((), (), Plan(0, x.block.ctypes.data + x.numbers_at[1], len(x.numbers_out), owner=x))

    def _again(self) -> Run:
        program, fallback = self.program, self.fallback
        return lambda arguments: program.take(fallback(program.given_checked(arguments)))


def _anew(arrays: Sequence[Array], enter: Enter, found: int, numbers: Sequence[Any], things: Sequence[Any]) -> Any:
    """What `found` stands for: a step that failed, or things that are not as expected; then it runs with new arrays."""
    if found > 0:
        return found
    if not fit(arrays, things) or any(type(number) is not float for number in numbers):
        return MISSED
    handed, made = afresh(arrays, things)
    found = enter(*numbers, *handed)
    if type(found) is not int:
        for array, new in made:
            array.give(new)
    return found


def _relaid(arrays: Sequence[Array], enter: Enter, numbers: Sequence[Any], things: Sequence[Any]) -> Any:
    """The same, where nothing is run yet: what `enter` gives, and the arrays that native code has been told of."""
    if not fit(arrays, things) or any(type(number) is not float for number in numbers):
        return MISSED, things
    handed, _ = afresh(arrays, things)
    return enter(*numbers, *handed), handed


def _explained(program: Program, fallback: Run, arguments: Sequence[Any], draws: Sequence[Any]) -> Sequence[Any]:
    """A step failed: the replay of the same inputs raises what NumPy says. No leaf has been changed."""
    data = [leaf._data for leaf in program.captured]
    gradients = [leaf._grad for leaf in program.captured_grads]
    return program.take(fallback([*arguments, *data, *gradients, *draws]))


def _copied(memory: np.ndarray[Any, Any], result: Result) -> Any:
    """A result that lies inside the memory."""
    view = as_array(memory, result.layout)
    return plain_scalar(view[()]) if view.ndim == 0 else view.copy()
