"""What a gradient at vectors of coinciding eigenvalues tends to: how it changes as these move apart.

Only a function that no rotation of such vectors changes has a derivative. Its gradient at the vectors, as a function of
values and vectors, is found once more by a walk that records itself, and differentiated by two forward walks: along
values that move apart, and along a rotation. The rule of the decomposition makes of these what it needs (`ties`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autodiff.forward import push_forward
from autodiff.graph import ancestors, dependents, newest_first
from autodiff.modes import changed
from autodiff.primitives.indexing import part
from autodiff.primitives.ties import Limit, simple_vectors
from autodiff.reverse import walk

VALUES = {"eigh": 0, "svd": 1}
"""Which part of a decomposition holds the eigenvalues or singular values; the others hold vectors."""


def limit_of(node: Any, seeds: Mapping[Any, Any], nodes: set[Any]) -> Limit:
    """How the gradients of the vectors of a decomposition change as its values move apart, and as they are turned.

    seeds, nodes: of the walk that came to the node
    """
    number = VALUES[node._primitive.name]
    parts = {n: n._keywords["number"] for n in nodes if n._primitive is part and n._x is node}
    values = [n for n, i in parts.items() if i == number]
    places = {n: parts[n._x] for n in nodes if n._primitive is simple_vectors and n._x in parts}
    ends = {*values, *places}
    between = dependents((n for n in nodes if n._serial > node._serial), ends)
    with changed(recording=True):
        found: dict[Any, Any] = {}
        if places:
            found = walk(seeds, newest_first(between), between, ends, recorded=True, masked=False, free=False)
        gradients = {
            i: _sum([found[n] for n, place in places.items() if place == i and n in found])
            for i in range(len(node._data))
            if i != number
        }
    apart = np.broadcast_to(np.linspace(-1.0, 1.0, node._data[number].shape[-1]), node._data[number].shape)
    apart = apart.astype(node._data[number].dtype)
    turns = {i: _turned(node._data[i], rows=node._primitive.name == "svd" and i == 2) for i in gradients}
    changes = _along(dict.fromkeys(values, apart), gradients, node)
    turned = _along({n: turns[i] for n, i in places.items()}, gradients, node)
    return Limit(apart, *(tuple(_known(d, i, node) for i in turns) for d in (changes, turns, turned)))


def _sum(terms: list[Any]) -> Any:
    total = None
    for term in terms:
        total = term if total is None else total + term
    return total


def _turned(vectors: Any, rows: bool) -> Any:
    """The change of vectors by some rotation, all of them among each other."""
    k = vectors.shape[-2 if rows else -1]
    numbers = np.sin(np.arange(1.0, k * k + 1)).reshape(k, k)
    rotation = (numbers - numbers.T).astype(vectors.dtype)
    return rotation @ vectors if rows else vectors @ rotation


def _along(seeds: dict[Any, Any], gradients: dict[int, Any], node: Any) -> dict[int, Any]:
    """The derivatives of the recorded gradients along a direction; None where they do not depend on it."""
    targets = [g for g in gradients.values() if getattr(g, "_carries", False)]
    nodes = ancestors(targets, since=node._serial)
    tangents = push_forward({n: t for n, t in seeds.items() if n in nodes}, nodes, targets)
    return {i: tangents.get(g) if getattr(g, "_carries", False) else None for i, g in gradients.items()}


def _known(derivatives: dict[int, Any], i: int, node: Any) -> Any:
    """A derivative, or zeros in its place."""
    found = derivatives.get(i)
    return np.zeros_like(node._data[i]) if found is None else found
