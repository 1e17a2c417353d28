"""Record everything a function does, once, so that it can be done again with other data.

While a trace is on, every operation reports here, differentiable or not. Data never leaves as plain numbers: `.data`
and `.grad` read as recorded Values, and whatever would bake a number into the program raises and shows the line.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autodiff.compiler.program import Instruction, Program, Register
from autodiff.errors import ShapeError, TracingError
from autodiff.primitives.shaping import stopped
from autodiff.operands import constant, leaf_data, plain_scalar
from autodiff.recording import serials
from autodiff.value import Value, apply, constant_value

_HERE = str(Path(__file__).parent.parent)
_NN = str(Path(__file__).parent.parent.parent / "nn")


class Trace:
    """The record of one run.

    program: what has been recorded so far · of_values: the nodes that would be Values undecorated too (the others come
    from array arguments alone, and would be arrays)
    """

    def __init__(self) -> None:
        self.program = Program()
        self.start = serials()
        self.of_values: set[Value] = set()
        self.drawn_from: list[Any] = []
        self.grads_read: set[Value] = set()  # leaves whose gradient from before the call was looked at
        self._registers: dict[Value, Register] = {}
        self._constant_arrays: dict[int, list[tuple[Register, Any]]] = {}
        self._current: dict[Value, Value] = {}  # a rebound leaf's newest data
        self._grads: dict[Value, Value | None] = {}
        self._saved: dict[Value, tuple[Any, Any, bool]] = {}

    # --- inputs -----------------------------------------------------------------------------------------------------

    def argument(self, data: Any) -> Value:
        """An array or float argument: a recorded constant, filled anew at each call."""
        value = constant_value(data)
        self.program.arguments.append(self._new_register(value))
        return value

    def draw(self, generator: Any, function: Callable[[], Any]) -> Value:
        """Random numbers as an input: function() draws from the generator, now and again at each call, in this order."""
        value = constant_value(plain_scalar(function()))
        self.drawn_from.append(generator)
        self.program.draws.append((self._new_register(value), function))
        return value

    def new_leaf(self, leaf: Value, data: Any) -> None:
        """A Value made while tracing: from a traced Value it is its copy, from anything else a constant."""
        if isinstance(data, Value):
            self._registers[leaf] = self.register(data)
        else:
            self._registers[leaf] = self._constant(_original(data, leaf))
        self.of_values.add(leaf)

    # --- operations -------------------------------------------------------------------------------------------------

    def record(self, node: Value) -> None:
        """An operation was computed; node is its result."""
        assert node._primitive is not None
        self._refuse_shapes_from_data(node)
        operands = tuple(
            self._constant(raw) if operand is None else self.register(operand)
            for operand, raw in zip(node._operands, node._inputs)
        )
        if any(operand is not None and self._is_value(operand) for operand in node._operands):
            self.of_values.add(node)
        self.program.instructions.append(
            Instruction(node._primitive, operands, node._keywords, self._new_register(node))
        )

    def _refuse_shapes_from_data(self, node: Value) -> None:
        """A mask or nonzero() makes a result whose shape depends on data: a program has fixed shapes."""
        assert node._primitive is not None
        masks = node._primitive.name in ("getitem", "put", "replace") and any(
            operand is not None and operand.dtype.kind == "b" for operand in node._operands[1:]
        )
        if masks or node._primitive.name == "nonzero":
            raise TracingError(
                f"the shape of {node._primitive.name} would depend on traced data (a recorded mask): write np.where(mask, x, 0), "
                f"or compute the mask outside and pass it as an argument of ints{where()}"
            )

    def register(self, value: Value) -> Register:
        """Where a Value's data stands now. A leaf from outside becomes captured state."""
        value = self._current.get(value, value)
        if value not in self._registers:
            if self.made(value):  # a constant that a transform made, of zeros for example
                self._registers[value] = self._constant(value._data)
            elif value._primitive is not None:
                raise TracingError(
                    f"a Value computed outside was used in a jitted function: its history is not part of the trace. "
                    f"Compute it inside, or pass v.data as an argument{where()}"
                )
            else:
                self.program.captured[value] = self._new_register(value)
                self.of_values.add(value)
        return self._registers[value]

    def _is_value(self, operand: Value) -> bool:
        return operand in self.of_values or (operand not in self._registers and operand._serial < self.start)

    def _new_register(self, value: Value | None = None) -> Register:
        register = self.program.size
        self.program.size += 1
        if value is not None:
            self._registers[value] = register
        return register

    def _constant(self, raw: Any) -> Register:
        """The register of a constant: one for each array, so that references to it can be counted."""
        if type(raw) is np.ndarray:
            for register, known in self._constant_arrays.get(id(raw), ()):
                if known is raw:
                    return register
        register = self._new_register()
        self.program.constants[register] = raw
        if type(raw) is np.ndarray:
            self._constant_arrays.setdefault(id(raw), []).append((register, raw))
        return register

    # --- reading and writing leaves ---------------------------------------------------------------------------------

    def read_data(self, value: Value) -> Value:
        """v.data while tracing: the data as a recorded Value, cut from the graph."""
        cut = apply(stopped, (value,))
        self.of_values.discard(cut)  # undecorated, this is a plain array
        return cut

    def write_data(self, leaf: Value, new: Any) -> None:
        """v.data = new while tracing: written back at each call."""
        self.register(leaf)
        if not self.made(leaf):
            self._save(leaf)
        source = new if isinstance(new, Value) else constant_value(leaf_data(new))
        if not isinstance(new, Value):
            self._registers[source] = self._constant(_original(new, source))
        elif source.dtype.kind in "biu":
            source = source.astype(np.float64)
        source = apply(stopped, (source,))
        self._current[leaf] = source
        leaf._data, leaf._recorded = source._data, True
        if not self.made(leaf):
            self.program.new_data[leaf] = self.register(source)

    def read_grad(self, value: Value) -> Value:
        """v.grad while tracing: recorded, cut from the graph; zeros if it was not run."""
        gradient = self._gradient(value)
        if gradient is None:
            return constant_value(plain_scalar(np.zeros_like(value._data)))
        return self.read_data(gradient)

    def write_grad(self, value: Value, new: Any) -> None:
        """v.grad = new while tracing; None or 0 resets it."""
        if new is None or (isinstance(new, (int, float)) and new == 0):
            self._set_grad(value, None)
            return
        gradient = new if isinstance(new, Value) else constant_value(plain_scalar(constant(new, "v.grad")))
        if gradient.shape != value.shape:
            raise ShapeError(
                f"a gradient must have the shape of its Value, {value.shape}; it was given {gradient.shape}"
            )
        self._set_grad(value, gradient if gradient.dtype == value.dtype else gradient.astype(value.dtype))

    def add_gradients(self, gradients: Mapping[Value, Any]) -> None:
        """What a traced backward pass found: leaves accumulate, interior values are set."""
        for node, g in gradients.items():
            new = g if isinstance(g, Value) or isinstance(g, tuple) else constant_value(plain_scalar(g))
            if isinstance(new, tuple):
                continue  # the gradient of an operation with several results: its parts have their own
            before = self._gradient(node) if node._primitive is None else None
            self._set_grad(node, new if before is None else before + new)

    def _gradient(self, value: Value) -> Value | None:
        if value not in self._grads:
            outside = not self.made(value)
            self.register(value)
            if outside:
                self.grads_read.add(value)
            if not outside or value._grad is None:
                self._grads[value] = None
            else:
                gradient = constant_value(value._grad)
                self.program.captured_grads[value] = self._new_register(gradient)
                self._grads[value] = gradient
        return self._grads[value]

    def _set_grad(self, value: Value, gradient: Value | None) -> None:
        if not self.made(value):
            self._save(value)
        self._grads[value] = gradient
        value._grad = None if gradient is None else gradient._data
        if value._primitive is None and not self.made(value):
            self.register(value)
            self.program.new_grads[value] = None if gradient is None else self.register(gradient)

    def _save(self, leaf: Value) -> None:
        self._saved.setdefault(leaf, (leaf._data, leaf._grad, leaf._recorded))

    def restore(self) -> None:
        """Undo what was written to leaves: tracing failed."""
        for leaf, (data, grad, recorded) in self._saved.items():
            leaf._data, leaf._grad, leaf._recorded = data, grad, recorded

    def before(self, leaf: Value) -> tuple[Any, Any]:
        """The data and gradient a leaf had when tracing began."""
        return self._saved.get(leaf, (leaf._data, leaf._grad, False))[:2]

    def settle(self) -> None:
        """Give the written leaves buffers of their own, as a replay would."""
        for leaf in self.program.new_grads:
            leaf._grad = leaf._grad.copy() if type(leaf._grad) is np.ndarray else leaf._grad

    def forget(self) -> None:
        """Let go of every Value and array of the trace; the program is all that remains."""
        for mapping in (self._registers, self._constant_arrays, self._current, self._grads):
            mapping.clear()
        self.of_values.clear()

    def made(self, value: Value) -> bool:
        """Whether a Value was made while tracing."""
        return value._serial > self.start

    def refuse_reading(self, value: Value, what: str) -> None:
        """A number was about to be read off a traced Value."""
        raise TracingError(
            f"{what} while tracing a jitted function would bake today's number into the program. Write np.where(condition, a, b) "
            "for `if`, return what is to be read, pass a Python int or bool as an argument for what decides the shape of "
            f"the computation{where()}"
        )


def _original(given: Any, kept: Value) -> Any:
    """The array that was given, rather than the copy that a leaf keeps: someone else may hold and change it."""
    return given if type(given) is np.ndarray and given.ndim and given.dtype == kept.dtype else kept._data


def where() -> str:
    """The user's line that is being executed, for messages."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith((_HERE, _NN)):
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"\n  in {frame.f_code.co_name}, {Path(name).name}:{number}: {linecache.getline(name, number).strip()}"
