"""Rearranging elements: every operation here is linear, and its adjoint puts the elements back."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.errors import AxisRangeError, DtypeError, ShapeError, UnsupportedError
from autodiff.modes import current_mode
from autodiff.primitives.keywords import listed, on_cpu
from autodiff.primitives.kinds import composite, linear, nondifferentiable
from autodiff.primitives.reductions import spread


def _copy_forward(x: Any, *, order: str) -> Any:
    if isinstance(x, np.ndarray):
        return x.copy(order=order)  # type: ignore[arg-type]
    return x.copy() if hasattr(x, "copy") else x


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

_copy = linear(_copy_forward, [lambda g: g], name="copy")
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


# --- NumPy's signatures over them -----------------------------------------------------------------------------------


def axis_of(a: Any, axis: Any, function: str) -> int:
    """An axis of a, counted from the front."""
    return normalized(axis, np.ndim(a), f"np.{function} of shape {np.shape(a)}")


def normalized(axis: Any, ndim: int, what: str) -> int:
    """An axis counted from the front; AxisRangeError, which says of what, if there is none."""
    if not -ndim <= operator.index(axis) < ndim:
        raise AxisRangeError(f"{what} has no axis {axis}: there are {ndim} axes, from {-ndim} to {ndim - 1}")
    return operator.index(axis) % ndim


def _shape(shape: Any) -> tuple[int, ...]:
    shape = listed(shape)
    return tuple(map(operator.index, shape)) if isinstance(shape, tuple) else (operator.index(shape),)


@composite(np.reshape)
def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    """a in another shape, row by row (order="F": column by column; "A": as a lies in memory)."""
    if order == "A":
        order = _order_in_memory(a, "np.reshape(..., order='A')")
    if order == "F":
        return np.transpose(_reshape(np.transpose(a), shape=_known(a, _shape(shape))[::-1]))
    if order != "C":
        raise UnsupportedError(f"np.reshape takes order 'C', 'F' or 'A' on a Value, was given {order!r}")
    return _reshape(a, shape=_shape(shape))


def _order_in_memory(a: Any, asked: str) -> str:
    """Whether the elements of a lie row by row ("C") or column by column ("F"); anything else is refused."""
    flags = getattr(getattr(a, "_data", a), "flags", None)
    if np.ndim(a) < 2:
        return "C"
    if flags is not None and current_mode().trace is None:  # a program does not ask how its arguments lie
        if flags.c_contiguous:
            return "C"
        if flags.f_contiguous:
            return "F"
    raise UnsupportedError(
        f"{asked} depends on how the elements lie in memory: here that is neither row by row nor column by column, or "
        "not known (in a jitted function). Say order='C' or order='F'"
    )


def _known(a: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with its −1 filled in."""
    try:
        return np.broadcast_to(np.zeros(()), a.shape).reshape(shape).shape
    except ValueError as error:
        raise ShapeError(f"np.reshape of shape {a.shape} to {shape}: {error}") from None


@composite(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """a as one row of numbers: row by row, column by column ("F"), or as they lie in memory ("A", "K")."""
    return reshape(a, -1, _order_in_memory(a, f"np.ravel(..., order={order!r})") if order in ("A", "K") else order)


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
    axis = listed(axis)
    return tuple(axis_of(a, i, function) for i in (axis if isinstance(axis, tuple) else (axis,)))


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
    new = {normalized(i, len(shape), f"np.expand_dims of shape {a.shape} to {len(shape)} axes") for i in axes}
    if len(new) != len(axes):
        raise ShapeError(f"np.expand_dims was given an axis twice: {axes}")
    return _reshape(a, shape=tuple(1 if i in new else next(old) for i in range(len(shape))))


@composite(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """a without axes of length 1."""
    if axis is None or (a.ndim == 0 and axis in (0, -1)):  # which NumPy takes, although there is no axis
        dropped = {i for i, n in enumerate(a.shape) if n == 1}
    else:
        dropped = set(_axes(a, axis, "squeeze"))
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


@composite(np.where)
def where(condition: Any, x: Any = np._NoValue, y: Any = np._NoValue, /) -> Any:
    """x where the condition holds, y elsewhere; with the condition alone, the indices where it holds."""
    if x is np._NoValue and y is np._NoValue:
        return np.nonzero(condition)
    if x is np._NoValue or y is np._NoValue:
        raise ValueError("either both or neither of x and y should be given")
    return where_(condition, x, y)


@composite(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """a with the order of elements reversed along axes (all if None)."""
    return _flip(m, axis=tuple(axis) if isinstance(axis, list) else axis)


@composite(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Elements shifted along axes, those that leave at the end coming back at the front."""
    shift = listed(shift)
    fixed = tuple(map(int, shift)) if isinstance(shift, tuple) else int(shift)
    return _roll(a, shift=fixed, axis=listed(axis))


@composite(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """a in another dtype. A cast to integers or booleans carries no gradient."""
    on_cpu(device)
    dtype = np.dtype(dtype)
    if dtype.kind in "fc":
        return _astype(x, dtype=dtype)
    if dtype.kind in "biu":
        return _to_discrete(x, dtype=dtype)
    raise UnsupportedError(f"a Value cannot be cast to {dtype}; it holds real or complex numbers, integers or booleans")


@composite(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """The same numbers in a buffer of their own, laid out as a is, or row by row ("C"), or column by column ("F")."""
    return _copy(a, order=order)


def cast(a: Any, dtype: Any, order: str, casting: Any) -> Any:
    """ndarray's astype: a in another dtype, if that kind of casting is allowed, laid out in memory as asked."""
    dtype = np.dtype(dtype)
    if not np.can_cast(a.dtype, dtype, casting):
        raise DtypeError(f"v.astype({str(dtype)!r}, casting={casting!r}) of a {a.dtype} Value is not allowed")
    out = astype(a, dtype)
    return out if order == "K" else copy(out, order)


def laid_out_as(out: Any, a: Any) -> Any:
    """The result of a function that keeps the layout of its argument, although it was put together otherwise."""
    strides = getattr(getattr(a, "_data", a), "strides", None)
    if strides is None or current_mode().trace is not None:
        return out
    axes = tuple(sorted(range(len(strides)), key=lambda i: -abs(strides[i])))
    if axes == tuple(range(len(strides))):
        return out
    return np.transpose(copy(np.transpose(out, axes), "C"), _inverse(axes))


def row_by_row(out: Any) -> Any:
    """The result of a function that lays it out so, although it was put together otherwise."""
    flags = getattr(getattr(out, "_data", out), "flags", None)
    return out if flags is None or flags.c_contiguous or current_mode().trace is not None else copy(out, "C")
