"""What a call of native code leaves alone: every array that anyone holds, and every leaf if the call fails."""

from __future__ import annotations

import copy
import pickle
import random
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler.entrance import python_entrance
from autodiff.errors import IndexRangeError

from .alike import assert_alike

X = np.array([1.0, -2.0, 3.0])

both = pytest.mark.parametrize("native", [False, True], ids=["replay", "native"])


# --- who owns what ----------------------------------------------------------------------------------------------------


class World:
    """A small training loop, and everything its user holds on to.

    kept: arrays (or what looks at their memory) with a copy of their elements · graphs: recorded before later steps
    """

    def __init__(self, decorate: Callable[[Any], Any]) -> None:
        self.w, self.v, self.s = Value(np.array([0.5, -0.25, 1.0])), Value(np.array([1.0, 2.0, -0.5])), Value(0.25)
        self.m = Value(np.zeros(3))
        self.leaves = [self.w, self.v, self.s, self.m]
        self.kept: list[tuple[Any, Any]] = []
        self.graphs: list[Any] = []
        self.step, self.predict = decorate(self._step), decorate(self._predict)

    def _step(self, x: Any, y: Any, rate: Any) -> Any:
        h = np.tanh(self.w * x + self.v)
        loss = (h * h * y).sum() * 0.1 + self.s * self.s
        for p in (self.w, self.v, self.s):
            p.zero_grad()
        loss.backward()
        self.m.data = 0.9 * self.m.data + self.w.grad
        self.w.data = self.w.data - rate * self.m.data
        self.v.data = self.v.data - rate * self.v.grad
        self.s.data = self.s.data - rate * self.s.grad
        return loss, h, self.w.data, x, x[1:], self.v.grad

    def _predict(self, x: Any, y: Any) -> Any:
        return self.w * x + y, self.v.data, self.w.data

    def swap(self) -> None:
        self.w.data, self.v.data = self.v.data, self.w.data

    def share(self, gradient: Any) -> None:
        self.w.grad = self.v.grad = gradient

    def keep(self, *things: Any) -> None:
        self.kept += [(thing, np.array(thing)) for thing in things if np.ndim(thing)]

    def change(self, leaf: Value, change: Callable[[Any], Any]) -> None:
        """In place: what is kept of this very array changes, too, and nothing else."""
        data = leaf.data
        change(data)
        kept = [(t, np.array(t) if np.shares_memory(np.asarray(t), data) else c) for t, c in self.kept]
        self.kept = kept


ACTIONS: dict[str, Callable[[World, int], Any]] = {
    "step": lambda z, n: z.step(X + n, 2 * X, 0.1),
    "step again": lambda z, n: z.step(X - n, X, 0.05),
    "same array twice": lambda z, n: z.step(*[X * n] * 2, 0.1),
    "step on its own data": lambda z, n: z.step(z.w.data, z.v.data, 0.01),
    "step on views of its data": lambda z, n: z.step(z.w.data[::-1], z.w.data.reshape(1, 3)[0], 0.01),
    "step on its gradient": lambda z, n: z.step(z.v.grad, z.w.grad, 0.01),
    "keep results": lambda z, n: z.keep(*(r.data if isinstance(r, Value) else r for r in z.step(X, X + n, 0.1))),
    "keep predictions": lambda z, n: z.keep(*(r.data if isinstance(r, Value) else r for r in z.predict(X, X + n))),
    "predict": lambda z, n: z.predict(X, X * n),
    "keep data": lambda z, n: z.keep(z.w.data, z.v.data, z.m.data),
    "keep a gradient": lambda z, n: z.keep(z.w.grad, z.v.grad),
    "keep views": lambda z, n: z.keep(z.w.data[1:], z.v.data.T, z.m.data[::-1].reshape(3, 1)),
    "keep a memoryview": lambda z, n: z.keep(memoryview(z.w.data), memoryview(z.v.grad)),
    "keep an iterator's array": lambda z, n: z.keep(z.w.data.flat.base),
    "record": lambda z, n: z.graphs.append((np.sin(z.w * n) * z.v).sum()),
    "change in place": lambda z, n: z.change(z.w, lambda d: d.__setitem__(0, float(n))),
    "scale in place": lambda z, n: z.change(z.v, lambda d: d.__imul__(0.5)),
    "new data": lambda z, n: setattr(z.w, "data", X / (n + 1)),
    "swap": lambda z, n: z.swap(),
    "share": lambda z, n: setattr(z.w, "data", z.v.data),
    "share a gradient": lambda z, n: z.share(X * n),
    "zero": lambda z, n: z.w.zero_grad(),
    "a copy of a leaf": lambda z, n: z.keep(copy.copy(z.w).data, copy.deepcopy(z.v).data),
    "a pickle of a leaf": lambda z, n: z.keep(pickle.loads(pickle.dumps(z.w)).data),
    "a number": lambda z, n: setattr(z.s, "data", n / 7),
}


