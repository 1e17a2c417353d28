"""What is remembered of each operation while `debug_nans` is on: the user's line, and what a constant was made from.

A node keeps its own history if a gradient flows through it. What carries none forgets its operands; if its result is
not finite, they are kept here. Nothing here keeps a Value alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import ref

from autodiff import forward, reverse
from autodiff.debugging.causes import is_clean
from autodiff.lines import Line, frames, line_of
from autodiff.recording import NO_KEYWORDS

WALKS = (reverse.walk.__code__, forward._walk.__code__)


class Origin(NamedTuple):
    """Where an operation stands: the user's line, and of which operation it is part of the derivative, if of any."""

    line: Line | None = None
    derivative_of: str = ""


class Step(NamedTuple):
    """An operation, with what it was given: `operands` are Values, Steps (of Values without a gradient), or None."""

    primitive: Any
    operands: Sequence[Any]
    inputs: Sequence[Any]
    keywords: Any
    data: Any
    serial: int
    origin: Origin

    @property
    def name(self) -> str:
        """What the operation is called."""
        return str(self.primitive.name)


_ORIGINS: dict[int, tuple[Any, Origin, Step | None]] = {}
"""By serial: a weak reference to the Value, which takes the entry away with it; its origin; what it was made from."""


def remember(node: Any) -> None:
    """An operation was computed; node is its result."""
    serial, origin, step = node._serial, _origin(), None
    if not node._carries:
        if not is_clean(node._data):
            step = _made(node, tuple(_without_value(operand) for operand in node._operands), origin)
        node._primitive, node._keywords = None, NO_KEYWORDS
        node._count, node._x, node._y, node._a, node._b = 0, None, None, None, None

    def forget(_: Any) -> None:
        _ORIGINS.pop(serial, None)

    _ORIGINS[serial] = ref(node, forget), origin, step


def step_of(value: Any) -> Step | None:
    """How a Value, or what stands for one, was computed; None for a leaf, and where it was not watched."""
    if isinstance(value, Step):
        return value
    _, origin, step = _ORIGINS.get(value._serial, (None, Origin(), None))
    return _made(value, value._operands, origin) if value._primitive is not None else step


def _made(node: Any, operands: Sequence[Any], origin: Origin) -> Step:
    return Step(node._primitive, operands, node._inputs, node._keywords, node._data, node._serial, origin)


def _without_value(operand: Any) -> Any:
    """What stands for an operand: a Value that carries a gradient itself, otherwise what it was made from."""
    return operand if operand is None or operand._carries else step_of(operand)


def _origin() -> Origin:
    """The line that is being executed; in a walk that records itself, that of the operation which it is at."""
    for frame in frames():
        if frame.f_code in WALKS:
            walked = step_of(frame.f_locals["node"])
            if walked is not None:
                return Origin(walked.origin.line, walked.name)
        line = line_of(frame)
    return Origin(line)
