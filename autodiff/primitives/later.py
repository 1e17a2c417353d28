"""Entries that load on first use, because what they rest on is optional."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.primitives.kinds import DISPATCH


def is_special(function: Any) -> bool:
    """Whether a function is one of SciPy's special ufuncs. (If it is, somebody has imported SciPy.)"""
    special = sys.modules.get("scipy.special")
    return isinstance(function, np.ufunc) and getattr(special, function.__name__, None) is function


def loaded_for(function: Any) -> Callable[..., Any] | None:
    """What to run for a ufunc that nobody registered so far; scipy.special's are when the first of them arrives."""
    if not is_special(function):
        return None
    import autodiff.primitives.special  # noqa: F401

    return DISPATCH.get(function)
