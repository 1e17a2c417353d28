"""Compare a jitted function with the undecorated one, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import autodiff as ad
from autodiff.containers import flatten


def assert_identical(a: Any, b: Any, tolerance: float = 0.0) -> None:
    """Containers alike, and their leaves of one type, dtype, shape, and the same bits.

    tolerance: of the largest magnitude instead. Numbers may differ in their last digits, for `math` computes the ones
    that are recorded, and NumPy those in a rule that computes
    """
    left, right = flatten(a), flatten(b)
    assert left[1] == right[1]
    for x, y in zip(left[0], right[0], strict=True):
        assert isinstance(x, ad.Value) == isinstance(y, ad.Value), f"{x!r} and {y!r}"
        if isinstance(x, ad.Value):
            assert_identical([x.data, x.grad], [y.data, y.grad], tolerance)
            continue
        assert np.shape(x) == np.shape(y)
        if isinstance(x, (np.ndarray, np.generic, float, complex)):
            assert np.asarray(x).dtype == np.asarray(y).dtype
            largest = np.max(np.abs(y), initial=0.0, where=np.isfinite(y)) if np.size(y) else 0.0
            np.testing.assert_allclose(x, y, rtol=0, atol=tolerance * largest)
        else:
            assert x == y


Step = Callable[..., Any]
Build = Callable[[], tuple[Step, Sequence[ad.Value]]]


def assert_step_alike(build: Build, calls: Iterable[tuple[Any, ...]], traces: int = 1) -> Any:
    """A step and the leaves that it works on, built twice: jitted once, and called many times.

    Results, data and gradients must be the same at every call. Returns the jitted step.
    """
    plain, expected = build()
    other, leaves = build()
    jitted = ad.jit(other)
    for arguments in calls:
        assert_identical(jitted(*arguments), plain(*arguments))
        for leaf, reference in zip(leaves, expected, strict=True):
            assert_identical([leaf.data, leaf.grad], [reference.data, reference.grad])
            assert type(leaf.data) is type(reference.data)
    assert jitted.cache_info().traces == traces
    return jitted
