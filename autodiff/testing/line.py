"""A function of nested containers, seen along a straight line through its arguments: what differences are taken of."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator
from typing import Any

import numpy as np

from autodiff.containers import flatten, restore
from autodiff.errors import DtypeError
from autodiff.operands import copied
from autodiff.testing.extrapolation import Array, Slope, ladder, slope


class Line:
    """f, its arguments taken apart into leaves, and its result into one vector of real numbers.

    varied: the arguments to be moved, by default all: among them a bare int is a number like any other, elsewhere, and
    inside containers, an integer is a constant
    leaves: the numbers and arrays in the arguments · center: f there, float64 · outputs: f's results as arrays
    eps: the precision of every real output, that of its dtype or `coarsest`
    """

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], coarsest: float = 0.0, varied: Container[int] | None = None
    ) -> None:
        floats = (float(a) if type(a) is int and (varied is None or n in varied) else a for n, a in enumerate(args))
        self.f, (self.leaves, self.structure) = f, flatten(tuple(floats))
        out, self.out_structure = flatten(self._computed(self.leaves))
        self.outputs = [np.asarray(plain(leaf)) for leaf in out]
        for leaf in self.outputs:
            if leaf.dtype.kind not in "fciub":
                raise DtypeError(f"differences need numeric results, and this function gave dtype {leaf.dtype}")
        self.center = joined(self.outputs)
        precisions = [np.full(_reals(leaf).shape, precision(leaf)) for leaf in self.outputs]
        self.eps = np.fmax(np.concatenate([np.empty(0), *precisions]), coarsest)

    def at(self, moves: dict[int, Any], step: float) -> Array:
        """f with some leaves moved by a step along their tangents; NaN where f cannot be computed."""
        if step == 0.0:
            return self.center
        leaves = list(self.leaves)
        for i, tangent in moves.items():
            leaves[i] = moved(leaves[i], step * tangent)
        with np.errstate(all="ignore"):
            try:
                out = flatten(self._computed(leaves))[0]
            except (ArithmeticError, ValueError):  # outside the domain, as math.log(-1) says
                return np.full_like(self.center, np.nan)
        return joined([np.asarray(plain(leaf)) for leaf in out])

    def _computed(self, leaves: list[Any]) -> Any:
        """f of arrays of its own: it may change them in place, and they are ours again the next time."""
        return self.f(*restore(self.structure, map(copied, leaves)))

    def along(self, moves: dict[int, Any]) -> Slope:
        """The slope of every real output along a direction: leaf number → tangent."""
        tops, bottoms = [], []
        for i, tangent in moves.items():
            length = np.abs(tangent)
            size, length = np.abs(self.leaves[i])[length > 0], length[length > 0]
            if length.size:
                eps = precision(self.leaves[i])
                finest = np.where(size == 0, 1.0, np.clip(size, 2.0**-60, 1.0)) * min(math.sqrt(eps) / 4, 2.0**-18)
                tops.append(float(np.min(np.fmax(size, 1.0) / length)) / 2)
                bottoms.append(float(np.min(np.fmax(16 * eps * size, finest) / length)))
        if not tops or not self.center.size:
            nothing = np.zeros(self.center.shape)
            return Slope(nothing, nothing, nothing, nothing, nothing, nothing.astype(bool))
        steps = ladder(min(tops), min(bottoms))
        return slope(lambda h: self.at(moves, h), steps, self.eps, self._grain(moves, steps))

    def _grain(self, moves: dict[int, Any], steps: list[float]) -> Array:
        """How far rounding moves the arguments from where a step should lead, in units of the step: one for each."""
        misses = np.zeros(len(steps))
        for k, step in enumerate(steps):
            for i, tangent in moves.items():
                for wanted in (step * tangent, -step * tangent):
                    real = moved(self.leaves[i], wanted) - self.leaves[i]
                    missed = np.abs(real - wanted)[tangent != 0] / np.abs(tangent)[tangent != 0]
                    misses[k] = max(misses[k], float(np.max(missed, initial=0.0)) / step)
        return misses

    def columns(self, leaf: int) -> list[Slope]:
        """The slopes along each element of a leaf; if it is complex, along its real and its imaginary part in turn."""
        return [self.along({leaf: tangent}) for _, tangent in unit_tangents(self.leaves[leaf])]

    def split(self, flat: Array) -> list[tuple[Array, Array | None]]:
        """An array whose first axis runs over the real outputs, as (real, imaginary or None) of each output."""
        parts, start = [], 0
        for leaf in self.outputs:
            both = leaf.dtype.kind == "c"
            part = flat[start : start + leaf.size * (1 + both)]
            start += len(part)
            shape = leaf.shape + flat.shape[1:]
            parts.append((part[:: 1 + both].reshape(shape), part[1::2].reshape(shape) if both else None))
        return parts


def unit_tangents(x: Any) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Every element's index with the direction along it; for complex x a second one along its imaginary part."""
    for index in np.ndindex(np.shape(x)):
        for unit in (1.0, 1j) if np.iscomplexobj(x) else (1.0,):
            tangent = np.zeros(np.shape(x), complex if np.iscomplexobj(x) else float)
            tangent[index] = unit
            yield index, tangent


def differentiable(leaf: Any) -> bool:
    """Whether a leaf is a real or complex number or array: what derivatives are taken with respect to."""
    return isinstance(leaf, (float, complex)) or getattr(getattr(leaf, "dtype", None), "kind", "O") in "fc"


def plain(leaf: Any) -> Any:
    """The data of a recorded result; anything else as it is."""
    return leaf.data if hasattr(type(leaf), "_record") else leaf


def precision(leaf: Any) -> float:
    """The machine epsilon that a number or array is held in, float64's at best."""
    dtype = np.asarray(leaf).dtype
    return max(float(np.finfo(dtype).eps), 2.0**-52) if dtype.kind in "fc" else 2.0**-52


def moved(leaf: Any, change: Any) -> Any:
    """leaf + change, in the type of the leaf."""
    if isinstance(leaf, np.ndarray):
        return (leaf + change).astype(leaf.dtype)
    return type(leaf)(leaf + np.asarray(change).item())


def _reals(leaf: Array) -> Array:
    """The real numbers in an array, as float64: real and imaginary parts side by side."""
    if leaf.dtype.kind == "c":
        return np.ascontiguousarray(leaf, dtype=np.complex128).reshape(-1).view(np.float64)
    return leaf.astype(np.float64).reshape(-1)


def joined(leaves: list[Array]) -> Array:
    """All real numbers in some arrays, as one float64 vector."""
    return np.concatenate([np.empty(0), *map(_reals, leaves)])
