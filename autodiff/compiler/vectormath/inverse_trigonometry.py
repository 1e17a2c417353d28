"""arcsin, arccos, arctan and arctan2. Constants are added in two parts, the small one to what is small."""

from __future__ import annotations

import math

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import choose, layout, nearest_and_tail, times_sign
from autodiff.compiler.vectormath.coefficients import ARCSIN, ARCTAN

_HALF_PI = (math.pi / 2, 6.123233995736766e-17)
_QUARTER_PI = (math.pi / 4, 3.061616997868383e-17)
_THREE_QUARTERS_PI = (2.356194490192345, 9.184850993605148e-17)
_PI = (math.pi, 1.2246467991473532e-16)
"""As doubles, and what those lack."""

# --- arcsin and arccos: above ½, arcsin x = ½π − 2·arcsin √((1 − x)/2) (fdlibm's e_asin.c, Sun Microsystems 1993) -----


def arcsin(x: Vector) -> Vector:
    """The angle in [−½π, ½π] whose sine is x; NaN where |x| > 1."""
    large, y, rest = _arcsin(x.abs())
    head, tail = nearest_and_tail(x, _HALF_PI)
    complement = (y + (rest - tail / 2)).fma(-2.0, head)
    return large.where(complement, y + rest).copysign(x)


def arccos(x: Vector) -> Vector:
    """The angle in [0, π] whose cosine is x: ½π − arcsin x, or, where that would cancel, 2·arcsin √((1 − x)/2)."""
    large, y, rest = _arcsin(x.abs())
    head, tail = nearest_and_tail(x, _HALF_PI)
    angle = y + rest
    double = angle + angle
    obtuse = 2.0 * head - (double - 2.0 * tail)
    return large.where((x < 0.0).where(obtuse, double), head - (times_sign(angle, x) - tail))


def _arcsin(size: Vector) -> tuple[Vector, Vector, Vector]:
    """(size > ½, y, arcsin y − y), where y is size up to ½, and √((1 − size)/2) above."""
    large = size > 0.5
    t = large.where((1.0 - size) * 0.5, size * size)
    y = large.where(t.sqrt(), size)
    return large, y, y * t * ARCSIN(t)


# --- arctan: u = tan(θ − θ₀) = (tan θ − tan θ₀)/(1 + tan θ·tan θ₀) for θ₀ = 0, ¼π, ½π, so that |u| ≤ tan ⅛π -----------


def arctan(x: Vector) -> Vector:
    """The angle in [−½π, ½π] whose tangent is x."""
    size = x.abs()
    steep, middle = size > _STEEP, size > _FLAT
    over = steep.where(-1.0, middle.where(size - 1.0, size))
    under = steep.where(size, middle.where(size + 1.0, 1.0))
    half, quarter = nearest_and_tail(x, _HALF_PI), nearest_and_tail(x, _QUARTER_PI)
    head, tail = (steep.where(a, middle.where(x.function.constant(b, x.type), 0.0)) for a, b in zip(half, quarter))
    return _angle(head, tail, over / under).copysign(x)


def arctan2(y: Vector, x: Vector) -> Vector:
    """The angle in [−π, π] of the point (x, y), also for infinite coordinates, and for zeros of either sign."""
    width, height = _without_extremes(x.abs(), y.abs())
    steep, middle = height > width * _STEEP, height > width * _FLAT
    over = steep.where(-width, middle.where(height - width, height))
    under = steep.where(height, middle.where(height + width, width))
    left = x.bitcast(layout(x).integer) < 0  # or −0
    constants = [nearest_and_tail(x, c) for c in (_HALF_PI, _THREE_QUARTERS_PI, _QUARTER_PI, _PI)]
    head, tail = (
        steep.where(half, middle.where(left.where(x.function.constant(three, x.type), one), left.where(pi, zero)))
        for half, three, one, pi, zero in ((*part, x.function.constant(0.0, x.type)) for part in zip(*constants))
    )
    return _angle(head, tail, times_sign(over / under, x)).copysign(y)


_FLAT, _STEEP = math.sqrt(2) - 1, math.sqrt(2) + 1
"""The tangents of ⅛π and ⅜π."""


def _angle(head: Vector, tail: Vector, u: Vector) -> Vector:
    """head + tail + arctan u for |u| ≤ tan ⅛π."""
    t = u * u
    return head + (u + (u * t).fma(ARCTAN(t), tail))


def _without_extremes(width: Vector, height: Vector) -> tuple[Vector, Vector]:
    """The same direction by numbers whose sum is neither infinite nor 0."""
    total = width + height
    rare = ~((total > 0.0) & (total < choose(width, 2.0**1021, 2.0**125)))

    def replaced(size: Vector, if_zero: float) -> Vector:
        at_infinity = (size == math.inf).where(1.0, size * 0.0)  # NaN stays NaN
        finite = (total == 0.0).where(if_zero, size * 0.25)
        return rare.where(((width == math.inf) | (height == math.inf)).where(at_infinity, finite), size)

    width, height = width.function.rarely(
        rare.any(), [width, height], lambda: [replaced(width, 1.0), replaced(height, 0.0)]
    )
    return width, height
