"""What debug_nans says of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import NonFiniteError


def caught(f: Callable[[], Any]) -> NonFiniteError:
    with pytest.raises(NonFiniteError) as error, ad.debug_nans():
        f()
    return error.value


def values(*data: Any) -> list[Value]:
    return [Value(np.array(x, dtype=float), label=f"v{i}") for i, x in enumerate(data)]


def root(x: Any) -> Any:
    """A function whose derivative is infinite at 0."""
    return np.sum(np.sqrt(x) * 2)
