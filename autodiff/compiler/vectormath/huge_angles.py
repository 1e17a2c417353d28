"""Angles so large that π is needed to a thousand digits: which multiple of ½π is nearest, and what is left.

Payne and Hanek, Radian Reduction for Trigonometric Functions (SIGNUM Newsletter 18, 1983): of x/π = m·2ᵉ·(1/π) only the
part below 2 matters, so of the digits of 1/π only some 190 behind the place where they weigh that much. (What C
libraries offer may not be good enough: near some multiples of π, from 10¹² on, glibc's is off by up to 10⁵ ulp.)
"""

from __future__ import annotations

import math

from autodiff.compiler.ir import F64, I8, I64, POINTER, Type, Vector
from autodiff.compiler.vectormath.bits import layout
from autodiff.compiler.vectormath.rare import lane_by_lane

_WINDOW = Type("i192")
_DIGITS = 1216
_INVERSE_PI = int(
    "517cc1b727220a94fe13abe8fa9a6ee06db14acc9e21c820ff28b1d5ef5de2b0db92371d2126e9700324977504e8c90e7f0e"
    "f58e5894d39f74411afa975da24274ce38135a2fbf209cc8eb1cc1a99cfa4e422fc5defc941d8ffc4bffef02cc07f79788c5"
    "ad05368fb69b3f6793e584dba7a31fb34f2ff516ba93dd63f5f2f8bd9e839cfbc529497535fdafd88fc6ae842b0198237e3d"
    "b5d5",
    16,
)
"""1/π·2¹²¹⁶"""
_PI = 0xC90FDAA22168C235
"""π·2⁶²"""


def reduced(size: Vector, far: Vector) -> tuple[Vector, Vector]:
    """(k, r) with size = k·½π + r, k but for multiples of 4, where far holds. Infinity and NaN leave NaN.

    size: not negative
    """
    type, f = size.type, size.function
    finite = far & (size <= layout(size).largest)

    def one(x: Vector) -> list[Vector]:
        k, r = _of_scalar(x.to(F64))
        return [k.to(Type(type.base)), r.to(Type(type.base))]

    k, r = lane_by_lane(one, [finite.where(size, 2.0**60)], results=2)
    return k, finite.where(r, f.constant(math.nan, type))


def _of_scalar(x: Vector) -> tuple[Vector, Vector]:
    """(k, r) of a double."""
    f = x.function
    bits = x.bitcast(I64)
    mantissa, exponent = (bits & ((1 << 52) - 1)) | (1 << 52), (bits >> 52) - (1023 + 52)

    # the window starts at a byte of 1/π, such that what is left out above it is a multiple of 4 of x/π
    size = _DIGITS // 8 + 8
    table = ", ".join(f"i8 {byte}" for byte in _INVERSE_PI.to_bytes(size, "little"))
    f.declare(f"@inverse_pi = private constant [{size} x i8] [{table}]")
    first = (_DIGITS - 190 + 7 - exponent) >> 3
    place = f.offset(Vector(f, "@inverse_pi", POINTER), first, I8)
    window = f.emit(_WINDOW, f"load {_WINDOW}, ptr {place.name}, align 1")
    whole = exponent + (first << 3) - (_DIGITS - 192)  # so many bits of the product stand before the point

    # shifted so that one of them is left, it is x/π mod 2, or x/½π mod 4 with two of them
    product = (mantissa.to(_WINDOW) * window) << (whole - 1).to(_WINDOW)
    k = ((product + (1 << 189)) >> 190).to(I64)
    rest = product << 2  # signed: the distance from the nearest integer, times 2¹⁹²
    negative = rest < 0
    distance = negative.where(-rest, rest)
    angle = (distance >> 66) * _PI  # in units of 2⁻¹⁸⁹: 53 digits and then 63, to be added with one rounding
    high, low = (angle >> 136).to(I64), ((angle >> 73) & ((1 << 63) - 1)).to(I64)
    r = low.to(F64).fma(2.0 ** (73 - 189), high.to(F64) * (2.0 ** (136 - 189)))
    return k.to(F64), negative.where(-r, r)
