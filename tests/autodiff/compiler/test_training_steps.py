"""Whole training steps, jitted and undecorated, agree bit for bit: results, data, gradients, state of the optimiser."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
import nn.scalar
from autodiff import Value

from .alike import assert_identical, assert_step_alike


def batches(count: int, dtype: Any = np.float64, size: int = 7) -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(1)
    return [(rng.normal(size=(size, 3)).astype(dtype), rng.normal(size=(size, 2)).astype(dtype)) for _ in range(count)]


def state_of(optimizer: Any) -> list[Value]:
    found = []
    for attribute in vars(optimizer).values():
        found += [v for v in (attribute if isinstance(attribute, list) else [attribute]) if isinstance(v, Value)]
    return found


OPTIMIZERS = {
    "SGD": lambda ps: nn.SGD(ps, 0.1),
    "momentum": lambda ps: nn.SGD(ps, 0.1, momentum=0.9),
    "Adam": lambda ps: nn.Adam(ps, 0.01),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_perceptron(name: str, dtype: Any) -> None:
    def build() -> Any:
        model = nn.MLP(3, [8, 8, 2], rng=0, dtype=dtype)
        optimizer = OPTIMIZERS[name](model.parameters())

        def step(x: Any, y: Any) -> Any:
            loss = nn.squared_error(model(x), y)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return step, [*model.parameters(), *state_of(optimizer)]

    assert_step_alike(build, batches(25, dtype))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softmax", "tanh"])
def test_classifier(activation: str) -> None:
    rng = np.random.default_rng(2)
    calls = [(rng.normal(size=(6, 3)), rng.integers(0, 4, 6)) for _ in range(10)]

    def build() -> Any:
        model = nn.MLP(3, [5, 4], activation, rng=0)
        optimizer = nn.Adam(model.parameters())

        def step(x: Any, labels: Any) -> Any:
            logits = model(x)
            loss = nn.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return {"loss": loss, "right": (logits.argmax(axis=1) == labels).mean()}

        return step, [*model.parameters(), *state_of(optimizer)]

    assert_step_alike(build, calls)


def test_dropout_draws_anew_and_the_same_as_undecorated() -> None:
    def build() -> Any:
        dropout = nn.Dropout(0.5, rng=3)
        model = nn.Sequential(nn.Layer(3, 8, rng=0), dropout, nn.Layer(8, 8, rng=1), dropout, nn.Linear(8, 2, rng=2))
        optimizer = nn.SGD(model.parameters(), 0.1)

        def step(x: Any, y: Any) -> Any:
            loss = nn.squared_error(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return step, model.parameters()

    x, y = batches(1)[0]
    assert_step_alike(build, [(x, y)] * 8)


def test_dropout_of_two_layers_with_one_generator_keeps_its_order() -> None:
    def build() -> Any:
        rng = np.random.default_rng(5)
        first, second = nn.Dropout(0.3, rng=rng), nn.Dropout(0.6, rng=rng)
        w = Value(np.linspace(-1, 1, 6))

        def step(x: Any) -> Any:
            loss = (second(first(w * x) + w) ** 2).sum()
            w.zero_grad()
            loss.backward()
            w.data -= 0.1 * w.grad
            return loss

        return step, [w]

    assert_step_alike(build, [(np.arange(6.0),)] * 6)


def test_dropout_on_plain_arrays() -> None:
    plain, other = nn.Dropout(0.5, rng=0), nn.Dropout(0.5, rng=0)
    jitted = ad.jit(other)
    for _ in range(3):
        assert_identical(jitted(np.ones((2, 3))), plain(np.ones((2, 3))))


def test_dropout_in_evaluation_and_back() -> None:
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Dropout(0.5, rng=1))
    x = np.ones((2, 3))
    run = ad.jit(model)
    masked = run(x).data
    model.eval()
    assert_identical(run(x).data, model(x).data)
    assert_identical(run(x).data, run(x).data)
    model.train()
    again = run(x).data
    assert (again == 0).any()
    assert not np.array_equal(masked, again)
    assert run.cache_info().traces == 2


def test_micrograd_loop_with_the_decorator_alone() -> None:
    """The loop of micrograd's own demo: lists of Values, data read in Python, the loss and the accuracy returned."""
    rng = np.random.default_rng(4)
    xs, ys = rng.normal(size=(6, 2)), np.array([1, -1, 1, 1, -1, -1])

    def build() -> Any:
        random.seed(1337)
        model = nn.scalar.MLP(2, [4, 1])

        def step(xs: Any, ys: Any, rate: float) -> Any:
            inputs = [list(map(Value, row)) for row in xs]
            scores = list(map(model, inputs))
            losses = [(1 + -yi * si).relu() for yi, si in zip(ys, scores)]
            data_loss = sum(losses) * (1.0 / len(losses))
            loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
            accuracy = [(yi > 0) == (si.data > 0) for yi, si in zip(ys, scores)]
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= rate * p.grad
            return loss, sum(accuracy) / len(accuracy)

        return step, model.parameters()

    plain, expected = build()
    other, leaves = build()
    jitted = ad.jit(other)
    for k in range(12):
        rate = 1.0 - 0.05 * k
        a, b = jitted(xs, ys, rate), plain(xs, ys, rate)
        assert a[0].data == b[0].data
        assert a[0].grad == b[0].grad == 1.0
        assert float(a[1]) == float(b[1])
        for p, q in zip(leaves, expected):
            assert (p.data, p.grad) == (q.data, q.grad)
            assert type(p.data) is float
    assert jitted.cache_info().traces == 1


