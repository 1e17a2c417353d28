"""Programs made by hand, instruction by instruction, and rules watched while they simplify them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

import autodiff as ad
from autodiff.compiler.binding import Binding
from autodiff.compiler.executable import Executable
from autodiff.compiler.lower import Lowered
from autodiff.compiler.operations import Operation
from autodiff.compiler.program import Instruction, Program, Register, Replay
from autodiff.compiler.simplify import EXACT, ROUNDED, Rule, Simplifier
from autodiff.operands import plain_scalar
from autodiff.primitives import TABLE
from autodiff.recording import NO_KEYWORDS, compute

Draw = Callable[[st.SearchStrategy[Any]], Any]
Rules = Mapping[str, Sequence[Rule]]


class Record:
    """A program under construction. `record("multiply", x, y)` adds an instruction and computes it, as a trace does."""

    def __init__(self) -> None:
        self.program = Program()
        self.data: list[Any] = []
        self.inputs: list[Any] = []

    def input(self, data: Any) -> Register:
        """The register of an argument."""
        self.program.arguments.append(self.register(plain_scalar(data)))
        self.inputs.append(self.data[-1])
        return self.program.arguments[-1]

    def constant(self, data: Any) -> Register:
        """The register of a constant: whatever was an operand, so arrays of shape () too."""
        register = self.register(data)
        self.program.constants[register] = data
        return register

    def __call__(self, name: str, *operands: Register, **keywords: Any) -> Register:
        """The register of an operation's result."""
        given = keywords or NO_KEYWORDS
        with np.errstate(all="ignore"):
            data = compute(TABLE[name], [self.data[r] for r in operands], given)
        register = self.register(data)
        self.program.instructions.append(Instruction(TABLE[name], operands, given, register))
        return register

    def register(self, data: Any) -> Register:
        """A register that holds some data."""
        self.data.append(data)
        return self.program.new_register(data)

    def finished(self, *outputs: Register) -> Program:
        """The program that gives these."""
        self.program.outputs = [*outputs]
        return self.program


def traced(function: Any, *arguments: Any) -> Program:
    """The program of a function, as it was recorded."""
    run = ad.jit(function, native=False)
    with np.errstate(all="ignore"):
        run(*arguments)
    ((entry,),) = run._entries.values()
    return entry.recorded


def results(program: Program, inputs: Sequence[Any]) -> list[Any]:
    """What a program gives, carried out by NumPy."""
    return Replay(program).run(inputs)


def native_results(program: Program, inputs: Sequence[Any]) -> list[Any]:
    """What a program gives, carried out by native code as it stands: no rule has been applied."""
    return list(Binding(program, Executable(program), Replay(program).run).call(tuple(inputs)))


def operations_of(program: Program) -> list[Operation]:
    """What is done to buffers."""
    return Lowered(program).operations


def names_of(program: Program) -> list[str]:
    """Its operations, in order."""
    return [instruction.primitive.name for instruction in program.instructions]


# --- rules ------------------------------------------------------------------------------------------------------------


def rules_of(module: ModuleType) -> list[tuple[str, str]]:
    """(rule, operation) of all rules of a module."""
    tables = [*EXACT.items(), *ROUNDED.items()]
    return [(rule.__name__, name) for name, known in tables for rule in known if rule.__module__ == module.__name__]


def rule_named(name: str, operation: str) -> Rule:
    """A rule by its name."""
    (rule,) = (r for table in (EXACT, ROUNDED) for r in table.get(operation, ()) if r.__name__ == name)
    return rule


def watched(program: Program, tables: Iterable[Rules]) -> tuple[Program, Counter[str]]:
    """The program simplified by some rules, and how often each of them had an answer."""
    fired: Counter[str] = Counter()

    def watch(rule: Rule) -> Rule:
        def watching(step: Any, s: Any) -> Register | None:
            found = rule(step, s)
            fired[rule.__name__] += found is not None
            return found

        return watching

    watching = [{name: [watch(rule) for rule in known] for name, known in table.items()} for table in tables]
    return Simplifier(program, watching).run(), fired


def simplified_by(rule: str, operation: str, program: Program) -> Program | None:
    """The program simplified by one rule alone; None if it had no answer."""
    new, fired = watched(program, [{operation: [rule_named(rule, operation)]}])
    return new if fired[rule] else None


# --- numbers ----------------------------------------------------------------------------------------------------------

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
REAL = (*FLOATS, np.dtype(np.int64))
ALL = (*REAL, np.dtype(np.int32), np.dtype(np.bool_), np.dtype(np.complex128))
ORDINARY = [k / 8 for k in range(-24, 25)]


