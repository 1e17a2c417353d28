"""Products that sum: matmul, dot, inner, tensordot, einsum. Linear in each operand while the others are kept."""

from __future__ import annotations

import functools
import operator
import string
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError, UnsupportedError
from autodiff.primitives.indexing import getitem, split_index
from autodiff.primitives.keywords import listed, refuse
from autodiff.primitives.kinds import composite, multilinear, primitive
from autodiff.primitives.shaping import axis_of, row_by_row


def _matmul_left(g: Any, x_like: Any, y: Any) -> Any:
    """g @ yᵀ, vectors as rows on the left and columns on the right."""
    if x_like.ndim == y.ndim == 2:
        return g @ y.T
    if y.ndim == 1:  # (…, m, n) @ (n,) → (…, m), and (n,) @ (n,) → ()
        return np.expand_dims(g, -1) * y
    if x_like.ndim == 1:  # (n,) @ (…, n, p) → (…, p)
        return np.matmul(y, np.expand_dims(g, -1))[..., 0]
    return g @ np.swapaxes(y, -1, -2)


def _matmul_right(g: Any, x: Any, y_like: Any) -> Any:
    """xᵀ @ g."""
    if x.ndim == y_like.ndim == 2:
        return x.T @ g
    if x.ndim == 1:
        return np.expand_dims(x, -1) * np.expand_dims(g, -2) if y_like.ndim > 1 else g * x
    if y_like.ndim == 1:  # (…, m, n)ᵀ @ (…, m, 1)
        return np.matmul(np.swapaxes(x, -1, -2), np.expand_dims(g, -1))[..., 0]
    return np.swapaxes(x, -1, -2) @ g


matmul = multilinear(np.matmul, [_matmul_left, _matmul_right], broadcasts=True)


def _affine_forward(x: Any, w: Any, b: Any) -> Any:
    product = x @ w
    if type(product) is np.ndarray is type(b) and product.dtype == b.dtype and product.shape[-b.ndim :] == b.shape:
        return np.add(product, b, out=product)  # a buffer of our own
    out = product + b
    if np.shape(out) != np.shape(product):
        raise ShapeError(f"affine adds b to each row of x w, of shape {np.shape(product)}; b has shape {np.shape(b)}")
    return out


def _affine_jvp(tangents: Any, x: Any, y: Any, out: Any) -> Any:
    dx, dw, db = tangents
    terms = (None if dx is None else dx @ y, None if dw is None else x @ dw, db)
    return functools.reduce(operator.add, (term for term in terms if term is not None))


affine = primitive(
    _affine_forward,
    [_matmul_left, _matmul_right, lambda g: g],
    jvp=_affine_jvp,
    broadcasts=True,
    name="affine",
)
"""x w + b in one operation, as layers of networks ask for by the million. b may be broadcast, and no more than that."""


Axes = tuple[tuple[int, ...], tuple[int, ...]]


def _tensordot_left(g: Any, x_like: Any, y: Any, axes: Axes) -> Any:
    free = np.ndim(x_like) - len(axes[0])
    kept = [i for i in range(np.ndim(y)) if i not in axes[1]]
    product = np.tensordot(g, y, (list(range(free, np.ndim(g))), kept))
    # the contracted axes now stand in the order of y: put each where x has it
    order = [i for i in range(np.ndim(x_like)) if i not in axes[0]]
    order += [axes[0][axes[1].index(j)] for j in sorted(axes[1])]
    return np.transpose(product, tuple(order.index(i) for i in range(np.ndim(x_like))))


def _tensordot_right(g: Any, x: Any, y_like: Any, axes: Axes) -> Any:
    free = np.ndim(x) - len(axes[0])
    kept = [i for i in range(np.ndim(x)) if i not in axes[0]]
    product = np.tensordot(x, g, (kept, list(range(free))))
    order = [axes[1][axes[0].index(i)] for i in sorted(axes[0])]
    order += [j for j in range(np.ndim(y_like)) if j not in axes[1]]
    return np.transpose(product, tuple(order.index(j) for j in range(np.ndim(y_like))))


