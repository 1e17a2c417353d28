"""Entries that load on first use, because what they rest on is optional."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.primitives.kinds import DISPATCH


def is_special(function: Any) -> bool:
    """Whether a function is one of SciPy's special ufuncs. (If it is, somebody has imported SciPy.)"""
    modules = (sys.modules.get(name) for name in ("scipy.special", "scipy.special._ufuncs"))
    return isinstance(function, np.ufunc) and any(getattr(m, function.__name__, None) is function for m in modules)


def loaded_for(function: Any) -> Callable[..., Any] | None:
    """What to run for a ufunc that nobody registered so far; scipy.special's are when the first of them arrives."""
    if not is_special(function):
        return None
    import autodiff.primitives.special  # noqa: F401

    return DISPATCH.get(function)
