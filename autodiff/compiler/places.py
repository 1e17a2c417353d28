"""Gradients of slices: zeros everywhere but in one place. Their sums are put together instead of added up.

Whoever takes an array apart (the gates of an LSTM, x[1:] and x[:-1]) gets one such gradient for each part.
"""

from __future__ import annotations

from autodiff.compiler.addressing import is_affine
from autodiff.compiler.program import Instruction, Register
from autodiff.compiler.simplify import ROUNDED, Simplifier, Step, rule
from autodiff.primitives.indexing import Skeleton

Shape = tuple[int, ...]
Box = tuple[range, ...]


@rule("put", rules=ROUNDED)
def one_piece(step: Step, s: Simplifier) -> Register | None:
    """Zeros with one piece."""
    index = step.keywords["index"]
    if len(step.operands) > 1 or not is_affine(index) or step.form.shape == ():
        return None
    return s.make_as(step.form, "assemble", *step.operands, places=(index,), shape=step.form.shape)


@rule("add", rules=ROUNDED)
def pieces_side_by_side(step: Step, s: Simplifier) -> Register | None:
    """A sum of zeros with pieces, none of which overlap, is zeros with all of them. (But for 0 + (−0).)"""
    if step.form.shape == ():
        return None
    makers = [s.made_by(r, "assemble") for r in step.operands]
    if None in makers or any(s.form(r) != step.form for r in step.operands):
        return None
    a, b = (_pieces(maker, step.form.shape) for maker in makers if maker is not None)
    if any(_overlap(x, y) for _, _, x in a for _, _, y in b):
        return None
    both = [*a, *b]
    return s.make_as(
        step.form,
        "assemble",
        *(register for register, _, _ in both),
        places=tuple(place for _, place, _ in both),
        shape=step.form.shape,
    )


def _pieces(maker: Instruction, shape: Shape) -> list[tuple[Register, Skeleton, Box]]:
    return [(r, place, box(place, shape)) for r, place in zip(maker.operands, maker.keywords["places"])]


def box(place: Skeleton, shape: Shape) -> Box:
    """The positions that an index of slices and integers names, along each axis."""
    missing = len(shape) - sum(part is not None and part is not Ellipsis for part in place)
    at = next((i for i, part in enumerate(place) if part is Ellipsis), len(place))
    whole = ("slice", None, None, None)
    parts = [part for part in (*place[:at], *[whole] * missing, *place[at + 1 :]) if part is not None]
    found = []
    for part, n in zip(parts, shape):
        if isinstance(part, tuple):
            steps = range(*slice(*part[1:]).indices(n))
            found.append(steps if steps.step > 0 else steps[::-1])
        else:
            found.append(range(part % n, part % n + 1))
    return tuple(found)


def _overlap(a: Box, b: Box) -> bool:
    """Whether two boxes may share a position: not if along some axis one ends before the other begins."""
    return all(x and y and x[0] <= y[-1] and y[0] <= x[-1] for x, y in zip(a, b))


def cover(boxes: list[Box], shape: Shape) -> bool:
    """Whether boxes that do not overlap hold every position."""
    total = sum(_size(b) for b in boxes)
    return total == _size(tuple(map(range, shape)))


def _size(b: Box) -> int:
    size = 1
    for axis in b:
        size *= len(axis)
    return size
