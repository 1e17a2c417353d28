"""Rearranging elements: every operation here is linear, and its adjoint puts the elements back."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff.errors import AxisRangeError, DtypeError, ShapeError, UnsupportedError
from autodiff.primitives.kinds import composite, linear, nondifferentiable, refuse
from autodiff.primitives.reductions import spread

_reshape = linear(
    lambda x, *, shape: np.reshape(x, shape), [lambda g, x_like: np.reshape(g, np.shape(x_like))], name="reshape"
)
_transpose = linear(
    lambda x, *, axes: np.transpose(x, axes), [lambda g, axes: np.transpose(g, _inverse(axes))], name="transpose"
)
_astype = linear(
    lambda x, *, dtype: x.astype(dtype) if hasattr(x, "astype") else np.dtype(dtype).type(x),
    [lambda g: g],
    name="astype",
)
_to_discrete = nondifferentiable(lambda x, *, dtype: np.asarray(x).astype(dtype), name="to_integers")
alias = linear(lambda x: x, [lambda g: g], name="alias")
"""The same number under another name: how a transform makes its own variable out of a caller's Value."""

stopped = nondifferentiable(lambda x: x, name="stop_gradient")
"""The same number without a gradient."""

where_ = linear(
    lambda condition, x, y: np.where(condition, x, y),
    [None, lambda g, x: np.where(x, g, 0), lambda g, x: np.where(x, 0, g)],
    broadcasts=True,
    name="where",
)


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    return None if axes is None else tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))


def _flip_adjoint(g: Any, axis: Any) -> Any:
    return np.flip(g, axis)


_flip = linear(lambda x, *, axis: np.flip(x, axis), [_flip_adjoint], name="flip")


def _negated(shift: Any) -> Any:
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift


_roll = linear(
    lambda x, *, shift, axis: np.roll(x, shift, axis),
    [lambda g, shift, axis: np.roll(g, _negated(shift), axis)],
    name="roll",
)


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
    """Sum the copies: equal blocks by one reshape, unequal ones by differences of running sums' ends, block by block."""
    axis = axis % x_like.ndim
    n = x_like.shape[axis]
    if isinstance(repeats, int):
        shape = g.shape[:axis] + (n, repeats) + g.shape[axis + 1 :]
        return np.sum(np.reshape(g, shape), axis=axis + 1)
    owner = np.repeat(np.arange(n), repeats)
    chosen = (np.arange(n)[:, None] == owner).astype(x_like.dtype)  # (n, total): which copies belong to which element
    return np.moveaxis(np.tensordot(chosen, np.moveaxis(g, axis, 0), axes=1), 0, axis)


_repeat = linear(lambda x, *, repeats, axis: np.repeat(x, repeats, axis), [_repeat_adjoint], name="repeat")


def _inner_of_pad(g: Any, width: tuple[tuple[int, int], ...]) -> Any:
    return g[tuple(slice(before, length - after) for (before, after), length in zip(width, g.shape))]


_pad_zeros = linear(lambda x, *, width: np.pad(x, width), [lambda g, width: _inner_of_pad(g, width)], name="pad")


# --- NumPy's signatures over them -----------------------------------------------------------------------------------


def axis_of(a: Any, axis: Any, function: str) -> int:
    """An axis of a, counted from the front."""
    return _normalized(axis, np.ndim(a), f"np.{function} of shape {np.shape(a)}")


def _normalized(axis: Any, ndim: int, what: str) -> int:
    if not -ndim <= operator.index(axis) < ndim:
        raise AxisRangeError(f"{what} has no axis {axis}: there are {ndim} axes, from {-ndim} to {ndim - 1}")
    return operator.index(axis) % ndim


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(operator.index(n) for n in shape) if isinstance(shape, (tuple, list)) else (operator.index(shape),)


