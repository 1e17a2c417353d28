"""A graph too large to draw, as a summary: one box for each module, or for each stretch of the computation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from autodiff.drawing.collecting import describe, label_of, operands_of, remarks
from autodiff.drawing.derivatives import local_derivative
from autodiff.drawing.modules import Path, module_of_each
from autodiff.drawing.numbers import counted, magnitude, number
from autodiff.drawing.picture import Edge, Node, Picture
from autodiff.value import Value

Key: TypeAlias = tuple[str, Any]
"""What a box stands for: ("value", serial), ("module", path), or variables, constants, operations and which stretch."""

GROUPS = 24
"""About how many boxes a summary has: as many as a page can show."""

STRETCHES = GROUPS // 2
"""Into how many stretches a computation without modules is cut: each has a box for operations and one for variables."""

SINGLY = 3000
"""Up to so many nodes a folded picture says how to draw them all; over more, Graphviz takes its time."""


def fold(order: Sequence[Value], roots: Sequence[Value], names: Mapping[Value, str]) -> Picture:
    """The graph as groups: by module where modules are known, by depth elsewhere. Results and labels stay single.

    order: operands before results
    """
    modules = _shortened(module_of_each(order, names))
    single = set(roots[:GROUPS]) | set(_few(value for value in order if value._label and value not in modules))
    operands = [operands_of(value) for value in order]
    depth = _depths(order, operands)
    deepest = max(depth.values())
    stretch = -(-deepest // STRETCHES)
    groups: dict[Key, list[Value]] = {}
    place: dict[Value, int] = {}
    numbers: dict[Key, int] = {}
    for value in order:
        if value in single:
            key: Key = "value", value._serial
        elif value in modules:
            key = "module", modules[value]
        elif value._primitive is None:
            key = "variables" if value._carries else "constants", (depth[value] - 1) // stretch
        else:
            key = "operations", (depth[value] - 1) // stretch
        place[value] = numbers.setdefault(key, len(numbers) + 1)
        groups.setdefault(key, []).append(value)
    nodes = [_box(key, members, numbers[key], names, stretch, deepest) for key, members in groups.items()]
    edges = _edges(order, operands, place, names)
    how = "by module" if modules else "by depth"
    note = f"{counted(len(order), 'node')} folded {how} into {counted(len(nodes), 'box').replace('boxs', 'boxes')}"
    if len(order) <= SINGLY:
        note += f"; draw(..., max_nodes={len(order)}) draws each"
    return Picture(tuple(nodes), tuple(edges), (note, *remarks(order)))


def _shortened(modules: dict[Value, Path]) -> dict[Value, Path]:
    """Modules, the innermost levels merged until there are few enough to draw."""
    length = max(map(len, modules.values()), default=0)
    while length > 1 and len(set(modules.values())) > GROUPS:
        length -= 1
        modules = {value: path[:length] for value, path in modules.items()}
    return modules


def _few(values: Iterable[Value]) -> list[Value]:
    """The values, if they are few."""
    found = []
    for value in values:
        found.append(value)
        if len(found) > GROUPS:
            return []
    return found


def _depths(order: Sequence[Value], operands: Sequence[Sequence[Value | None]]) -> dict[Value, int]:
    """Where in the computation each value stands, from 1: as late as those that read it allow, a leaf with the first.

    So what a sum adds up stands beside the sum, not with all else that could have been computed at the start.
    """
    left: dict[Value, int] = {}  # how many operations follow
    for value, read in zip(reversed(order), reversed(operands)):
        after = left.setdefault(value, 0)
        for operand in read:
            if operand is None:
                continue
            if operand._primitive is not None:
                left[operand] = max(left.get(operand, 0), after + 1)
            else:
                left[operand] = max(left.get(operand, 0), after)
    deepest = max(left.values())
    return {value: deepest - after + 1 for value, after in left.items()}


def _box(key: Key, members: list[Value], place: int, names: Mapping[Value, str], stretch: int, deepest: int) -> Node:
    kind, which = key
    if kind == "value":
        return describe(members[0], place, names)
    lines = _leaves([value for value in members if value._primitive is None])
    if kind == "module":
        title = ".".join(which)
    elif kind == "operations":
        title = f"depth {which * stretch + 1:,} … {min((which + 1) * stretch, deepest):,}"
    else:
        title = lines.pop(0)
    operations = Counter(value._op for value in members if value._primitive is not None)
    if operations:
        common = sorted(operations.items(), key=lambda item: (-item[1], item[0]))
        lines += [f"{n:,} × {op}" for op, n in common[:4]] + (["…"] if len(common) > 4 else [])
    gradient, size = _gradients(members)
    return Node(place, "group", label=title, data=tuple(lines), gradient=gradient, size=size)


def _leaves(leaves: list[Value]) -> list[str]:
    """How many there are, and how many numbers they hold together."""
    if not leaves:
        return []
    elements = sum(value.size for value in leaves)
    count = counted(len(leaves), "variable" if leaves[0]._carries else "constant")
    return [count] if elements == len(leaves) else [count, counted(elements, "number")]


def _gradients(members: list[Value]) -> tuple[tuple[str, ...] | None, float | None]:
    sizes = [size for value in members if (size := magnitude(value._grad)) is not None]
    if not sizes:
        return None, None
    low, high = number(min(sizes)), number(max(sizes))
    text = f"|·| {low}" if low == high else f"|·| {low} … {high}"
    return ((text,) if len(sizes) == len(members) else (text, f"not run: {len(members) - len(sizes):,}")), max(sizes)


def _edges(
    order: Sequence[Value],
    operands: Sequence[Sequence[Value | None]],
    place: Mapping[Value, int],
    names: Mapping[Value, str],
) -> list[Edge]:
    """One edge for all those between two boxes, with its derivative if it is one alone; those inside are not drawn."""
    counts: Counter[tuple[int, int]] = Counter()
    last: dict[tuple[int, int], tuple[Value, int]] = {}
    for value, read in zip(order, operands):
        target = place[value]
        for position, operand in enumerate(read):
            if operand is None or place[operand] == target:
                continue
            ends = place[operand], target
            counts[ends] += 1
            last[ends] = value, position
    edges = []
    for ends, count in sorted(counts.items(), key=lambda item: item[0][::-1]):
        value, position = last[ends]
        operand = value._operands[position]
        flows = count == 1 and operand is not None and operand._carries and value._carries
        slope = local_derivative(value, position, partial(label_of, names=names)) if flows else ""
        edges.append(Edge(*ends, slope, count))
    return edges