_tensordot = multilinear(
    lambda x, y, *, axes: np.tensordot(x, y, axes=axes), [_tensordot_left, _tensordot_right], name="tensordot"
)


def _dot_axes(x_like: Any, y_like: Any) -> Axes:
    return ((x_like.ndim - 1,), (max(y_like.ndim - 2, 0),))


def _inner_axes(x_like: Any, y_like: Any) -> Axes:
    return ((x_like.ndim - 1,), (y_like.ndim - 1,))


_dot = multilinear(
    lambda x, y: np.dot(x, y),
    [
        lambda g, x_like, y, y_like: _tensordot_left(g, x_like, y, _dot_axes(x_like, y_like)),
        lambda g, x, x_like, y_like: _tensordot_right(g, x, y_like, _dot_axes(x_like, y_like)),
    ],
    name="dot",
)
_inner = multilinear(
    lambda x, y: np.inner(x, y),
    [
        lambda g, x_like, y, y_like: _tensordot_left(g, x_like, y, _inner_axes(x_like, y_like)),
        lambda g, x, x_like, y_like: _tensordot_right(g, x, y_like, _inner_axes(x_like, y_like)),
    ],
    name="inner",
)


@composite(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Σ over the last axis of a and the last but one of b."""
    refuse("dot", out=out)
    return a * b if np.ndim(a) == 0 or np.ndim(b) == 0 else _dot(a, b)


@composite(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """Σ over the last axes of both."""
    return a * b if np.ndim(a) == 0 or np.ndim(b) == 0 else _inner(a, b)


@composite(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """All products of one element of a with one of b."""
    refuse("outer", out=out)
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@composite(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Σ over pairs of axes of a and b."""
    if isinstance(axes, (int, np.integer)):
        first, second = tuple(range(-int(axes), 0)), tuple(range(int(axes)))
    else:
        first, second = (part if isinstance(part, tuple) else (part,) for part in map(listed, axes))
    if len(first) != len(second):
        raise ShapeError(f"np.tensordot needs as many axes of a as of b, was given {first} and {second}")
    normalised = (
        tuple(axis_of(a, i, "tensordot") for i in first),
        tuple(axis_of(b, j, "tensordot") for j in second),
    )
    return _tensordot(a, b, axes=normalised)


def _einsum_adjoint(g: Any, i: int, xs: Any, xs_like: Any, subscripts: str) -> Any:
    """The einsum of g and the other operands with the subscripts exchanged.

    A label that occurs in operand i alone was summed there: its gradient is spread over the axis. A label that occurs
    twice in it was a diagonal: its gradient stands on that diagonal.
    """
    inputs, result = subscripts.split("->")
    terms = inputs.split(",")
    mine, x_like = terms[i], xs_like[i]
    others = [(term, x) for j, (term, x) in enumerate(zip(terms, xs)) if j != i]
    unique = "".join(dict.fromkeys(mine))
    size = dict(zip(mine, np.shape(x_like)))
    known = set(result)  # labels along which the parts have the length that operand i has
    for (term, _), like in zip(others, (x for j, x in enumerate(xs_like) if j != i)):
        known |= {label for label, n in zip(term, np.shape(like)) if n == size.get(label, n)}
    ones = [(label, np.ones(size[label], dtype=x_like.dtype)) for label in unique if label not in known]
    parts = [(result, g), *others, *ones]
    free = iter(label for label in string.ascii_letters if label not in subscripts)
    for label in unique:  # diagonals: rename the second occurrence, tie it by an identity matrix
        for _ in range(mine.count(label) - 1):
            new = next(free)
            place = mine.rindex(label)
            mine = mine[:place] + new + mine[place + 1 :]
            parts.append((label + new, np.eye(size[label], dtype=x_like.dtype)))
    return np.einsum(",".join(term for term, _ in parts) + "->" + mine, *(x for _, x in parts))


_einsum = multilinear(
    lambda *xs, subscripts: np.einsum(subscripts, *xs),
    adjoint=lambda g, i, xs, xs_like, subscripts: _einsum_adjoint(g, i, xs, xs_like, subscripts),
    broadcasts=True,
    name="einsum",
)


@composite(np.einsum)
def einsum(*operands: Any, out: Any = None, optimize: Any = False, **keywords: Any) -> Any:
    """Products summed over the labels that the result lacks: Einstein's notation."""
    refuse("einsum", out=out, **keywords)
    if not isinstance(operands[0], str):
        raise UnsupportedError("np.einsum takes its subscripts as a string on Values: np.einsum('ij,jk->ik', a, b)")
    subscripts, *arrays = operands
    return _einsum(*arrays, subscripts=explicit_subscripts(subscripts, [np.shape(a) for a in arrays]))


@composite(np.einsum_path)
def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    """The order in which einsum would multiply, which depends on shapes alone: NumPy's own answer, plain."""
    shaped = (np.broadcast_to(0.0, np.shape(x)) if hasattr(type(x), "_record") else x for x in operands)
    return np.einsum_path(*shaped, optimize=optimize, einsum_call=einsum_call)  # type: ignore[arg-type]


def explicit_subscripts(subscripts: str, shapes: list[tuple[int, ...]]) -> str:
    """The subscripts with a result, with the ellipsis spelled out, and no blanks."""
    inputs, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        raise ShapeError(f"np.einsum({subscripts!r}) names {len(terms)} operands, was given {len(shapes)}")
    free = [label for label in string.ascii_letters if label not in subscripts]
    hidden = [len(shape) - len(term.replace("...", "")) if "..." in term else 0 for term, shape in zip(terms, shapes)]
    if any(n < 0 for n in hidden):
        raise ShapeError(f"np.einsum({subscripts!r}) has more labels than axes; the operands have shapes {shapes}")
    most = max(hidden, default=0)
    ellipsis = "".join(free[:most])
    terms = [term.replace("...", ellipsis[most - n :] if n else "") for term, n in zip(terms, hidden)]
    for term, shape in zip(terms, shapes):
        if len(term) != len(shape):
            raise ShapeError(
                f"np.einsum({subscripts!r}): {term!r} names {len(term)} axes of an operand with shape {shape}"
            )
    if arrow:
        if most and "..." not in result:
            raise ShapeError(f"np.einsum({subscripts!r}) has axes under '...' that its result does not name")
        result = result.replace("...", ellipsis)
    else:
        joined = "".join(terms)
        result = ellipsis + "".join(sorted(c for c in set(joined) if joined.count(c) == 1 and c not in ellipsis))
    return ",".join(terms) + "->" + result


@composite(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """The sum of a diagonal."""
    refuse("trace", dtype=dtype, out=out)
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


@composite(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """A diagonal of the plane of two axes, as the last axis of the result."""
    if np.ndim(a) < 2:
        raise ShapeError(f"a diagonal needs at least two axes, was given shape {np.shape(a)}")
    moved = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = moved.shape[-2:]
    length = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    steps = np.arange(length)
    return moved[..., steps + max(-offset, 0), steps + max(offset, 0)]


@composite(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """The elements at positions along an axis (of the flattened array if None)."""
    refuse("take", out=out)
    if mode not in ("raise", "wrap", "clip"):
        raise ArgumentError(f"np.take takes mode 'raise', 'wrap' or 'clip', was given {mode!r}")
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis_of(a, axis, "take"))
    indices = indices if hasattr(type(indices), "_record") else np.asarray(indices)
    if indices.dtype.kind == "b":  # positions 0 and 1: a mask is what v[mask] takes
        indices = indices.astype(int)
    if mode != "raise":
        length = a.shape[axis]
        indices = indices % length if mode == "wrap" else np.clip(indices, 0, length - 1)
    skeleton, arrays = split_index((slice(None),) * axis + (indices,))
    return row_by_row(getitem(a, *arrays, index=skeleton))
