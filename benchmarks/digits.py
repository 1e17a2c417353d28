"""Training to an accuracy: a multilayer perceptron on the handwritten digits, data and settings as scikit-learn's."""

import warnings
from typing import Any

import numpy as np

import nn
from benchmarks.harness import Row, Step, jit
from benchmarks.peers import sklearn

HIDDEN, BATCH, EPOCHS, RATE = (64, 32), 64, 20, 0.003
REACHED = 0.95  # of 360 digits that were held out


def digits() -> tuple[Any, Any, Any, Any]:
    """1,437 digits to learn from and 360 held out: images (n, 64) in [0, 1], labels (n,)."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16, y[order]
    return x[360:], y[360:], x[:360], y[:360]


def _ours(compiled: bool) -> Step:
    x, y, x_held, y_held = digits()

    def step() -> Any:
        model = nn.MLP(64, [*HIDDEN, 10], activation="tanh", rng=0)
        optimizer = nn.Adam(model.parameters(), learning_rate=RATE)
        given: Any = {"epochs": EPOCHS, "batch_size": BATCH, "optimizer": optimizer, "rng": 0, "progress": False}
        nn.fit(model, x, y, loss=nn.cross_entropy, jit=compiled, **given)
        return np.mean(model(x_held).data.argmax(axis=1) == y_held) >= REACHED

    return step


def autodiff() -> Step:
    return _ours(False)


def autodiff_jit() -> Step:
    return _ours(True)


def scikit_learn() -> Step:
    x, y, x_held, y_held = digits()

    def step() -> Any:
        model = sklearn.neural_network.MLPClassifier(
            HIDDEN, activation="tanh", solver="adam", alpha=0.0, batch_size=BATCH, learning_rate_init=RATE,
            max_iter=EPOCHS, tol=0.0, n_iter_no_change=EPOCHS, random_state=0,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it was stopped after so many epochs
            model.fit(x, y)
        return np.mean(model.predict(x_held) == y_held) >= REACHED

    return step


CONTESTANTS = {"autodiff": autodiff, "autodiff jit": autodiff_jit, "scikit-learn": scikit_learn}
ROWS = (
    Row(
        "digits",
        f"train 64-64-32-10 on 1,437 digits, batch {BATCH}, {EPOCHS} epochs of Adam, to {REACHED:.0%} of 360 others",
        CONTESTANTS if sklearn is not None else {},
        (jit(1 / 3, "scikit-learn"),),
    ),
)
