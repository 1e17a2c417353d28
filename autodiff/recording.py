"""Compute an operation and record it: look at the operands, run the forward function, make the node.

Scalars are Python floats and never touch NumPy; where `math` raises or leaves the reals, NumPy's answer counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.errors import AutodiffError, AxisRangeError, DtypeError, IndexRangeError, ShapeError
from autodiff.graph import MANY
from autodiff.modes import current_mode
from autodiff.operands import constant, plain_scalar
from autodiff.primitives.kinds import Primitive

if TYPE_CHECKING:
    from autodiff.value import Value
else:
    Value = None  # value.py, further down, introduces its class by `make_nodes_of`

new = object.__new__
ndarray = np.ndarray
serials = count().__next__
NO_KEYWORDS: Any = MappingProxyType({})
FLOAT_OR_INT = frozenset({float, int})


def make_nodes_of(value: type[Value]) -> None:
    """Say what class a node is."""
    globals()["Value"] = value


def fill(node: Value, data: Any) -> None:
    """Every slot of a new node that is nobody's result."""
    node._data, node._grad, node._primitive, node._keywords = data, None, None, NO_KEYWORDS
    node._count, node._x, node._y, node._a, node._b = 0, None, None, None, None
    node._serial, node._carries, node._recorded, node._label = serials(), False, False, None


def constant_value(data: Any) -> Value:
    """A Value without a gradient and without a history, around data that nobody changes."""
    node: Value = new(Value)
    fill(node, data)
    if (trace := current_mode().trace) is not None:
        trace.new_constant(node)
    return node


OWN: Any = MappingProxyType({})
"""The keywords of a leaf that a transform made for itself: nobody else's derivatives depend on it."""


def variable(data: Any) -> Value:
    """A transform's own leaf around a caller's buffer, not copied: reading its .data gives a copy."""
    node = constant_value(data)
    node._carries = node._recorded = True
    node._keywords = OWN
    return node


def apply(primitive: Primitive, operands: Sequence[Any], keywords: Any = NO_KEYWORDS) -> Value:
    """Compute an operation and record it if a gradient flows through any operand."""
    parents: list[Value | None] = []
    inputs: list[Any] = []
    carries = False
    for x in operands:
        if type(x) is Value:
            parents.append(x)
            inputs.append(x._data)
            x._recorded = True
            if x._carries:
                carries = True
        else:
            parents.append(None)
            inputs.append(constant(x, primitive.name))
    try:
        data = compute(primitive, inputs, keywords)
    except (ValueError, TypeError, IndexError) as error:
        raise translated(error, primitive, inputs, keywords) from None
    if len(inputs) == 1:
        return _node(data, primitive, 1, parents[0], inputs[0], None, None, keywords, carries)
    if len(inputs) == 2:
        return _node(data, primitive, 2, parents[0], inputs[0], parents[1], inputs[1], keywords, carries)
    return _node(data, primitive, MANY, tuple(parents), tuple(inputs), None, None, keywords, carries)


def unary(primitive: Primitive, x: Any) -> Value:
    """`apply` for one operand: a short way for a float, and for an array."""
    if type(x) is not Value:
        return apply(primitive, (x,))
    a = x._data
    try:
        data = primitive.scalar(a) if type(a) is float and primitive.scalar is not None else primitive.forward(a)
    except (ArithmeticError, ValueError, TypeError):
        return apply(primitive, (x,))  # which knows what NumPy answers, or what to say
    if type(data) is not type(a):
        return apply(primitive, (x,))
    x._recorded = True
    return _node(data, primitive, 1, x, a, None, None, NO_KEYWORDS, x._carries)


def binary(primitive: Primitive, x: Any, y: Any) -> Value:
    """`apply` for two operands: a short way for floats, and for arrays."""
    left = right = None
    carries = False
    a, b = x, y
    if type(x) is Value:
        left, a, carries = x, x._data, x._carries
        x._recorded = True
    elif not _is_simple(x):
        return apply(primitive, (x, y))
    if type(y) is Value:
        right, b, carries = y, y._data, carries or y._carries
        y._recorded = True
    elif not _is_simple(y):
        return apply(primitive, (x, y))
    try:
        if type(a) is ndarray or type(b) is ndarray:
            data = primitive.forward(a, b)
            if type(data) is not ndarray:
                data = plain_scalar(data)
        elif primitive.scalar is not None and type(a) in FLOAT_OR_INT and type(b) in FLOAT_OR_INT:
            data = primitive.scalar(a, b)
            if type(data) is not float:
                return apply(primitive, (x, y))
        else:
            return apply(primitive, (x, y))
    except (ArithmeticError, ValueError, TypeError):
        return apply(primitive, (x, y))  # which knows what NumPy answers, or what to say
    return _node(data, primitive, 2, left, a, right, b, NO_KEYWORDS, carries)


