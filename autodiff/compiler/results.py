"""What a jitted function returns, made anew at each call from the data that the program computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autodiff.errors import GraphError, InPlaceError
from autodiff.modes import current_mode
from autodiff.primitives.kinds import TABLE
from autodiff.recording import fill, new
from autodiff.value import Value


class JittedValue(Value):
    """A result that depends on captured leaves: it can be read and printed, but its history is inside the program."""

    __slots__ = ()

    def _as_operand(self, operation: str) -> Any:
        """Its data for what carries no gradient, such as a comparison; anything that would be recorded raises."""
        mode, entry = current_mode(), TABLE.get(operation)
        if mode.trace is not None or (mode.recording and (entry is None or entry.differentiable)):
            raise GraphError(
                f"{operation} was given the result of a jitted function that depends on Values it captured; its "
                "history is inside the program, so no gradient could flow. Compute this inside the jitted function, "
                "use value_and_grad, or read the number: .item(), .data"
            )
        return self._data

    @property
    def data(self) -> Any:
        """The plain number or array, read-only."""
        return super().data

    @data.setter
    def data(self, new: Any) -> None:
        raise InPlaceError("only a leaf can be given new .data; the result of a jitted function is immutable")

    def backward(self, gradient: Any = None, retain_graph: bool = True) -> None:
        """Raises: the history is inside the program."""
        self._as_operand("backward()")

    def _read(self, what: str = "reading it") -> Any:
        if (trace := current_mode().trace) is not None:
            trace.refuse_reading(self, what)
        return self._data

    def __getstate__(self) -> Any:
        raise GraphError("the result of a jitted function cannot be pickled or copied; copy v.data")


@dataclass(frozen=True)
class Result:
    """One leaf of what a jitted function returns.

    kind: "fixed" (the same thing at each call) · "array" (plain data, as from arrays alone) · "constant" (a Value
    without a gradient) · "leaf" (a variable made inside) · "derived" (a Value with a history)
    has_gradient: the backward pass inside reached it, so it shows its .grad
    """

    kind: str
    fixed: Any = None
    has_gradient: bool = False

    @property
    def parts(self) -> int:
        """How many outputs of the program it takes."""
        return 0 if self.kind == "fixed" else 1 + self.has_gradient

    def made(self, data: Any = None, gradient: Any = None) -> Any:
        """The result as the undecorated function would return it."""
        if self.kind == "array":
            return data
        if self.kind == "fixed":
            return self.fixed
        value: Value = new(JittedValue if self.kind == "derived" else Value)
        fill(value, data)
        value._grad, value._carries = gradient, self.kind == "leaf"
        return value
