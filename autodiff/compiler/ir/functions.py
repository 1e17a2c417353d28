"""A function under construction: instructions, memory, branches, its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autodiff.compiler.ir.types import I1, I64, POINTER, Number, Type, literal
from autodiff.compiler.ir.vectors import Vector


class Function:
    """A function under construction: parameters, the lines so far, the block that is being written.

    returns: its type, None for void
    """

    def __init__(self, name: str, parameters: Sequence[Type], returns: Type | None = None) -> None:
        self.name, self.returns = name, returns
        self.lines: list[str] = ["start:"]
        self.block = "start"
        self.result: Vector | None = None
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

    def text(self, attributes: str = "") -> str:
        """The whole function, which returns `result`."""
        returned = "ret void" if self.result is None else f"ret {self.result.type} {self.result.name}"
        parameters = ", ".join(f"{p.type} {p.name}" for p in self.parameters)
        head = f"define {self.returns or 'void'} @{self.name}({parameters}) {attributes}".rstrip()
        return "\n".join([f"{head} {{", *self.lines, f"  {returned}", "}"])
