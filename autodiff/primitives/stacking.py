"""Joining and cutting along certain axes, blocks, and positions put in or left out."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, IndexRangeError, ShapeError
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of, laid_out_as


@composite(np.dstack)
def dstack(tup: Any) -> Any:
    """Arrays behind each other: along the third axis."""
    return np.concatenate([np.atleast_3d(a) for a in tup], axis=2)


@composite(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Vectors as the columns of a matrix, matrices beside each other."""
    return np.concatenate([a if np.ndim(a) >= 2 else np.reshape(a, (-1, 1)) for a in tup], axis=1)


@composite(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """values behind arr, both flattened if axis is None."""
    if axis is None:
        arr, values, axis = np.ravel(arr), np.ravel(values), 0
    return np.concatenate([arr, values], axis=axis)


@composite(np.block)
def block(arrays: Any) -> Any:
    """A matrix from nested lists of its blocks: the innermost lists side by side, the next on top of each other."""
    depth = _depth(arrays, "arrays")
    ndim = max(depth, *(np.ndim(leaf) for leaf in _leaves(arrays)))

    def joined(nested: Any, level: int) -> Any:
        if level == 0:
            shape = np.shape(nested)
            return np.reshape(nested, (1,) * (ndim - len(shape)) + shape)
        return np.concatenate([joined(part, level - 1) for part in nested], axis=-level)

    return np.copy(joined(arrays, 0)) if depth == 0 else joined(arrays, depth)


def _depth(nested: Any, place: str) -> int:
    """How deep the lists go, everywhere alike."""
    if isinstance(nested, tuple):
        raise DtypeError(f"np.block takes lists of blocks; {place} is a tuple")
    if not isinstance(nested, list):
        return 0
    if not nested:
        raise ShapeError(f"np.block takes lists of blocks; {place} is empty")
    depths = [_depth(part, f"{place}[{i}]") for i, part in enumerate(nested)]
    for i, depth in enumerate(depths):
        if depth != depths[0]:
            raise ShapeError(f"np.block takes lists that are equally deep; {place}[0] and {place}[{i}] are not")
    return depths[0] + 1


def _leaves(nested: Any) -> list[Any]:
    return [leaf for part in nested for leaf in _leaves(part)] if isinstance(nested, list) else [nested]


# --- cutting --------------------------------------------------------------------------------------------------------


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts of a along an axis: so many, the first ones longer by one if need be, or cut before the given indices."""
    axis = axis_of(ary, axis, "array_split")
    if np.ndim(indices_or_sections):
        return np.split(ary, indices_or_sections, axis)
    sections = operator.index(indices_or_sections)
    if sections <= 0:
        raise ArgumentError(f"np.array_split makes at least one part, was asked for {sections}")
    length, longer = divmod(ary.shape[axis], sections)
    ends = list(accumulate([length + 1] * longer + [length] * (sections - longer), initial=0))
    lead = (slice(None),) * axis
    return [ary[(*lead, slice(start, stop))] for start, stop in pairwise(ends)]


def _cutting(function: Callable[..., Any], axes: int, axis: int) -> Callable[..., Any]:
    name = function.__name__

    def cut(ary: Any, indices_or_sections: Any) -> list[Any]:
        if ary.ndim < axes:
            raise ShapeError(f"np.{name} needs at least {axes} axes, was given shape {ary.shape}; np.split takes axis=")
        return np.split(ary, indices_or_sections, 0 if ary.ndim == 1 else axis)

    cut.__name__ = cut.__qualname__ = name
    cut.__doc__ = f"Parts of a along its axis {axis}: np.split with that axis."
    return composite(function)(cut)


hsplit = _cutting(np.hsplit, 1, 1)
vsplit = _cutting(np.vsplit, 2, 0)
dsplit = _cutting(np.dsplit, 3, 2)


# --- positions put in or left out: NumPy itself says where, by doing it to the positions -----------------------------


def _rearranged(function: Callable[..., Any], n: int, obj: Any, *more: Any) -> Any:
    """np.insert or np.delete of the positions 0 … n − 1."""
    try:
        return function(np.arange(n), obj, *more)
    except IndexError as error:
        raise IndexRangeError(f"np.{function.__name__} of an axis of length {n}: {error}") from None
    except ValueError as error:
        raise ShapeError(f"np.{function.__name__} of an axis of length {n} at {obj!r:.60}: {error}") from None


def _positions(obj: Any) -> Any:
    """Where to insert or delete, as NumPy takes it."""
    if isinstance(obj, slice) or (isinstance(obj, int) and not isinstance(obj, bool)):
        return obj
    places = np.asarray(obj)
    places = places.astype(int) if places.size == 0 and not isinstance(obj, np.ndarray) else places
    if places.dtype.kind not in "biu":
        raise DtypeError(f"positions are integers, a mask or a slice; np.insert and np.delete were given {obj!r:.60}")
    return places


@composite(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """arr without some positions along an axis (of the flattened array if None)."""
    arr, axis = (np.ravel(arr), 0) if axis is None else (arr, axis_of(arr, axis, "delete"))
    n = arr.shape[axis]
    kept = np.zeros(n, bool)
    kept[_rearranged(np.delete, n, _positions(obj))] = True
    return laid_out_as(arr[(slice(None),) * axis + (kept,)], arr)


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """arr with values put in before some positions along an axis (of the flattened array if None)."""
    arr, values = (x if hasattr(x, "dtype") else np.asarray(x) for x in (arr, values))
    for kinds, lost in (("c", "imaginary parts"), ("fc", "decimals")):
        if values.dtype.kind in kinds and arr.dtype.kind not in kinds:
            raise DtypeError(f"np.insert of {values.dtype} values into a {arr.dtype} array would lose their {lost}")
    arr, axis = (np.ravel(arr), 0) if axis is None else (arr, axis_of(arr, axis, "insert"))
    n, places = arr.shape[axis], _positions(obj)
    lead = (slice(None),) * axis
    marked = np.asarray(_rearranged(np.insert, n, places, -1))
    if marked.size == n + 1:  # before that one position go as many as there are values along the axis
        values = np.reshape(values, (1,) * (arr.ndim - values.ndim) + values.shape)
        if not isinstance(places, slice) and np.ndim(places) == 0:
            values = np.moveaxis(values, 0, axis)
        before = int(np.flatnonzero(marked == -1)[0])
        new = _spread(values, arr, axis, values.shape[axis])
        return laid_out_as(
            np.concatenate([arr[(*lead, slice(before))], new, arr[(*lead, slice(before, None))]], axis), arr
        )
    count = marked.size - n
    order = _rearranged(np.insert, n, places, n + np.arange(count))
    return laid_out_as(np.concatenate([arr, _spread(values, arr, axis, count)], axis)[(*lead, order)], arr)


def _spread(values: Any, arr: Any, axis: int, count: int) -> Any:
    """What is put in: so many along the axis, as long as arr along the others, in the dtype of arr."""
    shape = (*arr.shape[:axis], count, *arr.shape[axis + 1 :])
    extra = max(values.ndim - arr.ndim, 0)
    fits = all(n in (1, m) for n, m in zip(values.shape[::-1], shape[::-1]))
    if not fits or any(n != 1 for n in values.shape[:extra]):
        raise ShapeError(f"np.insert puts values of shape {shape} into shape {arr.shape}, was given {values.shape}")
    return np.broadcast_to(np.reshape(values, values.shape[extra:]), shape).astype(arr.dtype)
