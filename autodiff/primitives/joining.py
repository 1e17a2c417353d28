"""Joining, cutting, repeating and padding: every operation here is linear, and its adjoint takes it apart again."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autodiff.errors import DtypeError, ShapeError, UnsupportedError
from autodiff.primitives.keywords import refuse
from autodiff.primitives.kinds import composite, linear
from autodiff.primitives.shaping import axis_of, laid_out_as


def _slice_of(g: Any, i: int, xs_like: Sequence[Any], axis: int) -> Any:
    """The part of g that operand i of a concatenation filled."""
    start = sum(x.shape[axis] for x in xs_like[:i])
    axis = axis % g.ndim
    return g[(slice(None),) * axis + (slice(start, start + xs_like[i].shape[axis]),)]


_concatenate = linear(
    lambda *xs, axis: np.concatenate(xs, axis=axis),
    adjoint=lambda g, i, xs_like, axis: _slice_of(g, i, xs_like, axis),
    name="concatenate",
)


def _repeat_adjoint(g: Any, x_like: Any, repeats: Any, axis: int) -> Any:
    """Sum the copies: equal blocks by one reshape, unequal ones by a matrix of which copy belongs to which element."""
    axis = axis % x_like.ndim
    n = x_like.shape[axis]
    if isinstance(repeats, int):
        shape = (*g.shape[:axis], n, repeats, *g.shape[axis + 1 :])
        return np.sum(np.reshape(g, shape), axis=axis + 1)
    owner = np.repeat(np.arange(n), repeats)
    chosen = (np.arange(n)[:, None] == owner).astype(x_like.dtype)  # (n, total): which copies belong to which element
    return np.moveaxis(np.tensordot(chosen, np.moveaxis(g, axis, 0), axes=1), 0, axis)


_repeat = linear(lambda x, *, repeats, axis: np.repeat(x, repeats, axis), [_repeat_adjoint], name="repeat")


def _inner_of_pad(g: Any, width: tuple[tuple[int, int], ...]) -> Any:
    return g[tuple(slice(before, length - after) for (before, after), length in zip(width, g.shape))]


_pad_zeros = linear(lambda x, *, width: np.pad(x, width), [lambda g, width: _inner_of_pad(g, width)], name="pad")


# --- NumPy's signatures over them -----------------------------------------------------------------------------------


@composite(np.concatenate)
def concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Arrays joined along an existing axis (flattened first if None)."""
    refuse("concatenate", out=out, dtype=dtype, casting=None if casting == "same_kind" else casting)
    arrays = list(arrays)
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    return _concatenate(*arrays, axis=operator.index(axis))


