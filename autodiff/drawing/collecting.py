"""From a recorded graph to a picture: walk it, number the nodes by age, put data and gradients into words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autodiff.drawing.derivatives import local_derivative
from autodiff.drawing.modules import module_of_each, split_path
from autodiff.drawing.numbers import counted, magnitude, shown
from autodiff.drawing.picture import Edge, Kind, Node, Picture
from autodiff.graph import BY_SERIAL, RELEASED, is_released
from autodiff.primitives.indexing import ARRAY
from autodiff.value import Value

FREED = "freed by backward(retain_graph=False): what lies behind is forgotten"
CUT = "carries no gradient: it has no history to draw"


def lineage(roots: Iterable[Value]) -> list[Value]:
    """Every Value the roots were computed from, operands before results; those without a gradient, too."""
    found = set(roots)
    stack = list(found)
    while stack:
        for operand in operands_of(stack.pop()):
            if operand is not None and operand not in found:
                found.add(operand)
                stack.append(operand)
    return sorted(found, key=BY_SERIAL)


def operands_of(node: Value) -> Sequence[Value | None]:
    """The operands that are still known."""
    operands = node._operands
    return () if operands is RELEASED else operands


def collect(order: Sequence[Value], names: Mapping[Value, str]) -> Picture:
    """Every node of a graph, drawn. order: operands before results · names: dotted names of parameters"""
    modules = module_of_each(order, names)
    numbers = {value: i for i, value in enumerate(order, 1)}
    nodes = [describe(value, numbers[value], names, modules.get(value, ())) for value in order]
    edges = []
    shared: dict[int, tuple[int, Any]] = {}  # arrays that several operations read are drawn once
    for value in order:
        for position, operand in enumerate(operands_of(value)):
            if operand is None:
                raw = value._inputs[position]
                place, _ = shared.get(id(raw), (0, None)) if np.ndim(raw) else (0, None)
                if not place:
                    place = len(nodes) + 1
                    nodes.append(_constant(raw, place, modules.get(value, ())))
                    shared[id(raw)] = place, raw
                edges.append(Edge(place, numbers[value]))
            else:
                flows = operand._carries and value._carries
                slope = local_derivative(value, position, partial(label_of, names=names)) if flows else ""
                edges.append(Edge(numbers[operand], numbers[value], slope))
    return Picture(tuple(nodes), tuple(edges), remarks(order))


def remarks(order: Sequence[Value]) -> tuple[str, ...]:
    """What a reader should know about nodes without a history."""
    notes = []
    if freed := sum(value._operands is RELEASED for value in order):
        notes.append(f"{counted(freed, 'value')} {FREED}")
    if not order[-1]._carries:
        notes.append(CUT)
    return tuple(notes)


def describe(value: Value, number: int, names: Mapping[Value, str], module: tuple[str, ...] = ()) -> Node:
    """One Value as a node of a picture."""
    kind: Kind = "variable" if value._primitive is None else "freed" if is_released(value) else "operation"
    kind = kind if value._carries else "constant"
    g = value._grad
    return Node(
        number=number,
        kind=kind,
        label=label_of(value, names),
        op="" if value._primitive is None else operation(value),
        shape=_shape(value._data),
        dtype=_dtype(value._data),
        data=shown(value._data),
        gradient=None if g is None else shown(g),
        size=magnitude(g),
        module=module,
    )


def label_of(value: Value, names: Mapping[Value, str]) -> str:
    """The label the user gave; else the last part of a parameter's name."""
    return (value._label or "").strip() or (split_path(names[value])[1] if value in names else "")


FORMULAS = {"affine": "x w + b"}
"""What to call the operands of an operation that NumPy has no name for: the edges refer to it."""


def operation(value: Value) -> str:
    """The operation and the keywords that the shape of the result does not already tell.

    >>> x = Value([1.0, 2.0])
    >>> operation(x.sum(axis=0)), operation(x[1:]), operation(x[[0, 0]])
    ('sum axis=0', '[1:]', '[i]')
    """
    keywords = dict(value._keywords)
    index, part, subscripts = (keywords.pop(key, None) for key in ("index", "number", "subscripts"))
    name = value._op if value._primitive is None or value._primitive.name != "getitem" else ""
    place = "" if index is None else f"[{', '.join(_places(index, value._inputs))}]"
    given = (
        f"{key}={word}"
        for key, x in keywords.items()
        if key != "shape" and x is not None and x is not False and (word := _word(x))
    )
    words = (name + place, FORMULAS.get(name), subscripts, None if part is None else str(part), *given)
    text = " ".join(word for word in words if word)
    return text if len(text) <= 40 else text[:39] + "…"


def _places(index: tuple[Any, ...], inputs: Sequence[Any]) -> Iterator[str]:
    """The parts of an index as they were written; an array, which is an operand of its own, as i, j … or mask."""
    arrays = iter(inputs[len(inputs) - sum(part is ARRAY for part in index) :])
    letters = iter("ijklmnop")
    for part in index:
        if type(part) is tuple:
            start, stop, step = ("" if bound is None else str(bound) for bound in part[1:])
            yield f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
        elif part is ARRAY:
            yield "mask" if np.result_type(next(arrays)).kind == "b" else next(letters, "…")
        else:
            yield "…" if part is Ellipsis else "newaxis" if part is None else str(part)


def _word(x: Any) -> str:
    """A keyword's value, if it always reads the same."""
    if isinstance(x, tuple):
        return f"({', '.join(map(_word, x))})"
    if isinstance(x, np.dtype):
        return x.name
    return str(x) if isinstance(x, (bool, int, float, str)) else "…" if x is not None else "None"


def _shape(data: Any) -> str:
    if type(data) is tuple:
        return ", ".join(_shape(part) or "()" for part in data)
    shape = getattr(data, "shape", ())
    return str(tuple(shape)) if shape else ""


def _dtype(data: Any) -> str:
    """The dtype, unless it is the usual one."""
    if type(data) is tuple:
        return _dtype(data[0]) if data else ""
    dtype = getattr(data, "dtype", None)
    return "" if dtype is None or dtype == np.float64 else str(dtype)


def _constant(raw: Any, number: int, module: tuple[str, ...]) -> Node:
    return Node(number, "constant", shape=_shape(raw), dtype=_dtype(raw), data=shown(raw), module=module)
