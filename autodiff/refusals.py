"""What to say when NumPy asks for something that has no derivative: what was asked, why not, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autodiff.decisions import IN_PLACE, REFUSED
from autodiff.errors import AutodiffError, InPlaceError, UnsupportedError
from autodiff.primitives.later import is_special

_INSTEAD = {
    "reduce": "use the function with an axis, np.sum, np.prod, np.max or np.min",
    "at": "use v.at[index].add(x)",
}


def refusal(function: Any, method: str = "__call__", keywords: Mapping[str, Any] | None = None) -> AutodiffError:
    """The error for a NumPy function, or a ufunc's method or keywords, that cannot be recorded."""
    if not isinstance(function, np.ufunc):
        return _of_function(function.__module__, function.__name__)
    module = "scipy.special" if is_special(function) else "numpy"
    name = f"{module.replace('numpy', 'np')}.{function.__name__.lstrip('_')}"
    keywords = keywords or {}
    if "out" in keywords:
        return InPlaceError(
            f"{name} was asked to write into an array (out=, or in place, as in `buffer += v`), where the gradient "
            f"would be lost; write buffer = {name}(buffer, v)"
        )
    if method != "__call__":
        return UnsupportedError(f"{name}.{method} is not supported on Values; {_INSTEAD.get(method, f'use {name}')}")
    if keywords:
        given = ", ".join(f"{keyword}={value!r}" for keyword, value in keywords.items())
        return UnsupportedError(
            f"{name}(..., {given}) is not supported on Values; leave the keyword out: np.where(mask, ...) chooses, "
            "v.astype(...) changes the dtype"
        )
    return _of_function(module, function.__name__.lstrip("_"))


def _of_function(module: str, name: str) -> AutodiffError:
    """The error for a function: the decision on it, if there is one."""
    key = f"{module}.{name}".removeprefix("numpy.")
    if key in IN_PLACE:
        return InPlaceError(f"np.{key} {IN_PLACE[key]}")
    if key in REFUSED:
        return UnsupportedError(f"np.{key} {REFUSED[key]}")
    return UnsupportedError(
        f"{module.replace('numpy', 'np')}.{name} has no derivative in autodiff's table. Write it with functions that "
        "have one, register it (autodiff.primitive), or, if no gradient is needed, call it on v.data"
    )
