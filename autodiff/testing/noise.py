"""How accurately a function of one step is computed: the level of its rounding noise, measured on its own samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def noise(
    sample: Callable[[float], Array], center: Array, plus: Array, minus: Array, steps: list[float], eps: Array
) -> tuple[Array, Array]:
    """The rounding error of φ(±h) for every step h, and whether φ varies too fast for these steps to say anything.

    sample: φ · center, plus, minus: its values (outputs,), (steps, outputs) at 0, h and −h · steps: falling by quarters
    eps: (outputs,) the relative precision of the results' dtype
    returns: (steps, outputs) float64, (outputs,) bool
    """
    close = np.fmax(_close(sample, plus, steps), _close(lambda h: sample(-h), minus, steps))
    irregular = [sample(share * steps[0]) for share in (0.7390851332151607, 0.0567143290409784, -0.5671432904097839)]
    with np.errstate(all="ignore"):
        size = np.fmax(np.abs(plus), np.abs(minus))
        growth = np.fmax(size / np.abs(center), 1.0)
        seen = np.fmax(close, _stairs(sample, center, plus, minus, steps))
        level = np.fmax(seen * np.where(np.isfinite(growth), growth, 1.0), _grid(np.vstack([plus, minus, *irregular])))
        rough = (close > 0.02 * np.nanmax(size, axis=0, initial=0.0)) & (close > 1e5 * eps)
    return eps / 2 * size + level, rough


def _close(sample: Callable[[float], Array], side: Array, steps: list[float]) -> Array:
    """The noise near 0 on one side: at the finest scale, and at one sixteen times as coarse."""
    level: Array = np.zeros_like(side[-1])
    for k in (len(steps) - 1, len(steps) - 3):
        one, two, three, five, six = side[k], *(sample(i * steps[k]) for i in (2, 3, 5, 6))
        level = np.fmax(level, _roughness([one, two, three, side[k - 1], five, six]))
    return level


def _roughness(samples: list[Array]) -> Array:
    """The noise in six evenly spaced samples, from their fourth and fifth differences, in which what is smooth cancels.

    A k-th difference of independent errors of size σ has variance σ²·(2k)!/(k!)². Twice the σ seen is taken.
    source: Moré and Wild, SIAM J. Sci. Comput. 33 (2011) 1292, §4
    """
    levels = []
    with np.errstate(all="ignore"):
        for k in (4, 5):
            differences = np.abs(np.diff(np.stack(samples), k, axis=0)).max(axis=0)
            levels.append(2 * differences * math.factorial(k) / math.sqrt(math.factorial(2 * k)))
    level = np.fmin(*levels)  # what is left of a smooth function falls with k, noise does not
    return np.asarray(np.where(np.isfinite(level), level, 0.0))


def _grid(samples: Array) -> Array:
    """The largest power of two that divides all samples: after (1e5 + x) − 1e5 it tells how much was lost."""
    mantissa, exponent = np.frexp(np.where(np.isfinite(samples), samples, 0.0))
    digits = (mantissa * 2.0**53).astype(np.int64)
    lowest = np.where(digits == 0, np.inf, np.ldexp((digits & -digits).astype(np.float64), exponent - 53))
    grid = lowest.min(axis=0)
    return np.asarray(np.where(grid < 0.02 * np.abs(samples).max(axis=0), grid, 0.0))  # coarser: a step function


def _stairs(sample: Callable[[float], Array], center: Array, plus: Array, minus: Array, steps: list[float]) -> Array:
    """The noise of outputs that do not change at all for small steps, measured where they begin to."""
    flat = np.logical_and.accumulate(((plus == center) & (minus == center))[::-1])[::-1]
    first = np.where(flat.all(axis=0) | ~flat.any(axis=0), -1, flat.argmax(axis=0) - 1)  # the first step that tells
    level = np.zeros_like(center)
    for k in np.unique(first[first >= 0]):
        for side in (steps[k], -steps[k]):
            found = _roughness([sample(side * (1 + 1.6 * i)) for i in range(6)])
            level = np.where(first == k, np.fmax(level, found), level)
    return level
