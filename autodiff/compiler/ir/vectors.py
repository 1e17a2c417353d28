"""Values in a function under construction, with the operators of Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from autodiff.compiler.ir.types import Number, Type

if TYPE_CHECKING:
    from autodiff.compiler.ir.functions import Function

_FLOAT = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv", "%": "frem"}
_INTEGER = {"+": "add", "-": "sub", "*": "mul", "/": "sdiv", "%": "srem"}
_COMPARISON = {"<": ("olt", "slt"), "<=": ("ole", "sle"), ">": ("ogt", "sgt"), ">=": ("oge", "sge")}
_COMPARISON |= {"==": ("oeq", "eq"), "!=": ("une", "ne")}


class Vector:
    """A value in a function: a scalar or a vector of numbers, integers or truth values. Operators write instructions.

    Comparisons are ordered (false for NaN), but for !=, as in C and NumPy.
    """

    __slots__ = ("function", "name", "type")

    def __init__(self, function: Function, name: str, type: Type) -> None:
        self.function, self.name, self.type = function, name, type

    def _binary(self, operator: str, other: Vector | Number, swapped: bool = False) -> Vector:
        x, y = self, self.function.matched(other, self.type)
        if swapped:
            x, y = y, x
        instruction = (_FLOAT if self.type.is_float else _INTEGER)[operator]
        return self.function.emit(self.type, f"{instruction} {self.type} {x.name}, {y.name}")

    def _compared(self, operator: str, other: Vector | Number) -> Vector:
        y = self.function.matched(other, self.type)
        kind = _COMPARISON[operator][0 if self.type.is_float else 1]
        word = "fcmp" if self.type.is_float else "icmp"
        return self.function.emit(self.type.of("i1"), f"{word} {kind} {self.type} {self.name}, {y.name}")

    def _bitwise(self, instruction: str, other: Vector | Number) -> Vector:
        y = self.function.matched(other, self.type)
        return self.function.emit(self.type, f"{instruction} {self.type} {self.name}, {y.name}")

    def __add__(self, other: Vector | Number) -> Vector:
        return self._binary("+", other)

    def __radd__(self, other: Number) -> Vector:
        return self._binary("+", other, swapped=True)

    def __sub__(self, other: Vector | Number) -> Vector:
        return self._binary("-", other)

    def __rsub__(self, other: Number) -> Vector:
        return self._binary("-", other, swapped=True)

    def __mul__(self, other: Vector | Number) -> Vector:
        return self._binary("*", other)

    def __rmul__(self, other: Number) -> Vector:
        return self._binary("*", other, swapped=True)

    def __truediv__(self, other: Vector | Number) -> Vector:
        return self._binary("/", other)

    def __rtruediv__(self, other: Number) -> Vector:
        return self._binary("/", other, swapped=True)

    def __mod__(self, other: Vector | Number) -> Vector:
        return self._binary("%", other)

    def __neg__(self) -> Vector:
        if self.type.is_float:
            return self.function.emit(self.type, f"fneg {self.type} {self.name}")
        return 0 - self

    def __lt__(self, other: Vector | Number) -> Vector:
        return self._compared("<", other)

    def __le__(self, other: Vector | Number) -> Vector:
        return self._compared("<=", other)

    def __gt__(self, other: Vector | Number) -> Vector:
        return self._compared(">", other)

    def __ge__(self, other: Vector | Number) -> Vector:
        return self._compared(">=", other)

    def __eq__(self, other: object) -> Vector:  # type: ignore[override]
        return self._compared("==", other)  # type: ignore[arg-type]

    def __ne__(self, other: object) -> Vector:  # type: ignore[override]
        return self._compared("!=", other)  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]

    def __and__(self, other: Vector | Number) -> Vector:
        return self._bitwise("and", other)

    def __or__(self, other: Vector | Number) -> Vector:
        return self._bitwise("or", other)

    def __xor__(self, other: Vector | Number) -> Vector:
        return self._bitwise("xor", other)

    def __invert__(self) -> Vector:
        return self._bitwise("xor", True if self.type.base == "i1" else -1)

    def __lshift__(self, other: Vector | Number) -> Vector:
        return self._bitwise("shl", other)

    def __rshift__(self, other: Vector | Number) -> Vector:
        """Logical: zeros come in from the left."""
        return self._bitwise("lshr", other)

    # --- other instructions -----------------------------------------------------------------------------------------

    def fma(self, y: Vector | Number, z: Vector | Number) -> Vector:
        """self · y + z, rounded once."""
        return self.function.intrinsic("fma", self, y, z)

    def sqrt(self) -> Vector:
        """The square root, correctly rounded."""
        return self.function.intrinsic("sqrt", self)

    def abs(self) -> Vector:
        """Without its sign."""
        return self.function.intrinsic("fabs", self)

    def copysign(self, sign: Vector | Number) -> Vector:
        """With the sign of another."""
        return self.function.intrinsic("copysign", self, sign)

    def floor(self) -> Vector:
        """Rounded down."""
        return self.function.intrinsic("floor", self)

    def ceil(self) -> Vector:
        """Rounded up."""
        return self.function.intrinsic("ceil", self)

    def trunc(self) -> Vector:
        """Rounded towards zero."""
        return self.function.intrinsic("trunc", self)

    def rint(self) -> Vector:
        """Rounded to the nearest integer, halves to even."""
        return self.function.intrinsic("roundeven", self)

    def is_nan(self) -> Vector:
        """Whether each element is NaN."""
        return self != self  # noqa: PLR0124 -- that is what asks

    def where(self, x: Vector | Number, y: Vector | Number) -> Vector:
        """x where self, truth values, holds, and y elsewhere. One of the two is a Vector."""
        known = x if isinstance(x, Vector) else y
        assert isinstance(known, Vector)
        f = self.function
        x, y = f.matched(x, known.type), f.matched(y, known.type)
        return f.emit(known.type, f"select {self.type} {self.name}, {known.type} {x.name}, {known.type} {y.name}")

    def to(self, base: Type) -> Vector:
        """Converted to another base, as C converts: towards zero from floats to integers; True is 1."""
        new = self.type.of(base.base)
        if new == self.type:
            return self
        if new.base == "i1":
            return self != 0
        if self.type.is_float and new.is_float:
            word = "fpext" if new.bits > self.type.bits else "fptrunc"
        elif self.type.is_float:
            word = "fptosi"
        elif new.is_float:
            word = "uitofp" if self.type.base == "i1" else "sitofp"
        elif new.bits < self.type.bits:
            word = "trunc"
        else:
            word = "zext" if self.type.base == "i1" else "sext"
        return self.function.emit(new, f"{word} {self.type} {self.name} to {new}")

    def bitcast(self, base: Type) -> Vector:
        """The same bits, read as another base of the same width."""
        new = self.type.of(base.base)
        return self.function.emit(new, f"bitcast {self.type} {self.name} to {new}")

    def splat(self, lanes: int) -> Vector:
        """A scalar in every lane."""
        if lanes == 1:
            return self
        f, new = self.function, Type(self.type.base, lanes)
        one = f.emit(new, f"insertelement {new} poison, {self.type} {self.name}, i64 0")
        return f.emit(new, f"shufflevector {new} {one.name}, {new} poison, <{lanes} x i32> zeroinitializer")

    def lane(self, i: int | Vector) -> Vector:
        """One element."""
        if self.type.lanes == 1:
            return self
        index = i.name if isinstance(i, Vector) else str(i)
        return self.function.emit(Type(self.type.base), f"extractelement {self.type} {self.name}, i64 {index}")

    def with_lane(self, i: int | Vector, x: Vector) -> Vector:
        """The vector with one element replaced."""
        index = i.name if isinstance(i, Vector) else str(i)
        return self.function.emit(self.type, f"insertelement {self.type} {self.name}, {x.type} {x.name}, i64 {index}")

    def any(self) -> Vector:
        """Whether any of the truth values holds: a scalar."""
        return self if self.type.lanes == 1 else self.function.reduced("or", self)

    def total(self) -> Vector:
        """The sum of the elements: pairwise, halves added to halves."""
        return self._halved(lambda a, b: a + b)

    def _halved(self, combine: Callable[[Vector, Vector], Vector]) -> Vector:
        x, f = self, self.function
        while x.type.lanes > 1:
            half = x.type.lanes // 2
            new = Type(x.type.base, half)
            parts = []
            for start in (0, half):
                places = ", ".join(f"i32 {start + i}" for i in range(half))
                mask = f"<{half} x i32> <{places}>"
                cut = f"shufflevector {x.type} {x.name}, {x.type} poison, {mask}"
                if half == 1:
                    cut = f"extractelement {x.type} {x.name}, i64 {start}"
                parts.append(f.emit(new, cut))
            x = combine(*parts)
        return x

    def combined(self, combine: Callable[[Vector, Vector], Vector]) -> Vector:
        """All elements combined into one scalar, halves with halves."""
        return self._halved(combine)
