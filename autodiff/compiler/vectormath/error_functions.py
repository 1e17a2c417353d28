"""erf and erfc."""

from __future__ import annotations

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import choose, nearest_and_tail, sum_and_lost
from autodiff.compiler.vectormath.coefficients import ERF, ERF_SMALL, ERFC, EXP
from autodiff.compiler.vectormath.exponentials import any_power, expm1_in_range, normal, reduced
from autodiff.compiler.vectormath.rare import except_where

_INVERSE_ROOT_PI = (0.5641895835477563, 7.66772980658294e-18)


def erf(x: Vector) -> Vector:
    """2/√π·∫₀ˣ e^(−t²)dt = 1 − e^(−a − aQ(a)) for a = |x|: −log(erfc a) is smooth, and nothing cancels near 0."""
    far = choose(x, 5.95, 3.95)  # from here on, erf x rounds to 1
    size = (x.abs() > far).where(far, x.abs())
    return expm1_in_range((-size).fma(ERF(size), -size)).copysign(x)


def erfc(x: Vector) -> Vector:
    """1 − erf x: for a = |x| ≥ 0.4, e^(−a²)·u·(1/√π + uP(u)), u = 1/(a + 3) (after Shepherd and Laframboise 1981)."""
    size = x.abs()
    square = size * size
    k, power, r = reduced(-square)
    r = r - size.fma(size, -square)  # what rounding lost of the square matters: e^(−a²) magnifies it
    less_one = (r * r).fma(EXP(r), r)
    scaled, lost = _erfc_scaled(size)
    times = scaled + scaled.fma(less_one, lost.fma(less_one, lost))
    tail = except_where(square > normal(x), times * power, lambda: any_power(times, k))
    outside = (x < 0.0).where(2.0 - tail, tail)
    return (size < 0.4).where((-x).fma(ERF_SMALL(square), 1.0), outside)


def _erfc_scaled(a: Vector) -> tuple[Vector, Vector]:
    """e^(a²)·erfc(a) = u·(1/√π + u·P(u)) for u = 1/(a + 3), and what rounding lost of it.

    What it lost of u counts times u's relative derivative, which is near 1 + 23u².
    """
    under, under_lost = sum_and_lost(a, 3.0)
    u = 1.0 / under
    u_lost = u.fma(-under_lost, u.fma(-under, 1.0))  # relative to u
    head, tail = nearest_and_tail(a, _INVERSE_ROOT_PI)
    p, p_lost = sum_and_lost(u.fma(ERFC(u), tail), head)
    product = u * p
    lost = u.fma(p_lost, u.fma(p, -product))
    return product, (product * u_lost).fma((u * u).fma(23.0, 1.0), lost)
