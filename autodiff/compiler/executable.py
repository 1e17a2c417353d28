"""A program as machine code: its steps in a table that one small native loop goes through, and the memory they work in.

What lives only inside lies in one block, at fixed places. What comes from outside is read where it lies, results are
written where they stay. All pointers stand in one array of slots, filled in at each call; so kernels and products are
the same functions wherever they occur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.build import Code, compiled, driver
from autodiff.compiler.forms import FLOAT, Form
from autodiff.compiler.fuse import fused
from autodiff.compiler.layouts import Layout, as_array
from autodiff.compiler.lower import Lowered
from autodiff.compiler.making import KernelStep
from autodiff.compiler.memory import Life, placed
from autodiff.compiler.operations import Call, Product, Scalars
from autodiff.compiler.pointwise import BASES
from autodiff.compiler.program import Program, Register
from autodiff.compiler.steps import aligned_reads, aligned_writes, code_of, pointers_of, touched
from autodiff.compiler.tape import Tape
from autodiff.operands import plain_scalar
from autodiff.recording import compute, translated

Buffer = int


class Result(NamedTuple):
    """Where a result of the program is found.

    place: "number" (a Python float, among `numbers_out`) · "array" (memory of its own, from outside) · "inside" ·
    "constant" (a number that is always the same)
    """

    layout: Layout
    form: Form
    place: str


class Executable:
    """Native code for a program whose inputs and results are numbers and arrays, simplified for it.

    pointers: addresses of buffers, by slot · memory: the elements of the buffers that stay where they are
    arena: where in one block those buffers lie that live only inside
    numbers_in, numbers_out: the Python floats among inputs and results, one after the other
    """

    def __init__(self, program: Program) -> None:
        self.program, self.low = program, Lowered(program)
        self.inputs, self.registers = program.inputs, program.results
        self.results = self._results()
        self.steps = fused(self.low, [r.layout.buffer for r in self.results])
        self.slots: dict[Buffer, int] = {}
        self.memory: dict[Buffer, np.ndarray[Any, Any]] = {}
        self._place()
        self._build()

    # --- building ---------------------------------------------------------------------------------------------------

    def _results(self) -> list[Result]:
        """A buffer of its own for each result: a copy of views, of inputs, and of what is returned twice."""
        low, found = self.low, []
        taken = {*self.inputs, *low.constants}
        by_numpy = {op.out for op in low.operations if isinstance(op, Call)}
        for register in self.registers:
            form, layout = low.form(register), low.layouts[register]
            if register in self.program.constants and not form.shape:
                found.append(Result(layout, form, "constant"))
                continue
            native = form.dtype in BASES and form.size > 0
            all_of_it = layout.is_whole(form.shape) and layout.size == low.buffers[layout.buffer].size
            own = layout.buffer not in taken and all_of_it
            own = own and not (native and layout.buffer in by_numpy)
            if native and not own:
                layout = low.copied(layout)
            elif form.size == 0:
                layout = low.scratch(form.shape, form.dtype)
            elif not own:
                layout = low.copied_by_numpy(register)
            taken.add(layout.buffer)
            place = (
                "inside" if not native or (form.shape == () and form != FLOAT) else "array" if form.shape else "number"
            )
            found.append(Result(layout, form, place))
        return found

    def _place(self) -> None:
        low = self.low
        self.numbers_in = [r for r in self.inputs if low.form(r) == FLOAT]
        self.numbers_out = [r.layout.buffer for r in self.results if r.place == "number"]
        arrays = {r for r in self.inputs if low.buffers[r].shape != ()}
        arrays |= {r.layout.buffer for r in self.results if r.place == "array"}
        fixed = [*self.numbers_in, *self.numbers_out]
        lives = self._lives({*arrays, *fixed, *low.constants})
        self.arena = arena = placed(lives, self._in_place(lives))
        numbers = -(-8 * len(fixed) // 64) * 64
        self.block = np.zeros(numbers + arena.size + 64, np.uint8)
        start = -self.block.ctypes.data % 64
        offsets = {buffer: start + 8 * k for k, buffer in enumerate(fixed)}
        offsets |= {buffer: start + numbers + offset for buffer, offset in arena.offsets.items()}
        self.numbers_at = start, start + 8 * len(self.numbers_in)
        buffers = dict.fromkeys([*offsets, *arrays, *low.constants])
        self.slots = {buffer: k for k, buffer in enumerate(buffers)}
        self.pointers = np.zeros(max(len(buffers), 1), np.int64)
        for buffer, offset in offsets.items():
            form = low.buffers[buffer]
            self.memory[buffer] = self.block[offset : offset + form.nbytes].view(form.dtype)
            self.pointers[self.slots[buffer]] = self.block.ctypes.data + offset
        for buffer, data in low.constants.items():
            self.memory[buffer] = np.ascontiguousarray(data).reshape(-1)
            self.pointers[self.slots[buffer]] = self.memory[buffer].ctypes.data

    def _lives(self, elsewhere: set[Buffer]) -> dict[Buffer, Life]:
        """The buffers of the block, and when each is alive."""
        first: dict[Buffer, int] = {}
        last: dict[Buffer, int] = {}
        for n, step in enumerate(self.steps):
            reads, writes = touched(self.low, step)
            for buffer in writes:
                first.setdefault(buffer, n)
            for buffer in (*reads, *writes):
                first.setdefault(buffer, -1)  # a number that comes from outside
                last[buffer] = n
        for register in self.inputs:
            first.setdefault(register, -1)
        for result in self.results:
            first.setdefault(result.layout.buffer, -1)
            last[result.layout.buffer] = len(self.steps)
        kept = [b for b in first if b in self.low.buffers and b not in elsewhere]
        return {b: Life(first[b], last.get(b, first[b]), self.low.buffers[b].nbytes) for b in kept}

    def _in_place(self, lives: Mapping[Buffer, Life]) -> dict[Buffer, list[Buffer]]:
        """For what a kernel writes, those buffers that it reads for the last time, element by element: if elements are
        of one size, each is read before another is written over it.
        """
        found: dict[Buffer, list[Buffer]] = {}
        itemsize = {buffer: self.low.buffers[buffer].dtype.itemsize for buffer in lives}
        for n, step in enumerate(self.steps):
            if isinstance(step, Product) and step.start is not None:
                start, out = step.start, step.out.buffer
                if start.is_whole(step.out.shape) and start.buffer in lives and lives[start.buffer].last == n:
                    found[out] = [start.buffer] * (start.buffer not in (step.a.buffer, step.b.buffer))
            if isinstance(step, KernelStep):
                aligned = aligned_reads(step)
                dying = [b for b in aligned if b in lives and lives[b].last == n]
                for buffer in aligned_writes(step):
                    if buffer in lives and lives[buffer].first == n:
                        found[buffer] = [b for b in dying if itemsize[b] == itemsize[buffer]]
        return found

    def _build(self) -> None:
        """The table: for each native step the address of its function, and of its block of pointers."""
        kinds = [code_of(step) for step in self.steps]
        layers = (layer for step in self.steps if isinstance(step, Scalars) for layer, *_ in step.tape.layers)
        addresses = compiled([*(kind for kind in kinds if kind is not None), *layers])
        self.table = np.zeros((max(len(self.steps), 1), 2), np.int64)
        self.blocks: list[np.ndarray[Any, Any]] = []
        self.plans: list[np.ndarray[Any, Any] | Call] = []
        start = 0
        for n, (step, kind) in enumerate(zip(self.steps, kinds)):
            if isinstance(step, Call):
                self._add_plan(start, n)
                self.plans.append(step)
                start = n + 1
                continue
            if isinstance(step, Scalars):
                block = self._tape_block(step.tape, addresses)
            else:
                block = np.array([(self.slots[b], offset) for b, offset in pointers_of(step)], np.int64).reshape(-1)
            self.blocks.append(block)
            assert kind is not None
            self.table[n] = addresses[kind], block.ctypes.data
        self._add_plan(start, len(self.steps))
        self.drive = driver()

    def _tape_block(self, recorded: Tape, addresses: Mapping[Code, int]) -> np.ndarray[Any, Any]:
        """What the machine for tapes is given: see `tape.emit_machine`."""
        registers = np.zeros(recorded.size)
        registers[: len(recorded.constants)] = recorded.constants

        def ends(pairs: Sequence[tuple[Register, int]]) -> np.ndarray[Any, Any]:
            places = [(self.low.layouts[r], number) for r, number in pairs]
            return np.array([(self.slots[x.buffer], 8 * x.offset, k) for x, k in places], np.int64).reshape(-1, 3)

        layers = np.array([(addresses[kind], *rest) for kind, *rest in recorded.layers], np.int64)
        tables = [registers, ends(recorded.inputs), layers, ends(recorded.outputs), recorded.operands]
        self.blocks += tables
        return np.array([*(t.ctypes.data for t in tables), *(len(t) for t in tables[1:4])], np.int64)

    def _add_plan(self, first: int, last: int) -> None:
        if first < last:
            self.plans.append(np.array([self.table.ctypes.data, first, last, self.pointers.ctypes.data], np.int64))

    # --- what the outside has to know -------------------------------------------------------------------------------

    def may_be_overwritten(self, old: Buffer, new: Buffer) -> bool:
        """Whether `new`, a result, may be written over `old`, an input: nobody reads it later, nothing fails later."""
        written = [n for n, step in enumerate(self.steps) if new in touched(self.low, step)[1]]
        if len(written) != 1 or not self._is_safe_after(written[0]):
            return False
        (n,) = written
        read = [k for k, step in enumerate(self.steps) if old in touched(self.low, step)[0]]
        if any(k > n for k in read):
            return False
        step = self.steps[n]
        aligned = isinstance(step, KernelStep) and old in aligned_reads(step) and new in aligned_writes(step)
        return n not in read or aligned

    def may_be_written(self, new: Buffer) -> bool:
        """Whether a result may be written to memory that holds an earlier one: nothing fails once it has been begun."""
        return self._is_safe_after(min(n for n, step in enumerate(self.steps) if new in touched(self.low, step)[1]))

    def _is_safe_after(self, n: int) -> bool:
        return not any(
            isinstance(s, Call) or (isinstance(s, KernelStep) and s.kernel.may_fail()) for s in self.steps[n:]
        )

    @property
    def is_native(self) -> bool:
        """Whether NumPy has no turn: there is at most one plan."""
        return not any(isinstance(plan, Call) for plan in self.plans)

    # --- running ----------------------------------------------------------------------------------------------------

    def run(self, arrays: Mapping[Buffer, Any]) -> bool:
        """Carry out all steps; whether they succeeded. arrays: those of inputs and results, for NumPy's turns."""
        objects: dict[Register, Any] = {}
        for plan in self.plans:
            if isinstance(plan, Call):
                self._call(plan, arrays, objects)
            elif self.drive(plan.ctypes.data):
                return False
        return True

    def _call(self, call: Call, arrays: Mapping[Buffer, Any], objects: dict[Register, Any]) -> None:
        """NumPy's turn."""
        inputs = [self._operand(r, arrays, objects) for r in call.operands]
        with np.errstate(all="ignore"):
            try:
                result = compute(call.primitive, inputs, call.keywords)
            except (ValueError, TypeError, IndexError) as error:
                raise translated(error, call.primitive, inputs, call.keywords) from None
        if call.out in self.low.buffers:
            self.memory[call.out].reshape(self.low.buffers[call.out].shape)[...] = result
        else:
            objects[call.out] = result

    def _operand(self, register: Register, arrays: Mapping[Buffer, Any], objects: Mapping[Register, Any]) -> Any:
        if register in objects:
            return objects[register]
        if register not in self.low.layouts or register in self.program.constants:
            return self.program.constants[register]
        layout = self.low.layouts[register]
        buffer = arrays[layout.buffer] if layout.buffer in arrays else self.memory[layout.buffer]
        view = as_array(buffer, layout)
        return plain_scalar(view[()]) if view.ndim == 0 else view
