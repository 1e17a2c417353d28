"""The quick look whether a program fits a call: whatever it lets pass, the undecorated function computes too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler.jit import JittedValue
from autodiff.compiler.program import MISSED

from .alike import assert_alike

X = np.array([1.0, -2.0, 3.0])

both = pytest.mark.parametrize("native", [False, True], ids=["replay", "native"])


def settled(function: Any, *arguments: Any, native: bool | None = None) -> Any:
    """The jitted function, called until the quick look lets it pass."""
    run = ad.jit(function, native=native)
    for _ in range(3):
        run(*arguments)
    assert run._recent[0].quick(arguments) is not MISSED
    return run


# --- modes ------------------------------------------------------------------------------------------------------------


@both
def test_called_first_under_no_grad(native: bool) -> None:
    w = Value(X)
    run = ad.jit(lambda x: w * x, native=native)
    for _ in range(2):
        with ad.no_grad():
            for _ in range(3):
                assert type(run(X)) is Value
        for _ in range(3):
            assert type(run(X)) is JittedValue
    assert run.cache_info().traces == 2


@both
def test_a_step_that_needs_recording_called_first_without(native: bool) -> None:
    w = Value(X)

    def slope(x: Any) -> Any:
        return ad.value_and_grad(lambda v: (v * v * w).sum())(x)

    run = ad.jit(slope, native=native)
    for _ in range(3):
        with ad.no_grad():
            found, expected = run(X), slope(X)
            assert_alike([np.asarray(v) for v in found], [np.asarray(v) for v in expected])
    for _ in range(3):
        found, expected = run(X), slope(X)
        assert_alike([v.data for v in found], [v.data for v in expected])
        assert all(isinstance(v, JittedValue) for v in found)


# --- what leaves hold -------------------------------------------------------------------------------------------------


def dask_array() -> Any:
    return pytest.importorskip("dask.array").from_array(X, chunks=2)


OTHER_DATA: dict[str, Any] = {
    "longer": lambda: np.ones(5),
    "shorter": lambda: np.ones(1),
    "a number": lambda: 2.0,
    "a column": lambda: np.ones((3, 1)),
    "float32": lambda: X.astype(np.float32),
    "float16": lambda: X.astype(np.float16),
    "complex": lambda: X * (1 + 2j),
    "long double": lambda: X.astype(np.longdouble),
    "other byte order": lambda: X.astype(X.dtype.newbyteorder()),
    "integers": lambda: np.array([4, 5, 6]),
    "of another library": dask_array,
}


@both
@pytest.mark.parametrize("first", ["array", "number", "float32 number", "of another library"])
@pytest.mark.parametrize("kind", OTHER_DATA)
def test_a_leaf_is_given_other_data(kind: str, first: str, native: bool) -> None:
    """Its mean depends on how many there are: a program for three that runs on five would divide by three."""
    start = {"array": X, "number": 3.0, "float32 number": np.float32(3.0), "of another library": dask_array()}[first]
    w = Value(start)

    def mean(x: Any) -> Any:
        return (w * x).sum() / w.size

    run = settled(mean, 2.0, native=native)
    for data in (OTHER_DATA[kind](), start, OTHER_DATA[kind]()):
        w.data = data
        for _ in range(2):
            found, expected = run(2.0).data, mean(2.0).data
            assert type(found) is type(expected)
            assert np.asarray(found).dtype == np.asarray(expected).dtype
            np.testing.assert_allclose(found, expected, rtol=1e-3 if np.asarray(found).dtype == np.float16 else 1e-6)


@both
def test_a_gradient_comes_and_goes(native: bool) -> None:
    def build() -> Any:
        w, v = Value(X), Value(2.0)

        def step(x: Any) -> Any:
            (w * x * v).sum().backward()
            return w.grad, v.grad

        return step, (w, v)

    (plain, expected), (other, leaves) = build(), build()
    run = ad.jit(other, native=native)
    for change in ("", "", "", "", "zero", "", "", "number", "", "array", "", "", "zero", ""):
        for w, v in (expected, leaves):
            if change == "zero":
                w.zero_grad()
            elif change == "number":
                v.grad = 0
            elif change == "array":
                w.grad = np.ones(3)
        assert_alike(run(X), plain(X))


# --- several programs -------------------------------------------------------------------------------------------------


@both
def test_batches_of_two_sizes_are_both_seen_at_once(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    w = Value(X)

    def step(x: Any) -> Any:
        loss = (x @ w).sum()
        w.zero_grad()
        loss.backward()
        w.data = w.data - 0.1 * w.grad
        return loss

    run, sizes = ad.jit(step, native=native), (4, 3, 4, 4, 3, 3)
    for n in sizes:
        run(np.ones((n, 3)))
    monkeypatch.setattr(run, "_call", None)  # from now on it would raise
    before = w.data.copy()
    for n in sizes:
        run(np.ones((n, 3)))
    np.testing.assert_allclose(w.data, before - 0.1 * sum(sizes))
    assert run.cache_info() == (12, 2, 2)


@both
def test_more_sizes_than_are_tried_first(native: bool) -> None:
    run = ad.jit(lambda x: x.sum() * 2, native=native)
    for k in range(60):
        n = (7 * k) % 11
        assert run(np.ones(n)) == 2.0 * n
    assert run.cache_info() == (60, 11, 11)


@both
def test_looking_at_a_program_that_does_not_fit_draws_no_random_numbers(native: bool) -> None:
    """Batches of one size, read by rows and by columns, and of others: masks are drawn once a call, as undecorated."""

    def build() -> Any:
        dropout, w = nn.Dropout(0.5, rng=0), Value(X)
        return lambda x: dropout(x * w).sum(), [w]

    (plain, (w,)), (other, (v,)) = build(), build()
    run = ad.jit(other, native=native)
    for k in range(40):
        x = np.arange(6.0).reshape(2, 3) if k % 5 else np.ones((3, 3), order="F")
        if k == 25:
            w.data, v.data = np.ones((3, 3)), np.ones((3, 3))
        if k == 30:
            w.data, v.data = X, X
        if k >= 25 and k < 30:
            x = np.ones(3)
        assert_alike(run(x).data, plain(x).data)


@both
def test_arguments_that_only_look_alike(native: bool) -> None:
    """Of the same shape, and of another type, dtype or byte order; numbers that are equal to the expected ones: each is
    computed as by a function that never saw others.
    """

    def function(x: Any, y: Any) -> Any:
        return x / 2 + y

    run = settled(function, X, 1.0, native=native)
    integers, single = np.array([1, -2, 3]), X.astype(np.float32)
    for x in (X, integers, single, X.astype(complex), X.astype(">f8"), [1.0, -2.0, 3.0], X[::-1], X > 0):
        for y in (1.0, 1, True, np.float32(1.0), np.float64(1.0), np.ones(()), np.ones(3), 1j):
            for _ in range(2):
                if isinstance(x, list):
                    with pytest.raises(TypeError):
                        run(x, y)
                    continue
                found, expected = run(x, y), ad.jit(function, native=False)(x, y)
                assert type(found) is type(expected)
                assert np.asarray(found).dtype == np.asarray(expected).dtype
                np.testing.assert_allclose(found, expected, rtol=1e-6)
