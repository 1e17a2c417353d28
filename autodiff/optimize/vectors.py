"""Between what a caller gives, nested containers of arrays, and the vectors that SciPy works on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.containers import flatten, restore
from autodiff.errors import DtypeError
from autodiff.modes import no_grad
from autodiff.value import Value

Array = np.ndarray[Any, np.dtype[np.float64]]


class Start:
    """Where a search starts: x0 taken apart into one vector of float64, and how to put it together again."""

    def __init__(self, x0: Any, name: str) -> None:
        if isinstance(x0, (list, tuple)) and x0 and all(map(is_number, x0)):
            x0 = np.array(x0, dtype=np.float64)
        found, self.structure = flatten(x0)
        self.leaves = [leaf._data if isinstance(leaf, Value) else leaf for leaf in found]
        if any(np.iscomplexobj(leaf) for leaf in self.leaves):
            raise DtypeError(
                f"{name} searches among real numbers; x0 holds complex ones: give real and imaginary parts"
            )
        kinds = (
            {"f", "i", "u"} if self.structure.kind is None else {"f"}
        )  # in a container ints are constants, as for grad
        self.moves = [_kind(leaf) in kinds for leaf in self.leaves]
        if not any(self.moves):
            raise DtypeError(f"{name}: x0 holds no floating-point number to start from")
        parts = [np.ravel(np.asarray(leaf, np.float64)) for leaf, moves in zip(self.leaves, self.moves) if moves]
        self.x: Array = np.concatenate(parts)

    def restored(self, x: Any) -> Any:
        """A vector, plain or recorded, as x0 was; numbers that are no part of the search stay."""
        parts, start = [], 0
        for leaf, moves in zip(self.leaves, self.moves):
            if not moves:
                parts.append(leaf)
                continue
            shape, size = np.shape(leaf), np.size(leaf)
            part = x[start : start + size].reshape(shape) if shape else x[start]
            parts.append(float(part) if isinstance(part, np.float64) else part)
            start += size
        return restore(self.structure, parts)

    def flat(self, f: Callable[..., Any], args: tuple[Any, ...]) -> Callable[[Any], Any]:
        """f as a function of one vector."""
        return lambda x: f(self.restored(x), *args)


def is_number(x: Any) -> bool:
    """Whether it is a real number by itself."""
    return isinstance(x, (int, float, np.integer, np.floating)) and not isinstance(x, (bool, np.bool_))


def _kind(x: Any) -> str:
    return str(x.dtype.kind) if hasattr(x, "dtype") else {float: "f", int: "i"}.get(type(x), "")


def in_a_row(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f's result, all its elements one after the other."""

    def joined(x: Any) -> Any:
        leaves = flatten(f(x))[0]
        return np.ravel(leaves[0]) if len(leaves) == 1 else np.concatenate([np.ravel(leaf) for leaf in leaves])

    return joined


def plain(f: Callable[..., Any], compiled: bool = False) -> Callable[..., Any]:
    """f on arrays, giving arrays, even if it reaches Values of the caller's."""
    if compiled:
        from autodiff.compiler.jit import jit

        f = jit(f)

    def run(*arrays: Any) -> Any:
        with no_grad():
            result = f(*arrays)
        if isinstance(result, tuple):
            return tuple(r._data if isinstance(r, Value) else r for r in result)
        return result._data if isinstance(result, Value) else result

    return run
