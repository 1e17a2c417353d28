"""What a trace must not share with the world outside: arrays that may change later, Values that stand for no number.

Both are found by looking who still holds them when the trace itself is forgotten. CPython counts references.
"""

from __future__ import annotations

import gc
import sys
import types
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np


def escaped(nodes: Iterable[weakref.ref[Any]]) -> tuple[Any, str] | None:
    """A Value made while tracing that something outside still holds, and what holds it."""
    alive = _persistent(lambda: [node for node in (ref() for ref in nodes) if node is not None])
    return (alive[-1], _holder(alive[-1], alive)) if alive else None  # the last one: others it may hold itself


def held_elsewhere(constants: Mapping[int, Any], known: Callable[[Any], bool]) -> list[Any]:
    """Those constant arrays that are not known, and that something besides the program refers to."""
    return _persistent(lambda: [array for array in _referred_to(constants) if not known(array)])


def _persistent(find: Callable[[], list[Any]]) -> list[Any]:
    """What is found even after a garbage collection: references may linger in cycles."""
    found = find()
    if not found:
        return found
    del found
    gc.collect()
    return find()


def _referred_to(constants: Mapping[int, Any]) -> list[Any]:
    """The arrays to which, or to whose base, there are more references than the program's own."""
    views = Counter(id(array.base) for array in constants.values() if isinstance(array, np.ndarray))
    ours = {id(array) for array in constants.values()}
    found = []
    for register in constants:
        if not isinstance(constants[register], np.ndarray):
            continue
        others = sys.getrefcount(constants[register]) - 2 - views[id(constants[register])]
        if constants[register].base is not None:
            key = id(constants[register].base)
            others += sys.getrefcount(constants[register].base) - 1 - views[key] - (key in ours)
        if others > 0:
            found.append(constants[register])
    return found


def _holder(value: Any, ours: list[Any]) -> str:
    """Who holds a Value, in words."""
    for holder in gc.get_referrers(value):
        if holder is ours or isinstance(holder, types.FrameType):
            continue
        if isinstance(holder, dict):
            key = _key_of(holder, value)
            for owner in gc.get_referrers(holder):
                if getattr(owner, "__dict__", None) is holder:
                    return f"attribute {key!r} of a {type(owner).__name__}"
            return f"a dict, under {key!r}"
        attributes = vars(holder) if hasattr(holder, "__dict__") else {}
        if (name := _key_of(attributes, value)) is not None:
            return f"attribute {name!r} of a {type(holder).__name__}"
        return f"a {type(holder).__name__}"
    return "something"


def _key_of(mapping: Mapping[Any, Any], value: Any) -> Any:
    for key, thing in mapping.items():
        if thing is value:
            return key
    return None
