"""Whether derivatives agree with slopes measured by differences, entry by entry, and what all comparisons come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from autodiff.errors import AutodiffError
from autodiff.testing.extrapolation import Array, Slope

TRUST = 10.0  # by how many estimated errors a derivative may be off
ROUNDING = 32.0  # and by how many units in the last place of what it is summed up from


class GradientMismatchError(AutodiffError, AssertionError):
    """A derivative that disagrees with finite differences: where, by how much, and in which operation."""


class NotDifferentiableError(AutodiffError, AssertionError):
    """The function has no derivative at this point: a kink, a jump, the edge of its domain."""


class Report(NamedTuple):
    """What check_grad found when nothing was wrong.

    largest_relative_error: the largest |got − expected| over the largest |expected|
    comparisons: how many derivatives were compared · undecided: how many of them differences could not judge
    """

    largest_relative_error: float
    comparisons: int
    undecided: int


@dataclass
class Tally:
    """The largest difference, the largest derivative, how many comparisons, how many of them without a verdict."""

    difference: float = 0.0
    size: float = 0.0
    comparisons: int = 0
    undecided: int = 0

    def count(self, got: Array, expected: Array, error: Array) -> None:
        """Add some comparisons. Where the error bar is as large as the derivatives themselves there is no verdict."""
        decided = are_decided(expected, error, self.size)
        self.comparisons += got.size
        self.undecided += int(np.sum(~decided))
        self.difference = max(self.difference, float(np.max(np.abs(got - expected)[decided], initial=0.0)))
        self.size = max(self.size, float(np.max(np.abs(expected)[decided], initial=0.0)))

    def report(self) -> Report:
        """The same, for the user."""
        relative = self.difference / self.size if self.size else self.difference
        return Report(relative, self.comparisons, self.undecided)


def are_decided(expected: Array, error: Array, size: float = 0.0) -> Array:
    """Which differences are accurate enough to judge a derivative. size: of other derivatives beside these"""
    finite = np.isfinite(error) & np.isfinite(expected)
    largest = float(np.max(np.abs(expected)[finite], initial=0.0))
    return np.asarray(finite & (TRUST * error <= max(0.1 * largest, 0.01 * size, 1e-6)))


@dataclass(frozen=True)
class Verdict:
    """Derivatives and slopes, entry by entry; `bad`: the entry most clearly wrong, else one with a kink, else None."""

    got: Array
    slope: Slope
    bad: int | None

    @property
    def sides(self) -> tuple[float, float] | None:
        """The slopes from the left and the right where they differ."""
        if self.bad is None or not self.slope.kink[self.bad]:
            return None
        return float(self.slope.left[self.bad]), float(self.slope.right[self.bad])


def judged(got: Array, slope: Slope, eps: Array, size: Array) -> Verdict:
    """Compare derivatives with slopes of the same shape. At a kink nothing is right but what agrees with both sides,
    and nothing at all where the sides are not even known: in a jump, or where they are infinite.

    size: of what derivatives are summed up from, which may cancel
    """
    with np.errstate(all="ignore"):
        slack = ROUNDING * eps * np.fmax(np.abs(slope.derivative), np.where(np.isfinite(size), size, 0.0))
        off, tolerance = np.abs(got - slope.derivative), TRUST * slope.error + slack
        wrong = np.isfinite(slope.error) & np.isfinite(slope.derivative) & ~(off <= tolerance)
        near = TRUST * slope.side_error + slack
        on_both_sides = (np.abs(got - slope.left) <= near) & (np.abs(got - slope.right) <= near)
        severity = np.where(wrong, np.nan_to_num(off / tolerance, nan=np.inf), -1.0)
        excused = on_both_sides & are_decided(slope.derivative, slope.error)
        severity = np.where(slope.kink, np.where(excused, -1.0, 0.0), severity)
    return Verdict(got, slope, int(np.argmax(severity)) if np.any(severity >= 0) else None)


def combined(slope: Slope, weights: Array) -> Slope:
    """The slopes of weighted sums of the outputs, one for each row of weights. Outputs of weight 0 take no part."""

    def total(part: Array) -> Array:
        return np.array([np.sum(row[row != 0] * part[row != 0]) for row in weights])

    def bound(part: Array) -> Array:
        return np.array([np.sum(np.abs(row[row != 0]) * part[row != 0]) for row in weights])

    kink = np.array([bool(np.any(slope.kink[row != 0])) for row in weights], dtype=bool)
    sides = total(slope.left), total(slope.right), bound(slope.side_error)
    return Slope(total(slope.derivative), bound(slope.error), *sides, kink)
