"""What a function was given: operands as arrays, and the plain numbers where a result's shape depends on them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autodiff.modes import current_mode
from autodiff.operands import constant
from autodiff.primitives.shaping import stopped


def array_of(x: Any, function: str) -> Any:
    """A Value as it is; anything else as a numeric array, refused in the function's name if it is not one."""
    if hasattr(type(x), "_record"):
        return x
    x = constant(x, function)
    return x if hasattr(x, "dtype") else np.asarray(x)


def looked_at(x: Any, what: str) -> Any:
    """The numbers of x, as a plain array: for what no derivative depends on. A program may not look at its own."""
    return np.asarray(stopped(x)._read(what) if hasattr(type(x), "_record") else x)


def is_given(keyword: Any) -> bool:
    """Whether a keyword was given, and not as None."""
    return keyword is not None and keyword is not np._NoValue


def anywhere(condition: Any) -> bool:
    """Whether a condition holds for any element, where that can be known: lazy arrays are not looked at."""
    data = getattr(condition, "_data", condition)
    return isinstance(data, (bool, np.bool_, np.ndarray)) and bool(np.any(data))


def warn_where(bad: Any, message: str) -> None:
    """NumPy's RuntimeWarning where any element is bad. A program does not look."""
    if current_mode().trace is None and anywhere(bad):
        warnings.warn(message, RuntimeWarning, stacklevel=3)
