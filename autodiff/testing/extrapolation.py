"""The derivative of a function of one step, from samples on both sides, and how far off it may be.

Central differences D(h) = (φ(h) − φ(−h))/2h have an error in even powers of h, which Richardson's extrapolation over a
ladder of steps removes one by one (Ridders, Advances in Engineering Software 4, 1982). Rounding grows as 1/h; its level
is measured (see `noise`). Among all entries of the table the one with the least estimated error wins, where whatever
the error bars of entries made of smaller steps cannot explain counts as error (after Lepski): a large step that meets
an oscillation, a kink or a pole by chance is found out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autodiff.testing.noise import noise

Array = np.ndarray[Any, np.dtype[Any]]

RATIO = 4.0  # from one step of the ladder to the next
COLUMNS = 5  # how many powers of h are removed at most
LOST = 0.1  # the relative rounding of a step that says nothing: beside a tiny argument others do not move at all
VISIBLE = 16.0  # how far above rounding a second difference must stand to count as seen


class Slope(NamedTuple):
    """What the samples say about φ′(0), for every output: the slope, its error, both sides, whether they differ."""

    derivative: Array
    error: Array
    left: Array
    right: Array
    side_error: Array
    kink: Array


def ladder(top: float, bottom: float) -> list[float]:
    """Powers of two from `top` down to `bottom`, each a quarter of the one before; at least four."""
    first = math.floor(math.log2(top))
    count = max(4, 1 + math.floor((first - math.log2(max(bottom, top * 2.0**-90))) / 2))
    return [2.0 ** (first - 2 * k) for k in range(count)]


def slope(sample: Callable[[float], Array], steps: list[float], eps: Array, grain: Array) -> Slope:
    """φ′(0) with an error estimate.

    sample: φ, from a step to a float64 vector, NaN where it is not defined · steps: from `ladder`
    eps: (outputs,) the precision φ is computed in · grain: (steps,) the relative rounding of the steps
    """
    center = sample(0.0)
    plus, minus = (np.stack([sample(sign * h) for h in steps]) for sign in (1, -1))
    h, grain = np.array(steps)[:, None], np.where(grain > LOST, np.inf, grain)[:, None]
    level, rough = noise(sample, center, plus, minus, steps, eps)
    with np.errstate(all="ignore"):
        central, forward, backward = (plus - minus) / (2 * h), (plus - center) / h, (center - minus) / h
        rounding = level / h + _share(grain, central)
        derivative, error = _extrapolate(central, rounding, RATIO**2)
        left, left_error = _extrapolate(backward, 2 * level / h + _share(grain, backward), RATIO)
        right, right_error = _extrapolate(forward, 2 * level / h + _share(grain, forward), RATIO)
        side_error = np.fmax(left_error, right_error)
        half_open = np.isfinite(plus[-1]) != np.isfinite(minus[-1])
        bent = _persists(np.abs(forward - backward), 8 * rounding, 0.7) | (np.abs(right - left) > 10 * side_error)
        steep = _persists(np.abs(np.diff(central, axis=0)), 2 * rounding[1:], 0.9)  # the slope does not settle
        error = np.where(bent, np.fmax(error, np.abs(right - left) / 2), error)
    error = np.where(steep | half_open | rough, np.inf, error)
    return Slope(derivative, error, left, right, side_error, (bent | steep | half_open) & np.isfinite(center))


def _share(grain: Array, differences: Array) -> Array:
    """How far off differences are because of the rounding of their steps; infinitely where the step is lost."""
    return np.where(np.isfinite(grain), grain * np.abs(differences), np.inf)


def _extrapolate(raw: Array, rounding: Array, power: float) -> tuple[Array, Array]:
    """The best entry of Richardson's table over raw differences of falling steps, and its error, output by output."""
    values, roundings = raw, rounding
    candidates: list[tuple[Array, Array]] = []
    for column in range(1, min(COLUMNS, len(raw) - 1) + 1):
        gap = np.abs(values[1:] - values[:-1])
        if column == 1:
            candidates.append((values[:-1], gap + roundings[:-1]))
        factor = power**column
        values = values[1:] + (values[1:] - values[:-1]) / (factor - 1)
        roundings = (factor * roundings[1:] + roundings[:-1]) / (factor - 1)
        candidates.append((values, gap + roundings))
    floor, ceiling = np.full(raw.shape[1], -np.inf), np.full(raw.shape[1], np.inf)
    best, least = np.full(raw.shape[1], np.nan), np.full(raw.shape[1], np.inf)
    for level in reversed(range(len(raw) - 1)):
        entries = [(value[level], error[level]) for value, error in candidates if level < len(value)]
        for value, error in entries:
            unexplained = np.fmax(np.fmax(value - ceiling, floor - value), 0.0)
            better = error + unexplained < least
            best, least = np.where(better, value, best), np.where(better, error + unexplained, least)
        for value, error in entries:
            ceiling, floor = np.fmin(ceiling, value + 1.5 * error), np.fmax(floor, value - 1.5 * error)
    return best, least


def _persists(size: Array, rounding: Array, share: float) -> Array:
    """Whether what should fall with the step keeps at least `share` of itself down to where rounding hides it."""
    seen = (size > VISIBLE * rounding) & np.isfinite(size)
    answer = np.zeros(size.shape[1], dtype=bool)
    for k in range(2, len(size)):
        last = seen[k] & seen[k - 1] & seen[k - 2]
        if k + 1 < len(size):  # the next step must be blind, not see less
            last &= ~seen[k + 1] & (size[k] * share <= VISIBLE * rounding[k + 1])
        answer |= last & (size[k] >= share * size[k - 1]) & (size[k - 1] >= share * size[k - 2])
    return answer
