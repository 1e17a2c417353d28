"""One context variable says how operations behave: recorded or not, traced or not.

It is read once an operation, so two threads may build and differentiate their own graphs at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Mode:
    """How operations behave.

    recording: operations on variables are recorded, so that gradients can flow
    differentiating: a transform is running the user's function; `backward()` inside it would be a mistake
    trace: the compiler's record of everything that happens, or None
    """

    recording: bool = True
    differentiating: bool = False
    trace: Any = None


EAGER = Mode()
MODE: ContextVar[Mode] = ContextVar("autodiff.mode", default=EAGER)
current_mode = MODE.get  # bound once: the hottest call of the library


TRACES: list[Any] = []
"""The traces under way, in any thread."""


def trace_for(value: Any) -> Any:
    """The trace under way here, or None. What a trace in another thread or context made may not be read here."""
    trace = current_mode().trace
    if trace is None and TRACES:
        for other in TRACES:
            other.refuse_elsewhere(value)
    return trace


@contextmanager
def changed(**fields: Any) -> Iterator[Mode]:
    """Run a block under the current mode with some fields replaced."""
    token = MODE.set(replace(current_mode(), **fields))
    try:
        yield current_mode()
    finally:
        MODE.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Run a block without recording: its results are Values that carry no gradient.

    >>> from autodiff import Value
    >>> v = Value(3.0)
    >>> with no_grad():
    ...     w = v * 2
    >>> float(w)
    6.0
    """
    with changed(recording=False):
        yield
