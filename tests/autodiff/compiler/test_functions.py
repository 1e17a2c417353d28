"""Every NumPy function that Values dispatch, as it stands in the sweeps over keywords, inside a jitted function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff.containers import flatten, restore
from autodiff.errors import GradientLostError, TracingError, UnsupportedError
from tests.autodiff.primitives.sweep import Call, sweeps

FEW = 2  # calls of each function: the sweeps have more, but to compile takes longer than to compute

BY_DATA = """
argwhere eig eigvals flatnonzero intersect1d nanpercentile nanquantile nonzero percentile polydiv polymul quantile ravel
reshape setdiff1d setxor1d trim_zeros union1d unique unique_all unique_counts unique_inverse unique_values
"""
# What may raise: data decide how long the answer is, or of which type; the layout in memory does (order="A"); or an
# argument has to be a plain number.


def chosen() -> list[Call]:
    """Some calls of each function, those with most keywords first; of real arrays, which machine code computes with."""
    found: dict[Any, list[Call]] = {}
    for call in sorted(sweeps()[0], key=lambda call: -len(call.keywords)):
        leaves = flatten(call.args)[0]
        kinds = {leaf.dtype.kind for leaf in leaves if isinstance(leaf, np.ndarray)}
        if "f" in kinds and "c" not in kinds and len(calls := found.setdefault(call.function, [])) < FEW:
            calls.append(call)
    return [call for function in sorted(found, key=lambda f: f.__name__) for call in found[function]]


CALLS = chosen()


def total(call: Call) -> tuple[Callable[..., Any], list[Any]]:
    """A number that depends on every part of the result, as a function of the arrays; and the arrays."""
    leaves, structure = flatten(call.args)
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"]

    def f(*xs: Any) -> Any:
        filled = list(leaves)
        for place, x in zip(places, xs):
            filled[place] = x
        out = flatten(call.function(*restore(structure, filled), **call.keywords))[0]
        parts = [part for part in out if isinstance(part, (ad.Value, np.ndarray, np.generic))]  # not types, not texts
        sums = [np.sum(np.real(np.sin(part * float(k)))) for k, part in enumerate(parts, start=1) if np.size(part)]
        return sum(sums, 0.0 * np.sum(xs[0]))

    return f, [leaves[place] for place in places]


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("call", CALLS, ids=[f"{c.function.__name__}({c})" for c in CALLS])
def test_a_program_computes_what_the_function_computes(call: Call) -> None:
    """Values and gradients, at other numbers than it was traced with; or it says what in it depends on the numbers."""
    f, operands = total(call)
    eager = ad.value_and_grad(f, argnums=tuple(range(len(operands))))
    for native in (False, True):
        run = ad.jit(eager, native=native)
        for by in (1.0, 1.0, 1.0 + 2.0**-20):
            moved = [x * by for x in operands]
            try:
                ours = run(*moved)
            except (TracingError, GradientLostError, UnsupportedError):
                assert call.function.__name__ in BY_DATA.split()
                return
            for a, b in zip(flatten(ours)[0], flatten(eager(*moved))[0], strict=True):
                assert np.shape(a) == np.shape(b)
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
