"""tanh and its kin: sigmoid, softplus, logaddexp.

With x = k·½ln 2 + y, |y| ≤ ¼ln 2 and τ = tanh y, a short odd polynomial,

    e²ˣ = 2ᵏ(1 + τ)/(1 − τ)

and each of these functions becomes one quotient, in which nothing cancels.
"""

from __future__ import annotations

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import choose, head_and_tail, layout, multiples, sum_and_lost
from autodiff.compiler.vectormath.coefficients import EXP, EXP2, SOFTPLUS, TANH
from autodiff.compiler.vectormath.exponentials import LN2, any_power, normal, reduced
from autodiff.compiler.vectormath.rare import except_where

_HALF_LN2 = (LN2[0] / 2, LN2[1] / 2)


def tanh(x: Vector) -> Vector:
    """The hyperbolic tangent (T + τ)/(1 + T·τ), where T, that of k·½ln 2, is (1 − s)/(1 + s) with s = 2⁻ᵏ.

    Never above 1: the numerator is the smaller one, and rounding keeps the order.
    """
    far = choose(x, 20.0, 10.0)  # from here on, tanh x rounds to 1
    near = (x.abs() > far).where(far, x.abs())
    minus_k, s = multiples(near, -2 / LN2[0])
    tau = _tanh_of_rest(minus_k, near)
    over, under = 1.0 - s, 1.0 + s
    return (tau.fma(under, over) / tau.fma(over, under)).copysign(x)


def sigmoid(x: Vector) -> Vector:
    """1/(1 + e⁻ˣ) = 2ᵏ(1 + τ) / (2ᵏ(1 + τ) + (1 − τ)), here with e²⁽ˣᐟ²⁾."""
    k, power, tau = _halved(x)
    odds = power.fma(tau, power)
    against = 1.0 - tau
    return except_where(
        x.abs() > normal(x),
        odds / (odds + against),
        lambda: (x > 0.0).where(1.0, any_power((1.0 + tau) / against, k)),
    )


# --- log(1 + e^...) -------------------------------------------------------------------------------------------------


def softplus(x: Vector) -> Vector:
    """log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)."""
    below = -x.abs()
    k, power, r = reduced(below)
    less_one = (r * r).fma(EXP(r), r)
    usual = _log1p(power.fma(less_one, power))
    return (x > 0.0).where(x, 0.0) + except_where(below < -normal(x), usual, lambda: any_power(1.0 + less_one, k))


def logaddexp(x: Vector, y: Vector) -> Vector:
    """log(eˣ + eʸ) = the larger + log(1 + e^−|x − y|).

    Where the sum is near 0 the two terms cancel, as they do in NumPy: then the error is 2.5 ulp of the larger term.
    """
    larger, below, lost = _difference(x, y)
    k, power, r = reduced(below)
    r = r + lost
    less_one = (r * r).fma(EXP(r), r)
    return larger + _log1p_where_far(~(below >= -normal(x)), x == y, k, power, less_one)


def logaddexp2(x: Vector, y: Vector) -> Vector:
    """log₂(2ˣ + 2ʸ) = the larger + log₂(1 + 2^−|x − y|)."""
    larger, below, lost = _difference(x, y)
    k, power = multiples(below, 1.0)
    r = below - k + lost
    less_one = r * EXP2(r)
    rare = ~(below >= 1.0 - layout(x).bias)
    return larger + _log1p_where_far(rare, x == y, k, power, less_one) * (1 / LN2[0])


# --- parts ----------------------------------------------------------------------------------------------------------


def _tanh(y: Vector) -> Vector:
    """tanh y for |y| ≤ ¼ln 2."""
    t = y * y
    return (y * t).fma(TANH(t), y)


def _tanh_of_rest(minus_k: Vector, x: Vector) -> Vector:
    """−tanh y for x = k·½ln 2 + y."""
    head, tail = head_and_tail(x, _HALF_LN2)
    y = minus_k.fma(tail, minus_k.fma(head, x))
    return _tanh(y)


def _halved(x: Vector) -> tuple[Vector, Vector, Vector]:
    """(k, 2ᵏ, τ) with eˣ = 2ᵏ(1 + τ)/(1 − τ): x/2 = k·½ln 2 + y, τ = tanh y."""
    k, power = multiples(x, 1 / LN2[0])
    head, tail = head_and_tail(x, _HALF_LN2)
    return k, power, _tanh(k.fma(-tail, k.fma(-head, x * 0.5)))


def _log1p(e: Vector) -> Vector:
    """log(1 + e) for 0 ≤ e ≤ 1: with s = e/(2 + e) it is 2·artanh s, and 2s = e − s·e."""
    s = e / (e + 2.0)
    t = s * s
    return (-s).fma(t.fma(SOFTPLUS.times(-2.0)(t), e), e)


def _log1p_where_far(rare: Vector, equal: Vector, k: Vector, power: Vector, less_one: Vector) -> Vector:
    """log(1 + e) for e = power·(1 + less_one). In rare lanes e is so small that it is the result, or is not a number.

    Equal operands may be infinite.
    """
    return except_where(
        rare,
        _log1p(power.fma(less_one, power)),
        lambda: equal.where(LN2[0], any_power(1.0 + less_one, k)),
    )


def _difference(x: Vector, y: Vector) -> tuple[Vector, Vector, Vector]:
    """The larger, how far the smaller is below, and what rounding lost of that."""
    first = x > y
    larger = first.where(x, y)
    return larger, *sum_and_lost(first.where(y, x), -larger)