def without_gradient(z: World, n: int) -> Any:
    with ad.no_grad():
        return z.predict(X * n, X)


ACTIONS["predict without a gradient"] = without_gradient


def plain(results: Any) -> Any:
    results = results if isinstance(results, tuple) else (results,)
    return [np.array(r.data if isinstance(r, Value) else r) for r in results if r is not None]


@both
@pytest.mark.parametrize("seed", range(8))
def test_whatever_a_user_does_between_calls(seed: int, native: bool) -> None:
    """Two worlds, one jitted: leaves, results and old graphs agree, and nothing that is kept is ever written to."""
    eager, jitted = World(lambda f: f), World(lambda f: ad.jit(f, native=native))
    choose = random.Random(seed)
    done = []
    for n in range(80):
        done.append(choose.choice([*ACTIONS]))
        assert_alike(*(plain(ACTIONS[done[-1]](world, n % 5)) for world in (jitted, eager)))
        assert_alike([[p.data, p.grad] for p in jitted.leaves], [[p.data, p.grad] for p in eager.leaves])
        for world in (jitted, eager):
            for thing, elements in world.kept:
                assert np.array_equal(np.asarray(thing), elements), done
    assert len(jitted.graphs) == len(eager.graphs)
    for a, b in zip(jitted.graphs, eager.graphs):
        for world, graph in ((jitted, a), (eager, b)):
            world.w.zero_grad()
            graph.backward()
        assert_alike(jitted.w.grad, eager.w.grad)
    assert jitted.step.cache_info().traces < 6
    assert jitted.predict.cache_info().traces < 6


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "by columns": np.asfortranarray,
    "every other": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "of a row": lambda x: np.lib.stride_tricks.as_strided(x.copy(), x.shape, (0, x.itemsize)),
    "misaligned": lambda x: np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape),
    "read-only": lambda x: np.broadcast_to(x.copy(), x.shape),
    "a subclass": lambda x: x.copy().view(Labelled),
    "memory-mapped": lambda x: np.memmap.__new__(np.memmap, _file(x), dtype=x.dtype, mode="r", shape=x.shape),
}


class Labelled(np.ndarray):  # type: ignore[type-arg]
    pass


def _file(x: Any) -> Any:
    import tempfile

    file = tempfile.NamedTemporaryFile()  # noqa: SIM115 (the map keeps it)
    file.write(np.ascontiguousarray(x).tobytes())
    file.flush()
    return file


@both
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.bool_, np.complex64, ">f8"])
def test_arguments_and_leaves_may_lie_in_any_way(layout: str, dtype: Any, native: bool) -> None:
    numbers = np.arange(12).reshape(4, 3).astype(dtype)
    w = Value(np.ones((4, 3)))

    def function(x: Any) -> Any:
        y = x * 2.5
        return y + w, y @ y.T, x, x[1:, ::2], w.data

    run = ad.jit(function, native=native)
    for k in range(4):
        x = LAYOUTS[layout](numbers)
        w.data = x.real if k % 2 else np.ones((4, 3), x.real.dtype)
        before = np.array(x)
        for _ in range(2):
            found, expected = run(x), function(x)
            for a, b in zip(plain(found), plain(expected), strict=True):
                assert a.dtype == b.dtype
                np.testing.assert_allclose(a, b, rtol=1e-5)
        for array in found[2:]:
            array[...] = 1  # the caller's own
        assert np.array_equal(x, before)


