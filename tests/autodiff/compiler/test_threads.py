"""Jitted functions in several threads, in forked and in new processes: never a torn number, never one for another."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler.entrance import python_entrance

from .alike import assert_alike

X = np.array([1.0, -2.0, 3.0])

both = pytest.mark.parametrize("native", [False, True], ids=["replay", "native"])


@pytest.fixture(autouse=True)
def _restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(*works: Any) -> None:
    """Run them all at once; what one of them raises is raised here."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(works))

    def guarded(work: Any) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:  # noqa: BLE001 (it is raised again below)
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@both
def test_whoever_takes_data_meanwhile_gets_all_old_or_all_new_numbers(native: bool) -> None:
    """Long arrays: writing them takes longer than a thread's turn. What was taken stays as it is."""
    w = Value(np.zeros(100_000))

    def step() -> Any:
        w.data = w.data + 1.0

    run, over = ad.jit(step, native=native), threading.Event()
    for _ in range(3):
        run()
    seen: set[float] = set()

    def read() -> None:
        while not over.is_set():
            taken = w.data
            first = taken.copy()
            assert (first == first[0]).all()
            assert np.array_equal(taken, first)
            assert not seen or first[0] >= max(seen)
            seen.add(first[0])

    def train() -> None:
        try:
            while len(seen) < 20:
                run()
        finally:
            over.set()

    in_threads(read, train)


@both
def test_threads_train_one_model(native: bool) -> None:
    """One function, called from all: each call is one whole update, and its result that of its own argument."""
    w, total = Value(np.zeros(50)), Value(0.0)

    def step(x: Any) -> Any:
        w.data = w.data + x
        total.data = total.data + x[0]
        return x * 2, w.data - w.data[0]

    run = ad.jit(step, native=native)

    def work(i: int) -> None:
        for _ in range(100):
            doubled, flat = run(np.full(50, float(i)))
            assert (doubled == 2 * i).all()
            assert not flat.any()

    in_threads(*(lambda i=i: work(i) for i in range(4)))
    assert (w.data == 600.0).all()
    assert total.data == 600.0
    assert run.cache_info().calls == 400


@both
@pytest.mark.parametrize("size", [10, 200])
def test_threads_share_a_function_that_writes_to_nothing(size: int, native: bool) -> None:
    """Its memory for what lives inside is one: long calls let other threads run, and have to keep each other out."""
    run = ad.jit(lambda x, y: ((x @ x) * y).sum(axis=0) + (x @ x).mean() * y, native=native)
    run(np.eye(size), 1.0)

    def work(i: int) -> None:
        x = np.eye(size) * (i + 1.0)
        expected = ((x @ x) * 2.0).sum(axis=0) + (x @ x).mean() * 2.0
        for _ in range(30):
            assert_alike(run(x, 2.0), expected)

    in_threads(*(lambda i=i: work(i) for i in range(4)))


