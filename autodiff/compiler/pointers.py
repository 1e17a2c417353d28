"""How a step's function finds its buffers: by slots, and a block of its own that says which."""

from __future__ import annotations

from autodiff.compiler.ir import I8, I64, POINTER, Function, Vector


def pointer(f: Function, k: int) -> Vector:
    """The k-th pointer: slots[block[2k]] + block[2k + 1] bytes, of a function (ptr slots, ptr block)."""
    slots, block = f.parameters
    slot = f.load(f.offset(block, 2 * k, I64), I64)
    shift = f.load(f.offset(block, 2 * k + 1, I64), I64)
    return f.offset(f.load(f.offset(slots, slot, I64), POINTER), shift, I8)
