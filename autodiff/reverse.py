"""Reverse mode: one walk from the results to the operands, over the slots of nodes.

For each node the gradient of its operand is g × the local derivative, fitted and summed over all the ways that lead
there. That is backpropagation, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from autodiff.errors import GraphError
from autodiff.fitting import fit, is_finite, is_plain
from autodiff.graph import newest_first, release
from autodiff.primitives.ties import TIED

ndarray = np.ndarray


def pull_back(
    seeds: Mapping[Any, Any],
    nodes: set[Any],
    targets: Sequence[Any],
    *,
    recorded: bool = False,
    masked: bool = False,
    free: bool = False,
) -> dict[Any, Any]:
    """The gradient of every node, from those of the results.

    seeds: gradient of each result · nodes: those the walk may visit · targets: where it ends, and must be finite
    recorded: the walk records itself on Values, so that it can be differentiated again
    masked: an exact zero wins over an infinity from the start (tracing, lazy arrays: a second look is not possible)
    free: empty `nodes`, release each and forget its gradient once it is done; those of leaves and targets remain

    A plain walk runs without masks, and again with them only if a target's gradient came out non-finite. One that frees
    cannot run again: it looks at every contribution.
    """
    order = newest_first(nodes)
    ends = {target for target in targets if target._primitive is not None}  # leaves end by themselves
    masked = masked or not all(is_plain(seed._data) or type(seed._data) is tuple for seed in seeds)
    late = free and any(tied() in nodes for tied in TIED.valuerefs())  # a rule will look at the graph: `limits`
    with np.errstate(all="ignore"):
        gradients = walk(seeds, order, nodes, ends, recorded, masked, free and not late)
        if not masked and not free and not all(is_finite(gradients.get(target, 0.0)) for target in targets):
            gradients = walk(seeds, order, nodes, ends, recorded, True, False)
    if late:
        for node in order:
            release(node)
        nodes.clear()
    return gradients


def walk(
    seeds: Mapping[Any, Any],
    order: list[Any],
    nodes: set[Any],
    ends: AbstractSet[Any],
    recorded: bool,
    masked: bool,
    free: bool,
) -> dict[Any, Any]:
    """What `pull_back` does, once. order: the nodes, newest first · ends: those whose operands are not asked for."""
    gradients = dict(seeds)
    arrived = gradients.get
    ours: set[Any] = set()  # nodes whose gradient is a buffer made here, into which more may be added
    for node in _drained(order, nodes) if free else order:
        primitive = node._primitive
        if primitive is None or (ends and node in ends):
            continue
        g = arrived(node)
        if g is None:
            continue
        pair = node._count == 2  # the most frequent case, without two calls
        operands = (node._x, node._y) if pair else node._operands
        xs = inputs = (node._a, node._b) if pair else node._inputs
        out = node._data
        if primitive.outputs:
            g = gradients[node] = _whole(g, out)
            if not recorded and node._serial in TIED:
                g = (*g, _limit_of(node, seeds, nodes))
        if recorded:
            xs, out = as_recorded(node), outputs_of(node)
        for operand, pull, x in zip(operands, primitive.masked_pulls if masked else primitive.pulls, inputs):
            if operand not in nodes or pull is None:
                continue
            try:
                contribution = pull(g, xs, out, node)
            except (ArithmeticError, ValueError):  # where Python's floats raise, NumPy's answer inf or nan
                contribution = on_numpy_floats(pull, g, xs, out, node)
            if free and not masked and not is_finite(contribution) and primitive.kind == "elementwise":
                contribution = on_numpy_floats(primitive.masked_pulls[primitive.pulls.index(pull)], g, xs, out, node)
            kind = type(contribution)
            if type(x) is float is (type(contribution._data) if recorded and hasattr(kind, "_record") else kind):
                pass
            elif not (kind is ndarray is type(x)) or contribution.shape != x.shape or contribution.dtype is not x.dtype:
                if isinstance(contribution, complex) and type(x) is type(g) is float:  # left the reals: (−1.0)**0.5
                    contribution = on_numpy_floats(pull, g, xs, out, node)
                contribution = fit(contribution, x, node)
            before = arrived(operand)
            if before is None:
                gradients[operand] = contribution
            elif type(before) is float:
                gradients[operand] = before + contribution
            elif operand in ours:
                before += contribution
            else:
                gradients[operand] = total = _sum(before, contribution)
                if type(total) is ndarray and not recorded:  # a recorded walk may still bring a Value
                    ours.add(operand)
        if free:
            release(node)
            del gradients[node]
    return gradients


def _limit_of(node: Any, seeds: Mapping[Any, Any], nodes: set[Any]) -> Any:
    from autodiff.limits import limit_of  # which walks, too

    return limit_of(node, seeds, nodes)


def _drained(order: list[Any], nodes: set[Any]) -> Iterator[Any]:
    """Each node in turn, which then only its users refer to."""
    order.reverse()
    while order:
        node = order.pop()
        yield node
        nodes.discard(node)


def as_recorded(node: Any) -> tuple[Any, ...]:
    """The operands for rules that record: Values where there are any, raw constants elsewhere."""
    for operand, raw in zip(node._operands, node._inputs):
        if operand is not None and operand._data is not raw and not np.array_equal(operand._data, raw, equal_nan=True):
            raise GraphError(
                f"a leaf that {node._primitive.name} read was given new .data after the forward pass, so a recorded "
                "(higher-order) backward cannot refer to it any more; run the forward pass again before differentiating"
            )
    return tuple(raw if operand is None else outputs_of(operand) for operand, raw in zip(node._operands, node._inputs))


def outputs_of(node: Any) -> Any:
    """The node, or its parts as nodes if it holds a tuple."""
    return tuple(node.part(i) for i in range(len(node._data))) if type(node._data) is tuple else node


def on_numpy_floats(rule: Any, g: Any, xs: Any, out: Any, node: Any) -> Any:
    """The rule on NumPy's floats, which divide by zero and overflow without raising, and stay real. Values stay."""
    return rule(numpy_float(g), numpy_float(xs), numpy_float(out), node)


def numpy_float(x: Any) -> Any:
    """A Python number as a NumPy scalar, in tuples too; anything else as it is."""
    if type(x) is tuple:
        return tuple(map(numpy_float, x))
    return np.float64(x) if type(x) in (float, int) else x


def _whole(g: Any, data: Any) -> Any:
    """The gradient of a tuple with zeros where nothing arrived."""
    return tuple(np.zeros_like(raw) if part is None else part for part, raw in zip(g, data))


def _sum(a: Any, b: Any) -> Any:
    if type(a) is tuple:
        return tuple(y if x is None else x if y is None else x + y for x, y in zip(a, b))
    return a + b
