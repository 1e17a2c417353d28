"""Compare a jitted function with the undecorated one: to rounding, or bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import autodiff as ad
from autodiff.containers import flatten

ROUNDING = {"float64": 1e-12, "complex128": 1e-12, "float32": 1e-5, "complex64": 1e-5}


def assert_alike(a: Any, b: Any, computed_in: Any = np.float64, order: int = 1) -> None:
    """Containers alike, and their leaves of one type, dtype, shape, and equal to rounding: as native code promises.

    computed_in: the coarsest dtype that numbers passed through · order: of the derivatives; each loses some digits
    """
    assert_identical(a, b, 1000.0 ** (order - 1) * ROUNDING[str(np.dtype(computed_in))], least=1.0)


def assert_identical(a: Any, b: Any, tolerance: float = 0.0, least: float = 0.0) -> None:
    """Containers alike, and their leaves of one type, dtype, shape, and the same bits.

    tolerance: of the largest magnitude, or of `least`, instead; for float32 at least its rounding. Numbers may differ
    in their last digits, for `math` computes the ones that are recorded, and NumPy those in a rule that computes
    """
    left, right = flatten(a), flatten(b)
    assert left[1] == right[1]
    for x, y in zip(left[0], right[0], strict=True):
        assert isinstance(x, ad.Value) == isinstance(y, ad.Value), f"{x!r} and {y!r}"
        if isinstance(x, ad.Value):
            assert_identical([x.data, x.grad], [y.data, y.grad], tolerance, least)
            continue
        assert np.shape(x) == np.shape(y)
        if isinstance(x, (np.ndarray, np.generic, float, complex)):
            assert np.asarray(x).dtype == np.asarray(y).dtype
            largest = np.max(np.abs(y), initial=0.0, where=np.isfinite(y)) if np.size(y) else 0.0
            share = max(tolerance, ROUNDING.get(str(np.asarray(y).dtype), 0.0)) if tolerance else 0.0
            np.testing.assert_allclose(x, y, rtol=0, atol=share * max(largest, least))
        else:
            assert x == y


Step = Callable[..., Any]
Build = Callable[[], tuple[Step, Sequence[ad.Value]]]


def assert_step_alike(build: Build, calls: Iterable[tuple[Any, ...]], traces: int = 1) -> Any:
    """A step and the leaves that it works on, built twice: jitted once, and called many times.

    Results, data and gradients must be the same at every call: to the bit where NumPy replays, to rounding in native
    code. Returns the jitted step.
    """
    calls = list(calls)
    for native in (False, True):
        plain, expected = build()
        other, leaves = build()
        jitted = ad.jit(other, native=native)
        same = assert_alike if native else assert_identical
        for arguments in calls:
            same(jitted(*arguments), plain(*arguments))
            for leaf, reference in zip(leaves, expected, strict=True):
                same([leaf.data, leaf.grad], [reference.data, reference.grad])
                assert type(leaf.data) is type(reference.data)
        assert jitted.cache_info().traces == traces
    return jitted
