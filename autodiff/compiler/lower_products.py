"""How matrix products are done: by BLAS, or by our own code where they are small, with what is added to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from autodiff.compiler import native, tiles
from autodiff.compiler.forms import Form
from autodiff.compiler.internal import INTERNAL
from autodiff.compiler.layouts import Layout, contiguous
from autodiff.compiler.lower import Lowered, lowering
from autodiff.compiler.operations import Product
from autodiff.compiler.pointwise import BASES
from autodiff.compiler.program import Instruction, Program, Register
from autodiff.recording import NO_KEYWORDS


@lowering("matmul")
def product(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """A matrix product, or a batch of them. Matrices may be transposed where they lie, not strided both ways."""
    if out.dtype.kind != "f":
        return False
    a, b = (low.layouts[r] for r in instruction.operands)
    target = low.own(instruction.out, out)
    if len(a.shape) == 1:
        a = a._replace(shape=(1, *a.shape), strides=(0, *a.strides))
    if len(b.shape) == 1:
        b = b._replace(shape=(*b.shape, 1), strides=(*b.strides, 0))
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    shape = (*batch, a.shape[-2], b.shape[-1])
    a, b = (_as_matrix(low, x, out.dtype).broadcast((*batch, *x.shape[-2:])) for x in (a, b))
    target = target._replace(shape=shape, strides=contiguous(shape))
    if a.shape[-1] == 0:
        low.fill(target, "0.0")
    elif a.shape[-1] == 1:  # the outer product of two vectors: elementwise, and open to what comes after
        low.write("multiply", (a, b), target, out.dtype)
    elif out.size:
        _product(low, a, b, target, str(out.dtype))
    return True


def _product(low: Lowered, a: Layout, b: Layout, out: Layout, dtype: str, start: Layout | None = None) -> None:
    """A product for BLAS as it is; our own code wants rows of b, so a column is taken for the transpose of a row."""
    rows, columns = a.shape[-2], b.shape[-1]
    if columns == 1 and rows > 1 and a.strides[-2] == 1:
        a, b, out = (_turned_view(x) for x in (b, a, out))
        start = None if start is None else _turned_view(start)
        rows, columns = columns, rows
    if _is_ours(rows, columns, a.shape[-1]) and b.strides[-1] != 1:
        b = low.turned(b)
    low.operations.append(Product(a, b, dtype, out, start))


def _is_ours(rows: int, columns: int, inner: int) -> bool:
    return tiles.is_small(rows, columns, inner, native.target().width)


@lowering("add_product")
def add_product(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """c + a @ b in one: see `with_added_products`."""
    c, *factors = (low.layouts[r] for r in instruction.operands)
    a, b = (_as_matrix(low, x, out.dtype) for x in factors)
    _product(low, a, b, low.own(instruction.out, out), str(out.dtype), c if c.strides[-1] == 1 else low.copied(c))
    return True


def with_added_products(program: Program) -> Program:
    """The program with c + a @ b in one, where our own code computes the product and nobody else reads it."""
    if not any(instruction.primitive.name == "matmul" for instruction in program.instructions):
        return program
    uses = Counter(r for instruction in program.instructions for r in instruction.operands)
    uses.update(program.results)
    products: dict[Register, Instruction] = {}
    instructions: dict[Register, Instruction] = {}
    for instruction in program.instructions:
        instructions[instruction.out] = instruction
        if instruction.primitive.name == "matmul" and _can_be_added(program, instruction):
            products[instruction.out] = instruction
        elif instruction.primitive.name == "add":
            out = instruction.out
            for register, other in (instruction.operands[::-1], instruction.operands):
                same = program.forms[register] == program.forms[other] == program.forms[out]
                if register in products and uses[register] == 1 and same:
                    factors = products.pop(register).operands
                    del instructions[register]
                    instructions[out] = Instruction(INTERNAL["add_product"], (other, *factors), NO_KEYWORDS, out)
                    break
    return replace(program, instructions=list(instructions.values()))


def _can_be_added(program: Program, product: Instruction) -> bool:
    forms = [program.forms[r] for r in (*product.operands, product.out)]
    if any(form is None or len(form.shape) != 2 or form.dtype.kind != "f" or form.dtype not in BASES for form in forms):
        return False
    a, b, _ = (form for form in forms if form is not None)
    return a.shape[1] > 1 and b.shape[1] > 1 and _is_ours(a.shape[0], b.shape[1], a.shape[1])


def _turned_view(x: Layout) -> Layout:
    """The transposes of matrices, where they lie."""
    shape, strides = x.shape, x.strides
    return x._replace(shape=(*shape[:-2], shape[-1], shape[-2]), strides=(*strides[:-2], strides[-1], strides[-2]))


def _as_matrix(low: Lowered, x: Layout, dtype: np.dtype[Any]) -> Layout:
    """A view whose rows or columns are contiguous, of the right dtype; a copy where it is not."""
    (rows, columns), (down, across) = x.shape[-2:], x.strides[-2:]
    by_rows = (across == 1 or columns == 1) and (down >= columns or rows == 1)
    by_columns = (down == 1 or rows == 1) and (across >= rows or columns == 1)
    if (by_rows or by_columns) and low.buffers[x.buffer].dtype == dtype:
        return x
    return low.copied(x, dtype)
