"""`jit`: trace a function on its first call, replay the program on the next ones, trace again when a guard fails."""

from __future__ import annotations

import gc
import sys
import threading
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.guards import Snapshot, _Is, take_snapshot
from autodiff.compiler.program import Program
from autodiff.compiler.trace import Trace
from autodiff.containers import Structure, flatten, paths, restore
from autodiff.errors import GraphError, RetraceWarning, TracingError
from autodiff.modes import changed, current_mode
from autodiff.operands import plain_scalar, refuse_foreign
from autodiff.value import Value, constant_value

KEPT_PROGRAMS = 64
RETRACES_BEFORE_WARNING = 8


class CacheInfo(NamedTuple):
    """How often a jitted function was called and traced, and how many programs it keeps."""

    calls: int
    traces: int
    programs: int


class JittedValue(Value):
    """A result that depends on captured leaves: it can be read and printed, but its history is inside the program."""

    __slots__ = ()

    def _as_operand(self, operation: str) -> Any:
        if current_mode().recording:
            raise GraphError(
                f"{operation} was given the result of a jitted function that depends on Values it captured; its history is "
                "inside the program, so no gradient could flow. Compute this inside the jitted function, use "
                "value_and_grad, or read the number: .item(), .data"
            )
        return self._data

    def backward(self, gradient: Any = None, retain_graph: bool = True) -> None:
        """Raises: the history is inside the program."""
        self._as_operand("backward()")

    def _read(self, what: str = "reading it") -> Any:
        return self._data


class _Leaf:
    """What a program takes for granted of a captured leaf: shape, dtype, and whether it has a gradient, if that was read."""

    def __init__(self, leaf: Value, data: Any, grad: Any, grad_read: bool) -> None:
        self.leaf, self.grad_read = leaf, grad_read
        self.state = self._state(data, grad)

    def _state(self, data: Any, grad: Any) -> tuple[Any, ...]:
        return np.shape(data), getattr(data, "dtype", float), self.grad_read and grad is not None

    def changed(self) -> str:
        """What is different now, in words."""
        now = self._state(self.leaf._data, self.leaf._grad)
        name = f" {self.leaf._label!r}" if self.leaf._label else ""
        return "" if now == self.state else f"a captured Value{name} changed from {self.state} to {now}"


@dataclass
class _Entry:
    """One traced program and what it took for granted."""

    program: Program
    snapshot: Snapshot
    leaves: list[_Leaf]
    restore: Callable[[list[Any]], Any]

    def stale(self, now: Snapshot) -> str:
        """What no longer holds, in words; empty if the program may run."""
        for path, before, after in self.snapshot.changes(now):
            return f"{path} changed from {_short(before)} to {_short(after)}"
        return next(filter(None, (leaf.changed() for leaf in self.leaves)), "")


def jit(function: Callable[..., Any]) -> Jitted:
    """The function as a program: traced on the first call, replayed on the next ones.

    function: of nested containers of arrays and floats (inputs), of ints, bools and strings (static: a new one traces
    again); it may read and write leaf Values, such as a model's parameters and an optimiser's state
    returns: a function with the same results and the same effects on leaves
    raises: TracingError for what would bake today's data into the program: `if v > 0`, float(v), v.item(), random numbers
    drawn outside nn.Dropout, a counter in a global; the message shows the line and what to write instead

    >>> w = Value(2.0)
    >>> step = jit(lambda x: x * w)
    >>> float(step(3.0)), float(step(4.0))
    (6.0, 8.0)
    """
    return Jitted(function)