def shape(array: Any) -> None:
    array.shape = (2, 3)


def dtype(array: Any) -> None:
    array.dtype = np.float32


def byte_order(array: Any) -> None:
    array[...] = array.byteswap()  # the numbers stay what they were
    array.dtype = array.dtype.newbyteorder()


def strides(array: Any) -> None:
    array.strides = (8, 24)


def size(array: Any) -> None:
    array.resize((4, 2), refcheck=False)


@both
@pytest.mark.parametrize("change", [shape, dtype, byte_order, strides, size])
def test_a_leaf_whose_array_is_made_another_one_in_place(change: Any, native: bool) -> None:
    """The array is the same object, and what it says of its memory is not: a program would read what is not there."""
    w = Value(np.arange(6.0).reshape(3, 2))

    def function(x: Any) -> Any:
        return (w * x).sum(axis=0) / len(w)

    run = ad.jit(function, native=native)
    for _ in range(3):
        run(2.0)
        w.data[0, 0] = 1.0  # from now on the leaf's own array is handed out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy has better ways to do it by now
        change(w.data)
    found, expected = run(2.0).data, function(2.0).data
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert run.cache_info().traces == 2 - (change is strides)


@both
def test_a_leaf_whose_array_is_made_read_only(native: bool) -> None:
    w = Value(X)

    def step() -> None:
        w.data = w.data * 2.0

    run = ad.jit(step, native=native)
    for k in range(1, 6):
        run()
        assert w.data.tolist() == (X * 2.0**k).tolist()
        assert w.data.flags.writeable
        w.data.flags.writeable = False


@both
def test_results_that_are_inputs_or_one_another_are_arrays_of_their_own(native: bool) -> None:
    w = Value(X)
    run = ad.jit(lambda x, y: (x, y, x, x.T, x * 2, (x * 2) * 1, w.data, w.data, np.ones(3), x[0]), native=native)
    for _ in range(3):
        x = X.copy()
        found = [v for v in run(x, x) if np.ndim(v)]
        arrays = [*found, x, w.data]
        for i, a in enumerate(arrays):
            assert not any(np.shares_memory(a, b) for b in arrays[i + 1 :])
            a[...] = -1.0
        w.data = X


def test_without_knowing_who_refers_to_an_array_nothing_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """On interpreters whose objects are not as expected, every array is written anew."""
    monkeypatch.setattr("autodiff.compiler.binding.entrance", python_entrance)
    monkeypatch.setattr("autodiff.compiler.binding.is_as_expected", lambda: False)
    for seed in range(2):
        test_whatever_a_user_does_between_calls(seed, True)
    test_a_leaf_whose_array_is_made_another_one_in_place(shape, True)
    w = Value(X)
    run = ad.jit(lambda x: setattr(w, "data", w.data + x) or x * 2)
    before = w.data
    for _ in range(3):
        run(np.tile(X, 2)[::2][:3])
        assert w.data is not before
        before = w.data
    assert_alike(w.data, X + 3 * np.tile(X, 2)[::2][:3])


# --- calls that fail --------------------------------------------------------------------------------------------------


class Interruption(BaseException):
    pass


class Moody(np.random.Generator):
    """Raises when it is told to; calls `meanwhile` when it draws."""

    error: BaseException | None = None
    meanwhile: Any = None

    def random(self, *args: Any, **keywords: Any) -> Any:
        if self.error is not None:
            raise self.error
        call, self.meanwhile = self.meanwhile, None
        if call is not None:
            call()
        return super().random(*args, **keywords)


