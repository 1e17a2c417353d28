"""eˣ, 2ˣ, eˣ − 1 and the hyperbolic sine and cosine.

All write x = k·ln 2 + r with |r| ≤ ½ln 2, so that eˣ = 2ᵏ·eʳ, and take eʳ from a polynomial (Cody and Waite, Software
Manual for the Elementary Functions, 1980, chapter 6). Where 2ᵏ would leave the normal numbers, a rare branch multiplies
by it in two steps.
"""

from __future__ import annotations

import math

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import choose, head_and_tail, layout, multiples, power_of_two, scaled
from autodiff.compiler.vectormath.coefficients import COSH, EXP, EXP2, EXPM1, SINH
from autodiff.compiler.vectormath.rare import except_where

LN2 = (math.log(2), 2.3190468138462996e-17)
"""ln 2, and what the double lacks."""


def exp(x: Vector) -> Vector:
    """eˣ = 2ᵏ + 2ᵏ(r + r²Q(r))."""
    k, power, r = reduced(x)
    less_one = (r * r).fma(EXP(r), r)
    return except_where(x.abs() > normal(x), power.fma(less_one, power), lambda: any_power(1.0 + less_one, k))


def exp2(x: Vector) -> Vector:
    """2ˣ = 2ᵏ + 2ᵏ·rQ(r), where r = x − k is exact."""
    k, power = multiples(x, 1.0)
    r = x - k
    less_one = r * EXP2(r)
    rare = x.abs() > layout(x).bias - 1.0
    return except_where(rare, power.fma(less_one, power), lambda: any_power(1.0 + less_one, k))


def expm1(x: Vector) -> Vector:
    """eˣ − 1 = 2ᵏ(r + r²Q(r)) + (2ᵏ − 1). Near 0 is k = 0, and nothing cancels."""
    k, power, r = reduced(x)
    less_one = (r * r).fma(EXPM1(r), r)
    usual = power.fma(less_one, power - 1.0)
    out = except_where(x.abs() > normal(x), usual, lambda: (x < 0.0).where(-1.0, any_power(1.0 + less_one, k)))
    return out.copysign(x)


def expm1_in_range(x: Vector) -> Vector:
    """The same where e^|x| is known to be a normal number, and the sign of zero is nobody's concern."""
    _, power, r = reduced(x)
    return power.fma((r * r).fma(EXPM1(r), r), power - 1.0)


def sinh(x: Vector) -> Vector:
    """The hyperbolic sine, S + S(cosh r − 1) + C·sinh r with S and C those of k·ln 2."""
    k, _, r = reduced(x)
    sine, less_one = _small(r)
    large_sine, large_cosine = _large(k)
    usual = large_sine.fma(less_one, large_cosine.fma(sine, large_sine))
    return _or_half_exp(x, k, sine, less_one, usual).copysign(x)


def cosh(x: Vector) -> Vector:
    """The hyperbolic cosine, C + C(cosh r − 1) + S·sinh r with S and C those of k·ln 2."""
    k, _, r = reduced(x)
    sine, less_one = _small(r)
    large_sine, large_cosine = _large(k)
    usual = large_cosine.fma(less_one, large_sine.fma(sine, large_cosine))
    return _or_half_exp(x, k, sine, less_one, usual)


def _small(r: Vector) -> tuple[Vector, Vector]:
    """sinh r and cosh r − 1."""
    t = r * r
    return (r * t).fma(SINH(t), r), t * COSH(t)


def _large(k: Vector) -> tuple[Vector, Vector]:
    """½(2ᵏ − 2⁻ᵏ) and ½(2ᵏ + 2⁻ᵏ)."""
    up, down = power_of_two(k - 1.0), power_of_two(-1.0 - k)
    return up - down, up + down


def _or_half_exp(x: Vector, k: Vector, sine: Vector, less_one: Vector, usual: Vector) -> Vector:
    """`usual`; for |x| so large that it is half of e^|x|, that."""

    def otherwise() -> Vector:
        return any_power(1.0 + less_one + (x < 0.0).where(-sine, sine), k.abs() - 1.0)

    return except_where(x.abs() > normal(x) - 1.0, usual, otherwise)


# --- shared ---------------------------------------------------------------------------------------------------------


def normal(x: Vector) -> float:
    """Up to this |x|, eˣ and e⁻ˣ are normal numbers."""
    return choose(x, 708.0, 87.0)


def reduced(x: Vector) -> tuple[Vector, Vector, Vector]:
    """(k, 2ᵏ, r) with x = k·ln 2 + r. k·head is exact, and so is its difference from x."""
    k, power = multiples(x, 1 / LN2[0])
    head, tail = head_and_tail(x, LN2)
    return k, power, k.fma(-tail, k.fma(-head, x))


def any_power(p: Vector, k: Vector) -> Vector:
    """p·2ᵏ for ½ < p < 2 and any k: overflow and underflow as they should be."""
    form = layout(p)
    far = (k < -float(form.bias + form.digits + 2)).where(0.0, scaled(p, k))
    return (k > form.bias + 1.0).where(math.inf, far)
