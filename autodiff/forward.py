"""Forward mode: one walk from the operands to the results, over the slots of recorded nodes.

It is not dual numbers: the function is recorded first, so there are no levels and nothing to confuse. The price is the
whole recorded graph in memory; `checkpoint` bounds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autodiff.fitting import fit, fit_tangent, is_finite, is_plain, summed
from autodiff.graph import BY_SERIAL, ancestors
from autodiff.modes import changed
from autodiff.recording import variable
from autodiff.reverse import as_recorded, on_numpy_floats, outputs_of, pull_back


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
        primitive = node._primitive
        arriving = tuple(None if operand is None else tangents.get(operand) for operand in node._operands)
        if any(rule is None for rule in primitive.rules):  # it is not differentiable in that operand, whatever moves it
            arriving = tuple(None if rule is None else t for rule, t in zip(primitive.rules, arriving))
        if all(tangent is None for tangent in arriving):
            continue
        xs, out = (as_recorded(node), outputs_of(node)) if recorded else (node._inputs, node._data)
        push = primitive.masked_push if masked else primitive.push
        if push is None:
            tangent = _reverse_twice(arriving, xs, out, node, recorded)
        else:
            tangent = _answer(push, arriving, xs, out, node)
        tangents[node] = fit_tangent(tangent, node._data)
    return tangents


def _reverse_twice(arriving: Sequence[Any], xs: Sequence[Any], out: Any, node: Any, recorded: bool) -> Any:
    """J·t for an entry that has a reverse rule alone: Jᵀg is linear in g, and the transpose of that is J."""
    several = type(node._data) is tuple
    cotangents = [variable(np.zeros_like(part)) for part in (node._data if several else (node._data,))]
    g = tuple(cotangents) if several else cotangents[0]
    with changed(recording=True):
        pulled = summed(
            pair
            for pull, tangent, raw in zip(node._primitive.pulls, arriving, node._inputs)
            if tangent is not None and pull is not None
            for pair in _varying(fit(_answer(pull, g, xs, out, node), raw, node), tangent)
        )
        found = pull_back(pulled, ancestors(pulled), cotangents, recorded=recorded)
    parts = tuple(found.get(v, np.zeros_like(v._data)) for v in cotangents)
    return parts if several else parts[0]


def _varying(contribution: Any, tangent: Any) -> Iterator[tuple[Any, Any]]:
    """(contribution, tangent), part by part, where the contribution depends on the cotangents: elsewhere J is 0."""
    if type(contribution) is tuple:
        for part, along in zip(contribution, tangent):
            if part is not None and along is not None:
                yield from _varying(part, along)
    elif getattr(contribution, "_carries", False):
        yield contribution, tangent


def _answer(rule: Any, arriving: Any, xs: Sequence[Any], out: Any, node: Any) -> Any:
    """What a rule answers; where Python's floats raise or leave the reals, what it answers on NumPy's."""
    try:
        answer = rule(arriving, xs, out, node)
        if not (isinstance(answer, complex) and type(node._data) is float):
            return answer
    except (ArithmeticError, ValueError):
        pass
    return on_numpy_floats(rule, arriving, xs, out, node)
