"""Signs, mantissas, fractions and special numbers of floating point; the modified Bessel function I₀."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.errors import UnsupportedError
from autodiff.primitives.given import array_of, looked_at
from autodiff.primitives.keywords import refuse
from autodiff.primitives.kinds import DISPATCH, NONZERO, composite, elementwise, nondifferentiable
from autodiff.primitives.products import ldexp

copysign = elementwise(np.copysign, [lambda x, y: np.sign(x) * np.copysign(1.0, y), None], domain=[NONZERO, NONZERO])
"""|x| with the sign of y: its derivative by x is 0 at 0, as that of |x| is."""

nextafter = elementwise(np.nextafter, [1, None], domain=[NONZERO, NONZERO])
"""x moved by a rounding error, which is no derivative."""

nondifferentiable(np.spacing)
_exponent = nondifferentiable(lambda x: np.frexp(x)[1], name="binary_exponent")


def frexp(x: Any, /) -> tuple[Any, Any]:
    """(m, e) with x = m·2ᵉ, ½ ≤ |m| < 1: the integers e carry no gradient, so that of m is 2⁻ᵉ."""
    exponent = _exponent(x)
    return ldexp(x, -exponent), exponent


def modf(x: Any, /) -> tuple[Any, Any]:
    """The fractional part, with derivative 1, and the integral part, without one."""
    whole = np.trunc(x)
    return np.where(np.isinf(x), np.copysign(0.0, x), x - np.where(np.isinf(x), 0.0, whole)), whole


DISPATCH[np.frexp], DISPATCH[np.modf] = frexp, modf


@composite(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    """Rounded towards 0: piecewise constant, no gradient."""
    refuse("fix", out=out)
    return np.trunc(x)


# --- special numbers replaced ---------------------------------------------------------------------------------------


@composite(np.nan_to_num)
def nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """x with NaN and infinities replaced, each part of complex numbers on its own; what was replaced has gradient 0."""
    if not copy:
        raise UnsupportedError("np.nan_to_num(..., copy=False) is not supported on a Value, which is immutable")
    x = array_of(x, "nan_to_num")
    if x.dtype.kind not in "fc":
        return x
    if x.dtype.kind == "c":
        parts = [_finite(part, nan, posinf, neginf) for part in (np.real(x), np.imag(x))]
        return parts[0] + 1j * parts[1]
    return _finite(x, nan, posinf, neginf)


def _finite(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    largest, smallest = np.finfo(x.dtype).max, np.finfo(x.dtype).min
    out = np.where(np.isnan(x), nan, x)
    out = np.where(np.logical_and(np.isinf(x), x > 0), largest if posinf is None else posinf, out)
    return np.where(np.logical_and(np.isinf(x), x < 0), smallest if neginf is None else neginf, out).astype(x.dtype)


@composite(np.real_if_close)
def real_if_close(a: Any, tol: Any = 100) -> Any:
    """The real part, if all imaginary parts are within rounding of 0 (or within tol); else a as it is."""
    a = array_of(a, "real_if_close")
    if a.dtype.kind != "c":
        return a
    if tol > 1:
        tol = np.finfo(a.dtype).eps * tol
    size = np.abs(looked_at(np.imag(a), "np.real_if_close, whose dtype depends on data,"))
    return np.real(a) if np.all(size < tol) else a


# --- the modified Bessel function I₀ --------------------------------------------------------------------------------

_NODES = 96
_COSINES = [math.cos(math.pi / 2 * (k + 0.5) / _NODES) for k in range(_NODES)]


def _first_order(x: Any) -> Any:
    """I₁(x) = 1/π ∫₀^π e^{x cos θ} cos θ dθ, by the midpoint rule, which is exact to rounding for periodic functions.

    With the four quarters of the circle put together, every term has one sign: nothing cancels. 96 nodes to the
    quarter suffice for all x whose I₀ is in range. sinh z is 2·sinh(z/2)·cosh(z/2), which does not overflow on the way.
    """
    weights = np.array(_COSINES, getattr(x, "dtype", float)).reshape((-1,) + (1,) * np.ndim(x))
    half = weights / 2 * np.expand_dims(x, 0)
    return np.sum(2 * weights / _NODES * np.sinh(half) * np.cosh(half), axis=0)


_i0 = elementwise(lambda x: np.i0(x)[()], [lambda x: _first_order(x)], name="i0")


@composite(np.i0)
def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind and order 0."""
    return _i0(x)
