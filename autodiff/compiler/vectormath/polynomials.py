"""Polynomials with their coefficients for both precisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autodiff.compiler.ir import Vector

_LONG = 22
"""Up to so many coefficients, one chain is as fast as two: the processor works at several iterations at once."""


class Polynomial(NamedTuple):
    """c₀ + c₁·t + c₂·t² + …: call it with t. The coefficients for double, and (fewer of them) for float."""

    double: tuple[float, ...]
    single: tuple[float, ...]

    def __call__(self, t: Vector) -> Vector:
        coefficients = self.double if t.type.base == "double" else self.single
        return horner(t, coefficients) if len(coefficients) <= _LONG else even_and_odd(t, coefficients)

    def times(self, factor: float) -> Polynomial:
        """All coefficients multiplied: exactly, if by a power of two."""
        return Polynomial(tuple(factor * c for c in self.double), tuple(factor * c for c in self.single))


def horner(t: Vector, coefficients: Sequence[float]) -> Vector:
    """c₀ + t·(c₁ + t·(c₂ + …)), one fused multiply-add each."""
    *rest, last = coefficients
    p = t.function.constant(last, t.type)
    for c in reversed(rest):
        p = p.fma(t, c)
    return p


def even_and_odd(t: Vector, coefficients: Sequence[float]) -> Vector:
    """The same in two chains, for the even and the odd powers: half as long to wait for, at the price of t²."""
    square = t * t
    return horner(square, coefficients[1::2]).fma(t, horner(square, coefficients[0::2]))
