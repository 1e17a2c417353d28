"""Nested tuples, lists and dicts of arrays: take the leaves out, put others back in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple


class Structure(NamedTuple):
    """The shape of a nested container: its type, its keys, what is inside. A leaf has type None. Hashable."""

    kind: type | None
    keys: tuple[Any, ...]
    children: tuple[Structure, ...]


LEAF = Structure(None, (), ())


def is_container(tree: Any) -> bool:
    """Whether `tree` is a tuple, list or dict (named tuples included)."""
    return isinstance(tree, (tuple, list, dict))


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a nested container, left to right, and its structure.

    >>> flatten({"w": [1.0, 2.0], "b": 3.0})[0]
    [1.0, 2.0, 3.0]
    """
    leaves: list[Any] = []
    return leaves, _collect(tree, leaves)


def _collect(tree: Any, leaves: list[Any]) -> Structure:
    if isinstance(tree, dict):
        keys = tuple(tree)
        return Structure(type(tree), keys, tuple(_collect(tree[key], leaves) for key in keys))
    if isinstance(tree, (tuple, list)):
        return Structure(type(tree), (), tuple(_collect(child, leaves) for child in tree))
    leaves.append(tree)
    return LEAF


def restore(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The nested container of this structure with the given leaves, in the order `flatten` found them.

    >>> leaves, structure = flatten((1, {"a": 2}))
    >>> restore(structure, [10, 20])
    (10, {'a': 20})
    """
    return _build(structure, iter(leaves))


def _build(structure: Structure, leaves: Iterator[Any]) -> Any:
    if structure.kind is None:
        return next(leaves)
    children = [_build(child, leaves) for child in structure.children]
    if issubclass(structure.kind, dict):
        items = dict(zip(structure.keys, children, strict=True))
        return structure.kind(items) if structure.kind in (dict, OrderedDict) else items
    if hasattr(structure.kind, "_fields"):  # a named tuple takes its fields one by one
        return structure.kind(*children)
    return structure.kind(children)  # type: ignore[call-arg]


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to every leaf of a container, and to the leaves at the same places of the others."""
    leaves, structure = flatten(tree)
    return restore(structure, map(function, leaves, *(flatten(other)[0] for other in others)))


def paths(structure: Structure, prefix: str = "") -> list[str]:
    """Where each leaf sits, as Python would index it: `[0]['w']`. For messages."""
    if structure.kind is None:
        return [prefix]
    keys = structure.keys or tuple(range(len(structure.children)))
    return [path for key, child in zip(keys, structure.children) for path in paths(child, f"{prefix}[{key!r}]")]
