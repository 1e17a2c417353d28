"""What is known of one step: the buffers it touches, what its function is compiled from, what it may write over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from autodiff.compiler.build import Code, Machine
from autodiff.compiler.fuse import Step, reads_of, written_by
from autodiff.compiler.layouts import is_row_by_row
from autodiff.compiler.lower import Lowered
from autodiff.compiler.making import KernelStep
from autodiff.compiler.operations import Product, Scalars, Turn
from autodiff.compiler.products import gemm_of
from autodiff.compiler.transposes import Transposition

Buffer = int


def touched(low: Lowered, step: Step) -> tuple[Iterable[Buffer], Iterable[Buffer]]:
    """The buffers that a step reads and writes."""
    if isinstance(step, KernelStep):
        return step.reads, step.writes
    return reads_of(low, step), written_by(step)


def code_of(step: Step) -> Code | None:
    """What the function of a step is compiled from; None for NumPy's turns."""
    if isinstance(step, KernelStep):
        return step.kernel
    if isinstance(step, Product):
        return gemm_of(step)
    if isinstance(step, Turn):
        return Transposition(step.itemsize, step.source.shape[0], step.source.shape[1], step.source.strides[1])
    if isinstance(step, Scalars):
        return Machine()
    return None


def pointers_of(step: KernelStep | Product | Turn) -> Sequence[tuple[Buffer, int]]:
    """The buffers and offsets in bytes that a step's function is given."""
    if isinstance(step, KernelStep):
        return step.pointers
    if isinstance(step, Turn):
        return [(x.buffer, x.offset * step.itemsize) for x in (step.source, step.out)]
    itemsize = np.dtype(step.dtype).itemsize
    return [(x.buffer, x.offset * itemsize) for x in (step.a, step.b, step.out, step.start) if x is not None]


def aligned_reads(step: KernelStep) -> list[Buffer]:
    """The buffers of which a kernel reads, at each element of its domain, that very element and no other."""
    kernel = step.kernel
    if kernel.is_serial():
        return []
    loads = [(*step.pointers[load.pointer], load) for load in kernel.loads()]
    others = {b for b, offset, x in loads if offset or x.positions or not is_row_by_row(kernel.domain, x.strides)}
    return list(dict.fromkeys(b for b, _, _ in loads if b not in others))


def aligned_writes(step: KernelStep) -> list[Buffer]:
    """The buffers that a kernel writes element by element, each once."""
    domain = step.kernel.domain
    stores = [(*step.pointers[store.pointer], store) for store in step.kernel.stores]
    return [b for b, offset, x in stores if not (offset or x.positions) and is_row_by_row(domain, x.strides)]
