"""Functions written for one program: straight lines of Python, in which everything they use has a name."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any


class Names:
    """Gives things names in a text."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[str, Any]] = {}

    def __call__(self, thing: Any) -> str:
        """The name of a thing: empty_7, value_12."""
        if id(thing) not in self.known:
            self.known[id(thing)] = f"{_word(thing)}_{len(self.known)}", thing
        return self.known[id(thing)][0]

    def copy(self) -> Names:
        """For another text, in which the same things have the same names."""
        names = Names()
        names.known.update(self.known)
        return names

    def function(self, name: str, lines: Sequence[str]) -> Callable[..., Any]:
        """The function `name` that these lines define."""
        scope = dict(self.known.values())
        exec("\n".join(lines), scope)
        return scope.pop(name)  # type: ignore[no-any-return]


def _word(thing: Any) -> str:
    """What a thing is, in a word."""
    thing = thing.func if isinstance(thing, partial) else thing
    is_named = isinstance(thing, (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType))
    word = (thing.__name__ if is_named else type(thing).__name__.lower()).strip("_")
    return word if word.isidentifier() else "x"


def indented(lines: Sequence[str]) -> list[str]:
    """The lines, one step further in."""
    return [f"    {line}" for line in lines]


def in_tuple(expressions: Sequence[str]) -> str:
    """A tuple of expressions."""
    return f"({''.join(f'{text}, ' for text in expressions)})"
