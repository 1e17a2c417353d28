"""The operations that random programs are made of: the table's elementwise entries, and templates for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autodiff
from autodiff.primitives.kinds import (
    ABOVE_MINUS_ONE,
    ABOVE_ONE,
    DISPATCH,
    NONZERO,
    POSITIVE,
    TABLE,
    UNIT,
    Domain,
    Primitive,
)
from autodiff.testing.programs import STEP, Workshop, well_conditioned

Step = Callable[[Workshop, str, str, int], str | None]
"""From two operands and a number for whatever else there is to choose: the code of one line, or None."""

MARGIN = 0.05
INTO = {
    POSITIVE: "({0} * {0} + 0.5)",
    NONZERO: "({0} * {0} + 0.5)",
    UNIT: "(0.9 * np.sin({0}))",
    ABOVE_ONE: "({0} * {0} + 1.5)",
    ABOVE_MINUS_ONE: "({0} * {0})",
}
LEFT_OUT = {"real", "imag", "angle", "conjugate", "float_power"}  # for complex numbers; float64 whatever it is given

TEMPLATES = (
    "np.sum({a})",
    "np.sum({a}, axis={axis})",
    "np.mean({a}, axis={axis}, keepdims=True)",
    "np.max({a}, axis={axis})",
    "np.min({a})",
    "np.prod({a}, axis={axis})",
    "np.var({a}, axis={axis})",
    "np.std({a})",
    "np.cumsum({a}, axis={axis})",
    "np.cumprod({a}, axis={axis})",
    "ad.logsumexp({a}, axis={axis})",
    "ad.softmax({a}, axis={axis})",
    "{a} @ {b}",
    "{a} @ np.swapaxes({b}, -1, -2)",
    "np.outer({a}, {b})",
    "np.tensordot({a}, {b}, axes=1)",
    "np.einsum('...i,...j->...ij', {a}, {b})",
    "np.reshape({a}, -1)",
    "np.transpose({a})",
    "np.swapaxes({a}, 0, -1)",
    "np.expand_dims({a}, {axis})",
    "np.flip({a}, {axis})",
    "np.roll({a}, 1)",
    "np.tile({a}, 2)",
    "np.repeat({a}, 2, axis={axis})",
    "np.pad({a}, 1)",
    "np.broadcast_to({a}, (2, *np.shape({a})))",
    "np.concatenate([{a}, {b}], axis={axis})",
    "np.stack([{a}, {b}])",
    "np.where(np.array({mask}), {a}, {b})",
    "{a}[0]",
    "{a}[..., ::-1]",
    "{a}[None, ..., 0]",
    "{a}[np.array([0, -1, 0])]",
)


def fitted(code: str, x: Any, domain: Domain) -> str:
    """An operand as code, folded into the domain if its value lies outside or too close to the edge."""
    inside = np.all((x > domain.low + MARGIN) & (x < domain.high - MARGIN))
    if domain.hole is not None:
        inside = inside & np.all(np.abs(x - domain.hole) > MARGIN)
    return code if inside else INTO[domain].format(code)


def _elementwise(primitive: Primitive, function: str) -> Step:
    def step(workshop: Workshop, a: str, b: str, choice: int) -> str | None:
        names = [a, b, workshop.names[choice % len(workshop.names)]][: len(primitive.rules)]
        operands = [fitted(name, workshop.value(name), domain) for name, domain in zip(names, primitive.domain)]
        if not _smooth(primitive, [workshop.evaluate(operand) for operand in operands]):
            return None
        return f"{function}({', '.join(operands)})"

    return step


def _smooth(primitive: Primitive, operands: Sequence[Any]) -> bool:
    """Whether the operation is smooth in each operand by itself: clip(x, y, z) with x = y is not, even where y is x."""
    count = len(operands)
    directions = [*np.eye(count), (-0.7) ** np.arange(count)]
    with np.errstate(all="ignore"):
        try:
            return all(
                well_conditioned(
                    *(primitive.forward(*(x + sign * STEP * d for x, d in zip(operands, way))) for sign in (0, 1, -1))
                )
                for way in directions
            )
        except ValueError:  # shapes that do not broadcast
            return False


def _templated(template: str) -> Step:
    def step(workshop: Workshop, a: str, b: str, choice: int) -> str:
        dimensions = np.ndim(workshop.value(a))
        axis = choice % max(dimensions, 1)
        if dimensions == 0 and ("{axis}" in template or "pad" in template):  # NumPy's answers for scalars vary
            a = f"np.reshape({a}, 1)"
        return template.format(a=a, b=b, axis=axis, mask=bool(choice % 2))

    return step


def public_name(name: str) -> str | None:
    """How a user writes an elementwise entry of the table: `np.tanh`, `ad.relu`; None if it has no public name."""
    if getattr(np, name, None) in DISPATCH:
        return f"np.{name}"
    return f"ad.{name}" if name in autodiff.__all__ else None


def vocabulary() -> dict[str, Step]:
    """Every operation by its name, simple ones first: what random programs shrink towards."""
    steps: dict[str, Step] = {}
    for name, primitive in TABLE.items():
        function = public_name(name)
        known = all(domain in INTO or domain == Domain() for domain in primitive.domain)
        if primitive.kind == "elementwise" and function is not None and known and name not in LEFT_OUT:
            steps[name] = _elementwise(primitive, function)
    return steps | {template: _templated(template) for template in TEMPLATES}
