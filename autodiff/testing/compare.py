"""One function, one point: its derivatives in both modes against finite differences, up to the first disagreement."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autodiff.testing.extrapolation import Array, Slope
from autodiff.testing.judge import Tally, Verdict, combined, judged
from autodiff.testing.line import Line, joined, plain, precision, unit_tangents
from autodiff.transforms import jvp, vjp

MODES = ("reverse", "forward")
Place = tuple[int, tuple[int, ...]]  # number of the leaf, index of the element
Function = Callable[..., tuple[Any, ...]]


@dataclass(frozen=True)
class Finding:
    """A derivative that disagrees with finite differences, or one that does not exist (`left`, `right` differ)."""

    mode: str
    output: Place
    input: Place
    got: float
    expected: float
    error: float
    sides: tuple[float, float] | None


@dataclass(frozen=True)
class Settings:
    """How to compare.

    modes: which to check · units: how many inputs are tried one by one · random: where directions come from
    size: of the results of the function whose derivatives are compared; those of a derivative are added
    """

    modes: Sequence[str]
    units: int
    random: np.random.Generator
    size: float = 0.0


def compare(f: Function, xs: Sequence[Any], settings: Settings, tally: Tally) -> Finding | None:
    """The first disagreement between derivatives of f at xs and finite differences; failing that a kink, or None.

    f: takes real or complex numbers and arrays, returns a tuple of such; it records when given Values
    """
    # Derivatives are held in the dtypes of the arguments, whatever f computes in.
    line = Line(f, tuple(xs), max((precision(x) for x in xs), default=0.0))
    checks = [
        _Reverse(f, xs, line, settings.size, settings.random)
        if mode == "reverse"
        else _Forward(f, xs, line, settings.size)
        for mode in settings.modes
    ]
    kink: Finding | None = None
    for direction in _directions(xs, settings):
        slope = line.along({i: t for i, t in enumerate(direction) if np.any(t)})
        for check in checks:
            verdict = check.judge(direction, slope)
            if verdict.bad is not None:
                finding = _localised(check, direction, slope)
                if finding.sides is None:
                    return finding
                kink = kink or finding
                continue
            tally.count(verdict.got, verdict.slope.derivative, verdict.slope.error)
    return kink


def derived(f: Function, xs: Sequence[Any], mode: str, random: np.random.Generator) -> Function:
    """A random combination of the rows (reverse) or columns (forward) of the Jacobian, as a function of xs."""
    if mode == "reverse":
        cotangent = tuple(random_like(plain(leaf), random) for leaf in f(*xs))
        return lambda *ys: tuple(vjp(f, *ys)[1](cotangent))
    tangent = tuple(random_like(x, random) for x in xs)
    return lambda *ys: tuple(jvp(f, ys, tangent)[1])


class _Forward:
    """J·t by jvp, output by output."""

    mode = "forward"

    def __init__(self, f: Function, xs: Sequence[Any], line: Line, size: float) -> None:
        self.f, self.xs, self.line = f, xs, line
        self.size = np.fmax(np.abs(line.center), size)

    def judge(self, direction: Sequence[Any], slope: Slope) -> Verdict:
        tangent = jvp(self.f, tuple(self.xs), tuple(direction))[1]
        got = joined([np.asarray(plain(leaf)) for leaf in tangent])
        return judged(got, slope, self.line.eps, self.size)

    def each_output(self) -> _Forward:
        """The same check for every output by itself: it is that already."""
        return self


class _Reverse:
    """⟨Jᵀg, t⟩ by vjp, for a few cotangents g: the unit vectors if there are few outputs, two random ones otherwise."""

    mode = "reverse"

    def __init__(
        self, f: Function, xs: Sequence[Any], line: Line, size: float, random: np.random.Generator | None
    ) -> None:
        self.f, self.xs, self.line, self.size = f, xs, line, size
        outputs = line.center.size
        self.weights = np.eye(outputs) if random is None or outputs <= 4 else _signs((2, outputs), random)
        _, pull = vjp(f, *xs)
        self.pulled = [[np.asarray(plain(g)) for g in pull(self._cotangent(row))] for row in self.weights]

    def _cotangent(self, row: Array) -> tuple[Any, ...]:
        """Weights on the real outputs as cotangents: Re(g·dz) = Re g · Re dz − Im g · Im dz."""
        parts = zip(self.line.outputs, self.line.split(row))
        return tuple((re if im is None else re - 1j * im).astype(leaf.dtype)[()] for leaf, (re, im) in parts)

    def judge(self, direction: Sequence[Any], slope: Slope) -> Verdict:
        got = np.array([sum(float(np.sum((g * t).real)) for g, t in zip(row, direction)) for row in self.pulled])
        eps = np.max(self.line.eps, initial=0.0)
        size = np.fmax(np.abs(self.weights) @ np.abs(self.line.center), self.size)
        return judged(got, combined(slope, self.weights), np.full(got.shape, eps), size)

    def each_output(self) -> _Reverse:
        """The same check for every output by itself, unless there are very many."""
        return self if self.line.center.size > 512 else _Reverse(self.f, self.xs, self.line, self.size, None)


def _localised(check: _Forward | _Reverse, direction: Sequence[Any], slope: Slope) -> Finding:
    """Where a disagreement along a direction shows: the first input element, there the output that shows it best."""
    xs, line, each = check.xs, check.line, check.each_output()
    kink: Finding | None = None
    for leaf, x in enumerate(xs):
        for index, tangent in unit_tangents(x):
            if np.asarray(direction[leaf])[index] != 0:
                verdict = each.judge(_only(xs, leaf, tangent), line.along({leaf: tangent}))
                if verdict.bad is not None:
                    finding = _finding(check.mode, verdict, (leaf, index), line)
                    if finding.sides is None:
                        return finding
                    kink = kink or finding
    return kink or _finding(check.mode, check.judge(direction, slope), (0, ()), line)  # only the combination shows it


def _finding(mode: str, verdict: Verdict, place: Place, line: Line) -> Finding:
    n, slope = verdict.bad, verdict.slope
    assert n is not None
    output = _place(line, n) if len(verdict.got) == line.center.size else (0, ())
    numbers = float(verdict.got[n]), float(slope.derivative[n]), float(slope.error[n])
    return Finding(mode, output, place, *numbers, verdict.sides)


def _place(line: Line, number: int) -> Place:
    """Which element of which output a real number in the joined vector belongs to."""
    for leaf, array in enumerate(line.outputs):
        size = array.size * (2 if array.dtype.kind == "c" else 1)
        if number < size:
            element = number // 2 if array.dtype.kind == "c" else number
            return leaf, tuple(int(i) for i in np.unravel_index(element, array.shape))
        number -= size
    return 0, ()


def _directions(xs: Sequence[Any], settings: Settings) -> Iterator[tuple[Any, ...]]:
    """Every element by itself if there are few, and one direction that moves all: min(|x|, |y|) is flat along the axes.
    Otherwise three such directions, and a random choice of elements.
    """
    count = sum(np.size(x) * (2 if np.iscomplexobj(x) else 1) for x in xs)
    for _ in range(3 if count > settings.units else 1 if count > 1 else 0):
        yield tuple(random_like(x, settings.random) for x in xs)
    chosen = (
        set(settings.random.permutation(count)[: settings.units].tolist()) if count > settings.units else range(count)
    )
    number = 0
    for leaf, x in enumerate(xs):
        for _, tangent in unit_tangents(x):
            if number in chosen:
                yield _only(xs, leaf, tangent)
            number += 1


def size_of(outputs: Sequence[Any]) -> float:
    """The largest finite magnitude among results."""
    parts = [np.abs(np.asarray(plain(output)).astype(np.complex128)) for output in outputs]
    return max((float(np.max(part, initial=0.0, where=np.isfinite(part))) for part in parts), default=0.0)


def _only(xs: Sequence[Any], leaf: int, tangent: Array) -> tuple[Any, ...]:
    """The direction that is `tangent` at one leaf and zero at the others, in the dtypes of the leaves."""
    return tuple((tangent if i == leaf else np.zeros(np.shape(x))).astype(_dtype(x))[()] for i, x in enumerate(xs))


def random_like(x: Any, random: np.random.Generator) -> Any:
    """Numbers between ½ and 1 of either sign, times |x| where that is small but not 0, in the shape and dtype of x."""
    size = np.abs(np.asarray(x)).astype(np.float64)
    numbers = _signs(np.shape(x), random) * np.where(size == 0, 1.0, np.fmin(size, 1.0))
    if np.iscomplexobj(x):
        numbers = numbers * np.exp(1j * random.uniform(0, 2 * math.pi, np.shape(x)))
    return np.asarray(numbers).astype(_dtype(x))[()]


def _signs(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    return np.asarray(random.uniform(0.5, 1, shape) * random.choice([-1.0, 1.0], shape))


def _dtype(x: Any) -> np.dtype[Any]:
    return np.asarray(x).dtype
