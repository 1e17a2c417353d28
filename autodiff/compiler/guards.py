"""Guards: what a program takes for granted, each a place that can be read again and compared.

A guard remembers the very things that stood somewhere: under names in a module, an object or a class, in a list, in a
closure. At a call it looks whether they still stand there.
"""

from __future__ import annotations

import operator
import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from autodiff.compiler.sameness import GONE, same, same_bits

Change = tuple[str, Any, Any]
Names = Callable[[Any], str]


class Guard:
    """Things that stood at several places. Subclasses say how to read them again.

    path: where that is, for messages
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.things = self.now()

    def now(self) -> Sequence[Any]:
        """What stands there now."""
        raise NotImplementedError

    def name(self, i: int) -> str:
        """The i-th place, in words."""
        return f"{self.path}[{i}]"

    def holds(self) -> bool:
        """Whether everything is as it was."""
        now = self.now()
        if len(now) != len(self.things):
            return False
        return all(map(operator.is_, now, self.things)) or all(map(same, now, self.things))

    def code(self, name: Names) -> list[str] | None:
        """Conditions, as Python text, that are true only if everything is as it was: each compares by identity.

        name: gives a thing a name in that text · None where there is no such text, and `holds` has to be called
        """
        return None

    def refresh(self) -> None:
        """Take what stands there now, which is the same, as what is compared with."""
        self.things = self.now()

    def changes(self) -> Iterator[Change]:
        """(place, before, now) of what differs."""
        now = self.now()
        for i, (a, b) in enumerate(zip(self.things, now)):
            if not same(a, b):
                yield self.name(i), a, b
        for i in range(len(now), len(self.things)):
            yield self.name(i), self.things[i], GONE
        for i in range(len(self.things), len(now)):
            yield self.name(i), GONE, now[i]


class Globals(Guard):
    """What a module holds under names that code mentions; a builtin's name holds nothing there."""

    def __init__(self, namespace: Mapping[str, Any], names: Sequence[str], path: str) -> None:
        self.namespace, self.names = namespace, tuple(names)
        super().__init__(path)

    def now(self) -> Sequence[Any]:
        get = self.namespace.get
        return [get(name, GONE) for name in self.names]

    def name(self, i: int) -> str:
        return f"{self.path}{self.names[i]}"

    def code(self, name: Names) -> list[str]:
        space = name(self.namespace)
        return [
            f"{key!r} not in {space}" if thing is GONE else f"{space}[{key!r}] is {name(thing)}"
            for key, thing in zip(self.names, self.things)
        ]


class Namespace(Guard):
    """What an object, a class or a dict holds under the keys that count.

    counts: whether a key counts; one that was not there before may · form: how a key is written after the path
    otherwise: what is read in place of a key that is not there: an object's attribute may be its class's
    """

    def __init__(
        self,
        mapping: Mapping[Any, Any],
        counts: Callable[[Any], bool],
        path: str,
        form: str,
        otherwise: Callable[[Any], Any] = lambda key: GONE,
    ) -> None:
        self.mapping, self.counts, self.form, self.otherwise = mapping, counts, form, otherwise
        self.every = [*mapping]
        self.keys = [key for key in self.every if counts(key)]
        super().__init__(path)

    def now(self) -> Sequence[Any]:
        get = self.mapping.get
        return [self.otherwise(k) if (thing := get(k, GONE)) is GONE else thing for k in self.keys]

    def name(self, i: int) -> str:
        return self.path + self.form.format(self.keys[i])

    def holds(self) -> bool:
        now = [*self.mapping]
        if len(now) == len(self.every) and all(map(operator.is_, now, self.every)):
            return super().holds()
        if any(True for _ in self._added()) or self._reordered() or not super().holds():
            return False
        self.every = now  # keys came or went that do not matter, or stand for the same as without them
        self.keys += [key for key in now if self.counts(key) and not self._knows(key)]
        self.things = self.now()
        return True

    def code(self, name: Names) -> list[str] | None:
        if not isinstance(self.mapping, dict) or not all(isinstance(key, str) for key in self.every):
            return None
        here = name(self.mapping)
        known = [
            f"{here}[{key!r}] is {name(thing)}" for key, thing in zip(self.keys, self.things) if key in self.mapping
        ]
        gone = [key for key in self.keys if key not in self.mapping]
        return None if gone else [f"(*{here},) == {name(tuple(self.every))}", *known]

    def changes(self) -> Iterator[Change]:
        yield from super().changes()
        for key in self._added():
            yield self.path + self.form.format(key), self.otherwise(key), self.mapping[key]
        if self._reordered():
            yield f"the order of {self.path}", self.keys, [*self.mapping]

    def _added(self) -> Iterator[Any]:
        for key in self.mapping:
            if self.counts(key) and not self._knows(key) and not same(self.mapping[key], self.otherwise(key)):
                yield key

    def _reordered(self) -> bool:
        before = [key for key in self.keys if key in self.mapping]
        now = [key for key in self.mapping if self._knows(key)]
        return len(now) != len(before) or not all(map(same, now, before))

    def _knows(self, key: Any) -> bool:
        return any(same(key, known) for known in self.keys)


