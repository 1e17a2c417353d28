"""What an edge says: the local derivative, by which the gradient is multiplied on its way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.drawing.numbers import NUMBERS, number, span
from autodiff.errors import AutodiffError
from autodiff.reverse import numpy_float

ADJOINTS = {
    "sum": "spread",
    "broadcast_to": "Σ",
    "reshape": "reshaped",
    "transpose": "transposed",
    "alias": "copied",
    "astype": "cast",
    "getitem": "scattered",
    "put": "gathered",
    "replace": "masked",
    "part": "as part",
    "where": "masked",
    "concatenate": "sliced",
    "repeat": "Σ of repeats",
    "pad": "cropped",
    "flip": "flipped",
    "roll": "rolled back",
    "cumsum": "cumsum from the end",
    "conjugate": "conjugated",
    "max": "to the largest",
    "min": "to the smallest",
    "prod": "× product of the others",
    "cumprod": "× products of the others",
    "logsumexp": "× softmax",
}
"""What happens to a gradient on its way back through an operation that is not elementwise."""


def local_derivative(
    node: Any, position: int, label_of: Callable[[Any], str] = lambda value: value._label or ""
) -> str:
    """∂node/∂operand: the number for scalars, the range for elementwise arrays, the adjoint in words otherwise.

    node: an interior Value, its graph not freed · position: which operand · label_of: what a Value is called

    >>> from autodiff import Value
    >>> x = Value(3.0)
    >>> local_derivative(x * 2.0, 0), local_derivative(Value([1.0, 4.0]) * x, 1)
    ('× 2', '× 1 … 4, Σ')
    """
    primitive, x = node._primitive, node._inputs[position]
    scalars = type(node._data) is not tuple and np.ndim(node._data) == 0 and type(x) is not tuple and np.ndim(x) == 0
    if primitive.kind == "elementwise" or (scalars and primitive.differentiable):
        partial = _partial(node, position)
        if partial is not None:
            size = number(partial[()]) if partial.ndim == 0 else span(partial)
            summed = primitive.kind == "elementwise" and np.shape(x) != np.shape(node._data)
            return f"× {size}, Σ" if summed else f"× {size}"
    if primitive.kind == "elementwise":
        return f"× ∂{primitive.name}"
    if primitive.kind == "multilinear":
        return _product(node, position, label_of)
    return ADJOINTS.get(primitive.name, f"{primitive.name} adjoint")


def _partial(node: Any, position: int) -> Any:
    """The rule with an arriving gradient of 1, as an array; None if the data is lazy or the rule fails."""
    if not all(isinstance(x, NUMBERS) for x in (*node._inputs, node._data)):
        return None
    pull = node._primitive.pulls[position]
    if pull is None:
        return None
    with np.errstate(all="ignore"):
        try:
            partial = pull(1.0, node._inputs, node._data, node)
            if type(partial) is not complex:
                return np.asarray(partial)
        except (ArithmeticError, ValueError, TypeError, AttributeError):
            pass
        try:  # as the walk does where Python's floats raise or leave the reals
            return np.asarray(
                pull(np.float64(1.0), tuple(map(numpy_float, node._inputs)), numpy_float(node._data), node)
            )
        except (AutodiffError, ArithmeticError, ValueError, TypeError, AttributeError):
            return None


def _product(node: Any, position: int, label_of: Callable[[Any], str]) -> str:
    """· Yᵀ and Xᵀ · for matmul; the other operands for the rest."""
    labels = ["" if operand is None else label_of(operand) for operand in node._operands]
    letters = [*"xyz", *(f"x{i}" for i in range(3, len(labels)))]
    others = [
        label if 0 < len(label) <= 12 else letter
        for i, (label, letter) in enumerate(zip(labels, letters))
        if i != position
    ]
    if node._primitive.name == "matmul":
        return f"· {others[0]}ᵀ" if position == 0 else f"{others[0]}ᵀ ·"
    return f"{node._primitive.name} with {', '.join(others)}" if others else "spread"
