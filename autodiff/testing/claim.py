"""A gradient that somebody wrote by hand, against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.containers import flatten, paths
from autodiff.errors import ShapeError
from autodiff.testing.differences import finite_difference
from autodiff.testing.judge import ROUNDING, TRUST, GradientMismatchError, NotDifferentiableError, Report, Tally
from autodiff.testing.line import plain, precision


def check_claim(
    f: Callable[..., Any], args: tuple[Any, ...], grad: Callable[..., Any], argnums: int | Sequence[int]
) -> Report:
    """Compare grad(*args) with ∂f/∂args[argnums]: same containers, and shapes f.shape + x.shape."""
    reference = finite_difference(f, *args, argnums=argnums)
    expected, structure = flatten(reference.derivative)
    claimed = [None if leaf is None else np.asarray(plain(leaf)) for leaf in flatten(grad(*args))[0]]
    wanted, given = ([None if leaf is None else np.shape(leaf) for leaf in leaves] for leaves in (expected, claimed))
    if wanted != given:
        raise ShapeError(f"grad= returned arrays of shapes {given}; the derivative of f has {wanted}")
    tally, fields = Tally(), zip(*(flatten(field)[0] for field in reference))
    for name, got, field in zip(paths(structure), claimed, fields):
        if got is None:
            continue
        derivative, error, kink = map(np.asarray, field)
        tally.count(got, derivative, error)
        tolerance = TRUST * error + ROUNDING * precision(got) * np.abs(derivative)
        wrong = np.isfinite(error) & ~(np.abs(got - derivative) <= tolerance)
        for index in np.argwhere(wrong | kink):
            place = tuple(int(i) for i in index)
            where = f"the claimed gradient{name}{list(place) if place else ''}"
            if kink[place]:
                raise NotDifferentiableError(f"not differentiable here: {where}: the slopes on both sides differ")
            raise GradientMismatchError(
                f"{where}: got {got[place]:.15g}, expected {derivative[place]:.15g} ± {error[place]:.2g} "
                "(finite differences)"
            )
    return tally.report()