def in_place(primitive: Primitive, x: Any, y: Any) -> Value:
    """`x += y` and its like: a new Value. While tracing, x may stand for an array that would have been changed."""
    out = binary(primitive, x, y)
    trace = current_mode().trace
    return out if trace is None else trace.changed_in_place(x, out, primitive.name)


def _is_simple(x: Any) -> bool:
    """Whether a constant needs no further look: a float, a small integer, an array of numbers."""
    kind = type(x)
    return kind is float or (kind is ndarray and x.dtype.kind in "fc") or (kind is int and -(2**53) < x < 2**53)


def _node(
    data: Any, primitive: Primitive, count: int, x: Any, a: Any, y: Any, b: Any, keywords: Any, carries: bool
) -> Value:
    """The result of an operation, with its history if a gradient flows through it, or if somebody watches.

    Up to two operands, x and y, and the data they had, a and b, have slots of their own: with a tuple for each, the
    garbage collector would have three times as much to visit.
    """
    node: Value = new(Value)
    node._data = data
    node._serial = serials()
    node._grad = node._label = None
    node._recorded = False
    mode = current_mode()
    node._carries = carries = carries and mode.recording and primitive.differentiable
    watch = mode.watch
    if carries or watch is not None:
        node._primitive, node._keywords = primitive, keywords
        node._count, node._x, node._y, node._a, node._b = count, x, y, a, b
        if watch is not None:
            watch.record(node)
    else:
        node._primitive, node._keywords = None, NO_KEYWORDS
        node._count, node._x, node._y, node._a, node._b = 0, None, None, None, None
    return node


SHORT_WAYS: dict[int, Any] = {1: unary, 2: binary, 3: lambda primitive, *operands: apply(primitive, operands)}


def compute(primitive: Any, inputs: Sequence[Any], keywords: Any) -> Any:
    """The plain result of an operation on plain data, as nodes keep it."""
    if primitive.scalar is not None and type(inputs[0]) in (float, int) and _all_floats(inputs):
        try:
            result = primitive.scalar(*inputs)
            if type(result) is float:
                return result
        except (ArithmeticError, ValueError):
            pass
        inputs = [np.float64(x) for x in inputs]
    result = primitive.forward(*inputs) if keywords is NO_KEYWORDS else primitive.forward(*inputs, **keywords)
    return result if type(result) is np.ndarray and result.ndim else plain_scalar(result)


def _all_floats(inputs: Sequence[Any]) -> bool:
    """Whether every operand is a Python float, or an integer a float stands for exactly."""
    return all(type(x) is float or (type(x) is int and -(2**53) < x < 2**53) for x in inputs)


def translated(error: Exception, primitive: Any, inputs: Sequence[Any], keywords: Any) -> Exception:
    """NumPy's complaint about an operation as one of ours, which names the operation and its operands."""
    if isinstance(error, (AutodiffError, np.linalg.LinAlgError)):
        return error
    kind: type[AutodiffError] = DtypeError if isinstance(error, TypeError) else ShapeError
    if isinstance(error, IndexError):
        kind = AxisRangeError if isinstance(error, ValueError) else IndexRangeError
    operands = ", ".join(f"{np.shape(x)} {getattr(x, 'dtype', type(x).__name__)}" for x in inputs)
    given = "".join(f", {name}={value!r}" for name, value in keywords.items())
    return kind(f"{primitive.name} of operands with shapes {operands}{given}: {_plainer(str(error))}")


def _plainer(complaint: str) -> str:
    """What NumPy says about the signature of a generalised ufunc, without the signature."""
    if found := re.search(r"mismatch in its core dimension.*\(size (\d+) is different from (\d+)\)", complaint):
        return f"the axes that are summed over have different lengths, {found[2]} and {found[1]}"
    if found := re.search(r"operand (\d+) does not have enough dimensions", complaint):
        return f"the {'left' if found[1] == '0' else 'right'} operand has too few axes; a scalar is multiplied by *"
    return complaint
