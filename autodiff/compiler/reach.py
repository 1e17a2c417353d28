"""What a function can reach: every place its code may read from, as guards.

The search starts at the function and follows what its code names: globals, closures, defaults, attributes, items. Of an
object only those attributes count whose names occur in code that was reached, so that a list of losses kept beside a
model does not matter to a step that never mentions it. Modules, optimisers and the objects of other libraries count as
a whole, for it is their own code that reads them; that code is not searched.
"""

from __future__ import annotations

import array
import functools
import inspect
import sys
import types
from collections import ChainMap, UserDict, UserList, deque
from collections.abc import Callable, Container, Iterable, Mapping
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np

from autodiff.compiler import guards, moving
from autodiff.compiler.guards import content
from autodiff.compiler.libraries import OURS, is_library, package
from autodiff.compiler.mentions import Chain, mentions
from autodiff.compiler.parts import parts_of, slots_of
from autodiff.compiler.sameness import ATOMS, GONE
from autodiff.value import Value

_MAKING = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__"})
_TELLING = frozenset({"__repr__", "__str__", "__doc__", "__module__", "__annotations__", "__dict__", "__weakref__"})
_MAPPINGS = (dict, types.MappingProxyType, UserDict, ChainMap, WeakKeyDictionary, WeakValueDictionary)
_CHANGEABLE = (list, deque, UserList, set)
_BAGS = frozenset({"types", "argparse", "_thread"})  # of attributes that only your own code reads
_SILENT = frozenset({"logging", "threading", "weakref", "_weakref"})  # what these remember changes no result
_HARMLESS = frozenset({"builtins", "abc", "typing", "enum", "collections"})  # bases that read no attribute of yours


