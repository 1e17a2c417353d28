"""Bounds, constraints and callbacks, as SciPy takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autodiff.containers import is_container
from autodiff.curvature import hessian, jacobian
from autodiff.errors import ArgumentError
from autodiff.optimize.vectors import Array, Start, in_a_row, is_number, plain


def bounds_of(bounds: Any, start: Start, scipy: Any, by_element: bool) -> tuple[Array, Array]:
    """Lower and upper ends for every element.

    by_element: two lists of two numbers are a pair for each of two elements, as in SciPy's minimize, and not all lower
    and all upper ends, as in its least_squares
    """
    size = start.x.size
    if not by_element and isinstance(bounds, (tuple, list)) and len(bounds) == 2:
        bounds = tuple(np.array(end, np.float64) if isinstance(end, (tuple, list)) else end for end in bounds)
    if isinstance(bounds, scipy.Bounds):
        low, high = bounds.lb, bounds.ub
    elif _is_pair(bounds) and not (start.structure.kind in (tuple, list) and len(start.leaves) == 2):
        low, high = _ends(bounds, (size,))
    elif isinstance(bounds, Sequence) and len(bounds) == size and all(map(_is_pair, bounds)):
        low, high = map(np.array, zip(*(_ends(pair, ()) for pair in bounds)))
    else:
        low, high = _bounds_like(bounds, start)
    try:
        return np.broadcast_to(low, (size,)).astype(np.float64), np.broadcast_to(high, (size,)).astype(np.float64)
    except ValueError:
        raise ArgumentError(
            f"bounds of shapes {np.shape(low)} and {np.shape(high)} do not fit {size} unknowns"
        ) from None


def _bounds_like(bounds: Any, start: Start) -> tuple[Any, Any]:
    """Ends from a container like x0 that has a pair in place of each leaf."""
    pairs = _pairs_at(bounds, start.structure)
    if pairs is None:
        raise ArgumentError(
            "bounds are (low, high), one such pair for each element, or a container like x0 with a pair in place of "
            f"each leaf; they were given {bounds!r:.60}"
        )
    ends = [_ends(pair, np.shape(leaf)) for pair, leaf, moves in zip(pairs, start.leaves, start.moves) if moves]
    low, high = zip(*ends)
    return np.concatenate([np.ravel(e) for e in low]), np.concatenate([np.ravel(e) for e in high])


def _pairs_at(bounds: Any, structure: Any) -> list[Any] | None:
    """What stands in place of each leaf; None if the container is another one."""
    if structure.kind is None:
        return [bounds] if bounds is None or _is_pair(bounds) else None
    if isinstance(bounds, dict) != issubclass(structure.kind, dict) or not is_container(bounds):
        return None
    if isinstance(bounds, dict):
        inside = [bounds[key] for key in structure.keys] if set(bounds) == set(structure.keys) else []
    else:
        inside = list(bounds)
    if len(inside) != len(structure.children):
        return None
    found = [_pairs_at(b, child) for b, child in zip(inside, structure.children)]
    return (
        None
        if any(pairs is None for pairs in found)
        else [pair for pairs in found if pairs is not None for pair in pairs]
    )


def _is_pair(bounds: Any) -> bool:
    """Whether it is (low, high): numbers, arrays, or None for no bound."""
    return (
        isinstance(bounds, (tuple, list))
        and len(bounds) == 2
        and all(end is None or is_number(end) or isinstance(end, np.ndarray) for end in bounds)
    )


def _ends(pair: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    low, high = (None, None) if pair is None else pair
    return (
        np.broadcast_to(-np.inf if low is None else low, shape),
        np.broadcast_to(np.inf if high is None else high, shape),
    )


def constraints_of(constraints: Any, start: Start, scipy: Any, curved: bool) -> Any:
    """The constraints with functions of vectors and exact Jacobians. curved: the method takes their curvature, too."""
    if isinstance(constraints, (list, tuple)):
        return [constraints_of(c, start, scipy, curved) for c in constraints]
    if isinstance(constraints, Mapping):
        f = in_a_row(start.flat(constraints["fun"], tuple(constraints.get("args", ()))))
        return {"type": constraints["type"], "fun": plain(f), "jac": plain(jacobian(f))}
    if isinstance(constraints, scipy.NonlinearConstraint):
        f = in_a_row(start.flat(constraints.fun, ()))
        given = {"hess": lambda x, v: plain(hessian(lambda y: np.sum(f(y) * v)))(x)} if curved else {}
        given |= {"keep_feasible": constraints.keep_feasible} if np.any(constraints.keep_feasible) else {}
        return scipy.NonlinearConstraint(plain(f), constraints.lb, constraints.ub, jac=plain(jacobian(f)), **given)
    return constraints


def callback_of(callback: Callable[..., Any], start: Start) -> Callable[..., Any]:
    """The callback, given x as x0 was."""
    if "intermediate_result" in inspect.signature(callback).parameters:

        def with_result(intermediate_result: Any) -> Any:
            intermediate_result.x = start.restored(np.copy(intermediate_result.x))
            return callback(intermediate_result=intermediate_result)

        return with_result
    return lambda x, *more: callback(start.restored(np.copy(x)), *more)
