"""Sets: which elements occur. Of equal elements, the first receives the gradient.

How many there are depends on data, so a compiled program cannot hold them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError
from autodiff.primitives.given import array_of, looked_at
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of

ALL, COUNTS, INVERSE = (type(f(np.zeros(1))) for f in (np.unique_all, np.unique_counts, np.unique_inverse))


def _plain(x: Any, function: str) -> Any:
    return looked_at(x, f"np.{function}, whose shape depends on data,")


@composite(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """What occurs in an array, or along an axis of it, in ascending order; positions and counts are plain arrays."""
    ar = array_of(ar, "unique")
    axis = None if axis is None else axis_of(ar, axis, "unique")
    positions = np.unique(_plain(ar, "unique"), True, True, True, axis, equal_nan=equal_nan)[1:]
    values = np.ravel(ar)[positions[0]] if axis is None else np.take(ar, positions[0], axis=axis)
    asked = (return_index, return_inverse, return_counts)
    if not any(asked):
        return values
    return (values, *(part for part, wanted in zip(positions, asked) if wanted))


@composite(np.unique_values)
def unique_values(x: Any) -> Any:
    """What occurs in an array; each NaN for itself."""
    return unique(x, equal_nan=False)


@composite(np.unique_all)
def unique_all(x: Any) -> Any:
    """What occurs in an array, where first, which of them each element is, and how often."""
    return ALL(*unique(x, True, True, True, equal_nan=False))


@composite(np.unique_counts)
def unique_counts(x: Any) -> Any:
    """What occurs in an array, and how often."""
    return COUNTS(*unique(x, return_counts=True, equal_nan=False))


@composite(np.unique_inverse)
def unique_inverse(x: Any) -> Any:
    """What occurs in an array, and which of them each element is."""
    return INVERSE(*unique(x, return_inverse=True, equal_nan=False))


@composite(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """What occurs in either of two arrays, in ascending order."""
    return np.unique(np.concatenate((array_of(ar1, "union1d"), array_of(ar2, "union1d")), axis=None))


@composite(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """What occurs in both of two arrays, in ascending order: the elements of the first, which receives the gradient."""
    ar1, ar2 = np.ravel(array_of(ar1, "intersect1d")), np.ravel(array_of(ar2, "intersect1d"))
    _, first, second = np.intersect1d(
        _plain(ar1, "intersect1d"), _plain(ar2, "intersect1d"), assume_unique, return_indices=True
    )
    values = ar1[first].astype(np.result_type(ar1.dtype, ar2.dtype))
    return (values, first, second) if return_indices else values


@composite(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """What occurs in the first of two arrays and not in the second."""
    ar1, ar2 = array_of(ar1, "setdiff1d"), array_of(ar2, "setdiff1d")
    ar1 = np.ravel(ar1) if assume_unique else unique(ar1)
    return ar1[~np.isin(_plain(ar1, "setdiff1d"), _plain(ar2, "setdiff1d"), assume_unique=True)]


@composite(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """What occurs in one of two arrays and not in the other, in ascending order."""
    ar1, ar2 = np.ravel(array_of(ar1, "setxor1d")), np.ravel(array_of(ar2, "setxor1d"))
    ar1, ar2 = (ar1, ar2) if assume_unique else (unique(ar1), unique(ar2))
    both = np.sort(np.concatenate((ar1, ar2)))
    plain = _plain(both, "setxor1d")
    ends = np.concatenate(([True], plain[1:] != plain[:-1], [True])) if plain.size else np.zeros(1, bool)
    return both[ends[1:] & ends[:-1]]


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """An array without the zeros at its front ("f") and back ("b"): along one axis, several, or all."""
    filt = array_of(filt, "trim_zeros")
    sides = str(trim).lower()
    if sides not in ("f", "b", "fb", "bf"):
        raise ArgumentError(f"np.trim_zeros takes trim 'f', 'b' or 'fb', was given {trim!r}")
    given = range(filt.ndim) if axis is None else (axis,) if isinstance(axis, (int, np.integer)) else axis
    axes = {axis_of(filt, i, "trim_zeros") for i in given}
    places = np.argwhere(_plain(filt, "trim_zeros"))
    index = [slice(None)] * filt.ndim
    for i in axes:
        index[i] = slice(0, 0)
        if places.size:
            first, last = int(places[:, i].min()), int(places[:, i].max())
            index[i] = slice(first if "f" in sides else None, last + 1 if "b" in sides else None)
    return filt[tuple(index)]
