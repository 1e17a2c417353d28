"""Bring a gradient to the shape and dtype of its operand, a tangent to those of its result. Rules never do this.

Works on plain numbers and arrays, and on Values, where it records.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autodiff.errors import GraphError, ShapeError
from autodiff.operands import copied


def fit(g: Any, x: Any, node: Any) -> Any:
    """The contribution g of `node` as a gradient of the operand with raw data x: its shape, its dtype, real if it is.

    Sums over broadcast axes, but only if the primitive broadcasts; any other mismatch is a wrong rule and raises.
    """
    if (
        type(g) is np.ndarray is type(x)
        and g.shape[1:] == x.shape
        and g.dtype is x.dtype
        and node._primitive.broadcasts
    ):
        return np.add.reduce(g, axis=0)  # a bias added to every row: the most frequent case
    if type(x) is tuple:
        return tuple(None if part is None else fit(part, raw, node) for part, raw in zip(g, x))
    shape = np.shape(x)
    if np.shape(g) != shape:
        if not node._primitive.broadcasts:
            raise ShapeError(
                f"the derivative rule of {node._primitive.name} returned shape {np.shape(g)} for an operand of shape "
                f"{shape}; a rule returns the operand's shape (or the entry says that it broadcasts)"
            )
        g = _sum_to(g, shape)
    return _as_dtype(g, x)


def _sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """g summed over the axes along which an operand of this shape was broadcast."""
    lead = g.ndim - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 and g.shape[lead + i] != 1))
    total = np.add.reduce(g, axis=axes) if type(g) is np.ndarray else np.sum(g, axis=axes)
    return total if np.shape(total) == shape else np.reshape(total, shape)


def fit_tangent(tangent: Any, out: Any) -> Any:
    """A tangent brought to the shape and dtype of the result it belongs to, real if that is real."""
    if type(out) is tuple:
        return tuple(fit_tangent(part, raw) for part, raw in zip(tangent, out))
    if np.shape(tangent) != np.shape(out):
        tangent = np.broadcast_to(tangent, np.shape(out))
    return _as_dtype(tangent, out)


def _as_dtype(g: Any, x: Any) -> Any:
    if type(x) is float:
        if hasattr(type(g), "_record"):
            g = np.real(g) if g.dtype.kind == "c" else g
            return g if g.dtype == np.float64 else g.astype(np.float64)
        return float(g.real)
    dtype = x.dtype
    if type(g) is np.ndarray and not g.ndim:  # as np.where returns: a scalar's gradient is a scalar
        g = g[()]
    if not hasattr(g, "dtype"):
        return dtype.type(g.real if dtype.kind != "c" else g)
    if g.dtype == dtype:
        return g
    if g.dtype.kind == "c" and dtype.kind != "c":
        g = np.real(g)
    return g.astype(dtype)


def refuse_misfits(gradients: Mapping[Any, Any], leaves: Iterable[Any]) -> None:
    """Raise for a leaf whose gradient does not have the shape of its data: it has been given other data since."""
    for leaf in leaves:
        g = gradients.get(leaf)
        if g is not None and getattr(g, "shape", ()) != leaf.shape:
            raise GraphError(
                f"a leaf of shape {np.shape(g)} was given .data of shape {leaf.shape} after the forward pass, and its "
                "gradient would not fit; run the forward pass again"
            )


def summed(arrivals: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """What arrives at each node in all: two derivatives may arrive at the same one."""
    total: dict[Any, Any] = {}
    for node, g in arrivals:
        total[node] = total[node] + g if node in total else g
    return total


def is_plain(data: Any) -> bool:
    """Whether data is a number or a NumPy array, which can be looked at without forcing a computation."""
    return isinstance(data, (float, np.ndarray, np.generic))


def is_finite(g: Any) -> bool:
    """Whether a derivative is free of infinities and NaN, by one cheap pass. Lazy data is trusted: it is masked."""
    if type(g) is np.ndarray:
        return math.isfinite(abs(np.vdot(g, g))) or bool(np.isfinite(g).all())
    if type(g) is float:
        return math.isfinite(g)
    if isinstance(g, tuple):
        return all(part is None or is_finite(part) for part in g)
    if hasattr(g, "_data"):
        return is_finite(g._data)
    return not isinstance(g, np.generic) or bool(np.isfinite(g))


def unshared(g: Any) -> Any:
    """A derivative that its new owner may change in place: a copy if it is a view, or if anything else refers to it.

    The caller holds it in one local variable, and nowhere else: a rule may hand on its own buffer, or one to two
    operands. CPython counts references.
    """
    if type(g) is np.ndarray and (g.base is not None or sys.getrefcount(g) > _ALONE):
        return copied(g)
    return g


def _references(g: Any) -> int:
    return sys.getrefcount(g)


def _held_by_one_variable() -> int:
    """What `unshared` counts if its caller alone holds an array: measured, as interpreters differ."""
    g = np.zeros(1)
    return _references(g)


_ALONE = _held_by_one_variable()
