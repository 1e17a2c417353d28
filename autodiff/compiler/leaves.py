"""Leaves while tracing: their data and gradients read as recorded Values, and what is written is noted down.

A leaf from outside is captured state. What a step writes to it is put there at once, so that the function goes on as it
would undecorated, and put back if tracing fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autodiff.compiler.program import Program, Register, own
from autodiff.compiler.sameness import root
from autodiff.errors import ShapeError
from autodiff.operands import constant, leaf_data, plain_scalar
from autodiff.primitives.shaping import stopped
from autodiff.value import Value, apply, constant_value


class Leaves:
    """The half of a trace that knows what leaves hold: see `Trace` for the other, which knows the registers."""

    program: Program

    def __init__(self) -> None:
        self.grads_read: set[Value] = set()  # leaves whose gradient from before the call was looked at
        self._current: dict[Value, Value] = {}  # a rebound leaf's newest data
        self._grads: dict[Value, Value | None] = {}
        self._saved: dict[Value, tuple[Any, Any, bool]] = {}

    def register(self, value: Value) -> Register:
        """Where a Value's data stands, for an operation to read."""
        raise NotImplementedError

    def place(self, value: Value) -> Register:
        """The same, for what does not read it."""
        raise NotImplementedError

    def constant(self, raw: Any) -> Register:
        """The register of a constant."""
        raise NotImplementedError

    def name_register(self, value: Value, register: Register | None = None) -> Register:
        """Say where a Value's data stands: in a register, by default a new one."""
        raise NotImplementedError

    def made(self, value: Value) -> bool:
        """Whether a Value was made while tracing."""
        raise NotImplementedError

    def plain(self, value: Value) -> Value:
        """The Value as one that is a plain number or array undecorated."""
        raise NotImplementedError

    def read_data(self, value: Value) -> Value:
        """v.data while tracing: the data as a recorded Value, cut from the graph."""
        return self.plain(apply(stopped, (value,)))

    def write_data(self, leaf: Value, new: Any) -> None:
        """v.data = new while tracing: written back at each call."""
        self.place(leaf)
        self._save(leaf)
        source = new if isinstance(new, Value) else constant_value(leaf_data(new))
        if not isinstance(new, Value):
            self.name_register(source, self.constant(original(new, source)))
        elif source.dtype.kind in "biu":
            source = source.astype(np.float64)
        source = apply(stopped, (source,))
        self._current[leaf] = source
        leaf._data, leaf._recorded = source._data, True
        if not self.made(leaf):
            self.program.new_data[leaf] = self.register(source)

    def read_grad(self, value: Value) -> Value:
        """v.grad while tracing: recorded, cut from the graph; zeros if it was not run."""
        gradient = self.gradient(value)
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
        held: set[int] = set()
        for node, g in gradients.items():
            if node._primitive is not None and not self.made(node):
                self.place(node)  # raises: a graph from outside is not part of the trace
            if isinstance(g, tuple):
                continue  # the gradient of an operation with several results: its parts have their own
            new = g if isinstance(g, Value) else constant_value(plain_scalar(g))
            if type(new._data) is np.ndarray:
                buffer = id(root(new._data))
                if node._primitive is None and buffer in held:  # a leaf's gradient is a buffer of its own
                    new = new.copy()
                held.add(buffer)
            before = self.gradient(node) if node._primitive is None else None
            self._set_grad(node, new if before is None else before + new)

    def gradient(self, value: Value) -> Value | None:
        """The gradient a Value has now; None if it was not run."""
        if value not in self._grads:
            outside = not self.made(value)
            self.place(value)
            if outside:
                self.grads_read.add(value)
            if not outside or value._grad is None:
                self._grads[value] = None
            else:
                gradient = constant_value(value._grad)
                self.program.captured_grads[value] = self.name_register(gradient)
                self._grads[value] = gradient
        return self._grads[value]

    def _set_grad(self, value: Value, gradient: Value | None) -> None:
        self._save(value)
        self._grads[value] = gradient
        value._grad = None if gradient is None else gradient._data
        if value._primitive is None and not self.made(value):
            self.place(value)
            self.program.new_grads[value] = None if gradient is None else self.register(gradient)

    def _save(self, leaf: Value) -> None:
        if not self.made(leaf):
            self._saved.setdefault(leaf, (leaf._data, leaf._grad, leaf._recorded))

    def restore(self) -> None:
        """Undo what was written to leaves: tracing failed."""
        for leaf, (data, grad, recorded) in self._saved.items():
            leaf._data, leaf._grad, leaf._recorded = data, grad, recorded

    def before(self, leaf: Value) -> tuple[Any, Any]:
        """The data and gradient a leaf had when tracing began."""
        return self._saved.get(leaf, (leaf._data, leaf._grad, False))[:2]

    def settle(self, held: set[int]) -> None:
        """Give the written leaves buffers of their own, as a replay would. held: the arrays that others hold."""
        for leaf in self.program.new_data:
            leaf._data, leaf._recorded = own(leaf._data, held), False
        for leaf in self.program.new_grads:
            leaf._grad = own(leaf._grad, held)


def original(given: Any, kept: Value) -> Any:
    """The array that was given, rather than the copy that a leaf keeps: someone else may hold and change it."""
    return given if type(given) is np.ndarray and given.ndim and given.dtype == kept.dtype else kept._data
