"""How reductions combine: NaN wins wherever it stands, nothing comes to the identity, sums lose next to nothing."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from autodiff.compiler.combining import identity
from autodiff.compiler.kernels import Kernel, Load, Reduce

from .interpreted import Case, compiled
from .machine import WIDTHS

FLOATS = ["float64", "float32"]


def total(x: Any, kind: str, width: int) -> Any:
    """All of an array, by native code."""
    kernel = Kernel(x.shape, (Load(0, str(x.dtype), (1,)),), (), (Reduce(1, kind, 0, str(x.dtype), (0,)),))
    status, (_, out) = compiled(Case(kernel, (x, np.ones(1, x.dtype)), ((0, 0), (1, 0))), width)
    assert status == 0
    return out[0]


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        *itertools.product(["sum", "prod", "max", "min"], [*FLOATS, "int64", "int32"]),
        *itertools.product(["any", "all"], ["bool"]),
    ],
)
def test_the_identity_changes_nothing(kind: str, dtype: str) -> None:
    one = np.array(identity(kind, dtype), dtype)
    combine = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}
    combine |= {"any": np.logical_or, "all": np.logical_and}
    limits = [-math.inf, -1.5, 0, 2, math.inf] if dtype in FLOATS else [0, 1]
    limits += [np.iinfo(dtype).min, np.iinfo(dtype).max] if dtype.startswith("int") else []
    for x in np.array(limits, dtype):
        assert combine[kind](one, x) == x


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", ["sum", "prod", "max", "min"])
def test_nan_wins_wherever_it_stands(kind: str, dtype: str) -> None:
    for count in (1, 3, 67):
        for place in range(0, count, 6):
            x = np.linspace(-2, 2, count).astype(dtype)
            x[place] = np.nan
            for width in WIDTHS:
                assert np.isnan(total(x, kind, width))


@pytest.mark.parametrize("dtype", FLOATS)
def test_infinities_are_the_sum_and_opposite_ones_are_nan(dtype: str) -> None:
    for count in (5, 3000):
        x = np.ones(count, dtype)
        x[2] = -np.inf
        for width in WIDTHS:
            assert total(x, "sum", width) == -np.inf
        x[-1] = np.inf
        for width in WIDTHS:
            assert np.isnan(total(x, "sum", width))


@pytest.mark.parametrize("count", [70, 5_000, 1_000_000])
@pytest.mark.parametrize("dtype", FLOATS)
def test_sums_lose_what_a_short_block_loses_however_long_they_are(dtype: str, count: int) -> None:
    """All rounded the same way, which is the worst that can be. At most 64 vectors are added plainly."""
    x = np.full(count, 0.1, dtype)
    exact = math.fsum(x)
    for width in WIDTHS:
        assert abs(float(total(x, "sum", width)) - exact) <= 64 * np.finfo(dtype).eps * exact
