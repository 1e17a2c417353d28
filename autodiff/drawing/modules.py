"""Which module of a network a node belongs to, from the dotted names of its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autodiff.errors import ArgumentError
from autodiff.value import Value

Path = tuple[str, ...]


def dotted_names(names: Any, model: Any) -> dict[Value, str]:
    """The dotted name of each Value, from what `draw` was given.

    names: Value → name, or name → Value · model: anything with `named_parameters()` yielding (name, Value)
    raises: ArgumentError for anything else
    """
    pairs: list[tuple[Any, Any]] = []
    if model is not None:
        if not hasattr(model, "named_parameters"):
            raise ArgumentError(
                "draw(model=...) takes an object with named_parameters(), which yields (dotted name, Value); it was "
                f"given {type(model).__name__}"
            )
        pairs += list(model.named_parameters())
    if names is not None:
        if not isinstance(names, Mapping):
            raise ArgumentError(
                f"draw(names=...) takes a mapping from Values to names, or from names to Values; it was given "
                f"{type(names).__name__}"
            )
        pairs += [(key, value) if isinstance(key, str) else (value, key) for key, value in names.items()]
    for name, value in pairs:
        if not isinstance(name, str) or not isinstance(value, Value):
            raise ArgumentError(
                f"draw: a name is a text and belongs to a Value; it was given {type(name).__name__} for a "
                f"{type(value).__name__}"
            )
    return {value: name for name, value in pairs}


def split_path(name: str) -> tuple[Path, str]:
    """The modules that lead to a parameter, and its own name. A number belongs to the list before it.

    >>> split_path("layers.0.neurons.3.bias"), split_path("layers.0.weights.12")
    ((('layers.0', 'neurons.3'), 'bias'), (('layers.0',), 'weights.12'))
    """
    path: list[str] = []
    for part in name.split("."):
        if part.isdigit() and path:
            path[-1] += f".{part}"
        else:
            path.append(part)
    return tuple(path[:-1]), path[-1]


def module_of_each(nodes: Sequence[Any], names: Mapping[Value, str]) -> dict[Value, Path]:
    """The module of every node that belongs to one. nodes: operands before results.

    An operation belongs to the module whose parameters it reads. Where it reads none, it belongs where all its operands
    come from: the sum within a neuron, the activation after a layer. A loss, which also reads data, belongs to none.
    """
    modules: dict[Value, Path] = {value: split_path(name)[0] for value, name in names.items()}
    if not modules:
        return {}
    own = set(modules)  # parameters, and what is computed from parameters alone
    for node in nodes:
        if node._primitive is None or not isinstance(node._operands, tuple) or node in modules:
            continue
        operands = [operand for operand in node._operands if operand is not None]
        parameters = [operand for operand in operands if operand in own]
        if parameters and len(parameters) == len(node._operands):
            own.add(node)
        if parameters:
            path = common(modules.get(operand, ()) for operand in parameters)
        elif len(operands) > 1 or (node._primitive.kind == "elementwise" and len(node._operands) == 1):
            path = common(modules.get(operand, ()) for operand in operands)
        else:
            path = ()
        if path:
            modules[node] = path
    return {node: path for node, path in modules.items() if path}


def common(paths: Iterable[Path]) -> Path:
    """The longest path that all of them start with.

    >>> common([("a", "b"), ("a", "c")])
    ('a',)
    """
    first, *others = paths
    for length in range(len(first), -1, -1):
        if all(path[:length] == first[:length] for path in others):
            return first[:length]
    return ()
