"""How a module here mirrors one of SciPy's: our functions where there are some, and SciPy's own for plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from autodiff.containers import flatten
from autodiff.errors import UnsupportedError
from autodiff.value import Value


def scipy_module(name: str) -> ModuleType:
    """SciPy's module of that name."""
    return import_module(f"scipy.{name}")


def holds_values(*given: Any) -> bool:
    """Whether there are Values among some arguments, also inside tuples, lists and dicts."""
    return any(isinstance(leaf, Value) for leaf in flatten(given)[0])


def ours(theirs: Callable[..., Any], mine: Callable[..., Any]) -> Callable[..., Any]:
    """SciPy's function for plain arguments, ours as soon as a Value is among them."""

    @wraps(mine)
    def call(*args: Any, **keywords: Any) -> Any:
        return (mine if holds_values(args, keywords) else theirs)(*args, **keywords)

    return call


def mirrored(module: ModuleType, name: str) -> Any:
    """What a module of SciPy's has under a name; a function that has no derivative here refuses Values by its name."""
    if name.startswith("_") or not hasattr(module, name):
        raise AttributeError(
            f"module 'autodiff.{module.__name__}' has no attribute {name!r}, nor has {module.__name__}"
        )
    theirs = getattr(module, name)
    if isinstance(theirs, (np.ufunc, type, ModuleType)) or not callable(theirs):
        return theirs

    @wraps(theirs)
    def call(*args: Any, **keywords: Any) -> Any:
        if holds_values(args, keywords):
            raise UnsupportedError(
                f"{module.__name__}.{name} has no derivative in autodiff's table. Write it with functions that have "
                "one, register it (autodiff.primitive), or, if no gradient is needed, call it on v.data"
            )
        return theirs(*args, **keywords)

    return call
