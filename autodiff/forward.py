"""Forward mode: one walk from the operands to the results, over the slots of recorded nodes.

It is not dual numbers: the function is recorded first, so there are no levels and nothing to confuse. The price is the
whole recorded graph in memory; `checkpoint` bounds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autodiff.fitting import fit, fit_tangent, is_finite, is_plain
from autodiff.graph import BY_SERIAL, ancestors
from autodiff.modes import changed
from autodiff.recording import variable
from autodiff.reverse import as_recorded, numpy_float, outputs_of, pull_back


def push_forward(
    seeds: Mapping[Any, Any],
    nodes: Iterable[Any],
    targets: Iterable[Any],
    *,
    recorded: bool = False,
    masked: bool = False,
) -> dict[Any, Any]:
    """The tangent of every node, from those of the variables. A node without one has tangent zero.

    seeds: tangent of each variable · nodes: those the walk may visit · targets: the results
    recorded: the walk records itself on Values · masked: zero tangents stay zero from the start
    """
    order = sorted(nodes, key=BY_SERIAL)
    masked = masked or not all(is_plain(seed._data) for seed in seeds)
    with np.errstate(all="ignore"):
        tangents = _walk(seeds, order, recorded, masked)
        if not masked and not all(is_finite(tangents.get(target, 0.0)) for target in targets):
            tangents = _walk(seeds, order, recorded, masked=True)
    return tangents


def _walk(seeds: Mapping[Any, Any], order: Sequence[Any], recorded: bool, masked: bool) -> dict[Any, Any]:
    tangents = dict(seeds)
    for node in order:
        if node in tangents or node._primitive is None:
            continue
        arriving = tuple(None if operand is None else tangents.get(operand) for operand in node._operands)
        if all(tangent is None for tangent in arriving):
            continue
        primitive = node._primitive
        push = primitive.masked_push if masked else primitive.push
        if push is None:
            tangent = _reverse_twice(arriving, node, recorded)
        elif recorded:
            tangent = push(arriving, as_recorded(node), outputs_of(node), node)
        else:
            tangent = _push_plain(push, arriving, node)
        tangents[node] = fit_tangent(tangent, node._data)
    return tangents


def _reverse_twice(arriving: Sequence[Any], node: Any, recorded: bool) -> Any:
    """J·t for an entry that has a reverse rule alone: Jᵀg is linear in g, and the transpose of that is J."""
    xs, out = (as_recorded(node), outputs_of(node)) if recorded else (node._inputs, node._data)
    several = type(node._data) is tuple
    cotangents = [variable(np.zeros_like(part)) for part in (node._data if several else (node._data,))]
    g = tuple(cotangents) if several else cotangents[0]
    with changed(recording=True):
        pulled = {
            fit(pull(g, xs, out, node), raw, node): tangent
            for pull, tangent, raw in zip(node._primitive.pulls, arriving, node._inputs)
            if tangent is not None and pull is not None
        }
        found = pull_back(pulled, ancestors(pulled), cotangents, recorded=recorded)
    parts = tuple(found.get(v, np.zeros_like(v._data)) for v in cotangents)
    return parts if several else parts[0]


def _push_plain(push: Any, arriving: Sequence[Any], node: Any) -> Any:
    """The rule on plain numbers; where Python's floats raise or leave the reals, on NumPy's."""
    try:
        tangent = push(arriving, node._inputs, node._data, node)
        if not (isinstance(tangent, complex) and type(node._data) is float):
            return tangent
    except (ArithmeticError, ValueError):
        pass
    arriving, inputs = tuple(map(numpy_float, arriving)), tuple(map(numpy_float, node._inputs))
    return push(arriving, inputs, numpy_float(node._data), node)
