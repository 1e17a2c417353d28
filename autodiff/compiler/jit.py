"""`jit`: trace a function on its first call, replay the program on the next ones, trace again when a guard fails."""

from __future__ import annotations

import threading
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import update_wrapper
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autodiff.compiler.entries import STATIC, Call, Entry, short
from autodiff.compiler.matching import never
from autodiff.compiler.program import MISSED, StaleError
from autodiff.compiler.results import JittedValue
from autodiff.compiler.sameness import same
from autodiff.compiler.tracing import trace_once
from autodiff.containers import Structure, flatten, paths
from autodiff.errors import RetraceWarning, TracingError
from autodiff.modes import changed, current_mode
from autodiff.operands import plain_scalar, refuse_foreign
from autodiff.value import Value

if TYPE_CHECKING:
    from autodiff.compiler.listing import Listing

KEPT_PROGRAMS = 64
RETRACES_BEFORE_WARNING = 8
RECENT = 4  # programs that are tried first: for batches of several sizes
_BY_VALUE = (bool, int, str, bytes, type(None), np.bool_, np.integer)


Key = tuple[Structure, bool, tuple[Hashable, ...], tuple["_Static", ...]]


class CacheInfo(NamedTuple):
    """How often a jitted function was called and traced, and how many programs it keeps."""

    calls: int
    traces: int
    programs: int


def jit(function: Callable[..., Any], *, native: bool | None = None) -> Jitted:
    """The function as a program: traced on the first call, machine code on the next ones.

    function: of nested containers of arrays and floats (inputs), of ints, bools and strings (static: a new one traces
    again); it may read and write leaf Values, such as a model's parameters and an optimiser's state
    native: None for machine code where it can be had (extra `jit`), False for a replay through NumPy, which gives the
    same to rounding
    returns: a function with the same results and the same effects on leaves
    raises: TracingError for what would bake today's data into the program: `if v > 0`, float(v), v.item(), random
    numbers drawn outside nn.Dropout, a counter in a global; the message shows the line and what to write instead

    Globals, closures and attributes that the function reads are compared at each call, arrays among them element by
    element; a change traces again. Its Python runs only while it is traced: prints print once, and what it reads from
    files or the environment stays as it was. Inside, arrays and floats among the arguments are Values: they are
    no instances of np.ndarray, x += 1 makes a new one, and a float64 of shape () is a Python float. Programs do
    not warn of division by zero and the like: the infinities and NaN are in the results

    >>> w = Value(2.0)
    >>> step = jit(lambda x: x * w)
    >>> float(step(3.0)), float(step(4.0))
    (6.0, 8.0)
    """
    return Jitted(function, native)