class Jitted:
    """A traced function; see `jit`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TracingError(f"jit takes a function, was given {type(function).__name__}")
        self.function = function
        self._entries: OrderedDict[Hashable, list[_Entry]] = OrderedDict()
        self._lock = threading.RLock()
        self._calls = self._traces = self._retraces = 0
        update_wrapper(self, function)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else _Bound(self, instance)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run the program for these arguments, tracing first if there is none."""
        leaves, structure = flatten((args, keywords))
        mode = current_mode()
        if mode.trace is not None or any(isinstance(leaf, Value) for leaf in leaves):
            return self.function(*args, **keywords)
        with self._lock:
            self._calls += 1
            names = [f"argument {path}" for path in paths(structure)]
            inputs = [_as_input(leaf) for leaf in leaves]
            statics = {name: leaf for name, leaf, data in zip(names, leaves, inputs) if data is _STATIC}
            key = (structure, mode.recording, *(_signature(leaf, data) for leaf, data in zip(leaves, inputs)))
            arrays = [data for data in inputs if data is not _STATIC]
            snapshot = take_snapshot(self.function, statics)
            entries = self._entries.setdefault(key, [])
            self._entries.move_to_end(key)
            reason = ""
            for entry in entries:
                reason = entry.stale(snapshot)
                if not reason:
                    return entry.restore(entry.program.run(arrays))
            if reason:
                self._count_retrace(reason)
            result, entry = self._trace(leaves, inputs, structure, statics, snapshot)
            entries.append(entry)
            self._bound_programs()
            return result

    def cache_info(self) -> CacheInfo:
        """How often it was called and traced, and how many programs are kept."""
        return CacheInfo(self._calls, self._traces, sum(map(len, self._entries.values())))

    def clear_cache(self) -> None:
        """Forget every program."""
        self._entries.clear()

    def _count_retrace(self, reason: str) -> None:
        self._retraces += 1
        if self._retraces > RETRACES_BEFORE_WARNING:
            warnings.warn(
                f"{self._name} has been traced {self._retraces} times because something it takes for granted keeps changing: "
                f"{reason}. Hold what changes in a Value, or pass it as an argument",
                RetraceWarning,
                stacklevel=4,
            )

    def _bound_programs(self) -> None:
        while sum(map(len, self._entries.values())) > KEPT_PROGRAMS:
            oldest = next(iter(self._entries))
            self._entries[oldest].pop(0)
            if not self._entries[oldest]:
                del self._entries[oldest]

    @property
    def _name(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _trace(
        self,
        leaves: Sequence[Any],
        inputs: Sequence[Any],
        structure: Structure,
        statics: Mapping[str, Any],
        before: Snapshot,
    ) -> tuple[Any, _Entry]:
        """Run the function once, recording: its result, and the program with its guards."""
        self._traces += 1
        trace = Trace()
        try:
            with changed(trace=trace):
                arguments = [leaf if data is _STATIC else trace.argument(data) for leaf, data in zip(leaves, inputs)]
                args, keywords = restore(structure, arguments)
                result = self.function(*args, **keywords)
                outputs, output_structure = flatten(result)
                del result, args, keywords, arguments
                program = trace.program
                is_traced = [isinstance(output, Value) for output in outputs]
                program.outputs = [trace.register(output) for output in outputs if isinstance(output, Value)]
                as_value = [isinstance(output, Value) and output in trace.of_values for output in outputs]
                carries = [isinstance(output, Value) and output._carries for output in outputs]
            self._refuse_side_effects(trace, before, take_snapshot(self.function, statics))
            states = {leaf: _Leaf(leaf, *trace.before(leaf), leaf in trace.grads_read) for leaf in program.captured}
            results = [_detached(o._data) if isinstance(o, Value) else o for o in outputs]
            trace.settle()
            del outputs
            self._refuse_foreign_arrays(trace, program, before)
        except BaseException:
            trace.restore()
            raise

        def finish(data: list[Any]) -> Any:
            computed = iter(data)
            filled = [
                _handed_out(next(computed), value, carry) if traced else fixed
                for traced, fixed, value, carry in zip(is_traced, fixed_results, as_value, carries)
            ]
            return restore(output_structure, filled)

        fixed_results = [None if traced else fixed for traced, fixed in zip(is_traced, results)]
        first = [x for x, traced in zip(results, is_traced) if traced]
        program.prune()
        return finish(first), _Entry(program, before, list(states.values()), finish)

    def _refuse_side_effects(self, trace: Trace, before: Snapshot, after: Snapshot) -> None:
        for path, old, new in before.changes(after):
            if isinstance(new, _Is) and isinstance(new.thing, Value) and trace.made(new.thing):
                raise TracingError(
                    f"{self._name} stored a traced Value in {path}: after tracing it stands for no number. Return it instead"
                )
            raise TracingError(
                f"{self._name} changed {path} from {_short(old)} to {_short(new)} while tracing; a replay would not. Hold "
                "what changes in a Value (v.data = …), or change it outside the jitted function"
            )
        for path in before.moved(after):
            if not any(_owns(generator, path, after) for generator in trace.drawn_from):
                raise TracingError(
                    f"{self._name} moved {path}: its random numbers would be the same at each call. Draw them outside and pass "
                    "them as arguments, or use nn.Dropout, whose masks are drawn anew"
                )

    def _refuse_foreign_arrays(self, trace: Trace, program: Program, covered: Snapshot) -> None:
        """An array that existed before the trace, and that no guard covers, would be baked in."""
        trace.forget()
        for attempt in range(2):
            found = [raw for raw in _held_elsewhere(program.constants) if not covered.covers(raw)]
            if not found:
                return
            if attempt == 0:
                gc.collect()  # references may linger in cycles
        raise TracingError(
            f"{self._name} used an array of shape {found[0].shape} that is neither an argument nor reachable from a global or "
            "closure it names, so later changes to it would go unnoticed; pass it as an argument"
        )


class _Bound:
    """A jitted method bound to its object: the object is a static argument."""

    def __init__(self, jitted: Jitted, instance: Any) -> None:
        self._jitted, self._instance = jitted, instance
        self.cache_info = jitted.cache_info

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self._jitted(self._instance, *args, **keywords)


class _Static:
    pass


_STATIC: Any = _Static()


def _as_input(leaf: Any) -> Any:
    """An argument's data if it is an input (arrays, floats, complex numbers), or the mark of a static argument."""
    if isinstance(leaf, (bool, int, str, bytes, type(None), np.bool_, np.integer)):
        return _STATIC
    if isinstance(leaf, (float, complex, np.generic, np.ndarray)):
        refuse_foreign(leaf, "a jitted function")
        return plain_scalar(leaf)
    if hasattr(type(leaf), "__array_function__") and hasattr(type(leaf), "__array_ufunc__"):
        return leaf
    refuse_foreign(leaf, "a jitted function")
    return _STATIC


def _signature(leaf: Any, data: Any) -> Hashable:
    if data is not _STATIC:
        return (type(data), np.shape(data), getattr(data, "dtype", None))
    return (type(leaf), leaf) if isinstance(leaf, (bool, int, str, bytes, type(None), np.generic)) else _SameThing(leaf)


class _SameThing:
    """A key that compares by identity and keeps its object alive."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SameThing) and other.thing is self.thing

    def __hash__(self) -> int:
        return id(self.thing)


def _detached(data: Any) -> Any:
    return data.copy() if type(data) is np.ndarray else data


def _handed_out(data: Any, value: bool, carries: bool) -> Any:
    """A result as the undecorated function would return it: a plain array, or a Value."""
    if not value:
        return data
    plain = constant_value(data)
    if not carries:
        return plain
    result: Value = JittedValue.__new__(JittedValue)
    for name in Value.__slots__:
        if name != "__weakref__":
            setattr(result, name, getattr(plain, name))
    return result


def _held_elsewhere(constants: Mapping[int, Any]) -> list[Any]:
    """Those constant arrays that something besides the program refers to, themselves or the array they are a view of.

    An array made while tracing is referred to by the program alone once tracing is over; CPython counts references.
    """
    views = Counter(id(array.base) for array in constants.values() if type(array) is np.ndarray)
    ours = {id(array) for array in constants.values()}
    found = []
    for register in constants:
        if type(constants[register]) is not np.ndarray:
            continue
        others = sys.getrefcount(constants[register]) - 2 - views[id(constants[register])]
        if type(constants[register].base) is np.ndarray:
            key = id(constants[register].base)
            others += sys.getrefcount(constants[register].base) - 1 - views[key] - (key in ours)
        if others > 0:
            found.append(constants[register])
    return found


def _owns(generator: Any, path: str, snapshot: Snapshot) -> bool:
    token = snapshot.tokens.get(path.removeprefix("the state of "))
    return isinstance(token, _Is) and token.thing is generator


def _short(token: Any) -> str:
    text = repr(token)
    return text if len(text) <= 60 else text[:57] + "..."


__all__ = ["CacheInfo", "Jitted", "JittedValue", "jit"]
