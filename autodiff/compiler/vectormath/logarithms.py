"""log, log2, log10 and log1p.

All write the argument as (1 + f)·2ᵏ with √½ ≤ 1 + f < √2. With s = f/(2 + f), 1 + f = (1 + s)/(1 − s), so

    log(1 + f) = 2·artanh s = 2s + 2s·tA(t),  t = s²,      and since 2s = f − s·f,
               = f − s·(f − 2tA(t))

in which f is exact and s, the rounded quotient, matters little (after fdlibm's e_log.c, Sun Microsystems 1993). As log
itself is small near 1 only, where k = 0, adding k·ln 2 cancels nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.bits import head_and_tail, layout, nearest_and_tail, parts
from autodiff.compiler.vectormath.coefficients import LOG
from autodiff.compiler.vectormath.exponentials import LN2
from autodiff.compiler.vectormath.rare import except_where

LOG2_E = (1.4426950408889634, 2.0355273740931033e-17)
LOG10_E = (0.4342944819032518, 1.098319650216765e-17)
LOG10_2 = (0.3010299956639812, -2.8037281277851704e-18)
"""As doubles, and what those lack."""


class Logarithm(NamedTuple):
    """log(1 + f) = f + rest, where the rest is the smaller; to be added to k times the logarithm of 2."""

    k: Vector
    f: Vector
    rest: Vector

    def natural(self) -> Vector:
        """ln((1 + f)·2ᵏ), the small terms first."""
        head, tail = head_and_tail(self.k, LN2)
        return self.k.fma(head, self.f + self.k.fma(tail, self.rest))

    def binary(self) -> Vector:
        """log₂: exact for powers of two, where f = 0."""
        return self.k + self._times(LOG2_E, 0.0)

    def decimal(self) -> Vector:
        """log₁₀."""
        head, tail = head_and_tail(self.k, LOG10_2)
        return self.k.fma(head, self._times(LOG10_E, self.k * tail))

    def _times(self, c: tuple[float, float], plus: Vector | float) -> Vector:
        """(f + rest)·c + plus, for small plus."""
        head, tail = nearest_and_tail(self.f, c)
        return self.f.fma(head, self.rest.fma(head, self.f.fma(tail, plus)))


def log(x: Vector) -> Vector:
    """The natural logarithm."""
    return _of_any(x, Logarithm.natural)


def log2(x: Vector) -> Vector:
    """The logarithm to base 2."""
    return _of_any(x, Logarithm.binary)


def log10(x: Vector) -> Vector:
    """The logarithm to base 10."""
    return _of_any(x, Logarithm.decimal)


def log1p(x: Vector) -> Vector:
    """log(1 + x)."""
    beyond = 2.0 ** (layout(x).bias // 2)
    rare = ~((x > -1.0) & (x < beyond))
    # far out the 1 does not matter; at −1 and below, for infinity and NaN, log(1 + x) has the special values
    return except_where(rare, log1p_of_sum(x), lambda: log(1.0 + x)).copysign(x)


def log1p_of_sum(x: Vector, y: Vector | None = None) -> Vector:
    """log(1 + x + y) for −1 < x + y < 2^(bias/2), without rounding 1 + x + y.

    With that = (1 + f)·2ᵏ is f = 2⁻ᵏ·x + (2⁻ᵏ − 1) + 2⁻ᵏ·y; near 0 it is x + y.
    """
    taken = parts(1.0 + x if y is None else 1.0 + (x + y))
    power = taken.inverse()
    f = x.fma(power, power - 1.0)
    return logarithm(taken.k, f if y is None else y.fma(power, f)).natural()


# --- parts ----------------------------------------------------------------------------------------------------------


def logarithm(k: Vector, f: Vector) -> Logarithm:
    """The logarithm of (1 + f)·2ᵏ for √½ ≤ 1 + f < √2."""
    s = f / (f + 2.0)
    t = s * s
    return Logarithm(k, f, -s * t.fma(LOG.times(-2.0)(t), f))


def _of_any(x: Vector, kind: Callable[[Logarithm], Vector]) -> Vector:
    """A logarithm; on a rare branch subnormal numbers, made normal first, and where there is none."""
    form = layout(x)

    def of_normal(x: Vector, exponent: float) -> Vector:
        taken = parts(x)
        return kind(logarithm(taken.k + exponent if exponent else taken.k, taken.m - 1.0))

    def otherwise() -> Vector:
        subnormal = of_normal(x * 2.0 ** (form.digits + 2), -float(form.digits + 2))
        positive = (x < math.inf).where(subnormal, x)
        return (x > 0.0).where(positive, (x == 0.0).where(x.function.constant(-math.inf, x.type), math.nan))

    return except_where(~((x >= form.smallest) & (x <= form.largest)), of_normal(x, 0.0), otherwise)
