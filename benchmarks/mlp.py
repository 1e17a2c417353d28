"""One step of gradient descent on a multilayer perceptron: tanh in the hidden layers, squared error, no momentum."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autodiff as ad
import nn
from benchmarks.harness import Goal, Row, Step, jit
from benchmarks.peers import autograd, jax, mygrad, torch

RATE = 0.01


class Problem:
    """Inputs, targets and first weights, the same for everybody. E = 1/(2n) Σ ‖prediction − target‖²."""

    def __init__(self, sizes: Sequence[int], batch: int, dtype: DTypeLike) -> None:
        draw = np.random.default_rng(0)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.sizes = list(sizes)
        self.batch = batch
        self.x = draw.normal(size=(batch, sizes[0])).astype(dtype)
        self.y = draw.normal(size=(batch, sizes[-1])).astype(dtype)
        self.start = [
            ((draw.normal(size=(a, b)) / a**0.5).astype(dtype), np.zeros(b, dtype)) for a, b in pairwise(sizes)
        ]

    def weights(self) -> list[tuple[Any, Any]]:
        return [(w.copy(), b.copy()) for w, b in self.start]

    def autodiff(self) -> Step:
        step = self.training_step()
        return lambda: step(self.x, self.y)

    def autodiff_jit(self) -> Step:
        step = ad.jit(self.training_step())
        return lambda: step(self.x, self.y)

    def training_step(self) -> Callable[[Any, Any], Any]:
        model = nn.MLP(self.sizes[0], self.sizes[1:], activation="tanh", dtype=self.dtype)
        for p, start in zip(model.parameters(), (array for layer in self.start for array in layer), strict=True):
            p.data = start
        optimizer = nn.SGD(model.parameters(), learning_rate=RATE)

        def step(x: Any, y: Any) -> Any:
            loss = nn.squared_error(model(x), y)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return step

    def by_hand(self) -> Step:
        x, y, n = self.x, self.y, self.batch
        layers = self.weights()

        def step() -> Any:
            inputs = [x]
            for w, b in layers[:-1]:
                inputs.append(np.tanh(inputs[-1] @ w + b))
            w, b = layers[-1]
            residual = inputs[-1] @ w + b - y
            loss = (residual * residual).sum() * (0.5 / n)
            g = residual / n
            for i in range(len(layers) - 1, -1, -1):
                w, b = layers[i]
                h = inputs[i]
                dw, db = h.T @ g, g.sum(axis=0)
                if i:
                    g = (g @ w.T) * (1 - h * h)
                w -= RATE * dw
                b -= RATE * db
            return loss

        return step

    def torch(self, compiled: bool = False) -> Step:
        x, y, n = torch.from_numpy(self.x), torch.from_numpy(self.y), self.batch
        modules: list[Any] = []
        for w, b in self.weights():
            linear = torch.nn.Linear(*w.shape, dtype=x.dtype)
            linear.weight.data, linear.bias.data = torch.from_numpy(w.T.copy()), torch.from_numpy(b)
            modules += [linear, torch.nn.Tanh()]
        model = torch.nn.Sequential(*modules[:-1])
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

        def loss_of(x: Any, y: Any) -> Any:
            return ((model(x) - y) ** 2).sum() * (0.5 / n)

        loss_and_graph = torch.compile(loss_of) if compiled else loss_of

        def step() -> Any:
            optimizer.zero_grad()
            loss = loss_and_graph(x, y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    def jax(self) -> Step:
        np_ = jax.numpy
        x, y, n = np_.asarray(self.x), np_.asarray(self.y), self.batch
        layers = [(np_.asarray(w), np_.asarray(b)) for w, b in self.start]

        def loss_of(layers: Any, x: Any, y: Any) -> Any:
            h = x
            for w, b in layers[:-1]:
                h = np_.tanh(h @ w + b)
            w, b = layers[-1]
            return ((h @ w + b - y) ** 2).sum() * (0.5 / n)

        @jax.jit
        def update(layers: Any, x: Any, y: Any) -> Any:
            loss, gradients = jax.value_and_grad(loss_of)(layers, x, y)
            return loss, jax.tree.map(lambda p, g: p - RATE * g, layers, gradients)

        def step() -> Any:
            nonlocal layers
            loss, layers = jax.block_until_ready(update(layers, x, y))
            return loss

        return step

    def autograd(self) -> Step:
        np_ = autograd.numpy
        x, y, half = self.x, self.y, self.dtype.type(0.5 / self.batch)
        layers = self.weights()

        def loss_of(layers: Any) -> Any:
            h = x
            for w, b in layers[:-1]:
                h = np_.tanh(h @ w + b)
            w, b = layers[-1]
            return np_.sum((h @ w + b - y) ** 2) * half

        loss_and_gradients = autograd.value_and_grad(loss_of)

        def step() -> Any:
            loss, gradients = loss_and_gradients(layers)
            for (w, b), (dw, db) in zip(layers, gradients, strict=True):
                w -= RATE * dw
                b -= RATE * db
            return loss

        return step

    def mygrad(self) -> Step:
        x, y, half = self.x, self.y, self.dtype.type(0.5 / self.batch)
        layers = [(mygrad.tensor(w), mygrad.tensor(b)) for w, b in self.weights()]
        parameters = [p for layer in layers for p in layer]

        def step() -> Any:
            h = x
            for w, b in layers[:-1]:
                h = mygrad.tanh(h @ w + b)
            w, b = layers[-1]
            loss = ((h @ w + b - y) ** 2).sum() * half
            loss.backward()
            for p in parameters:
                p.data -= RATE * p.grad
                p.null_grad()
            return loss

        return step

    def row(self, key: str, *goals: Goal) -> Row:
        title = f"MLP {'-'.join(map(str, self.sizes))}, batch {self.batch}, {self.dtype}: one step of SGD"
        contestants: dict[str, Callable[[], Step]] = {
            "autodiff": self.autodiff,
            "autodiff jit": self.autodiff_jit,
            "NumPy by hand": self.by_hand,
            "PyTorch": self.torch,
            "torch.compile": partial(self.torch, compiled=True),
            "JAX jit": self.jax,
            "autograd": self.autograd,
            "MyGrad": self.mygrad,
        }
        return Row(key, title, contestants, goals, rtol=1e-9 if self.dtype == np.float64 else 1e-4)


ROWS = (
    Problem([2, 16, 16, 1], 100, np.float64).row("mlp-tiny", Goal(0.5, "PyTorch"), jit(0.15, "JAX jit")),
    Problem([64, 64, 32, 10], 32, np.float64).row("mlp-small", Goal(0.55, "PyTorch"), jit(0.25, "JAX jit")),
    Problem([784, 256, 128, 10], 64, np.float32).row("mlp-medium", Goal(1.35, "NumPy by hand"), jit(0.95, "JAX jit")),
    Problem([1024, 1024, 1024, 10], 256, np.float32).row("mlp-large", Goal(1.35, "the best"), jit(1.05, "the best")),
)
