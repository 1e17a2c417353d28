"""The derivative of a function of one step, from samples on both sides, and how far off it may be.

Central differences D(h) = (φ(h) − φ(−h))/2h have an error in even powers of h, which Richardson's extrapolation over a
ladder of steps removes one by one (Ridders, Advances in Engineering Software 4, 1982). Rounding grows as 1/h; its level
is measured from high differences of φ (Moré and Wild, SIAM J. Sci. Comput. 33, 2011). Among all entries of the table
the one with the least estimated error wins, provided that every entry made of smaller steps agrees with it (Lepski's
rule): a large step that meets an oscillation, a kink or a pole by chance is found out by the small ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

RATIO = 4.0  # from one step of the ladder to the next
COLUMNS = 5  # how many powers of h are removed at most
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
    noise = np.fmax(_noise(sample, plus, steps), _noise(lambda h: sample(-h), minus, steps))
    noise = np.fmax(noise, _stairs(sample, plus, minus, center, steps))
    h, grain = np.array(steps)[:, None], grain[:, None]
    with np.errstate(all="ignore"):
        size = np.fmax(np.abs(plus), np.abs(minus))
        growth = np.fmax(size / np.abs(center), 1.0)
        central, forward, backward = (plus - minus) / (2 * h), (plus - center) / h, (center - minus) / h
        blur = (eps * size + noise * np.where(np.isfinite(growth), growth, 1.0)) / h
        rounding = blur + grain * np.abs(central)
        derivative, error = _extrapolate(central, rounding, RATIO**2)
        left, left_error = _extrapolate(backward, 2 * blur + grain * np.abs(backward), RATIO)
        right, right_error = _extrapolate(forward, 2 * blur + grain * np.abs(forward), RATIO)
        bend = np.abs(forward - backward)
        half_open = np.isfinite(plus[-1]) != np.isfinite(minus[-1])
        kink = _persists(bend, 4 * rounding + 2 * eps * size / h, 0.7) | half_open
        steep = _persists(np.abs(central), rounding, 1.2)  # the slope still grows at the smallest step
        rough = (noise > 0.02 * np.nanmax(size, axis=0, initial=0.0)) & (noise > 1e5 * eps)  # faster than any step here
    error = np.where(steep | half_open | rough, np.inf, np.where(kink, np.fmax(error, np.abs(right - left) / 2), error))
    return Slope(derivative, error, left, right, np.fmax(left_error, right_error), (kink | steep) & np.isfinite(center))


def _noise(sample: Callable[[float], Array], side: Array, steps: list[float]) -> Array:
    """The rounding noise of φ, from six samples on one side of 0 and close to it."""
    finest = steps[-1]
    return _roughness([side[-1], sample(2 * finest), sample(3 * finest), side[-2], sample(5 * finest), sample(6 * finest)])


def _stairs(sample: Callable[[float], Array], plus: Array, minus: Array, center: Array, steps: list[float]) -> Array:
    """The noise of outputs that do not change at all for small steps, measured where they begin to: 1e5 + x is a staircase."""
    flat = np.logical_and.accumulate(((plus == center) & (minus == center))[::-1])[::-1]
    noise = np.zeros_like(center)
    first = np.where(flat.all(axis=0) | ~flat.any(axis=0), -1, flat.argmax(axis=0) - 1)  # the first step that tells
    for k in np.unique(first[first >= 0]):
        for side in (steps[k], -steps[k]):
            noise = np.where(first == k, np.fmax(noise, _roughness([sample(side * (1 + 1.6 * i)) for i in range(6)])), noise)
    return noise


def _roughness(samples: list[Array]) -> Array:
    """The noise in evenly spaced samples: their fourth and fifth differences, in which all that is smooth cancels.

    A k-th difference of independent errors of size σ has variance σ²·(2k)!/(k!)².
    """
    level = np.zeros_like(samples[0])
    with np.errstate(all="ignore"):
        for k in (4, 5):
            differences = np.abs(np.diff(np.stack(samples), k, axis=0)).max(axis=0)
            level = np.fmax(level, differences * math.factorial(k) / math.sqrt(math.factorial(2 * k)))
    return np.where(np.isfinite(level), level, 0.0)


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
            agrees = (value - 2 * error <= ceiling) & (value + 2 * error >= floor) & (error < least)
            best, least = np.where(agrees, value, best), np.where(agrees, error, least)
        for value, error in entries:
            ceiling, floor = np.fmin(ceiling, value + 2 * error), np.fmax(floor, value - 2 * error)
    return best, least


def _persists(size: Array, rounding: Array, share: float) -> Array:
    """Whether a quantity that should fall with the step keeps at least `share` of itself down to where rounding hides it."""
    seen = (size > VISIBLE * rounding) & np.isfinite(size)
    answer = np.zeros(size.shape[1], dtype=bool)
    for k in range(2, len(size)):
        last = seen[k] & seen[k - 1] & seen[k - 2]
        if k + 1 < len(size):  # the next step must be blind, not see less
            last &= ~seen[k + 1] & (size[k] * share <= VISIBLE * rounding[k + 1])
        answer |= last & (size[k] >= share * size[k - 1]) & (size[k - 1] >= share * size[k - 2])
    return answer
