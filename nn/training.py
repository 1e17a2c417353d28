"""fit: train a network on arrays, in mini-batches, and remember how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autodiff.modes import no_grad
from nn.arguments import check_functions, examples, metric_number, optimizer_for, split
from nn.checks import whole
from nn.initializers import Seed, generator
from nn.module import Module
from nn.optimizers import Optimizer
from nn.plot import Chart, curves
from nn.progress import Progress
from nn.steps import Loss, Steps

Metrics = Mapping[str, Callable[[Any, Any], Any]]


@dataclass
class History:
    """What `fit` saw: one number per epoch in each list.

    loss: the mean over the epoch's batches, while training · validation_loss: after each epoch, if there is validation
    metrics: name → numbers on the training examples, "validation_" and name → on the held-out ones, after each epoch
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """How many epochs have been run."""
        return len(self.loss)

    def plot(self, title: str = "") -> Chart:
        """The losses over the epochs, as a chart: `.save("loss.svg")`, also .png and .pdf.

        raises: MissingDependencyError without matplotlib
        """
        series = {"training": self.loss, "validation": self.validation_loss}
        return curves({name: numbers for name, numbers in series.items() if numbers}, title=title)

    def latest(self) -> dict[str, float]:
        """The last number of every list, by name."""
        lists = {"loss": self.loss, "validation_loss": self.validation_loss, **self.metrics}
        return {name: numbers[-1] for name, numbers in lists.items() if numbers}


def fit(
    model: Callable[[Any], Any],
    x: Any,
    y: Any,
    *,
    loss: Loss,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    validation: tuple[Any, Any] | float | None = None,
    metrics: Metrics | None = None,
    rng: Seed = None,
    progress: bool | None = None,
    jit: bool | str = "auto",
) -> History:
    """Train a model on examples, `epochs` times through all of them, in batches that are drawn anew each time.

    model: a Module, or any function of a batch of x · x: (n, ...) numbers · y: (n, ...) targets
    loss: a function of (prediction, batch of y) that returns a scalar, the mean over the batch
    optimizer: None for Adam(model.parameters()) · batch_size: None for all at once; the last batch may be smaller
    validation: (x, y), or the share of the examples to hold out, in (0, 1)
    metrics: name → function of (prediction, y) that returns a number
    rng: a Generator, a seed, or None: it draws the held-out examples and the batches
    progress: True shows a bar to a person at a terminal and prints lines otherwise; None only the bar; False nothing
    jit: "auto" compiles the step if there are several hundred to come and llvmlite is installed, and goes on without,
    with a NotCompiledWarning, where it cannot be traced; True compiles or raises; False runs its Python at each step.
    The numbers are the same to rounding
    returns: History · afterwards the model is in training or evaluation mode as before
    raises: ShapeError for no examples, or x and y of different lengths; DtypeError for what is not numeric, and for
    models, losses, metrics and optimisers of another kind; ArgumentError for NaN and infinities among x or y, for an
    optimiser that moves nothing the loss depends on, and for epochs, batch sizes and shares that make no sense

    >>> import numpy as np
    >>> from nn import MLP, SGD, squared_error
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> model = MLP(1, [8, 1], rng=0)
    >>> history = fit(model, x, x**2, loss=squared_error, optimizer=SGD(model.parameters(), 0.5), epochs=100, rng=0)
    >>> history.epochs, history.loss[-1] < 0.01
    (100, True)
    """
    metrics = {} if metrics is None else metrics
    check_functions(model, loss, metrics)
    rng = generator(rng)
    x, y = examples(x, y)
    whole("epochs", epochs)
    x, y, held_out = split(x, y, validation, rng)
    size = len(x) if batch_size is None else min(whole("batch_size", batch_size), len(x))
    optimizer = optimizer_for(model, optimizer)
    step = Steps(model, loss, optimizer, epochs * -(-len(x) // size), jit)
    history, was_training = History(), getattr(model, "training", None)
    with Progress(epochs, progress) as report:
        try:
            for _ in range(epochs):
                _switch(model, True)
                order = rng.permutation(len(x))
                total = 0.0
                for start in range(0, len(x), size):
                    batch = order[start : start + size]
                    total += len(batch) * step(x[batch], y[batch])
                history.loss.append(total / len(x))
                _switch(model, False)
                _assess(history, model, (x, y) if metrics else None, held_out, loss, metrics)
                report(history.latest())
        finally:
            _switch(model, was_training)
    return history


def _assess(history: History, model: Any, seen: Any, held_out: Any, loss: Loss, metrics: Metrics) -> None:
    """Add the numbers of this epoch: metrics on the training examples, loss and metrics on the held-out ones."""
    with no_grad():
        for prefix, pair in (("", seen), ("validation_", held_out)):
            if pair is None:
                continue
            x, y = pair
            prediction = model(x)
            if prefix:
                history.validation_loss.append(float(loss(prediction, y)))
            for name, metric in metrics.items():
                history.metrics.setdefault(prefix + name, []).append(metric_number(name, metric(prediction, y)))


def _switch(model: Any, training: bool | None) -> None:
    if isinstance(model, Module) and training is not None:
        model.train(training)