class Jitted:
    """A traced function; see `jit`."""

    def __init__(self, function: Callable[..., Any], native: bool | None = None) -> None:
        if not callable(function):
            raise TracingError(f"jit takes a function, was given {type(function).__name__}")
        self.function, self.native = function, native
        self._entries: OrderedDict[Key, list[Entry]] = OrderedDict()
        self._recent: tuple[Entry, ...] = ()
        self._lock = threading.RLock()
        self._calls = self._traces = self._retraces = 0
        update_wrapper(self, function, updated=())

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<jitted {self.name}>"

    def __reduce__(self) -> str:
        """Copied as itself and pickled by its name, like any function."""
        return str(getattr(self, "__qualname__", self.name))

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run the program for these arguments, tracing first if there is none.

        Inside another trace, inside a function that is being differentiated, given Values, and while `debug_nans` looks
        for the operation to blame, it runs undecorated.
        """
        if not keywords:
            for entry in self._recent:
                result = entry.quick(args)
                if result is not MISSED:
                    self._calls += 1
                    return result
        return self._call(args, keywords)

    def _call(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        sorted_out = self._sorted_out(args, keywords)
        if sorted_out is None:
            return self.function(*args, **keywords)
        key, call = sorted_out
        with self._lock:
            self._calls += 1
            entry, reason = self._found(key)
            if entry is not None:
                self._entries.move_to_end(key)
                if entry.quick is never or entry in self._recent:
                    entry.look_closer(call, self._lock)
                self._recent = (entry, *(other for other in self._recent if other is not entry))[:RECENT]
                with suppress(StaleError):  # a leaf was given other data since we looked, in another thread
                    return entry.run(call.arrays)
            self._count_retrace(reason or self._new_static(key, call))
            return self._traced(key, call)[0]

    def lower(self, *args: Any, **keywords: Any) -> Listing:
        """The program for these arguments: print it, or `draw` it. Nothing is changed, even if it has to be traced.

        raises: TracingError for Values among the arguments, or inside another trace: then nothing is compiled

        >>> print(jit(lambda x: np.tanh(x) * 2).lower(np.ones(3)))  # doctest: +ELLIPSIS
        <lambda>: ...
        """
        from autodiff.compiler.listing import Listing

        with changed(debug=None):
            sorted_out = self._sorted_out(args, keywords)
        if sorted_out is None:
            raise TracingError(
                f"{self.name}.lower(...) takes arrays and numbers, outside of other functions that are traced or "
                "differentiated: given Values, a jitted function runs undecorated"
            )
        key, call = sorted_out
        with self._lock:
            entry = self._found(key)[0] or self._traced(key, call, undone=True)[1]
        return Listing(self.name, entry)

    def listing(self) -> Listing | None:
        """The program of the last call; None before the first."""
        from autodiff.compiler.listing import Listing

        with self._lock:
            entries = next(reversed(self._entries.values()), None)
            return None if not entries else Listing(self.name, entries[-1])

    def _sorted_out(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Key, Call] | None:
        """What the arguments are; None where the function is to run undecorated."""
        leaves, structure = flatten((args, keywords))
        mode = current_mode()
        if mode.watch is not None or mode.differentiating or any(isinstance(leaf, Value) for leaf in leaves):
            return None
        data = [_as_input(leaf) for leaf in leaves]
        forms = tuple(map(_form, data))
        statics = tuple(_Static(leaf) for leaf, given in zip(leaves, data) if given is STATIC)
        call = Call(leaves, data, structure, self._names, mode)
        return (structure, mode.recording, forms, statics), call

    def _found(self, key: Key) -> tuple[Entry | None, str]:
        """The program in the cache that fits; or None, and why the one that might have does not."""
        reason = ""
        for entry in self._entries.get(key, ()):
            reason = entry.stale()
            if not reason:
                return entry, ""
        return None, reason

    def _traced(self, key: Key, call: Call, undone: bool = False) -> tuple[Any, Entry]:
        self._traces += 1
        result, entry = trace_once(self.function, self.name, call, self.native, undone)
        self._entries.setdefault(key, []).append(entry)
        self._bound_programs()
        return result, entry

    def cache_info(self) -> CacheInfo:
        """How often it was called and traced, and how many programs are kept."""
        return CacheInfo(self._calls, self._traces, sum(map(len, self._entries.values())))

    def clear_cache(self) -> None:
        """Forget every program."""
        with self._lock:
            self._entries.clear()
            self._recent = ()

    @property
    def name(self) -> str:
        """What the function is called."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _names(self, structure: Structure) -> list[str]:
        """Where each leaf of the arguments sits: "argument x['w']"."""
        try:
            parameters = [*signature(self.function).parameters]
        except (TypeError, ValueError):
            parameters = []
        positional, named = structure.children
        places = [parameters[i] if i < len(parameters) else f"{i}" for i in range(len(positional.children))]
        children = zip([*places, *named.keys], [*positional.children, *named.children])
        return [path for place, child in children for path in paths(child, f"argument {place}")]

    def _new_static(self, key: Key, call: Call) -> str:
        """What differs from the last program for the same arrays, if it is an argument that is no array."""
        for known in reversed(self._entries):
            if known[:3] == key[:3]:
                names = [name for name, given in zip(call.names, call.data) if given is STATIC]
                for name, before, now in zip(names, known[3], key[3]):
                    if before != now:
                        return f"{name} changed from {short(before.thing)} to {short(now.thing)}"
        return ""

    def _count_retrace(self, reason: str) -> None:
        if not reason:
            return
        self._retraces += 1
        if self._retraces > RETRACES_BEFORE_WARNING:
            warnings.warn(
                f"{self.name} has been traced again {self._retraces} times because something it takes for granted "
                f"keeps changing: {reason}. Hold what changes in a Value, or pass it as an array or a float",
                RetraceWarning,
                stacklevel=4,
            )

    def _bound_programs(self) -> None:
        """Forget the programs that were not used for longest."""
        while sum(map(len, self._entries.values())) > KEPT_PROGRAMS:
            oldest = next(iter(self._entries))
            self._entries[oldest].pop(0)
            if not self._entries[oldest]:
                del self._entries[oldest]


def _as_input(leaf: Any) -> Any:
    """An argument's data if it is an input (arrays, floats, complex numbers), or the mark of a static argument."""
    kind = type(leaf)
    if kind is float or (kind is np.ndarray and leaf.dtype.kind in "fcbiu"):
        return plain_scalar(leaf)
    if kind is np.ndarray:
        return STATIC  # texts, dates, objects: nothing that is computed with
    if isinstance(leaf, _BY_VALUE):
        return STATIC
    if isinstance(leaf, (float, complex, np.generic, np.ndarray)):
        refuse_foreign(leaf, "a jitted function")
        return plain_scalar(leaf)
    refuse_foreign(leaf, "a jitted function")
    return leaf if hasattr(kind, "__array_function__") and hasattr(kind, "__array_ufunc__") else STATIC


def _form(data: Any) -> Hashable:
    """What a program depends on of an input: its type, shape and dtype."""
    kind: type = type(data)
    if data is STATIC or kind is float:
        return kind
    return kind, np.shape(data), getattr(data, "dtype", None)


class _Static:
    """An argument that is no array of numbers, as a part of a key: numbers and texts by value, others by identity."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Static) and same(self.thing, other.thing)

    def __hash__(self) -> int:
        if isinstance(self.thing, types.MethodType):
            return hash((id(self.thing.__func__), id(self.thing.__self__)))
        return hash(self.thing) if isinstance(self.thing, _BY_VALUE) else id(self.thing)


__all__ = ["CacheInfo", "Jitted", "JittedValue", "jit"]
