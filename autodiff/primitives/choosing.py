"""Choosing between arrays, and among elements, by conditions. Conditions and positions carry no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, IndexRangeError, ShapeError
from autodiff.primitives.indexing import At
from autodiff.primitives.keywords import refuse
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of


def _common_dtype(choices: Any) -> Any:
    """The dtype NumPy gives a result that any of the choices may fill; Python's numbers adapt to the others."""
    plain = (getattr(x, "_data", x) for x in choices)
    return np.result_type(
        *(x if type(x) in (int, float, complex) or hasattr(x, "dtype") else np.asarray(x) for x in plain)
    )


def _as_dtype(x: Any, dtype: Any) -> Any:
    if hasattr(x, "dtype"):
        return x if x.dtype == dtype else x.astype(dtype)
    return np.asarray(x, dtype)


@composite(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """At each place the element of that choice whose number a holds there."""
    refuse("choose", out=out)
    if mode not in ("raise", "wrap", "clip"):
        raise ArgumentError(f"np.choose takes mode 'raise', 'wrap' or 'clip', was given {mode!r}")
    a = a if hasattr(a, "dtype") else np.asarray(a)
    if a.dtype.kind not in "biu":
        raise DtypeError(f"np.choose takes the numbers of choices, integers; it was given dtype {a.dtype}")
    choices = list(choices)
    if not choices:
        raise ArgumentError("np.choose was given no choices")
    if mode == "wrap":
        a = a % len(choices)
    elif mode == "clip":
        a = np.clip(a.astype(int), 0, len(choices) - 1)
    elif (a.dtype != bool or len(choices) < 2) and np.any((a < 0) | (a >= len(choices))):
        raise IndexRangeError(
            f"np.choose was given numbers outside of its {len(choices)} choices; mode='wrap' or 'clip' brings them in"
        )
    shape = np.broadcast_shapes(np.shape(a), *map(np.shape, choices))
    dtype = _common_dtype(choices)
    chosen = np.broadcast_to(_as_dtype(choices[-1], dtype), shape)
    for number, choice in reversed([*enumerate(choices[:-1])]):
        chosen = np.where(np.equal(a, number), _as_dtype(choice, dtype), chosen)
    return chosen


@composite(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """At each place the element of the first choice whose condition holds there; the default where none does."""
    conditions, choices = list(condlist), list(choicelist)
    if len(conditions) != len(choices) or not conditions:
        raise ArgumentError(
            f"np.select takes a choice for each condition, at least one; was given {len(conditions)} conditions and "
            f"{len(choices)} choices"
        )
    for i, condition in enumerate(conditions):
        kind = np.result_type(getattr(condition, "_data", condition))
        if kind.kind != "b":
            raise DtypeError(f"np.select takes conditions of booleans; condition {i} has dtype {kind}")
    dtype = _common_dtype([*choices, default])
    shape = np.broadcast_shapes(*map(np.shape, (*conditions, *choices, default)))
    chosen = np.broadcast_to(_as_dtype(default, dtype), shape)
    for condition, choice in zip(reversed(conditions), reversed(choices)):
        chosen = np.where(condition, _as_dtype(choice, dtype), chosen)
    return chosen


@composite(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """The parts of a along an axis (of the flattened array if None) at which a vector of conditions holds."""
    refuse("compress", out=out)
    a = a if hasattr(a, "dtype") else np.asarray(a)
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis_of(a, axis, "compress"))
    if np.ndim(condition) != 1:
        raise ShapeError(f"np.compress takes a vector of conditions, was given shape {np.shape(condition)}")
    mask = condition if hasattr(condition, "dtype") else np.asarray(condition, bool)
    mask = mask if mask.dtype == bool else np.not_equal(mask, 0)
    n = a.shape[axis]
    if len(mask) != n:
        if np.any(mask[n:]):
            raise IndexRangeError(f"np.compress: a condition holds beyond the end of axis {axis}, of length {n}")
        mask = np.concatenate([mask[:n], np.zeros(max(n - len(mask), 0), bool)])
    return a[(slice(None),) * axis + (mask,)]


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The elements of the flattened array at which the flattened condition holds."""
    return compress(np.ravel(condition), np.ravel(arr))


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Where a condition holds, its function of those elements, or its constant; of several the last one wins.

    A function is called once, with the elements it is for, as NumPy calls it.
    """
    x = x if hasattr(x, "dtype") else np.asarray(x)
    conditions = list(condlist) if np.iterable(condlist) else [condlist]
    if x.ndim and not np.ndim(conditions[0]):  # one condition, not several
        conditions = [condlist]
    masks = [np.asarray(condition, dtype=bool) for condition in conditions]
    if len(funclist) == len(masks) + 1:
        masks.append(~np.any(masks, axis=0))
    elif len(funclist) != len(masks):
        raise ArgumentError(
            f"np.piecewise of {len(masks)} conditions takes as many functions, or one more for where none holds; was "
            f"given {len(funclist)}"
        )
    out = np.zeros_like(x)
    for mask, function in zip(masks, funclist):
        piece = function
        if callable(function):
            piece = x[mask]
            if piece.size == 0:
                continue
            piece = function(piece, *args, **kw)
        out = At(out, mask).set(piece)
    return out