def failing(decorate: Any, place: str) -> tuple[Any, list[Value], Callable[[], Any], Callable[[], Any], Moody]:
    """A step with momentum that may fail early or late: (step, leaves, a good call, a bad one, its generator)."""
    rng = Moody(np.random.PCG64(0))
    dropout = nn.Dropout(0.5, rng=rng)
    w, m, s = Value(np.eye(2) + 0.5), Value(np.zeros((2, 2))), Value(0.5)

    def step(matrix: Any, index: Any) -> Any:
        noise = dropout(np.ones(2)) if place.startswith("draw") else 1.0
        if place.startswith("first"):
            loss = (np.linalg.inv(matrix) @ w).sum() * s + (w[index] * noise).sum()
        else:
            loss = (w * s).sum() * noise
        for p in (w, s):
            p.zero_grad()
        loss.sum().backward()
        m.data = 0.5 * m.data + w.grad
        w.data = w.data - 0.1 * m.data
        s.data = s.data - 0.1 * s.grad
        if place.startswith("last"):
            return (w[index] * 2).sum(), np.linalg.inv(matrix * w)
        return loss

    run = decorate(step)
    good, singular = np.array([[2.0, 0.5], [0.0, 1.0]]), np.zeros((2, 2))
    bad = (singular, np.array([0, 1])) if place.endswith("inverse") else (good, np.array([0, 2]))
    return run, [w, m, s], lambda: run(good, np.array([0, 1])), lambda: run(*bad), rng


@both
@pytest.mark.parametrize("held", [False, True], ids=["", "held"])
@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        ("first inverse", np.linalg.LinAlgError, "Singular"),
        ("first index", IndexRangeError, "getitem"),
        ("last inverse", np.linalg.LinAlgError, "Singular"),
        ("last index", IndexRangeError, "getitem"),
        ("draw", Interruption, "now"),
    ],
)
def test_a_call_that_fails_changes_no_leaf(place: str, error: Any, message: str, held: bool, native: bool) -> None:
    """And the next good one works: state of the call that failed is not mistaken for its own."""
    run, leaves, good, bad, rng = failing(lambda f: ad.jit(f, native=native), place)
    _, expected, plain_good, plain_bad, plain_rng = failing(lambda f: f, place)
    for k in range(6):
        assert_alike(plain(good()), plain(plain_good()))
        kept = [(p.data, np.copy(p.data)) for p in leaves] if held else []
        for _ in range(k % 3):
            for fails, moody in ((bad, rng), (plain_bad, plain_rng)):
                moody.error = Interruption("now") if place == "draw" else None
                with pytest.raises(error, match=message):
                    fails()
                moody.error = None
            if place.startswith("last"):  # undecorated, the step got half-way
                for p, q in zip(leaves, expected, strict=True):
                    q.data, q.grad = p.data, p.grad
        assert_alike([[p.data, p.grad] for p in leaves], [[p.data, p.grad] for p in expected])
        assert all(np.array_equal(array, elements) for array, elements in kept)
    assert run.cache_info().traces == 1


# --- calls inside calls -----------------------------------------------------------------------------------------------


@both
def test_a_step_that_is_called_while_its_random_numbers_are_drawn(native: bool) -> None:
    """The inner call is a whole step; the outer one goes on from there, as undecorated."""

    def build(decorate: Any) -> Any:
        rng = Moody(np.random.PCG64(0))
        dropout, w, s = nn.Dropout(0.5, rng=rng), Value(np.ones(4)), Value(0.5)

        def step(x: Any) -> Any:
            mask = dropout(x)
            loss = (mask * w * w).sum() * s
            for p in (w, s):
                p.zero_grad()
            loss.backward()
            w.data = w.data - 0.1 * w.grad
            s.data = s.data - 0.01 * s.grad
            return loss

        return decorate(step), rng, [w, s]

    step, rng, leaves = build(lambda f: ad.jit(f, native=native))
    plain_step, plain_rng, expected = build(lambda f: f)
    for k in range(8):
        results: list[list[Any]] = []
        for run, moody in ((step, rng), (plain_step, plain_rng)):
            results.append([])
            if k in (3, 4, 6):
                moody.meanwhile = lambda run=run, seen=results[-1]: seen.append(run(np.full(4, 2.0)).data)
            results[-1].append(run(np.ones(4) * k).data)
        assert_alike(*results)
        assert_alike([[p.data, p.grad] for p in leaves], [[p.data, p.grad] for p in expected])


