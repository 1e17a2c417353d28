"""What may be an operand, and what a variable keeps: numbers and arrays are checked here, once, by name.

Scalars are kept as Python floats; arrays keep their dtype; whatever NumPy's protocols cannot follow is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import DtypeError, GradientLostError, ShapeError
from autodiff.modes import current_mode

_NUMBERS = (int, float, complex, np.generic)
_FOREIGN = {
    "torch": "t.numpy()",
    "jax": "np.asarray(x)",
    "jaxlib": "np.asarray(x)",
    "tensorflow": "t.numpy()",
    "pandas": "s.to_numpy()",
    "polars": "s.to_numpy()",
}


def plain_scalar(data: Any) -> Any:
    """Data as nodes keep it: a float64 of shape () as a Python float, other results of shape () as NumPy scalars."""
    if type(data) is np.ndarray:
        if data.ndim:
            return data
        data = data[()]
    if type(data) is np.float64:
        return float(data)
    return np.complex128(data) if type(data) is complex else data


def constant(operand: Any, operation: str) -> Any:
    """An operand that is not a Value, checked: a number, an array, or something that NumPy turns into one."""
    kind = type(operand)
    if kind is float:
        return operand
    if kind is np.ndarray:
        if operand.dtype.kind in "fcbiu":
            return operand
    elif isinstance(operand, _NUMBERS) and not isinstance(
        operand, (np.datetime64, np.timedelta64, np.void, np.character)
    ):
        return operand
    elif isinstance(operand, (list, tuple)):
        return constant(_joined(operand, operation), operation)
    elif hasattr(kind, "_as_operand"):  # a Value that says for itself whether it may be used
        return operand._as_operand(operation)
    elif isinstance(operand, np.ndarray) or hasattr(kind, "__array_function__"):
        refuse_foreign(operand, operation)
        return operand
    refuse_foreign(operand, operation)
    what = (
        f"an array of dtype {operand.dtype}" if isinstance(operand, np.ndarray) else f"{kind.__name__} {operand!r:.60}"
    )
    raise DtypeError(f"{operation} takes Values, numbers and numeric arrays; it was given {what}")


def refuse_foreign(data: Any, operation: str) -> None:
    """Raise, naming the type, for arrays that lack NumPy's protocols or bend its rules."""
    kind = type(data)
    package = kind.__module__.partition(".")[0]
    if isinstance(data, (np.matrix, np.ma.MaskedArray)):
        raise DtypeError(
            f"{operation} was given a {kind.__name__}, whose arithmetic differs from an array's; "
            "pass np.asarray(x), and for masks use np.where(mask, …)"
        )
    if package in _FOREIGN:
        raise DtypeError(
            f"{operation} was given a {kind.__module__}.{kind.__name__}, which does not follow NumPy's protocols, so "
            f"nothing done to it could be recorded; pass a NumPy array: {_FOREIGN[package]}"
        )


def leaf_data(data: Any) -> Any:
    """A copy of data as a variable keeps it: floating point, owned by nobody else; DtypeError for anything else."""
    if type(data) is float:
        return data
    if isinstance(data, (bool, int)):
        return float(data)
    refuse_foreign(data, "Value(...)")
    if isinstance(data, (list, tuple)):
        data = _joined(data, "Value(...)")
    elif isinstance(data, (*_NUMBERS, np.ndarray)):
        data = np.array(data)
    elif hasattr(type(data), "__array_function__") and hasattr(type(data), "__array_ufunc__"):
        return data
    else:
        raise DtypeError(
            f"Value(...) takes numbers, NumPy arrays, nested lists of numbers, and arrays that follow NumPy's "
            f"protocols; it was given {type(data).__name__} {data!r:.60}"
        )
    if data.dtype.kind in "biu":
        data = data.astype(np.float64)
    if data.dtype.kind not in "fc":
        raise DtypeError(f"Value(...) takes real or complex numbers; it was given an array of dtype {data.dtype}")
    return plain_scalar(data)


def _joined(parts: Any, operation: str) -> Any:
    """A nested list as an array; what NumPy cannot make of it, or would lose, is said in our words."""
    try:
        return np.array(parts)
    except GradientLostError:
        raise GradientLostError(
            f"{operation} was given a list with Values in it, whose gradients would be lost: np.stack([a, b]) joins "
            "Values to one that remembers them (np.concatenate joins arrays); v.item() reads a number"
        ) from None
    except ValueError as error:
        raise DtypeError(f"{operation} was given a nested list that is not rectangular: {error}") from None


def as_gradient(given: Any, like: Any) -> Any:
    """A gradient from outside, checked and copied, in the shape and dtype of the Value it belongs to."""
    given = given._read() if hasattr(type(given), "_record") else given
    if np.shape(given) != like.shape:
        raise ShapeError(f"a gradient must have the shape of its Value, {like.shape}; it was given {np.shape(given)}")
    if not isinstance(like._data, (float, np.ndarray, np.generic)):
        return given
    if current_mode().trace is not None and type(given) is np.ndarray and given.dtype == like.dtype:
        return given  # the very array, so that the compiler knows it again
    array = np.array(given)
    if array.dtype.kind not in "fcbiu" or (array.dtype.kind == "c" and like.dtype.kind != "c"):
        raise DtypeError(f"a gradient of a {like.dtype} Value must be numbers it can hold; it was given {array.dtype}")
    return plain_scalar(array.astype(like.dtype))


def first_gradient(given: Any, of: Any) -> Any:
    """What a backward pass starts with: the gradient given, or 1 for a real scalar if None is."""
    if given is not None:
        recorded = current_mode().trace is not None and hasattr(type(given), "_record")
        return given if recorded else as_gradient(given, of)
    if of.size != 1:
        raise ShapeError(
            f"backward() needs a scalar, this Value has shape {of.shape}; reduce it (v.sum().backward()), or pass "
            "backward(gradient=...) in its shape"
        )
    if of.dtype.kind == "c":
        raise DtypeError(
            "backward() needs a real scalar, this Value is complex; take np.real, np.abs, or pass gradient="
        )
    return 1.0 if type(of._data) is float else plain_scalar(np.ones_like(of._data))


def copied(data: Any) -> Any:
    """An array in a buffer of its own that lies in memory as it did (order="A" and "K" ask for that); else as it is."""
    return data.copy(order="K") if type(data) is np.ndarray else data


def read_only(data: Any) -> Any:
    """The data, as a view that nobody can write into."""
    if type(data) is not np.ndarray:
        return data
    view = data.view()
    view.flags.writeable = False
    return view
