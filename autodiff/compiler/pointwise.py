"""What each elementwise operation is on vectors of numbers: one line each, as in the table of primitives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler import vectormath
from autodiff.compiler.forms import Form, common_dtype
from autodiff.compiler.ir import F32, F64, I1, I32, I64, Type, Vector

BASES: dict[np.dtype[Any], Type] = {
    np.dtype(np.float64): F64,
    np.dtype(np.float32): F32,
    np.dtype(np.int64): I64,
    np.dtype(np.int32): I32,
    np.dtype(np.bool_): I1,
}
"""The dtypes that native code computes with."""

BY_NAME = {str(base): base for base in BASES.values()}

Emit = Callable[..., Vector]


class Pointwise(NamedTuple):
    """How an operation is written.

    emit: from vectors to a vector · kinds: dtype kinds that it computes with ("f", "i", "b")
    computes: "result" for operands brought to the dtype of the result, "operands" for their common dtype, "each" for
    each in its own · number: whether the last operand, if it is a constant, is handed over as a number
    """

    emit: Emit
    kinds: str
    computes: str = "result"
    number: bool = False


def _masked_product(x: Vector, y: Vector) -> Vector:
    return ((x != 0.0) & (y != 0.0)).where(x * y, 0.0)


def _add(x: Vector, y: Vector) -> Vector:
    return x | y if x.type.base == "i1" else x + y


def _multiply(x: Vector, y: Vector) -> Vector:
    return x & y if x.type.base == "i1" else x * y


def _absolute(x: Vector) -> Vector:
    return x.abs() if x.type.is_float else (x < 0).where(-x, x)


def _larger(x: Vector, y: Vector) -> Vector:
    return vectormath.FUNCTIONS["maximum"](x, y) if x.type.is_float else (x > y).where(x, y)


def _smaller(x: Vector, y: Vector) -> Vector:
    return vectormath.FUNCTIONS["minimum"](x, y) if x.type.is_float else (x < y).where(x, y)


def _signbit(x: Vector) -> Vector:
    return x.bitcast(I64 if x.type.bits == 64 else I32) < 0


POINTWISE: dict[str, Pointwise] = {
    "add": Pointwise(_add, "fib"),
    "subtract": Pointwise(lambda x, y: x - y, "fi"),
    "multiply": Pointwise(_multiply, "fib"),
    "masked_product": Pointwise(_masked_product, "f"),
    "divide": Pointwise(lambda x, y: x / y, "f"),
    "reciprocal": Pointwise(lambda x: 1.0 / x, "f"),
    "negative": Pointwise(lambda x: -x, "fi"),
    "absolute": Pointwise(_absolute, "fi"),
    "fabs": Pointwise(lambda x: x.abs(), "f"),
    "sqrt": Pointwise(lambda x: x.sqrt(), "f"),
    "maximum": Pointwise(_larger, "fi"),
    "minimum": Pointwise(_smaller, "fi"),
    "clip": Pointwise(lambda x, low, high: _smaller(_larger(x, low), high), "fi"),
    "relu": Pointwise(lambda x: (x > 0.0).where(x, x.is_nan().where(x, 0.0)), "f"),
    "where": Pointwise(lambda condition, x, y: condition.where(x, y), "fib"),
    "floor": Pointwise(lambda x: x.floor(), "f"),
    "ceil": Pointwise(lambda x: x.ceil(), "f"),
    "trunc": Pointwise(lambda x: x.trunc(), "f"),
    "rint": Pointwise(lambda x: x.rint(), "f"),
    "deg2rad": Pointwise(lambda x: x * (math.pi / 180), "f"),
    "radians": Pointwise(lambda x: x * (math.pi / 180), "f"),
    "rad2deg": Pointwise(lambda x: x * (180 / math.pi), "f"),
    "degrees": Pointwise(lambda x: x * (180 / math.pi), "f"),
    "equal": Pointwise(lambda x, y: x == y, "fi", "operands"),
    "not_equal": Pointwise(lambda x, y: x != y, "fi", "operands"),
    "less": Pointwise(lambda x, y: x < y, "fi", "operands"),
    "less_equal": Pointwise(lambda x, y: x <= y, "fi", "operands"),
    "greater": Pointwise(lambda x, y: x > y, "fi", "operands"),
    "greater_equal": Pointwise(lambda x, y: x >= y, "fi", "operands"),
    "isnan": Pointwise(lambda x: x.is_nan(), "f", "operands"),
    "isfinite": Pointwise(lambda x: x.abs() < math.inf, "f", "operands"),
    "isinf": Pointwise(lambda x: x.abs() == math.inf, "f", "operands"),
    "signbit": Pointwise(_signbit, "f", "operands"),
    "logical_and": Pointwise(lambda x, y: x & y, "fib"),
    "logical_or": Pointwise(lambda x, y: x | y, "fib"),
    "logical_xor": Pointwise(lambda x, y: x ^ y, "fib"),
    "logical_not": Pointwise(lambda x: ~x, "fib"),
    "bitwise_and": Pointwise(lambda x, y: x & y, "ib"),
    "bitwise_or": Pointwise(lambda x, y: x | y, "ib"),
    "bitwise_xor": Pointwise(lambda x, y: x ^ y, "ib"),
    "invert": Pointwise(lambda x: ~x, "ib"),
    "astype": Pointwise(lambda x: x, "fib"),
    "to_integers": Pointwise(lambda x: x, "fib"),
    "identity": Pointwise(lambda x: x, "fib"),
    "power": Pointwise(vectormath.FUNCTIONS["power"], "f", number=True),
}
"""By the name of the primitive. "identity" copies."""

POINTWISE |= {name: Pointwise(emit, "f") for name, emit in vectormath.FUNCTIONS.items() if name not in POINTWISE}


def operand_bases(name: str, operands: list[Form], result: Form) -> list[Type] | None:
    """The type that each operand is brought to; None if native code does not know the operation for these dtypes."""
    known = POINTWISE.get(name)
    if known is None or any(form.dtype not in BASES for form in (*operands, result)):
        return None
    if name == "where":
        return [I1, BASES[result.dtype], BASES[result.dtype]]
    if name in ("astype", "to_integers", "identity"):
        dtypes = [result.dtype]
        if operands[0].dtype.kind == "f" and result.dtype.kind in "ib":
            dtypes = [operands[0].dtype] if result.dtype.kind == "b" else dtypes
    elif known.computes == "operands":
        common = common_dtype(operands)
        if common.kind == "b":  # False < True
            common = np.dtype(np.int32)
        dtypes = [common] * len(operands)
    else:
        dtypes = [result.dtype] * len(operands)
    if any(dtype not in BASES or dtype.kind not in known.kinds for dtype in dtypes):
        return None
    return [BASES[dtype] for dtype in dtypes]
