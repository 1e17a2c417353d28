"""The user's function, between numbers in a row and what it takes; and its derivatives, functions of the same kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.containers import flatten, restore
from autodiff.errors import DtypeError, GradientLostError
from autodiff.modes import changed
from autodiff.transforms import jvp, vjp
from autodiff.value import Value, constant_value


class Parameters:
    """The Values among the arguments: in a row, and back in their places."""

    def __init__(self, args: Any) -> None:
        self.leaves, self.structure = flatten(tuple(args))
        self.places = [i for i, leaf in enumerate(self.leaves) if isinstance(leaf, Value)]
        self.shapes = [self.leaves[i].shape for i in self.places]
        self.given = [self.leaves[i] for i in self.places]
        for place in self.places:
            if self.leaves[place].dtype.kind != "f":
                raise DtypeError(f"parameters are real numbers; one has dtype {self.leaves[place].dtype}")
            self.leaves[place] = None  # the function reads what is handed to it, not these

    def row(self) -> Any:
        """All of them in a row. They are not kept."""
        given, self.given = self.given, []
        return np.concatenate([np.reshape(value, (-1,)) for value in given]) if given else np.zeros(0)

    def args(self, row: Any) -> Any:
        """The arguments, with the numbers in a row in place of the Values."""
        filled, start = list(self.leaves), 0
        for place, shape in zip(self.places, self.shapes):
            size = int(np.prod(shape))
            part = row[start : start + size]
            filled[place] = np.reshape(part, shape) if shape else part[0]
            start += size
        return restore(self.structure, filled)


def in_a_row(out: Any) -> Any:
    """What a function returned, as a vector: an array, a number, or a list of numbers, Values among them."""
    if isinstance(out, (list, tuple)):
        return np.concatenate([np.reshape(part, (-1,)) for part in out]) if len(out) else np.zeros(0)
    return np.reshape(out, (-1,))


def plain(out: Any, name: str) -> Any:
    """A result computed from plain numbers. A Value that carries a gradient has come in another way."""
    if isinstance(out, Value):
        if out._carries:
            raise GradientLostError(
                f"the function given to {name} reads a Value that is not among its arguments, and would not pass its "
                f"gradient on; pass it in args="
            )
        return out._data
    return out


def computed(f: Callable[..., Any], name: str, *operands: Any) -> Any:
    """f of plain numbers, in the way of an ordinary call, whatever is going on around it."""
    with changed(recording=True, differentiating=False, trace=None):
        return np.asarray(plain(f(*operands), name), dtype=float)


def pulled(f: Callable[..., Any], operands: tuple[Any, ...], g: Any, name: str) -> tuple[Any, ...]:
    """f of the operands, and gᵀ times its derivative with respect to each."""
    out, pull = vjp(lambda *xs: _recorded(f(*xs)), *operands)
    return _checked((out, *pull(g)), (*operands, g), name)


def pushed(f: Callable[..., Any], operands: tuple[Any, ...], tangents: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    """f of the operands, and its derivative along tangents."""
    return _checked(jvp(lambda *xs: _recorded(f(*xs)), operands, tangents), (*operands, *tangents), name)


def _recorded(out: Any) -> Any:
    """A result that does not depend on anything is constant."""
    return out if isinstance(out, Value) else constant_value(np.asarray(out, dtype=float))


def _checked(results: tuple[Any, ...], operands: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    if any(isinstance(x, Value) for x in operands):
        return results
    return tuple(plain(result, name) for result in results)
