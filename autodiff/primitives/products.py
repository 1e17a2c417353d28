"""Products of all elements, and of all up to each: exact with zeros, and in range wherever the derivative is.

Nothing is divided: for each element, the product of what comes before is multiplied by that of what comes after. Both
may overflow or vanish where their product does not. So a number is written as y·2ᵉ, with integers e such that the
product of any y that are neighbours lies near 1, and the exponents are added up apart. They are constants: whatever
they are, y·2ᵉ is the same number, so no derivative misses them.
"""

from __future__ import annotations

import math
from operator import index
from typing import Any

import numpy as np

from autodiff.errors import DtypeError
from autodiff.primitives.keywords import chosen, keeps, refuse
from autodiff.primitives.kinds import DISPATCH, Primitive, composite, linear, nondifferentiable, primitive
from autodiff.primitives.reductions import axes_of, expand

FAR = 2**36  # further than the exponents of two products can lie apart


def _ldexp_forward(x: Any, y: Any) -> Any:
    y = np.clip(y, -(2**20), 2**20).astype(np.int32)
    if not np.iscomplexobj(x):
        return np.ldexp(x, y)
    real, imaginary = np.ldexp(np.real(x), y), np.ldexp(np.imag(x), y)
    if not isinstance(x, (np.ndarray, np.generic)):
        return real + 1j * imaginary
    out = np.empty(np.shape(real), np.result_type(x))  # 1j·∞ would not be imaginary
    out.real, out.imag = real, imaginary
    return out


ldexp: Primitive = linear(_ldexp_forward, [lambda g, y: ldexp(g, y), None], broadcasts=True, name="ldexp")
"""x·2ʸ for integers y, rounded once: neither 2ʸ nor anything else in between needs to be in range."""


def _exponents_forward(x: Any) -> Any:
    """Integers e, along the last axis, such that the product of any neighbouring x·2⁻ᵉ lies near 1: what is rounded in
    one is made good in the next. 0 for zeros, infinities, NaN, and data that may not be looked at.
    """
    if not isinstance(x, np.ndarray):
        return np.zeros_like(x, dtype=np.int64)
    size = np.abs(x)
    height = np.log2(np.where((size > 0) & np.isfinite(size), size, 1)).astype(np.float64)
    exponents = np.diff(np.rint(np.cumsum(height, axis=-1)).astype(np.int64), axis=-1, prepend=0)
    return np.clip(exponents, -1000, 1000)  # of subnormal numbers, too: 2⁻ᵉ is to be in range for tangents of size 1


_exponents = nondifferentiable(_exponents_forward, name="exponents")


def _levels_forward(x: Any, y: Any, depth: Any) -> Any:
    """How high, as a binary exponent, the largest of x·2^depth lies up to each element, from the last y that is 0 on.

    Where all x are 0 so far: as if they were 1, but no higher than what follows. Up to the next zero y, levels rise.
    """
    if not isinstance(x, np.ndarray):
        return depth
    size = np.abs(x)
    known = (size > 0) & np.isfinite(size)
    height = depth + np.frexp(np.where(known, size, 1))[1]
    blocks = np.cumsum(y == 0, axis=-1, dtype=np.int64) * FAR
    supposed = np.maximum.accumulate(height + blocks, axis=-1) - blocks
    level = np.maximum.accumulate(np.where(known, height, -FAR) + blocks, axis=-1) - blocks
    present = level > -FAR // 2
    following = np.where(present, level, FAR) + blocks
    following = np.minimum.accumulate(following[..., ::-1], axis=-1)[..., ::-1] - blocks
    return np.where(present, level, np.minimum(supposed, following))


_levels = nondifferentiable(_levels_forward, name="levels")


def _shifted(x: Any, step: int, filled: Any) -> Any:
    """x moved `step` elements on along the last axis, what is left open filled up."""
    return np.concatenate([np.full_like(x[..., :step], filled), x[..., :-step]], axis=-1)


def _split(x: Any) -> tuple[Any, Any]:
    """(y, e) with x = y·2ᵉ, in double precision: there is more room in it, and nothing is lost."""
    wide = np.promote_types(x.dtype, np.float64)
    x = x if x.dtype == wide else x.astype(wide)
    e = _exponents(x)
    return ldexp(x, -e), e


def _before(y: Any, e: Any) -> tuple[Any, Any]:
    """The product of what comes before each element of y·2ᵉ, split in the same way."""
    return np.cumprod(_shifted(y, 1, 1), axis=-1), np.cumsum(_shifted(e, 1, 0), axis=-1)


def _products_of_others(x: Any) -> Any:
    """Along the last axis, for each element the product of all others: what comes before times what comes after."""
    y, e = _split(x)
    before, b = _before(y, e)
    after, a = _before(y[..., ::-1], e[..., ::-1])
    return ldexp(before * after[..., ::-1], b + a[..., ::-1])


