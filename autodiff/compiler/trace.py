"""Record everything a function does, once, so that it can be done again with other data.

While a trace is on, every operation reports here, differentiable or not. Data never leaves as plain numbers: `.data`
and `.grad` read as recorded Values, and whatever would bake a number into the program raises and shows the line.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from autodiff.compiler.leaves import Leaves, original
from autodiff.compiler.lines import where
from autodiff.compiler.moving import position, unmoved
from autodiff.compiler.program import ErrorHandling, Instruction, Program, Register
from autodiff.compiler.sameness import root, same_bits
from autodiff.errors import TracingError
from autodiff.operands import plain_scalar
from autodiff.recording import serials
from autodiff.value import Value, constant_value


class Snapshot(NamedTuple):
    """A constant array, and its elements when it was used."""

    register: Register
    array: Any
    elements: Any


class Trace(Leaves):
    """The record of one run.

    program: what has been recorded so far · nodes: every Value of the trace, weakly: none may outlive it
    of_values: the nodes that would be Values undecorated too (the others come from array arguments alone, and would be
    arrays) · drawn: each generator that masks were drawn from, with its positions before and after
    """

    def __init__(self) -> None:
        super().__init__()
        self.program = Program()
        self.nodes: list[weakref.ref[Value]] = []
        self.of_values: set[Value] = set()
        self.drawn: list[tuple[Any, Any, Any]] = []
        self.refusal: TracingError | None = None
        self._start = serials()
        self._errors = _error_handling()
        self._registers: dict[Value, Register] = {}
        self._constants: set[Value] = set()
        self._snapshots: dict[int, list[Snapshot]] = {}
        self._overwritten: dict[int, tuple[Any, str]] = {}

    # --- inputs -----------------------------------------------------------------------------------------------------

    def argument(self, data: Any) -> Value:
        """An array or float argument: a recorded constant, filled anew at each call."""
        value = constant_value(data)
        self.program.arguments.append(self.name_register(value))
        return value

    def draw(self, generator: Any, function: Callable[[], Any]) -> Value:
        """Random numbers as an input: function() draws from the generator, now and at each call, in this order."""
        before = position(generator)
        value = constant_value(plain_scalar(function()))
        self.drawn = self.drawn_from(generator, before, position(generator))
        self.program.draws.append((self.name_register(value), function))
        return value

    def drawn_from(self, generator: Any, before: Any, after: Any) -> list[tuple[Any, Any, Any]]:
        """`drawn` with one more draw. Between two of them nobody else may have drawn from the generator."""
        for known, first, last in self.drawn:
            if known is generator:
                if not unmoved(last, before):
                    self.refuse(
                        "random numbers were drawn, besides those for nn.Dropout, from the generator it holds: they "
                        "would be the same at each call. Draw them outside and pass them as arguments"
                    )
                others = [entry for entry in self.drawn if entry[0] is not generator]
                return [*others, (generator, first, after)]
        return [*self.drawn, (generator, before, after)]

    def new_leaf(self, leaf: Value, data: Any) -> None:
        """A Value made while tracing: from a traced Value it is its copy, from anything else a constant."""
        self.name_register(
            leaf, self.register(data) if isinstance(data, Value) else self.constant(original(data, leaf))
        )
        self.of_values.add(leaf)

    def new_constant(self, value: Value) -> None:
        """A constant made while tracing, by a transform for example: of zeros where no gradient arrives."""
        self._constants.add(value)

    # --- operations -------------------------------------------------------------------------------------------------

    def record(self, node: Value) -> None:
        """An operation was computed; node is its result."""
        assert node._primitive is not None
        self._refuse_what_bakes(node)
        operands: list[Register] = []
        for operand, raw in zip(node._operands, node._inputs):
            operands.append(self.constant(raw) if operand is None else self.register(operand))
            if operand in self.of_values:
                self.of_values.add(node)
        errors = None if (now := _error_handling()) == self._errors else now
        out = self.name_register(node)
        self.program.instructions.append(Instruction(node._primitive, tuple(operands), node._keywords, out, errors))

    def _refuse_what_bakes(self, node: Value) -> None:
        """A mask or nonzero() makes a result whose shape depends on data: a program has fixed shapes, and keywords."""
        assert node._primitive is not None
        name = node._primitive.name
        masks = name in ("getitem", "put", "replace") and any(
            operand is not None and operand.dtype.kind == "b" for operand in node._operands[1:]
        )
        if masks or name == "nonzero":
            self.refuse(
                f"the shape of {name} would depend on traced data (a recorded mask): write np.where(mask, x, 0), or "
                "compute the mask outside and pass it as an argument of ints"
            )
        for keyword, given in node._keywords.items() if node._keywords else ():
            if isinstance(given, Value):
                self.refuse(f"{keyword}= of {name} would bake today's number into the program; pass a plain number")

    def register(self, value: Value) -> Register:
        """Where a Value's data stands now, for an operation to read. A leaf from outside becomes captured state."""
        self._refuse_overwritten(self._current.get(value, value)._data)
        return self.place(value)

    def place(self, value: Value) -> Register:
        """The same, for what does not read it."""
        value = self._current.get(value, value)
        if value in self._registers:
            return self._registers[value]
        if value in self._constants:
            return self.name_register(value, self.constant(value._data))
        if value._primitive is not None or self.made(value):
            self.refuse(
                "a Value computed outside of the jitted function (or in another thread) was used in it: its history is "
                "not part of the trace. Compute it inside, or pass v.data as an argument"
            )
        self.of_values.add(value)
        register = self._registers[value] = self.program.captured[value] = self._new_register()
        return register

    def name_register(self, value: Value, register: Register | None = None) -> Register:
        """Say where a Value's data stands: in a register, by default a new one."""
        self.nodes.append(weakref.ref(value))
        self._registers[value] = self._new_register() if register is None else register
        return self._registers[value]

    def _new_register(self) -> Register:
        self.program.size += 1
        return self.program.size - 1

    def constant(self, raw: Any) -> Register:
        """The register of a constant: one for each array, as long as nobody changes its elements."""
        if not isinstance(raw, np.ndarray):
            return self._filled(raw)
        for known in self._snapshots.get(id(raw), ()):
            if known.array is raw and same_bits(raw, known.elements):
                return known.register
        snapshot = Snapshot(self._filled(raw), raw, raw.copy())
        self._snapshots.setdefault(id(raw), []).append(snapshot)
        return snapshot.register

    def _filled(self, raw: Any) -> Register:
        register = self._new_register()
        self.program.constants[register] = raw
        return register

    def settle_constants(self) -> None:
        """Where the function has changed a constant array since, the program keeps the elements that were used."""
        for known in (snapshot for group in self._snapshots.values() for snapshot in group):
            if not same_bits(known.array, known.elements):
                self.program.constants[known.register] = known.elements

    # --- what is written in place -----------------------------------------------------------------------------------

    def changed_in_place(self, value: Value, out: Value, operation: str) -> Value:
        """`value += …` has made `out`. If value stands for an array, that array would have changed under every name:
        from now on it cannot be used any more, but for what the result is assigned to.
        """
        if value in self.of_values or type(value._data) is not np.ndarray:
            return out  # a Value or a number, which the name alone was given anew
        if out.shape != value.shape or not np.can_cast(out.dtype, value.dtype, "same_kind"):
            self.refuse(
                f"{operation} in place: an array of shape {value.shape} and dtype {value.dtype} cannot hold the "
                f"result, of shape {out.shape} and dtype {out.dtype}"
            )
        buffer = root(value._data)
        self._overwritten[id(buffer)] = buffer, where()
        return out if out.dtype == value.dtype else out.astype(value.dtype)

    def _refuse_overwritten(self, data: Any) -> None:
        """Raise for an array, or a view of one, that `x += …` would have changed."""
        if self._overwritten and type(data) is np.ndarray and id(root(data)) in self._overwritten:
            error = TracingError(
                "an array was changed in place (x += …) and is used, or seen by the caller, under another name: a "
                "program cannot follow that. Write x = x + …, w.grad = w.grad * …, and copy (x.copy()) what is to stay"
                + self._overwritten[id(root(data))][1]
            )
            self.refusal = self.refusal or error
            raise error

    def refuse_what_was_overwritten(self, arguments: Sequence[Any]) -> None:
        """When the function has run: no argument, and no leaf, may hold an array that would have changed."""
        for data in arguments:
            self._refuse_overwritten(data)
        for leaf in self.program.captured:
            self._refuse_overwritten(self._current.get(leaf, leaf)._data)
            if (gradient := self._grads.get(leaf)) is not None:
                self._refuse_overwritten(gradient._data)

    # --- what a Value is --------------------------------------------------------------------------------------------

    def made(self, value: Value) -> bool:
        """Whether a Value was made while tracing."""
        return value._serial > self._start

    def plain(self, value: Value) -> Value:
        """The Value as one that is a plain number or array undecorated."""
        self.of_values.discard(value)
        return value

    # --- refusals ---------------------------------------------------------------------------------------------------

    def refuse(self, message: str) -> NoReturn:
        """Raise, showing the line. It is raised again when the function has run, should it have caught the error."""
        error = TracingError(message + where())
        self.refusal = self.refusal or error
        raise error

    def refuse_elsewhere(self, value: Value) -> None:
        """A Value is about to be read in a thread or context that does not trace: not if it is one of this trace."""
        if self.made(value) and (value in self._registers or value in self._constants):
            self.refuse(
                "a traced Value was read in another thread, where nothing is recorded; compute outside of the jitted "
                "function what other threads are to compute"
            )

    def refuse_reading(self, value: Value, what: str) -> NoReturn:
        """A number was about to be read off a traced Value."""
        self.refuse(
            f"{what} while tracing a jitted function would bake today's number into the program. Write "
            "np.where(condition, a, b) for `if`, return what is to be read, pass as an argument an array that is to be "
            "indexed, and a Python int or bool for what decides the shape of the computation"
        )

    def forget(self) -> None:
        """Let go of every Value and array of the trace; the program is all that remains."""
        for known in (self._registers, self._snapshots, self._overwritten, self._current, self._grads):
            known.clear()
        self.of_values.clear()
        self._constants.clear()


_HANDLINGS: dict[ErrorHandling, ErrorHandling] = {}


def _error_handling() -> ErrorHandling:
    """What NumPy does now about division by zero and the like; one object for each way, as instructions are many."""
    now: ErrorHandling = tuple((kind, str(way)) for kind, way in np.geterr().items())
    return _HANDLINGS.setdefault(now, now)
