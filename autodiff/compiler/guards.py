"""What a traced function took for granted: every number, array, function and Value reachable through what its code names.

A snapshot maps paths ("global learning_rate", "closure model.layers[0].training") to tokens. Compared at each call, a
difference means that the trace no longer holds; compared before and after tracing, that the function changed something
that a replay would not change.
"""

from __future__ import annotations

import dis
import functools
import random
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autodiff.value import Value

_LIBRARIES = frozenset(sys.stdlib_module_names - {"__main__"}) | {
    "numpy",
    "scipy",
    "autodiff",
    "nn",
    "dask",
    "cupy",
    "tqdm",
    "matplotlib",
    "pytest",
    "_pytest",
    "hypothesis",
}
_ATOMS = (type(None), bool, int, float, complex, str, bytes, np.generic, range, slice, type(Ellipsis), np.dtype)
_SKIPPED_ATTRIBUTES = frozenset(
    {
        "__dict__",
        "__weakref__",
        "__doc__",
        "__module__",
        "__annotations__",
        "__qualname__",
        "__firstlineno__",
        "__static_attributes__",
    }
)


@dataclass
class Snapshot:
    """Tokens by path. `states` are random states, which may move between calls but not while tracing."""

    tokens: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    arrays: set[int] = field(default_factory=set)  # the arrays it covers, by identity

    def changes(self, other: Snapshot) -> Iterator[tuple[str, Any, Any]]:
        """(path, before, after) of what differs."""
        for path in self.tokens.keys() | other.tokens.keys():
            a, b = self.tokens.get(path, _GONE), other.tokens.get(path, _GONE)
            if not _same(a, b):
                yield path, a, b

    def covers(self, array: Any) -> bool:
        """Whether an array, or the one it is a view of, is compared at each call."""
        return id(array) in self.arrays or (array.base is not None and id(array.base) in self.arrays)

    def moved(self, other: Snapshot) -> Iterator[str]:
        """The random states that differ."""
        for path in self.states.keys() & other.states.keys():
            if not _same_state(self.states[path], other.states[path]):
                yield path


class _Gone:
    def __repr__(self) -> str:
        return "nothing"


_GONE = _Gone()


@dataclass(frozen=True, eq=False)
class _Is:
    """A token for something that is compared by identity (and kept alive, so that identities are not reused)."""

    thing: Any

    def __repr__(self) -> str:
        return f"{type(self.thing).__name__} {getattr(self.thing, '__name__', hex(id(self.thing)))}"


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, _Is):
        return a.thing is b.thing
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    return bool(a == b) or (isinstance(a, (float, complex, np.inexact)) and a != a and b != b)


def _same_state(a: Any, b: Any) -> bool:
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and a.keys() == b.keys() and all(_same_state(a[key], b[key]) for key in a)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(_same_state, a, b))
    return bool(np.array_equal(a, b))


def take_snapshot(function: Callable[..., Any], statics: Mapping[str, Any]) -> Snapshot:
    """Everything reachable from the function's code and from the arguments that are no arrays."""
    walk = _Walk()
    walk.visit(function, "")
    for name, thing in statics.items():
        walk.visit(thing, name)
    walk.found.states["the state of np.random"] = np.random.get_state(legacy=False)
    walk.found.states["the state of random"] = random.getstate()
    return walk.found