LEARNING_RATE = 1.0


def test_micrograd_demo_rebinds_its_learning_rate() -> None:
    global LEARNING_RATE
    results: dict[str, list[float]] = {}
    for name, decorate in (("plain", lambda f: f), ("jitted", ad.jit)):
        w = Value(3.0)

        def step(x: float, w: Value = w) -> Any:
            loss = (w * x - 1.0) ** 2
            w.zero_grad()
            loss.backward()
            w.data -= LEARNING_RATE * w.grad  # noqa: B023 (rebound between calls: that is the point)
            return loss

        run = decorate(step)
        for k in range(5):
            LEARNING_RATE = 0.1 / (k + 1)
            run(0.5 + k)
            results.setdefault(name, []).append(w.data)
    assert results["plain"] == results["jitted"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gradients_accumulate_over_calls(dtype: Any) -> None:
    """Without zero_grad, as undecorated: the first program finds no gradient, the second one does."""

    def build() -> Any:
        w = Value(np.array([1.0, -2.0], dtype))

        def step(x: Any) -> Any:
            loss = (w * x).sum() + (w * w).sum()
            loss.backward()
            return loss

        return step, [w]

    assert_step_alike(build, [(np.array([k, 1.0], dtype),) for k in range(5)], traces=2)


def test_a_gradient_that_was_not_run() -> None:
    def build() -> Any:
        used, unused = Value(2.0, label="used"), Value(np.ones(2), label="unused")

        def step(x: float) -> Any:
            used.zero_grad()
            (used * x).backward()
            return used.grad + unused.grad.sum(), unused.grad

        return step, [used, unused]

    assert_step_alike(build, [(1.0,), (2.0,)])


def test_zero_grad_alone_and_a_gradient_that_is_set() -> None:
    w = Value(np.ones(3))
    (w * 2).sum().backward()
    clear = ad.jit(w.zero_grad)
    clear()
    assert w._grad is None
    fill = ad.jit(lambda g: setattr(w, "grad", 2 * g))
    fill(np.arange(3.0))
    assert w.grad.tolist() == [0.0, 2.0, 4.0]
    clear()
    assert w.grad.tolist() == [0.0, 0.0, 0.0]


def test_two_losses_and_a_second_backward() -> None:
    def build() -> Any:
        w, b = Value(np.array([0.5, -1.5])), Value(0.25)

        def step(x: Any) -> Any:
            for p in (w, b):
                p.zero_grad()
            hidden = np.tanh(w * x + b)
            first, second = hidden.sum(), (hidden * hidden).sum()
            first.backward()
            second.backward()
            second.backward()
            for p in (w, b):
                p.data = p.data - 0.1 * p.grad
            return first, second, hidden

        return step, [w, b]

    assert_step_alike(build, [(np.array([1.0, 2.0]) * k,) for k in range(4)])


def test_data_rebound_and_used_again_in_one_step() -> None:
    """The second forward pass sees the new data, and so does the second update."""

    def build() -> Any:
        w = Value(np.array([1.0, 2.0]))

        def step(x: Any) -> Any:
            for _ in range(3):
                loss = (w * w * x).sum()
                w.zero_grad()
                loss.backward()
                w.data -= 0.01 * w.grad
            return loss, w.data

        return step, [w]

    assert_step_alike(build, [(np.array([1.0, 2.0]),)] * 4)


def test_a_schedule_held_in_a_value() -> None:
    def build() -> Any:
        model = nn.Linear(3, 2, rng=0)
        optimizer = nn.SGD(model.parameters(), 0.5)

        def step(x: Any, y: Any) -> Any:
            loss = nn.mean_squared_error(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            optimizer.learning_rate = optimizer.learning_rate * 0.9
            return loss

        return step, [*model.parameters(), *state_of(optimizer)]

    assert_step_alike(build, batches(6))


def test_a_learning_rate_set_from_outside_needs_no_second_trace() -> None:
    models = [nn.Linear(3, 2, rng=0) for _ in range(2)]
    optimizers = [nn.SGD(model.parameters(), 1.0) for model in models]

    def step_of(model: Any, optimizer: Any) -> Any:
        def step(x: Any, y: Any) -> None:
            loss = nn.mean_squared_error(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return step

    plain, other = map(step_of, models, optimizers)
    jitted = ad.jit(other)
    for rate, (x, y) in zip([0.1, 0.2, 0.3], batches(3)):
        for optimizer in optimizers:
            optimizer.learning_rate = rate
        plain(x, y)
        assert jitted(x, y) is None
    assert_identical(models[0].state_dict(), models[1].state_dict())
    assert jitted.cache_info().traces == 1


def test_complex_parameters() -> None:
    def build() -> Any:
        w = Value(np.array([1 + 2j, -0.5j]))
        optimizer = nn.SGD([w], 0.1, momentum=0.5)

        def step(x: Any) -> Any:
            loss = (np.abs(w * x - 1) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return step, [w]

    assert_step_alike(build, [(np.array([1.0, 1j]),)] * 5)


def test_retain_graph_false() -> None:
    def build() -> Any:
        w = Value(np.array([1.0, 2.0]))

        def step(x: Any) -> Any:
            w.zero_grad()
            loss = (np.sin(w) * x).sum()
            loss.backward(retain_graph=False)
            return loss.data, w.grad

        return step, [w]

    assert_step_alike(build, [(np.array([1.0, 2.0]),), (np.array([3.0, 4.0]),)])
