"""Write a kernel as LLVM's text: one loop an axis, vectors along the last.

What does not vary along the last axis is computed outside of its loop, once. Sums are carried in vectors: the innermost
loop adds at most `BLOCK` of them plainly, everything above with compensation, so that no sum is less accurate than
NumPy's pairwise one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autodiff.compiler.combining import added_exactly, combined, identity
from autodiff.compiler.elements import Elements, Known, base_of, in_memory
from autodiff.compiler.ir import I32, I64, POINTER, Function, Vector, vector
from autodiff.compiler.kernels import Kernel, Reduce, Shape, collapsed

BLOCK = 64  # vectors that are added one after the other
MASKED = 16  # with fewer full vectors than this, all go through the masked loop: one copy of the code instead of two
SHORT = 4  # vectors in a row that is written out


def emit(kernel: Kernel, name: str, width: int) -> Function:
    """The function `i32 name(ptr slots, ptr block)`. It returns 1 if a position lay outside, else 0.

    slots: addresses of buffers · block: for each pointer of the kernel its slot and an offset in bytes
    width: bytes of a vector
    """
    return _Emitter(collapsed(kernel), name, width).f


class _Emitter:
    def __init__(self, kernel: Kernel, name: str, width: int) -> None:
        self.kernel, self.f = kernel, Function(name, [POINTER, POINTER], I32)
        self.domain = kernel.domain
        self.inner = len(self.domain) - 1
        self.levels = kernel.levels()
        self.lanes = self._lanes(width)
        self.vectors = -(-self.domain[self.inner] // self.lanes)
        self.is_short = self.vectors <= SHORT and not kernel.is_serial()
        self.in_loops = [r for r in kernel.reductions if self._carried(r)]
        self.in_loops.sort(key=self._first_axis)
        self.elements = Elements(kernel, self.f, self.lanes)
        for r in kernel.reductions:
            assert self._is_trailing(r) or self.inner not in r.axes, f"a reduction over {r.axes} of {kernel.domain}"
        self._start_in_memory()
        if kernel.size:
            self._nest(0, [], {}, [])
        self.f.result = self.elements.result()

    # --- before the loops -------------------------------------------------------------------------------------------

    def _lanes(self, width: int) -> int:
        """How many elements are taken at once."""
        if self.kernel.is_serial() or not self.kernel.size:
            return 1
        wide = [base_of(v.dtype) for v, level in zip(self.kernel.values, self.levels) if level == self.inner]
        wide += [base_of(s.dtype) for s in self.kernel.stores] + [base_of(r.dtype) for r in self.kernel.reductions]
        bytes_each = max((max(base.bits // 8, 1) for base in wide), default=1)
        needed = 1 << (self.domain[self.inner] - 1).bit_length()
        return min(width // bytes_each, needed)

    def _start_in_memory(self) -> None:
        """Reductions that are added up in memory, or of nothing: fill it with what changes nothing."""
        for r in self.kernel.reductions:
            if not self._carried(r) or not self.kernel.size:
                self._fill(r, math.prod(n for axis, n in enumerate(self.domain) if axis not in r.axes))

    def _fill(self, r: Reduce, count: int) -> None:
        base = base_of(r.dtype)
        start = self.f.constant(identity(r.kind, r.dtype), base)

        def body(i: Vector) -> list[Vector]:
            self.elements.write(start, self.f.offset(self.elements.pointers[r.pointer], i, in_memory(base)), None)
            return []

        self.f.loop(0, count, 1, [], body)

    # --- how each reduction is carried ------------------------------------------------------------------------------

    def _is_trailing(self, r: Reduce) -> bool:
        """Over axes at the end: two vectors are carried, the total and what rounding lost of it."""
        return bool(r.axes) and r.axes == tuple(range(r.axes[0], self.inner + 1))

    def _is_columns(self, r: Reduce) -> bool:
        """Over all axes but a short last one: the vectors of that are carried. (Longer ones are added up in memory.)"""
        return self.is_short and r.axes == tuple(range(self.inner)) and bool(self.inner)

    def _carried(self, r: Reduce) -> int:
        """How many vectors are carried."""
        return 2 if self._is_trailing(r) else self.vectors if self._is_columns(r) else 0

    def _first_axis(self, r: Reduce) -> int:
        return min(r.axes)

    # --- the loops --------------------------------------------------------------------------------------------------

    def _nest(self, level: int, indices: list[Vector], known: Known, carried: list[Vector]) -> list[Vector]:
        """The loops from an axis on. carried: the vectors of the reductions under way, one after the other."""
        known = dict(known)
        for ref in range(len(self.kernel.values)):
            if self.levels[ref] == level - 1:
                known[ref] = self.elements.value(ref, indices, known, lanes=1)
        under_way = [r for r in self.in_loops if self._first_axis(r) < level]
        starting = [r for r in self.in_loops if self._first_axis(r) == level]
        before = len(carried)
        carried = [*carried, *(v for r in starting for v in self._start(r))]
        active = [*under_way, *starting]
        if level == self.inner:
            carried = self._row(indices, known, active, carried)
        else:
            carried = self.f.loop(
                0,
                self.domain[level],
                1,
                carried,
                lambda i, *inside: self._nest(level + 1, [*indices, i], known, list(inside)),
            )
        rest = carried[before:]
        for r in starting:
            self._finish(r, rest[: self._carried(r)], indices)
            rest = rest[self._carried(r) :]
        return carried[:before]

    def _start(self, r: Reduce) -> list[Vector]:
        zero = self.f.constant(0, vector(base_of(r.dtype), self.lanes))
        return [self._neutral(r), zero] if self._is_trailing(r) else [self._neutral(r)] * self.vectors

    def _row(
        self, indices: list[Vector], known: Known, active: Sequence[Reduce], carried: list[Vector]
    ) -> list[Vector]:
        """The innermost axis: written out if it is short, a loop otherwise."""
        n, lanes = self.domain[self.inner], self.lanes
        full = n // lanes * lanes
        if self.is_short:
            sums = [self._neutral(r) for r in active]
            columns = list(carried)
            for v in range(self.vectors):
                self.elements.mask = self._mask(v * lanes, n) if (v + 1) * lanes > n else None
                at = self.f.constant(v * lanes, I64)
                sums = self._element([*indices, at], known, active, sums, columns, v)
            return self._added(active, columns, sums)
        if full < n and full < MASKED * lanes:
            return self._blocks(0, n, indices, known, active, carried, masked=True)
        carried = self._blocks(0, full, indices, known, active, carried, masked=False)
        return self._blocks(full, n, indices, known, active, carried, masked=True) if full < n else carried

    def _mask(self, start: Vector | int, stop: int) -> Vector | None:
        """The lanes that lie before the end."""
        if self.lanes == 1:
            return None
        f = self.f
        return f.lanes(range(self.lanes), I64) + f.matched(start, I64).splat(self.lanes) < stop

    def _blocks(
        self,
        start: int,
        stop: int,
        indices: list[Vector],
        known: Known,
        active: Sequence[Reduce],
        carried: list[Vector],
        masked: bool,
    ) -> list[Vector]:
        """Vectors from start to stop, in blocks whose sums are added to what is carried."""
        f, lanes = self.f, self.lanes

        def body(i: Vector, *sums: Vector) -> list[Vector]:
            self.elements.mask = self._mask(i, stop) if masked else None
            return self._element([*indices, i], known, active, list(sums), [], 0)

        def block(first: Vector | int, last: Vector | int, carried: Sequence[Vector]) -> list[Vector]:
            sums = f.loop(first, last, lanes, [self._neutral(r) for r in active], body)
            return self._added(active, list(carried), sums)

        span = BLOCK * lanes
        if not active or stop - start <= 2 * span:
            return block(start, stop, carried)

        def blocks(first: Vector, *inside: Vector) -> list[Vector]:
            end = first + span
            return block(first, (end < stop).where(end, stop), inside)

        return f.loop(start, stop, span, carried, blocks)

    def _added(self, active: Sequence[Reduce], carried: list[Vector], sums: Sequence[Vector]) -> list[Vector]:
        """What a row or a block came to, added to what is carried."""
        place = 0
        for r, x in zip(active, sums):
            if self._is_trailing(r):
                carried[place : place + 2] = self._joined(r, carried[place], carried[place + 1], x)
            place += self._carried(r)
        return carried

    def _element(
        self,
        indices: list[Vector],
        known: Known,
        active: Sequence[Reduce],
        sums: list[Vector],
        columns: list[Vector],
        v: int,
    ) -> list[Vector]:
        """One vector of elements, the v-th of its row: compute, store, reduce. sums: of each active reduction."""
        known = dict(known)
        for ref in range(len(self.kernel.values)):
            if ref not in known:
                known[ref] = self.elements.value(ref, indices, known, self.lanes)
        for store in self.kernel.stores:
            self.elements.store(store, self.elements.at(known[store.value], base_of(store.dtype)), indices, known)
        place = 0
        for k, r in enumerate(active):
            x = self.elements.at(known[r.value], base_of(r.dtype))
            if self.elements.mask is not None:
                x = self.elements.mask.where(x, identity(r.kind, r.dtype))
            if self._is_trailing(r):
                sums[k] = combined(r.kind, sums[k], x)
            else:
                columns[place + v] = combined(r.kind, columns[place + v], x)
            place += self._carried(r)
        for r in self.kernel.reductions:
            if not self._carried(r):
                self._add_in_memory(r, self.elements.at(known[r.value], base_of(r.dtype)), indices)
        return sums

    def _add_in_memory(self, r: Reduce, x: Vector, indices: list[Vector]) -> None:
        base = base_of(r.dtype)
        place = self.elements.address(r.pointer, base, self._kept_strides(r), indices)
        before = self.elements.read(place, base, self.lanes, self.elements.mask)
        self.elements.write(combined(r.kind, before, x), place, self.elements.mask)

    def _kept_strides(self, r: Reduce) -> Shape:
        """The strides of a reduction's result, row by row over the axes that are kept."""
        strides, step = [0] * len(self.domain), 1
        for axis in reversed(range(len(self.domain))):
            if axis not in r.axes:
                strides[axis] = step
                step *= self.domain[axis]
        return tuple(strides)

    def _neutral(self, r: Reduce) -> Vector:
        return self.f.constant(identity(r.kind, r.dtype), vector(base_of(r.dtype), self.lanes))

    def _joined(self, r: Reduce, total: Vector, lost: Vector, x: Vector) -> tuple[Vector, Vector]:
        """A part taken in; of sums of floats, what rounding loses is carried along."""
        if r.kind != "sum" or not x.type.is_float:
            return combined(r.kind, total, x), lost
        return added_exactly(total, lost, x)

    def _finish(self, r: Reduce, carried: Sequence[Vector], indices: list[Vector]) -> None:
        """Write a total: the lanes combined, or the vectors of a row."""
        base = base_of(r.dtype)
        if self._is_columns(r):
            n, lanes = self.domain[self.inner], self.lanes
            for v, x in enumerate(carried):
                place = self.f.offset(self.elements.pointers[r.pointer], v * lanes, in_memory(base))
                self.elements.write(x, place, self._mask(v * lanes, n) if (v + 1) * lanes > n else None)
            return
        total, lost = carried
        if r.kind == "sum" and base.is_float:
            total = total + lost
        result = total.combined(lambda a, b: combined(r.kind, a, b))
        self.elements.write(result, self.elements.address(r.pointer, base, self._kept_strides(r), indices), None)
