"""Cut a Value from its graph, or forget a function's intermediate results and compute them again when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from autodiff.arguments import function_for
from autodiff.containers import flatten, map_leaves, restore
from autodiff.errors import GraphError
from autodiff.fitting import is_plain, summed
from autodiff.forward import push_forward
from autodiff.graph import BY_SERIAL, ancestors, dependents
from autodiff.modes import changed, current_mode
from autodiff.primitives.kinds import Primitive
from autodiff.primitives.shaping import stopped
from autodiff.recording import serials
from autodiff.reverse import pull_back
from autodiff.runs import Function, fresh_variable
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
    raises: GraphError if the second run gives another result than the first, or would read a leaf with new .data

    >>> x = Value(0.5)
    >>> checkpoint(lambda v: np.sin(np.exp(v)))(x).backward()
    >>> round(x.grad, 12)
    -0.128346527419
    """
    function_for(f, "checkpoint")

    @wraps(f, updated=())
    def checkpointed(*args: Any, **keywords: Any) -> Any:
        mode = current_mode()
        if mode.watch is not None or not mode.recording:  # `debug_nans` names operations of f, not f
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
        data = [output._data if isinstance(output, Value) else None for output in outputs]
        carrying = [i for i, output in enumerate(outputs) if isinstance(output, Value) and output._carries]
        results = [constant_value(o._data) if isinstance(o, Value) else o for o in outputs]
        del outputs  # and with them the intermediate results
        if carrying:
            rerun = _Rerun(lambda xs: run(xs)[0], data, carrying, captured)
            node = apply(rerun.primitive, (*given, *captured))
            for number, i in enumerate(carrying):
                results[i] = node.part(number)
        return restore(output_structure, results)

    return checkpointed


def _captured(outputs: Sequence[Any], stand_ins: Sequence[Value], since: int) -> list[Value]:
    """The Values that f reached besides its arguments: leaves, and results older than the call."""
    nodes = ancestors([output for output in outputs if isinstance(output, Value)], since)
    reached = {node for node in nodes if node._primitive is None or node._serial < since}
    for node in nodes:
        reached |= {o for o in node._operands if o is not None and o._carries and o._serial < since}
    return sorted(reached - set(stand_ins), key=BY_SERIAL)


class _Rerun:
    """One checkpointed call as a primitive: its rules run the function again and walk the graph that this leaves.

    run: the function of its arguments → its flat results · data: of each result, None for what is no Value
    carrying: which of them carry a gradient: these are the results of the primitive · captured: what it read besides
    """

    def __init__(
        self,
        run: Callable[[Sequence[Value]], list[Any]],
        data: Sequence[Any],
        carrying: Sequence[int],
        captured: Sequence[Value],
    ) -> None:
        self.run, self.data, self.carrying, self.captured = run, data, carrying, captured
        self.asked: Any = (
            None  # the gradient that the memory below answers: every operand's pull asks with the same one
        )
        self.gradients: list[Any] = []
        self.primitive = Primitive(
            "checkpoint",
            "primitive",
            lambda *inputs: tuple(data[i] for i in carrying),
            [lambda g, i, xs: self.pull(g, i, xs)],  # noqa: PLW0108 -- a rule is read by its parameter names
            variadic=True,
            outputs=True,
            push_rule=lambda tangents, xs: self.push(tangents, xs),  # noqa: PLW0108 -- the same
        )

    def again(self, xs: Sequence[Any]) -> tuple[list[Value], list[Value], set[Value]]:
        """(results that carry, targets, the nodes between them) of a second run."""
        count = len(xs) - len(self.captured)
        for value, x in zip(self.captured, xs[count:]):
            if not isinstance(x, Value) and not _same(x, value._data):
                raise GraphError(
                    "a leaf that the function given to checkpoint reads was given new .data after the forward pass, "
                    "and the second run would read that; run the forward pass again before differentiating"
                )
        stand_ins = [fresh_variable(x) for x in xs[:count]]
        outputs = self.run(stand_ins)
        if len(outputs) != len(self.data) or not all(
            not isinstance(new, Value) or _same(old, new._data) for old, new in zip(self.data, outputs)
        ):
            raise GraphError(
                "the function given to checkpoint computed something else the second time (random numbers?); draw "
                "random numbers outside and pass them in"
            )
        targets, results = [*stand_ins, *self.captured], [outputs[i] for i in self.carrying]
        nodes = ancestors(results)
        return results, targets, dependents(nodes, [target for target in targets if target in nodes])

    def pull(self, g: Any, i: int, xs: Sequence[Any]) -> Any:
        """The gradient of operand i; one run serves all operands."""
        if self.asked is not g:
            results, targets, path = self.again(xs)
            seeds = summed((result, arriving) for result, arriving in zip(results, g) if result in path)
            found = pull_back(seeds, path, targets, recorded=_recorded(xs, g))
            self.asked, self.gradients = g, [found.get(target) for target in targets]
        gradient = self.gradients[i]
        return np.zeros_like(xs[i]) if gradient is None else gradient

    def push(self, tangents: Sequence[Any], xs: Sequence[Any]) -> Any:
        """The tangents of the results."""
        results, targets, path = self.again(xs)
        seeds = {target: tangent for target, tangent in zip(targets, tangents) if tangent is not None}
        reached = path - set(self.captured) | set(seeds)
        found = push_forward(seeds, reached, results, recorded=_recorded(xs, tangents))
        return tuple(found[result] if result in found else np.zeros_like(result._data) for result in results)


def _same(old: Any, new: Any) -> bool:
    """Whether data is what it was, number by number. Lazy arrays are trusted."""
    return old is new or not is_plain(old) or bool(np.array_equal(old, new, equal_nan=True))


def _recorded(*groups: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) for group in groups for x in group)
