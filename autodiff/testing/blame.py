"""Which recorded operation has the wrong derivative: every one is checked by itself, on the operands it was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autodiff.containers import flatten
from autodiff.graph import ancestors
from autodiff.modes import changed
from autodiff.primitives.kinds import TABLE
from autodiff.testing.compare import Finding, Settings, compare, derived, size_of
from autodiff.testing.judge import Tally
from autodiff.testing.line import differentiable
from autodiff.value import Value


@dataclass(frozen=True)
class Culprit:
    """A recorded operation whose own derivative disagrees, and where."""

    text: str
    finding: Finding


def first_wrong(
    f: Callable[..., Any], xs: Sequence[Any], settings: Settings, order: int, kinks: bool
) -> tuple[Culprit | None, int]:
    """The first recorded operation of f at xs whose derivatives disagree with differences of its own forward function.

    order: derivatives up to this one are looked at · kinks: look for the first kink, not for the first wrong derivative
    returns: the culprit (failing a wrong operation, one at a kink) or None; how many operations were recorded
    """
    with changed(recording=True, differentiating=True):
        inputs = [Value(x) for x in xs]
        outputs = [leaf for leaf in flatten(f(*inputs))[0] if isinstance(leaf, Value)]
    nodes = sorted(ancestors(outputs), key=lambda node: node._serial)
    numbers = {node: f"input {i}" for i, node in enumerate(inputs)}
    operations = [node for node in nodes if node._primitive is not None]
    numbers |= {node: f"operation {i + 1}" for i, node in enumerate(operations)}
    kink: Culprit | None = None
    for depth in range(1, order + 1):
        for i, node in enumerate(operations):
            finding = _own_derivative(node, settings, depth)
            if finding is None or (kinks and finding.sides is None):
                continue
            culprit = Culprit(_described(node, finding, i + 1, len(operations), numbers), finding)
            if kinks or finding.sides is None:
                return culprit, len(operations)
            kink = kink or culprit
    return kink, len(operations)


def _active(node: Any) -> list[int]:
    """The numbers of the operands that a gradient flows to."""
    return [
        i
        for i, (operand, raw) in enumerate(zip(node._operands, node._inputs))
        if operand is not None and operand._carries and differentiable(raw)
    ]


def _own_derivative(node: Any, settings: Settings, order: int) -> Finding | None:
    primitive, active = node._primitive, _active(node)
    if TABLE.get(primitive.name) is not primitive or not active:
        return None  # a checkpoint, or the parts of a tuple: nothing that computes
    f, xs = _alone(node, active), [node._inputs[i] for i in active]
    for _ in range(order - 1):
        f = derived(f, xs, settings.modes[0], settings.random)
    return compare(
        f, xs, replace(settings, size=size_of(node._data if type(node._data) is tuple else [node._data])), Tally()
    )


def _alone(node: Any, active: list[int]) -> Callable[..., tuple[Any, ...]]:
    """The operation as a function of its active operands; the others as they were."""

    def operation(*xs: Any) -> tuple[Any, ...]:
        operands = list(node._inputs)
        for i, x in zip(active, xs):
            operands[i] = x
        out = node._primitive(*operands, **node._keywords)
        if isinstance(out, Value) and isinstance(out._data, tuple):
            return tuple(out.part(i) for i in range(len(out._data)))
        return out if isinstance(out, tuple) else (out,)

    return operation


def _described(node: Any, finding: Finding, number: int, count: int, numbers: dict[Any, str]) -> str:
    """The operation in words: what it is, what it was given, and where that came from."""
    primitive = node._primitive
    operand = _active(node)[finding.input[0]]
    shapes = ", ".join(str(np.shape(raw)) for raw in node._inputs)
    result = ", ".join(str(np.shape(part)) for part in (node._data if isinstance(node._data, tuple) else (node._data,)))
    sources = ", ".join("constant" if o is None else numbers.get(o, "a Value from outside") for o in node._operands)
    keywords = "".join(f", {name}={value!r}" for name, value in node._keywords.items())
    place = list(finding.input[1])
    raw = np.asarray(node._inputs[operand])[finding.input[1]] if len(place) == np.ndim(node._inputs[operand]) else "..."
    return (
        f"{primitive.name!r} ({primitive.kind}), operation {number} of {count}: shapes {shapes} → {result}{keywords}; "
        f"its operands are {sources}.\n  operand {operand}, element {place} = {raw}"
    )
