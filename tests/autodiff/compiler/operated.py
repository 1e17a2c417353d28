"""Operations on buffers taken literally, by NumPy; and random lists of them, as lowering leaves them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autodiff.compiler.layouts import Layout, as_array, indexed, whole
from autodiff.compiler.lower import Lowered
from autodiff.compiler.making import KernelStep
from autodiff.compiler.operations import Call, Elementwise, Operation, Product, Reduction, Turn
from autodiff.compiler.pointwise import BASES
from autodiff.compiler.program import Program
from autodiff.primitives.kinds import TABLE

from .interpreted import FORMULAS, Case, Interpreted, reduced

F64, F32, I64 = np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.int64)
Memory = dict[int, Any]
"""The elements of each buffer, in one row."""


# --- taken literally --------------------------------------------------------------------------------------------------


def memory_of(low: Lowered, given: Mapping[int, Any]) -> Memory:
    """Memory before anything has been computed; nobody may read what stands there, so it is not the same twice."""
    garbage = np.random.default_rng()
    memory = {b: garbage.integers(-999, 999, form.size).astype(form.dtype) for b, form in low.buffers.items()}
    return memory | {buffer: data.ravel().copy() for buffer, data in given.items()}


def places(x: Layout, positions: Sequence[tuple[Any, int, int]]) -> Any:
    """Where in its buffer each element of a view lies, moved by indices that are data."""
    at = np.full(x.shape, x.offset)
    for index, stride in zip(np.indices(x.shape), x.strides, strict=True):
        at += index * stride
    for position, step, length in positions:
        at += np.where(position < 0, position + length, position) * step
    return at


def carry_out(operation: Operation, low: Lowered, memory: Memory) -> None:
    """One operation by itself."""
    if isinstance(operation, Call):
        data = [as_array(memory[low.layouts[r].buffer], low.layouts[r]) for r in operation.operands]
        memory[operation.out][...] = operation.primitive.forward(*data, **operation.keywords).ravel()
        return
    out = as_array(memory[operation.out.buffer], operation.out)
    if isinstance(operation, Reduction):
        x = as_array(memory[operation.read.buffer], operation.read).astype(operation.dtype)
        out[...] = reduced(operation.kind, x, operation.axes).reshape(out.shape)
    elif isinstance(operation, Product):
        a, b = (as_array(memory[x.buffer], x) for x in (operation.a, operation.b))
        out[...] = a @ b
    elif isinstance(operation, Turn):
        out[...] = as_array(memory[operation.source.buffer], operation.source)
    else:
        assert isinstance(operation, Elementwise)
        reads = [float(x) if isinstance(x, str) else as_array(memory[x.buffer], x) for x in operation.reads]
        if operation.name == "gather":
            chosen = [(reads[k], step, length) for k, step, length in operation.positions]
            assert isinstance(operation.reads[0], Layout)
            out[...] = memory[operation.reads[0].buffer][places(operation.reads[0], chosen)]
        elif operation.name == "scatter":
            chosen = [(reads[k], step, length) for k, step, length in operation.places]
            np.add.at(memory[operation.out.buffer], places(operation.out, chosen), reads[0])
        else:
            out[...] = FORMULAS[operation.name](*(np.asarray(x, operation.dtype) for x in reads))


def carry_out_kernel(step: KernelStep, memory: Memory) -> None:
    """The kernel of a step, on the buffers that it names."""
    buffers = sorted({buffer for buffer, _ in step.pointers})
    pointers = [(buffers.index(b), offset // memory[b].itemsize) for b, offset in step.pointers]
    done = Interpreted(Case(step.kernel, tuple(memory[b] for b in buffers), tuple(pointers)))
    assert not done.failed
    memory.update(zip(buffers, done.memory))


# --- random lists -----------------------------------------------------------------------------------------------------

SHAPES = [(6, 8), (6, 8), (8,), (6, 1), (48,), (8, 6), (2, 6, 8), (4, 12), (1,), ()]
NAMES = ["add", "subtract", "maximum", "minimum", "negative", "identity"]


class Drawn:
    """A list of operations, drawn one by one. given: what stands in the buffers that are inputs"""

    def __init__(self, draw: Any) -> None:
        self.draw, self.low = draw, Lowered(Program())
        rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        self.given: Memory = {}
        self.has_product = False
        self.ready: list[Layout] = []
        for shape in draw(st.lists(st.sampled_from(SHAPES), min_size=2, max_size=4)):
            x = self.low.scratch(shape, F64)
            self.ready.append(x)
            self.given[x.buffer] = rng.integers(-9, 10, shape).astype(float)
        self.index, self.first = self.low.scratch((48,), I64), self.low.scratch((1,), I64)
        self.given |= {self.index.buffer: rng.integers(-4, 4, 48), self.first.buffer: np.array([-1])}

    def dtype(self, x: Layout) -> np.dtype[Any]:
        return self.low.buffers[x.buffer].dtype

    def new(self, shape: tuple[int, ...]) -> Layout:
        """A buffer of doubles, or of floats."""
        return self.low.scratch(shape, self.draw(st.sampled_from([F64, F64, F32])))

    def view(self) -> Layout:
        """Something that has been computed, perhaps looked at in another way. The newest more often than the rest."""
        newest = self.draw(st.booleans())
        x = self.draw(st.sampled_from(self.ready[-3:] if newest else self.ready))
        how = self.draw(st.sampled_from(["", "", "", "row", "transposed", "part", "backwards", "reshaped"]))
        if how == "row" and x.shape:
            return indexed(x, (self.draw(st.integers(0, x.shape[0] - 1)),))
        if how == "transposed":
            return x._replace(shape=x.shape[::-1], strides=x.strides[::-1])
        if how == "part" and x.shape and x.shape[0] > 1:
            return indexed(x, (("slice", *self.draw(st.sampled_from([(1, None, 1), (None, 2, 1), (None, None, 2)]))),))
        if how == "backwards" and x.shape:
            return indexed(x, (("slice", None, None, -1),))
        if how == "reshaped":
            shape = self.draw(st.sampled_from([s for s in SHAPES if math.prod(s) == x.size] or [x.shape]))
            return whole(x.buffer, shape)
        return x

    def fitting(self, shape: tuple[int, ...]) -> Layout | str:
        """An operand for a domain."""
        fits = [x for x in self.ready if broadcasts(x.shape, shape)]
        return self.draw(st.sampled_from(fits)).broadcast(shape) if fits else "2.0"

    def computed(self) -> Layout:
        x, name = self.view(), self.draw(st.sampled_from(NAMES))
        operands = (x,) if name in ("negative", "identity") else (x, self.fitting(x.shape))
        out = self.new(x.shape)
        self.low.write(name, operands[:: self.draw(st.sampled_from([1, -1]))], out, self.dtype(out))
        return out

    def reduced(self) -> Layout:
        x = self.view()
        if not x.shape:
            return x
        axes = self.draw(st.sampled_from([(0,), (len(x.shape) - 1,), tuple(range(len(x.shape)))]))
        kind = self.draw(st.sampled_from(["sum", "max", "min"]))
        ones = self.draw(st.booleans())  # where the axes were
        kept = tuple(1 if a in axes else n for a, n in enumerate(x.shape) if ones or a not in axes)
        out = self.low.scratch(kept, F64)
        self.low.operations.append(Reduction(x.shape, kind, x, str(self.dtype(x)), axes, "float64", out))
        return out

    def assembled(self) -> Layout:
        """Pieces side by side; or zeros, and one of them inside."""
        x = self.view()
        count = self.draw(st.integers(1, 3))
        out = self.new((count + 1, *x.shape))
        pieces = self.draw(st.permutations(range(count + 1)))[:count] if self.draw(st.booleans()) else range(count + 1)
        if len(pieces) <= count:
            self.low.fill(out, "0.0")
        for k in pieces:
            self.low.write("identity", (self.fitting(x.shape),), indexed(out, (k,)), self.dtype(out), apart=True)
        return out

    def replaced(self) -> Layout:
        """A copy of which a part is written over: its first half, or every second one."""
        x = self.view()
        out = self.low.copied(x)
        if x.shape and x.shape[0] > 1:
            part = indexed(out, (("slice", *self.draw(st.sampled_from([(None, 2, 1), (None, None, 2)]))),))
            self.low.write("identity", (self.fitting(part.shape),), part, self.dtype(out))
        elif self.draw(st.booleans()):
            self.low.write("negative", (x,), out, self.dtype(out))
        return out

    def gathered(self) -> Layout:
        """Rows chosen by data: as many as there are indices, or one."""
        source = self.view()
        if not source.shape:
            return source
        index = self.index if source.shape[0] >= 4 and self.draw(st.booleans()) else self.first
        shape = (*index.shape, *source.shape[1:])
        rows = Layout(index.buffer, shape, (1, *[0] * (len(shape) - 1)))
        view = source._replace(shape=shape, strides=(0, *source.strides[1:]))
        dtype = self.dtype(source)
        out = self.low.scratch(shape, dtype)
        reads, dtypes, positions = (view, rows), (str(dtype), "int64"), ((1, source.strides[0], source.shape[0]),)
        bases = (str(BASES[dtype]),)
        self.low.operations.append(
            Elementwise(shape, "gather", reads, dtypes, bases, str(dtype), out, positions=positions)
        )
        return out

    def scattered(self) -> Layout:
        """Rows added up where data says."""
        x = self.view()
        rows = Layout(self.index.buffer, x.shape, (1, *[0] * (len(x.shape) - 1))[: len(x.shape)])
        out = self.low.scratch((4, *x.shape[1:]), F64)
        self.low.fill(out, "0.0")
        if x.shape:
            target = out._replace(shape=x.shape, strides=(0, *out.strides[1:]))
            dtypes, added = (str(self.dtype(x)), "int64"), ((1, out.strides[0], 4),)
            self.low.operations.append(
                Elementwise(x.shape, "scatter", (x, rows), dtypes, ("double",), "float64", target, places=added)
            )
        return out

    def apart(self) -> Layout:
        """What is never part of a kernel: a product, a transpose, NumPy's turn."""
        x = self.view()
        dtype = self.dtype(x)
        by_rows = len(x.shape) == 2 and x.strides[1] == 1 and x.strides[0] >= x.shape[1]
        if not by_rows or self.draw(st.booleans()):
            out = self.low.scratch(x.shape, dtype)
            self.low.layouts[self.low._next] = x  # the register that NumPy reads
            self.low.operations.append(Call(TABLE["negative"], (self.low._next,), {}, out.buffer))
            self.low._next += 1
            return out
        turned = x._replace(shape=x.shape[::-1], strides=x.strides[::-1])
        if self.has_product or dtype != F64 or self.draw(st.booleans()):
            out = self.low.scratch(turned.shape, dtype)
            self.low.operations.append(Turn(turned, dtype.itemsize, out))
        else:
            self.has_product = True  # one; squares of squares would be too large to be exact
            out = self.low.scratch((x.shape[0], x.shape[0]), F64)
            self.low.operations.append(Product(x, turned, "float64", out))
        return out


@st.composite
def operations(draw: Any) -> tuple[Lowered, Memory, list[int]]:
    """Operations in order, the inputs, and the buffers that are results."""
    drawn = Drawn(draw)
    kinds = [drawn.computed] * 6 + [drawn.reduced] * 2
    kinds += [drawn.assembled, drawn.replaced, drawn.gathered, drawn.scattered, drawn.apart]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=20)):
        drawn.ready.append(kind())
    made = [x.buffer for x in drawn.ready if x.buffer not in drawn.given]
    return drawn.low, drawn.given, draw(st.lists(st.sampled_from(made), unique=True)) if made else []


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a shape can be broadcast to another."""
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(shape[::-1], to[::-1]))
