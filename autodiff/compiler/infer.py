"""The form of a result from the forms of its operands, for instructions that the compiler makes itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autodiff.compiler.forms import FLOAT, Form
from autodiff.primitives.kinds import Primitive

Keywords = Mapping[str, Any]


def result_form(primitive: Primitive, forms: Sequence[Form], keywords: Keywords) -> Form:
    """Shape and dtype of primitive(*operands, **keywords)."""
    shape = SHAPES.get(primitive.name, _broadcast)(forms, keywords)
    dtype = keywords.get("dtype") or result_dtype(primitive, tuple((f.dtype, f.weak) for f in forms))
    return of(shape, dtype)


def of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Form:
    """A form; a float64 of shape () is a Python float."""
    return FLOAT if shape == () and dtype == np.float64 else Form(shape, dtype)


def _broadcast(forms: Sequence[Form], keywords: Keywords) -> tuple[int, ...]:
    return np.broadcast_shapes(*(form.shape for form in forms))


@lru_cache(maxsize=4096)
def result_dtype(primitive: Primitive, operands: tuple[tuple[np.dtype[Any], bool], ...]) -> np.dtype[Any]:
    """The dtype that NumPy computes; it is asked, on one element."""
    ones = [dtype.type(1).item() if weak else np.ones((1,) * 2, dtype) for dtype, weak in operands]
    if all(weak for _, weak in operands):
        ones = [dtype.type(1) for dtype, _ in operands]
    if primitive.name in SHAPES and primitive.name not in ("matmul", "sum", "max", "min", "prod"):
        return np.result_type(*ones)
    with np.errstate(all="ignore"):
        return np.dtype(np.result_type(primitive.forward(*ones)))


def _reduced(forms: Sequence[Form], keywords: Keywords) -> tuple[int, ...]:
    shape, axes = forms[0].shape, reduced_axes(forms[0].shape, keywords.get("axis"))
    if keywords.get("keepdims"):
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def reduced_axes(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    """The axes that a reduction removes, counted from the front. (NumPy takes axis 0 of a number for none.)"""
    if axis is None or not shape:
        return tuple(range(len(shape)))
    return tuple(sorted(a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))))


def _matmul(forms: Sequence[Form], keywords: Keywords) -> tuple[int, ...]:
    a, b = (form.shape for form in forms)
    batch = np.broadcast_shapes(a[:-2], b[:-2])
    return (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def _reshaped(forms: Sequence[Form], keywords: Keywords) -> tuple[int, ...]:
    shape = tuple(keywords["shape"])
    if -1 in shape:
        known = math.prod(n for n in shape if n != -1)
        shape = tuple(forms[0].size // known if n == -1 else n for n in shape)
    return shape


def _transposed(forms: Sequence[Form], keywords: Keywords) -> tuple[int, ...]:
    shape, axes = forms[0].shape, keywords["axes"]
    return shape[::-1] if axes is None else tuple(shape[a] for a in axes)


SHAPES: dict[str, Callable[[Sequence[Form], Keywords], tuple[int, ...]]] = {
    "sum": _reduced,
    "max": _reduced,
    "min": _reduced,
    "prod": _reduced,
    "matmul": _matmul,
    "reshape": _reshaped,
    "transpose": _transposed,
    "broadcast_to": lambda forms, keywords: tuple(keywords["shape"]),
    "flip": lambda forms, keywords: forms[0].shape,
}
"""How a shape follows, for what does not broadcast."""
