"""From instructions to operations on buffers: views are looked through, everything else says where it reads and writes.

What native code does not know becomes a `Call` of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.compiler.forms import Form, form_of, name_of_dtype
from autodiff.compiler.ir import I32, Type
from autodiff.compiler.layouts import VIEWS, Layout, Shape, whole
from autodiff.compiler.operations import Call, Elementwise, Operand, Operation, Scalars, Turn
from autodiff.compiler.pointwise import BASES, operand_bases
from autodiff.compiler.program import Instruction, Program, Register
from autodiff.compiler.tape import Tape, with_tapes
from autodiff.primitives.kinds import TABLE


class Lowered:
    """The operations of a program, in order.

    layouts: where each register's elements lie; a register that is missing holds something that is no array
    buffers: the form of each buffer · constants: buffers that are filled once · numbers: registers that are constants
    """

    def __init__(self, program: Program) -> None:
        from autodiff.compiler import lower_products, lowerings  # noqa: F401 -- they say how

        self.program = program
        self.operations: list[Operation] = []
        self.layouts: dict[Register, Layout] = {}
        self.buffers: dict[Register, Form] = {}
        self.constants: dict[Register, Any] = {}
        self.numbers: dict[Register, str] = {}
        self._next = len(program.forms)
        self._turned: dict[Layout, Layout] = {}
        for register, data in program.constants.items():
            self._constant(register, data)
        for register in program.inputs:
            if (form := program.forms[register]) is not None:
                self.own(register, form)
        for part in with_tapes(program):
            if isinstance(part, Tape):
                self._scalars(part)
            elif not self._lowered(part):
                self._call(part)

    def _constant(self, register: Register, data: Any) -> None:
        form = self.program.forms[register]
        if form is None:
            return
        if form.shape == () and form.dtype in BASES:
            self.numbers[register] = repr(np.asarray(data).item())
        self.own(register, form)
        self.constants[register] = np.asarray(data, form.dtype, order="C")

    def own(self, register: Register, form: Form) -> Layout:
        """A buffer for a register."""
        self.buffers[register] = form
        self.layouts[register] = whole(register, form.shape)
        return self.layouts[register]

    def scratch(self, shape: Shape, dtype: np.dtype[Any]) -> Layout:
        """A buffer for something in between."""
        self._next += 1
        return self.own(self._next - 1, Form(shape, dtype))

    def form(self, register: Register) -> Form:
        """Shape and dtype of a register."""
        form = self.program.forms[register]
        assert form is not None
        return form

    # --- instructions -----------------------------------------------------------------------------------------------

    def _scalars(self, tape: Tape) -> None:
        for register, _ in tape.outputs:
            self.own(register, self.form(register))
        self.operations.append(Scalars(tape))

    def _lowered(self, instruction: Instruction) -> bool:
        """Whether native code knows the instruction."""
        name, out = instruction.primitive.name, self.program.forms[instruction.out]
        if out is None or any(self.program.forms[r] is None or r not in self.layouts for r in instruction.operands):
            return False
        if name in VIEWS and (name != "getitem" or len(instruction.operands) == 1):
            return self._view(instruction, out)
        if name in LOWERINGS:
            known = all(form.dtype in BASES for form in (out, *map(self.form, instruction.operands)))
            return known and LOWERINGS[name](self, instruction, out)
        return self._elementwise(instruction, out)

    def _view(self, instruction: Instruction, out: Form) -> bool:
        x, view = self.layouts[instruction.operands[0]], VIEWS[instruction.primitive.name]
        looked = view(x, out.shape, instruction.keywords)
        if looked is None:  # the elements do not lie so: copy them first
            if out.dtype not in BASES:
                return False
            looked = view(self.copied(x), out.shape, instruction.keywords)
        assert looked is not None
        self.layouts[instruction.out] = looked
        return True

    def copied(self, x: Layout, dtype: np.dtype[Any] | None = None) -> Layout:
        """The elements of a view in a buffer of their own, row by row, perhaps in another dtype."""
        dtype = dtype or self.buffers[x.buffer].dtype
        out = self.scratch(x.shape, dtype)
        self.write("identity", (x,), out, dtype)
        return out

    def turned(self, x: Layout) -> Layout:
        """A matrix, or several, whose columns are contiguous, row by row; once for each."""
        if x not in self._turned:
            dtype = self.buffers[x.buffer].dtype
            out = self.scratch(x.shape, dtype)
            for batch in np.ndindex(*x.shape[:-2]):
                parts = []
                for view in (x, out):
                    offset = view.offset + sum(i * step for i, step in zip(batch, view.strides))
                    parts.append(Layout(view.buffer, view.shape[-2:], view.strides[-2:], offset))
                self.operations.append(Turn(parts[0], dtype.itemsize, parts[1]))
            self._turned[x] = out
        return self._turned[x]

    def copied_by_numpy(self, register: Register) -> Layout:
        """The same for numbers that native code does not know."""
        form = self.form(register)
        out = self.scratch(form.shape, form.dtype)
        self.operations.append(Call(TABLE["copy"], (register,), {"order": "C"}, out.buffer))
        return out

    def write(
        self, name: str, reads: tuple[Operand, ...], out: Layout, dtype: np.dtype[Any], apart: bool = False
    ) -> None:
        """An elementwise operation whose operands are brought to one dtype, written to a view."""
        dtypes = tuple(name_of_dtype(self.buffers[r.buffer].dtype if isinstance(r, Layout) else dtype) for r in reads)
        bases = tuple(str(BASES[dtype]) for _ in reads)
        spread = tuple(r.broadcast(out.shape) if isinstance(r, Layout) else r for r in reads)
        made = name_of_dtype(self.buffers[out.buffer].dtype)
        self.operations.append(Elementwise(out.shape, name, spread, dtypes, bases, made, out, apart=apart))

    def fill(self, out: Layout, number: str) -> None:
        """A number written to a whole view."""
        self.write("identity", (number,), out, self.buffers[out.buffer].dtype)

    def _elementwise(self, instruction: Instruction, out: Form) -> bool:
        name = instruction.primitive.name
        forms = [self.form(r) for r in instruction.operands]
        bases = operand_bases(name, forms, out)
        if bases is None or not all(map(self._fits, instruction.operands, bases)):
            return False
        reads = tuple(self.numbers.get(r) or self.layouts[r].broadcast(out.shape) for r in instruction.operands)
        target = self.own(instruction.out, out)
        self.operations.append(
            Elementwise(
                out.shape,
                name,
                reads,
                tuple(name_of_dtype(form.dtype) for form in forms),
                tuple(map(str, bases)),
                name_of_dtype(out.dtype),
                target,
            )
        )
        return True

    def _fits(self, register: Register, base: Type) -> bool:
        """Whether a number can be brought to a type: a Python integer may be compared with what cannot hold it."""
        if base != I32 or register not in self.numbers or self.form(register) != form_of(0):
            return True
        return -(2**31) <= int(self.numbers[register]) < 2**31

    def _call(self, instruction: Instruction) -> None:
        """NumPy computes it; a result that is one array is put where the rest can read it."""
        out = self.program.forms[instruction.out]
        if out is not None:
            self.own(instruction.out, out)
        self.operations.append(Call(instruction.primitive, instruction.operands, instruction.keywords, instruction.out))


Lowering = Callable[[Lowered, Instruction, Form], bool]
LOWERINGS: dict[str, Lowering] = {}
"""The operations that are neither views nor elementwise."""


def lowering(*names: str) -> Callable[[Lowering], Lowering]:
    """Decorator: how these operations are lowered; the function says whether it could."""

    def register(function: Lowering) -> Lowering:
        LOWERINGS.update(dict.fromkeys(names, function))
        return function

    return register
