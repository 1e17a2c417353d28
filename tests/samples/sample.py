"""How an entry of the table is called in its tests: the operands, by shape or as they are, and its keywords."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autodiff.primitives.indexing import split_index


class Sample(NamedTuple):
    """How to call an entry: shapes (or arrays) of its operands, its keywords."""

    operands: tuple[Any, ...]
    keywords: dict[str, Any] = {}  # noqa: RUF012  (read only)
    complex: bool = True  # whether complex operands make sense


class Inside(NamedTuple):
    """An operand whose numbers lie in an interval: where 0 and negative numbers are outside the domain."""

    shape: tuple[int, ...]
    low: float
    high: float


def made(operand: Any, rng: np.random.Generator, kind: str) -> Any:
    """An operand from its shape: distinct numbers away from 0; anything else as it is."""
    if not isinstance(operand, tuple):
        return operand
    if isinstance(operand, Inside):
        shape, low, high = operand
        number = made(shape, rng, kind)
        size = low + (high - low) * (np.abs(np.real(number)) - 0.3) / 1.4
        return size + 0.1j * np.imag(number) if kind == "complex" else size if shape else float(size)
    real = rng.permutation(np.linspace(0.4, 1.6, int(np.prod(operand)))).reshape(operand)
    real = real * rng.choice([-1.0, 1.0], operand)
    number = real + 1j * rng.uniform(-1, 1, operand) if kind == "complex" else real
    return number if operand else number[()].item() if kind != "complex" else np.complex128(number)


def at(index: Any, **more: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The array operands and the keyword of an index."""
    skeleton, arrays = split_index(index)
    return arrays, {"index": skeleton, **more}
