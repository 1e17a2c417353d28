"""A gradient that somebody wrote by hand, against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff.arguments import positions
from autodiff.containers import flatten, map_leaves, paths
from autodiff.errors import ShapeError
from autodiff.operands import copied
from autodiff.testing.compare import random_like
from autodiff.testing.differences import directional_difference, finite_difference
from autodiff.testing.extrapolation import Array
from autodiff.testing.judge import ROUNDING, TRUST, GradientMismatchError, NotDifferentiableError, Report, Tally
from autodiff.testing.line import differentiable, plain, precision


class _Block(NamedTuple):
    """The derivative of one output with respect to one input: as claimed, and from differences."""

    name: str
    got: Array
    derivative: Array
    error: Array
    kink: Array
    rounding: float

    @property
    def wrong(self) -> Array:
        """Which elements are further off than the differences, and rounding, can be.

        Elements are computed from terms of much the same size: where these cancel, one is as inexact as the largest.
        """
        terms = np.max(np.abs(self.derivative), initial=0.0, where=np.isfinite(self.derivative))
        tolerance = TRUST * self.error + ROUNDING * self.rounding * terms
        return np.asarray(np.isfinite(self.error) & ~(np.abs(self.got - self.derivative) <= tolerance))

    def place(self, index: Any) -> str:
        """Where an element is, for messages."""
        where = tuple(int(i) for i in index)
        return f"the claimed gradient{self.name}{list(where) if where else ''}"


def check_claim(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    grad: Callable[..., Any],
    argnums: int | Sequence[int],
    random: np.random.Generator,
) -> Report:
    """Compare grad(*args) with ∂f/∂args[argnums]: same containers, and shapes f.shape + x.shape."""
    args = tuple(map(_owned, args))
    blocks = _blocks(f, args, grad, argnums)
    tally = Tally()
    for block in blocks:
        tally.count(block.got, block.derivative, block.error)
        for index in np.argwhere(block.wrong & ~block.kink):
            at = tuple(index)
            raise GradientMismatchError(
                f"{block.place(at)}: got {block.got[at]:.15g}, expected {block.derivative[at]:.15g} ± "
                f"{block.error[at]:.2g} (finite differences)"
            )
    for block in blocks:
        for index in np.argwhere(block.kink):
            raise NotDifferentiableError(
                f"not differentiable here: {block.place(index)}: the slopes on both sides differ, or are infinite "
                f"({block.got[tuple(index)]:.6g} is claimed). Choose another point"
            )
    _refuse_kink_between_axes(f, args, argnums, random)
    return tally.report()


def _blocks(
    f: Callable[..., Any], args: tuple[Any, ...], grad: Callable[..., Any], argnums: int | Sequence[int]
) -> list[_Block]:
    reference = finite_difference(f, *args, argnums=argnums)
    expected, structure = flatten(reference.derivative)
    claimed = [None if leaf is None else np.asarray(plain(leaf)) for leaf in flatten(grad(*map(_owned, args)))[0]]
    wanted, given = ([None if leaf is None else np.shape(leaf) for leaf in leaves] for leaves in (expected, claimed))
    if wanted != given:
        raise ShapeError(f"grad= returned arrays of shapes {given}; the derivative of f has {wanted}")
    numbers = [leaf for n in positions(argnums, len(args)) for leaf in flatten(args[n])[0] if differentiable(leaf)]
    coarsest = max(map(precision, numbers), default=0.0)  # derivatives are held in the dtypes of the arguments
    errors, kinks = flatten(reference.error)[0], flatten(reference.kink)[0]
    return [
        _Block(name, got, np.asarray(derivative), np.asarray(error), np.asarray(kink), max(precision(got), coarsest))
        for name, got, derivative, error, kink in zip(paths(structure), claimed, expected, errors, kinks)
        if got is not None
    ]


def _refuse_kink_between_axes(
    f: Callable[..., Any], args: tuple[Any, ...], argnums: int | Sequence[int], random: np.random.Generator
) -> None:
    """Raise for a kink that shows along no axis, as that of min(|x|, |y|) at 0."""
    chosen = positions(argnums, len(args))
    args = tuple(float(arg) if type(arg) is int and n in chosen else arg for n, arg in enumerate(args))
    if sum(np.size(leaf) for n in chosen for leaf in flatten(args[n])[0] if differentiable(leaf)) < 2:
        return
    found = directional_difference(
        lambda *varied: f(*_filled(args, chosen, varied)),
        [args[n] for n in chosen],
        [_direction(args[n], random) for n in chosen],
    )
    if any(np.any(kink) for kink in flatten(found.kink)[0]):
        raise NotDifferentiableError(
            "not differentiable here: along a direction between the axes, the slopes on both sides differ. Choose "
            "another point"
        )


def _filled(args: tuple[Any, ...], chosen: Sequence[int], varied: Sequence[Any]) -> list[Any]:
    filled = list(args)
    for n, arg in zip(chosen, varied):
        filled[n] = arg
    return filled


def _direction(arg: Any, random: np.random.Generator) -> Any:
    """A direction that moves every real and complex number in an argument."""
    return map_leaves(lambda leaf: random_like(leaf, random) if differentiable(leaf) else leaf, arg)


def _owned(arg: Any) -> Any:
    """An argument with arrays of its own, which f and grad may change."""
    return map_leaves(copied, arg)
