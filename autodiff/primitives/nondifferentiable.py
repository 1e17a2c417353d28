"""Operations whose results carry no gradient: comparisons, rounding, positions, and questions about arrays."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.primitives.keywords import is_masked, keeps, mask_for, on_cpu, refuse
from autodiff.primitives.kinds import composite, nondifferentiable

for ufunc in (
    np.floor,
    np.ceil,
    np.rint,
    np.trunc,
    np.signbit,
    np.isfinite,
    np.isnan,
    np.isinf,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.logical_not,
):
    nondifferentiable(ufunc)

equal = nondifferentiable(np.equal)
not_equal = nondifferentiable(np.not_equal)
less = nondifferentiable(np.less)
less_equal = nondifferentiable(np.less_equal)
greater = nondifferentiable(np.greater)
greater_equal = nondifferentiable(np.greater_equal)
bitwise_and = nondifferentiable(np.bitwise_and)
bitwise_or = nondifferentiable(np.bitwise_or)
bitwise_xor = nondifferentiable(np.bitwise_xor)
invert = nondifferentiable(np.invert)
floor_divide = nondifferentiable(np.floor_divide)
sign = nondifferentiable(np.sign)  # of real numbers: that of complex ones has a derivative
step = nondifferentiable(np.heaviside)


def _plain(name: str) -> Any:
    """The NumPy function called `name`, kept as a primitive so that tracing records it."""
    return nondifferentiable(lambda x, *rest, **keywords: getattr(np, name)(x, *rest, **keywords), name=name)


_argmax, _argmin, _argsort, _any, _all = map(_plain, ("argmax", "argmin", "argsort", "any", "all"))
_round, _count_nonzero, _isclose, _searchsorted = map(_plain, ("round", "count_nonzero", "isclose", "searchsorted"))
_array_equal = nondifferentiable(
    lambda x, y, *, equal_nan=False: np.bool_(np.array_equal(x, y, equal_nan=equal_nan)), name="array_equal"
)
_allclose = nondifferentiable(
    lambda x, y, *rest, **keywords: np.bool_(np.allclose(x, y, *rest, **keywords)), name="allclose"
)
_nonzero = nondifferentiable(lambda x: np.nonzero(x), name="nonzero")
_astype_discrete = nondifferentiable(lambda x, *, dtype: np.asarray(x).astype(dtype), name="astype_discrete")


@composite(np.heaviside)
def heaviside(x1: Any, x2: Any, /) -> Any:
    """0 left of 0, 1 right of it, and x2 at 0: which receives the gradient there."""
    if getattr(x2, "_carries", False):
        return np.where(np.equal(x1, 0), x2, step(x1, 0.0))
    return step(x1, x2)


@composite(np.argmax)
def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """The position of the largest element."""
    refuse("argmax", out=out)
    return _argmax(a, axis=axis, keepdims=keeps(keepdims))


@composite(np.argmin)
def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """The position of the smallest element."""
    refuse("argmin", out=out)
    return _argmin(a, axis=axis, keepdims=keeps(keepdims))


@composite(np.argsort)
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """The positions that sort; stable, so that both modes agree on ties."""
    refuse("argsort", order=order)
    return _argsort(a, axis=axis, kind="stable")


@composite(np.any)
def any_(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    """Whether any element is true."""
    refuse("any", out=out)
    if is_masked(where):
        a = np.logical_and(a, mask_for(a, where, "any"))
    return _any(a, axis=axis, keepdims=keeps(keepdims))


@composite(np.all)
def all_(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    """Whether all elements are true."""
    refuse("all", out=out)
    if is_masked(where):
        a = np.logical_or(a, np.logical_not(mask_for(a, where, "all")))
    return _all(a, axis=axis, keepdims=keeps(keepdims))


@composite(np.round, np.around)
def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Rounded to a number of decimals: piecewise constant, no gradient."""
    refuse("round", out=out)
    return _round(a, decimals=decimals)


@composite(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """How many elements are not zero."""
    return _count_nonzero(a, axis=axis, keepdims=keepdims)


@composite(np.searchsorted)
def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    """Where v would be inserted to keep a sorted."""
    return _searchsorted(a, v, side=side, sorter=sorter)


@composite(np.isclose)
def isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether elements agree within tolerances."""
    return _isclose(a, b, rtol, atol, equal_nan=equal_nan)


@composite(np.allclose)
def allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether all elements agree within tolerances."""
    return _allclose(a, b, rtol, atol, equal_nan=equal_nan)


@composite(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    """Whether two arrays have the same shape and elements."""
    return _array_equal(a1, a2, equal_nan=equal_nan)


@composite(np.nonzero)
def nonzero(a: Any) -> Any:
    """The indices of the elements that are not zero: a tuple of plain integer arrays."""
    indices = _nonzero(a)
    return tuple(indices.part(i) for i in range(a.ndim))


@composite(np.shape)
def shape(a: Any) -> tuple[int, ...]:
    """The shape, a plain tuple."""
    return a.shape  # type: ignore[no-any-return]


@composite(np.ndim)
def ndim(a: Any) -> int:
    """The number of axes."""
    return a.ndim  # type: ignore[no-any-return]


@composite(np.size)
def size(a: Any, axis: Any = None) -> int:
    """The number of elements, or of those along an axis."""
    return int(a.size if axis is None else a.shape[operator.index(axis)])


@composite(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex."""
    return x.dtype.kind == "c"  # type: ignore[no-any-return]


@composite(np.isrealobj)
def isrealobj(x: Any) -> bool:
    """Whether the dtype is real."""
    return x.dtype.kind != "c"  # type: ignore[no-any-return]


_zeros_like = nondifferentiable(
    lambda x, *, dtype=None, shape=None: np.zeros_like(x, dtype=dtype, shape=shape), name="zeros_like"
)
_ones_like = nondifferentiable(
    lambda x, *, dtype=None, shape=None: np.ones_like(x, dtype=dtype, shape=shape), name="ones_like"
)
_full_like = nondifferentiable(
    lambda x, value, *, dtype=None, shape=None: np.full_like(x, value, dtype=dtype, shape=shape), name="full_like"
)


@composite(np.zeros_like, np.empty_like)
def zeros_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    """Zeros of the shape and dtype of a. (empty_like too: nothing can be written into it.)"""
    on_cpu(device)
    return _zeros_like(a, dtype=dtype, shape=shape)


@composite(np.ones_like)
def ones_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    """Ones of the shape and dtype of a."""
    on_cpu(device)
    return _ones_like(a, dtype=dtype, shape=shape)


@composite(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """An array of one number, in the shape and dtype of a. A fill value with a gradient is broadcast instead."""
    on_cpu(device)
    if hasattr(type(fill_value), "_record"):
        return np.broadcast_to(fill_value, a.shape if shape is None else shape).astype(dtype or a.dtype)
    return _full_like(a, fill_value, dtype=dtype, shape=shape)
