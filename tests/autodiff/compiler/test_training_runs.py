"""A hundred steps of training: jitted and undecorated give the same losses to rounding, and learn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
import nn.scalar
from autodiff import Value
from nn.demo import load_digits

STEPS = 100
TEXT = (
    "the gradient of a sum is the sum of the gradients, and the gradient of a composition is a product: that is all "
    "there is to it. whoever watches every local derivative multiply its way back has seen the whole of it. "
)

both = pytest.mark.parametrize("native", [False, True], ids=["replay", "native"])


def losses(step: Callable[..., Any], calls: Iterator[tuple[Any, ...]]) -> Any:
    return np.array([float(step(*next(calls)).data) for _ in range(STEPS)])


def check(build: Callable[[], tuple[Any, Any, Any]], native: bool, traces: int = 1, below: float = 0.5) -> None:
    """build: gives a step, its calls, and its parameters · below: the share of the first loss that the last may have"""
    (plain, calls, expected), (other, same_calls, parameters) = build(), build()
    jitted = ad.jit(other, native=native)
    found, reference = losses(jitted, same_calls), losses(plain, calls)
    np.testing.assert_allclose(found, reference, rtol=1e-9)
    for p, q in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-7, atol=1e-9)
    assert reference[-5:].mean() < below * reference[:5].mean()
    assert jitted.cache_info() == (STEPS, traces, traces)


@both
def test_moons_with_one_value_per_weight(native: bool) -> None:
    """micrograd's demo: hinge loss, a penalty, and a learning rate that falls."""

    def build() -> Any:
        angles = np.linspace(0, np.pi, 10)
        outer, inner = np.c_[np.cos(angles), np.sin(angles)], np.c_[1 - np.cos(angles), 0.5 - np.sin(angles)]
        points, signs = np.concatenate([outer, inner]), np.repeat([-1.0, 1.0], 10)
        points += np.random.default_rng(0).normal(0, 0.1, points.shape)
        random.seed(1)
        model = nn.scalar.MLP(2, [6, 6, 1])

        def step(rate: float) -> Any:
            scores = [model([Value(float(x)), Value(float(y))]) for x, y in points]
            data = sum((1 + -sign * score).relu() for sign, score in zip(signs.tolist(), scores)) * (1.0 / len(points))
            loss = data + 1e-4 * sum(p * p for p in model.parameters())
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= rate * p.grad
            return loss

        return step, iter([(1.0 - 0.9 * k / STEPS,) for k in range(STEPS)]), model.parameters()

    check(build, native)


@both
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_digits_in_batches_of_two_sizes(optimizer: str, native: bool) -> None:
    def build() -> Any:
        digits = load_digits()
        images, labels = digits.train_x[:150], digits.train_y[:150]
        model = nn.MLP(64, [16, 10], "relu", rng=0)
        update = {"SGD": lambda ps: nn.SGD(ps, 0.1, momentum=0.9), "Adam": lambda ps: nn.Adam(ps, 0.01)}[optimizer](
            model.parameters()
        )

        def step(x: Any, y: Any) -> Any:
            loss = nn.cross_entropy(model(x), y)
            model.zero_grad()
            loss.backward()
            update.step()
            return loss

        def calls() -> Iterator[tuple[Any, ...]]:
            rng = np.random.default_rng(3)
            while True:
                order = rng.permutation(len(images))
                for start in range(0, len(order), 64):
                    chosen = order[start : start + 64]
                    yield images[chosen], labels[chosen]

        return step, calls(), model.parameters()

    check(build, native, traces=2)


class LSTM(nn.Module):
    """The next letter after each of some letters; Hochreiter and Schmidhuber (1997), with a forget gate."""

    def __init__(self, letters: int, size: int, rng: np.random.Generator) -> None:
        self.size = size
        self.inside = Value(rng.normal(0, 0.2, (letters, 4 * size)))
        self.recurrent = Value(rng.normal(0, 0.2, (size, 4 * size)))
        self.bias = Value(np.repeat([1.0, 0.0, 0.0, 0.0], size))
        self.out = Value(rng.normal(0, 0.2, (size, letters)))

    def __call__(self, letters: Any) -> Any:
        h = c = np.zeros((len(letters), self.size))
        logits = []
        for t in range(letters.shape[1]):
            gates = self.inside[letters[:, t]] + h @ self.recurrent + self.bias
            forget, write, read, new = np.split(gates, 4, axis=1)
            c = ad.sigmoid(forget) * c + ad.sigmoid(write) * np.tanh(new)
            h = ad.sigmoid(read) * np.tanh(c)
            logits.append(h @ self.out)
        return np.stack(logits, axis=1)


@both
def test_an_lstm_on_text(native: bool) -> None:
    def build() -> Any:
        alphabet = sorted(set(TEXT))
        numbers = np.array([alphabet.index(letter) for letter in TEXT])
        model = LSTM(len(alphabet), 12, np.random.default_rng(0))
        optimizer = nn.Adam(model.parameters(), 0.02)

        def step(letters: Any, following: Any) -> Any:
            logits = model(letters)
            loss = nn.cross_entropy(logits.reshape(-1, len(alphabet)), following.reshape(-1))
            model.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        def calls() -> Iterator[tuple[Any, ...]]:
            rng = np.random.default_rng(1)
            while True:
                starts = rng.integers(0, len(numbers) - 9, 8)
                windows = numbers[starts[:, None] + np.arange(9)]
                yield windows[:, :-1], windows[:, 1:]

        return step, calls(), model.parameters()

    check(build, native, below=0.8)
