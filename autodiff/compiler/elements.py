"""What is done at one place of a kernel's domain: load, compute, store; a vector at a time, or a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autodiff.compiler.ir import I1, I8, I32, I64, POINTER, Function, Number, Type, Vector, vector
from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Shape, Store
from autodiff.compiler.pointers import pointer
from autodiff.compiler.pointwise import BASES, BY_NAME, POINTWISE

Known = dict[int, Vector]
"""Values that have been computed, by their numbers."""


def base_of(dtype: str) -> Type:
    """The machine type of a dtype."""
    return BASES[np.dtype(dtype)]


def in_memory(base: Type) -> Type:
    """How a base lies in memory: truth values as bytes."""
    return I8 if base == I1 else base


class Elements:
    """Accesses of a kernel, written into a function.

    lanes: how many elements of the innermost axis are taken at once · mask: which of them lie inside; None for all
    status: where it is noted that a position lay outside; None if the kernel has no positions
    """

    def __init__(self, kernel: Kernel, f: Function, lanes: int) -> None:
        self.kernel, self.f, self.lanes = kernel, f, lanes
        self.inner = len(kernel.domain) - 1
        self.mask: Vector | None = None
        self.pointers = [pointer(f, k) for k in range(kernel.pointers)]
        self.status = f.emit(POINTER, "alloca i32") if kernel.may_fail() else None
        if self.status is not None:
            f.store(f.constant(0, I32), self.status)

    def result(self) -> Vector:
        """What the function returns: 1 if a position lay outside, else 0."""
        return self.f.constant(0, I32) if self.status is None else self.f.load(self.status, I32)

    # --- values -----------------------------------------------------------------------------------------------------

    def value(self, ref: int, indices: list[Vector], known: Known, lanes: int) -> Vector:
        """A value at a place, given those before it. indices: of the axes that have been entered."""
        value = self.kernel.values[ref]
        if isinstance(value, Constant):
            return self.f.constant(_number(value.number), base_of(value.dtype))
        if isinstance(value, Compute):
            operands = [self._operand(value, k, known, lanes) for k in range(len(value.operands))]
            return POINTWISE[value.name].emit(*operands).to(base_of(value.dtype))
        return self._load(value, indices, known, lanes)

    def _operand(self, made: Compute, k: int, known: Known, lanes: int) -> Vector | Number:
        """The k-th operand of an operation."""
        ref = made.operands[k]
        operand, is_last = self.kernel.values[ref], k == len(made.operands) - 1
        if isinstance(operand, Constant) and is_last and POINTWISE[made.name].number:
            return _number(operand.number)
        return self._spread(known[ref], lanes).to(BY_NAME[made.bases[k]])

    def _spread(self, x: Vector, lanes: int) -> Vector:
        return x.splat(lanes) if x.type.lanes < lanes else x

    def at(self, x: Vector, base: Type) -> Vector:
        """A value in every lane of the innermost loop, as a type."""
        return self._spread(x, self.lanes).to(base)

    def _load(self, load: Load, indices: list[Vector], known: Known, lanes: int) -> Vector:
        base = base_of(load.dtype)
        mask = self.mask if lanes > 1 else None
        place = self.address(load.pointer, base, load.strides, indices)
        scattered: Vector | None = None
        for position, step, length in load.positions:
            at = self._position(known[position], length, lanes, mask) * step
            if at.type.lanes == 1:
                place = self.f.offset(place, at, in_memory(base))
            else:
                scattered = at if scattered is None else scattered + at
        stride = load.strides[self.inner] if len(indices) > self.inner else 0
        if scattered is None and (lanes == 1 or stride == 1):
            return self.read(place, base, lanes, mask)
        steps = self.f.lanes(range(0, lanes * stride, stride) if stride else [0] * lanes, I64)
        return self._gathered(place, steps if scattered is None else scattered + steps, base, mask)

    def _position(self, position: Vector, length: int, lanes: int, mask: Vector | None) -> Vector:
        """An index that is data: counted from the end if negative; what lies outside is noted, and 0 is taken."""
        f = self.f
        at = position.to(I64)
        at = (at < 0).where(at + length, at)
        outside = (at < 0) | (at >= length)
        if mask is not None and outside.type.lanes > 1:
            outside = outside & mask
        assert self.status is not None
        f.store(f.load(self.status, I32) | outside.any().to(I32), self.status)
        return outside.where(0, at)

    # --- memory -----------------------------------------------------------------------------------------------------

    def address(self, pointer: int, base: Type, strides: Shape, indices: list[Vector]) -> Vector:
        """pointer + Σ index·stride."""
        place = self.pointers[pointer]
        for index, stride in zip(indices, strides):
            if stride:
                place = self.f.offset(place, index if stride == 1 else index * stride, in_memory(base))
        return place

    def read(self, place: Vector, base: Type, lanes: int, mask: Vector | None) -> Vector:
        """Elements that lie side by side."""
        x = self.f.load(place, vector(in_memory(base), lanes), mask)
        return x != 0 if base == I1 else x

    def _gathered(self, place: Vector, steps: Vector, base: Type, mask: Vector | None) -> Vector:
        if base == I1:  # no gather of bytes: lane by lane; those that lie outside read where the first one does
            steps = steps if mask is None else mask.where(steps, 0)
            x = self.f.constant(0, vector(I8, steps.type.lanes))
            for i in range(steps.type.lanes):
                x = x.with_lane(i, self.f.load(self.f.offset(place, steps.lane(i), I8), I8))
            return x != 0
        return self.f.gather(place, steps, base, mask)

    def store(self, store: Store, x: Vector, indices: list[Vector], known: Known) -> None:
        """A value written, or added, to its place."""
        base = base_of(store.dtype)
        place = self.address(store.pointer, base, store.strides, indices)
        for position, step, length in store.positions:
            at = self._position(known[position], length, 1, None) * step
            place = self.f.offset(place, at, in_memory(base))
        if store.positions:
            self.write(self.read(place, base, 1, None) + x, place, None)
        elif self.lanes == 1 or store.strides[self.inner] == 1:
            self.write(x, place, self.mask)
        else:
            self._write_apart(x, place, store.strides[self.inner], base)

    def write(self, x: Vector, place: Vector, mask: Vector | None) -> None:
        """Elements that lie side by side, or those of them that a mask names."""
        self.f.store(x.to(I8) if x.type.base == "i1" else x, place, mask)

    def _write_apart(self, x: Vector, place: Vector, stride: int, base: Type) -> None:
        """Lanes that do not lie side by side, one after the other."""
        f = self.f
        for i in range(self.lanes):
            one = x.lane(i)
            target = f.offset(place, i * stride, in_memory(base))
            if self.mask is None:
                self.write(one, target, None)
                continue
            inside = self.mask.lane(i)

            def write(one: Vector = one, target: Vector = target) -> Sequence[Vector]:
                self.write(one, target, None)
                return []

            f.rarely(inside, [], write)


def _number(text: str) -> Number:
    """A constant's number."""
    if text in ("True", "False"):
        return text == "True"
    return int(text) if text.lstrip("-").isdigit() else float(text)
