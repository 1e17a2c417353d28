"""One context variable says how operations behave: recorded or not, traced or not, watched for NaN or not.

It is read once an operation, so two threads may build and differentiate their own graphs at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Mode:
    """How operations behave.

    recording: operations on variables are recorded, so that gradients can flow
    differentiating: a transform is running the user's function; `backward()` inside it would be a mistake
    trace: the compiler's record of everything that happens, or None · debug: what `debug_nans` knows, or None
    watch: the one of these two that every operation reports to: one look, whatever is on
    """

    recording: bool = True
    differentiating: bool = False
    trace: Any = None
    debug: Any = None
    watch: Any = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "watch", self.debug if self.trace is None else self.trace)


EAGER = Mode()
MODE: ContextVar[Mode] = ContextVar("autodiff.mode", default=EAGER)
current_mode = MODE.get  # bound once: the hottest call of the library


WATCHES: list[Any] = []
"""The traces and the watches of `debug_nans` under way, in any thread: they are told before a Value is read."""


def trace_for(value: Any, gradient: bool = False) -> Any:
    """The trace under way here, or None. A Value, or its gradient, is about to be read: whoever minds may raise."""
    trace = current_mode().trace
    if trace is None and WATCHES:
        for other in WATCHES:
            other.reads(value, gradient)
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
