"""Kernels taken literally, by NumPy, and the same kernels compiled."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff.compiler.emit import emit
from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Reduce, Store, Value
from autodiff.compiler.pointwise import BASES

from .machine import WIDTHS, called

DTYPES = ("float64", "float32", "int64", "int32", "bool")
NUMPY = {str(base): dtype for dtype, base in BASES.items()}


class Case(NamedTuple):
    """A kernel and its memory: arrays of one axis, and for each pointer (array, first element)."""

    kernel: Kernel
    buffers: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]

    def __repr__(self) -> str:
        lines = [f"domain {self.kernel.domain}", *(f"  {k}: {value}" for k, value in enumerate(self.kernel.values))]
        lines += [f"  {thing}" for thing in (*self.kernel.stores, *self.kernel.reductions)]
        return "\n".join([*lines, f"  places {self.places}", *(f"  {b.dtype} {b!r}" for b in self.buffers)])


# --- taken literally --------------------------------------------------------------------------------------------------

UNARY = ("negative", "absolute", "floor", "trunc", "isnan", "isfinite", "signbit", "sign", "logical_not", "invert")
BINARY = (
    *("add", "subtract", "multiply", "maximum", "minimum", "logical_and", "logical_or", "logical_xor"),
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
    *("bitwise_and", "bitwise_or", "bitwise_xor"),
)
FORMULAS: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in (*UNARY, *BINARY, "where")}
"""Operations that do not round where their operands are small; a kernel calls them what NumPy calls them."""

FORMULAS |= dict.fromkeys(("astype", "identity"), lambda x: x)


def identity(kind: str, dtype: str) -> Any:
    """What nothing comes to."""
    if kind in ("max", "min"):
        sign = -1 if kind == "max" else 1
        if np.dtype(dtype).kind == "f":
            return sign * math.inf
        limits = np.iinfo(dtype)
        return limits.min if kind == "max" else limits.max
    return {"sum": 0, "prod": 1, "any": False, "all": True}[kind]


class Interpreted:
    """A kernel carried out value by value, each on the whole domain.

    failed: whether a position lay outside · memory: the arrays afterwards · allowed: by how much native code may differ
    """

    def __init__(self, case: Case) -> None:
        self.case, self.failed = case, False
        self.memory = [buffer.copy() for buffer in case.buffers]
        self.allowed = [np.zeros(buffer.shape) for buffer in case.buffers]
        self.grid = np.indices(case.kernel.domain)
        self.values: list[Any] = []
        for value in case.kernel.values:
            self.values.append(np.asarray(self._value(value)).astype(value.dtype))
        for store in case.kernel.stores:
            self._store(store)
        for r in case.kernel.reductions:
            self._reduce(r)

    def _value(self, value: Value) -> Any:
        if isinstance(value, Constant):
            return np.full(self.case.kernel.domain, eval(value.number, {"nan": math.nan, "inf": math.inf}))
        if isinstance(value, Compute):
            given = zip(value.operands, value.bases, strict=True)
            with np.errstate(all="ignore"):
                return FORMULAS[value.name](*(self.values[ref].astype(NUMPY[base]) for ref, base in given))
        array, at = self._places(value)
        return self.memory[array][at]

    def _places(self, access: Load | Store) -> tuple[int, Any]:
        array, first = self.case.places[access.pointer]
        at = np.full(self.case.kernel.domain, first)
        for index, stride in zip(self.grid, access.strides, strict=True):
            at += index * stride
        for ref, step, length in access.positions:
            position = self.values[ref].astype(np.int64)
            position = np.where(position < 0, position + length, position)
            outside = (position < 0) | (position >= length)
            self.failed |= bool(outside.any())
            at += np.where(outside, 0, position) * step
        return array, at

    def _store(self, store: Store) -> None:
        array, at = self._places(store)
        given = self.values[store.value].astype(store.dtype)
        if store.positions:
            with np.errstate(all="ignore"):
                np.add.at(self.memory[array], at, given)
        else:
            self.memory[array][at] = given

    def _reduce(self, r: Reduce) -> None:
        x = self.values[r.value].astype(r.dtype)
        made, allowed = reduced(r.kind, x, r.axes), np.zeros(())
        if x.dtype.kind == "f" and r.kind in ("sum", "prod"):
            magnitude = np.abs(x).sum(axis=r.axes, dtype=float) if r.kind == "sum" else np.abs(made) * x.size
            allowed = 100 * np.finfo(x.dtype).eps * magnitude
        array, first = self.case.places[r.pointer]
        self.memory[array][first : first + made.size] = made.ravel()
        self.allowed[array][first : first + made.size] = np.broadcast_to(allowed, made.shape).ravel()


def reduced(kind: str, x: Any, axes: tuple[int, ...]) -> Any:
    """A reduction by NumPy, in the dtype of what is reduced."""
    with np.errstate(all="ignore"):
        if kind in ("any", "all"):
            return np.asarray(getattr(np, kind)(x, axis=axes))
        if kind in ("max", "min"):
            return np.asarray(getattr(np, kind)(x, axis=axes, initial=identity(kind, str(x.dtype))))
        return np.asarray(getattr(np, kind)(x, axis=axes, dtype=x.dtype))


# --- compiled ---------------------------------------------------------------------------------------------------------


def compiled(case: Case, width: int, copied: Callable[[Any], Any] = np.copy) -> tuple[int, list[Any]]:
    """The status, and the arrays afterwards, by native code with vectors of so many bytes. copied: where they lie."""
    memory = [copied(buffer) for buffer in case.buffers]
    places = [(array, first * memory[array].itemsize) for array, first in case.places]
    return called(emit(case.kernel, "tried", width), memory, places), memory


def assert_native_agrees(case: Case, widths: Sequence[int] = WIDTHS, copied: Callable[[Any], Any] = np.copy) -> None:
    """Every element of every array the same, to the rounding of sums and products; so nothing else is written to."""
    expected = Interpreted(case)
    for width in widths:
        status, memory = compiled(case, width, copied)
        assert status == expected.failed
        if not status:
            for found, array, allowed in zip(memory, expected.memory, expected.allowed, strict=True):
                assert_close(found, array, allowed, f"with vectors of {width} bytes")


def assert_native_is(expected: Sequence[Any], case: Case, widths: Sequence[int] = WIDTHS) -> None:
    """The arrays of a case afterwards, as they are written down in a test."""
    for width in widths:
        status, memory = compiled(case, width)
        assert status == 0
        for found, array in zip(memory, expected, strict=True):
            np.testing.assert_array_equal(found, array, err_msg=f"with vectors of {width} bytes")


def assert_close(found: Any, expected: Any, allowed: Any, message: str = "") -> None:
    """Equal, or as near as is allowed; NaN and infinities are equal or wrong."""
    with np.errstate(all="ignore"):
        near = np.isfinite(allowed) & (np.abs(found.astype(float) - expected.astype(float)) <= allowed)
    same = (found == expected) | ((found != found) & (expected != expected))
    wrong = np.flatnonzero(~(near | same))
    assert not wrong.size, f"{found[wrong]}, not {expected[wrong]}, at {wrong} {message}"
