"""Cut a Value from its graph, or forget a function's intermediate results and compute them again when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from autodiff.arguments import function_for
from autodiff.containers import flatten, map_leaves, restore
from autodiff.errors import GraphError
from autodiff.fitting import is_plain
from autodiff.forward import push_forward
from autodiff.graph import BY_SERIAL, ancestors, dependents
from autodiff.modes import changed, current_mode
from autodiff.primitives.kinds import Primitive
from autodiff.primitives.shaping import stopped
from autodiff.recording import serials
from autodiff.reverse import pull_back
from autodiff.transforms import Function, fresh_variable
from autodiff.value import Value, apply, constant_value


def stop_gradient(v: Any) -> Any:
    """The same numbers, cut from the graph: a constant for everything that follows.

    v: a Value, or a nested container of them · returns: Values that carry no gradient; anything else as it is

    >>> x = Value(2.0)
    >>> y = x * stop_gradient(x)
    >>> y.backward()
    >>> x.grad
    2.0
    """
    return map_leaves(lambda leaf: apply(stopped, (leaf,)) if isinstance(leaf, Value) else leaf, v)


def checkpoint(f: Function) -> Function:
    """f, with its intermediate results forgotten after the forward pass and computed again when a walk needs them.

    Memory of one call: its arguments and results. Works in both modes, to any order; Values that f reaches besides its
    arguments get their gradients. f must compute the same each time
    raises: GraphError if the second run gives another result than the first

    >>> x = Value(0.5)
    >>> checkpoint(lambda v: np.sin(np.exp(v)))(x).backward()
    >>> round(x.grad, 12)
    -0.128346527419
    """
    function_for(f, "checkpoint")

    @wraps(f, updated=())
    def checkpointed(*args: Any, **keywords: Any) -> Any:
        mode = current_mode()
        if mode.trace is not None or not mode.recording:
            return f(*args, **keywords)
        leaves, structure = flatten((args, keywords))
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Value) and leaf._carries]

        def run(stand_ins: Sequence[Value]) -> tuple[list[Any], Any]:
            filled = list(leaves)
            for place, value in zip(places, stand_ins, strict=True):
                filled[place] = value
            args, keywords = restore(structure, filled)
            with changed(recording=True, differentiating=True):
                return flatten(f(*args, **keywords))

        given = [leaves[place] for place in places]
        since = serials()
        stand_ins = [fresh_variable(v._data) for v in given]
        outputs, output_structure = run(stand_ins)
        captured = _captured(outputs, stand_ins, since)
        data = [output._data if isinstance(output, Value) else output for output in outputs]
        carrying = [isinstance(output, Value) and output._carries for output in outputs]
        flat = [constant_value(o._data) if isinstance(o, Value) and not o._carries else o for o in outputs]
        if not any(carrying):
            return restore(output_structure, flat)
        flat = [None if carries else x for x, carries in zip(flat, carrying)]
        del outputs  # and with them the intermediate results
        node = apply(_Rerun(lambda xs: run(xs)[0], data, captured).primitive, (*given, *captured))
        return restore(
            output_structure, [node.part(i) if carries else x for i, (carries, x) in enumerate(zip(carrying, flat))]
        )

    return checkpointed


def _captured(outputs: Sequence[Any], stand_ins: Sequence[Value], since: int) -> list[Value]:
    """The Values that f reached besides its arguments: leaves, and results older than the call."""
    nodes = ancestors([output for output in outputs if isinstance(output, Value)], since)
    reached = {node for node in nodes if node._primitive is None or node._serial < since}
    for node in nodes:
        reached |= {o for o in node._operands if o is not None and o._carries and o._serial < since}
    return sorted(reached - set(stand_ins), key=BY_SERIAL)


class _Rerun:
    """One checkpointed call as a primitive: its rules run the function again and walk the graph that this leaves."""

    def __init__(
        self, run: Callable[[Sequence[Value]], list[Any]], data: Sequence[Any], captured: Sequence[Value]
    ) -> None:
        self.run, self.data, self.captured = run, tuple(data), list(captured)
        self.asked: Any = (
            None  # the gradient that the memory below answers: every operand's pull asks with the same one
        )
        self.gradients: list[Any] = []
        self.primitive = Primitive(
            "checkpoint",
            "primitive",
            lambda *inputs: self.data,
            [lambda g, i, xs: self.pull(g, i, xs)],  # noqa: PLW0108 -- a rule is read by its parameter names
            variadic=True,
            outputs=True,
            push_rule=lambda tangents, xs: self.push(tangents, xs),  # noqa: PLW0108 -- the same
        )

    def again(self, xs: Sequence[Any]) -> tuple[list[Any], list[Value], set[Value]]:
        """(outputs, targets, the nodes between them) of a second run."""
        stand_ins = [fresh_variable(x) for x in xs[: len(xs) - len(self.captured)]]
        outputs = self.run(stand_ins)
        for old, new in zip(self.data, outputs):
            if isinstance(new, Value) and is_plain(old) and not np.array_equal(old, new._data, equal_nan=True):
                raise GraphError(
                    "the function given to checkpoint computed something else the second time (random numbers? a leaf "
                    "with new .data?); draw random numbers outside and pass them in"
                )
        targets = [*stand_ins, *self.captured]
        nodes = ancestors([output for output in outputs if isinstance(output, Value)])
        return outputs, targets, dependents(nodes, [target for target in targets if target in nodes])

    def pull(self, g: Any, i: int, xs: Sequence[Any]) -> Any:
        """The gradient of operand i; one run serves all operands."""
        if self.asked is not g:
            outputs, targets, path = self.again(xs)
            seeds: dict[Value, Any] = {}
            for output, arriving in zip(outputs, g):
                if isinstance(output, Value) and output in path:
                    seeds[output] = seeds[output] + arriving if output in seeds else arriving
            found = pull_back(seeds, path, targets, recorded=_recorded(xs, g))
            self.asked, self.gradients = g, [found.get(target) for target in targets]
        gradient = self.gradients[i]
        return np.zeros_like(xs[i]) if gradient is None else gradient

    def push(self, tangents: Sequence[Any], xs: Sequence[Any]) -> Any:
        """The tangents of the results."""
        outputs, targets, path = self.again(xs)
        seeds = {target: tangent for target, tangent in zip(targets, tangents) if tangent is not None}
        reached = {node for node in path if node not in self.captured} | set(seeds)
        found = push_forward(
            seeds, reached, [o for o in outputs if isinstance(o, Value)], recorded=_recorded(xs, tangents)
        )
        return tuple(
            found[output] if isinstance(output, Value) and output in found else np.zeros_like(old)
            for old, output in zip(self.data, outputs)
        )


def _recorded(*groups: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) for group in groups for x in group)
