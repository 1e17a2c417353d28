"""What the arguments of layers, optimisers and `fit` may be, and what to say if they are not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autodiff.errors import ArgumentError, DtypeError


def described(x: Any) -> str:
    """What an argument is, for a message, in one line: its type, and its shape or the beginning of its repr.

    >>> described(np.ones((2, 3))), described("adam"), described(dict)
    ('ndarray of shape (2, 3)', "str 'adam'", 'the class dict')
    """
    name = type(x).__name__
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if getattr(x, "shape", ()):
        return f"{name} of shape {x.shape}"
    text = repr(x).partition("\n")[0][:60]
    return text if text.startswith(name) else f"{name} {text}"


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


def sizes(name: str, given: Any) -> list[int]:
    """The sizes of layers: a list of at least one integer from 1."""
    if not isinstance(given, (list, tuple)):
        raise DtypeError(
            f"{name} lists the size of each layer, as in MLP(2, [16, 16, 1]); it was given {described(given)}"
        )
    if not given:
        raise ArgumentError(f"{name} names no layer; MLP(2, [16, 16, 1]) has two hidden layers and one output")
    return [whole(f"each of {name}", n) for n in given]


def real_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """The floating point type of weights: float64 or float32."""
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError):
        kind = None
    if kind not in (np.float64, np.float32):
        raise DtypeError(f"the dtype of weights is float64 or float32; it was given {kind or repr(dtype)[:60]}")
    return kind
