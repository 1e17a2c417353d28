"""Graphs of thousands of single numbers: a tape of registers, worked off in layers.

Whatever depends on nothing that is still to come can be computed at once: operations of the same kind and the same
depth form a layer, their results lie side by side in the register file, and a layer is one loop over vectors that
gathers its operands. The loops are the same for every graph; only the tables of numbers are new.

    registers   [constants | inputs | layer 1 | layer 2 | …], float64; truth values are 0 and 1
    layer       function, count, first register of its results, where its operands' numbers begin
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.forms import FLOAT, Form
from autodiff.compiler.ir import F32, F64, I1, I32, I64, POINTER, Function, Vector, vector
from autodiff.compiler.pointwise import BASES, BY_NAME, POINTWISE, operand_bases
from autodiff.compiler.program import Instruction, Program, Register

SHORTEST = 64  # instructions: fewer are a kernel like any other
HELD = frozenset({np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.bool_)})
"""What a register holds exactly."""

Array = np.ndarray[Any, np.dtype[Any]]


class Layer(NamedTuple):
    """A kind of operation: one function for all layers of it. bases: what the operands are brought to first."""

    name: str
    bases: tuple[str, ...]
    dtype: str


class Tape(NamedTuple):
    """A scalar computation in layers. Registers are counted from 0.

    constants: the first registers · inputs, outputs: registers of the program, and where they lie here
    layers: kind, count, first result, first operand number · operands: the numbers of all operands, layer after layer,
    first those of the first operand
    """

    constants: Array
    inputs: tuple[tuple[Register, int], ...]
    outputs: tuple[tuple[Register, int], ...]
    layers: tuple[tuple[Layer, int, int, int], ...]
    operands: Array
    size: int


def with_tapes(program: Program) -> Iterator[Instruction | Tape]:
    """The instructions of a program in order, long runs of scalar ones as tapes."""
    kinds = Kinds(program.forms)
    runs = [(taped, [*run]) for taped, run in groupby(program.instructions, kinds.knows)]
    runs = [(taped and len(run) >= SHORTEST, run) for taped, run in runs]
    owner = {instruction.out: n for n, (taped, run) in enumerate(runs) if taped for instruction in run}
    needed: list[dict[Register, None]] = [{} for _ in runs]
    for n, (_, run) in enumerate(runs):
        for instruction in run:
            for register in instruction.operands:
                if (made := owner.get(register, n)) != n:
                    needed[made][register] = None
    for register in program.results:
        if register in owner:
            needed[owner[register]][register] = None
    for (taped, run), read in zip(runs, needed):
        if taped and all(program.forms[register] == FLOAT for register in read):
            yield recorded_on_tape(run, kinds, program.constants, [*read])
        else:  # one of few numbers, or one with a truth value that others read
            yield from run


class Kinds:
    """The kind of each instruction, looked up by its operation and the forms of its operands."""

    def __init__(self, forms: Sequence[Form | None]) -> None:
        self.forms = forms
        self.known: dict[Any, Layer | None] = {}

    def knows(self, instruction: Instruction) -> bool:
        """Whether an instruction makes a number from numbers, by an operation that a tape can do."""
        return self.of(instruction) is not None

    def of(self, instruction: Instruction) -> Layer | None:
        """The kind; None if it has none."""
        primitive, operands, _, out = instruction
        forms = self.forms
        key = (primitive, id(forms[out]), *[id(forms[r]) for r in operands])  # to look at a form takes much longer
        if key not in self.known:
            self.known[key] = self._made(primitive.name, [forms[r] for r in operands], forms[out])
        return self.known[key]

    def _made(self, name: str, operands: Sequence[Form | None], out: Form | None) -> Layer | None:
        if name not in POINTWISE or out is None or out.shape or out.dtype not in HELD:
            return None
        known = [form for form in operands if form is not None and not form.shape]
        if len(known) < len(operands) or any(form.dtype not in HELD and not form.weak for form in known):
            return None
        bases = operand_bases(name, known, out)
        if bases is None or any(base not in (F64, F32, I32, I1) for base in bases):
            return None
        if any(base == I32 and form.weak for base, form in zip(bases, known)):
            return None  # an integer of any size, to be compared with a number that may not hold it
        return Layer(name, tuple(map(str, bases)), str(out.dtype))


def recorded_on_tape(
    instructions: Sequence[Instruction], kinds: Kinds, numbers: Mapping[Register, Any], needed: Sequence[Register]
) -> Tape:
    """The tape of some scalar instructions.

    numbers: registers that are constants · needed: results that others read
    """
    place: dict[Register, int] = {}
    depth: dict[Register, int] = {}
    constants: list[float] = []
    inputs: list[Register] = []
    names: dict[Layer | None, int] = {}
    keys = []
    for instruction in instructions:
        deepest = 0
        for register in instruction.operands:
            known = depth.get(register)
            if known is not None:
                deepest = max(deepest, known)
                continue
            depth[register] = 0
            if register in numbers:
                place[register] = len(constants)
                constants.append(float(numbers[register]))
            else:
                inputs.append(register)
        depth[instruction.out] = deepest + 1
        keys.append((deepest, names.setdefault(kinds.of(instruction), len(names))))
    place.update((register, len(constants) + k) for k, register in enumerate(inputs))
    first = len(constants) + len(inputs)
    table = np.array(keys, np.int64).T
    order = np.lexsort(table[::-1])
    ordered = [instructions[n] for n in order.tolist()]
    place.update((instruction.out, first + k) for k, instruction in enumerate(ordered))
    layers, operands = _layers(ordered, table[:, order], [kind for kind in names if kind is not None], place, first)
    return Tape(
        np.array(constants, np.float64),
        tuple((register, place[register]) for register in inputs),
        tuple((register, place[register]) for register in needed),
        tuple(layers),
        operands,
        first + len(ordered),
    )


def _layers(
    instructions: Sequence[Instruction], keys: Array, kinds: Sequence[Layer], place: Mapping[Register, int], first: int
) -> tuple[list[tuple[Layer, int, int, int]], Array]:
    """Runs of equal keys, and the numbers of their operands."""
    starts = [0, *(np.flatnonzero(np.any(np.diff(keys, axis=1), axis=0)) + 1).tolist(), len(instructions)]
    layers: list[tuple[Layer, int, int, int]] = []
    operands: list[int] = []
    for start, stop in pairwise(starts):
        kind = kinds[int(keys[1, start])]
        layers.append((kind, stop - start, first + start, len(operands)))
        for position in range(len(kind.bases)):
            operands += [place[instructions[n].operands[position]] for n in range(start, stop)]
    return layers, np.array(operands, np.int32)


# --- native code ------------------------------------------------------------------------------------------------------


def emit_layer(kind: Layer, name: str, width: int) -> Function:
    """`void name(registers, operands, count, result)`: count operations, whose results begin at a register."""
    f = Function(name, [POINTER, POINTER, I64, I64])
    registers, operands, count, result = f.parameters
    lanes = width // 8
    out = f.offset(registers, result, F64)

    def numbers(position: int, i: Vector) -> Vector:
        return f.offset(operands, i + count * position, I32)

    def some(i: Vector, lanes: int, mask: Vector | None) -> list[Vector]:
        at = [f.load(numbers(position, i), vector(I32, lanes), mask) for position in range(len(kind.bases))]
        read = [f.gather(registers, index, F64, mask) for index in at]
        made = POINTWISE[kind.name].emit(*(x.to(BY_NAME[base]) for x, base in zip(read, kind.bases)))
        f.store(made.to(BASES[np.dtype(kind.dtype)]).to(F64), f.offset(out, i, F64), mask)
        return []

    whole = count & -lanes
    f.loop(0, whole, lanes, [], lambda i: some(i, lanes, None))

    def rest() -> list[Vector]:
        mask = f.lanes(range(lanes), I64) + whole.splat(lanes) < count.splat(lanes)
        return some(whole, lanes, mask)

    f.rarely(whole < count, [], rest)
    return f


def emit_machine(name: str) -> Function:
    """`i32 name(slots, block)`: inputs into registers, layer after layer, results out of registers.

    block: eight numbers: addresses of registers, inputs, layers, outputs, and of the operands; counts of inputs,
    layers, outputs. Inputs and outputs are triples (slot, bytes, register); layers (function, count, result, operands)
    """
    f = Function(name, [POINTER, POINTER], I32)
    slots, block = f.parameters
    registers, inputs, layers, outputs, operands = (f.load(f.offset(block, k, I64), POINTER) for k in range(5))
    counts = [f.load(f.offset(block, k, I64), I64) for k in range(5, 8)]

    def ends(table: Vector, i: Vector) -> tuple[Vector, Vector]:
        entry = f.offset(table, i * 3, I64)
        slot, shift, register = (f.load(f.offset(entry, k, I64), I64) for k in range(3))
        there = f.offset(f.load(f.offset(slots, slot, I64), POINTER), shift, BASES[np.dtype(np.bool_)].of("i8"))
        return there, f.offset(registers, register, F64)

    def bring(i: Vector) -> list[Vector]:
        there, here = ends(inputs, i)
        f.store(f.load(there, F64), here)
        return []

    def layer(i: Vector) -> list[Vector]:
        entry = f.offset(layers, i * 4, I64)
        function = f.load(entry, POINTER)
        count, result, first = (f.load(f.offset(entry, k, I64), I64) for k in range(1, 4))
        where = f.offset(operands, first, I32)
        f.do(f"call void {function.name}(ptr {registers.name}, ptr {where.name}, i64 {count.name}, i64 {result.name})")
        return []

    def take(i: Vector) -> list[Vector]:
        there, here = ends(outputs, i)
        f.store(f.load(here, F64), there)
        return []

    for count, body in zip(counts, (bring, layer, take)):
        f.loop(0, count, 1, [], body)
    f.result = f.constant(0, I32)
    return f
