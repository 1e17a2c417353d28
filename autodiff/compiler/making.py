"""A kernel from the operations of a group: values and pointers are numbered as they are met."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Reduce, Shape, Store, Value
from autodiff.compiler.layouts import Layout
from autodiff.compiler.operations import Elementwise, Reduction

Buffer = int
Pointer = tuple[Buffer, int]
"""A buffer and an offset in bytes."""


class KernelStep(NamedTuple):
    """A kernel and its pointers."""

    kernel: Kernel
    pointers: tuple[Pointer, ...]
    reads: frozenset[Buffer]
    writes: frozenset[Buffer]


class KernelMaker:
    """A kernel over a domain, to which operations are added."""

    def __init__(self, domain: Shape) -> None:
        self.domain = domain
        self.values: dict[Value, int] = {}
        self.own: dict[Buffer, int] = {}
        self.pointers: dict[Pointer, int] = {}
        self.stores: list[Store] = []
        self.reductions: list[Reduce] = []
        self.reads: set[Buffer] = set()
        self.writes: set[Buffer] = set()

    def step(self) -> KernelStep:
        """The kernel so far."""
        kernel = Kernel(self.domain, tuple(self.values), tuple(self.stores), tuple(self.reductions))
        return KernelStep(kernel, tuple(self.pointers), frozenset(self.reads), frozenset(self.writes))

    def _value(self, value: Value) -> int:
        return self.values.setdefault(value, len(self.values))

    def _pointer(self, x: Layout, dtype: str) -> int:
        place = x.buffer, x.offset * np.dtype(dtype).itemsize
        return self.pointers.setdefault(place, len(self.pointers))

    def _read(self, x: Layout | str, dtype: str, base: str, positions: tuple[tuple[int, int, int], ...] = ()) -> int:
        """The value of an operand."""
        if isinstance(x, str):
            return self._value(Constant(x, _DTYPES[base]))
        if x.buffer in self.own and not positions:
            return self.own[x.buffer]
        self.reads.add(x.buffer)
        return self._value(Load(self._pointer(x, dtype), dtype, x.strides, positions))

    def compute(self, operation: Elementwise, kept: bool) -> None:
        """An elementwise operation, and the store of its result if anybody reads it elsewhere."""
        reads, dtypes = operation.reads, operation.dtypes

        def index(k: int) -> int:
            return self._read(reads[k], dtypes[k], "i64")

        if operation.name == "gather":
            positions = tuple((index(k), step, length) for k, step, length in operation.positions)
            ref = self._read(reads[0], dtypes[0], "", positions)
        else:
            operands = [self._read(x, d, b) for x, d, b in zip(reads, dtypes, operation.bases)]
            name = "identity" if operation.name == "scatter" else operation.name
            ref = self._value(Compute(name, tuple(operands), operation.bases, operation.dtype))
        out = operation.out
        if out.is_whole(self.domain) and not operation.places:
            self.own[out.buffer] = ref
        if kept:
            self.writes.add(out.buffer)
            places = tuple((index(k), step, length) for k, step, length in operation.places)
            self.stores.append(Store(self._pointer(out, operation.dtype), ref, operation.dtype, out.strides, places))

    def reduce(self, operation: Reduction) -> None:
        """A reduction of a value."""
        ref = self._read(operation.read, operation.read_dtype, "")
        self.writes.add(operation.out.buffer)
        pointer = self._pointer(operation.out, operation.dtype)
        self.reductions.append(Reduce(pointer, operation.kind, ref, operation.dtype, operation.axes))


_DTYPES = {"double": "float64", "float": "float32", "i64": "int64", "i32": "int32", "i1": "bool"}
