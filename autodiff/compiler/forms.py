"""What a program knows of each register before it runs: shape and dtype."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np


class Form(NamedTuple):
    """Shape and dtype of what a register holds.

    weak: a Python number, which takes on the dtype of what it meets, as Python numbers do in NumPy
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    weak: bool = False

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.dtype.itemsize


name_of_dtype = cache(str)
"""A dtype as text, "float64": NumPy spells it anew each time it is asked."""

FLOAT = Form((), np.dtype(np.float64), weak=True)
_PYTHON = {float: FLOAT, int: Form((), np.dtype(np.int64), weak=True), bool: Form((), np.dtype(np.bool_), weak=True)}


def form_of(data: Any) -> Form | None:
    """The form of a number or a NumPy array; None for anything else.

    That is several results, arrays of other libraries or of Python objects, integers that no machine holds.
    """
    kind = type(data)
    if kind is np.ndarray:
        return None if data.dtype.hasobject else Form(data.shape, data.dtype)
    known = _PYTHON.get(kind)
    if known is not None:
        return known if kind is not int or -(2**63) <= data < 2**63 else None
    if isinstance(data, np.generic):
        return _form_of_scalars(data.dtype)
    return Form((), np.dtype(np.complex128), weak=True) if kind is complex else None


@cache
def _form_of_scalars(dtype: np.dtype[Any]) -> Form:
    return Form((), dtype)


def common_dtype(forms: list[Form]) -> np.dtype[Any]:
    """The dtype in which NumPy computes with operands of these forms."""
    strong = [form.dtype for form in forms if not form.weak]
    weak = [form.dtype.type(0).item() for form in forms if form.weak]
    return np.result_type(*strong, *weak)
