"""Rules that hold exactly, whatever the numbers are: infinities, NaN and signs of zero included."""

from __future__ import annotations

import math

import numpy as np

from autodiff.compiler.program import Register
from autodiff.compiler.simplify import EXACT, Simplifier, Step, rule


def _unchanged(step: Step, s: Simplifier) -> bool:
    """Whether the result has the form of the first operand."""
    return step.form == s.form(step.operands[0])


@rule("alias", "copy", "stop_gradient", "positive", "astype", "broadcast_to", "reshape", "to_integers", rules=EXACT)
def nothing_to_do(step: Step, s: Simplifier) -> Register | None:
    """x in the same shape and dtype = x."""
    return step.operands[0] if _unchanged(step, s) else None


@rule("real", "conjugate", rules=EXACT)
def real_already(step: Step, s: Simplifier) -> Register | None:
    """Re x = x* = x for real x."""
    x = step.operands[0]
    return x if s.form(x).dtype.kind != "c" and _unchanged(step, s) else None


@rule("reshape", rules=EXACT)
def reshape_of_reshape(step: Step, s: Simplifier) -> Register | None:
    """reshape(reshape(x)) = reshape(x)."""
    inner = s.made_by(step.operands[0], "reshape")
    return None if inner is None else s.make("reshape", inner.operands[0], shape=step.form.shape)


@rule("broadcast_to", rules=EXACT)
def broadcast_of_broadcast(step: Step, s: Simplifier) -> Register | None:
    """broadcast(broadcast(x)) = broadcast(x)."""
    inner = s.made_by(step.operands[0], "broadcast_to")
    return None if inner is None else s.make("broadcast_to", inner.operands[0], shape=step.form.shape)


@rule("transpose", rules=EXACT)
def transpose_of_transpose(step: Step, s: Simplifier) -> Register | None:
    """(xᵀ)ᵀ = x, and one permutation of axes after another is one."""
    x = step.operands[0]
    ndim = len(s.form(x).shape)
    axes = _axes(step.keywords["axes"], ndim)
    if axes == tuple(range(ndim)):
        return x if _unchanged(step, s) else None
    inner = s.made_by(x, "transpose")
    if inner is None:
        return None
    before = _axes(inner.keywords["axes"], ndim)
    return s.make("transpose", inner.operands[0], axes=tuple(before[a] for a in axes))


def _axes(axes: tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    return tuple(range(ndim))[::-1] if axes is None else tuple(a % ndim for a in axes)


@rule("negative", rules=EXACT)
def negative_of_negative(step: Step, s: Simplifier) -> Register | None:
    """−(−x) = x."""
    inner = s.made_by(step.operands[0], "negative")
    return None if inner is None or s.form(inner.operands[0]) != step.form else inner.operands[0]


@rule("multiply", "masked_product", rules=EXACT)
def times_one(step: Step, s: Simplifier) -> Register | None:
    """1·x = x for real x. (For complex x it is x + 0·ix, which is not x at infinity.)"""
    for one, x in (step.operands, step.operands[::-1]):
        if s.number(one) == 1.0 and step.form == s.form(x) and step.form.dtype.kind != "c":
            return x
    return None


@rule("multiply", "masked_product", rules=EXACT)
def times_minus_one(step: Step, s: Simplifier) -> Register | None:
    """(−1)·x = −x for real x."""
    for one, x in (step.operands, step.operands[::-1]):
        if s.number(one) == -1.0 and step.form == s.form(x) and step.form.dtype.kind == "f":
            return s.make("negative", x)
    return None


@rule("divide", rules=EXACT)
def divided_by_one(step: Step, s: Simplifier) -> Register | None:
    """x/1 = x for real x."""
    is_one = s.number(step.operands[1]) == 1.0 and step.form.dtype.kind != "c"
    return step.operands[0] if is_one and _unchanged(step, s) else None


@rule("subtract", rules=EXACT)
def minus_zero(step: Step, s: Simplifier) -> Register | None:
    """x − 0 = x. (x + 0 is not x for x = −0.)"""
    zero = s.number(step.operands[1])
    is_zero = zero == 0.0 and math.copysign(1.0, zero) == 1.0
    return step.operands[0] if is_zero and _unchanged(step, s) else None


@rule("power", rules=EXACT)
def simple_powers(step: Step, s: Simplifier) -> Register | None:
    """x¹ = x, x² = x·x, x⁻¹ = 1/x, x^½ = √x for an array x and a number as exponent: so NumPy computes them."""
    x, exponent = step.operands[0], s.number(step.operands[1])
    if (
        s.form(step.operands[1]).shape != ()
        or step.form.shape == ()
        or step.form.dtype.kind != "f"
        or not _unchanged(step, s)
    ):
        return None
    if exponent == 1.0:
        return x
    if exponent == 2.0:
        return s.make("multiply", x, x)
    name = {-1.0: "reciprocal", 0.5: "sqrt"}.get(exponent or 0.0)
    return None if name is None else s.make(name, x)


@rule("masked_product", rules=EXACT)
def product_with_a_finite_number(step: Step, s: Simplifier) -> Register | None:
    """A factor that is neither 0 nor infinite needs no mask: c ⊙ x = c·x."""
    for c in step.operands:
        if c in s.constants:
            data = np.asarray(s.constants[c])
            if data.dtype.kind in "fc" and np.all(np.isfinite(data) & (data != 0)):
                return s.make("multiply", *step.operands)
    return None


@rule("where", rules=EXACT)
def either_way(step: Step, s: Simplifier) -> Register | None:
    """(x if c else x) = x, and a constant condition chooses."""
    c, x, y = step.operands
    chosen = {1.0: x, 0.0: y}.get(s.number(c), x if x == y else None)  # type: ignore[arg-type]
    return chosen if chosen is not None and s.form(chosen) == step.form else None
