"""debug_nans as a mode: context manager, decorator, generators, threads; and that nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.debugging import history
from autodiff.errors import NonFiniteError, UnsupportedError
from autodiff.modes import EAGER, current_mode
from tests.autodiff.debugging.caught import caught


def test_a_decorator_with_and_without_parentheses() -> None:
    def log(x: Value) -> Any:
        """Its logarithm."""
        return np.log(x).item()

    for watched in (ad.debug_nans()(log), ad.debug_nans(log)):
        assert watched.__doc__ == "Its logarithm."
        assert watched(Value(1.0)) == 0.0
        for _ in range(2):
            with pytest.raises(NonFiniteError):
                watched(Value(0.0))
    assert log(Value(0.0)) == -np.inf


def test_what_a_decorated_function_returns_is_an_end() -> None:
    """Also inside a container, and where it is differentiated from outside; a leaf may hold what it likes."""

    @ad.debug_nans()
    def halves(x: Any) -> Any:
        with np.errstate(divide="ignore"):
            return {"logarithms": np.log(x) * 2, "given": x}

    with pytest.raises(NonFiniteError, match=r"^log gave -inf .* it reached the result of halves") as error:
        ad.grad(lambda x: halves(x)["logarithms"].sum())(np.array([0.0, 1.0]))
    assert "np.log(x) * 2" in error.value.line
    assert np.isnan(ad.debug_nans()(lambda x: x)(Value(np.nan)).data)
    with np.errstate(divide="ignore"), pytest.raises(NonFiniteError, match="the result of logarithms"):
        next(ad.debug_nans()(logarithms)(Value(0.0)))


def logarithms(x: Any) -> Iterator[Any]:
    yield np.log(x)


def test_a_generator_is_watched_while_it_runs_and_its_caller_is_not() -> None:
    @ad.debug_nans()
    def logarithms() -> Iterator[Any]:
        x = yield 0.0
        while True:
            try:
                x = yield np.log(Value(x)).item()
            except KeyError:
                x = 0.0

    numbers = logarithms()
    next(numbers)
    assert current_mode() is EAGER
    assert numbers.send(1.0) == 0.0
    assert np.log(Value(0.0)).item() == -np.inf
    with pytest.raises(NonFiniteError):
        numbers.throw(KeyError())
    assert list(numbers) == []

    @ad.debug_nans
    def two() -> Iterator[int]:
        yield 1
        return 2

    def through() -> Iterator[Any]:
        yield (yield from two())

    assert list(through()) == [1, 2]
    closed = two()
    assert next(closed) == 1
    closed.close()


def test_a_coroutine_is_watched_and_its_neighbours_are_not() -> None:
    @ad.debug_nans()
    async def watched() -> str:
        await asyncio.sleep(0)
        try:
            return str(np.log(Value(0.0)).item())
        except NonFiniteError:
            return "named"

    async def free() -> str:
        await asyncio.sleep(0)
        return str(np.log(Value(0.0)).item())

    async def both() -> list[str]:
        return await asyncio.gather(watched(), free(), watched())

    assert asyncio.run(both()) == ["named", "-inf", "named"]


def test_only_functions_are_decorated() -> None:
    async def stream() -> Any:
        yield 1

    for thing in (int, 3, stream):
        with pytest.raises(UnsupportedError, match="with debug_nans"):
            ad.debug_nans()(thing)


def test_nested_and_entered_again() -> None:
    switch = ad.debug_nans()
    x = Value(0.0)
    with switch:
        with switch, ad.no_grad(), pytest.raises(NonFiniteError):
            np.log(x).item()
        with pytest.raises(NonFiniteError):
            np.log(x).item()
    assert np.log(x).item() == -np.inf


def test_other_threads_go_on_without() -> None:
    found: dict[str, Any] = {}
    x, switch = Value(0.0), ad.debug_nans()
    barrier = threading.Barrier(2)

    def watched() -> None:
        with np.errstate(all="ignore"), switch:
            barrier.wait(10)
            try:
                np.log(x).item()
            except NonFiniteError as error:
                found["watched"] = error.operation
            barrier.wait(10)

    def free() -> None:
        with np.errstate(all="ignore"):
            barrier.wait(10)
            found["free"] = np.log(x).item()
            barrier.wait(10)

    threads = [threading.Thread(target=f) for f in (watched, free)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"watched": "log", "free": -np.inf}


def test_nothing_is_kept_alive() -> None:
    gc.collect()
    before = len(history._ORIGINS)
    with ad.debug_nans():
        x = Value(np.ones(3))
        for _ in range(10):
            np.sum(np.sin(x) * x).backward()
            with ad.no_grad():
                np.log(x * 0)
    gc.collect()
    assert len(history._ORIGINS) == before


def test_a_long_chain_works() -> None:
    with ad.debug_nans():
        h = x = Value(1.0)
        for _ in range(20_000):
            h = h * 1.0
        h.backward(retain_graph=False)
    assert x.grad == 1.0

    def f() -> None:
        h = np.log(Value(0.0))
        with ad.no_grad():
            for _ in range(5_000):
                h = h + 1
        h.item()

    assert len(caught(f).path) == 5_001


def test_the_error_is_pickled_with_what_it_says() -> None:
    error = caught(lambda: np.log(Value(0.0)).item())
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.operation, copy.path) == (str(error), error.operation, error.path)
