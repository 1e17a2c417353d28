"""Kernels as data: loop nests over a domain of elements. Equal kernels are one function, wherever they occur.

A kernel has values, numbered in order: what is loaded at every element of the domain, constants, and what is computed
from values before. Some are stored, some reduced over axes. It names no memory: pointers are numbered, too, and filled
in when it is called, so the fifty steps of an unrolled recurrence share one kernel. `emit` writes kernels as LLVM text.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

Shape = tuple[int, ...]
Ref = int
"""The number of a value."""


class Load(NamedTuple):
    """The element at pointer + Σ index·stride + Σ position·step, strides in elements, one for each axis of the domain.

    positions: (value, step, length) of each index that is data: an integer in [−length, length)
    """

    pointer: int
    dtype: str
    strides: Shape
    positions: tuple[tuple[Ref, int, int], ...] = ()


class Constant(NamedTuple):
    """A number, the same everywhere. number: its repr, so that NaN and zeros of either sign are told apart."""

    number: str
    dtype: str


class Compute(NamedTuple):
    """An elementwise operation on values, named as in `pointwise`. bases: what each operand is brought to first."""

    name: str
    operands: tuple[Ref, ...]
    bases: tuple[str, ...]
    dtype: str


Value: TypeAlias = Load | Constant | Compute


class Store(NamedTuple):
    """A value written at pointer + Σ index·stride, strides in elements.

    positions: as of a load; then the value is added to what stands there
    """

    pointer: int
    value: Ref
    dtype: str
    strides: Shape
    positions: tuple[tuple[Ref, int, int], ...] = ()


class Reduce(NamedTuple):
    """A value reduced over axes of the domain, written row by row over the axes that are kept.

    kind: "sum", "max", "min", "prod", "any" or "all" · axes: ascending, the last one that is longer than 1 only
    together with all from the first of them on
    """

    pointer: int
    kind: str
    value: Ref
    dtype: str
    axes: Shape


class Kernel(NamedTuple):
    """A loop nest. domain: the lengths of its axes."""

    domain: Shape
    values: tuple[Value, ...]
    stores: tuple[Store, ...]
    reductions: tuple[Reduce, ...]

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.domain)

    @property
    def pointers(self) -> int:
        """How many pointers it takes."""
        named = [v.pointer for v in self.loads()]
        named += [s.pointer for s in self.stores] + [r.pointer for r in self.reductions]
        return max(named, default=-1) + 1

    def loads(self) -> list[Load]:
        """What is loaded."""
        return [v for v in self.values if isinstance(v, Load)]

    def may_fail(self) -> bool:
        """Whether it looks at positions that may lie outside."""
        return self.is_serial() or any(v.positions for v in self.loads())

    def is_serial(self) -> bool:
        """Whether its elements have to be taken one by one: two may be added to the same place."""
        return any(store.positions for store in self.stores)

    def levels(self) -> list[int]:
        """For each value the deepest axis along which it varies; −1 if it is the same everywhere."""
        levels: list[int] = []
        for value in self.values:
            if isinstance(value, Constant):
                levels.append(-1)
            elif isinstance(value, Compute):
                levels.append(max(levels[r] for r in value.operands))
            else:
                own = max((axis for axis, stride in enumerate(value.strides) if stride), default=-1)
                levels.append(max([own, *(levels[r] for r, _, _ in value.positions)]))
        return levels


def collapsed(kernel: Kernel) -> Kernel:
    """The same loop nest with as few axes as possible: without those of length 1, neighbours merged where every access
    goes through both as through one. There is at least one axis.
    """
    reduced = [set(r.axes) for r in kernel.reductions]
    groups: list[list[int]] = []
    for axis, n in enumerate(kernel.domain):
        if n == 1:
            continue
        if groups and all(_continue(kernel, a, axis, s) for a in groups[-1][-1:] for s in _strides(kernel)):
            same = all((groups[-1][-1] in axes) == (axis in axes) for axes in reduced)
            if same:
                groups[-1].append(axis)
                continue
        groups.append([axis])
    last = [group[-1] for group in groups]

    def cut(strides: Shape) -> Shape:
        return tuple(strides[axis] for axis in last) if groups else (0,)

    domain = tuple(math.prod(kernel.domain[a] for a in group) for group in groups) or (1,)
    return Kernel(
        domain,
        tuple(v._replace(strides=cut(v.strides)) if isinstance(v, Load) else v for v in kernel.values),
        tuple(s._replace(strides=cut(s.strides)) for s in kernel.stores),
        tuple(
            r._replace(axes=tuple(i for i, a in enumerate(last) if a in r.axes) if groups else (0,))
            for r in kernel.reductions
        ),
    )


def _strides(kernel: Kernel) -> list[Shape]:
    return [v.strides for v in kernel.loads()] + [s.strides for s in kernel.stores]


def _continue(kernel: Kernel, outer: int, inner: int, strides: Shape) -> bool:
    """Whether stepping once along the outer axis is stepping to the end of the inner one. (Between lie only ones.)"""
    return strides[outer] == strides[inner] * kernel.domain[inner]
