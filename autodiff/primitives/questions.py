"""Questions about elements, positions and types. The answers carry no gradient."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.primitives.keywords import listed, refuse
from autodiff.primitives.kinds import composite, nondifferentiable
from autodiff.primitives.nondifferentiable import plain

for ufunc in (np.left_shift, np.right_shift, np.gcd, np.lcm, np.bitwise_count):
    nondifferentiable(ufunc)

_isin, _array_equiv, _iscomplex, _isreal, _isneginf, _isposinf = map(
    plain, ("isin", "array_equiv", "iscomplex", "isreal", "isneginf", "isposinf")
)
_unravel = nondifferentiable(
    lambda x, *, shape, order, axis: np.unravel_index(x, shape, order)[axis], name="unravel_index"
)
_ravel_positions = nondifferentiable(
    lambda *xs, dims, mode, order: np.ravel_multi_index(xs, dims, mode, order), name="ravel_multi_index"
)


# --- elements -------------------------------------------------------------------------------------------------------


@composite(np.isin)
def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Any:
    """Whether each element occurs among others."""
    return _isin(element, test_elements, assume_unique=assume_unique, invert=invert, kind=kind)


@composite(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> Any:
    """Whether two arrays have the same elements once broadcast."""
    return _array_equiv(a1, a2)


@composite(np.iscomplex)
def iscomplex(x: Any) -> Any:
    """Whether each element has an imaginary part."""
    return _iscomplex(x)


@composite(np.isreal)
def isreal(x: Any) -> Any:
    """Whether each element has no imaginary part."""
    return _isreal(x)


@composite(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    """Whether each element is −∞."""
    refuse("isneginf", out=out)
    return _isneginf(x)


@composite(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    """Whether each element is +∞."""
    refuse("isposinf", out=out)
    return _isposinf(x)


# --- positions ------------------------------------------------------------------------------------------------------


@composite(np.argwhere)
def argwhere(a: Any) -> Any:
    """The positions of the elements that are not zero, one in a row."""
    if a.ndim == 0:
        return argwhere(np.reshape(a, 1))[:, :0]
    return np.transpose(np.stack(np.nonzero(a)))


@composite(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    """The positions of the elements of the flattened array that are not zero."""
    return np.nonzero(np.ravel(a))[0]


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


@composite(np.einsum_path)
def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    """In which order np.einsum would multiply arrays of these shapes."""
    refuse("einsum_path", einsum_call=einsum_call or None)  # which would hand the operands back
    like = (np.broadcast_to(0.0, x.shape) if hasattr(type(x), "_record") else x for x in operands)
    return np.einsum_path(*like, optimize=optimize)