class At:
    """Does something when the n-th line of the function written for a program is about to run."""

    def __init__(self, n: int, action: Callable[[], Any]) -> None:
        self.n, self.action, self.lines, self.done = n, action, 0, False

    def __enter__(self) -> At:
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.before)

    def trace(self, frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_name not in ("quick", "call") or frame.f_code.co_filename != "<string>" or self.done:
            return None
        self.lines += event == "line"
        if event == "line" and self.lines == self.n:
            self.done = True
            self.action()
        return self.trace


def two_leaves() -> tuple[Any, list[Value]]:
    """One leaf that the program writes over, one that it does not, and a number."""
    w, v, s = Value(np.zeros(3)), Value(np.zeros(3)), Value(0.0)

    def step(x: Any, index: Any) -> Any:
        v.data = v.data + x
        picked = (x + 0.0 * v.data)[index]  # may fail: what was written before has to be a new array
        w.data = w.data + x + 0.0 * picked.sum()
        s.data = s.data + 1.0
        return picked * 2

    run = ad.jit(step, native=True)
    for _ in range(3):
        run(X, np.array([0]))
    assert {array.is_written_over for array in run._recent[0].runner.kept} == {True, False}
    return run, [w, v, s]


def test_interrupted_at_every_line() -> None:
    """Each leaf is what it was before the call or what it is after it, and later calls are whole again."""
    run, (w, v, s) = two_leaves()

    def interrupt() -> None:
        raise Interruption

    for n in range(1, 100):
        w.data, v.data, s.data = np.zeros(3), np.zeros(3), 0.0
        run(X, np.array([1]))
        with At(n, interrupt) as at:
            try:
                run(X, np.array([1]))
            except Interruption:
                assert at.done
        counts = [v.data[2] / 3.0, w.data[2] / 3.0, s.data]
        assert all(count in (1.0, 2.0) for count in counts), (n, counts)
        for _ in range(2):
            assert run(X, np.array([1])).tolist() == [-4.0]
        assert [v.data.tolist(), w.data.tolist()] == [(X * (count + 2)).tolist() for count in counts[:2]]
        assert s.data == counts[2] + 2
        if not at.done:
            break
    assert 10 < n < 99


def test_called_again_at_every_line() -> None:
    """By a finaliser, or for a signal: both calls are whole, and the later one counts where both write at once."""
    run, (w, v, s) = two_leaves()
    for n in range(1, 100):
        w.data, v.data, s.data = np.zeros(3), np.zeros(3), 0.0
        run(X, np.array([1]))
        seen: list[Any] = []
        with At(n, lambda seen=seen: seen.append(run(10 * X, np.array([2])))) as at:
            assert run(X, np.array([1])).tolist() == [-4.0]
        assert all(found.tolist() == [60.0] for found in seen)
        assert w.data.tolist() in [(X * k).tolist() for k in ((2.0, 12.0) if seen else (2.0,))]
        assert v.data.tolist() in [(X * k).tolist() for k in ((2.0, 12.0) if seen else (2.0,))]
        assert s.data in ((2.0, 3.0) if seen else (2.0,))
        if not at.done:
            break
    assert 10 < n < 99


def test_recursion() -> None:
    def power(x: Any, n: int) -> Any:
        return x if n == 0 else x * run(x, n - 1)

    run = ad.jit(power)
    for n in (3, 1, 3):
        assert run(2.0, n) == 2.0 ** (n + 1)
    assert run.cache_info() == (3, 2, 2)

    def endless(x: Any) -> Any:
        return again(x)

    again = ad.jit(endless)
    for _ in range(2):
        with pytest.raises(RecursionError):
            again(2.0)
