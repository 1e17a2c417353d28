"""Record everything a function does, once, so that it can be done again with other data.

While a trace is on, every operation reports here, differentiable or not. Data never leaves as plain numbers: `.data`
and `.grad` read as recorded Values, and whatever would bake a number into the program raises and shows the line.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from autodiff.compiler.buffers import Constants, Overwritten
from autodiff.compiler.leaves import Leaves, original
from autodiff.compiler.moving import position, set_back, unmoved
from autodiff.compiler.program import Instruction, Program, Register
from autodiff.errors import TracingError
from autodiff.lines import where
from autodiff.operands import plain_scalar
from autodiff.recording import serials
from autodiff.value import Value, constant_value


class Trace(Leaves):
    """The record of one run.

    program: what has been recorded so far · nodes: once it is over, every Value of it, weakly: none may outlive it
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
        self.constants = Constants(self.program)
        self.overwritten = Overwritten()
        self._start = serials()
        self._registers: dict[Value, Register] = {}
        self._made_constants: set[Value] = set()

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
        self._made_constants.add(value)

    # --- operations -------------------------------------------------------------------------------------------------

    def record(self, node: Value) -> None:
        """An operation was computed; node is its result."""
        primitive, keywords = node._primitive, node._keywords
        assert primitive is not None
        if keywords or primitive.name == "nonzero":
            self._refuse_what_bakes(node)
        operands: list[Register] = []
        registers, of_values = self._registers, self.of_values
        looks_closer = self._current or self.overwritten.lines
        for operand, raw in zip(node._operands, node._inputs):
            if operand is None:
                operands.append(self.constant(raw))
                continue
            known = None if looks_closer else registers.get(operand)  # most often that is all there is to it
            operands.append(self.register(operand) if known is None else known)
            if operand in of_values:
                of_values.add(node)
        self.program.instructions.append(Instruction(primitive, tuple(operands), keywords, self.name_register(node)))

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
        for keyword, given in node._keywords.items():
            if isinstance(given, Value):
                self.refuse(f"{keyword}= of {name} would bake today's number into the program; pass a plain number")

    def register(self, value: Value) -> Register:
        """Where a Value's data stands now, for an operation to read. A leaf from outside becomes captured state."""
        self.refuse_overwritten(self._current.get(value, value)._data)
        return self.place(value)

    def place(self, value: Value) -> Register:
        """The same, for what does not read it."""
        value = self._current.get(value, value)
        if value in self._registers:
            return self._registers[value]
        if value in self._made_constants:
            return self.name_register(value, self.constant(value._data))
        if value._primitive is not None or self.made(value):
            self.refuse(
                "a Value computed outside of the jitted function (or in another thread) was used in it: its history is "
                "not part of the trace. Compute it inside, or pass v.data as an argument"
            )
        self.of_values.add(value)
        register = self._registers[value] = self.program.captured[value] = self.program.new_register(value._data)
        return register

    def name_register(self, value: Value, register: Register | None = None) -> Register:
        """Say where a Value's data stands: in a register, by default a new one."""
        self._registers[value] = self.program.new_register(value._data) if register is None else register
        return self._registers[value]

    def constant(self, raw: Any) -> Register:
        """The register of a constant."""
        return self.constants.register(raw)

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
        self.overwritten.add(value._data)
        return out if out.dtype == value.dtype else out.astype(value.dtype)

    def refuse_overwritten(self, data: Any) -> None:
        """Raise for an array, or a view of one, that `x += …` would have changed."""
        if (error := self.overwritten.refusal(data)) is not None:
            self.refusal = self.refusal or error
            raise error

    def refuse_what_was_overwritten(self, arguments: Sequence[Any]) -> None:
        """When the function has run: no argument, and no leaf, may hold an array that would have changed."""
        for data in arguments:
            self.refuse_overwritten(data)
        for leaf in self.program.captured:
            self.refuse_overwritten(self._current.get(leaf, leaf)._data)
            if (gradient := self._grads.get(leaf)) is not None:
                self.refuse_overwritten(gradient._data)

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

    def reads(self, value: Value, gradient: bool) -> None:
        """A Value is about to be read in a thread or context that does not trace: not if it is one of this trace."""
        if self.made(value) and (value in self._registers or value in self._made_constants):
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

    def put_back(self) -> None:
        """Undo what was done to leaves, and to generators that random numbers were drawn from."""
        self.restore()
        for generator, before, _ in self.drawn:
            set_back(generator, before)

    def forget(self) -> None:
        """Let go of every Value and array of the trace; the program is all that remains."""
        self.nodes = [weakref.ref(value) for value in self._registers if self.made(value)]
        for known in (self._registers, self._current, self._grads, self.of_values, self._made_constants):
            known.clear()
        self.overwritten.clear()
