"""How reductions, and what moves elements, is done to buffers."""

from __future__ import annotations

import numpy as np

from autodiff.compiler.addressing import addressing, is_affine
from autodiff.compiler.forms import Form
from autodiff.compiler.infer import reduced_axes
from autodiff.compiler.layouts import indexed, whole
from autodiff.compiler.lower import Lowered, lowering
from autodiff.compiler.operations import Elementwise, Reduction
from autodiff.compiler.places import box, cover
from autodiff.compiler.pointwise import BASES
from autodiff.compiler.program import Instruction

REDUCTIONS = {"sum": "sum", "max": "max", "min": "min", "prod": "prod", "any": "any", "all": "all"}


@lowering("sum", "max", "min", "prod", "any", "all")
def reduction(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """Over axes: those at the end in one go, others afterwards."""
    (register,), kind = instruction.operands, REDUCTIONS[instruction.primitive.name]
    form, x = low.form(register), low.layouts[register]
    axes = reduced_axes(form.shape, instruction.keywords.get("axis"))
    if form.size == 0 and kind in ("max", "min"):
        return False
    if kind in ("any", "all") and form.dtype != np.bool_:
        flags = low.scratch(form.shape, np.dtype(np.bool_))
        low.write("not_equal", (x, "0.0"), flags, form.dtype)
        x = flags
    if kind in ("max", "min") and form.dtype == np.bool_:
        kind = "any" if kind == "max" else "all"
    if not axes:
        low.layouts[instruction.out] = low.copied(x, out.dtype)
        return True
    target = low.own(instruction.out, out)
    if form.size == 0:
        low.fill(target, {"sum": "0", "prod": "1", "any": "False", "all": "True"}[kind])
        return True
    read = str(low.buffers[x.buffer].dtype)
    ends = tuple(a in axes or n == 1 for a, n in enumerate(form.shape))  # axes of length 1 are as good as reduced
    inner = tuple(a for a in axes if all(ends[a:]))
    outer = tuple(a for a in axes if a not in inner)
    if inner and outer:
        kept = tuple(1 if a in inner else n for a, n in enumerate(form.shape))
        between = low.scratch(kept, out.dtype)
        low.operations.append(Reduction(form.shape, kind, x, read, inner, str(out.dtype), between))
        x, axes, read = between, outer, str(out.dtype)
    low.operations.append(Reduction(x.shape, kind, x, read, axes, str(out.dtype), target))
    return True


@lowering("getitem")
def gather(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """x[index] where the index holds arrays of integers."""
    x, *arrays = instruction.operands
    found = addressing(low, low.layouts[x], instruction.keywords["index"], arrays, out.shape)
    if found is None:
        return False
    view, indices = found
    target, dtype = low.own(instruction.out, out), str(out.dtype)
    reads = (view, *(layout for layout, _, _ in indices))
    low.operations.append(
        Elementwise(
            out.shape,
            "gather",
            reads,
            tuple(str(low.buffers[r.buffer].dtype) for r in reads),
            (str(BASES[out.dtype]),),
            dtype,
            target,
            positions=tuple((k, step, length) for k, (_, step, length) in enumerate(indices, start=1)),
        )
    )
    return True


@lowering("put")
def put(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """Zeros with x added at an index that holds arrays of integers: one element after the other."""
    x, *arrays = instruction.operands
    index, source = instruction.keywords["index"], low.layouts[x]
    if is_affine(index):  # a number in an array of shape (): of all others, rules make something simpler
        return False
    target = whole(instruction.out, out.shape)
    found = addressing(low, target, index, arrays, source.shape)
    if found is None or out.dtype.kind == "b":
        return False
    view, indices = found
    low.own(instruction.out, out)
    low.fill(target, "0.0")
    reads = (source, *(layout for layout, _, _ in indices))
    low.operations.append(
        Elementwise(
            source.shape,
            "scatter",
            reads,
            tuple(str(low.buffers[r.buffer].dtype) for r in reads),
            (str(BASES[out.dtype]),),
            str(out.dtype),
            view,
            places=tuple((k, step, length) for k, (_, step, length) in enumerate(indices, start=1)),
        )
    )
    return True


@lowering("assemble")
def assemble(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """Each piece copied to its place, and zeros before if they leave something out."""
    target, places = low.own(instruction.out, out), instruction.keywords["places"]
    if not cover([box(place, out.shape) for place in places], out.shape):
        low.fill(target, "0.0")
    for register, place in zip(instruction.operands, places):
        low.write("identity", (low.layouts[register],), indexed(target, place), out.dtype, apart=True)
    return True


@lowering("replace")
def replace(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """x with the elements at an index replaced, where the index holds no arrays."""
    x, values, *_ = instruction.operands
    if not is_affine(instruction.keywords["index"]):
        return False
    target = low.own(instruction.out, out)
    low.write("identity", (low.layouts[x],), target, out.dtype)
    place = indexed(target, instruction.keywords["index"])
    given = low.layouts[values]
    lead = len(given.shape) - len(place.shape)
    if lead > 0:  # NumPy drops leading axes of length 1
        given = given._replace(shape=given.shape[lead:], strides=given.strides[lead:])
    low.write("identity", (low.numbers.get(values) or given,), place, out.dtype)
    return True


@lowering("concatenate")
def concatenate(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """Each operand copied to its place."""
    target = low.own(instruction.out, out)
    axis, start = instruction.keywords["axis"] % len(out.shape), 0
    for register in instruction.operands:
        x = low.layouts[register]
        shape = tuple(x.shape[i] if i == axis else n for i, n in enumerate(out.shape))
        place = target._replace(shape=shape, offset=start * target.strides[axis])
        start += x.shape[axis]
        low.write("identity", (x,), place, out.dtype, apart=True)
    return True


@lowering("pad")
def pad(low: Lowered, instruction: Instruction, out: Form) -> bool:
    """Zeros, and x inside."""
    target, x = low.own(instruction.out, out), low.layouts[instruction.operands[0]]
    offset = sum(before * stride for (before, _), stride in zip(instruction.keywords["width"], target.strides))
    low.fill(target, "0.0")
    low.write("identity", (x,), target._replace(shape=x.shape, offset=offset), out.dtype)
    return True
