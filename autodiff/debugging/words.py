"""What is said of a culprit: who it is, the user's line, what it was given, and the way from there to the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autodiff.debugging.history import Origin, Step
from autodiff.debugging.search import Culprit, Suspect
from autodiff.errors import NonFiniteError

SILENT = frozenset(
    {"alias", "part", "derivative of alias", "derivative of part", "tangent of alias", "tangent of part"}
)
WHOLE = 6  # elements: larger arrays are described
SHOWN = 8  # operations of a path, from either end


def error_for(culprit: Culprit, target: str, names: Mapping[Any, str]) -> NonFiniteError:
    """The error that names a culprit. target: what it reached · names: what to call the arguments of a transform"""
    operation, does = _subject(culprit, names)
    origin = Origin() if culprit.step is None else culprit.step.origin
    path = [name for name, _ in _path(culprit, operation)]
    lines = [
        f"{does} {_sample(culprit.data, culprit.elements)}, and it reached {target}",
        *_where(culprit, origin),
        *_given(culprit),
        f"path: {_drawn(_path(culprit, operation))} → {target}",
    ]
    error = NonFiniteError("\n  ".join(lines))
    error.operation, error.path = operation, tuple(path)
    error.line = "" if origin.line is None else str(origin.line)
    return error


def name_of_leaf(leaf: Any, names: Mapping[Any, str]) -> str:
    """What to call a variable: as the transform does, by its label, or by its shape."""
    if leaf in names:
        return names[leaf]
    return f"a leaf of shape {leaf.shape}" if leaf._label is None else f"the leaf {leaf._label!r}"


def _subject(culprit: Culprit, names: Mapping[Any, str]) -> tuple[str, str]:
    """The operation's name in short, and the beginning of a sentence about it."""
    name = "" if culprit.step is None else culprit.step.name
    if culprit.kind == "operation":
        return name, f"{name} gave"
    if culprit.kind == "derivative":
        return f"derivative of {name}", f"the derivative of {name} with respect to its operand {culprit.operand} gave"
    if culprit.kind == "tangent":
        return f"tangent of {name}", f"the tangent of {name} came out as"
    if culprit.kind == "leaf":
        leaf = name_of_leaf(culprit.suspect.of, names)
        return leaf, f"{leaf} holds"
    if culprit.kind == "constant":
        return "a constant", f"a constant, operand {culprit.operand} of {name}, holds"
    if culprit.kind == "sum":
        at = f"the result of {name}" if name else name_of_leaf(culprit.suspect.of, names)
        return "sum of gradients", f"finite gradients that arrive at {at} add up to"
    return f"the {culprit.suspect.kind} given", f"the {culprit.suspect.kind} that was given holds"


def _where(culprit: Culprit, origin: Origin) -> Iterator[str]:
    if culprit.step is None:
        return
    inside = f"in the derivative of {origin.derivative_of}, " if origin.derivative_of else ""
    yield inside + ("it ran before debug_nans() was on: its line is not known" if not origin.line else f"{origin.line}")


def _given(culprit: Culprit) -> Iterator[str]:
    """What the operation was given, each in a line."""
    step = culprit.step
    if step is None or culprit.kind in ("leaf", "constant", "sum"):
        return
    if culprit.kind == "derivative":
        yield f"arriving gradient: {_described(culprit.arriving, culprit, step)}"
    if culprit.kind == "tangent":
        for tangent in culprit.arriving:
            yield f"arriving tangent: {_described(tangent, culprit, step)}"
    for i, x in enumerate(step.inputs):
        yield f"operand {i}: {_described(x, culprit, step)}"
    if culprit.kind != "operation":
        yield f"result: {_described(step.data, culprit, step)}"
    if step.keywords:
        yield f"keywords: {', '.join(f'{name}={given!r:.60}' for name, given in step.keywords.items())}"


def _described(x: Any, culprit: Culprit, step: Step) -> str:
    """Data in few words; of an elementwise operation, the element that the offending one was computed from."""
    if type(x) is tuple:
        return f"{len(x)} arrays of shapes {', '.join(str(np.shape(part)) for part in x)}"
    if np.shape(x) == ():
        return f"{x}"
    kind = f"shape {np.shape(x)}, {getattr(x, 'dtype', type(x).__name__)}"
    if step.primitive.kind == "elementwise" and culprit.elements.size == np.size(step.data):
        at = np.unravel_index(int(np.argmax(culprit.elements)), np.shape(step.data))
        own = tuple(0 if n == 1 else int(i) for i, n in zip(at[len(at) - np.ndim(x) :], np.shape(x)))
        return f"{kind}, {list(own)} = {x[own]}"
    if not isinstance(x, np.ndarray) or x.size == 0:
        return kind
    if x.size <= WHOLE:
        return f"{kind}, {np.array2string(x, separator=', ').replace(chr(10), '')}"
    finite = x[np.isfinite(x)] if x.dtype.kind == "f" else x
    size = f", from {finite.min()} to {finite.max()}" if finite.size and finite.dtype.kind != "c" else ""
    return f"{kind}{size}{_counted(x.size - finite.size)}"


def _counted(number: int) -> str:
    return f", {number} elements not finite" if number else ""


def _sample(data: Any, elements: Any) -> str:
    """The first offending element and where it is."""
    number = int(np.argmax(elements))
    if type(data) is not tuple:
        data = (data,)
    for part in data:
        if number < np.size(part):
            at = [int(i) for i in np.unravel_index(number, np.shape(part))]
            value, where = np.ravel(part)[number], f" at {at}" if at else ""
            more = f" ({int(np.sum(elements))} elements of shape {np.shape(part)} are not finite)"
            return f"{value}{where}{more if np.sum(elements) > 1 else ''}"
        number -= np.size(part)
    return "a number that is not finite"


def _path(culprit: Culprit, start: str) -> list[tuple[str, Origin]]:
    """(operation, where it stands) from the culprit to the end."""
    step = culprit.step
    hops = [(start, Origin() if step is None or culprit.kind in ("leaf", "constant") else step.origin)]
    suspect: Suspect | None = culprit.suspect
    while suspect is not None and suspect.by is not None:
        if suspect.by.text not in SILENT:
            hops.append((suspect.by.text, suspect.by.step.origin))
        suspect = suspect.towards
    return hops


def _drawn(hops: list[tuple[str, Origin]]) -> str:
    texts = [f"{name} ({origin.line.place})" if origin.line else name for name, origin in hops]
    if len(texts) > 2 * SHOWN:
        texts[SHOWN:-SHOWN] = [f"… {len(texts) - 2 * SHOWN} more …"]
    return " → ".join(texts)
