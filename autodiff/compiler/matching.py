"""The quick way through a program: one Python function, written for it, that looks whether it fits a call and runs it.

It asks the same as the cache's key and the guards do, in a straight line, comparing by identity; of arrays and floats
native code asks by itself. Where it says no, they have the last word: what is equal and another object, they let pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.compiler.guards import Names
from autodiff.compiler.program import MISSED
from autodiff.compiler.results import Result
from autodiff.compiler.texts import in_tuple, indented
from autodiff.containers import Structure, restore
from autodiff.modes import EAGER, Mode, current_mode

if TYPE_CHECKING:
    from autodiff.compiler.entries import Call, Entry

Quick = Callable[[Sequence[Any]], Any]
LONGEST = 2000  # conditions: a longer function takes Python longer to compile than it saves


def never(arguments: Sequence[Any]) -> Any:
    """No: the cache's key and the guards have to look."""
    return MISSED


def quick(entry: Entry, call: Call, lock: Any) -> Quick:
    """The function, for positional arguments without containers: the result, or MISSED, and nothing has happened.

    lock: held by whoever runs a program of the same function
    """
    runner, name = entry.runner, entry.runner.names.copy()
    counts = {False: 0, True: 0}
    variables = []
    for static in entry.statics:
        variables.append(f"{'s' if static else 'a'}{counts[static]}")
        counts[static] += 1
    conditions = [*_fitting(call, variables, entry.statics, name, runner.looks_at_inputs)]
    for leaf in entry.leaves:
        conditions += leaf.code(name, not runner.looks_at_inputs)
    for guard in entry.guards:
        text = guard.code(name)
        conditions += [f"{name(guard)}.holds()"] if text is None else text
    if len(conditions) > LONGEST:
        return never
    outputs, body = runner.body(name, entry.filler)
    body = [*body, f"return {result(entry.results, entry.structure, outputs, name)}"]
    if runner.needs_lock:
        body = [f"with {name(lock)}:", *indented(body)]
    missed = f"return {name(MISSED)}"
    return name.function(
        "quick",
        [
            "def quick(arguments):",
            "    try:",
            f"        {in_tuple(variables)} = arguments" if variables else f"        if arguments: {missed}",
            f"        if not ({' and '.join(conditions)}): {missed}",
            f"    except (LookupError, AttributeError, ValueError): {missed}",
            *indented(body),
        ],
    )


def _fitting(call: Call, variables: Sequence[str], statics: Sequence[bool], name: Names, native: bool) -> Iterator[str]:
    """Whether another call is like this one."""
    mode: Mode = call.mode
    yield f"{name(current_mode)}() {'is' if mode is EAGER else '=='} {name(mode)}"
    for variable, argument, static in zip(variables, call.leaves, statics, strict=True):
        kind = f"type({variable}) is {name(type(argument))}"
        if static and isinstance(argument, (bool, int, str, type(None))):
            yield kind
            yield f"{variable} == {name(argument)}"
        elif static:
            yield f"{variable} is {name(argument)}"
        elif type(argument) is np.ndarray and argument.shape:
            if not native:
                yield kind
                yield f"{variable}.dtype is {name(argument.dtype)}"
            yield f"{variable}.shape == {argument.shape}"  # batches of another size are told apart at once
        elif not (native and type(argument) is float):
            yield kind


def result(results: Sequence[Result], structure: Structure, outputs: Iterable[str], name: Names) -> str:
    """What the undecorated function would return, as Python text."""
    rest, made = iter(outputs), []
    for one in results:
        parts = [next(rest) for _ in range(one.parts)]
        if one.kind == "fixed":
            made.append(name(one.fixed))
        else:
            made.append(parts[0] if one.kind == "array" else f"{name(one.made)}({', '.join(parts)})")
    if structure.kind is None:
        return made[0]
    if structure.kind is tuple and all(child.kind is None for child in structure.children):
        return in_tuple(made)
    return f"{name(restore)}({name(structure)}, {in_tuple(made)})"
