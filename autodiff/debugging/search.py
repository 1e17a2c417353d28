"""From a non-finite result, gradient or tangent back to the first operation that is to blame for it.

A suspect is a value, a gradient or a tangent together with those of its elements that matter. What it was computed from
is suspected in turn, as far as it is to blame (see `causes`); whoever makes non-finite numbers of finite ones is a
culprit. Of several culprits the one that came first is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

import numpy as np

from autodiff.debugging.causes import Mask, causes, nonfinite
from autodiff.debugging.history import Step, step_of
from autodiff.fitting import fit, fit_tangent
from autodiff.forward import _answer, _reverse_twice
from autodiff.recording import compute
from autodiff.reverse import _whole, on_numpy_floats

VALUE, GRADIENT, TANGENT = "value", "gradient", "tangent"


@dataclass
class Suspect:
    """Something non-finite.

    kind: value, gradient or tangent · of: the Value (or Step) · elements: which of its elements matter
    towards: the suspect that it is to blame for, None for what was asked about · by: the operation between the two
    """

    kind: str
    of: Any
    elements: Mask
    towards: Suspect | None = None
    by: Hop | None = None


@dataclass(frozen=True)
class Hop:
    """One operation on the way: its name, or that of its derivative, and how it was recorded."""

    text: str
    step: Step


@dataclass(frozen=True)
class Culprit:
    """Who is to blame.

    kind: "operation", "derivative", "tangent", "sum" (of gradients), "leaf", "constant", or "given" (a gradient or
    tangent from outside) · when: culprits are ordered by it · suspect: what it made, or is · step: the operation
    operand: which one a derivative is taken by, or which one the constant is · data: the non-finite data itself
    elements: which elements of it matter · arriving: the gradient or tangents that a derivative was multiplied with
    """

    kind: str
    when: tuple[int, float]
    suspect: Suspect
    step: Step | None
    operand: int
    data: Any
    elements: Mask
    arriving: Any = None


@dataclass
class Search:
    """One search. gradients, tangents: what a walk found, by Value · seeds: what it started with · nodes: it visited"""

    gradients: Mapping[Any, Any] = field(default_factory=dict)
    tangents: Mapping[Any, Any] = field(default_factory=dict)
    seeds: Mapping[Any, Any] = field(default_factory=dict)
    nodes: Iterable[Any] = ()

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, int], Suspect] = {}
        self._pending: list[tuple[tuple[int, int], str]] = []
        self._culprits: list[Culprit] = []
        self._users: dict[Any, list[tuple[Any, int]]] = {}
        for node in self.nodes:
            for i, operand in enumerate(node._operands):
                if operand is not None and node in self.gradients:
                    self._users.setdefault(operand, []).append((node, i))

    def first(self, kind: str, of: Any, elements: Mask) -> Culprit:
        """The first culprit behind some non-finite elements of a value, gradient or tangent."""
        look: dict[str, Callable[[Suspect], None]] = {
            VALUE: self._look_at_value,
            GRADIENT: self._look_at_gradient,
            TANGENT: self._look_at_tangent,
        }
        self._suspect(Suspect(kind, of, elements))
        while self._pending:
            (_, serial), kind = heappop(self._pending)
            look[kind](self._known[kind, abs(serial)])
        return min(self._culprits, key=lambda culprit: culprit.when)

    def _suspect(self, new: Suspect) -> None:
        """Remember to look at it: gradients before what they were computed from, and so on."""
        serial = new.of.serial if isinstance(new.of, Step) else new.of._serial
        known = self._known.setdefault((new.kind, serial), new)
        if known is not new:
            known.elements = known.elements | new.elements
        elif new.kind == GRADIENT:  # it comes from what was computed later
            heappush(self._pending, ((0, serial), GRADIENT))
        else:
            heappush(self._pending, ((1 if new.kind == VALUE else 0, -serial), new.kind))

    def _blame(self, culprit: Culprit) -> None:
        self._culprits.append(culprit)

    def _look_at_value(self, suspect: Suspect) -> None:
        step = step_of(suspect.of)
        if step is None:
            leaf = suspect.of
            self._blame(Culprit("leaf", (0, leaf._serial), suspect, None, 0, leaf._data, suspect.elements))
            return
        own, found = causes(
            lambda *inputs: compute(step.primitive, inputs, step.keywords),
            step.inputs,
            suspect.elements,
            step.primitive.kind == "elementwise",
        )
        if own.any():
            self._blame(Culprit("operation", (0, step.serial), suspect, step, 0, step.data, own))
        self._look_at_operands(suspect, step, found, step.name)

    def _look_at_operands(self, suspect: Suspect, step: Step, found: Mapping[int, Mask], text: str) -> None:
        for i, elements in found.items():
            operand, hop = step.operands[i], Hop(text, step)
            if operand is not None and step_of(operand) is not None:
                self._suspect(Suspect(VALUE, operand, elements, suspect, hop))
                continue
            start = Suspect(VALUE, operand, elements, suspect, hop)
            leaf = operand is not None and operand._carries
            when = operand._serial if leaf else step.serial - 0.5
            kind = "leaf" if leaf else "constant"
            self._blame(Culprit(kind, (0, when), start, step, i, step.inputs[i], elements))

    def _look_at_gradient(self, suspect: Suspect) -> None:
        node, wanted, explained = suspect.of, suspect.elements, False
        given = self.seeds.get(node)
        if given is not None and (nonfinite(_plain(given)) & wanted).any():
            explained = True
            elements = nonfinite(_plain(given)) & wanted
            self._blame(Culprit("given", (1, -np.inf), suspect, None, 0, _plain(given), elements))
        for user, i in self._users.get(node, ()):
            explained |= self._look_at_derivative(suspect, user, i)
        if not explained:
            data = _plain(self.gradients[node])
            self._blame(Culprit("sum", (1, -node._serial), suspect, step_of(node), 0, data, wanted))

    def _look_at_derivative(self, suspect: Suspect, user: Any, i: int) -> bool:
        """Whether what the derivative of `user` with respect to operand i contributes to the gradient is to blame."""
        primitive, step, x = user._primitive, step_of(user), user._inputs[i]
        pulls = primitive.masked_pulls
        if step is None or (pull := pulls[i] if primitive.variadic else dict(enumerate(pulls)).get(i)) is None:
            return False
        count, elementwise, wanted = len(user._inputs), primitive.kind == "elementwise", suspect.elements
        if elementwise:
            wanted = np.broadcast_to(wanted.reshape(np.shape(x)), np.shape(user._data)).ravel()

        def contribution(g: Any, *rest: Any) -> Any:
            xs, out = rest[:count], rest[count]
            try:
                raw = pull(g, xs, out, user)
            except (ArithmeticError, ValueError):
                raw = on_numpy_floats(pull, g, xs, out, user)
            if elementwise:
                return np.broadcast_to(raw, np.shape(user._data))
            fitted = fit(raw, x, user)
            return _whole(fitted, x) if type(x) is tuple else fitted

        g = _plain(self.gradients[user])
        inputs = [g, *user._inputs, user._data]
        wanted = wanted & nonfinite(contribution(*inputs))
        if not wanted.any():
            return False
        text = f"derivative of {primitive.name}"
        own, found = causes(contribution, inputs, wanted, elementwise)
        if own.any():
            data = contribution(*inputs)
            self._blame(Culprit("derivative", (1, -user._serial), suspect, step, i, data, own, g))
        self._go_on(GRADIENT, [user], suspect, step, found, text)
        return True

    def _look_at_tangent(self, suspect: Suspect) -> None:
        node = suspect.of
        if node in self.seeds:
            data = _plain(self.seeds[node])
            self._blame(Culprit("given", (1, -np.inf), suspect, None, 0, data, suspect.elements))
            return
        primitive, step, count = node._primitive, step_of(node), len(node._inputs)
        rules = [primitive.rules[0]] * count if primitive.variadic else [*primitive.rules, *[None] * count]
        moving = [
            i
            for i, operand in enumerate(node._operands)
            if operand is not None and operand in self.tangents and rules[i] is not None
        ]

        def tangent(*given: Any) -> Any:
            arriving, xs, out = [None] * count, given[len(moving) : -1], given[-1]
            for i, t in zip(moving, given):
                arriving[i] = t
            push = primitive.masked_push
            raw = (
                _reverse_twice(arriving, xs, out, node, False)
                if push is None
                else _answer(push, tuple(arriving), xs, out, node)
            )
            return fit_tangent(raw, node._data)

        arriving = [_plain(self.tangents[node._operands[i]]) for i in moving]
        inputs = [*arriving, *node._inputs, node._data]
        own, found = causes(tangent, inputs, suspect.elements, primitive.kind == "elementwise")
        if step is None:
            return
        if own.any():
            data = _plain(self.tangents[node])
            self._blame(Culprit("tangent", (1, node._serial), suspect, step, 0, data, own, arriving))
        operands = [node._operands[i] for i in moving]
        self._go_on(TANGENT, operands, suspect, step, found, f"tangent of {primitive.name}")

    def _go_on(
        self, kind: str, of: Sequence[Any], suspect: Suspect, step: Step, found: Mapping[int, Mask], text: str
    ) -> None:
        """Suspect what a rule was given: first gradients or tangents, then the operands, then the result."""
        count = len(of)
        for i, elements in found.items():
            if i < count:
                self._suspect(Suspect(kind, of[i], elements, suspect, Hop(text, step)))
        operands = {i - count: m for i, m in found.items() if count <= i < count + len(step.inputs)}
        self._look_at_operands(suspect, step, operands, text)
        if (result := found.get(count + len(step.inputs))) is not None:
            self._suspect(Suspect(VALUE, step, result, suspect, Hop(text, step)))


def _plain(derivative: Any) -> Any:
    """The numbers of a gradient, which is a Value (or a tuple of them) where the walk recorded itself."""
    if type(derivative) is tuple:
        return tuple(None if part is None else _plain(part) for part in derivative)
    return getattr(derivative, "_data", derivative)
