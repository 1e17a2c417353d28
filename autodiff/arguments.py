"""What transforms are given: a function, the numbers of its arguments, and something to differentiate in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.containers import flatten, map_leaves
from autodiff.errors import ArgumentError, DtypeError
from autodiff.value import Value


def name_of(f: Callable[..., Any]) -> str:
    """What to call a function in a message."""
    return getattr(f, "__name__", type(f).__name__)


def function_for(f: Any, transform: str) -> Callable[..., Any]:
    """f, if it is a function; else DtypeError, which names the transform."""
    if not callable(f):
        given = f"{type(f).__name__} {f!r:.40}"
        if isinstance(f, Value):
            given = "a Value, a result: v.backward() computes its gradient"
        raise DtypeError(f"{transform} takes a function, and was given {given}")
    return f  # type: ignore[no-any-return]


def argument_numbers(argnums: Any) -> int | tuple[int, ...]:
    """`argnums` as an int or a tuple of them; what is neither is refused before any function is called."""
    several = isinstance(argnums, (tuple, list))
    given = tuple(argnums) if several else (argnums,)
    for n in given:
        if not isinstance(n, (int, np.integer)) or isinstance(n, bool):
            raise DtypeError(
                f"argnums is the position of an argument, or several, as in argnums=0 or argnums=(0, 2); it was given "
                f"{type(n).__name__} {n!r:.40}"
            )
    if not given:
        raise ArgumentError("argnums names no argument; argnums=0 is the first one")
    return tuple(map(int, given)) if several else int(argnums)


def positions(argnums: int | Sequence[int], count: int) -> tuple[int, ...]:
    """Which of `count` arguments are meant, counted from the front."""
    given = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if any(not -count <= n < count for n in given):
        raise ArgumentError(
            f"argnums={argnums} names an argument that is not there: the function was called with {count}"
        )
    positions = tuple(n % count for n in given)
    if len(set(positions)) < len(positions):
        raise ArgumentError(f"argnums={argnums} names an argument twice; name each once")
    return positions


def nothing_to_differentiate(f: Callable[..., Any], arguments: Sequence[Any], chosen: Sequence[int]) -> Exception:
    """What to say where no argument holds a number with decimals."""
    if not arguments:
        return ArgumentError(f"{name_of(f)} was given no argument to differentiate with respect to")
    which = f"argument {chosen[0]}" if len(chosen) == 1 else f"arguments {', '.join(map(str, chosen))}"
    leaves = [leaf for argument in arguments for leaf in flatten(argument)[0]]
    if any(type(leaf) is int or getattr(getattr(leaf, "dtype", None), "kind", "") in ("i", "u") for leaf in leaves):
        instead = "use x.astype(float)"
        if all(type(leaf) is int for leaf in leaves):
            instead = f"write {', '.join(repr(map_leaves(float, argument)) for argument in arguments)[:60]}"
        return DtypeError(
            f"{name_of(f)}: {which} holds integers alone, which are constants within a list, tuple or dict: nothing to "
            f"differentiate; {instead}"
        )
    return DtypeError(f"{name_of(f)}: {which} holds no floating-point array: nothing to differentiate")