def test_threads_where_the_way_in_is_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes several steps, between which others have to be kept out."""
    monkeypatch.setattr("autodiff.compiler.binding.entrance", python_entrance)
    monkeypatch.setattr("autodiff.compiler.binding.is_as_expected", lambda: False)
    run = ad.jit(lambda x, y: (x * y + x).sum())
    run(X, X)

    def work(i: int) -> None:
        x = np.full(3, float(i))
        for _ in range(1000):
            assert run(x, x) == 3.0 * (i * i + i)

    in_threads(*(lambda i=i: work(i) for i in range(4)))
    test_threads_train_one_model(True)


@both
def test_two_functions_write_to_one_leaf(native: bool) -> None:
    """Each has its own lock. An update may be lost, as undecorated; a leaf is never half one and half the other."""
    w = Value(np.zeros(20_000))
    runs = []
    for k in (1.0, 1000.0):
        runs.append(
            ad.jit(lambda k: setattr(w, "data", np.floor(w.data[0] * 0.0) + np.full(20_000, 1.0) * k), native=native)
        )
        runs[-1](k)

    def work(run: Any, k: float) -> None:
        for _ in range(100):
            run(k)
            taken = w.data
            assert (taken == taken[0]).all()

    in_threads(*(lambda run=run, k=k: work(run, k) for run, k in zip(runs, (1.0, 1000.0), strict=True)))
    assert w.data[0] in (1.0, 1000.0)


@both
def test_a_leaf_is_given_data_of_other_shapes_meanwhile(native: bool) -> None:
    w = Value(np.ones(3))
    run, over = ad.jit(lambda x: (w * x).mean(), native=native), threading.Event()
    run(2.0)

    def change() -> None:
        for k in range(400):
            w.data = (np.ones(3), np.ones(5), 1.0, np.ones((2, 2), np.float32))[k % 4]
        over.set()

    def call() -> None:
        while not over.is_set():
            assert run(2.0).item() == 2.0

    in_threads(change, call)


@both
def test_an_argument_is_changed_and_a_gradient_reset_meanwhile(native: bool) -> None:
    w = Value(X)

    def slope(x: Any) -> Any:
        (w * x).sum().backward()
        return w.grad - w.grad[0]

    run, over = ad.jit(slope, native=native), threading.Event()

    def reset() -> None:
        for k in range(300):
            w.grad = None if k % 2 else np.full(3, float(k))
        over.set()

    def call() -> None:
        while not over.is_set():
            assert not run(np.ones(3)).any()

    in_threads(reset, call)


def test_all_compile_at_once() -> None:
    """The same functions and different ones, of new shapes: kernels are shared, and compiled by whoever comes first."""
    shared = ad.jit(lambda x: np.tanh(x) * 3.0 + x.sum())

    def work(i: int) -> None:
        for n in range(2, 8):
            x = np.linspace(-1, 1, n)
            own = ad.jit(lambda x: np.exp(x) @ x * (i + 1.0))
            for _ in range(3):
                assert_alike(own(x), np.exp(x) @ x * (i + 1.0))
                assert_alike(shared(x), np.tanh(x) * 3.0 + x.sum())

    in_threads(*(lambda i=i: work(i) for i in range(4)))
    assert shared.cache_info() == (72, 6, 6)


@both
def test_each_thread_has_its_own_mode(native: bool) -> None:
    """One calls under no_grad, one inside a gradient, one as it is: each gets what it would get undecorated."""
    w = Value(2.0)
    run = ad.jit(lambda x: w * x * x, native=native)

    def without() -> None:
        for _ in range(100):
            with ad.no_grad():
                assert type(run(3.0)) is Value

    def inside() -> None:
        for _ in range(100):
            assert float(ad.grad(run)(3.0).item()) == 12.0

    def outside() -> None:
        for _ in range(100):
            with pytest.raises(ad.errors.GraphError):
                run(3.0) * 2.0

    in_threads(without, inside, outside)


def test_functions_are_forgotten_while_others_run() -> None:
    def work(i: int) -> None:
        w = Value(np.full(100, float(i)))
        for k in range(5):
            run = ad.jit(lambda x: w * x + k)  # noqa: B023 (it is called at once)
            for _ in range(5):
                assert (run(np.ones(100)).data == i + k).all()
            run.clear_cache()
            assert (run(np.ones(100)).data == i + k).all()
            del run
            gc.collect(0)

    in_threads(*(lambda i=i: work(i) for i in range(3)))


# --- processes --------------------------------------------------------------------------------------------------------

MODEL = nn.MLP(3, [4, 1], rng=0)
OPTIMIZER = nn.SGD(MODEL.parameters(), 0.1, momentum=0.5)


@ad.jit
def trained(x: Any) -> Any:
    loss = (MODEL(x) ** 2).mean()
    MODEL.zero_grad()
    loss.backward()
    OPTIMIZER.step()
    return loss.data


def start_over() -> None:
    for p, q in zip(MODEL.parameters(), nn.MLP(3, [4, 1], rng=0).parameters(), strict=True):
        p.data, p.grad = q.data, None
    for v in OPTIMIZER._velocities:
        v.data = np.zeros_like(v.data)


def some_steps() -> list[float]:
    return [float(trained(X[None] * k)) for k in range(4)]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_goes_on() -> None:
    """With the program it inherits, and with one that it compiles itself; the parent's numbers stay as they are."""
    start_over()
    some_steps()
    start_over()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            own = ad.jit(lambda x: np.cos(x) * 2.0)
            text = pickle.dumps((some_steps(), [own(X) for _ in range(3)]))
        except BaseException as error:  # noqa: BLE001 (the parent shows it)
            text = pickle.dumps(repr(error))
        os.write(writing, text)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        losses, cosines = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    assert_alike(cosines, [np.cos(X) * 2.0] * 3)
    assert some_steps() == losses


def test_a_new_process_is_sent_the_function_by_name() -> None:
    start_over()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pickle.loads(pickle.dumps(trained)) is trained
        assert_alike(pool.map(trained, [X[None] * k for k in range(4)]), some_steps())


def test_what_has_no_name_to_be_found_by_is_not_pickled() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(ad.jit(lambda x: x))

    def local(x: Any) -> Any:
        return x

    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(ad.jit(local))
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(ad.jit(start_over))  # by its name, another would be found: the undecorated one
