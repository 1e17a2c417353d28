"""Turning arrays around, giving them axes, and spreading them over grids: reversals, transposes and reshapes."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, AxisRangeError, ShapeError
from autodiff.primitives.keywords import listed
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of


@composite(np.fliplr)
def fliplr(m: Any) -> Any:
    """The order of the columns reversed."""
    if m.ndim < 2:
        raise ShapeError(f"np.fliplr needs at least two axes, was given shape {m.shape}; np.flip reverses one")
    return np.flip(m, 1)


@composite(np.flipud)
def flipud(m: Any) -> Any:
    """The order of the rows reversed."""
    if m.ndim < 1:
        raise ShapeError("np.flipud needs at least one axis, was given a scalar")
    return np.flip(m, 0)


@composite(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """A quarter turn, k times, from the first of two axes towards the second."""
    axes = tuple(map(operator.index, axes))
    if len(axes) != 2:
        raise ShapeError(f"np.rot90 turns in the plane of two axes, was given axes={axes}")
    first, second = (axis_of(m, axis, "rot90") for axis in axes)
    if first == second:
        raise ShapeError(f"np.rot90 turns in the plane of two axes; axes={axes} are the same one twice")
    turns = operator.index(k) % 4
    if turns == 0:
        return m[:]
    if turns == 2:
        return np.flip(np.flip(m, first), second)
    if turns == 1:
        return np.swapaxes(np.flip(m, second), first, second)
    return np.flip(np.swapaxes(m, first, second), second)


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis moved back until it stands before the axis `start`."""
    axis = axis_of(a, axis, "rollaxis")
    place = operator.index(start) + a.ndim if start < 0 else operator.index(start)
    if not 0 <= place <= a.ndim:
        raise AxisRangeError(f"np.rollaxis of shape {a.shape}: start={start} is not from {-a.ndim} to {a.ndim}")
    return np.moveaxis(a, axis, place - 1 if axis < place else place)


@composite(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Arrays with at least three axes; a vector becomes the middle one, a matrix the first two."""

    def grown(a: Any) -> Any:
        shape = np.shape(a)
        return a if len(shape) >= 3 else np.reshape(a, ((1, 1, 1), (1, *shape, 1), (*shape, 1))[len(shape)])

    several = tuple(map(grown, arys))
    return several[0] if len(several) == 1 else several


@composite(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of x along an axis, which they lack."""
    if x.ndim == 0:
        raise ShapeError("np.unstack needs at least one axis, was given a scalar")
    moved = np.moveaxis(x, axis_of(x, axis, "unstack"), 0)
    return tuple(moved[i] for i in range(len(moved)))


@composite(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The elements over and over, until they fill a shape."""
    shape = listed(new_shape)
    shape = tuple(map(operator.index, shape)) if isinstance(shape, tuple) else (operator.index(shape),)
    if any(n < 0 for n in shape):
        raise ShapeError(f"np.resize takes lengths that are not negative, was given {new_shape}")
    size = math.prod(shape)
    if size == 0 or a.size == 0:  # nothing of a is left; where nothing fills the shape, zeros do
        return np.zeros_like(a, shape=shape)
    return np.reshape(np.tile(np.ravel(a), -(-size // a.size))[:size], shape)


@composite(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """The coordinates of a grid, one array for each axis; `sparse` leaves them to broadcasting."""
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"np.meshgrid takes indexing 'xy' or 'ij', was given {indexing!r}")
    places = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        places[:2] = 1, 0
    grids: Any = [np.reshape(x, [-1 if i == place else 1 for i in range(len(xi))]) for x, place in zip(xi, places)]
    if not sparse:
        grids = np.broadcast_arrays(*grids)
    return tuple(np.copy(grid) for grid in grids) if copy else grids


@composite(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """Each sequence along an axis of its own; masks as the positions where they hold."""
    out = []
    for i, given in enumerate(args):
        x = given if hasattr(given, "dtype") else np.asarray(given)
        if x.ndim != 1:
            raise ShapeError(f"np.ix_ takes sequences with one axis, its argument {i} has shape {x.shape}")
        if x.dtype == bool:
            (x,) = np.nonzero(x)
        elif x.size == 0 and not hasattr(given, "dtype"):
            x = x.astype(int)
        out.append(np.reshape(x, [-1 if i == axis else 1 for axis in range(len(args))]))
    return tuple(out)
