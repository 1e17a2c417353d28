"""One trace of a function: its result, and the program with everything it takes for granted."""

from __future__ import annotations

import enum
import gc
import operator
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autodiff.compiler.entries import STATIC, Call, Entry, Leaf, short
from autodiff.compiler.escapes import escaped, held_elsewhere
from autodiff.compiler.moving import unmoved
from autodiff.compiler.program import Program, own
from autodiff.compiler.reach import Reach
from autodiff.compiler.results import Result
from autodiff.compiler.runners import runner_of
from autodiff.compiler.sameness import ATOMS
from autodiff.compiler.trace import Trace
from autodiff.containers import Structure, flatten, restore
from autodiff.errors import TracingError
from autodiff.modes import WATCHES, changed
from autodiff.value import Value


@contextmanager
def _without_collections() -> Iterator[None]:
    """The garbage collector rests: a trace makes hundreds of thousands of objects, which all live till its end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_collections()
def trace_once(
    function: Callable[..., Any], name: str, call: Call, native: bool | None, undone: bool
) -> tuple[Any, Entry]:
    """Run the function once, recording. If anything goes wrong, every leaf is as it was before.

    native: whether the program is to be compiled; None where that can be done · undone: leaves, and generators that
    were drawn from, are put back where they were: nothing but the program is wanted
    """
    statics = {place: leaf for place, leaf, data in zip(call.names, call.leaves, call.data) if data is STATIC}
    reach = Reach(function, statics)
    if reach.fresh:
        raise TracingError(
            f"{name} calls {reach.fresh[0]}(), which gives something else each time; a replay would repeat today's. "
            "Call it outside, and pass what it gives as an argument"
        )
    positions, trace = reach.positions(), Trace()
    try:
        WATCHES.append(trace)
        try:
            with changed(trace=trace, debug=None):
                results, structure, first = _recorded(function, call, trace, reach, name)
        finally:
            WATCHES.remove(trace)
        if trace.refusal is not None:
            raise trace.refusal
        _refuse_changes(name, reach)
        _refuse_moves(name, reach, trace, positions)
        trace.refuse_what_was_overwritten(call.arrays)
        trace.constants.settle()
        program = trace.program
        leaves = [Leaf(leaf, *trace.before(leaf), leaf in trace.grads_read) for leaf in program.captured]
        held = {id(data) for data in (*program.constants.values(), *call.arrays, *_leaf_data(trace))}
        first = [own(data, held) for data in first]
        trace.settle(held)
        if undone:
            trace.put_back()
        trace.forget()
        _refuse_escapes(name, trace)
        _refuse_foreign_arrays(name, program, reach)
    except BaseException:
        trace.put_back()
        raise
    program.prune()
    if reach.imports:
        reach = Reach(function, statics)
    entry = Entry(
        program,
        runner_of(program, native),
        reach.guards,
        leaves,
        results,
        structure,
        [data is STATIC for data in call.data],
        [name for name, data in zip(call.names, call.data) if data is not STATIC],
    )
    return entry.filler(first), entry


def _recorded(
    function: Callable[..., Any], call: Call, trace: Trace, reach: Reach, name: str
) -> tuple[list[Result], Structure, list[Any]]:
    """Run the function: how its results are handed out, their structure, and the data of the first time."""
    arguments = [leaf if data is STATIC else trace.argument(data) for leaf, data in zip(call.leaves, call.data)]
    args, keywords = restore(call.structure, arguments)
    outputs, structure = flatten(function(*args, **keywords))
    _refuse_changed_arguments(name, call, arguments, flatten((args, keywords)))
    results, data = [], []
    for output in outputs:
        result, shown = _result(output, trace, reach, name)
        results.append(result)
        for part in shown:
            trace.program.outputs.append(trace.register(part) if isinstance(part, Value) else trace.constant(part))
            data.append(part._data if isinstance(part, Value) else part)
    return results, structure, data


def _result(output: Any, trace: Trace, reach: Reach, name: str) -> tuple[Result, list[Any]]:
    """How one leaf of the result is handed out, and the Values or arrays whose data that takes."""
    if isinstance(output, np.ndarray):
        return Result("array"), [output]
    if not isinstance(output, Value):
        if not _is_lasting(output, reach):
            raise TracingError(
                f"{name} returned a {type(output).__name__} that it made; a replay would return the same one again. "
                "Return arrays, Values, numbers and texts, in tuples, lists and dicts"
            )
        return Result("fixed", output), []
    if not trace.made(output):
        return Result("fixed", output), []
    if output not in trace.of_values:
        return Result("array"), [output]
    gradient = trace.gradient(output)
    kind = ("leaf" if output._primitive is None else "derived") if output._carries else "constant"
    return Result(kind, has_gradient=gradient is not None), [output, *([] if gradient is None else [gradient])]


def _is_lasting(thing: Any, reach: Reach) -> bool:
    """Whether the very same thing may be returned at each call: it cannot change, or was there before."""
    lasting = (*ATOMS, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, np.ufunc, enum.Enum)
    return isinstance(thing, lasting) or reach.seen.get(id(thing)) is thing


def _leaf_data(trace: Trace) -> list[Any]:
    """The buffers that leaves held before the call."""
    return [part for leaf in trace.program.captured for part in trace.before(leaf)]


def _refuse_changed_arguments(name: str, call: Call, before: list[Any], after: tuple[list[Any], Structure]) -> None:
    """Lists and dicts among the arguments are built anew for a trace: what is written into them would be lost."""
    if after[1] != call.structure or not all(map(operator.is_, before, after[0])):
        raise TracingError(
            f"{name} changed a list or dict that it was given; a replay would not. Return what is new instead"
        )


def _refuse_changes(name: str, reach: Reach) -> None:
    for guard in reach.guards:
        for place, before, now in guard.changes():
            if isinstance(now, Value) and now._primitive is not None:
                raise TracingError(
                    f"{name} stored a traced Value in {place}: after tracing it stands for no number. Return it instead"
                )
            raise TracingError(
                f"{name} changed {place} from {short(before)} to {short(now)} while tracing; a replay would not. Hold "
                "what changes in a Value (v.data = …), or change it outside the jitted function"
            )


def _refuse_moves(name: str, reach: Reach, trace: Trace, before: Mapping[str, Any]) -> None:
    after = reach.positions()
    for path, position in before.items():
        if unmoved(position, after[path]):
            continue
        generator = reach.moving.get(path.removeprefix("the state of "))
        for drawn, first, last in trace.drawn:
            if drawn is generator and unmoved(first, position) and unmoved(last, after[path]):
                break
        else:
            raise TracingError(
                f"{name} moved {path}: what it gave would be the same at each call. Draw random numbers, and advance "
                "iterators, outside and pass what they give as arguments, or use nn.Dropout, whose masks are drawn anew"
            )


def _refuse_escapes(name: str, trace: Trace) -> None:
    if (found := escaped(trace.nodes)) is not None:
        raise TracingError(
            f"{name} left a traced Value of shape {found[0].shape} in {found[1]}: after tracing it stands for no "
            "number. Return it instead"
        )


def _refuse_foreign_arrays(name: str, program: Program, reach: Reach) -> None:
    """An array that existed before the trace, and that no guard covers, would be baked in."""
    if found := held_elsewhere(program.constants, reach.covers):
        raise TracingError(
            f"{name} used an array of shape {found[0].shape} that is neither an argument nor reachable from a global "
            "or closure it names, so later changes to it would go unnoticed; pass it as an argument"
        )
