"""Larger operations in terms of smaller ones, so that native code needs to know only these; equal up to rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.compiler.infer import reduced_axes
from autodiff.compiler.program import Register
from autodiff.compiler.simplify import ROUNDED, Simplifier, Step, rule
from autodiff.primitives.indexing import ARRAY


@rule("affine", rules=ROUNDED)
def affine(step: Step, s: Simplifier) -> Register | None:
    """x w + b."""
    x, w, b = step.operands
    return s.make("add", s.make("matmul", x, w), b)


@rule("square", rules=ROUNDED)
def square(step: Step, s: Simplifier) -> Register | None:
    """x² = x·x. (The square of a truth value is an integer, the product is none.)"""
    x = step.operands[0]
    return s.make("multiply", x, x) if s.form(x) == step.form else None


@rule("power", rules=ROUNDED)
def whole_powers(step: Step, s: Simplifier) -> Register | None:
    """x¹ = x, x² = x·x, x³ = x²·x, x⁴ = (x²)², x⁻¹ = 1/x, x⁻² = (1/x)²."""
    x, exponent = step.operands[0], s.number(step.operands[1])
    if exponent not in (-2.0, -1.0, 1.0, 2.0, 3.0, 4.0) or step.form.dtype.kind != "f" or s.form(x) != step.form:
        return None
    base = s.make("reciprocal", x) if exponent < 0 else x
    if abs(exponent) == 1.0:
        return base
    power = s.make("multiply", base, base)
    if exponent == 3.0:
        return s.make("multiply", power, x)
    return s.make("multiply", power, power) if exponent == 4.0 else power


@rule("sum_squares", rules=ROUNDED)
def sum_of_squares(step: Step, s: Simplifier) -> Register | None:
    """Σ x² = Σ x·x."""
    x = step.operands[0]
    return s.make("sum", s.make("multiply", x, x), axis=None, keepdims=False)


@rule("euclidean_norm", rules=ROUNDED)
def root_of_a_sum_of_squares(step: Step, s: Simplifier) -> Register | None:
    """‖x‖ = √Σ x·x."""
    if not _has_elements(step, s):
        return None
    (x,) = step.operands
    axis = reduced_axes(s.form(x).shape, step.keywords["axis"])
    return s.make("sqrt", s.make("sum", s.make("multiply", x, x), axis=axis, keepdims=step.keywords["keepdims"]))


@rule("logsumexp", rules=ROUNDED)
def log_of_a_sum_of_exponentials(step: Step, s: Simplifier) -> Register | None:
    """log Σ exp x = m + log Σ exp(x − m), m = max x where that is finite, else 0."""
    if not _has_elements(step, s):
        return None
    _, peak, log = _from_the_peak(step, s)
    return s.make("reshape", s.make("add", log, peak), shape=step.form.shape)


@rule("log_softmax", rules=ROUNDED)
def logarithms_of_shares(step: Step, s: Simplifier) -> Register | None:
    """x − log Σ exp x = (x − m) − log Σ exp(x − m), so that the differences from the largest element are kept."""
    if not _has_elements(step, s):
        return None
    shifted, _, log = _from_the_peak(step, s)
    return s.make("subtract", shifted, log)


def _has_elements(step: Step, s: Simplifier) -> bool:
    """Whether the operand is a real array with elements."""
    form = s.form(step.operands[0])
    return form.dtype.kind == "f" and form.shape != () and form.size > 0


def _from_the_peak(step: Step, s: Simplifier) -> tuple[Register, Register, Register]:
    """(x − m, m, log Σ exp(x − m)): m = max x where that is finite, else 0."""
    x = step.operands[0]
    axis = reduced_axes(s.form(x).shape, step.keywords["axis"])
    peak = s.make("max", x, axis=axis, keepdims=True)
    zero = s.constant(0.0 if s.form(peak).weak else s.form(peak).dtype.type(0))
    peak = s.make("where", s.make("isfinite", peak), peak, zero)
    shifted = s.make("subtract", x, peak)
    return shifted, peak, s.make("log", s.make("sum", s.make("exp", shifted), axis=axis, keepdims=True))


@rule("masked_product", rules=ROUNDED)
def product_with_a_condition(step: Step, s: Simplifier) -> Register | None:
    """A factor that is True or False chooses: x ⊙ [c] = x if c else 0. (Or −0, for negative x.)"""
    for c, x in (step.operands, step.operands[::-1]):
        if s.form(c).dtype == np.bool_ and s.form(x).dtype == step.form.dtype and step.form.dtype.kind == "f":
            zero = s.constant(0.0 if s.form(x).weak else step.form.dtype.type(0))
            return s.make("where", c, x, zero)
    return None


@rule("flip", rules=ROUNDED)
def flip(step: Step, s: Simplifier) -> Register | None:
    """An index that runs backwards."""
    shape = step.form.shape
    axes = reduced_axes(shape, step.keywords["axis"])
    index = tuple(("slice", None, None, -1) if a in axes else ("slice", None, None, None) for a in range(len(shape)))
    return s.make_as(step.form, "getitem", step.operands[0], index=index)


# --- sums -----------------------------------------------------------------------------------------------------------


@rule("sum", rules=ROUNDED)
def sum_of_one(step: Step, s: Simplifier) -> Register | None:
    """A sum over axes of length 1 changes the shape alone. (NumPy adds 0, which makes 0 of −0.)"""
    x = step.operands[0]
    shape = s.form(x).shape
    axes = reduced_axes(shape, step.keywords.get("axis"))
    if all(shape[a] == 1 for a in axes) and s.form(x).dtype == step.form.dtype:
        return s.make("reshape", x, shape=step.form.shape)
    return None


@rule("sum", rules=ROUNDED)
def sum_of_sum(step: Step, s: Simplifier) -> Register | None:
    """Σᵢ Σⱼ x = Σᵢⱼ x, where all is summed in the end."""
    inner = s.made_by(step.operands[0], "sum")
    if inner is None or step.form.shape != () or step.form.dtype.kind != "f":
        return None
    return s.make("sum", inner.operands[0], axis=None, keepdims=False)


@rule("sum", rules=ROUNDED)
def sum_of_broadcast(step: Step, s: Simplifier) -> Register | None:
    """A sum over nothing but axes along which x was repeated n times is n·x."""
    inner = s.made_by(step.operands[0], "broadcast_to")
    if inner is None or step.form.dtype.kind != "f":
        return None
    y = inner.operands[0]
    shape, source = s.form(step.operands[0]).shape, s.form(y).shape
    lead = len(shape) - len(source)
    axes = reduced_axes(shape, step.keywords.get("axis"))
    if not axes or any(a >= lead and source[a - lead] != 1 for a in axes):
        return None
    count = math.prod(shape[a] for a in axes)
    if not 0 < count <= float(np.finfo(step.form.dtype).max):  # 0·∞ is not 0
        return None
    kept = tuple(1 if a in axes else n for a, n in enumerate(shape))
    spread = s.make("broadcast_to", s.make("reshape", y, shape=(1,) * lead + source), shape=kept)
    return s.make("multiply", s.make("reshape", spread, shape=step.form.shape), s.constant(float(count)))


# --- rearranging -----------------------------------------------------------------------------------------------------


@rule("zeros_like", "ones_like", rules=ROUNDED)
def one_number(step: Step, s: Simplifier) -> Register | None:
    """A number, repeated."""
    number = step.form.dtype.type(step.primitive.name == "ones_like")
    if step.form.shape == ():
        return s.constant(number.item() if step.form.weak else number)
    return s.make_as(step.form, "broadcast_to", s.constant(number), shape=step.form.shape)


@rule("repeat", rules=ROUNDED)
def repeat(step: Step, s: Simplifier) -> Register | None:
    """Equal repeats are a new axis, broadcast; others read each position as often as they say."""
    x, repeats = step.operands[0], step.keywords["repeats"]
    shape = s.form(x).shape
    axis = step.keywords["axis"] % len(shape)
    if isinstance(repeats, int):
        inserted = s.make("reshape", x, shape=(*shape[: axis + 1], 1, *shape[axis + 1 :]))
        spread = s.make("broadcast_to", inserted, shape=(*shape[: axis + 1], repeats, *shape[axis + 1 :]))
        return s.make("reshape", spread, shape=step.form.shape)
    return _chosen(step, s, axis, np.repeat(np.arange(shape[axis]), repeats))


@rule("roll", rules=ROUNDED)
def roll(step: Step, s: Simplifier) -> Register | None:
    """Along one axis: the end, then what was before it."""
    x, shift, axis = step.operands[0], step.keywords["shift"], step.keywords["axis"]
    if axis is None and isinstance(shift, int):
        flat = s.make("reshape", x, shape=(step.form.size,))
        turned = s.make_as(s.form(flat), "roll", flat, shift=shift, axis=0)
        return s.make("reshape", turned, shape=step.form.shape)
    if not isinstance(shift, int) or not isinstance(axis, int) or step.form.size == 0:
        return None
    shape = step.form.shape
    axis, n = axis % len(shape), shape[axis]
    cut = -shift % n
    if cut == 0:
        return x
    lead = (("slice", None, None, None),) * axis
    parts = [
        s.make_as(
            step.form._replace(shape=(*shape[:axis], stop - start, *shape[axis + 1 :])),
            "getitem",
            x,
            index=(*lead, ("slice", start, stop, None)),
        )
        for start, stop in ((cut, n), (0, cut))
    ]
    return s.make_as(step.form, "concatenate", *parts, axis=axis)


def _chosen(step: Step, s: Simplifier, axis: int, positions: Any) -> Register:
    """The elements at positions along an axis."""
    skeleton = (*(("slice", None, None, None),) * axis, ARRAY)
    return s.make_as(step.form, "getitem", step.operands[0], s.constant(positions), index=skeleton)


@rule("sinc", rules=ROUNDED)
def sinc(step: Step, s: Simplifier) -> Register | None:
    """sin(πx)/(πx), 1 at 0."""
    if step.form.dtype.kind != "f":
        return None
    (x,) = step.operands
    one = s.constant(1.0 if step.form.weak else step.form.dtype.type(1))
    at_zero = s.make("equal", x, s.constant(0.0))
    y = s.make("multiply", s.constant(math.pi), s.make("where", at_zero, one, x))
    return s.make("where", at_zero, one, s.make("divide", s.make("sin", y), y))
