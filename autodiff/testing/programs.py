"""A small differentiable program with its inputs: what `expressions` draws. It is its own source text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

import autodiff
from autodiff.errors import ShapeError

NAMESPACE = {"np": np, "ad": autodiff}
STEP = 1e-3  # how far inputs are moved to see whether a program is smooth
LARGEST = 50.0  # of any value and slope; curvatures may be twice that
ELEMENTS = 64


class Expression:
    """A function of a few arrays, callable on arrays and on Values, and inputs at which it is well conditioned.

    inputs: a tuple of Python floats and arrays · lines: the assignments, in order · result: the name that is returned
    Its repr is Python code that computes the same.

    >>> e = Expression((2.0, 3.0), ["v0 = x0 * x1"], "v0")
    >>> e
    def expression(x0, x1):
        v0 = x0 * x1
        return v0
    <BLANKLINE>
    expression(2.0, 3.0)
    >>> e(*e.inputs)
    6.0
    """

    def __init__(self, inputs: Sequence[Any], lines: Sequence[str], result: str) -> None:
        self.inputs, self.lines, self.result = tuple(inputs), tuple(lines), result
        scope: dict[str, Any] = dict(NAMESPACE)
        exec(self.source, scope)
        self._function = scope["expression"]

    @property
    def source(self) -> str:
        """The function as Python code."""
        names = ", ".join(f"x{i}" for i in range(len(self.inputs)))
        body = "".join(f"    {line}\n" for line in self.lines)
        return f"def expression({names}):\n{body}    return {self.result}\n"

    def __call__(self, *inputs: Any) -> Any:
        if len(inputs) != len(self.inputs):
            raise ShapeError(f"this expression takes {len(self.inputs)} inputs; it was given {len(inputs)}")
        return self._function(*inputs)

    def __repr__(self) -> str:
        return f"{self.source}\nexpression({', '.join(map(_literal, self.inputs))})"


def _literal(x: Any) -> str:
    """A number or array as Python code."""
    if not isinstance(x, (np.ndarray, np.generic)):
        return repr(x)
    kind = "" if x.dtype in (np.float64, np.complex128) else f", dtype=np.{x.dtype}"
    return f"np.{x.dtype}({x.item()})" if isinstance(x, np.generic) else f"np.array({x.tolist()}{kind})"


class Workshop:
    """A program being written: every line is tried at once, at the inputs and on both sides of them along two
    directions, and kept if it is finite, of moderate size and slope, and smooth there.
    """

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.inputs = tuple(inputs)
        self.lines: dict[str, str] = {}  # name → right-hand side
        self.names = [f"x{i}" for i in range(len(inputs))]
        self.scopes: list[dict[str, Any]] = []
        for step, way in ((0.0, 0), (STEP, 0), (-STEP, 0), (STEP, 1), (-STEP, 1)):
            moved = [_moved(x, step, i, way) if step else x for i, x in enumerate(inputs)]
            self.scopes.append(NAMESPACE | dict(zip(self.names, moved)))

    def value(self, name: str) -> Any:
        """What a name stands for at the inputs."""
        return self.scopes[0][name]

    def evaluate(self, code: str) -> Any:
        """What an expression over the names comes to at the inputs."""
        with np.errstate(all="ignore"):
            return eval(code, self.scopes[0])

    def add(self, code: str | None) -> bool:
        """Append `v = code` if that is well conditioned; say whether it was."""
        if code is None:
            return False
        with np.errstate(all="ignore"):
            try:
                results = [eval(code, scope) for scope in self.scopes]
            except (ValueError, TypeError, IndexError):  # the operands do not fit this operation
                return False
            center, *sides = results
            if not (well_conditioned(center, *sides[:2]) and well_conditioned(center, *sides[2:])):
                return False
        name = f"v{len(self.lines)}"
        self.lines[name] = code
        self.names.append(name)
        for scope, result in zip(self.scopes, results):
            scope[name] = result
        return True

    def finished(self) -> Expression:
        """The program that computes the last name, without the lines and inputs it does not need, numbered anew."""
        needed, result = {self.names[-1]}, self.names[-1]
        for name in reversed(self.lines):
            if name in needed:
                needed |= set(_names(self.lines[name]))
        kept = [name for name in self.lines if name in needed]
        read = [i for i in range(len(self.inputs)) if f"x{i}" in needed]
        fresh = {f"x{i}": f"x{k}" for k, i in enumerate(read)} | {name: f"v{i}" for i, name in enumerate(kept)}
        lines = [f"{fresh[name]} = {_renamed(self.lines[name], fresh)}" for name in kept]
        return Expression([self.inputs[i] for i in read], lines, fresh[result])


def _moved(x: Any, step: float, number: int, way: int) -> Any:
    """x moved along one of two fixed directions, in float64 (complex128).

    Along one alone, elements may happen to move together: then the kink of std at [0, 0] cannot be seen.
    """
    x = np.asarray(x)
    phase = np.cos(1.0 + number * (1 + way) + (2.3 - way) * np.arange(x.size)).reshape(x.shape)
    return (x + step * np.sign(phase) * (1 + np.abs(phase)) / 2)[()]


def well_conditioned(center: Any, plus: Any, minus: Any) -> bool:
    """Whether three results a step apart look like a smooth function of moderate size, slope and curvature."""
    center, plus, minus = map(np.asarray, (center, plus, minus))
    if center.size > ELEMENTS or center.size == 0 or center.dtype.kind not in "fc":
        return False
    small = np.abs(center) <= LARGEST
    level = np.abs(plus - minus) <= 2 * STEP * LARGEST
    straight = np.abs(plus - center + (minus - center)) <= 2 * STEP**2 * LARGEST
    return bool(np.all(small & level & straight))


def _names(code: str) -> list[str]:
    return re.findall(r"\b[vx]\d+\b", code)


def _renamed(code: str, fresh: dict[str, str]) -> str:
    return re.sub(r"\b[vx]\d+\b", lambda match: fresh[match[0]], code)
