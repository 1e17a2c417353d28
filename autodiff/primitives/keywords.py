"""What the keywords of NumPy's functions mean on Values: read in one place, or refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError


def refuse(function: str, **given: Any) -> None:
    """Raise for every keyword that was given (is neither None nor NumPy's own default) and has no derivative."""
    for keyword, value in given.items():
        if value is None or value is np._NoValue:
            continue
        raise UnsupportedError(
            f"np.{function}(..., {keyword}={value!r}) is not supported on a Value: results are never written in place "
            f"and dtypes are kept. Leave {keyword}= out (v.astype(...) changes the dtype, v.data is the plain array)."
        )


def on_cpu(device: Any) -> None:
    """Raise for a `device=` other than the one NumPy has."""
    if device not in (None, "cpu"):
        raise ArgumentError(f"NumPy computes on device='cpu' alone, was given device={device!r}")


def listed(given: Any) -> Any:
    """Axes, shapes, shifts: a tuple where several are given, in whatever NumPy takes for that; one as it is."""
    if isinstance(given, np.ndarray) and given.ndim:
        return tuple(given.tolist())
    return tuple(given) if isinstance(given, (tuple, list, range)) else given


def keeps(keepdims: Any) -> bool:
    """Whether reduced axes are kept, of length 1."""
    return False if keepdims is np._NoValue else bool(keepdims)


def is_masked(where: Any) -> bool:
    """Whether `where=` was given."""
    return where is not True and where is not np._NoValue


def mask_for(a: Any, where: Any, function: str) -> Any:
    """The mask `where=` as booleans that broadcast to the shape of a; a is not broadcast to theirs."""
    mask = where if hasattr(where, "dtype") else np.asarray(where, dtype=bool)
    if mask.dtype != bool:
        raise DtypeError(f"np.{function}(..., where=mask) takes booleans; it was given dtype {mask.dtype}")
    fits = mask.ndim <= np.ndim(a) and all(n in (1, m) for n, m in zip(mask.shape[::-1], np.shape(a)[::-1]))
    if not fits:
        raise ShapeError(
            f"np.{function}(..., where=mask) takes a mask that broadcasts to the array's shape {np.shape(a)}; it was "
            f"given shape {mask.shape}"
        )
    return mask


def chosen(a: Any, where: Any, otherwise: Any, function: str) -> Any:
    """a with the elements that `where=` leaves out replaced; a itself where it is not given."""
    return np.where(mask_for(a, where, function), a, otherwise) if is_masked(where) else a
