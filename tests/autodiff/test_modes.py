"""One context variable: recording on and off, and two threads that do not meet."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import GradientLostError, GraphError
from autodiff.modes import EAGER, changed, current_mode


def test_no_grad_records_nothing() -> None:
    x = Value(np.ones(2))
    with ad.no_grad():
        y = np.sin(x) * x
        assert not y._carries
        assert y._operands == ()
        assert np.asarray(y).tolist() == y.data.tolist()
        assert float(x.sum()) == 2.0
        assert np.asarray(x).tolist() == [1.0, 1.0]
    with pytest.raises(GradientLostError):
        np.asarray(x)
    with pytest.raises(GraphError, match="carries no gradient"):
        y.sum().backward()
    (x * y).sum().backward()
    np.testing.assert_allclose(x.grad, np.sin(1.0) * np.ones(2))


def test_values_made_inside_no_grad_are_variables_outside() -> None:
    with ad.no_grad():
        x = Value(2.0)
    (x * x).backward()
    assert x.grad == 4.0


def test_backward_inside_no_grad() -> None:
    x = Value(2.0)
    y = x * x
    with ad.no_grad():
        y.backward()
    assert x.grad == 4.0


def test_modes_are_restored_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), ad.no_grad():
        1 / 0
    assert current_mode() is EAGER
    with changed(recording=False), changed(differentiating=True):
        assert not current_mode().recording
        assert current_mode().differentiating
    assert current_mode() == EAGER


def test_no_grad_as_a_decorator() -> None:
    @ad.no_grad()
    def predict(x: Value) -> Value:
        return x * 2

    assert not predict(Value(1.0))._carries
    assert (Value(1.0) * 2)._carries


def test_two_threads_build_and_differentiate_their_own_graphs() -> None:
    start = threading.Barrier(4)

    def work(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        start.wait()
        for _ in range(50):
            data = rng.normal(size=5)
            x = Value(data)
            if seed % 2:
                with ad.no_grad():
                    assert not (x * 2)._carries
            loss = np.sum(np.sin(x) * x)
            loss.backward()
            expected = np.cos(data) * data + np.sin(data)
            np.testing.assert_allclose(x.grad, expected)
            np.testing.assert_allclose(ad.grad(lambda x: np.sum(np.sin(x) * x))(data), expected)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


def test_no_grad_of_one_thread_is_not_that_of_another() -> None:
    inside, go = threading.Event(), threading.Event()

    def hold() -> None:
        with ad.no_grad():
            inside.set()
            go.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    assert (Value(1.0) * 2)._carries
    go.set()
    thread.join()


def test_coroutines_keep_their_own_mode() -> None:
    async def quiet() -> bool:
        with ad.no_grad():
            await asyncio.sleep(0)
            return (Value(1.0) * 2)._carries

    async def loud() -> bool:
        await asyncio.sleep(0)
        return (Value(1.0) * 2)._carries

    async def both() -> list[bool]:
        return await asyncio.gather(quiet(), loud())

    assert asyncio.run(both()) == [False, True]


def test_an_abandoned_generator_does_not_leak_its_mode() -> None:
    def values() -> Iterator[Value]:
        with ad.no_grad():
            yield Value(1.0) * 2

    assert not list(values())[0]._carries  # noqa: RUF015  (runs to the end)
    assert (Value(1.0) * 2)._carries
