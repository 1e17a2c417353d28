"""Indexing by arrays: which element each position of the result is, as NumPy's advanced indexing has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.compiler.layouts import Layout, Shape, whole
from autodiff.compiler.program import Register
from autodiff.primitives.indexing import ARRAY

if TYPE_CHECKING:
    from autodiff.compiler.lower import Lowered

Index = tuple[Layout, int, int]
"""A view of integers broadcast to the domain, the step in elements that one of them makes, their range."""

APART = object()
"""An ellipsis that stands for no axis: even so, arrays on both sides of it are not neighbours."""


def is_affine(index: tuple[Any, ...]) -> bool:
    """Whether an index holds no arrays."""
    return not any(part is ARRAY for part in index)


def addressing(
    low: Lowered, x: Layout, index: tuple[Any, ...], arrays: list[Register], domain: Shape
) -> tuple[Layout, list[Index]] | None:
    """x[index] over a domain, the shape of x[index]: the part that is strides, and the part that is data.

    None where the index holds masks that are not constants, or integers that native code does not read, and where
    x[index] has another shape.
    """
    parts = _spelled_out(low, x, index, arrays)
    if parts is None:
        return None
    advanced = [k for k, part in enumerate(parts) if isinstance(part, (Layout, int))]
    shape = np.broadcast_shapes(*(part.shape for part in parts if isinstance(part, Layout)))
    together = advanced == list(range(advanced[0], advanced[-1] + 1))
    before = sum(part is not APART for part in parts[: advanced[0]]) if together else 0
    offset, axis = x.offset, 0
    lengths: list[int] = []
    strides: list[int] = []
    indices: list[Index] = []
    for part in parts:
        if part is None or part is APART:
            lengths += [1] if part is None else []
            strides += [0] if part is None else []
            continue
        step, length = x.strides[axis], x.shape[axis]
        axis += 1
        if isinstance(part, tuple) and not isinstance(part, Layout):
            start, stop, stride = slice(*part[1:]).indices(length)
            lengths.append(len(range(start, stop, stride)))
            strides.append(step * stride)
            offset += start * step if lengths[-1] else 0
        elif isinstance(part, int):
            offset += (part % length) * step
        else:
            indices.append((part, step, length))
    lengths[before:before] = shape
    if tuple(lengths) != domain:
        return None
    strides[before:before] = [0] * len(shape)
    lead = (0,) * before
    tail = (0,) * (len(strides) - before - len(shape))
    placed = [
        (i.broadcast(shape)._replace(shape=domain, strides=(*lead, *i.broadcast(shape).strides, *tail)), step, length)
        for i, step, length in indices
    ]
    return x._replace(shape=domain, strides=tuple(strides), offset=offset), placed


def _spelled_out(low: Lowered, x: Layout, index: tuple[Any, ...], arrays: list[Register]) -> list[Any] | None:
    """One part for each axis of x, and the Nones: slices, integers, views of integers. Masks become integers."""
    remaining = iter(arrays)
    parts: list[Any] = []
    for part in index:
        if part is not ARRAY:
            parts.append(part)
            continue
        register = next(remaining)
        form = low.form(register)
        if form.dtype == np.bool_:
            if register not in low.constants or not form.shape:
                return None
            parts += [_constant(low, positions) for positions in np.nonzero(low.constants[register])]
        elif form.dtype in (np.dtype(np.int64), np.dtype(np.int32)):
            parts.append(low.layouts[register])
        else:
            return None
    used = sum(part is not None and part is not Ellipsis for part in parts)
    rest: list[Any] = [("slice", None, None, None)] * (len(x.shape) - used)
    place = next((k for k, part in enumerate(parts) if part is Ellipsis), None)
    if place is None:
        return parts + rest
    return parts[:place] + (rest or [APART]) + parts[place + 1 :]


def _constant(low: Lowered, positions: Any) -> Layout:
    """Integers that are known."""
    view = low.scratch(positions.shape, np.dtype(np.int64))
    low.constants[view.buffer] = np.ascontiguousarray(positions, np.int64)
    return whole(view.buffer, positions.shape)
