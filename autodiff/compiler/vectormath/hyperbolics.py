"""arcsinh, arccosh and arctanh. (The hyperbolic functions themselves are with the exponentials, tanh with its kin.)"""

from __future__ import annotations

import math

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import from_integer, head_and_tail, layout, parts
from autodiff.compiler.vectormath.coefficients import ARCTANH
from autodiff.compiler.vectormath.exponentials import LN2
from autodiff.compiler.vectormath.logarithms import log1p_of_sum, logarithm
from autodiff.compiler.vectormath.rare import except_where


def arcsinh(x: Vector) -> Vector:
    """log(a + √(1 + a²)) = log1p(a + a²/(1 + √(1 + a²))) for a = |x|, so that nothing cancels."""
    size = x.abs()
    square = size * size
    usual = log1p_of_sum(size, square / ((square + 1.0).sqrt() + 1.0))
    return except_where(~(size < _far(x)), usual, lambda: _log_of_double(size)).copysign(x)


def arccosh(x: Vector) -> Vector:
    """log(x + √(x² − 1)) = log1p(t + √(t² + 2t)) for t = x − 1; NaN below 1."""
    t = x - 1.0
    usual = log1p_of_sum(t.fma(t, t + t).sqrt(), t)
    return except_where(~((x >= 1.0) & (x < _far(x))), usual, lambda: (x >= 1.0).where(_log_of_double(x), math.nan))


def arctanh(x: Vector) -> Vector:
    """½log((1 + a)/(1 − a)) for a = |x|, by the addition theorem: k·½ln 2 + artanh s for

    s = ((1 + a) − 2ᵏ(1 − a))/((1 + a) + 2ᵏ(1 − a)). With the 2ᵏ near the quotient, s is small; for small a, it is a.
    """
    size, form = x.abs(), layout(x)
    # the bits of a positive number, read as an integer, are nearly its logarithm to base 2
    above, below = 1.0 + size, 1.0 - size
    apart = above.bitcast(form.integer) - below.bitcast(form.integer)
    exponent = apart + (1 << (form.digits - 1))
    k = from_integer(exponent >> form.digits, x.type, 0)
    power = (-(exponent & (-1 << form.digits)) + (form.bias << form.digits)).bitcast(x.type)  # 2⁻ᵏ
    # 1 − a is exact from ½ on, and 2⁻ᵏ ± 1 up to there: the quotient by 2ᵏ, written in two ways
    more, less, near = power + 1.0, power - 1.0, size < 0.5
    over = near.where(size.fma(more, less), power.fma(above, -below))
    s = over / near.where(size.fma(less, more), power.fma(above, below))
    t = s * s
    head, tail = head_and_tail(x, (LN2[0] / 2, LN2[1] / 2))
    usual = k.fma(head, s + (s * t).fma(ARCTANH(t), k * tail))
    at_ends = (size == 1.0).where(x.function.constant(math.inf, x.type), math.nan)
    return except_where(~(size < 1.0), usual, lambda: at_ends).copysign(x)


def _far(x: Vector) -> float:
    """From here on, 1 does not matter beside x², which does not overflow before."""
    return 2.0 ** (layout(x).bias // 2)


def _log_of_double(x: Vector) -> Vector:
    """log 2x for normal x; infinity and NaN as they are."""
    taken = parts(x)
    return (x < math.inf).where(logarithm(taken.k + 1.0, taken.m - 1.0).natural(), x)
