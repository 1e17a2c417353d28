"""Walk a recorded graph, order it, release it. Always iterative: a chain of a million operations is fine.

A node is anything with `_operands` (each a Value, or None for a constant), `_carries` and `_serial`.
Descending creation serial is reverse topological order, so ordering is a sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from autodiff.errors import GraphError

MANY = 3  # what `_count` says of a node that keeps its operands in a tuple
BY_SERIAL = attrgetter("_serial")


def ancestors(roots: Iterable[Any], since: int = -1) -> set[Any]:
    """The nodes that carry a gradient and lead to the roots, themselves included; none older than serial `since`."""
    found = {root for root in roots if root._carries}
    stack = list(found)
    while stack:
        node = stack.pop()
        for operand in (node._x, node._y) if node._count < MANY else node._x:
            if operand is not None and operand._carries and operand not in found and operand._serial >= since:
                found.add(operand)
                stack.append(operand)
    return found


def newest_first(nodes: Iterable[Any]) -> list[Any]:
    """In reverse topological order: every node before its operands."""
    return sorted(nodes, key=BY_SERIAL, reverse=True)


def dependents(nodes: Iterable[Any], targets: Iterable[Any]) -> set[Any]:
    """Those of the nodes, all ancestors of some result, that depend on a target; the targets included."""
    found = set(targets)
    for node in sorted(nodes, key=BY_SERIAL):
        if node not in found and any(operand in found for operand in node._operands):
            found.add(node)
    return found


class _Released:
    """What stands in place of the operands of a freed node."""

    def __iter__(self) -> Iterator[Any]:
        raise GraphError(
            "this graph was freed by backward(retain_graph=False); run the forward pass again, or keep the graph with "
            "retain_graph=True (the default)"
        )


RELEASED: Any = _Released()


def release(node: Any) -> None:
    """Forget how a node was computed; its data stays readable."""
    if node._primitive is not None:
        node._count, node._x, node._y, node._a, node._b = MANY, RELEASED, None, RELEASED, None


def release_all(nodes: set[Any]) -> None:
    """Release nodes one after the other, users first, so that a long chain is not freed by recursion."""
    for node in newest_first(nodes):
        release(node)


def is_released(node: Any) -> bool:
    """Whether the history of a node was freed."""
    return node._operands is RELEASED