@composite(np.reshape)
def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    """a in another shape, row by row (order="F": column by column)."""
    if order == "F":
        return np.transpose(_reshape(np.transpose(a), shape=_known(a, _shape(shape))[::-1]))
    if order not in ("C", "A"):
        raise UnsupportedError(f"np.reshape takes order 'C', 'F' or 'A' on a Value, was given {order!r}")
    return _reshape(a, shape=_shape(shape))


def _known(a: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with its −1 filled in."""
    try:
        return np.broadcast_to(np.zeros(()), a.shape).reshape(shape).shape
    except ValueError as error:
        raise ShapeError(f"np.reshape of shape {a.shape} to {shape}: {error}") from None


@composite(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """a as one row of numbers."""
    return reshape(a, -1, "C" if order == "K" else order)


@composite(np.transpose)
def transpose(a: Any, axes: Any = None) -> Any:
    """a with its axes permuted (reversed if None)."""
    return _transpose(a, axes=None if axes is None else tuple(operator.index(i) for i in axes))


@composite(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """a with its last two axes swapped."""
    if x.ndim < 2:
        raise ShapeError(f"matrix_transpose needs at least two axes, was given shape {x.shape}")
    return np.swapaxes(x, -1, -2)


@composite(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """a with two axes exchanged."""
    order = list(range(a.ndim))
    i, j = axis_of(a, axis1, "swapaxes"), axis_of(a, axis2, "swapaxes")
    order[i], order[j] = j, i
    return _transpose(a, axes=tuple(order))


def _axes(a: Any, axis: Any, function: str) -> tuple[int, ...]:
    return tuple(axis_of(a, i, function) for i in (axis if isinstance(axis, (tuple, list)) else (axis,)))


@composite(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """a with some axes moved to other places."""
    source, destination = _axes(a, source, "moveaxis"), _axes(a, destination, "moveaxis")
    if not len(set(source)) == len(source) == len(destination) == len(set(destination)):
        raise ShapeError(
            f"np.moveaxis needs as many sources as destinations, none twice; was given {source} and {destination}"
        )
    order = [i for i in range(a.ndim) if i not in source]
    for to, axis in sorted(zip(destination, source)):
        order.insert(to, axis)
    return _transpose(a, axes=tuple(order))


@composite(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """a with new axes of length 1."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shape, old = [1] * (a.ndim + len(axes)), iter(a.shape)
    new = {_normalized(i, len(shape), f"np.expand_dims of shape {a.shape} to {len(shape)} axes") for i in axes}
    if len(new) != len(axes):
        raise ShapeError(f"np.expand_dims was given an axis twice: {axes}")
    return _reshape(a, shape=tuple(1 if i in new else next(old) for i in range(len(shape))))


@composite(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """a without axes of length 1."""
    dropped = {i for i, n in enumerate(a.shape) if n == 1} if axis is None else set(_axes(a, axis, "squeeze"))
    if any(a.shape[i] != 1 for i in dropped):
        raise ShapeError(f"np.squeeze can only drop axes of length 1, was given axis={axis} of shape {a.shape}")
    return _reshape(a, shape=tuple(n for i, n in enumerate(a.shape) if i not in dropped))


@composite(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    """a repeated, without copying, to a shape."""
    return spread(array, shape=_shape(shape))


@composite(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """Every array broadcast to their common shape."""
    shape = np.broadcast_shapes(*(np.shape(a) for a in args))
    return tuple(np.broadcast_to(a, shape) for a in args)


@composite(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Arrays with at least one axis."""
    grown = tuple(a if np.ndim(a) >= 1 else np.reshape(a, (1,)) for a in arys)
    return grown[0] if len(grown) == 1 else grown


@composite(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Arrays with at least two axes."""
    grown = tuple(a if np.ndim(a) >= 2 else np.reshape(a, (1, -1)) for a in arys)
    return grown[0] if len(grown) == 1 else grown


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
    return np.concatenate(arrays, axis=0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@composite(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays on top of each other."""
    return np.concatenate([np.atleast_2d(a) for a in tup], axis=0, dtype=dtype, casting=casting)


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
    return [ary[(*lead, slice(start, stop))] for start, stop in zip(cuts[:-1], cuts[1:])]


@composite(np.where)
def where(condition: Any, x: Any = np._NoValue, y: Any = np._NoValue, /) -> Any:
    """x where the condition holds, y elsewhere; with the condition alone, the indices where it holds."""
    if x is np._NoValue and y is np._NoValue:
        return np.nonzero(condition)
    if x is np._NoValue or y is np._NoValue:
        raise ValueError("either both or neither of x and y should be given")
    return where_(condition, x, y)


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
    if counts.dtype.kind not in "biu" or counts.ndim > 1:
        raise DtypeError(f"np.repeat takes an integer, or one for each element, was given {repeats!r:.60}")
    fixed = int(counts.reshape(-1)[0]) if counts.size == 1 else tuple(int(r) for r in counts)
    return _repeat(a, repeats=fixed, axis=operator.index(axis))


@composite(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """a with the order of elements reversed along axes (all if None)."""
    return _flip(m, axis=tuple(axis) if isinstance(axis, list) else axis)


@composite(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Elements shifted along axes, those that leave at the end coming back at the front."""
    fixed = tuple(int(s) for s in shift) if isinstance(shift, (tuple, list)) else int(shift)
    return _roll(a, shift=fixed, axis=tuple(axis) if isinstance(axis, list) else axis)


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
            f"np.pad of shape {array.shape} takes one width, a pair, or a pair for each axis; was given {pad_width!r:.60}"
        ) from None
    width = tuple((int(before), int(after)) for before, after in pairs)
    if mode == "constant" or mode == "empty":
        constant = keywords.pop("constant_values", 0)
        if keywords:
            raise UnsupportedError(
                f"np.pad(mode={mode!r}) takes no {sorted(keywords)} on a Value; it takes constant_values"
            )
        padded = _pad_zeros(array, width=width)
        return padded if _is_zero(constant) else padded + _border(array, width, constant)
    if mode in ("edge", "reflect", "symmetric", "wrap") and keywords.get("reflect_type", "even") == "even":
        positions = np.arange(array.size).reshape(
            array.shape
        )  # pad the positions, then gather: linear, whatever the mode
        chosen = np.pad(positions, width, mode=mode)
        return np.ravel(array)[chosen]
    raise UnsupportedError(
        f"np.pad with mode={mode!r} and {keywords} has no derivative here; use constant, edge, reflect, symmetric or wrap"
    )


def _is_zero(constant: Any) -> bool:
    return isinstance(constant, (int, float)) and constant == 0


def _border(array: Any, width: Any, constant: Any) -> Any:
    """The border alone: constant(s) around zeros, axis after axis as np.pad fills them, later axes over earlier ones."""
    shape = tuple(before + n + after for (before, after), n in zip(width, array.shape))
    pairs = np.broadcast_to(constant, (array.ndim, 2))
    border = np.zeros(shape)
    for axis, (before, after) in enumerate(width):
        place = np.arange(shape[axis]).reshape((-1,) + (1,) * (array.ndim - axis - 1))
        border = np.where(
            place < before, pairs[axis, 0], np.where(place >= shape[axis] - after, pairs[axis, 1], border)
        )
    return border.astype(array.dtype)


@composite(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """a in another dtype. A cast to integers or booleans carries no gradient."""
    dtype = np.dtype(dtype)
    if dtype.kind in "fc":
        return _astype(x, dtype=dtype)
    if dtype.kind in "biu":
        return _to_discrete(x, dtype=dtype)
    raise UnsupportedError(f"a Value cannot be cast to {dtype}; it holds real or complex numbers, integers or booleans")


@composite(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """The same numbers: results are immutable, so there is nothing to copy."""
    return alias(a)
