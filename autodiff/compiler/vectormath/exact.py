"""Functions whose results are exact, to the bit and to the sign of zero as in NumPy."""

from __future__ import annotations

import math

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import choose
from autodiff.compiler.vectormath.rare import by_library, except_where


def fmod(x: Vector, y: Vector) -> Vector:
    """The remainder of x/y, with the sign of x.

    With q = the quotient towards zero, |x| − q·|y| is exact in one fused multiply-add. Rounding can have made q one too
    large, never too small; then the remainder comes out negative.
    """
    a, b = x.abs(), y.abs()
    quotient = a / b
    rest = (-quotient.trunc()).fma(b, a)
    rest = (rest < 0.0).where(rest + b, rest)
    rare = ~((quotient < choose(x, 2.0**52, 2.0**23)) & (b < math.inf))
    return except_where(rare, rest.copysign(x), lambda: by_library("fmod", x, y))


def remainder(x: Vector, y: Vector) -> Vector:
    """The remainder of x/y, with the sign of y."""
    rest = fmod(x, y)
    return _with_sign_of(y, rest)


def floor_divide(x: Vector, y: Vector) -> Vector:
    """x/y rounded down, as NumPy and Python find it: from the remainder."""
    rest = fmod(x, y)
    other_sign = (rest != 0.0) & ((rest < 0.0) ^ (y < 0.0))
    quotient = (x - rest) / y
    quotient = other_sign.where(quotient - 1.0, quotient)
    down = quotient.floor()
    nearest = (quotient - down > 0.5).where(down + 1.0, down)
    out = (quotient == 0.0).where(quotient.abs().copysign(x / y), nearest)
    return (y == 0.0).where(x / y, out)


def _with_sign_of(y: Vector, rest: Vector) -> Vector:
    moved = ((rest < 0.0) ^ (y < 0.0)).where(rest + y, rest)
    return (rest == 0.0).where(rest.copysign(y), moved)


def rint(x: Vector) -> Vector:
    """The nearest integer, halves to even."""
    return x.rint()


def sign(x: Vector) -> Vector:
    """−1, 0 (for −0, too) or 1; NaN for NaN."""
    return (x > 0.0).where(1.0, (x < 0.0).where(-1.0, (x == 0.0).where(0.0, x)))


def heaviside(x: Vector, at_zero: Vector) -> Vector:
    """0 below zero, 1 above it, and there what is given; NaN for NaN."""
    return (x > 0.0).where(1.0, (x < 0.0).where(0.0, (x == 0.0).where(at_zero, x)))


def maximum(x: Vector, y: Vector) -> Vector:
    """The larger of the two; NaN if either is. Of equals, zeros of either sign among them, the second."""
    return x.is_nan().where(x, (x > y).where(x, y))


def minimum(x: Vector, y: Vector) -> Vector:
    """The smaller of the two; NaN if either is. Of equals the second."""
    return x.is_nan().where(x, (x < y).where(x, y))


def fmax(x: Vector, y: Vector) -> Vector:
    """The larger of the two; a number rather than NaN. Of equals the second."""
    return y.is_nan().where(x, (x > y).where(x, y))


def fmin(x: Vector, y: Vector) -> Vector:
    """The smaller of the two; a number rather than NaN. Of equals the second."""
    return y.is_nan().where(x, (x < y).where(x, y))