def numbers(dtype: np.dtype[Any], finite: bool = False) -> list[Any]:
    """Numbers of a dtype: ordinary ones, zeros of both signs, and if they need not be finite what lies at the ends."""
    if dtype.kind == "b":
        return [False, True]
    if dtype.kind in "iu":
        return [
            *range(-3 if dtype.kind == "i" else 0, 4),
            *([] if finite else [np.iinfo(dtype).max, np.iinfo(dtype).min]),
        ]
    if dtype.kind == "c":
        parts = numbers(np.dtype(np.float64), finite)
        return [complex(a, b) for a, b in zip(parts, [*parts[7:], *parts[:7]])]
    smallest = float(np.finfo(dtype).smallest_subnormal)
    ends = [0.0, -0.0, np.inf, -np.inf, np.nan, smallest, -3 * smallest]
    return [0.0, -0.0, *ORDINARY] if finite else [*ends, *ORDINARY[::4], *ends]


def arrays(dtype: np.dtype[Any], shape: tuple[int, ...], finite: bool = False) -> st.SearchStrategy[Any]:
    """Data as nodes keep it: arrays of a shape, Python floats and NumPy scalars of shape ()."""
    elements = st.sampled_from(numbers(dtype, finite))
    return numpy_strategies.arrays(dtype, shape, elements=elements, fill=st.nothing()).map(plain_scalar)


shapes = numpy_strategies.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
"""Of few elements, of none, of one; with axes of length 1."""

dtypes = st.sampled_from(ALL)
floats = st.sampled_from(FLOATS)


def lying_anyhow(
    record: Record, draw: Draw, shape: tuple[int, ...], dtype: np.dtype[Any], finite: bool = True
) -> Register:
    """An array of a shape, and its elements row by row or not: a constant, computed, or a view of something larger."""
    way = draw(st.sampled_from(["constant", "computed", "turned", "backwards", "apart", "repeated", "as it is"]))
    if way == "constant":
        return record.constant(draw(arrays(dtype, shape, finite)))
    if not shape or way in ("computed", "as it is"):
        x = record.input(draw(arrays(dtype, shape, finite)))
        return record("maximum", x, x) if way == "computed" and dtype.kind in "fi" else x
    if way == "turned":
        order = draw(st.permutations(range(len(shape))))
        x = record.input(draw(arrays(dtype, tuple(shape[a] for a in order), finite)))
        return record("transpose", x, axes=tuple(int(a) for a in np.argsort(order)))
    if way == "repeated":
        source = tuple(draw(st.sampled_from([n, 1])) for n in shape)
        return record("broadcast_to", record.input(draw(arrays(dtype, source, finite))), shape=shape)
    step, start = (-1, None) if way == "backwards" else (2, 1)
    length = (lambda n: n) if way == "backwards" else (lambda n: 1 + 2 * n)
    x = record.input(draw(arrays(dtype, tuple(map(length, shape)), finite)))
    return record("getitem", x, index=(("slice", start, None, step),) * len(shape))


# --- comparing --------------------------------------------------------------------------------------------------------


def assert_same_bits(a: Any, b: Any) -> None:
    """One type, dtype and shape; NaN in the same places, and everything else the same to the bit."""
    assert type(a) is type(b), f"{a!r} and {b!r}"
    x, y = np.asarray(a), np.asarray(b)
    assert x.dtype == y.dtype
    assert x.shape == y.shape
    if x.dtype.kind == "c":
        x, y = (np.stack([part.real, part.imag]) for part in (x, y))
    np.testing.assert_array_equal(x, y)
    if x.dtype.kind == "f":
        known = ~np.isnan(x)
        np.testing.assert_array_equal(np.signbit(x[known]), np.signbit(y[known]))


def assert_rounded(a: Any, b: Any, share: float = 1.0) -> None:
    """One type, dtype and shape; infinities and NaN in the same places, everything else equal up to rounding.

    share: of what rounding the largest numbers may come to
    """
    assert type(a) is type(b), f"{a!r} and {b!r}"
    x, y = np.asarray(a), np.asarray(b)
    assert x.dtype == y.dtype
    assert x.shape == y.shape
    if x.dtype.kind not in "fc":
        np.testing.assert_array_equal(x, y)
        return
    unit = 100 * share * np.finfo(x.dtype).eps
    largest = np.max(np.abs(y), initial=1.0, where=np.isfinite(y))
    np.testing.assert_allclose(x, y, rtol=unit, atol=unit * min(largest, 100.0))
