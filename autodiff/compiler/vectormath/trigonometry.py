"""sin, cos and tan.

Up to a limit the nearest multiple of ½π is subtracted in three parts (Cody and Waite 1980, chapter 8): the first
product is exact within a fused multiply-add, and so is its difference from x, however near x is to the multiple. Beyond
the limit π is needed to many more digits, and huge_angles.py takes over.
"""

from __future__ import annotations

import math

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath import huge_angles
from autodiff.compiler.vectormath.bits import choose, layout, times_sign
from autodiff.compiler.vectormath.coefficients import COS, SIN

_HALF_PI_DOUBLE = (math.pi / 2, 6.123233995736766e-17, -1.4973849048591698e-33)
_HALF_PI_SINGLE = (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058818e-15)
"""½π as a sum of three numbers, each the nearest to what the ones before it lack."""


def sin(x: Vector) -> Vector:
    """The sine; of |x|, so that −0 keeps its sign."""
    k, r = _reduced(x.abs(), 0.0)
    return times_sign(_sine_of_turned(k, r), x)


def cos(x: Vector) -> Vector:
    """cos x = sin(x + ½π)."""
    k, r = _reduced(x.abs(), 1.0)
    return _sine_of_turned(k, r)


def tan(x: Vector) -> Vector:
    """The tangent of k·½π + r: sin r/cos r for even k, −cos r/sin r for odd k."""
    k, r = _reduced(x.abs(), 0.0)
    even, sine, cosine = _is_even(k), *_sine_and_cosine(r)
    return times_sign(even.where(sine, -cosine) / even.where(cosine, sine), x)


def _reduced(size: Vector, more: float) -> tuple[Vector, Vector]:
    """(k + more + rounder, r) with size = k·½π + r and |r| ≤ ¼π, but for half a per cent. size: not negative."""
    rounder = layout(size).rounder + more
    shifted = size.fma(2 / math.pi, rounder)
    k, r = shifted - rounder, size
    for part in choose(size, _HALF_PI_DOUBLE, _HALF_PI_SINGLE):
        r = k.fma(-part, r)
    far = ~(size <= choose(size, 2.0**45, 2.0**17))

    def otherwise() -> list[Vector]:
        true_k, true_r = huge_angles.reduced(size, far)
        return [far.where(true_k + rounder, shifted), far.where(true_r, r)]

    shifted, r = size.function.rarely(far.any(), [shifted, r], otherwise)
    return shifted, r


def _sine_of_turned(k: Vector, r: Vector) -> Vector:
    """sin(k·½π + r), given k + rounder: sin r, cos r, −sin r, −cos r for k = 0, 1, 2, 3."""
    sine, cosine = _sine_and_cosine(r)
    form = layout(r)
    second_bit_as_sign = (k.bitcast(form.integer) & 2) << (form.integer.bits - 2)
    return times_sign(_is_even(k).where(sine, cosine), second_bit_as_sign.bitcast(r.type))


def _sine_and_cosine(r: Vector) -> tuple[Vector, Vector]:
    """sin r and cos r for |r| ≤ ¼π."""
    t = r * r
    return (r * t).fma(SIN(t), r), t.fma(COS(t), 1.0)


def _is_even(k: Vector) -> Vector:
    """Whether k is even, given k + rounder."""
    return (k.bitcast(layout(k).integer) & 1) == 0