@composite(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays of one shape joined along a new axis."""
    refuse("stack", out=out, dtype=dtype, casting=None if casting == "same_kind" else casting)
    arrays = list(arrays)
    shapes = {np.shape(a) for a in arrays}
    if len(shapes) != 1:
        raise ShapeError(
            f"np.stack needs arrays of one shape, was given {sorted(shapes)}; np.concatenate joins unequal ones"
        )
    return _concatenate(*(np.expand_dims(a, axis) for a in arrays), axis=operator.index(axis))


@composite(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays side by side: along the second axis, or the first of one-dimensional ones."""
    arrays = [np.atleast_1d(a) for a in tup]
    return concatenate(arrays, axis=0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@composite(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays on top of each other."""
    return concatenate([np.atleast_2d(a) for a in tup], axis=0, dtype=dtype, casting=casting)


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts of a along an axis: so many equal ones, or cut before the given indices."""
    axis = axis_of(ary, axis, "split")
    n = ary.shape[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        if n % indices_or_sections:
            raise ShapeError(
                f"np.split: axis {axis} of length {n} does not divide into {indices_or_sections} equal parts"
            )
        cuts = [int(i) for i in range(0, n + 1, n // indices_or_sections)] if n else [0] * (indices_or_sections + 1)
    else:
        cuts = [0, *(operator.index(i) for i in indices_or_sections), n]
    lead = (slice(None),) * axis
    return [ary[(*lead, slice(start, stop))] for start, stop in pairwise(cuts)]


@composite(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """a repeated as a whole, so often along each axis."""
    reps = tuple(reps) if isinstance(reps, (tuple, list, np.ndarray)) else (reps,)
    shape = (1,) * (len(reps) - A.ndim) + A.shape
    reps = (1,) * (len(shape) - len(reps)) + tuple(operator.index(r) for r in reps)
    inner = tuple(k for n in shape for k in (1, n))
    outer = tuple(k for n, r in zip(shape, reps) for k in (r, n))
    return np.reshape(np.broadcast_to(np.reshape(A, inner), outer), tuple(n * r for n, r in zip(shape, reps)))


@composite(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element repeated, so often or each its own number of times."""
    if axis is None:
        a, axis = np.ravel(a), 0
    counts = np.asarray(repeats)
    if counts.size == 0 and not hasattr(repeats, "dtype"):  # an empty list is one of integers, too
        counts = counts.astype(int)
    if counts.dtype.kind not in "biu" or counts.ndim > 1:
        raise DtypeError(f"np.repeat takes an integer, or one for each element, was given {repeats!r:.60}")
    fixed = int(counts.reshape(-1)[0]) if counts.size == 1 else tuple(int(r) for r in counts)
    return _repeat(a, repeats=fixed, axis=operator.index(axis))


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **keywords: Any) -> Any:
    """a with a border: constant (the constant may be a Value), edge, reflect, symmetric, wrap or empty."""
    if array.ndim == 0:  # there is no axis to pad: NumPy, too, gives it back
        return array
    if isinstance(pad_width, dict):
        by_axis = {axis_of(array, axis, "pad"): np.broadcast_to(pair, (2,)) for axis, pair in pad_width.items()}
        pad_width = [by_axis.get(i, (0, 0)) for i in range(array.ndim)]
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise DtypeError(f"np.pad takes a pad_width of integers, was given {pad_width!r:.60}")
    try:
        pairs = np.broadcast_to(widths, (array.ndim, 2))
    except ValueError:
        raise ShapeError(
            f"np.pad of shape {array.shape} takes one width, a pair, or one for each axis; was given {pad_width!r:.60}"
        ) from None
    width = tuple((int(before), int(after)) for before, after in pairs)
    if mode in ("constant", "empty"):
        constant = keywords.pop("constant_values", 0)
        if keywords:
            raise UnsupportedError(
                f"np.pad(mode={mode!r}) takes no {sorted(keywords)} on a Value; it takes constant_values"
            )
        padded = _pad_zeros(array, width=width)
        if _is_zero(constant):
            return padded
        inside = np.pad(np.ones(array.shape, bool), width)
        return laid_out_as(np.where(inside, padded, _border(array, width, constant)), padded)
    if mode in ("edge", "reflect", "symmetric", "wrap") and keywords.get("reflect_type", "even") == "even":
        # pad the positions, then gather: linear, whatever the mode
        positions = np.arange(array.size).reshape(array.shape)
        flags = getattr(getattr(array, "_data", array), "flags", None)
        if flags is not None and flags.fnc:
            positions = np.asfortranarray(positions)
        chosen = np.pad(positions, width, mode=mode)
        return laid_out_as(np.ravel(array)[chosen], chosen)
    raise UnsupportedError(
        f"np.pad with mode={mode!r} and {keywords} has no derivative; use constant, edge, reflect, symmetric or wrap"
    )


def _is_zero(constant: Any) -> bool:
    return isinstance(constant, (int, float)) and constant == 0


def _border(array: Any, width: Any, constant: Any) -> Any:
    """The border alone: constant(s) around zeros, axis after axis as np.pad fills them, later over earlier ones."""
    shape = tuple(before + n + after for (before, after), n in zip(width, array.shape))
    pairs = np.broadcast_to(constant, (array.ndim, 2))
    border = np.zeros(shape)
    for axis, (before, after) in enumerate(width):
        place = np.arange(shape[axis]).reshape((-1,) + (1,) * (array.ndim - axis - 1))
        border = np.where(
            place < before, pairs[axis, 0], np.where(place >= shape[axis] - after, pairs[axis, 1], border)
        )
    return border.astype(array.dtype)
