"""What an edge says: the local derivative, by which the gradient is multiplied on its way back.

Numbers wherever the derivative is one number for each element, the adjoint in words elsewhere; docs/pictures.md
explains the words to a reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.drawing.numbers import NUMBERS, brief
from autodiff.errors import AutodiffError
from autodiff.reverse import numpy_float

WORDS: dict[str, str | tuple[str, ...]] = {
    "broadcast_to": "Σ",
    "reshape": "reshaped",
    "transpose": "transposed",
    "alias": "× 1",
    "copy": "× 1",
    "astype": "cast",
    "getitem": "scattered",
    "put": "gathered",
    "replace": ("masked", "gathered"),
    "part": "as that part",
    "where": "masked",
    "concatenate": "sliced",
    "repeat": "Σ of repeats",
    "pad": "cropped",
    "flip": "flipped",
    "roll": "rolled back",
    "cumsum": "cumsum from the end",
    "conjugate": "conjugated",
    "fft": "fft",
    "ifft": "ifft",
    "sum": "spread",
    "max": "to the largest",
    "min": "to the smallest",
    "prod": "× product of the others",
    "cumprod": "× products of the others",
    "logsumexp": "× softmax",
    "log_softmax": "− softmax × Σ",
    "sum_squares": "× 2x",
}
"""What happens to a gradient on its way back, where it is not multiplied by numbers that can be shown: one word for all
operands, or one for each. Lazy arrays read these for reductions, too."""

REDUCTIONS = frozenset({"sum", "sum_squares", "max", "min", "prod", "logsumexp"})
"""Each element of the operand receives the gradient of the result it went into, times a number of its own."""

PRODUCTS = {"matmul": ("left", "right"), "dot": ("left", "right"), "affine": ("x", "w")}
"""The matrix products, and what their operands are called in words where they have no label."""


def local_derivative(
    node: Any, position: int, label_of: Callable[[Any], str] = lambda value: value._label or ""
) -> str:
    """∂node/∂operand: numbers where each element has its own factor, the adjoint in words otherwise.

    node: an interior Value, its graph not freed · position: which operand · label_of: what a Value is called

    >>> from autodiff import Value
    >>> x, rows = Value(3.0), Value([[1.0, 2.0], [3.0, 4.0]], "A")
    >>> local_derivative(x * 2.0, 0), local_derivative(Value([1.0, 4.0]) * x, 1)
    ('× 2', '× [1, 4], Σ')
    >>> local_derivative(rows.sum(), 0), local_derivative(rows @ rows, 0), local_derivative(rows.T, 0)
    ('× 1, spread', 'g · Aᵀ', 'transposed')
    """
    primitive, x, out = node._primitive, node._inputs[position], node._data
    name = primitive.name
    if name == "affine" and position == 2:
        return f"× 1{_resized(x, out)}"
    if _multiplies(primitive, x, out):
        factor = _factor(node, position)
        if factor is not None:
            return f"× {brief(factor)}{_resized(x, out)}"
    if primitive.kind == "elementwise":
        return f"× ∂{name}{_resized(x, out)}"
    if name in PRODUCTS and (name != "dot" or max(map(np.ndim, node._inputs)) <= 2):
        other = _names(node, label_of, PRODUCTS[name])[1 - position]
        return f"g · {other}ᵀ" if position == 0 else f"{other}ᵀ · g"
    if primitive.kind == "multilinear":
        return _contraction(node, position, label_of)
    words = WORDS.get(name, f"{'vjp' if primitive.kind == 'primitive' else 'adjoint'} of {name}")
    return words if isinstance(words, str) else words[position]


def _multiplies(primitive: Any, x: Any, out: Any) -> bool:
    """Whether the way back is a product with one number for each element of the operand."""
    if type(x) is tuple or type(out) is tuple or not primitive.differentiable:
        return False
    if primitive.kind == "elementwise" or primitive.name in REDUCTIONS:
        return True
    scalar = np.ndim(out) == 0  # whose gradient is a number: times the derivative of a scalar, which has x's shape
    return scalar and (np.ndim(x) == 0 or primitive.kind in ("multilinear", "primitive"))


def _factor(node: Any, position: int) -> Any:
    """The rule with an arriving gradient of 1, as an array; None if the data is lazy or the rule fails."""
    if not all(isinstance(x, NUMBERS) for x in (*node._inputs, node._data)):
        return None
    pull = node._primitive.pulls[position]
    if pull is None:
        return None
    one: Any = 1.0 if node._primitive.kind == "elementwise" or np.ndim(node._data) == 0 else np.ones_like(node._data)
    with np.errstate(all="ignore"):
        try:
            factor = pull(one, node._inputs, node._data, node)
            if type(factor) is not complex:
                return np.asarray(factor)
        except (ArithmeticError, ValueError, TypeError, AttributeError):
            pass
        try:  # as the walk does where Python's floats raise or leave the reals
            return np.asarray(
                pull(numpy_float(one), tuple(map(numpy_float, node._inputs)), numpy_float(node._data), node)
            )
        except (AutodiffError, ArithmeticError, ValueError, TypeError, AttributeError):
            return None


def _resized(x: Any, out: Any) -> str:
    """How the gradient of the result comes to the shape of the operand: summed if that was broadcast, or spread."""
    small, large = np.shape(x), np.shape(out)
    if math.prod(small) > math.prod(large):
        return ", spread"
    lead = len(large) - len(small)
    stretched = [i for i, n in enumerate(large) if n != 1 and (i < lead or small[i - lead] == 1)]
    if not stretched:
        return ""
    if len(large) != 2 or len(stretched) == 2:
        return ", Σ"
    return ", Σ rows" if stretched == [0] else ", Σ columns"


def _contraction(node: Any, position: int, label_of: Callable[[Any], str]) -> str:
    """The contraction that the gradient goes through, with which other operands."""
    count = len(node._operands)
    places = ("left", "right") if count == 2 else tuple(f"operand {i}" for i in range(1, count + 1))
    others = [name for i, name in enumerate(_names(node, label_of, places)) if i != position]
    if node._primitive.name == "einsum":
        inputs, result = node._keywords["subscripts"].split("->")
        terms = inputs.split(",")
        swapped = ",".join([result, *(term for i, term in enumerate(terms) if i != position)])
        return f"einsum {swapped}->{terms[position]} with {', '.join(['g', *others])}"
    if node._primitive.name in ("dot", "inner", "tensordot"):
        return f"contracted with {', '.join(others)}"
    return f"adjoint of {node._primitive.name} with {', '.join(others)}"


def _names(node: Any, label_of: Callable[[Any], str], places: tuple[str, ...]) -> list[str]:
    """What the operands are called: by a label if it is short, else by their place."""
    labels = ["" if operand is None else label_of(operand) for operand in node._operands]
    return [label if 0 < len(label) <= 12 else place for label, place in zip(labels, places)]
