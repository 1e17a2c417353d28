"""A program in the cache of a jitted function: what it took for granted, and what carries it out."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from autodiff.compiler.guards import Guard, Names
from autodiff.compiler.matching import Quick, never, quick
from autodiff.compiler.program import Program
from autodiff.compiler.results import Result
from autodiff.compiler.runners import Runner
from autodiff.containers import Structure, restore
from autodiff.modes import Mode
from autodiff.value import Value

LOOKS = 4  # where equal things are made anew at each call, looking by identity is of no use

STATIC: Any = type("Static", (), {})()
"""Stands in the place of an argument that is no array: it is part of the program."""


@dataclass
class Call:
    """The arguments of one call, and its mode. data: of each leaf, or STATIC · named: names each, for messages"""

    leaves: Sequence[Any]
    data: Sequence[Any]
    structure: Structure
    named: Callable[[Structure], Sequence[str]]
    mode: Mode

    @cached_property
    def names(self) -> Sequence[str]:
        """What each leaf is called. (It takes long, and most calls go well.)"""
        return self.named(self.structure)

    @property
    def arrays(self) -> list[Any]:
        """What fills the program's registers."""
        return [data for data in self.data if data is not STATIC]


class Leaf:
    """What a program takes for granted of a captured leaf: shape, dtype, and whether it is an array of NumPy or of
    another library; the last of its gradient too, if that was read.
    """

    def __init__(self, leaf: Value, data: Any, grad: Any, grad_read: bool) -> None:
        self.leaf, self.grad_read = leaf, grad_read
        self.state = self._state(data, grad)

    def _state(self, data: Any, grad: Any) -> tuple[Any, ...]:
        return np.shape(data), getattr(data, "dtype", float), type(data), type(grad if self.grad_read else None)

    def code(self, name: Names, arrays: bool) -> list[str]:
        """Conditions, as Python text, that are true only if nothing has changed; see `Guard.code`.

        arrays: also of NumPy's arrays and of floats, which native code looks at by itself
        """
        here, conditions = name(self.leaf), []
        for attribute in ("_data", "_grad")[: 1 + self.grad_read]:
            held = getattr(self.leaf, attribute)
            if held is None:
                conditions.append(f"{here}.{attribute} is None")
            elif (type(held) is float and arrays) or isinstance(held, np.generic):
                conditions.append(f"type({here}.{attribute}) is {name(type(held))}")
            elif arrays or type(held) not in (np.ndarray, float):
                conditions.append(f"not {name(self)}.changed()")
        return conditions

    def changed(self) -> str:
        """What is different now, in words."""
        now = self._state(self.leaf._data, self.leaf._grad)
        if now == self.state:
            return ""
        name = f" {self.leaf._label!r}" if self.leaf._label else ""
        if now[:3] != self.state[:3]:
            return f"a captured Value{name} changed from {_form(self.state)} to {_form(now)}"
        if type(None) in (now[3], self.state[3]):
            return f"a captured Value{name} has {'no' if now[3] is type(None) else 'a'} gradient now"
        return f"the gradient of a captured Value{name} is a {now[3].__name__} now"


def _form(state: tuple[Any, ...]) -> str:
    shape, dtype, kind, _ = state
    library = "" if issubclass(kind, (float, np.ndarray, np.generic)) else f" of {kind.__module__.partition('.')[0]}"
    return f"shape {shape} and dtype {np.dtype(dtype)}{library}"


@dataclass(eq=False)
class Entry:
    """One traced program, what it took for granted, and how its results are handed out.

    recorded: as it was traced · runner: what carries it out · arguments: the names of those that are its inputs
    quick: a quick way through it, if it fits a call
    """

    recorded: Program
    runner: Runner
    guards: Sequence[Guard]
    leaves: Sequence[Leaf]
    results: Sequence[Result]
    structure: Structure
    statics: Sequence[bool]
    arguments: Sequence[str]
    quick: Quick = never
    looks: int = 0

    def stale(self) -> str:
        """What no longer holds, in words; empty if the program may run."""
        for guard in self.guards:
            if not guard.holds():
                for place, before, now in guard.changes():
                    return f"{place} changed from {short(before)} to {short(now)}"
        return next(filter(None, (leaf.changed() for leaf in self.leaves)), "")

    def look_closer(self, call: Call, lock: Any) -> None:
        """It fitted a call, and `quick` did not see it: from now on that compares with what stands there now."""
        for guard in self.guards:
            guard.refresh()
        self.quick, self.looks = never, self.looks + 1
        if is_flat(call) and self.looks <= LOOKS:
            self.quick = quick(self, call, lock)

    def run(self, arguments: Sequence[Any]) -> Any:
        """The function's result for these arguments; leaves are written back."""
        return self.filler(self.runner.call(arguments))

    @property
    def filler(self) -> Callable[[Sequence[Any]], Any]:
        """What makes the result as the undecorated function would return it, from the outputs of the program."""
        return partial(_filled, self.results, self.structure)


def _filled(results: Sequence[Result], structure: Structure, outputs: Sequence[Any]) -> Any:
    rest = iter(outputs)
    made = [result.made(*(next(rest) for _ in range(result.parts))) for result in results]
    return made[0] if structure.kind is None else restore(structure, made)


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
