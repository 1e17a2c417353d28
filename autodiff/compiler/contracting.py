"""Products that sum, as matrix products: dot, inner, tensordot, einsum; equal up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.compiler.program import Register
from autodiff.compiler.simplify import ROUNDED, Simplifier, Step, rule


def _floats(step: Step, s: Simplifier) -> bool:
    """Whether both operands are arrays of the result's dtype, real."""
    forms = [s.form(r) for r in step.operands]
    return step.form.dtype.kind == "f" and all(f.dtype == step.form.dtype and f.shape != () for f in forms)


@rule("dot", rules=ROUNDED)
def dot(step: Step, s: Simplifier) -> Register | None:
    """a·b sums over the last axis of a and the last but one of b: a matrix product, for b of more axes a tensordot."""
    a, b = step.operands
    if not _floats(step, s):
        return None
    m, n = len(s.form(a).shape), len(s.form(b).shape)
    return s.make("matmul", a, b) if n <= 2 else contraction(step, s, ((m - 1,), (n - 2,)))


@rule("inner", rules=ROUNDED)
def inner(step: Step, s: Simplifier) -> Register | None:
    """Σ over the last axes of both."""
    axes = tuple((len(s.form(r).shape) - 1,) for r in step.operands)
    return contraction(step, s, axes) if _floats(step, s) else None


@rule("tensordot", rules=ROUNDED)
def tensordot(step: Step, s: Simplifier) -> Register | None:
    """Σ over pairs of axes."""
    return contraction(step, s, step.keywords["axes"]) if _floats(step, s) else None


def contraction(step: Step, s: Simplifier, axes: Any) -> Register:
    """The axes to be kept and those to be summed gathered into one each: then it is a matrix product."""
    a, b = step.operands
    kept = [[i for i in range(len(s.form(r).shape)) if i not in summed] for r, summed in zip((a, b), axes)]
    n = int(np.prod([s.form(a).shape[i] for i in axes[0]], dtype=int))
    left = s.make("transpose", a, axes=(*kept[0], *axes[0]))
    right = s.make("transpose", b, axes=(*axes[1], *kept[1]))
    rows, columns = (int(np.prod([s.form(r).shape[i] for i in axis], dtype=int)) for r, axis in zip((a, b), kept))
    product = s.make("matmul", s.make("reshape", left, shape=(rows, n)), s.make("reshape", right, shape=(n, columns)))
    return s.make("reshape", product, shape=step.form.shape)


@rule("einsum", rules=ROUNDED)
def einsum(step: Step, s: Simplifier) -> Register | None:
    """Two operands without repeated labels: axes of one alone are summed first, the rest is a batch of products."""
    inputs, _, result = step.keywords["subscripts"].partition("->")
    terms = inputs.split(",")
    if len(terms) != 2 or not _floats(step, s):
        return None
    sizes: dict[str, int] = {}
    for term, register in zip(terms, step.operands):
        shape = s.form(register).shape
        if len(set(term)) < len(term) or any(sizes.setdefault(c, n) != n for c, n in zip(term, shape)):
            return None  # diagonals, and labels of length 1 that stretch
    operands = list(step.operands)
    for i, other in ((0, 1), (1, 0)):
        alone = tuple(k for k, c in enumerate(terms[i]) if c not in terms[other] + result)
        if alone:
            operands[i] = s.make("sum", operands[i], axis=alone, keepdims=False)
            terms[i] = "".join(c for k, c in enumerate(terms[i]) if k not in alone)
    a, b = terms
    batch = [c for c in a if c in b and c in result]
    summed = [c for c in a if c in b and c not in result]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]

    def arranged(i: int, *groups: list[str]) -> Register:
        order = [c for group in groups for c in group]
        if not order:
            return s.make("reshape", operands[i], shape=(1, 1))
        turned = s.make("transpose", operands[i], axes=tuple(terms[i].index(c) for c in order))
        lengths = [int(np.prod([sizes[c] for c in group], dtype=int)) for group in groups[-2:]]
        return s.make("reshape", turned, shape=(*(sizes[c] for c in batch), *lengths))

    product = s.make("matmul", arranged(0, batch, rows, summed), arranged(1, batch, summed, columns))
    labels = [*batch, *rows, *columns]
    spread = s.make("reshape", product, shape=tuple(sizes[c] for c in labels))
    return s.make("transpose", spread, axes=tuple(labels.index(c) for c in result)) if result else spread
