"""Derivatives of plain functions: a reduction over a million numbers, a chain of small operations, a Hessian."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autodiff as ad
from autodiff import Value
from benchmarks.harness import Goal, Row, Step, jit
from benchmarks.peers import autograd, jax, mygrad, torch

# A million numbers ---------------------------------------------------------------------------------------------------

MILLION = np.random.default_rng(0).normal(size=1_000_000)


def waves(xp: Any) -> Callable[[Any], Any]:
    """F(x) = Σ tanh(x)·sin(x) + exp(−x²)·log1p(x²), in the NumPy of whoever asks."""

    def f(x: Any) -> Any:
        square = x * x
        return (xp.tanh(x) * xp.sin(x) + xp.exp(-square) * xp.log1p(square)).sum()

    return f


def waves_autodiff() -> Step:
    value_and_gradient = ad.value_and_grad(waves(np))
    return lambda: value_and_gradient(MILLION)


def waves_jit() -> Step:
    value_and_gradient = ad.jit(ad.value_and_grad(waves(np)))
    return lambda: value_and_gradient(MILLION)


def waves_by_hand() -> Step:
    def step() -> Any:
        x = MILLION
        square = x * x
        t, s, e, logarithm = np.tanh(x), np.sin(x), np.exp(-square), np.log1p(square)
        value = (t * s + e * logarithm).sum()
        return value, (1 - t * t) * s + t * np.cos(x) + 2 * x * e * (1 / (1 + square) - logarithm)

    return step


def waves_torch() -> Step:
    f, x = waves(torch), torch.from_numpy(MILLION.copy()).requires_grad_()

    def step() -> Any:
        value = f(x)
        return value, torch.autograd.grad(value, x)[0]

    return step


def waves_jax() -> Step:
    value_and_gradient, x = jax.jit(jax.value_and_grad(waves(jax.numpy))), jax.numpy.asarray(MILLION)
    return lambda: jax.block_until_ready(value_and_gradient(x))


def waves_autograd() -> Step:
    value_and_gradient = autograd.value_and_grad(waves(autograd.numpy))
    return lambda: value_and_gradient(MILLION)


def waves_mygrad() -> Step:
    f, x = waves(mygrad), mygrad.tensor(MILLION)

    def step() -> Any:
        value = f(x)
        value.backward()
        return value, x.grad

    return step


# A chain of 200 small operations --------------------------------------------------------------------------------------


def chain(xp: Any) -> Callable[[Any, Any, Any], Any]:
    """Forty times (multiply, add, tanh, subtract, sin): two hundred operations, then a sum."""

    def f(x: Any, w: Any, b: Any) -> Any:
        h = x
        for _ in range(40):
            h = xp.sin(xp.tanh(h * w + b) - x)
        return h.sum()

    return f


class Chain:
    """The chain at one shape; () makes it a chain of scalars."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        draw = np.random.default_rng(0)
        self.shape = shape
        self.start = [np.asarray(draw.normal(size=shape)) for _ in range(3)]

    def autodiff(self) -> Step:
        f, leaves = chain(np), [Value(a) for a in self.start]

        def step() -> Any:
            value = f(*leaves)
            value.backward()
            gradients = tuple(leaf.grad for leaf in leaves)
            for leaf in leaves:
                leaf.zero_grad()
            return value, *gradients

        return step

    def autodiff_jit(self) -> Step:
        value_and_gradients = ad.jit(ad.value_and_grad(chain(np), argnums=(0, 1, 2)))
        return lambda: value_and_gradients(*self.start)

    def by_hand(self) -> Step:
        def step() -> Any:
            x, w, b = self.start
            h, kept = x, []
            for _ in range(40):
                t = np.tanh(h * w + b)
                kept.append((h, t))
                h = np.sin(t - x)
            g, dx, dw, db = np.ones_like(h), np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
            for before, t in reversed(kept):
                g = g * np.cos(t - x)
                dx = dx - g
                g = g * (1 - t * t)
                dw, db = dw + g * before, db + g
                g = g * w
            return h.sum(), dx + g, dw, db

        return step

    def torch(self) -> Step:
        f, leaves = chain(torch), [torch.from_numpy(a.copy()).requires_grad_() for a in self.start]

        def step() -> Any:
            value = f(*leaves)
            value.backward()
            gradients = tuple(leaf.grad for leaf in leaves)
            for leaf in leaves:
                leaf.grad = None
            return value, *gradients

        return step

    def jax(self) -> Step:
        value_and_gradients = jax.jit(jax.value_and_grad(chain(jax.numpy), argnums=(0, 1, 2)))
        leaves = [jax.numpy.asarray(a) for a in self.start]
        return lambda: jax.block_until_ready(value_and_gradients(*leaves))

    def autograd(self) -> Step:
        value_and_gradients = autograd.value_and_grad(chain(autograd.numpy), argnum=(0, 1, 2))
        return lambda: value_and_gradients(*self.start)

    def mygrad(self) -> Step:
        f, leaves = chain(mygrad), [mygrad.tensor(a) for a in self.start]

        def step() -> Any:
            value = f(*leaves)
            value.backward()
            gradients = tuple(leaf.grad for leaf in leaves)
            for leaf in leaves:
                leaf.null_grad()
            return value, *gradients

        return step

    def row(self, key: str, *goals: Goal) -> Row:
        title = f"200 operations in a chain, shape {self.shape}: forward and backward"
        contestants = {
            "autodiff": self.autodiff,
            "autodiff jit": self.autodiff_jit,
            "NumPy by hand": self.by_hand,
            "PyTorch": self.torch,
            "JAX jit": self.jax,
            "autograd": self.autograd,
            "MyGrad": self.mygrad,
        }
        return Row(key, title, contestants, goals, rtol=1e-7)


