"""A program in the cache of a jitted function: what it took for granted, and what carries it out."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autodiff.compiler.guards import Guard
from autodiff.compiler.matching import Matches, matcher, never
from autodiff.compiler.program import Program
from autodiff.compiler.results import Result
from autodiff.compiler.runners import Runner
from autodiff.containers import Structure, restore
from autodiff.value import Value

LOOKS = 4  # where equal things are made anew at each call, looking by identity is of no use

STATIC: Any = type("Static", (), {})()
"""Stands in the place of an argument that is no array: it is part of the program."""


@dataclass
class Call:
    """The arguments of one call. data: of each leaf, or STATIC · names: of each leaf, for messages"""

    leaves: Sequence[Any]
    data: Sequence[Any]
    structure: Structure
    names: Sequence[str]

    @property
    def arrays(self) -> list[Any]:
        """What fills the program's registers."""
        return [data for data in self.data if data is not STATIC]


class Leaf:
    """What a program takes for granted of a captured leaf: shape, dtype; if it was read, whether it has a gradient."""

    def __init__(self, leaf: Value, data: Any, grad: Any, grad_read: bool) -> None:
        self.leaf, self.grad_read = leaf, grad_read
        self.state = self._state(data, grad)

    def _state(self, data: Any, grad: Any) -> tuple[Any, ...]:
        return np.shape(data), getattr(data, "dtype", float), self.grad_read and grad is not None

    def numbers(self) -> list[tuple[str, Any]]:
        """(attribute, what it holds) of what is no array, whose form nobody else looks at."""
        read = [("_data", self.leaf._data)] + ([("_grad", self.leaf._grad)] if self.grad_read else [])
        return [(attribute, held) for attribute, held in read if type(held) is not np.ndarray]

    def changed(self) -> str:
        """What is different now, in words."""
        now = self._state(self.leaf._data, self.leaf._grad)
        if now == self.state:
            return ""
        name = f" {self.leaf._label!r}" if self.leaf._label else ""
        if now[:2] == self.state[:2]:
            return f"a captured Value{name} has {'a' if now[2] else 'no'} gradient now"
        return f"a captured Value{name} changed from {_form(self.state)} to {_form(now)}"


def _form(state: tuple[Any, ...]) -> str:
    return f"shape {state[0]} and dtype {np.dtype(state[1])}"


@dataclass
class Entry:
    """One traced program, what it took for granted, and how its results are handed out.

    recorded: as it was traced · runner: what carries it out · arguments: the names of those that are its inputs
    matches: a quick look whether it fits a call
    """

    recorded: Program
    runner: Runner
    guards: Sequence[Guard]
    leaves: Sequence[Leaf]
    results: Sequence[Result]
    structure: Structure
    statics: Sequence[bool]
    arguments: Sequence[str]
    matches: Matches = never
    looks: int = 0

    def stale(self) -> str:
        """What no longer holds, in words; empty if the program may run."""
        for guard in self.guards:
            if not guard.holds():
                for place, before, now in guard.changes():
                    return f"{place} changed from {short(before)} to {short(now)}"
        return next(filter(None, (leaf.changed() for leaf in self.leaves)), "")

    def look_closer(self, call: Call) -> None:
        """It fitted a call, and `matches` did not see it: from now on that compares with what stands there now."""
        for guard in self.guards:
            guard.refresh()
        self.matches, self.looks = never, self.looks + 1
        if is_flat(call) and self.looks <= LOOKS:
            numbers = [(leaf.leaf, *state) for leaf in self.leaves for state in leaf.numbers()]
            self.matches = matcher(call.leaves, self.statics, self.guards, numbers)

    @cached_property
    def returns_one(self) -> bool:
        """Whether the result is no container."""
        return self.structure.kind is None

    @cached_property
    def takes_all(self) -> bool:
        """Whether no argument is static."""
        return True not in self.statics

    def arrays(self, arguments: Sequence[Any]) -> list[Any]:
        """The arguments that are no part of the program."""
        return [a for a, static in zip(arguments, self.statics) if not static]

    def run(self, arguments: Sequence[Any]) -> Any:
        """The function's result for these arguments; leaves are written back."""
        return self.filled(self.runner.call(arguments))

    def filled(self, outputs: Sequence[Any]) -> Any:
        """The result as the undecorated function would return it, from the outputs of the program."""
        if self.returns_one:
            return self.results[0].made(*outputs)
        rest = iter(outputs)
        made = [result.made(*(next(rest) for _ in range(result.parts))) for result in self.results]
        return restore(self.structure, made)


def is_flat(call: Call) -> bool:
    """Whether arguments are given by position, none a container, and need no conversion."""
    positional, named = call.structure.children
    if named.children or any(child.kind is not None for child in positional.children):
        return False
    return all(data is STATIC or data is leaf for data, leaf in zip(call.data, call.leaves))


def short(thing: Any) -> str:
    """A thing in few words."""
    if isinstance(thing, (types.FunctionType, type)):
        return f"{type(thing).__name__} {thing.__qualname__}"
    text = repr(thing)
    return text if len(text) <= 60 else text[:57] + "..."
