"""Python's operators on Values, one line each: the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autodiff.primitives import arithmetic, contractions, nondifferentiable, powers
from autodiff.recording import binary, in_place, unary

if TYPE_CHECKING:
    from autodiff.value import Value

Operand: TypeAlias = "Value | complex | NDArray[Any] | np.generic | Sequence[Any]"


class Operators:
    """Every operator, on either side."""

    __slots__ = ()

    def __add__(self, other: Operand) -> Value:
        return binary(arithmetic.add, self, other)

    def __radd__(self, other: Operand) -> Value:
        return binary(arithmetic.add, other, self)

    def __sub__(self, other: Operand) -> Value:
        return binary(arithmetic.subtract, self, other)

    def __rsub__(self, other: Operand) -> Value:
        return binary(arithmetic.subtract, other, self)

    def __mul__(self, other: Operand) -> Value:
        return binary(arithmetic.multiply, self, other)

    def __rmul__(self, other: Operand) -> Value:
        return binary(arithmetic.multiply, other, self)

    def __truediv__(self, other: Operand) -> Value:
        return binary(arithmetic.divide, self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return binary(arithmetic.divide, other, self)

    def __pow__(self, other: Operand) -> Value:
        return binary(powers.power, self, other)

    def __rpow__(self, other: Operand) -> Value:
        return binary(powers.power, other, self)

    def __mod__(self, other: Operand) -> Value:
        return binary(arithmetic.remainder, self, other)

    def __rmod__(self, other: Operand) -> Value:
        return binary(arithmetic.remainder, other, self)

    def __floordiv__(self, other: Operand) -> Value:
        return binary(nondifferentiable.floor_divide, self, other)

    def __rfloordiv__(self, other: Operand) -> Value:
        return binary(nondifferentiable.floor_divide, other, self)

    def __divmod__(self, other: Operand) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: Operand) -> tuple[Value, Value]:
        return other // self, other % self

    def __matmul__(self, other: Operand) -> Value:
        if hasattr(other, "tocsr"):  # a sparse matrix of SciPy's
            return _times_sparse(self, other)
        return binary(contractions.matmul, self, other)

    def __rmatmul__(self, other: Operand) -> Value:
        return binary(contractions.matmul, other, self)

    def __neg__(self) -> Value:
        return unary(arithmetic.negative, self)

    def __pos__(self) -> Value:
        return unary(arithmetic.positive, self)

    def __abs__(self) -> Value:
        return unary(arithmetic.absolute, self)

    def __lt__(self, other: Operand) -> Value:
        return binary(nondifferentiable.less, self, other)

    def __le__(self, other: Operand) -> Value:
        return binary(nondifferentiable.less_equal, self, other)

    def __gt__(self, other: Operand) -> Value:
        return binary(nondifferentiable.greater, self, other)

    def __ge__(self, other: Operand) -> Value:
        return binary(nondifferentiable.greater_equal, self, other)

    def __eq__(self, other: object) -> Any:
        return binary(nondifferentiable.equal, self, other) if _comparable(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return binary(nondifferentiable.not_equal, self, other) if _comparable(other) else NotImplemented

    def __and__(self, other: Operand) -> Value:
        return binary(nondifferentiable.bitwise_and, self, other)

    def __rand__(self, other: Operand) -> Value:
        return binary(nondifferentiable.bitwise_and, other, self)

    def __or__(self, other: Operand) -> Value:
        return binary(nondifferentiable.bitwise_or, self, other)

    def __ror__(self, other: Operand) -> Value:
        return binary(nondifferentiable.bitwise_or, other, self)

    def __xor__(self, other: Operand) -> Value:
        return binary(nondifferentiable.bitwise_xor, self, other)

    def __rxor__(self, other: Operand) -> Value:
        return binary(nondifferentiable.bitwise_xor, other, self)

    def __iadd__(self, other: Operand) -> Value:
        return in_place(arithmetic.add, self, other)

    def __isub__(self, other: Operand) -> Value:
        return in_place(arithmetic.subtract, self, other)

    def __imul__(self, other: Operand) -> Value:
        return in_place(arithmetic.multiply, self, other)

    def __itruediv__(self, other: Operand) -> Value:
        return in_place(arithmetic.divide, self, other)

    def __ipow__(self, other: Operand) -> Value:
        return in_place(powers.power, self, other)

    def __imod__(self, other: Operand) -> Value:
        return in_place(arithmetic.remainder, self, other)

    def __ifloordiv__(self, other: Operand) -> Value:
        return in_place(nondifferentiable.floor_divide, self, other)

    def __imatmul__(self, other: Operand) -> Value:
        return in_place(contractions.matmul, self, other)

    def __iand__(self, other: Operand) -> Value:
        return in_place(nondifferentiable.bitwise_and, self, other)

    def __ior__(self, other: Operand) -> Value:
        return in_place(nondifferentiable.bitwise_or, self, other)

    def __ixor__(self, other: Operand) -> Value:
        return in_place(nondifferentiable.bitwise_xor, self, other)

    def __invert__(self) -> Value:
        return unary(nondifferentiable.invert, self)

    __hash__ = object.__hash__


def _times_sparse(x: Any, matrix: Any) -> Value:
    from autodiff.scipy.sparse import matmul

    product: Value = matmul(x, matrix)
    return product


def _comparable(other: object) -> bool:
    """Whether == with it is elementwise: numbers, sequences, arrays; None, texts and all else answer for themselves."""
    return isinstance(other, (int, float, complex, list, tuple)) or hasattr(type(other), "__array__")
