"""Questions about positions and types. The answers carry no gradient."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.primitives.keywords import listed
from autodiff.primitives.kinds import composite, nondifferentiable

_unravel = nondifferentiable(
    lambda x, *, shape, order, axis: np.unravel_index(x, shape, order)[axis], name="unravel_index"
)
_ravel_positions = nondifferentiable(
    lambda *xs, dims, mode, order: np.ravel_multi_index(xs, dims, mode, order), name="ravel_multi_index"
)


# --- positions ------------------------------------------------------------------------------------------------------


@composite(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    """Where the elements with these numbers in the flattened array stand, a part for each axis."""
    shape = listed(shape)
    shape = tuple(map(operator.index, shape)) if isinstance(shape, tuple) else (operator.index(shape),)
    return tuple(_unravel(indices, shape=shape, order=order, axis=axis) for axis in range(len(shape)))


@composite(np.ravel_multi_index)
def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> Any:
    """The numbers that the elements at these positions have in the flattened array."""
    return _ravel_positions(*multi_index, dims=listed(dims), mode=mode, order=order)


# --- types ----------------------------------------------------------------------------------------------------------


@composite(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> Any:
    """The dtype of what is computed from these; numbers kept as Python floats adapt to the others."""
    return np.result_type(*(getattr(x, "_data", x) for x in arrays_and_dtypes))


@composite(np.common_type)
def common_type(*arrays: Any) -> Any:
    """The inexact type that holds the elements of all arrays."""
    return np.common_type(*(np.empty((), x.dtype) for x in arrays))


@composite(np.can_cast)
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether the dtype may be cast to another one."""
    return np.can_cast(from_.dtype if hasattr(type(from_), "_record") else from_, to, casting)
