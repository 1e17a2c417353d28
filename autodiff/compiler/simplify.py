"""Make a program shorter without changing what it computes: rules, constants, common subexpressions, dead code.

One pass from the first instruction to the last: each is built anew from its simplified operands, and every rule that
knows its operation has a look. A rule answers with the register that holds the result already, or builds something
simpler; the rules stand in `identities`, `expansions` and `contracting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.forms import Form, form_of
from autodiff.compiler.infer import result_form
from autodiff.compiler.internal import INTERNAL
from autodiff.compiler.program import Instruction, Program, Register
from autodiff.primitives.kinds import TABLE, Primitive
from autodiff.recording import NO_KEYWORDS, compute

FOLDED = 1 << 14  # elements: larger constants are not computed ahead
COMMUTATIVE = frozenset({"add", "multiply", "masked_product", "equal", "not_equal"})
"""To the last bit: of 0 and -0, maximum and minimum take the first; complex products are rounded in their order."""


class Step(NamedTuple):
    """An instruction about to be added: its operands are simplified already. form: of its result."""

    primitive: Primitive
    operands: tuple[Register, ...]
    keywords: Mapping[str, Any]
    form: Form


Rule = Callable[[Step, "Simplifier"], "Register | None"]

EXACT: dict[str, list[Rule]] = {}
"""Rules that change no bit of any result, by the name of the operation they know, in the order they are tried."""

ROUNDED: dict[str, list[Rule]] = {}
"""Rules that hold up to rounding, or replace what NumPy has in one piece: for native code."""


def rule(*names: str, rules: dict[str, list[Rule]]) -> Callable[[Rule], Rule]:
    """Decorator: a rule for these operations. Its docstring is the equation."""

    def register(function: Rule) -> Rule:
        for name in names:
            rules.setdefault(name, []).append(function)
        return function

    return register


def simplified(program: Program, native: bool = False) -> Program:
    """An equivalent program: the same to the last bit, or up to rounding if it is for native code."""
    from autodiff.compiler import contracting, expansions, identities, places  # noqa: F401 -- the rules

    return Simplifier(program, (EXACT, ROUNDED) if native else (EXACT,)).run()


class Simplifier:
    """A program being built anew. Registers keep their numbers; those of vanished instructions are `same` as others."""

    def __init__(self, program: Program, rules: Sequence[dict[str, list[Rule]]]) -> None:
        self.old = program
        names = {name for each in rules for name in each}
        self.rules = {name: [rule for each in rules for rule in each.get(name, ())] for name in names}
        self.forms, self.constants = list(program.forms), dict(program.constants)
        self.instructions: list[Instruction] = []
        self.makers: dict[Register, Instruction] = {}
        self._known: dict[Any, Register] = {}
        self._same: dict[Register, Register] = {}
        for register, data in program.constants.items():
            if (key := _constant_key(data)) is not None:
                self._same[register] = self._known.setdefault(key, register)

    def run(self) -> Program:
        """The whole program."""
        same = self._same
        for primitive, operands, keywords, out in self.old.instructions:
            given = tuple([same.get(r, r) for r in operands])
            form = self.forms[out]
            if form is None or any(self.forms[r] is None for r in given):
                self._append(Instruction(primitive, given, keywords, out))
                continue
            result = self.add(Step(primitive, given, keywords, form), out)
            if result != out:
                same[out] = result
        new = replace(
            self.old,
            instructions=self.instructions,
            forms=self.forms,
            constants=self.constants,
            outputs=[same.get(r, r) for r in self.old.outputs],
            new_data={leaf: same.get(r, r) for leaf, r in self.old.new_data.items()},
            new_grads={leaf: None if r is None else same.get(r, r) for leaf, r in self.old.new_grads.items()},
        )
        new.prune()
        return new

    # --- for the rules ----------------------------------------------------------------------------------------------

    def form(self, register: Register) -> Form:
        """Shape and dtype of a register."""
        form = self.forms[register]
        assert form is not None
        return form

    def make(self, name: str, *operands: Register, **keywords: Any) -> Register:
        """The register of an operation of the table, simplified in turn."""
        primitive = TABLE[name]
        form = result_form(primitive, [self.form(r) for r in operands], keywords)
        return self.add(Step(primitive, operands, keywords or NO_KEYWORDS, form))

    def make_as(self, form: Form, name: str, *operands: Register, **keywords: Any) -> Register:
        """The same, where the form is known."""
        return self.add(Step(INTERNAL.get(name) or TABLE[name], operands, keywords or NO_KEYWORDS, form))

    def constant(self, data: Any) -> Register:
        """The register of a constant."""
        key = _constant_key(data)
        if key in self._known:
            return self._known[key]
        register = self._register_of(data)
        self.constants[register] = data
        if key is not None:
            self._known[key] = register
        return register

    def number(self, register: Register) -> float | None:
        """The value of a constant whose elements are all the same real number, zeros of one sign."""
        if register not in self.constants:
            return None
        data = self.constants[register]
        if isinstance(data, (bool, int, float, np.integer, np.floating, np.bool_)):
            return float(data)
        if isinstance(data, np.ndarray) and data.dtype.kind in "fiub" and data.size and data.size <= FOLDED:
            first = data.flat[0]
            same = np.all(data == first) and (data.dtype.kind != "f" or np.all(np.signbit(data) == np.signbit(first)))
            return float(first) if same else None
        return None

    def made_by(self, register: Register, *names: str) -> Instruction | None:
        """The instruction that makes a register, if it is one of these operations."""
        maker = self.makers.get(register)
        return maker if maker is not None and maker.primitive.name in names else None

    def add(self, step: Step, out: Register | None = None) -> Register:
        """The register that holds the result of a step: an existing one, or `out`, or a new one."""
        for rule in self.rules.get(step.primitive.name, ()):
            found = rule(step, self)
            if found is not None:
                return self._as_computed(found)
        constants = self.constants
        if step.operands[0] in constants and all(r in constants for r in step.operands) and step.form.size <= FOLDED:
            folded = self._folded(step)
            if folded is not None:
                return folded
        key = self._key(step)
        if key in self._known:
            return self._known[key]
        if out is None:
            self.forms.append(step.form)
            out = len(self.forms) - 1
        self._append(Instruction(step.primitive, step.operands, step.keywords, out))
        self._known[key] = out
        return out

    # --- for itself -------------------------------------------------------------------------------------------------

    def _append(self, instruction: Instruction) -> None:
        self.instructions.append(instruction)
        self.makers[instruction.out] = instruction

    def _as_computed(self, register: Register) -> Register:
        """A constant as an operation would give it: a number, where it is an array of shape ()."""
        data = self.constants.get(register)
        return self.constant(data[()]) if isinstance(data, np.ndarray) and not data.ndim else register

    def _register_of(self, data: Any) -> Register:
        self.forms.append(form_of(data))
        return len(self.forms) - 1

    def _folded(self, step: Step) -> Register | None:
        """A constant in place of an operation on constants."""
        try:
            with np.errstate(all="ignore"):
                data = compute(step.primitive, [self.constants[r] for r in step.operands], step.keywords)
        except (ValueError, TypeError, IndexError):  # let it raise when the program runs
            return None
        return None if isinstance(data, tuple) else self.constant(data)

    def _key(self, step: Step) -> Any:
        """What two steps share if they compute the same."""
        operands = step.operands
        if step.primitive.name in COMMUTATIVE and step.form.dtype.kind != "c" and operands[0] > operands[1]:
            operands = operands[::-1]
        return step.primitive, operands, tuple([(name, _keyword_key(x)) for name, x in step.keywords.items()])


def _constant_key(data: Any) -> Any:
    """Equal constants that may share a register: numbers of one type, to the bit."""
    if isinstance(data, (bool, int, str)):
        return type(data), data
    if isinstance(data, (float, complex, np.generic)):
        return type(data), np.asarray(data).dtype, np.asarray(data).tobytes()
    return None


def _keyword_key(thing: Any) -> Any:
    """What a keyword is known by: 1, 1.0 and True are not the same, nor are 0.0 and -0.0; objects are by identity."""
    if isinstance(thing, tuple):
        return tuple(map(_keyword_key, thing))
    key = _constant_key(thing)
    return ("object", id(thing)) if key is None else key
