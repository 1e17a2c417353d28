"""How reductions combine: what they start with, and how two parts become one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.compiler.ir import Vector


def identity(kind: str, dtype: str) -> Any:
    """What changes nothing."""
    floating = np.dtype(dtype).kind == "f"
    if kind in ("max", "min"):
        if floating:
            return -math.inf if kind == "max" else math.inf
        limits = np.iinfo(np.dtype(dtype)) if np.dtype(dtype).kind in "iu" else None
        return (limits.min if kind == "max" else limits.max) if limits else kind == "min"
    return {"sum": 0, "prod": 1, "any": False, "all": True}[kind]


def combined(kind: str, a: Vector, b: Vector) -> Vector:
    """Two parts of a reduction; NaN wins over every number."""
    if kind == "sum":
        return a + b
    if kind == "prod":
        return a * b
    if kind == "any":
        return a | b
    if kind == "all":
        return a & b
    better = b > a if kind == "max" else b < a
    if b.type.is_float:
        better = better | b.is_nan()
        return a.is_nan().where(a, better.where(b, a))
    return better.where(b, a)


def added_exactly(total: Vector, lost: Vector, x: Vector) -> tuple[Vector, Vector]:
    """total + x, and what rounding has lost so far (Knuth's two-sum, 1969; infinities lose nothing)."""
    new = total + x
    part = new - total
    error = (total - (new - part)) + (x - part)
    return new, lost + (error.abs() < math.inf).where(error, 0.0)