def _recurrence(x: Any, c: Any, y: Any, e: Any) -> tuple[Any, Any]:
    """(s, m) for sᵢ = xᵢ·2^cᵢ + yᵢ·2^eᵢ·sᵢ₋₁ along the last axis, split into s·2ᵐ.

    Solved by doubling: after k steps, s holds the sums of the last 2ᵏ terms. Relative to the largest of them, at level
    m, none is out of range, and what vanishes does not matter.
    """
    n = x.shape[-1]
    y = np.concatenate([np.zeros_like(y[..., :1]), y[..., 1:]], axis=-1)
    height = np.cumsum(e, axis=-1)
    m = height + _levels(x, y, c - height)
    s, factor = ldexp(x, c - m), ldexp(y, e + _shifted(m, 1, 0) - m)
    step = 1
    while step < n:
        s = s + factor * _shifted(s, step, 0)
        factor = factor * _shifted(factor, step, 0)
        step *= 2
    return s, m


def _cumprod_vjp(g: Any, x: Any, axis: int) -> Any:
    """Σ_{j≥i} gⱼ ∏_{k≤j, k≠i} xₖ = (∏_{k<i} xₖ)·sᵢ with sᵢ = gᵢ + xᵢ₊₁ sᵢ₊₁."""
    if x.shape[axis] < 2:
        return g
    y, e = _split(np.moveaxis(x, axis, -1))
    before, b = _before(y, e)
    s, m = _recurrence(
        np.moveaxis(g, axis, -1)[..., ::-1], 0, _shifted(y[..., ::-1], 1, 0), _shifted(e[..., ::-1], 1, 0)
    )
    return np.moveaxis(ldexp(before * s[..., ::-1], b + m[..., ::-1]), -1, axis)


def _cumprod_jvp(tangents: Any, x: Any, axis: int) -> Any:
    """ṗᵢ = ṗᵢ₋₁ xᵢ + pᵢ₋₁ ẋᵢ."""
    if x.shape[axis] < 2:
        return tangents[0]
    y, e = _split(np.moveaxis(x, axis, -1))
    before, b = _before(y, e)
    return np.moveaxis(ldexp(*_recurrence(np.moveaxis(tangents[0], axis, -1) * before, b, y, e)), -1, axis)


_cumprod = primitive(lambda x, *, axis: np.cumprod(x, axis=axis), [_cumprod_vjp], jvp=_cumprod_jvp, name="cumprod")


def last_axis(x: Any, axis: Any) -> Any:
    """x with the reduced axes gathered into one, the last."""
    if axis is None:
        return x.reshape(-1)
    axes = tuple(a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis))
    kept = tuple(a for a in range(x.ndim) if a not in axes)
    moved = np.transpose(x, kept + axes)
    return moved.reshape((*(x.shape[a] for a in kept), math.prod(x.shape[a] for a in axes)))


def _from_last_axis(g: Any, x_like: Any, axis: Any) -> Any:
    """The inverse of `last_axis`."""
    if axis is None:
        return g.reshape(x_like.shape)
    axes = tuple(a % x_like.ndim for a in ((axis,) if isinstance(axis, int) else axis))
    order = tuple(a for a in range(x_like.ndim) if a not in axes) + axes
    g = g.reshape(tuple(x_like.shape[a] for a in order))
    return np.transpose(g, tuple(int(a) for a in np.argsort(np.array(order))))


def _prod_partials(x: Any, x_like: Any, axis: Any) -> Any:
    if x.size == 0:
        return x
    return _from_last_axis(_products_of_others(last_axis(x, axis)), x_like, axis)


def _prod_vjp(g: Any, x: Any, x_like: Any, axis: Any, keepdims: bool) -> Any:
    if np.ndim(x_like) == 0:
        return g
    return expand(g, x_like, axis, keepdims) * _prod_partials(x, x_like, axis)


def _prod_jvp(tangents: Any, x: Any, x_like: Any, axis: Any, keepdims: bool) -> Any:
    if np.ndim(x_like) == 0:
        return tangents[0]
    return np.sum(tangents[0] * _prod_partials(x, x_like, axis), axis=axis, keepdims=keepdims)


_prod = primitive(
    lambda x, *, axis=None, keepdims=False: np.prod(x, axis=axis, keepdims=keepdims),
    [_prod_vjp],
    jvp=_prod_jvp,
    name="prod",
)


# --- NumPy's signatures over them -----------------------------------------------------------------------------------


@composite(np.prod)
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """∏ a over axes; exact with zeros."""
    refuse("prod", dtype=dtype, out=out)
    a = chosen(a, where, 1, "prod")
    total = _prod(a, axis=axes_of(axis), keepdims=keeps(keepdims))
    return total if initial is None or initial is np._NoValue else total * initial


@composite(np.cumprod)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products along an axis (of the flattened array if None); exact with zeros."""
    refuse("cumprod", dtype=dtype, out=out)
    return _cumprod(a.reshape(-1), axis=0) if axis is None else _cumprod(np.atleast_1d(a), axis=index(axis))


def _ldexp(x1: Any, x2: Any) -> Any:
    """x1·2^x2, for integers x2."""
    if (x2 if hasattr(x2, "dtype") else np.asarray(x2)).dtype.kind not in "iub":
        raise DtypeError(f"np.ldexp takes integer exponents, was given {x2!r:.60}; write x * 2.0**y")
    return ldexp(x1, x2)


DISPATCH[np.ldexp] = _ldexp