class Reach:
    """What can be reached from a function and from those of its arguments that are no arrays.

    guards: one for each place · seen: every object, by identity · arrays: those compared by their elements
    moving: path → generators of random numbers and iterators, which using them moves
    fresh: what the code calls that never gives the same: clocks, generators without a seed
    imports: the code imports a module that is not there yet: when it has run, more can be reached
    """

    def __init__(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self.guards: list[guards.Guard] = []
        self.seen: dict[int, Any] = {}
        self.arrays: set[int] = set()
        self.moving: dict[str, Any] = {}
        self.fresh: list[str] = []
        self.imports = False
        self._home = package(getattr(inspect.unwrap(function), "__module__", None))
        self._names = {"__wrapped__"}
        self._anything = False
        self._classes: set[type] = set()
        self._spaces: list[_Space] = []
        self._waiting = deque([(function, ""), *((thing, path) for path, thing in arguments.items())])
        while self._waiting:
            while self._waiting:
                self._look(*self._waiting.popleft())
            for space in self._spaces:  # what was passed over counts as soon as its name is known
                self._waiting += space.found()
        self.guards += (space.guard() for space in self._spaces)

    def covers(self, given: Any) -> bool:
        """Whether the elements of an array, or of the one it is a view of, are compared at each call."""
        return id(given) in self.arrays or (given.base is not None and id(given.base) in self.arrays)

    def positions(self) -> dict[str, Any]:
        """Where every generator and iterator stands."""
        found = {f"the state of {path}": moving.position(thing) for path, thing in self.moving.items()}
        return found | moving.global_positions()

    def counts(self, key: Any, extent: str) -> bool:
        """Whether what stands under a key of some mapping may be read, by extent: all, globals, class or object."""
        if extent == "globals":
            return not key.startswith("__")
        if extent == "all" or key in self._names:
            return True
        if key in _TELLING or key in _MAKING:
            return False
        return self._anything or (extent == "class" and key.startswith("__"))

    def _look(self, thing: Any, path: str) -> None:
        if isinstance(thing, (*ATOMS, Value)) or thing is GONE or id(thing) in self.seen:
            return
        self.seen[id(thing)] = thing
        if isinstance(thing, (np.ndarray, bytearray, array.array)):
            self.guards.append(guards.Elements(thing, path))
            self.arrays.add(id(thing))
        elif isinstance(thing, types.ModuleType):
            if not self._is_library(thing.__name__):
                self._spaces.append(_Space(self, vars(thing), path, "object"))
        elif isinstance(thing, types.FunctionType):
            self._function(thing, path)
        elif isinstance(thing, type):
            self._names |= _MAKING  # it may be called
            self._class(thing)
        elif isinstance(thing, ContextVar):
            self.guards.append(guards.Context(thing, path))
            self._follow([thing.get(GONE)], path)
        elif moving.moves(thing):
            self.moving[path] = thing
            self._follow(moving.inside(thing), path)
        elif (parts := parts_of(thing)) is not None:
            self._follow(parts, path or ("self" if isinstance(thing, types.MethodType) else ""))
        else:
            self._container(thing, path)
            self._object(thing, path)

    def _follow(self, things: Iterable[Any], path: str) -> None:
        self._waiting += ((thing, path) for thing in things)

    # --- functions --------------------------------------------------------------------------------------------------

    def _function(self, function: types.FunctionType, path: str) -> None:
        cells, name = function.__closure__ or (), function.__name__
        if self._is_library(function.__globals__.get("__name__")):  # a transform holds the user's function in a cell
            self._follow(map(content, cells), path or name)
            return
        named = mentions(function.__code__)
        self._names |= named.names
        self._anything |= named.anything
        self.guards += [guards.Attributes(function, ("__code__", "__defaults__", "__kwdefaults__"), name)]
        self.guards += [guards.Cells(function)] if cells else []
        self._globals(function.__globals__, named.chains, named.called)
        self._waiting += ((content(c), f"closure {n}") for n, c in zip(function.__code__.co_freevars, cells))
        self._waiting += ((x, f"{name}.__defaults__[{i}]") for i, x in enumerate(function.__defaults__ or ()))
        self._waiting.append((function.__kwdefaults__, f"{name}.__kwdefaults__"))
        if named.everything:
            self._spaces.append(_Space(self, function.__globals__, "global ", "globals", "{}"))
        self._waiting += ((sys.modules[text], text) for text in named.texts if text in sys.modules)
        for module in named.modules:
            found = [
                name for name in (module, f"{function.__globals__.get('__package__')}.{module}") if name in sys.modules
            ]
            self._waiting += ((sys.modules[name], name) for name in found)
            self.imports = self.imports or not found

    def _globals(self, own: dict[str, Any], chains: Iterable[Chain], called: Container[Chain]) -> None:
        """Guard what chains of names read: in the function's module, and in modules that are named there.

        Of libraries only numbers, texts and arrays count: scale = constants.c
        """
        places: dict[str, tuple[dict[str, Any], dict[str, None]]] = {}
        for chain in chains:
            namespace, path, library = own, "global ", False
            for i, name in enumerate(chain):
                value = namespace.get(name, GONE)
                is_module = isinstance(value, types.ModuleType)
                if not library or isinstance(value, (*ATOMS, np.ndarray)):
                    places.setdefault(path, (namespace, {}))[1][name] = None
                    if not is_module or i == len(chain) - 1:
                        self._waiting.append((value, f"{path}{name}"))
                if chain in called and moving.is_never_twice_the_same(chain, value):
                    self.fresh.append(".".join(chain))
                if not is_module:
                    break
                namespace, path, library = vars(value), f"{path}{name}.", self._is_library(value.__name__)
        self.guards += (guards.Globals(space, tuple(names), path) for path, (space, names) in places.items())

    def _is_library(self, module: str | None) -> bool:
        """Whether code is taken as it is. The package that the function itself stands in is always searched."""
        return is_library(module) and (package(module) != self._home or self._home in OURS)

    # --- containers, classes, objects -------------------------------------------------------------------------------

    def _container(self, thing: Any, path: str) -> None:
        if isinstance(thing, _MAPPINGS):
            self._spaces.append(_Space(self, thing, path, "all", "[{!r}]"))
            self._follow(thing, f"a key of {path}")
        elif isinstance(thing, _CHANGEABLE):
            self.guards.append(guards.Items(thing, path))
        if isinstance(thing, (*_CHANGEABLE, tuple, frozenset)):
            self._waiting += ((child, f"{path}[{i}]") for i, child in enumerate(thing))

    def _class(self, kind: type) -> None:
        for base in kind.__mro__:
            if base not in self._classes and not self._is_library(base.__module__):
                self._classes.add(base)
                self._spaces.append(_Space(self, vars(base), f"class {base.__name__}", "class"))
                self._names.update(vars(base).get("__match_args__", ()))

    def _object(self, thing: Any, path: str) -> None:
        kind = type(thing)
        libraries = [base for base in kind.__mro__ if self._is_library(base.__module__)]
        extent = "object"
        if kind in libraries:
            extent = "all" if package(kind.__module__) not in _BAGS else "object"
        else:
            self._class(kind)
            for base in libraries:  # whose code reads attributes that yours does not name, but only methods it knows
                if package(base.__module__) not in _HARMLESS:
                    extent = "all"
                    self._names |= vars(base).keys() - _MAKING - _TELLING
        if package(kind.__module__) in _SILENT:
            return
        if isinstance(attributes := getattr(thing, "__dict__", None), dict):
            otherwise = functools.partial(inspect.getattr_static, kind)
            self._spaces.append(_Space(self, attributes, path, extent, otherwise=lambda key: otherwise(key, GONE)))
        if slots := slots_of(kind):
            self.guards.append(guards.Attributes(thing, slots, path))
            self._waiting += ((getattr(thing, name, GONE), f"{path}.{name}") for name in slots)


class _Space:
    """A mapping of which some keys count; which ones is known when the search is over."""

    def __init__(
        self,
        reach: Reach,
        mapping: Mapping[Any, Any],
        path: str,
        extent: str,
        form: str = ".{}",
        otherwise: Callable[[Any], Any] = lambda key: GONE,
    ) -> None:
        self.mapping, self.path, self.form, self.otherwise = mapping, path, form, otherwise
        self.counts = functools.partial(reach.counts, extent=extent)
        self.followed: set[int] = set()

    def found(self) -> list[tuple[Any, str]]:
        """What stands under keys that count and was not followed yet, with its path."""
        fresh = [key for key in self.mapping if id(key) not in self.followed and self.counts(key)]
        self.followed |= set(map(id, fresh))
        return [(self.mapping[key], self.path + self.form.format(key)) for key in fresh]

    def guard(self) -> guards.Namespace:
        """The guard of everything that counts."""
        return guards.Namespace(self.mapping, self.counts, self.path, self.form, self.otherwise)
