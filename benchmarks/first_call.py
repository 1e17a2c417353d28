"""From nothing to the first result: `python -m benchmarks.first_call autodiff` (or `jax`) prints the microseconds.

Import, trace and compile of one training step, MLP 2-16-16-1 on a batch of 100, in this process, which is fresh.
"""

import importlib
import sys
import time
from itertools import pairwise
from typing import Any

SIZES, BATCH, RATE = (2, 16, 16, 1), 100, 0.01


def data() -> tuple[Any, Any]:
    """Inputs and targets."""
    import numpy as np

    draw = np.random.default_rng(0)
    return draw.normal(size=(BATCH, SIZES[0])), draw.normal(size=(BATCH, SIZES[-1]))


def autodiff() -> None:
    """Ours."""
    import autodiff as ad
    import nn

    model = nn.MLP(SIZES[0], list(SIZES[1:]), activation="tanh", rng=0)
    optimizer = nn.SGD(model.parameters(), learning_rate=RATE)

    @ad.jit
    def step(x: Any, y: Any) -> Any:
        loss = nn.squared_error(model(x), y)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    step(*data())


def jax() -> None:
    """JAX's."""
    import numpy as np

    jax = importlib.import_module("jax")
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    draw = np.random.default_rng(0)
    layers = [(draw.normal(size=(a, b)) / a**0.5, np.zeros(b)) for a, b in pairwise(SIZES)]

    def loss_of(layers: Any, x: Any, y: Any) -> Any:
        *hidden, (w, b) = layers
        for v, c in hidden:
            x = jax.numpy.tanh(x @ v + c)
        return ((x @ w + b - y) ** 2).sum() * (0.5 / BATCH)

    @jax.jit
    def step(layers: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(layers, x, y)
        return loss, jax.tree.map(lambda p, g: p - RATE * g, layers, gradients)

    jax.block_until_ready(step(layers, *data()))


if __name__ == "__main__":
    start = time.perf_counter()
    {"autodiff": autodiff, "jax": jax}[sys.argv[1]]()
    print((time.perf_counter() - start) * 1e6)
