# ruff: noqa: PLW0108 (the lambdas are the functions under test: they stand for a user's own)
"""While tracing nothing is baked: what would read today's number raises and shows the line."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import itertools
import math
import pickle
import random
import threading
import time
import types
from functools import lru_cache
from time import perf_counter
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler.trace import Trace
from autodiff.errors import GraphError, InPlaceError, ShapeError, TracingError, UnsupportedError
from autodiff.modes import changed, current_mode

X = np.array([1.0, -2.0, 3.0])
LABELS = [10, 20, 30]
WEIGHT = Value(np.array([0.5, 1.5, -1.0]), label="weight")


# --- reading a number -------------------------------------------------------------------------------------------------

READINGS = {
    "if v": lambda x: 1 if x.sum() > 0 else 2,
    "while v": lambda x: [x for _ in iter(lambda: bool(x.sum() > 0), False)],
    "and": lambda x: x.sum() > 0 and x,
    "not": lambda x: not x.sum(),
    "assert": lambda x: x.sum().__bool__(),
    "float": lambda x: float(x.sum()),
    "int": lambda x: int(x.sum()),
    "complex": lambda x: complex(x.sum()),
    "math": lambda x: math.exp(x.sum()),
    "item": lambda x: x.sum().item(),
    "item of data": lambda x: x.sum().data.item(),
    "index of a list": lambda x: LABELS[x.argmax()],
    "range": lambda x: range(x.argmax()),
    "slice": lambda x: x[: x.argmax()],
    "asarray": lambda x: np.asarray(x),
    "asarray of data": lambda x: np.asarray(x.data),
    "array of a list": lambda x: np.array([x.sum(), 1.0]),
    "max of Python": lambda x: max(x[0], x[1]),
    "sorted": lambda x: sorted([x[0], x[1]]),
    "in": lambda x: 3.0 in x,
    "in a list": lambda x: x[0] in [x[1], x[2]],
    "percent": lambda x: "%.3f" % x.sum(),  # noqa: UP031
    "format": lambda x: f"{x.sum():.3f}",
    "arange": lambda x: np.arange(x.sum()),
    "full": lambda x: np.full(3, x.sum()),
    "index of an array": lambda x: X[x.argmax()],
    "indices of an array": lambda x: X[x.argsort()],
    "mask of an array": lambda x: X[x > 0],
    "reshape": lambda x: np.reshape(np.zeros(4), (x.argmax(), -1)),
    "a captured Value": lambda x: float(WEIGHT.sum()),
    "data of a captured Value": lambda x: float(WEIGHT.data[0]),
    "a gradient": lambda x: bool(WEIGHT.grad[0]),
    "all of Python": lambda x: all(x > 0),
    "copy": lambda x: copy.copy(WEIGHT) * x,
    "deepcopy": lambda x: copy.deepcopy({"w": WEIGHT})["w"] * x,
    "pickle": lambda x: pickle.loads(pickle.dumps(WEIGHT)) * x,
}


@pytest.mark.parametrize("name", READINGS)
def test_reading_a_number_raises_and_shows_the_line(name: str) -> None:
    step = ad.jit(READINGS[name])
    with pytest.raises(TracingError) as caught:
        step(X)
    assert "test_trace.py:" in str(caught.value)
    assert f'"{name}": lambda x: ' in str(caught.value)
    assert "np.where(condition, a, b)" in str(caught.value)


def test_a_refusal_cannot_be_caught() -> None:
    def step(x: Any) -> Any:
        try:
            return x if x.sum() > 0 else -x
        except RuntimeError:
            return x * 0

    with pytest.raises(TracingError, match="return x if"):
        ad.jit(step)(X)


def test_the_line_shown_is_the_users_not_that_of_nn() -> None:
    def step(x: Any) -> Any:
        return nn.accuracy(x, np.zeros(2, int))  # a float of a traced Value

    with pytest.raises(TracingError, match=r"in step, test_trace.py:\d+: return nn.accuracy\(x"):
        ad.jit(step)(np.ones((2, 2)))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[x > 0],
        lambda x: x[WEIGHT > 0],
        lambda x: x.at[x > 0].set(0.0),
        lambda x: np.nonzero(x),
        lambda x: np.where(x > 0),
        lambda x: x.nonzero(),
    ],
)
def test_shapes_that_depend_on_data(function: Any) -> None:
    with pytest.raises(TracingError, match=r"np\.where\(mask, x, 0\)[\s\S]*test_trace.py"):
        ad.jit(function)(X)


@pytest.mark.parametrize("function", [np.flatnonzero, np.argwhere, np.unique, lambda x: np.extract(x > 0, x)])
def test_functions_without_a_rule_are_refused_as_ever(function: Any) -> None:
    with pytest.raises((UnsupportedError, TracingError)):
        ad.jit(lambda x: function(x))(X)


def test_a_mask_and_an_index_that_are_arguments_or_constants() -> None:
    masked = ad.jit(lambda x, i: (x[i], x[np.array([True, False, True])], Value(X)[i], WEIGHT[i] * 2))
    for i in (np.array([0, 2]), np.array([1, 1])):
        a, b, c, d = masked(X, i)
        assert np.array_equal(a, X[i])
        assert np.array_equal(b, X[[0, 2]])
        assert np.array_equal(c.data, X[i])
        assert np.array_equal(d.data, WEIGHT.data[i] * 2)
    assert masked.cache_info().traces == 1


def test_where_and_argmax_stay_in_the_program() -> None:
    step = ad.jit(lambda x: (np.where(x > 0, x, -x), x[x.argmax()], x[np.argsort(x)]))
    for x in (X, -X, X[::-1].copy()):
        absolute, largest, ordered = step(x)
        assert np.array_equal(absolute, np.abs(x))
        assert largest == x.max()
        assert np.array_equal(ordered, np.sort(x))
    assert step.cache_info().traces == 1


def test_masks_of_relu_and_extrema_are_recorded() -> None:
    gradient = ad.jit(ad.grad(lambda x: (ad.relu(x) * np.maximum(x, 0.5)).sum() + np.max(x) + np.abs(x).sum()))
    plain = ad.grad(lambda x: (ad.relu(x) * np.maximum(x, 0.5)).sum() + np.max(x) + np.abs(x).sum())
    for x in (X, -X, np.zeros(3)):
        assert np.array_equal(gradient(x), plain(x))


# --- texts: a traced Value shows no number ---------------------------------------------------------------------------


def test_texts_show_the_shape_and_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    """print() inside prints once, while tracing, and cannot show today's number as if it were the next call's."""

    def step(x: Any) -> Any:
        print("loss", x.sum())
        return f"{x}"

    run = ad.jit(step)
    assert run(X) == run(2 * X) == "Value(traced, shape=(3,), dtype=float64)"
    assert capsys.readouterr().out == "loss Value(traced, shape=(), dtype=float64)\n"


# --- random numbers, iterators, counters -----------------------------------------------------------------------------

GENERATOR = np.random.default_rng(0)
LEGACY = np.random.RandomState(0)
OWN_RANDOM = random.Random(0)
BITS, SEEDS = np.random.PCG64(0), np.random.SeedSequence(0)
COUNT = itertools.count()
LINES = iter([1.0, 2.0, 3.0, 4.0])
ZIPPED = zip(itertools.count(), iter([1.0] * 9))


def _numbers() -> Any:
    n = 0.0
    while True:
        n += 1.0
        yield n


NUMBERS = _numbers()


class Holder:
    def __init__(self) -> None:
        self.rng = np.random.default_rng(1)

    def noise(self) -> Any:
        return self.rng.normal(size=3)


HOLDER = Holder()
MOVES = {
    "np.random": lambda x: x + np.random.rand(3),  # noqa: NPY002
    "random": lambda x: x + random.random(),
    "GENERATOR": lambda x: x + GENERATOR.normal(size=3),
    "BITS": lambda x: x + BITS.random_raw() % 7,
    "SEEDS": lambda x: x + np.random.default_rng(SEEDS.spawn(1)[0]).normal(size=3),
    "LEGACY": lambda x: x + LEGACY.rand(3),
    "OWN_RANDOM": lambda x: x + OWN_RANDOM.random(),
    "HOLDER.rng": lambda x: x + HOLDER.noise(),
    "COUNT": lambda x: x + next(COUNT),
    "LINES": lambda x: x + next(LINES),
    "ZIPPED": lambda x: x + next(ZIPPED)[1],
    "NUMBERS": lambda x: x + next(NUMBERS),
}


@pytest.mark.parametrize("name", MOVES)
def test_what_moves_when_used(name: str) -> None:
    with pytest.raises(TracingError, match=f"moved the state of (global )?{name}.*[\\s\\S]*same at each call"):
        ad.jit(MOVES[name])(X)


def test_a_generator_in_a_closure_an_argument_and_a_default() -> None:
    rng = np.random.default_rng(0)
    for run in (
        lambda: ad.jit(lambda x: x * rng.random())(X),
        lambda: ad.jit(lambda x, r: x * r.random())(X, rng),
        lambda: ad.jit(lambda x, r=rng: x * r.random())(X),
    ):
        with pytest.raises(TracingError, match="moved the state of"):
            run()


def test_a_generator_may_move_between_calls_and_be_made_inside() -> None:
    def step(x: Any) -> Any:
        return x + np.random.default_rng(0).normal(size=3) + (0 if GENERATOR is None else 1)

    run = ad.jit(step)
    for _ in range(3):
        GENERATOR.normal()
        np.random.rand()  # noqa: NPY002
        assert np.array_equal(run(X), step(X))
    assert run.cache_info().traces == 1


def test_drawing_from_the_generator_of_a_dropout() -> None:
    dropout = nn.Dropout(0.5, rng=0)

    def before(x: Any) -> Any:
        return x + dropout.rng.normal(size=3) + dropout(x)

    def between(x: Any) -> Any:
        x = dropout(x)
        return dropout(x + dropout.rng.normal(size=3))

    def after(x: Any) -> Any:
        return dropout(x) + dropout.rng.normal(size=3)

    for step in (before, between, after):
        with pytest.raises(TracingError, match="same at each call"):
            ad.jit(step)(X)


@pytest.mark.parametrize(
    "step",
    [
        lambda x: x + np.random.default_rng().normal(),
        lambda x: x + random.Random().random(),
        lambda x: x + np.random.RandomState().rand(),
        lambda x: x * time.time(),
        lambda x: x * perf_counter(),
        lambda x: x * dt.datetime.now().second,
        lambda x: now(x),
    ],
)
def test_clocks_and_generators_without_a_seed(step: Any) -> None:
    with pytest.raises(TracingError, match=r"calls [\w.]+\(\), which gives something else each time"):
        ad.jit(step)(X)


def now(x: Any) -> Any:
    return x * time.monotonic()


COUNTER = 0
HISTORY: list[Any] = []
SETTINGS: dict[str, Any] = {"calls": 0}
SEEN: set[Any] = set()
BUFFER = np.zeros(3)


class Model:
    calls = 0

    def __init__(self) -> None:
        self.w = Value(2.0)
        self.steps = 0
        self.history: list[Any] = []

    def __call__(self, x: Any) -> Any:
        return self.w * x


def _counts_in_a_global(x: Any) -> Any:
    global COUNTER
    COUNTER += 1
    return x


def _with(statement: Any) -> Any:
    def step(x: Any) -> Any:
        statement(x)
        return x

    return step


MODEL = Model()
SIDE_EFFECTS = {
    "global COUNTER": _counts_in_a_global,
    "global HISTORY": _with(lambda x: HISTORY.append(1.0)),
    "global SETTINGS": _with(lambda x: SETTINGS.__setitem__("calls", 1)),
    "global SETTINGS['new']": _with(lambda x: SETTINGS.setdefault("new", 1)),
    "global SEEN": _with(lambda x: SEEN.add(5)),
    "the elements of global BUFFER": _with(lambda x: BUFFER.__iadd__(1.0)),
    "global MODEL.steps": _with(lambda x: setattr(MODEL, "steps", 5)),
    "global MODEL.history": _with(lambda x: MODEL.history.append(1.0)),
    "class Model.calls": _with(lambda x: setattr(Model, "calls", MODEL.calls + 1)),
}


@pytest.mark.parametrize("place", SIDE_EFFECTS)
def test_side_effects(place: str) -> None:
    HISTORY.clear()
    SEEN.clear()
    SETTINGS.clear()
    SETTINGS["calls"] = 0
    MODEL.history.clear()
    MODEL.steps = Model.calls = 0
    with pytest.raises(TracingError) as caught:
        ad.jit(SIDE_EFFECTS[place])(X)
    assert f"changed {place}" in str(caught.value)
    assert "Hold what changes in a Value" in str(caught.value)


def test_a_counter_in_a_closure() -> None:
    count = 0

    def step(x: Any) -> Any:
        nonlocal count
        count += 1
        return x

    with pytest.raises(TracingError, match="changed closure count from 0 to 1"):
        ad.jit(step)(X)


def test_a_counter_held_in_a_value() -> None:
    count = Value(0.0)

    def step(x: Any) -> Any:
        count.data += 1
        return x / count.data

    run = ad.jit(step)
    assert [float(run(6.0)) for _ in range(3)] == [6.0, 3.0, 2.0]
    assert count.data == 3.0


# --- escapes ---------------------------------------------------------------------------------------------------------

KEPT: Any = None
KEPT_LIST: list[Any] = []
KEPT_DICT: dict[str, Any] = {}
HIDDEN = threading.local()
NAMESPACE = types.SimpleNamespace()


def _keep_in_a_global(x: Any) -> None:
    global KEPT
    KEPT = x * 2


@lru_cache
def _remembered(key: str) -> list[Any]:
    return []


class _Box:
    content: Any = None

    def put(self, x: Any) -> None:
        self.content = x


@lru_cache
def _boxed(key: str) -> _Box:
    return _Box()


BOX = _Box()
ESCAPES = {
    "global": _keep_in_a_global,
    "list": lambda x: KEPT_LIST.append(x * 2),
    "dict": lambda x: KEPT_DICT.update(loss=x * 2),
    "attribute": lambda x: setattr(BOX, "content", x * 2),
    "attribute by method": lambda x: BOX.put(x * 2),
    "attribute of a module": lambda x: setattr(types, "kept", x * 2),
    "thread-local": lambda x: setattr(HIDDEN, "kept", x * 2),
    "namespace": lambda x: setattr(NAMESPACE, "kept", x * 2),
    "cache": lambda x: _remembered("losses").append(x * 2),
    "function": lambda x: setattr(_remembered, "kept", [x * 2]),
    "closure": lambda x: KEPT_LIST.append(lambda: x),
    "generator": lambda x: KEPT_LIST.append(i for i in [x]),
    "the data of a captured Value": lambda x: KEPT_LIST.append(WEIGHT.data),
    "a gradient": lambda x: KEPT_LIST.append(WEIGHT.grad),
    "inside a container": lambda x: KEPT_DICT.update(losses=[{"loss": (x * 2,)}]),
}


@pytest.mark.parametrize("place", ESCAPES)
def test_a_traced_value_that_escapes(place: str) -> None:
    try:
        with pytest.raises(TracingError, match=r"stored a traced Value|left a traced Value|while tracing; a replay"):
            ad.jit(_with(ESCAPES[place]))(X)
    finally:
        KEPT_LIST.clear()
        KEPT_DICT.clear()
        _remembered.cache_clear()
        vars(_remembered).pop("kept", None)
        vars(types).pop("kept", None)
        vars(HIDDEN).clear()
        vars(NAMESPACE).clear()
        BOX.content = None


def test_a_traced_value_in_a_cell() -> None:
    kept = None

    def step(x: Any) -> Any:
        nonlocal kept
        kept = x * 2
        return x

    with pytest.raises(TracingError, match="stored a traced Value in closure kept"):
        ad.jit(step)(X)


def test_escapes_are_named() -> None:
    with pytest.raises(TracingError, match=r"left a traced Value of shape \(3,\) in attribute 'content' of a _Box"):
        ad.jit(_with(lambda x: _boxed("kept").put(x * 2)))(X)
    _boxed.cache_clear()


@pytest.mark.parametrize(
    "returned", [lambda x: {1, 2}, lambda x: _Box(), lambda x: iter([1]), lambda x: types.SimpleNamespace(loss=x * 2)]
)
def test_an_object_that_is_made_and_returned(returned: Any) -> None:
    with pytest.raises(TracingError, match=r"returned a \w+ that it made|left a traced Value"):
        ad.jit(returned)(X)


def test_a_function_that_is_returned_holds_no_traced_value() -> None:
    with pytest.raises(TracingError, match="left a traced Value"):
        ad.jit(lambda x: lambda: x)(X)
    assert ad.jit(lambda x: math.exp)(X) is math.exp


def test_no_graph_is_left_behind() -> None:
    """Neither garbage in cycles nor nodes: the program holds no Value but the captured ones."""
    model = nn.MLP(3, [4, 1], rng=0)

    def step(x: Any) -> Any:
        loss = model(x).sum()
        model.zero_grad()
        loss.backward()
        return loss

    run = ad.jit(step)
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(thing, Value) for thing in gc.get_objects())
        run(np.ones((2, 3)))
        assert sum(isinstance(thing, Value) for thing in gc.get_objects()) == before
    finally:
        gc.enable()


# --- what comes from outside -----------------------------------------------------------------------------------------


def test_a_recorded_value_from_outside() -> None:
    interior = WEIGHT * 2
    for step in (
        lambda x: interior * x,
        lambda x: interior.data * x,
        lambda x: interior.sum(),
        lambda x: interior.grad,
    ):
        with pytest.raises(TracingError, match=r"computed outside[\s\S]*in <lambda>, test_trace.py"):
            ad.jit(step)(X)


def test_backward_of_a_graph_from_outside() -> None:
    loss = (WEIGHT * WEIGHT).sum()
    for step in (lambda x: loss.backward(), lambda x: (WEIGHT * 3).sum().backward() or loss.backward()):
        with pytest.raises(TracingError, match="computed outside"):
            ad.jit(step)(X)
    WEIGHT.zero_grad()


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.update(x=state["x"] * 2),
        lambda state: state.update(more=1.0),
        lambda state: state["rest"].append(3.0),
        lambda state: state.pop("x"),
    ],
)
def test_a_container_among_the_arguments_that_is_changed(change: Any) -> None:
    def step(state: Any) -> Any:
        state["x"] * 2
        change(state)
        return state

    with pytest.raises(TracingError, match="step changed a list or dict that it was given"):
        ad.jit(step)({"x": X, "rest": [1.0]})


def test_a_constant_value_from_outside() -> None:
    """Comparisons and stop_gradient leave Values without a history: they are read like leaves."""
    mask, cut = WEIGHT > 0, ad.stop_gradient(WEIGHT)
    run = ad.jit(lambda x: (np.where(mask, x, 0.0), cut * x))
    assert run(X)[0].data.tolist() == [1.0, -2.0, 0.0]
    assert np.array_equal(run(X)[1].data, WEIGHT.data * X)


def test_the_result_of_a_jitted_function_from_outside() -> None:
    outside = ad.jit(lambda x: WEIGHT.sum() * x)(2.0)
    for step in (lambda x: outside * x, lambda x: outside > x, lambda x: outside.sum()):
        with pytest.raises(GraphError, match="result of a jitted function"):
            ad.jit(step)(X)
    with ad.no_grad(), pytest.raises(GraphError, match="result of a jitted function"):
        ad.jit(lambda x: outside * x)(X)
    with pytest.raises(TracingError, match="would bake"):
        ad.jit(lambda x: float(outside) * x)(X)


def _hidden(make: Any) -> Any:
    """A way to an array that no guard can follow: a cache."""
    kept = lru_cache(make)
    kept()
    return kept


@pytest.mark.parametrize(
    "use",
    [
        lambda x, a: x * a,
        lambda x, a: x * a[:],
        lambda x, a: x * a[::-1],
        lambda x, a: x * a.reshape(3, 1),
        lambda x, a: x * Value(a),
        lambda x, a: x[a.astype(int, copy=False) if a.dtype.kind == "i" else [0]] * a,
        lambda x, a: np.concatenate([x, a]),
        lambda x, a: np.where(a > 0, x, a),
        lambda x, a: a,
        lambda x, a: (WEIGHT * x).sum().backward(a.sum() * 0 + 1.0) or WEIGHT.data * a,
        lambda x, a: setattr(WEIGHT, "data", a),
        lambda x, a: setattr(WEIGHT, "grad", a),
        lambda x, a: (WEIGHT * x).backward(gradient=a),
    ],
)
def test_a_foreign_array_that_no_guard_covers(use: Any) -> None:
    hidden = _hidden(lambda: np.array([1.0, 2.0, 3.0]))
    before = WEIGHT.data.copy()
    with pytest.raises(TracingError, match=r"array of shape .* that is neither an argument nor reachable"):
        ad.jit(lambda x: use(x, hidden()))(X)
    assert np.array_equal(WEIGHT.data, before)


def test_arrays_made_inside_are_constants() -> None:
    def step(x: Any) -> Any:
        scale = np.arange(3.0)
        return x * scale + np.eye(3)[1] + np.linspace(0, 1, 3)[::-1], scale, np.zeros(2)

    run = ad.jit(step)
    for x in (X, 2 * X):
        for a, b in zip(run(x), step(x), strict=True):
            assert np.array_equal(a, b)
    scale = run(X)[1]
    scale += 100.0  # what a call returned is the caller's
    assert np.array_equal(run(X)[1], np.arange(3.0))


# --- leaves -----------------------------------------------------------------------------------------------------------


def test_item_assignment_and_other_in_place_forms() -> None:
    for step in (
        lambda x: x.__setitem__(0, 1.0),
        lambda x: np.add(x, 1.0, out=BUFFER),
        lambda x: BUFFER.__iadd__(x),
        lambda x: WEIGHT.data.__setitem__(0, x[0]),
    ):
        with pytest.raises(InPlaceError):
            ad.jit(step)(X)


def test_a_value_made_inside_is_a_new_leaf() -> None:
    def step(x: Any) -> Any:
        v, w, u = Value(x), Value([1.0, 2.0, 3.0]), Value(x.sum() * 2)
        (v * w * u).sum().backward()
        return v.grad, w.grad, u.grad, u.data

    run = ad.jit(step)
    for x in (X, 3 * X):
        for a, b in zip(run(x), step(x), strict=True):
            assert np.array_equal(a, b)
    assert run.cache_info().traces == 1


def test_a_gradient_of_another_shape() -> None:
    with pytest.raises(ShapeError, match=r"shape of its Value, \(3,\); it was given \(2,\)"):
        ad.jit(lambda x: setattr(WEIGHT, "grad", x))(np.ones(2))


def test_labels_and_shapes_are_plain() -> None:
    def step(x: Any) -> Any:
        assert x.shape == (3,) == np.shape(x)
        assert (len(x), x.ndim, x.size, x.dtype) == (3, 1, 3, np.float64)
        return x.reshape(x.shape[0], 1) * len(WEIGHT), WEIGHT.label

    assert ad.jit(step)(X)[1] == "weight"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_while_tracing_restores_every_leaf(error: type[BaseException]) -> None:
    w, b = Value(np.array([1.0, 2.0]), label="w"), Value(3.0)
    (w.sum() * b).backward()
    data, grads = (w.data.copy(), b.data), (w.grad.copy(), b.grad)

    def step(x: Any, fail: bool) -> Any:
        (w * x + b).sum().backward()
        w.data -= 0.1 * w.grad
        b.data = b.data * 2
        b.zero_grad()
        if fail:
            raise error
        return w

    run = ad.jit(step)
    with pytest.raises(error):
        run(np.ones(2), True)
    assert np.array_equal(w.data, data[0])
    assert b.data == data[1]
    assert np.array_equal(w.grad, grads[0])
    assert b.grad == grads[1]
    assert current_mode().trace is None
    run(np.ones(2), False)
    assert not np.array_equal(w.data, data[0])


def test_refusals_after_the_run_restore_every_leaf_too() -> None:
    w = Value(1.0)

    def step(x: Any) -> None:
        w.data = w.data + x.sum()
        HISTORY.append(1.0)

    with pytest.raises(TracingError, match="HISTORY"):
        ad.jit(step)(X)
    assert w.data == 1.0
    HISTORY.clear()


def test_a_value_in_a_keyword_would_be_baked() -> None:
    with pytest.raises(TracingError, match=r"decimals= of round|as an index"):
        ad.jit(lambda x: np.round(x, decimals=x.argmax()))(X)
    assert ad.jit(lambda x: np.isclose(x, 1.0, rtol=x.sum()))(X).tolist() == [True, False, True]


def test_a_trace_outside_jit_records_instructions() -> None:
    trace = Trace()
    with changed(trace=trace):
        x = trace.argument(X)
        y = np.tanh(x) + WEIGHT
    assert [step.primitive.name for step in trace.program.instructions] == ["tanh", "add"]
    assert [*trace.program.captured] == [WEIGHT]
    assert trace.made(y)
    assert not trace.made(WEIGHT)
