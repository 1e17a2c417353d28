"""What the arguments of layers, optimisers and `fit` may be, and what to say if they are not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autodiff.errors import ArgumentError, DtypeError


def described(x: Any) -> str:
    """What an argument is, for a message: its type, and its shape or the beginning of its repr.

    >>> described(np.ones((2, 3))), described("adam"), described(dict)
    ('ndarray of shape (2, 3)', "str 'adam'", 'the class dict')
    """
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if getattr(x, "shape", ()):
        return f"{type(x).__name__} of shape {x.shape}"
    return f"{type(x).__name__} {x!r:.60}"


def whole(name: str, n: Any) -> int:
    """An integer from 1."""
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool):
        raise DtypeError(f"{name} is a whole number; it was given {described(n)}")
    if n < 1:
        raise ArgumentError(f"{name} is at least 1; it was given {n}")
    return int(n)


def number(name: str, x: Any, low: float, high: float = math.inf, *, closed: bool = False) -> float:
    """A number in (low, high), or in [low, high) if closed."""
    if not isinstance(x, (int, float, np.integer, np.floating)) or isinstance(x, bool):
        raise DtypeError(f"{name} is a number; it was given {described(x)}")
    if not (low < x < high or (closed and x == low)):
        raise ArgumentError(f"{name} lies in {'[' if closed else '('}{low:g}, {high:g}); it was given {x}")
    return float(x)


def real_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """A floating point type, as weights have it."""
    try:
        kind = np.dtype(dtype)
    except TypeError as error:
        raise DtypeError(f"dtype is float64 or float32; it was given {dtype!r:.60}") from error
    if kind.kind != "f":
        raise DtypeError(f"weights are real floating point numbers, float64 or float32; it was given dtype {kind}")
    return kind
