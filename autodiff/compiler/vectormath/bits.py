"""Floating-point numbers taken apart and put together: rounding, powers of two, exponents.

A double is ±m·2ᵉ with 52 digits of m after the point and 1023 added to e; a float has 23 and 127.
"""

from __future__ import annotations

import math
import struct
from typing import NamedTuple, TypeVar

from autodiff.compiler.ir import I32, I64, Type, Vector

T = TypeVar("T")


class Layout(NamedTuple):
    """digits: bits after the point · bias: what is added to the exponent · integer: as wide as the number"""

    digits: int
    bias: int
    integer: Type

    @property
    def rounder(self) -> float:
        """Adding it rounds to an integer k: what comes has no digits after the point, and its lowest bits are k's."""
        return 1.5 * 2.0**self.digits

    @property
    def exponent_rounder(self) -> float:
        """The same, but the lowest bits are those of k + bias, the exponent of 2ᵏ."""
        return self.rounder + self.bias

    @property
    def smallest(self) -> float:
        """The smallest normal number."""
        return 2.0 ** (1 - self.bias)

    @property
    def largest(self) -> float:
        """The largest number."""
        return (2.0 - 2.0**-self.digits) * 2.0**self.bias


DOUBLE, SINGLE = Layout(52, 1023, I64), Layout(23, 127, I32)


def layout(x: Vector) -> Layout:
    """How the elements of x are laid out."""
    return DOUBLE if x.type.base == "double" else SINGLE


def choose(x: Vector, double: T, single: T) -> T:
    """What depends on the precision."""
    return double if x.type.base == "double" else single


def head_and_tail(x: Vector, c: tuple[float, float]) -> tuple[float, float]:
    """A constant, given as a double and what that lacks, as the sum of two numbers of x's precision.

    The head has so few digits that its product with an exponent is exact (Cody and Waite 1980).
    """
    digits = choose(x, 42, 15)
    scale = 2.0 ** (digits - math.frexp(c[0])[1])
    head = math.floor(c[0] * scale) / scale
    return head, (c[0] - head) + c[1]


def nearest_and_tail(x: Vector, c: tuple[float, float]) -> tuple[float, float]:
    """Such a constant as the number of x's precision nearest to it, and what that lacks."""
    if x.type.base == "double":
        return c
    (nearest,) = struct.unpack("f", struct.pack("f", c[0]))
    return nearest, (c[0] - nearest) + c[1]


def times_sign(x: Vector, y: Vector) -> Vector:
    """x with its sign changed where y is negative, or −0."""
    form = layout(x)
    sign = y.bitcast(form.integer) & (-1 << (form.integer.bits - 1))
    return (x.bitcast(form.integer) ^ sign).bitcast(x.type)


def sum_and_lost(x: Vector, y: Vector | float) -> tuple[Vector, Vector]:
    """x + y, and what rounding lost of it (Knuth, The Art of Computer Programming 2, 1969, section 4.2.2)."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


# --- powers of two --------------------------------------------------------------------------------------------------


def multiples(x: Vector, factor: float) -> tuple[Vector, Vector]:
    """(k, 2ᵏ) for the integer k nearest to x·factor. The power is good for normal 2ᵏ."""
    shifted = x.fma(factor, layout(x).exponent_rounder)
    return shifted - layout(x).exponent_rounder, _with_exponent(shifted)


def power_of_two(k: Vector) -> Vector:
    """2ᵏ for integers k, if that is a normal number."""
    return _with_exponent(k + layout(k).exponent_rounder)


def _with_exponent(shifted: Vector) -> Vector:
    """2ᵏ from k + exponent_rounder."""
    form = layout(shifted)
    return (shifted.bitcast(form.integer) << form.digits).bitcast(shifted.type)


def scaled(x: Vector, k: Vector) -> Vector:
    """x·2ᵏ in two steps, so that it may overflow, or underflow, though 2ᵏ must not; only the last step rounds."""
    first = (k * 0.5).rint()
    return x * power_of_two(first) * power_of_two(k - first)


# --- exponents ------------------------------------------------------------------------------------------------------


class Parts(NamedTuple):
    """x = m·2ᵏ with √½ ≤ m < √2. exponent: the bits of k + bias, where the exponent of a number stands."""

    k: Vector
    m: Vector
    exponent: Vector

    def inverse(self) -> Vector:
        """2⁻ᵏ, if that is a normal number."""
        form = layout(self.m)
        return (-self.exponent + (2 * form.bias << form.digits)).bitcast(self.m.type)


def parts(x: Vector) -> Parts:
    """Normal positive numbers taken apart. Without the bits of √½, the exponent changes at √½ instead of at 1."""
    form = layout(x)
    root = bits_of(math.sqrt(0.5), x.type)
    shifted = x.bitcast(form.integer) + ((form.bias << form.digits) - root)
    digits = (1 << form.digits) - 1
    m = ((shifted & digits) + root).bitcast(x.type)
    return Parts(from_integer(shifted >> form.digits, x.type, -form.bias), m, shifted & ~digits)


def from_integer(n: Vector, type: Type, plus: int) -> Vector:
    """n + plus as a floating-point number, for 0 ≤ n < 2^digits: set behind the point of 2^digits, which is subtracted.

    Not every processor converts vectors of 64-bit integers.
    """
    point = 2.0**52 if type.base == "double" else 2.0**23
    return (n | bits_of(point, type)).bitcast(type) - (point - plus)


def bits_of(number: float, type: Type) -> int:
    """The bits of a number in the precision of a type, as an integer."""
    number_as, integer_as = ("<d", "<q") if type.base == "double" else ("<f", "<i")
    return int(struct.unpack(integer_as, struct.pack(number_as, number))[0])
