"""Which non-finite inputs of a computation are to blame for non-finite results: found out by taking them away.

An input that is masked (`np.where`), or multiplied away, can be made finite and nothing changes. So the computation is
done again, with all non-finite inputs replaced but those in question. No rule is needed for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autodiff.fitting import is_finite, is_plain

Mask = np.ndarray[Any, np.dtype[np.bool_]]

FILLERS = (0.5, 1.5)  # one of them lies in the domain of nearly everything
LOOKS = 64  # at a single input, to find the elements of it that matter


def is_clean(data: Any) -> bool:
    """Whether data is free of infinities and NaN. Lazy arrays are not looked at."""
    with np.errstate(all="ignore"):
        return is_finite(data)


def nonfinite(data: Any) -> Mask:
    """Which elements are infinite or NaN, in one row; of a tuple, those of its parts one after the other."""
    if type(data) is tuple:
        return np.concatenate([np.zeros(0, bool), *map(nonfinite, data)])
    if data is None or not (is_plain(data) or isinstance(data, (int, complex))):
        return np.zeros(0, bool)
    return ~np.isfinite(np.ravel(data)) if np.asarray(data).dtype.kind in "fc" else np.zeros(np.size(data), bool)


def without(data: Any, kept: Mask, filler: float) -> Any:
    """Data with the non-finite elements replaced, but for those in `kept`."""
    if type(data) is tuple:
        ends = np.cumsum([nonfinite(part).size for part in data])[:-1]
        return tuple(without(part, own, filler) for part, own in zip(data, np.split(kept, ends)))
    replaced = nonfinite(data) & ~kept
    if not replaced.any():
        return data
    if isinstance(data, np.ndarray):
        return np.where(replaced.reshape(data.shape), filler, data).astype(data.dtype)
    return type(data)(filler)


def causes(
    function: Callable[..., Any], inputs: Sequence[Any], wanted: Mask, elementwise: bool = False
) -> tuple[Mask, dict[int, Mask]]:
    """What makes the wanted elements of function(*inputs) non-finite.

    inputs: numbers, arrays and tuples of them · wanted: some of the non-finite elements of the result, as `nonfinite`
    has them · elementwise: an element of the result depends on those of the inputs that broadcast to it
    returns: those elements that the function itself makes non-finite, from finite inputs; and for each input that is to
    blame, which of its elements are
    """
    bad = [nonfinite(x) for x in inputs]
    shape: tuple[int, ...] = ()

    def remaining(kept: dict[int, Mask]) -> Mask | None:
        """The wanted elements that stay non-finite with these non-finite inputs and no others; None: no answer."""
        nonlocal shape
        left = wanted
        for filler in FILLERS:
            given = [without(x, kept.get(i, np.zeros_like(bad[i])), filler) for i, x in enumerate(inputs)]
            try:
                out = function(*given)
            except (ArithmeticError, ValueError, TypeError):
                return None
            left, shape = left & nonfinite(out), np.shape(out) if elementwise else ()
        return left

    def alone_in(i: int, kept: Mask) -> Mask | None:
        return remaining({i: kept})

    own = remaining({})
    found: dict[int, Mask] = {}
    for i, elements in enumerate(bad):
        if elements.any():
            alone = remaining({i: elements})
            if alone is None:
                found[i] = elements
            elif alone.any():
                found[i] = (
                    elements & _fitted(alone.reshape(shape), np.shape(inputs[i]))
                    if elementwise
                    else _narrowed(elements, partial(alone_in, i))
                )
    if not found and (own is None or not own.any()):  # min(∞, ∞) is infinite only if both are; or nothing explains it
        found = {i: elements for i, elements in enumerate(bad) if elements.any()}
        own = None if found else wanted
    return np.zeros_like(wanted) if own is None else own, found


def _fitted(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A mask over a result as one over an operand that was broadcast to it."""
    lead = mask.ndim - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1))
    return np.asarray(np.any(mask, axis=axes)).ravel()


def _narrowed(elements: Mask, remaining: Callable[[Mask], Mask | None]) -> Mask:
    """Those of the elements that matter, by halves; what cannot be told apart in LOOKS tries counts as one."""
    found, pending, looks = np.zeros_like(elements), [np.flatnonzero(elements)], 0
    while pending:
        group = pending.pop()
        if len(group) == 1 or looks >= LOOKS:
            found[group] = True
            continue
        looks += 2
        halves = np.array_split(group, 2)
        alive = [half for half in halves if _matters(remaining(_only(elements, half)))]
        if not alive:  # only together
            found[group] = True
        pending += alive[::-1]
    return found


def _only(elements: Mask, group: Any) -> Mask:
    kept = np.zeros_like(elements)
    kept[group] = True
    return kept


def _matters(remaining: Mask | None) -> bool:
    return remaining is None or bool(remaining.any())
