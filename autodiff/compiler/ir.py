"""LLVM's intermediate representation as text, written by ordinary arithmetic on `Vector`s.

    f = Function("twice", [POINTER])
    x = f.load(f.parameters[0], vector(F64, 8))     # eight numbers
    f.store((x + x).fma(0.5, 1.0), f.parameters[0])

Everything is explicit: vectors of a fixed number of lanes, loops with the values they carry. So no optimisation pass is
needed afterwards, and a kernel compiles in a few milliseconds.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Type:
    """A machine type: `base` times `lanes`. One lane is a scalar."""

    base: str
    lanes: int = 1

    def __str__(self) -> str:
        return self.base if self.lanes == 1 else f"<{self.lanes} x {self.base}>"

    @property
    def suffix(self) -> str:
        """How the names of intrinsics spell the type: v8f64."""
        short = {"double": "f64", "float": "f32"}.get(self.base, self.base)
        return short if self.lanes == 1 else f"v{self.lanes}{short}"

    @property
    def is_float(self) -> bool:
        """Whether the elements are floating-point numbers."""
        return self.base in ("double", "float")

    @property
    def bits(self) -> int:
        """The width of one element."""
        return {"double": 64, "float": 32, "ptr": 64}.get(self.base) or int(self.base[1:])

    def of(self, base: str) -> Type:
        """As many lanes of another base."""
        return replace(self, base=base)


F64, F32, I64, I32, I8, I1, POINTER = (Type(base) for base in ("double", "float", "i64", "i32", "i8", "i1", "ptr"))


def vector(base: Type, lanes: int) -> Type:
    """Lanes of a base type."""
    return Type(base.base, lanes)


_FLOAT = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv", "%": "frem"}
_INTEGER = {"+": "add", "-": "sub", "*": "mul", "/": "sdiv", "%": "srem"}
_COMPARISON = {"<": ("olt", "slt"), "<=": ("ole", "sle"), ">": ("ogt", "sgt"), ">=": ("oge", "sge")}
_COMPARISON |= {"==": ("oeq", "eq"), "!=": ("une", "ne")}

Number = int | float | bool


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


class Function:
    """A function under construction: parameters, the lines so far, the block that is being written.

    returns: its type, None for void
    """

    def __init__(self, name: str, parameters: Sequence[Type], returns: Type | None = None) -> None:
        self.name, self.returns = name, returns
        self.lines: list[str] = ["start:"]
        self.block = "start"
        self.declarations: dict[str, None] = {}
        self._count = 0
        self.parameters = [Vector(self, f"%p{i}", type) for i, type in enumerate(parameters)]

    # --- writing ----------------------------------------------------------------------------------------------------

    def fresh(self, prefix: str = "v") -> str:
        """A name that was not used yet. Values and blocks share one name space."""
        self._count += 1
        return f"{prefix}{self._count}"

    def emit(self, type: Type, text: str) -> Vector:
        """One instruction with a result."""
        value = Vector(self, f"%{self.fresh()}", type)
        self.lines.append(f"  {value.name} = {text}")
        return value

    def do(self, text: str) -> None:
        """One instruction without a result."""
        self.lines.append(f"  {text}")

    def matched(self, x: Any, type: Type) -> Vector:
        """An operand of a type: a Vector as it is, a Python number as a constant in every lane."""
        return x if isinstance(x, Vector) else self.constant(x, type)

    def constant(self, x: Number, type: Type) -> Vector:
        """A number in every lane."""
        text = literal(x, type)
        return Vector(self, text if type.lanes == 1 else f"splat ({type.base} {text})", type)

    def lanes(self, numbers: Sequence[int], base: Type) -> Vector:
        """A vector of given integers."""
        inside = ", ".join(f"{base} {n}" for n in numbers)
        return Vector(self, f"<{inside}>" if len(numbers) > 1 else str(numbers[0]), Type(base.base, len(numbers)))

    def intrinsic(self, name: str, *operands: Any) -> Vector:
        """A call of llvm.name, whose operands and result have one type."""
        type = next(x.type for x in operands if isinstance(x, Vector))
        matched = [self.matched(x, type) for x in operands]
        full = f"llvm.{name}.{type.suffix}"
        self.declare(f"declare {type} @{full}({', '.join(str(type) for _ in matched)})")
        return self.emit(type, f"call {type} @{full}({', '.join(f'{type} {x.name}' for x in matched)})")

    def reduced(self, operation: str, x: Vector) -> Vector:
        """llvm.vector.reduce.operation of all lanes."""
        full, base = f"llvm.vector.reduce.{operation}.{x.type.suffix}", Type(x.type.base)
        self.declare(f"declare {base} @{full}({x.type})")
        return self.emit(base, f"call {base} @{full}({x.type} {x.name})")

    def call(self, name: str, returns: Type, *operands: Vector) -> Vector:
        """A call of a scalar function of the C library."""
        self.declare(f"declare {returns} @{name}({', '.join(str(x.type) for x in operands)})")
        given = ", ".join(f"{x.type} {x.name}" for x in operands)
        return self.emit(returns, f"call {returns} @{name}({given})")

    def declare(self, text: str) -> None:
        """Something that the module has to declare, once."""
        self.declarations[text] = None

    # --- memory -----------------------------------------------------------------------------------------------------

    def offset(self, pointer: Vector, elements: Vector | int, base: Type) -> Vector:
        """pointer + elements."""
        index = self.matched(elements, I64)
        return self.emit(POINTER, f"getelementptr {base.base}, ptr {pointer.name}, i64 {index.name}")

    def load(self, pointer: Vector, type: Type, mask: Vector | None = None) -> Vector:
        """What stands at a pointer, aligned to its elements; with a mask, zeros in the lanes where that is false."""
        align = max(type.bits // 8, 1)
        if mask is None:
            return self.emit(type, f"load {type}, ptr {pointer.name}, align {align}")
        full = f"llvm.masked.load.{type.suffix}.p0"
        self.declare(f"declare {type} @{full}(ptr, {mask.type}, {type})")
        return self.emit(
            type,
            f"call {type} @{full}(ptr align {align} {pointer.name}, {mask.type} {mask.name}, {type} zeroinitializer)",
        )

    def store(self, x: Vector, pointer: Vector, mask: Vector | None = None) -> None:
        """Write to a pointer; with a mask, only the lanes where that is true."""
        align = max(x.type.bits // 8, 1)
        if mask is None:
            self.do(f"store {x.type} {x.name}, ptr {pointer.name}, align {align}")
            return
        full = f"llvm.masked.store.{x.type.suffix}.p0"
        self.declare(f"declare void @{full}({x.type}, ptr, {mask.type})")
        self.do(f"call void @{full}({x.type} {x.name}, ptr align {align} {pointer.name}, {mask.type} {mask.name})")

    def gather(self, pointer: Vector, index: Vector, base: Type, mask: Vector | None = None) -> Vector:
        """The elements at pointer + index, lane by lane; with a mask, zeros where that is false (nothing is read)."""
        lanes, type = index.type.lanes, Type(base.base, index.type.lanes)
        if lanes == 1:
            return self.load(self.offset(pointer, index, base), type, None)
        places = Type("ptr", lanes)
        addresses = self.emit(places, f"getelementptr {base.base}, ptr {pointer.name}, {index.type} {index.name}")
        mask = mask or self.constant(True, Type("i1", lanes))
        full, align = f"llvm.masked.gather.{type.suffix}.v{lanes}p0", max(type.bits // 8, 1)
        self.declare(f"declare {type} @{full}({places}, {mask.type}, {type})")
        return self.emit(
            type,
            f"call {type} @{full}({places} align {align} {addresses.name}, {mask.type} {mask.name}, "
            f"{type} zeroinitializer)",
        )

    # --- control ----------------------------------------------------------------------------------------------------

    def start_block(self, label: str) -> None:
        """What follows is a block of its own, to which others branch."""
        self.lines.append(f"{label}:")
        self.block = label

    def loop(
        self,
        start: Vector | int,
        stop: Vector | int,
        step: int,
        carried: Sequence[Vector],
        body: Callable[..., Sequence[Vector]],
    ) -> list[Vector]:
        """for i in range(start, stop, step): carried = body(i, *carried). Returns what is carried out of it."""
        first, last = self.matched(start, I64), self.matched(stop, I64)
        if isinstance(start, int) and isinstance(stop, int) and start + step >= stop:
            return list(body(first, *carried)) if start < stop else list(carried)
        head, inside, after = self.fresh("head"), self.fresh("body"), self.fresh("after")
        before = self.block
        self.do(f"br label %{head}")
        self.start_block(head)
        place = len(self.lines)  # the phis come here, once it is known what the body makes of their values
        index = Vector(self, f"%{self.fresh()}", I64)
        phis = [Vector(self, f"%{self.fresh()}", x.type) for x in carried]
        goes_on = self.emit(I1, f"icmp slt i64 {index.name}, {last.name}")
        self.do(f"br i1 {goes_on.name}, label %{inside}, label %{after}")
        self.start_block(inside)
        results = list(body(index, *phis))
        following = index + step
        self.do(f"br label %{head}")
        ends = [(index, first, following), *zip(phis, carried, results, strict=True)]
        self.lines[place:place] = [
            f"  {phi.name} = phi {phi.type} [ {x.name}, %{before} ], [ {y.name}, %{self.block} ]" for phi, x, y in ends
        ]
        self.start_block(after)
        return phis

    def rarely(
        self, condition: Vector, usual: Sequence[Vector], otherwise: Callable[[], Sequence[Vector]]
    ) -> list[Vector]:
        """`otherwise()` where a scalar condition holds, `usual`, which has been computed, elsewhere."""
        slow, after, before = self.fresh("slow"), self.fresh("after"), self.block
        self.do(f"br i1 {condition.name}, label %{slow}, label %{after}")
        self.start_block(slow)
        results = list(otherwise())
        end = self.block
        self.do(f"br label %{after}")
        self.start_block(after)
        return [
            self.emit(x.type, f"phi {x.type} [ {x.name}, %{before} ], [ {y.name}, %{end} ]")
            for x, y in zip(usual, results, strict=True)
        ]

    def text(self, result: Vector | None = None, attributes: str = "") -> str:
        """The whole function."""
        returned = "ret void" if result is None else f"ret {result.type} {result.name}"
        parameters = ", ".join(f"{p.type} {p.name}" for p in self.parameters)
        head = f"define {self.returns or 'void'} @{self.name}({parameters}) {attributes}".rstrip()
        return "\n".join([f"{head} {{", *self.lines, f"  {returned}", "}"])


def literal(x: Number, type: Type) -> str:
    """A number as text: floats by their bits, those of a float as the double that equals it."""
    if type.base == "i1":
        return "true" if x else "false"
    if not type.is_float:
        return str(int(x))
    number = float(x)
    if type.base == "float":
        number = struct.unpack("f", struct.pack("f", number))[0] if abs(number) <= 3.4028235677973366e38 else number
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
