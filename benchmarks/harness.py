"""Rows, and how they are timed: a batch of every contestant in turn, over and over, so that all meet the same noise."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.peers import COLUMNS, OURS, available

Step = Callable[[], Any]
"""One repetition of the work. Returns its result, or a tuple of results, for the contestants to be compared."""


@dataclass(frozen=True)
class Goal:
    """What ours must reach: median time of `ours` ≤ `at_most` · (that of `against`) + `plus_us`.

    against: a column, or "the best" for the fastest of those that are not ours
    """

    at_most: float
    against: str
    plus_us: float = 0.0
    ours: str = "autodiff"

    def __str__(self) -> str:
        if not self.at_most:
            return f"{self.ours} ≤ {self.plus_us:g} µs"
        allowance = f" + {self.plus_us / 1000:g} ms" if self.plus_us else ""
        factor = f"{self.at_most:g} × " if self.at_most != 1 else ""
        return f"{self.ours} ≤ {factor}{self.against}{allowance}"


def jit(at_most: float, against: str, plus_us: float = 0.0) -> Goal:
    """What our compiled code must reach."""
    return Goal(at_most, against, plus_us, "autodiff jit")


@dataclass(frozen=True)
class Row:
    """One line of the table: the same work, once for each contestant.

    contestants: column → function that sets the work up and returns the step to time
    rtol:        how closely the results of the first steps must agree before anything is timed
    """

    key: str
    title: str
    contestants: Mapping[str, Callable[[], Step]]
    goals: tuple[Goal, ...] = ()
    rtol: float = 1e-9


@dataclass
class Timing:
    """Microseconds a step, one number for each round, by column."""

    row: Row
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, column: str) -> float:
        return statistics.median(self.rounds[column])

    def ratio(self, ours: str, against: str) -> float:
        """Median over the rounds of ours ÷ the other: both sides of each quotient were timed moments apart."""
        return statistics.median(a / b for a, b in zip(self.rounds[ours], self.rounds[against], strict=True))

    def rival(self, goal: Goal) -> str | None:
        """The column a goal is measured against; None if nobody is there."""
        if goal.against != "the best":
            return goal.against if goal.against in self.rounds else None
        return min((c for c in self.rounds if c not in OURS), key=self.median, default=None)

    def verdict(self, goal: Goal) -> tuple[float, bool] | None:
        """(ours ÷ rival, whether the goal is reached), or None where one of the two is missing."""
        rival = self.rival(goal)
        if rival is None or goal.ours not in self.rounds:
            return None
        ratio = self.ratio(goal.ours, rival)
        if goal.plus_us:
            return ratio, self.median(goal.ours) <= goal.at_most * self.median(rival) + goal.plus_us
        return ratio, ratio <= goal.at_most


def measure(row: Row, seconds: float) -> Timing:
    """Set up every contestant, hold their results against each other, then time them for about `seconds`."""
    steps = {c: row.contestants[c]() for c in COLUMNS if c in row.contestants and available(c)}
    agree(row, steps)
    batches = {c: repetitions(step) for c, step in steps.items()}
    timing = Timing(row, {c: [] for c in steps})
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(timing.rounds.values()))) < 3:
        for c, step in steps.items():
            timing.rounds[c].append(batch(step, batches[c]))
    return timing


def batch(step: Step, repeat: int) -> float:
    """Microseconds a step, averaged over `repeat` steps, starting with nobody else's garbage."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(repeat):
        step()
    return (time.perf_counter() - start) / repeat * 1e6


def repetitions(step: Step, seconds: float = 0.02) -> int:
    """Warm the step up, and find how many repetitions take about `seconds`."""
    start = time.perf_counter()
    step()
    once = time.perf_counter() - start
    if once < seconds:
        once = batch(step, 1 + int(seconds / once)) / 1e6
    return max(1, round(seconds / once))


def agree(row: Row, steps: Mapping[str, Step]) -> None:
    """Run three steps of everybody; raise AssertionError where the results differ by more than rounding.

    The second and third step of a training run depend on the gradients of the first, so those are compared as well.
    """
    reference: tuple[str, list[np.ndarray[Any, Any]]] | None = None
    for column, step in steps.items():
        results = [array for _ in range(3) for array in as_arrays(step())]
        if reference is None:
            reference = column, results
        for ours, theirs in zip(reference[1], results, strict=True):
            scale = np.max(np.abs(ours), initial=0.0)
            np.testing.assert_allclose(
                theirs,
                ours,
                rtol=row.rtol,
                atol=row.rtol * scale,
                err_msg=f"{row.key}: {column} against {reference[0]}",
            )


def as_arrays(result: Any) -> list[np.ndarray[Any, Any]]:
    """Whatever a step returned, as plain arrays of float64."""
    if isinstance(result, tuple):
        return [array for part in result for array in as_arrays(part)]
    if hasattr(result, "detach"):  # PyTorch
        result = result.detach().numpy()
    elif hasattr(result, "grad") and hasattr(result, "data"):  # a Value, a MyGrad tensor
        result = result.data
    return [np.array(result, dtype=np.float64)]