# A Hessian ------------------------------------------------------------------------------------------------------------

POINT = np.random.default_rng(0).normal(size=100)


def rosenbrock(x: Any) -> Any:
    """F(x) = Σᵢ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²: Rosenbrock (1960), in n dimensions."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def hessian_autodiff() -> Step:
    hessian = ad.hessian(rosenbrock)
    return lambda: hessian(POINT)


def hessian_jit() -> Step:
    hessian = ad.jit(ad.hessian(rosenbrock))
    return lambda: hessian(POINT)


def hessian_by_hand() -> Step:
    def step() -> Any:
        x = POINT
        diagonal = np.full_like(x, 200)
        diagonal[0] = 0
        diagonal[:-1] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
        beside = -400 * x[:-1]
        return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)

    return step


def hessian_torch() -> Step:
    # The fastest of its three ways: torch.func.hessian takes four times as long, the plain double loop twenty times.
    hessian, x = torch.autograd.functional.hessian, torch.from_numpy(POINT.copy())
    return lambda: hessian(rosenbrock, x, vectorize=True)


def hessian_jax() -> Step:
    hessian, x = jax.jit(jax.hessian(rosenbrock)), jax.numpy.asarray(POINT)
    return lambda: jax.block_until_ready(hessian(x))


def hessian_autograd() -> Step:
    hessian = autograd.hessian(rosenbrock)
    return lambda: hessian(POINT)


ROWS = (
    Row(
        "waves",
        "value and gradient of Σ tanh·sin + exp(−x²)·log1p(x²), 10⁶ float64",
        {
            "autodiff": waves_autodiff,
            "autodiff jit": waves_jit,
            "NumPy by hand": waves_by_hand,
            "PyTorch": waves_torch,
            "JAX jit": waves_jax,
            "autograd": waves_autograd,
            "MyGrad": waves_mygrad,
        },
        (jit(0.2, "JAX jit"),),
    ),
    Chain((8,)).row("chain", Goal(0.35, "PyTorch")),
    Chain(()).row("chain-scalar"),
    Row(
        "hessian",
        "Hessian of the 100-dimensional Rosenbrock function",
        {
            "autodiff": hessian_autodiff,
            "autodiff jit": hessian_jit,
            "NumPy by hand": hessian_by_hand,
            "PyTorch": hessian_torch,
            "JAX jit": hessian_jax,
            "autograd": hessian_autograd,
        },
        (jit(5, "JAX jit"),),
    ),
)
