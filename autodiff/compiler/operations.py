"""What a program does to buffers: the operations that kernels, products and tapes are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autodiff.compiler.layouts import Layout, Shape
from autodiff.compiler.program import Register
from autodiff.compiler.tape import Tape
from autodiff.primitives.kinds import Primitive

Operand = Layout | str
"""What an operation reads: a view, broadcast to its domain, or the repr of a number."""


@dataclass(frozen=True)
class Elementwise:
    """out[i] = name(reads[i]…) at every element of a domain.

    out: a view of the buffer that is written · apart: nothing else is written there
    positions, places: of reads[0] and of out, as (number of the read that holds an index, step, length); with places
    the result is added to what stands there
    """

    domain: Shape
    name: str
    reads: tuple[Operand, ...]
    dtypes: tuple[str, ...]
    bases: tuple[str, ...]
    dtype: str
    out: Layout
    positions: tuple[tuple[int, int, int], ...] = ()
    places: tuple[tuple[int, int, int], ...] = ()
    apart: bool = False


@dataclass(frozen=True)
class Reduction:
    """out = a reduction of what is read over axes of a domain. kind as in kernels.Reduce."""

    domain: Shape
    kind: str
    read: Layout
    read_dtype: str
    axes: Shape
    dtype: str
    out: Layout


@dataclass(frozen=True)
class Product:
    """out = a @ b, or start + a @ b, each (batch…, rows, columns), start and out row by row."""

    a: Layout
    b: Layout
    dtype: str
    out: Layout
    start: Layout | None = None


@dataclass(frozen=True)
class Turn:
    """out = the transpose of a matrix: `source` is a view of it whose columns are contiguous, out row by row."""

    source: Layout
    itemsize: int
    out: Layout


@dataclass(frozen=True)
class Call:
    """out = primitive(*operands, **keywords), by NumPy. Operands are registers."""

    primitive: Primitive
    operands: tuple[Register, ...]
    keywords: Mapping[str, Any]
    out: Register


@dataclass(frozen=True)
class Scalars:
    """Thousands of operations on single numbers."""

    tape: Tape


Operation = Elementwise | Reduction | Product | Turn | Scalars | Call
