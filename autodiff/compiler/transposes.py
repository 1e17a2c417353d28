"""Copies of transposed matrices: blocks of registers are transposed by shuffles; reads and writes are whole vectors."""

from __future__ import annotations

from typing import NamedTuple

from autodiff.compiler.ir import I8, I32, I64, POINTER, Function, Type, Vector, vector
from autodiff.compiler.pointers import pointer


class Transposition(NamedTuple):
    """out[r, c] = source[c · distance + r], out row by row. size: bytes of an element."""

    size: int
    rows: int
    columns: int
    distance: int


def emit_transposition(kind: Transposition, name: str, width: int) -> Function:
    """The function `i32 name(ptr slots, ptr block)`, with pointers to the source and to the result."""
    return _Emitter(kind, name, width).f


class _Emitter:
    def __init__(self, kind: Transposition, name: str, width: int) -> None:
        self.kind, self.f = kind, Function(name, [POINTER, POINTER], I32)
        self.base = {8: I64, 4: I32, 1: I8}[kind.size]
        self.lanes = width // kind.size
        self.source, self.out = pointer(self.f, 0), pointer(self.f, 1)
        f, step = self.f, self.lanes
        for down, height in _cuts(kind.rows, step):
            for across, breadth in _cuts(kind.columns, step):

                def blocks(
                    r: Vector, across: tuple[int, int] = across, height: int = height, breadth: int = breadth
                ) -> list[Vector]:
                    def block(c: Vector) -> list[Vector]:
                        self._block(r, c, height, breadth)
                        return []

                    f.loop(*across, step, [], block)
                    return []

                f.loop(*down, step, [], blocks)
        f.result = f.constant(0, I32)

    def _block(self, r: Vector, c: Vector, height: int, breadth: int) -> None:
        """`breadth` vectors of the source, of `height` elements each, become `height` vectors of the result."""
        f, lanes, kind = self.f, self.lanes, self.kind
        whole = vector(self.base, lanes)
        start = f.offset(self.source, c * kind.distance + r, self.base)
        vectors = [
            f.load(f.offset(start, k * kind.distance, self.base), whole, self._mask(height))
            if k < breadth
            else f.constant(0, whole)
            for k in range(lanes)
        ]
        place = f.offset(self.out, r * kind.columns + c, self.base)
        for k, x in enumerate(self._transposed(vectors)[:height]):
            f.store(x, f.offset(place, k * kind.columns, self.base), self._mask(breadth))

    def _mask(self, count: int) -> Vector | None:
        if count == self.lanes:
            return None
        f = self.f
        return f.lanes(range(self.lanes), I64) < f.constant(count, vector(I64, self.lanes))

    def _transposed(self, vectors: list[Vector]) -> list[Vector]:
        """Swap every bit of the number of a vector with the same bit of the number of a lane."""
        lanes, bit = self.lanes, 1
        while bit < lanes:
            first = [j if not j & bit else lanes + j - bit for j in range(lanes)]
            second = [j + bit if not j & bit else lanes + j for j in range(lanes)]
            for i in range(lanes):
                if not i & bit:
                    a, b = vectors[i], vectors[i + bit]
                    vectors[i], vectors[i + bit] = self._shuffled(a, b, first), self._shuffled(a, b, second)
            bit *= 2
        return vectors

    def _shuffled(self, a: Vector, b: Vector, lanes: list[int]) -> Vector:
        places = ", ".join(f"i32 {j}" for j in lanes)
        kind: Type = a.type
        return self.f.emit(kind, f"shufflevector {kind} {a.name}, {kind} {b.name}, <{len(lanes)} x i32> <{places}>")


def _cuts(n: int, step: int) -> list[tuple[tuple[int, int], int]]:
    """((start, stop), elements in a block): the whole blocks, then the one that is not."""
    full = n // step * step
    return [((0, full), step)] * bool(full) + [((full, n), n - full)] * (full < n)
