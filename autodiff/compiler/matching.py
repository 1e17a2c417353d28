"""Whether a program fits a call: one Python function, written for the program, that compares by identity.

It asks the same as the cache's key and the guards do, in a straight line. Where it says no, they have the last word:
what is equal and another object, they let pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autodiff.compiler.guards import Guard, Names
from autodiff.modes import EAGER, Mode, current_mode

Matches = Callable[[Sequence[Any]], bool]
LONGEST = 2000  # conditions: a longer function takes Python longer to compile than it saves


def never(arguments: Sequence[Any]) -> bool:
    """No: the cache's key and the guards have to look."""
    return False


def matcher(
    mode: Mode,
    arguments: Sequence[Any],
    statics: Sequence[bool],
    guards: Iterable[Guard],
    leaves: Iterable[Callable[[Names], Iterable[str]]],
) -> Matches:
    """The function, for positional arguments without containers.

    mode: that of the call · statics: which arguments are part of the program
    leaves: of each captured leaf the conditions, given a function that names things
    """
    names: dict[int, tuple[str, Any]] = {}

    def name(thing: Any) -> str:
        return names.setdefault(id(thing), (f"x{len(names)}", thing))[0]

    conditions = [f"{name(current_mode)}() {'is' if mode is EAGER else '=='} {name(mode)}"]
    for k, (argument, static) in enumerate(zip(arguments, statics)):
        conditions += _fits(f"a{k}", argument, static, name)
    for leaf in leaves:
        conditions += leaf(name)
    for guard in guards:
        text = guard.code(name)
        conditions += [f"{name(guard)}.holds()"] if text is None else text
    if len(conditions) > LONGEST:
        return never
    given = "".join(f"a{k}, " for k in range(len(arguments)))
    source = [
        "def matches(arguments):",
        "    try:",
        f"        {given}= arguments" if given else "        if arguments: return False",
        f"        return {' and '.join(conditions)}",
        "    except (LookupError, AttributeError, ValueError):",
        "        return False",
    ]
    scope = dict(names.values())
    exec("\n".join(source), scope)
    return scope.pop("matches")  # type: ignore[no-any-return]


def _fits(variable: str, argument: Any, static: bool, name: Names) -> list[str]:
    """Whether another argument is like this one."""
    kind = f"type({variable}) is {name(type(argument))}"
    if static:
        if isinstance(argument, (bool, int, str, type(None))):
            return [kind, f"{variable} == {name(argument)}"]
        return [f"{variable} is {name(argument)}"]
    if isinstance(argument, np.ndarray):
        return [kind, f"{variable}.dtype is {name(argument.dtype)}", f"{variable}.shape == {argument.shape}"]
    return [kind]
