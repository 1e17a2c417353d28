"""Between the world and a program's memory: one Python function, written for the program, that a call goes through.

Inputs are read where they lie, and numbers are packed into the memory. If anything raises on the way, no leaf has been
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from struct import Struct
from typing import Any

import numpy as np

from autodiff.compiler.executable import Executable, Result
from autodiff.compiler.forms import FLOAT
from autodiff.compiler.held import Held
from autodiff.compiler.layouts import as_array
from autodiff.compiler.objects import bind, block_of, enter, row_by_row
from autodiff.compiler.program import Program, Register
from autodiff.operands import plain_scalar

Run = Callable[[Sequence[Any]], Sequence[Any]]


class Binding:
    """A program's inputs and results, bound to leaves. `call(arguments)` runs it and returns its outputs.

    fallback: gives the results for all inputs, in their order; asked when a step fails, to say why
    source: the text of `call`
    """

    looks_at_arrays = True

    def __init__(self, program: Program, executable: Executable, fallback: Run) -> None:
        self.program, self.executable = program, executable
        self.targets: list[tuple[str, Any]] = [
            *(("output", k) for k in range(len(program.outputs))),
            *(("_data", leaf) for leaf in program.new_data),
            *(("_grad", leaf) for leaf, register in program.new_grads.items() if register is not None),
        ]
        self.held = Held(program, executable, self.targets)
        # What the text calls holds no reference to us: who forgets a function frees its memory at once.
        self.names: dict[str, Any] = {
            "look": self.held.look,
            "pending": self.held.pending,
            "settle": self.held.settle,
            "forget": self.held.forget,
            "explain": partial(_explain, program, fallback),
            "again": partial(_again, program, fallback),
            "busy": False,
        }
        self.source = self._text()
        scope = dict(self.names)
        exec(self.source, scope)
        self.call: Run = scope.pop("call")

    def _name(self, thing: Any, prefix: str = "x") -> str:
        """A name for a thing in the text."""
        for name, known in self.names.items():
            if known is thing:
                return name
        name = f"{prefix}{len(self.names)}"
        self.names[name] = thing
        return name

    # --- the text ---------------------------------------------------------------------------------------------------

    def _text(self) -> str:
        """The function. While it runs, what its memory holds is of that call: should it be called meanwhile (by random
        numbers that are drawn, a finaliser, a signal), NumPy computes instead.
        """
        arguments = "".join(f"a{k}, " for k in range(len(self.program.arguments)))
        body = [
            *([f"{arguments}= arguments"] if arguments else []),
            *self._inputs(),
            *self._run(),
            f"if failed: return explain(arguments, ({self._draws()}))",
            *(["if pending: settle()"] if self.held.places else []),
            *self._results(),
        ]
        lines = [
            "def call(arguments):",
            "    global busy",
            "    if busy: return again(arguments)",
            "    try:",
            "        busy = True",
            *(f"        {line}" for line in body),
            "    except BaseException:",
            "        forget()",
            "        raise",
            "    finally:",
            "        busy = False",
        ]
        return "\n".join(lines) + "\n"

    def _inputs(self) -> list[str]:
        """Where every input lies, and where every result goes."""
        x, program, name = self.executable, self.program, self._name
        lines = []
        if self.held.places and (program.draws or not self._is_native):
            lines += self._entered(None)  # before anything has happened
        numbers = [f"a{k}" for k, r in enumerate(program.arguments) if x.low.form(r) == FLOAT]
        for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
            numbers += [f"{name(leaf)}.{attribute}" for leaf, r in captured.items() if x.low.form(r) == FLOAT]
        bound: list[tuple[str, Register]] = []
        for k, register in enumerate(program.arguments):
            lines += self._given(f"a{k}", register, bound)
        for k, (register, draw) in enumerate(program.draws):
            lines.append(f"d{k} = {name(draw)}()")
            numbers += [f"d{k}"] if x.low.form(register) == FLOAT else []
            lines += self._given(f"d{k}", register, bound)
        for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
            for leaf, register in captured.items():
                form = x.low.form(register)
                if not form.shape and form != FLOAT:
                    lines.append(f"{name(x.memory[register])}[0] = {name(leaf)}.{attribute}")
        for k, result in enumerate(x.results[: len(program.outputs)]):
            if result.place == "array":
                lines.append(f"o{k} = {name(np.empty)}({result.form.shape}, {name(result.form.dtype)})")
                bound.append((f"o{k}", result.layout.buffer))
        if numbers:
            pack = name(Struct(f"={len(numbers)}d").pack_into)
            lines.append(f"{pack}({name(x.block)}, {x.numbers_at[0]}, {', '.join(numbers)})")
        if bound:
            addresses = np.array([x.pointers.ctypes.data + 8 * x.slots[b] for _, b in bound], np.int64)
            self.names["addresses"] = addresses
            given = "".join(f"{variable}, " for variable, _ in bound)
            self.names["bind"] = bind()
            lines.append(f"if bind(({given}), {addresses.ctypes.data}, {len(bound)}):")
            lines.append(f"    {given}= map({name(row_by_row)}, ({given}))")
            lines.append(f"    bind(({given}), {addresses.ctypes.data}, {len(bound)})")
        return lines

    def _given(self, variable: str, register: Register, bound: list[tuple[str, Register]]) -> list[str]:
        """An argument, or random numbers: an array is bound, a number that is no float is put into its place."""
        form = self.executable.low.form(register)
        if form.shape:
            bound.append((variable, register))
        elif form != FLOAT:
            return [f"{self._name(self.executable.memory[register])}[0] = {variable}"]
        return []

    def _entered(self, plan: Any) -> list[str]:
        """Look at the arrays of leaves, until all are as expected, and run a plan."""
        block = block_of(self.held.records, plan)
        self.names.update({"enter": enter(), f"block{len(self.names)}": block})
        given = "".join(f"{self._name(place.leaf)}.{place.attribute}, " for place in self.held.places)
        return [f"while (failed := enter(({given}), {block.ctypes.data})) < 0: look(-1 - failed)"]

    def _run_natively(self, plan: Any) -> list[str]:
        """A plan that writes over arrays of leaves keeps the interpreter's lock; others let go of it."""
        places = self.held.places
        if any(place.reusable for place in places):
            return self._entered(plan)
        self.names["drive"] = self.executable.drive
        return [*(self._entered(None) if places else []), f"failed = drive({int(plan.ctypes.data)})"]

    @property
    def _is_native(self) -> bool:
        """Whether one native plan is all."""
        plans = self.executable.plans
        return len(plans) == 1 and isinstance(plans[0], np.ndarray)

    def _run(self) -> list[str]:
        """All steps. NumPy's turns come between native ones."""
        plans = self.executable.plans
        if self._is_native:
            return self._run_natively(plans[0])
        last = next(iter(plans[-1:]), None)
        body = self._run_natively(last) if isinstance(last, np.ndarray) else ["failed = 0"]
        run = f"failed = {self._name(self.executable)}.run({self._arrays()}, last)"
        return ["def last():", *(f"    {line}" for line in (*body, "return failed")), run]

    def _results(self) -> list[str]:
        """Numbers out of the memory, into leaves and the tuple of outputs."""
        x, program, name = self.executable, self.program, self._name
        lines, outputs, numbers, stored = [], [], [], []
        for n, ((what, which), result) in enumerate(zip(self.targets, x.results)):
            if result.place == "constant":
                held = program.constants[x.registers[n]]
                is_array = isinstance(held, np.ndarray)  # of shape (): the function returned it as it is
                text = f"{name(held)}.copy()" if is_array else name(held)
            elif result.place == "array":
                text = f"o{n}"
            elif result.place == "number":
                text = f"n{n}"
                numbers.append(text)
            else:
                text = f"{name(_copied)}({name(x.memory.get(result.layout.buffer))}, {name(result)})"
            if what == "output":
                outputs.append(text)
            elif result.place != "array":
                stored.append(f"{name(which)}.{what} = {text}")
        if numbers:
            unpack = name(Struct(f"={len(numbers)}d").unpack_from)
            lines.append(f"{''.join(f'{n}, ' for n in numbers)}= {unpack}({name(x.block)}, {x.numbers_at[1]})")
        stored += [f"{name(leaf)}._grad = None" for leaf, register in program.new_grads.items() if register is None]
        return [*lines, *stored, f"return ({''.join(f'{text}, ' for text in outputs)})"]

    def _draws(self) -> str:
        return "".join(f"d{k}, " for k in range(len(self.program.draws)))

    def _arrays(self) -> str:
        """The arrays that NumPy's turns may read, by register, as Python text."""
        low, program, name = self.executable.low, self.program, self._name
        pairs = [f"{r}: a{k}" for k, r in enumerate(program.arguments) if low.form(r).shape]
        pairs += [f"{r}: d{k}" for k, (r, _) in enumerate(program.draws) if low.form(r).shape]
        outputs = enumerate(self.executable.results[: len(program.outputs)])
        pairs += [f"{result.layout.buffer}: o{k}" for k, result in outputs if result.place == "array"]
        return f"{{**{name(self.held.arrays)}(), {', '.join(pairs)}}}"


# --- what the text calls ----------------------------------------------------------------------------------------------


def _explain(program: Program, fallback: Run, arguments: Sequence[Any], draws: Sequence[Any]) -> Sequence[Any]:
    """A step failed: the replay of the same inputs raises what NumPy says. No leaf has been changed."""
    data = [leaf._data for leaf in program.captured]
    gradients = [leaf._grad for leaf in program.captured_grads]
    return program.take(fallback([*arguments, *data, *gradients, *draws]))


def _again(program: Program, fallback: Run, arguments: Sequence[Any]) -> Sequence[Any]:
    """A call inside a call."""
    return program.take(fallback(program.given_checked(arguments)))


def _copied(memory: np.ndarray[Any, Any], result: Result) -> Any:
    """A result that lies inside the memory."""
    view = as_array(memory, result.layout)
    return plain_scalar(view[()]) if view.ndim == 0 else view.copy()