class _Walk:
    """One pass over what is reachable, each object once."""

    def __init__(self) -> None:
        self.found = Snapshot()
        self.seen: dict[int, Any] = {}

    def visit(self, thing: Any, path: str) -> None:
        if isinstance(thing, _ATOMS):
            self.found.tokens[path] = thing
            return
        if id(thing) in self.seen:
            self.found.tokens[path] = _Is(thing)
            return
        self.seen[id(thing)] = thing
        if isinstance(thing, np.ndarray):
            self.found.tokens[path] = thing.copy()
            self.found.arrays.add(id(thing))
        elif isinstance(thing, (Value, types.ModuleType, types.BuiltinFunctionType)):
            self.found.tokens[path] = _Is(thing)
        elif isinstance(thing, (np.random.Generator, np.random.RandomState)):
            self.found.tokens[path] = _Is(thing)
            self.found.states[f"the state of {path}"] = (
                thing.bit_generator.state if isinstance(thing, np.random.Generator) else thing.get_state(legacy=False)
            )
        elif isinstance(thing, random.Random):
            self.found.states[f"the state of {path}"] = thing.getstate()
        elif isinstance(thing, (list, tuple, set, frozenset, dict)):
            self._container(thing, path)
        elif isinstance(thing, types.FunctionType):
            self._function(thing, path)
        elif isinstance(thing, types.MethodType):
            self.visit(thing.__func__, path)
            self.visit(thing.__self__, f"{path} self".strip())
        elif isinstance(thing, functools.partial):
            self.visit((thing.func, thing.args, thing.keywords), path)
        elif isinstance(thing, (staticmethod, classmethod, property)):
            for inner in (getattr(thing, name, None) for name in ("__func__", "fget", "fset")):
                self.visit(inner, path)
        elif isinstance(thing, type):
            self._class(thing, path)
        else:
            self._object(thing, path)

    def _container(self, thing: Any, path: str) -> None:
        self.found.tokens[path] = (type(thing).__name__, len(thing))
        if isinstance(thing, dict):
            for key, child in list(thing.items()):
                self.visit(child, f"{path}[{key!r}]" if isinstance(key, _ATOMS) else f"{path}[{type(key).__name__}]")
        elif isinstance(thing, (set, frozenset)):
            self.found.tokens[path] = frozenset(x if isinstance(x, _ATOMS) else id(x) for x in thing)
        else:
            for i, child in enumerate(thing):
                self.visit(child, f"{path}[{i}]")

    def _function(self, function: types.FunctionType, path: str) -> None:
        self.found.tokens[path] = _Is(function.__code__)
        if _is_library(function.__module__) and path:
            # a transform or a decorator holds the user's function in its closure
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
                content = _content(cell)
                if callable(content) and not isinstance(content, type):
                    self.visit(content, f"{path} ({name})")
            return
        for name in global_names(function.__code__):
            value: Any = function.__globals__
            for i, attribute in enumerate(name):
                if i == 0:
                    if attribute not in function.__globals__:
                        break  # a builtin
                    value = function.__globals__[attribute]
                elif isinstance(value, types.ModuleType) and not _is_library(value.__name__):
                    value = getattr(value, attribute, _GONE)
                else:
                    break
                if not isinstance(value, types.ModuleType):
                    self.visit(value, f"global {'.'.join(name[: i + 1])}")
                    break
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            self.visit(_content(cell), f"closure {name}")
        for i, default in enumerate(function.__defaults__ or ()):
            self.visit(default, f"{function.__name__}'s default {i}")
        for name, default in (function.__kwdefaults__ or {}).items():
            self.visit(default, f"{function.__name__}'s default {name}")

    def _class(self, thing: type, path: str) -> None:
        self.found.tokens[path] = _Is(thing)
        if not _is_library(thing.__module__):
            for base in thing.__mro__:
                if not _is_library(base.__module__):
                    for name, child in list(vars(base).items()):
                        if name not in _SKIPPED_ATTRIBUTES and not isinstance(child, types.MemberDescriptorType):
                            self.visit(child, f"{path}.{name}")

    def _object(self, thing: Any, path: str) -> None:
        self.found.tokens[path] = _Is(thing)
        kind = type(thing)
        if _is_library(kind.__module__) and kind.__module__.partition(".")[0] not in ("autodiff", "nn"):
            return
        self.visit(kind, f"class {kind.__name__}")
        slots = (name for base in kind.__mro__ for name in _slots(base))
        attributes = {**{name: getattr(thing, name, _GONE) for name in slots}, **getattr(thing, "__dict__", {})}
        for name, child in attributes.items():
            if name not in _SKIPPED_ATTRIBUTES:
                self.visit(child, f"{path}.{name}")


def _slots(base: type) -> tuple[str, ...]:
    slots = vars(base).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return _GONE


def _is_library(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in _LIBRARIES


@functools.lru_cache(maxsize=4096)
def global_names(code: types.CodeType) -> tuple[tuple[str, ...], ...]:
    """The globals that code names, inner functions included, each with the attributes read off it: ("config", "rate")."""
    names: dict[tuple[str, ...], None] = {}
    chain: list[str] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            if chain:
                names[tuple(chain)] = None
            chain = [str(instruction.argval)]
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and chain:
            chain.append(str(instruction.argval))
        elif instruction.opname not in ("PUSH_NULL", "CACHE"):
            if chain:
                names[tuple(chain)] = None
            chain = []
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            names |= dict.fromkeys(global_names(inner))
    return tuple(names)
