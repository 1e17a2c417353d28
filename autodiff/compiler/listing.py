"""What became of a function, as text: what its program reads and writes, its memory, and its steps one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from autodiff.compiler import native, tiles
from autodiff.compiler.binding import Binding
from autodiff.compiler.entries import Entry
from autodiff.compiler.executable import Executable
from autodiff.compiler.forms import Form
from autodiff.compiler.fuse import Step
from autodiff.compiler.kernels import Kernel
from autodiff.compiler.layouts import Layout, contiguous
from autodiff.compiler.making import KernelStep
from autodiff.compiler.operations import Call, Product, Scalars, Turn
from autodiff.compiler.program import Instruction, Program, Register
from autodiff.compiler.pseudocode import pseudocode
from autodiff.compiler.runners import Replaying
from autodiff.compiler.steps import touched
from autodiff.value import Value

LISTED = 100  # buffers at most


class Part(NamedTuple):
    """One step. lines: what it does · reads, writes: the names of buffers."""

    lines: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


class Listing:
    """A program of a jitted function; print it to see its kernels, its buffers and its plan.

    name: of the function · inputs, results: (name, form) of what it reads and of what it writes
    by_numpy: the operations that native code leaves to NumPy
    """

    def __init__(self, name: str, entry: Entry) -> None:
        runner = entry.runner
        assert isinstance(runner, (Binding, Replaying))
        self.name, self.executable = name, runner.executable if isinstance(runner, Binding) else None
        self.program = program = runner.program if isinstance(runner, Binding) else runner.replay.program
        self.steps: Sequence[Step] = [] if self.executable is None else self.executable.steps
        self.names = _names(program, self.executable, entry)
        self.inputs = [(self.names[register], _form(program.forms[register])) for register in program.inputs]
        self.results = [
            (written, self._result(register))
            for written, register in zip(_written(program, self.names), program.results)
        ]
        if self.executable is None:
            self.by_numpy = [instruction.primitive.name for instruction in program.instructions]
        else:
            self.by_numpy = [step.primitive.name for step in self.steps if isinstance(step, Call)]

    def __repr__(self) -> str:
        return f"<the program of {self.name}; print it>"

    def __str__(self) -> str:
        parts = [self._head(), "reads", *self._table(self.inputs)]
        parts += ["writes (w': what w becomes)", *self._table(self.results), *self._memory(), "plan"]
        for n, (lines, _, _) in enumerate(self.plan, start=1):
            parts += [f"{n:>4}  {lines[0]}", *(f"      {line}" for line in lines[1:])]
        return "\n".join(parts)

    @cached_property
    def plan(self) -> list[Part]:
        """The steps, in order."""
        x, names = self.executable, self.names
        if x is None:
            return [
                Part((self._instruction(i),), tuple(names[r] for r in i.operands), (names[i.out],))
                for i in self.program.instructions
            ]
        known: dict[Kernel, int] = {}
        parts = []
        for n, step in enumerate(self.steps, start=1):
            reads, writes = touched(x.low, step)
            lines = self._lines(step, n, known)
            parts.append(
                Part(tuple(lines), tuple(names[b] for b in sorted(reads)), tuple(names[b] for b in sorted(writes)))
            )
        return parts

    # --- what surrounds the plan ------------------------------------------------------------------------------------

    def _head(self) -> str:
        if self.executable is None:
            return f"{self.name}: {_count(len(self.program.instructions), 'operation')}, replayed by NumPy"
        kinds = Counter("kernel" if isinstance(step, KernelStep) else type(step).__name__ for step in self.steps)
        words = {"kernel": "loop nest", "Product": "matrix product", "Turn": "transposition"}
        words |= {"Scalars": "tape of scalars", "Call": "call of NumPy"}
        parts = [_count(kinds[kind], word) for kind, word in words.items() if kinds[kind]]
        total = _count(len(self.steps), "step")
        return f"{self.name}: native code in {total}: {', '.join(parts) or 'nothing to compute'}"

    def _table(self, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
        width = max((len(name) for name, _ in rows), default=0)
        return (f"      {name.ljust(width)}  {form}" for name, form in rows)

    def _result(self, register: Register) -> str:
        """The form of a result, or which input or number it always is."""
        form, program = _form(self.program.forms[register]), self.program
        if register in program.constants or register in program.inputs:
            return f"{form}, always {self._name(register)}"
        return form

    def _memory(self) -> Iterator[str]:
        """The buffers that live only inside, in the order of their places."""
        x = self.executable
        if x is None:
            return
        places = sorted((offset, buffer) for buffer, offset in x.arena.offsets.items())
        count, size = _count(len(places), "buffer"), f"{x.arena.size:,}"
        yield f"memory: {count} in {size} bytes; those in one place are never in use at once"
        for offset, buffer in places[:LISTED]:
            yield f"{offset:>12,}  {self.names[buffer]}  {_form(x.low.buffers[buffer])}"
        if len(places) > LISTED:
            yield f"              and {len(places) - LISTED} more"

    # --- the plan ---------------------------------------------------------------------------------------------------

    def _lines(self, step: Step, n: int, known: dict[Kernel, int]) -> list[str]:
        """What the n-th step does. known: the kernels that have been written out, and in which step."""
        if isinstance(step, KernelStep):
            given = [self.names[buffer] for buffer, _ in step.pointers]
            if step.kernel not in known:
                known[step.kernel] = n
                return pseudocode(step.kernel, given)
            first = self.steps[known[step.kernel] - 1]
            assert isinstance(first, KernelStep)
            pairs = dict.fromkeys(zip(given, (self.names[buffer] for buffer, _ in first.pointers)))
            changed = [f"{now} for {before}" for now, before in pairs if now != before]
            return [f"step {known[step.kernel]} with {', '.join(changed) or 'other parts of the same'}"]
        if isinstance(step, Product):
            start = "" if step.start is None else f"{self._view(step.start)} + "
            ours = tiles.is_small(step.a.shape[-2], step.b.shape[-1], step.a.shape[-1], native.target().width)
            how = "our own code" if ours else "BLAS"
            text = f"{self._view(step.out)} = {start}{self._view(step.a)} @ {self._view(step.b)}"
            return [f"{text}    {step.a.shape} @ {step.b.shape} {step.dtype}, {how}"]
        if isinstance(step, Turn):
            return [f"{self._view(step.out)} = the transpose of {self.names[step.source.buffer]}, copied"]
        if isinstance(step, Scalars):
            kinds = Counter[str]()
            for kind, count, *_ in step.tape.layers:
                kinds[kind.name] += count
            often = ", ".join(f"{count:,} {name}" for name, count in kinds.most_common(8))
            return [f"a tape of {kinds.total():,} scalar operations in {len(step.tape.layers):,} layers: {often}"]
        return [f"{self._call(step.primitive.name, step.operands, step.keywords, step.out)}    by NumPy"]

    def _instruction(self, instruction: Instruction) -> str:
        primitive, operands, keywords, out = instruction
        return f"{self._call(primitive.name, operands, keywords, out)}    {_form(self.program.forms[out])}"

    def _call(self, name: str, operands: Sequence[Register], keywords: Mapping[str, Any], out: Register) -> str:
        given = [self._name(r) for r in operands] + [f"{key}={value!r}" for key, value in keywords.items()]
        return f"{self._name(out)} = {name}({', '.join(given)})"

    def _name(self, register: Register) -> str:
        """What a register is called, or the number that it holds."""
        data = self.program.constants.get(register)
        if isinstance(data, (bool, int, float, complex, str)):
            return repr(data)
        if self.executable is not None and register in self.executable.low.layouts:
            return self._view(self.executable.low.layouts[register])
        return self.names[register]

    def _view(self, x: Layout) -> str:
        assert self.executable is not None
        name, shape = self.names[x.buffer], self.executable.low.buffers[x.buffer].shape
        if x.is_contiguous and not x.offset:
            return name
        if x.offset == 0 and x.strides == contiguous(shape)[::-1]:
            return f"{name}.T"
        return f"{name}[from {x.offset} by {', '.join(map(str, x.strides))}]"


class _Names(dict[Register, str]):
    """Names of registers and buffers; what has none is t1, t2, … in the order in which it is met."""

    def __missing__(self, register: Register) -> str:
        self[register] = name = f"t{sum(known[0] == 't' and known[1:].isdigit() for known in self.values()) + 1}"
        return name


def _names(program: Program, executable: Executable | None, entry: Entry) -> _Names:
    """The names of inputs, constants and results, by register or buffer."""
    names, leaves = _Names(), _leaf_names(entry)
    for register, argument in zip(program.arguments, entry.arguments):
        names[register] = argument.removeprefix("argument ")
    for n, (leaf, register) in enumerate(program.captured.items(), start=1):
        names[register] = leaves.get(leaf) or leaf._label or f"leaf{n}"
    for leaf, register in program.captured_grads.items():
        names[register] = f"{names[program.captured[leaf]]}.grad"
    for n, (register, _) in enumerate(program.draws, start=1):
        names[register] = f"draw{n}"
    for n, register in enumerate(program.constants, start=1):
        names.setdefault(register, f"c{n}")
    places = program.results if executable is None else [result.layout.buffer for result in executable.results]
    for register, buffer, name in zip(program.results, places, _written(program, names)):
        names.setdefault(buffer, name)
        names.setdefault(register, name)
    return names


def _written(program: Program, names: Mapping[Register, str]) -> list[str]:
    """What the results are called."""
    many = len(program.outputs) > 1
    return [
        *(f"result[{k}]" if many else "result" for k in range(len(program.outputs))),
        *(f"{names[program.captured[leaf]]}'" for leaf in program.new_data),
        *(f"{names[program.captured[leaf]]}.grad'" for leaf, r in program.new_grads.items() if r is not None),
    ]


def _leaf_names(entry: Entry) -> dict[Value, str]:
    """Where captured leaves stand: model.layers[0].w rather than optimizer.parameters[0]."""
    found: dict[Value, str] = {}
    for guard in entry.guards:
        for i, thing in enumerate(guard.things):
            if isinstance(thing, Value) and (thing not in found or found[thing].endswith("]")):
                found[thing] = guard.name(i).removeprefix("global ").removeprefix("closure ")
    return found


def _count(n: int, thing: str) -> str:
    word, of, rest = thing.partition(" of ")
    return f"{n} {word}{'s' * (n != 1)}{of}{rest}"


def _form(form: Form | None) -> str:
    if form is None:
        return "several arrays"
    return "float" if form.weak else f"{form.shape} {form.dtype}"
