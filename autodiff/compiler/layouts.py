"""Where the elements of a register lie: a view of a buffer costs nothing, so reshaping, transposing, slicing and
broadcasting are not computed, but read through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

Shape = tuple[int, ...]


class Layout(NamedTuple):
    """A view of a buffer: offset and strides in elements.

    buffer: the register that owns the memory
    """

    buffer: int
    shape: Shape
    strides: Shape
    offset: int = 0

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def is_whole(self, shape: Shape) -> bool:
        """Whether it is all of a buffer of this shape, row by row."""
        return self.offset == 0 and self.shape == shape and self.is_contiguous

    @property
    def is_contiguous(self) -> bool:
        """Whether the elements lie row by row, without gaps."""
        return is_row_by_row(self.shape, self.strides)

    def broadcast(self, shape: Shape) -> Layout:
        """Repeated, by strides of 0, to a shape."""
        lead = len(shape) - len(self.shape)
        strides = tuple(
            0 if i < lead or self.shape[i - lead] == 1 else self.strides[i - lead] for i in range(len(shape))
        )
        return self._replace(shape=shape, strides=strides)


def whole(buffer: int, shape: Shape) -> Layout:
    """All of a buffer, row by row."""
    return Layout(buffer, shape, contiguous(shape))


@lru_cache(maxsize=4096)
def is_row_by_row(shape: Shape, strides: Shape) -> bool:
    """Whether elements lie row by row, without gaps; along axes of length 1 any stride will do."""
    return all(n == 1 or stride == step for n, stride, step in zip(shape, strides, contiguous(shape)))


@lru_cache(maxsize=4096)
def contiguous(shape: Shape) -> Shape:
    """The strides of elements that lie row by row."""
    strides, step = [], 1
    for n in shape[::-1]:
        strides.append(step)
        step *= max(n, 1)
    return tuple(strides[::-1])


def _reshaped(x: Layout, shape: Shape, keywords: Mapping[str, Any]) -> Layout | None:
    """NumPy says whether it can be done without a copy; None if it cannot."""
    if x.is_contiguous:
        return x._replace(shape=shape, strides=contiguous(shape))
    if 0 in shape:
        return x._replace(shape=shape, strides=contiguous(shape))
    merged = _merged(x)
    strides: list[int] = []
    k = len(merged) - 1  # from the last axis to the first: fill the new axes from the merged old ones
    left = merged[k][0] if merged else 1
    step = merged[k][1] if merged else 1
    for n in shape[::-1]:
        if n == 1:
            strides.append(0)
            continue
        if left == 1 and k > 0:
            k -= 1
            left, step = merged[k]
        if left % n:
            return None
        strides.append(step)
        left, step = left // n, step * n
    return x._replace(shape=shape, strides=tuple(strides[::-1]))


def _merged(x: Layout) -> list[tuple[int, int]]:
    """(length, stride) of its axes, neighbours merged that continue one another, without those of length 1."""
    merged: list[tuple[int, int]] = []
    for n, stride in zip(x.shape, x.strides):
        if n == 1:
            continue
        if merged and merged[-1][1] == n * stride:
            merged[-1] = merged[-1][0] * n, stride
        else:
            merged.append((n, stride))
    return merged


def _transposed(x: Layout, shape: Shape, keywords: Mapping[str, Any]) -> Layout | None:
    axes = keywords["axes"]
    order = range(len(x.shape))[::-1] if axes is None else [a % len(x.shape) for a in axes]
    return x._replace(shape=tuple(x.shape[a] for a in order), strides=tuple(x.strides[a] for a in order))


def indexed(x: Layout, index: tuple[Any, ...]) -> Layout:
    """x[index] for a skeleton of slices, integers, None and Ellipsis (see primitives/indexing)."""
    missing = len(x.shape) - sum(part is not None and part is not Ellipsis for part in index)
    whole_axis = ("slice", None, None, None)
    place = next((i for i, part in enumerate(index) if part is Ellipsis), len(index))
    parts = [*index[:place], *[whole_axis] * missing, *index[place + 1 :]]
    offset, axis = x.offset, 0
    shape: list[int] = []
    strides: list[int] = []
    for part in parts:
        if part is None:
            shape.append(1)
            strides.append(0)
        elif isinstance(part, tuple):
            start, stop, step = slice(*part[1:]).indices(x.shape[axis])
            shape.append(len(range(start, stop, step)))
            strides.append(x.strides[axis] * step)
            offset += start * x.strides[axis] if shape[-1] else 0
            axis += 1
        else:
            offset += (part % x.shape[axis]) * x.strides[axis]
            axis += 1
    return x._replace(shape=tuple(shape), strides=tuple(strides), offset=offset)


def _sliced(x: Layout, shape: Shape, keywords: Mapping[str, Any]) -> Layout | None:
    return indexed(x, keywords["index"])


VIEWS: dict[str, Callable[[Layout, Shape, Mapping[str, Any]], Layout | None]] = {
    "reshape": _reshaped,
    "transpose": _transposed,
    "broadcast_to": lambda x, shape, keywords: x.broadcast(shape),
    "getitem": _sliced,
    "alias": lambda x, shape, keywords: x,
    "copy": lambda x, shape, keywords: x,
    "stop_gradient": lambda x, shape, keywords: x,
}
"""The operations that look at the same elements in another way: from layout, new shape and keywords to a layout."""


def as_array(memory: np.ndarray[Any, Any], layout: Layout) -> np.ndarray[Any, Any]:
    """The view, on a buffer given as an array of its elements."""
    if not layout.size:  # its strides may lead anywhere
        return np.empty(layout.shape, memory.dtype)
    itemsize = memory.dtype.itemsize
    strides = tuple(itemsize * s for s in layout.strides)
    return np.ndarray(layout.shape, memory.dtype, memory, layout.offset * itemsize, strides)
