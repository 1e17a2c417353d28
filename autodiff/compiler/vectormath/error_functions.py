"""erf and erfc."""

from __future__ import annotations

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import choose
from autodiff.compiler.vectormath.coefficients import ERF, ERF_SMALL, ERFC, EXP
from autodiff.compiler.vectormath.exponentials import any_power, expm1_in_range, normal, reduced
from autodiff.compiler.vectormath.rare import except_where


def erf(x: Vector) -> Vector:
    """2/√π·∫₀ˣ e^(−t²)dt = 1 − e^(−aQ(a)) for a = |x|: aQ(a) = −log(erfc a) is smooth, and nothing cancels near 0."""
    far = choose(x, 5.95, 3.95)  # from here on, erf x rounds to 1
    size = (x.abs() > far).where(far, x.abs())
    return expm1_in_range(-size * ERF(size)).copysign(x)


def erfc(x: Vector) -> Vector:
    """1 − erf x: for a = |x| ≥ ½, e^(−a²)·u·P(u), u = 1/(a + 3) (after Shepherd and Laframboise 1981)."""
    size = x.abs()
    square = size * size
    k, power, r = reduced(-square)
    r = r - size.fma(size, -square)  # what rounding lost of the square matters: e^(−a²) magnifies it
    less_one = (r * r).fma(EXP(r), r)
    scaled, lost = _erfc_scaled(size)
    less_one = lost.fma(less_one, lost) + less_one
    times = scaled.fma(less_one, scaled)
    tail = except_where(square > normal(x), times * power, lambda: any_power(times, k))
    outside = (x < 0.0).where(2.0 - tail, tail)
    return (size < 0.5).where((-x).fma(ERF_SMALL(square), 1.0), outside)


def _erfc_scaled(a: Vector) -> tuple[Vector, Vector]:
    """(s, d) with e^(a²)·erfc(a) = s(1 + d): s = u·P(u) for u = 1/(a + 3), where all coefficients that count are positive.

    d is what rounding lost of u, times u's relative derivative, which is near 1 + 23u².
    """
    under = a + 3.0
    under_lost = (a < 3.0).where(a - (under - 3.0), 3.0 - (under - a))
    u = 1.0 / under
    lost = u.fma(-under_lost, u.fma(-under, 1.0))
    return u * ERFC(u), lost * (u * u).fma(23.0, 1.0)
