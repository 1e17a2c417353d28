"""What `grad` costs over hand-written NumPy: twenty operations of several kinds, on ten thousand numbers."""

from typing import Any

import numpy as np

import autodiff as ad
from benchmarks.harness import Goal, Row, Step
from benchmarks.peers import autograd, jax, mygrad, torch

X, Y = np.random.default_rng(0).normal(size=(2, 10_000))


def twenty(xp: Any) -> Any:
    """The function, in the NumPy of whoever asks."""

    def f(x: Any, y: Any) -> Any:
        b = xp.exp(-(x * y * 0.1))
        c = xp.sin(x) + b
        d = xp.sqrt(c * c + 1.0)
        t = xp.tanh(d - y)
        k = xp.maximum(xp.log1p(t * t), x)
        m = xp.arctan(k / d) * b
        n = m - xp.mean(m)
        return xp.sum(n * n)

    return f


def by_hand() -> Step:
    """The chain rule as one would write it: nothing computed twice, nothing kept that is not needed."""

    def step() -> Any:
        x, y = X, Y
        b = np.exp(-(x * y * 0.1))
        c = np.sin(x) + b
        d = np.sqrt(c * c + 1.0)
        t = np.tanh(d - y)
        square = t * t
        h = np.log1p(square)
        k = np.maximum(h, x)
        q = k / d
        a = np.arctan(q)
        m = a * b
        n = m - np.mean(m)
        value = np.sum(n * n)

        dn = 2.0 * n
        dm = dn - np.mean(dn)
        dq = dm * b / (1.0 + q * q)
        dk = dq / d
        dh = np.where(h > x, dk, 0.0)
        du = dh * 2.0 * t / (1.0 + square) * (1.0 - square)
        dc = (du - dk * q) * c / d
        db = dm * a + dc
        da = db * b * -0.1
        return value, da * y + dc * np.cos(x) + (dk - dh), da * x - du

    return step


def autodiff_eager() -> Step:
    value_and_gradients = ad.value_and_grad(twenty(np), argnums=(0, 1))
    return lambda: value_and_gradients(X, Y)


def autodiff_jit() -> Step:
    value_and_gradients = ad.jit(ad.value_and_grad(twenty(np), argnums=(0, 1)))
    return lambda: value_and_gradients(X, Y)


def in_torch() -> Step:
    f, leaves = twenty(torch), [torch.from_numpy(a.copy()).requires_grad_() for a in (X, Y)]

    def step() -> Any:
        value = f(*leaves)
        return value, *torch.autograd.grad(value, leaves)

    return step


def in_jax() -> Step:
    value_and_gradients = jax.jit(jax.value_and_grad(twenty(jax.numpy), argnums=(0, 1)))
    leaves = [jax.numpy.asarray(a) for a in (X, Y)]
    return lambda: jax.block_until_ready(value_and_gradients(*leaves))


def in_autograd() -> Step:
    value_and_gradients = autograd.value_and_grad(twenty(autograd.numpy), argnum=(0, 1))
    return lambda: value_and_gradients(X, Y)


def in_mygrad() -> Step:
    f, leaves = twenty(mygrad), [mygrad.tensor(a) for a in (X, Y)]

    def step() -> Any:
        value = f(*leaves)
        value.backward()
        return value, *(leaf.grad for leaf in leaves)

    return step


ROWS = (
    Row(
        "operations",
        "value and gradient of twenty operations on 10⁴ float64",
        {
            "autodiff": autodiff_eager,
            "autodiff jit": autodiff_jit,
            "NumPy by hand": by_hand,
            "PyTorch": in_torch,
            "JAX jit": in_jax,
            "autograd": in_autograd,
            "MyGrad": in_mygrad,
        },
        (Goal(3, "NumPy by hand"),),
    ),
)
