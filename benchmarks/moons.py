"""micrograd's demo: a scalar MLP 2-16-16-1 on a hundred points of two moons, hinge loss and L2, one full step."""

import random
from typing import Any

import numpy as np
from sklearn.datasets import make_moons

import autodiff as ad
from autodiff import Value
from benchmarks.harness import Goal, Row, Step, jit
from benchmarks.peers import micrograd
from nn import scalar

POINTS, LABELS = make_moons(n_samples=100, noise=0.1, random_state=0)
SIGNS = LABELS * 2 - 1


def training_step(make_value: Any, model: Any) -> Step:
    """The cell of micrograd's notebook, word for word but for the schedule of its learning rate."""
    draw = random.Random(0)
    for p in model.parameters():
        p.data = draw.uniform(-1, 1)

    def step() -> Any:
        inputs = [list(map(make_value, row)) for row in POINTS.tolist()]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(SIGNS.tolist(), scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        return total_loss.data

    return step


def ours() -> Step:
    return training_step(Value, scalar.MLP(2, [16, 16, 1]))


def compiled() -> Step:
    return ad.jit(ours())


def theirs() -> Step:
    return training_step(micrograd.Value, micrograd.MLP(2, [16, 16, 1]))


def by_hand() -> Step:
    """The same network on whole arrays: what one number a node costs."""
    draw = random.Random(0)
    layers = []
    for inputs, outputs in ((2, 16), (16, 16), (16, 1)):
        neurons = [[draw.uniform(-1, 1) for _ in range(inputs + 1)] for _ in range(outputs)]
        layers.append((np.array(neurons)[:, :-1].T.copy(), np.array(neurons)[:, -1].copy()))

    def step() -> Any:
        hidden = [POINTS]
        for w, b in layers[:-1]:
            hidden.append(np.maximum(hidden[-1] @ w + b, 0))
        w, b = layers[-1]
        margin = 1 - SIGNS[:, None] * (hidden[-1] @ w + b)
        loss = np.maximum(margin, 0).mean() + 1e-4 * sum((w * w).sum() + (b * b).sum() for w, b in layers)
        g = np.where(margin > 0, -SIGNS[:, None], 0) / len(SIGNS)
        for i in range(len(layers) - 1, -1, -1):
            w, b = layers[i]
            h = hidden[i]
            dw, db = h.T @ g + 2e-4 * w, g.sum(axis=0) + 2e-4 * b
            if i:
                g = (g @ w.T) * (h > 0)
            w -= 0.1 * dw
            b -= 0.1 * db
        return loss

    return step


ROWS = (
    Row(
        "moons",
        "micrograd's moons: scalar MLP 2-16-16-1, 100 samples, one number a node",
        {"autodiff": ours, "autodiff jit": compiled, "NumPy by hand": by_hand, "micrograd": theirs},
        (Goal(0.3, "micrograd"), jit(0.0005, "micrograd")),
    ),
)