class Items(Guard):
    """The items of a list, a deque or a set. (An unchanged set iterates in the same order.)"""

    def __init__(self, items: Iterable[Any], path: str) -> None:
        self.items = items
        super().__init__(path)

    def now(self) -> Sequence[Any]:
        return [*self.items]

    def code(self, name: Names) -> list[str] | None:
        if not isinstance(self.items, list):
            return None
        here = name(self.items)
        return [f"len({here}) == {len(self.things)}", *(f"{here}[{i}] is {name(x)}" for i, x in enumerate(self.things))]


class Cells(Guard):
    """What a function's closure holds."""

    def __init__(self, function: types.FunctionType) -> None:
        self.function, self.cells = function, function.__closure__ or ()
        super().__init__("")

    def now(self) -> Sequence[Any]:
        return [content(cell) for cell in self.cells]

    def code(self, name: Names) -> list[str] | None:
        if any(thing is GONE for thing in self.things):
            return None
        return [f"{name(cell)}.cell_contents is {name(thing)}" for cell, thing in zip(self.cells, self.things)]

    def name(self, i: int) -> str:
        return f"closure {self.function.__code__.co_freevars[i]}"


class Context(Guard):
    """What a context variable is set to."""

    def __init__(self, variable: ContextVar[Any], path: str) -> None:
        self.variable = variable
        super().__init__(path)

    def now(self) -> Sequence[Any]:
        return [self.variable.get(GONE)]

    def name(self, i: int) -> str:
        return self.path


def content(cell: Any) -> Any:
    """What a closure cell holds."""
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return GONE


class Attributes(Guard):
    """What an object holds under attribute names: its slots, a function's defaults."""

    def __init__(self, thing: Any, names: Sequence[str], path: str) -> None:
        self.thing, self.names = thing, tuple(names)
        super().__init__(path)

    def now(self) -> Sequence[Any]:
        return [getattr(self.thing, name, GONE) for name in self.names]

    def code(self, name: Names) -> list[str] | None:
        if any(thing is GONE for thing in self.things) or not all(map(str.isidentifier, self.names)):
            return None
        here = name(self.thing)
        return [f"{here}.{attribute} is {name(thing)}" for attribute, thing in zip(self.names, self.things)]

    def name(self, i: int) -> str:
        return f"{self.path}.{self.names[i]}"


_LATEST: weakref.WeakValueDictionary[int, Elements] = weakref.WeakValueDictionary()


class Elements(Guard):
    """The elements of an array, or of a bytearray: a copy is kept, and compared bit for bit."""

    def __init__(self, array: Any, path: str) -> None:
        self.array = array
        super().__init__(path)
        known = _LATEST.get(id(array))  # programs share one copy: there may be many, and the array large
        if known is not None and known.array is array and known.holds():
            self.things = known.things
        else:
            self.things = [array.copy() if isinstance(array, np.ndarray) else bytes(array)]
            _LATEST[id(array)] = self

    def now(self) -> Sequence[Any]:
        return [self.array]

    def refresh(self) -> None:
        """The copy stays."""

    def name(self, i: int) -> str:
        return self.path

    def holds(self) -> bool:
        return same_bits(self.array, self.things[0])

    def changes(self) -> Iterator[Change]:
        if not self.holds():
            yield f"the elements of {self.path}", self.things[0], self.array
