"""What jitted steps keep: nothing from call to call, and at most as much at once as the undecorated step."""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value

CALLS = 10_000
STATISTICS = Path("/proc/self/statm")

both = pytest.mark.parametrize("native", [False, True], ids=["replay", "native"])


def resident() -> int:
    """The bytes of this process that lie in memory, where the system tells."""
    return int(STATISTICS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if STATISTICS.exists() else 0


def training_step(sizes: list[int]) -> tuple[Callable[..., Any], list[Value]]:
    """A step, and the parameters that it trains."""
    model = nn.MLP(sizes[0], sizes[1:], rng=0)
    optimizer = nn.SGD(model.parameters(), 1e-3, momentum=0.9)

    def step(x: Any, y: Any) -> Any:
        loss = nn.squared_error(model(x), y)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, model.parameters()


def check_flat(work: Callable[[int], Any], calls: int = CALLS) -> None:
    """Neither objects nor memory grow with the number of calls."""
    for k in range(200):
        work(k)
    gc.collect()
    objects, blocks, bytes_before = len(gc.get_objects()), sys.getallocatedblocks(), resident()
    for k in range(calls):
        work(k)
    gc.collect()
    assert len(gc.get_objects()) - objects < 100
    assert sys.getallocatedblocks() - blocks < 1000
    assert resident() - bytes_before < 2**20


@both
def test_ten_thousand_training_steps(native: bool) -> None:
    run = ad.jit(training_step([3, 8, 1])[0], native=native)
    x, y = np.ones((20, 3)), np.zeros((20, 1))
    check_flat(lambda k: run(x, y), CALLS if native else CALLS // 10)


def test_ten_thousand_calls_of_two_sizes_with_results_held_and_let_go() -> None:
    w = Value(np.ones(1000))

    def step(x: Any) -> Any:
        loss = (w * x).sum()
        w.zero_grad()
        loss.backward()
        w.data = w.data - 1e-9 * w.grad
        return loss, w * x, w.data

    run, kept = ad.jit(step), [None] * 10
    arguments = [np.ones(1000), np.ones((2, 1000)), np.ones((1000, 2)).T]

    def work(k: int) -> None:
        kept[k % 10] = run(arguments[k % 3])
        if k % 7 == 0:
            kept[3] = w.data

    check_flat(work)


def test_ten_thousand_calls_that_fail() -> None:
    w = Value(np.ones(1000))
    run = ad.jit(lambda index: setattr(w, "data", w.data * 1.0) or (w[index] * 2).sum())
    run(np.array([0]))

    def work(k: int) -> None:
        with pytest.raises(IndexError):
            run(np.array([1000 + k]))

    check_flat(work, 2000)


@both
def test_a_function_that_is_forgotten_frees_its_memory_at_once(native: bool) -> None:
    """Without a collection: training loops that make functions would pile up memory between two."""
    step, _ = training_step([3, 4, 1])
    run = ad.jit(step, native=native)
    x, y = np.ones((5, 3)), np.zeros((5, 1))
    for _ in range(4):
        run(x, y)
    entry = next(iter(run._entries.values()))[0]
    gone = [weakref.ref(entry), weakref.ref(entry.runner)]
    if native:
        gone.append(weakref.ref(entry.runner.executable))
    del entry
    gc.collect()
    gc.disable()
    try:
        run.clear_cache()
        assert [reference() for reference in gone] == [None] * len(gone)
    finally:
        gc.enable()


def peak(work: Callable[[], Any]) -> int:
    """The most bytes that are held at once while something runs, beyond those that were held before."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("held", [False, True], ids=["", "all held"])
@pytest.mark.parametrize(("sizes", "batch"), [([64, 128, 64, 10], 256), ([16] * 20, 512), ([256, 256, 1], 8)])
def test_a_jitted_step_needs_at_most_what_the_undecorated_one_does(sizes: list[int], batch: int, held: bool) -> None:
    """Its block of memory, which is there from call to call, included."""
    x, y = np.ones((batch, sizes[0])), np.zeros((batch, sizes[-1]))
    (step, parameters), (plain, expected) = training_step(sizes), training_step(sizes)
    run = ad.jit(step)
    for function in (run, plain):
        for _ in range(3):
            function(x, y)
    kept = [(p.data, p.grad) for p in (*parameters, *expected)] if held else []
    block = next(iter(run._entries.values()))[0].runner.executable.block.nbytes
    assert peak(lambda: run(x, y)) + block <= peak(lambda: plain(x, y))
    del kept
