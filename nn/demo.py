"""Learn to read handwritten digits, check the gradient, draw what was learned: `python -m nn.demo`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autodiff import Value, no_grad
from autodiff.drawing import Picture, draw
from autodiff.errors import MissingDependencyError
from autodiff.testing import finite_difference
from nn import MLP, Adam, Module, accuracy, cross_entropy, fit
from nn.plot import Chart, image_grid
from nn.scalar import Neuron

SEED = 0
TEST_SHARE = 0.2
SHOWN = 60  # digits in the grid
CHECKED = 10  # weights of every array whose gradient is compared with differences


class Digits(NamedTuple):
    """Training and test examples: images as rows of 64 numbers in [0, 1], labels 0 to 9."""

    train_x: NDArray[np.float64]
    train_y: NDArray[np.int64]
    test_x: NDArray[np.float64]
    test_y: NDArray[np.int64]


def load_digits(seed: int = SEED) -> Digits:
    """The 1,797 digits of 8 × 8 pixels that scikit-learn carries, a fifth of them set aside for the test.

    source: E. Alpaydin and C. Kaynak, Optical recognition of handwritten digits, UCI machine learning repository (1998)
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise MissingDependencyError("the digits come with scikit-learn: pip install 'autodiff[sklearn]'") from error
    images, labels = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(images))
    test, train = np.split(order, [round(TEST_SHARE * len(images))])
    return Digits(images[train] / 16, labels[train], images[test] / 16, labels[test])


def gradient_error(model: Module, x: Any, y: Any, rng: np.random.Generator) -> tuple[float, int]:
    """How far `backward` is from finite differences of the loss, for weights drawn at random from every array.

    returns: max |gradient − difference| / max |gradient| of the same array, and over how many weights
    """
    model.zero_grad()
    cross_entropy(model(x), y).backward()
    worst, count = 0.0, 0
    for parameter in model.parameters():
        start, gradient = parameter.data.copy(), np.ravel(parameter.grad)
        chosen = rng.choice(start.size, min(CHECKED, start.size), replace=False)

        def loss(weights: Any, parameter: Value = parameter, start: Any = start, chosen: Any = chosen) -> float:
            moved = start.copy()
            moved.flat[chosen] = weights
            parameter.data = moved
            with no_grad():
                return float(cross_entropy(model(x), y))

        difference = finite_difference(loss, start.flat[chosen]).derivative
        parameter.data = start
        worst = max(worst, float(np.abs(gradient[chosen] - difference).max() / np.abs(gradient).max()))
        count += len(chosen)
    return worst, count


def neuron_picture(model: MLP, image: NDArray[np.float64]) -> Picture:
    """A hidden neuron, one Value per number: the two pixels of this image that move it most, and all others as one.

    Beside the numbers stand the derivatives of its output, and on the edges the local ones they are products of. Of all
    neurons it is one that is neither idle nor saturated: tanh has a slope there that is worth looking at.
    """
    first = model.layers[0]
    w, b = (first.state_dict()[name] for name in ("w", "b"))
    unit = int(np.argmin(abs(abs(image @ w + b) - 0.8)))
    contributions = image * w[:, unit]
    strongest = np.argsort(-abs(contributions), kind="stable")[:2]
    neuron = Neuron(2, nonlin=False)
    inputs = [Value(image[pixel], label=_place("pixel", pixel)) for pixel in strongest]
    for weight, pixel in zip(neuron.w, strongest):
        weight.data, weight.label = w[pixel, unit], _place("weight", pixel)
    neuron.b.data = b[unit] + contributions.sum() - contributions[strongest].sum()
    neuron.b.label = "bias and 62 other pixels"
    out = neuron(inputs).tanh()
    out.label = f"hidden neuron {unit}"
    out.backward()
    return draw(out)


def _place(what: str, pixel: int) -> str:
    return f"{what} row {pixel // 8}, column {pixel % 8}"


def digits_picture(x: Any, labels: Any, predictions: Any) -> Chart:
    """A grid of test digits with what the network reads, the misread ones, up to a third, framed."""
    wrong = np.flatnonzero(predictions != labels)[: SHOWN // 3]
    right = np.flatnonzero(predictions == labels)[: SHOWN - len(wrong)]
    shown = np.sort(np.concatenate([wrong, right]))
    captions = [
        f"{predictions[i]}" if predictions[i] == labels[i] else f"{predictions[i]}, is {labels[i]}" for i in shown
    ]
    marked = np.flatnonzero(np.isin(shown, wrong)).tolist()
    title = f"What the network reads in {len(shown)} of {len(x)} test digits; misread ones are framed"
    return image_grid(x[shown].reshape(-1, 8, 8), captions, marked, columns=10, title=title)


def _say(text: str) -> None:
    print(text, flush=True)  # in order with the progress of training, which goes to the standard error


def run(output: Path, seed: int = SEED) -> float:
    """The whole demonstration, told as it goes. Returns the test accuracy."""
    began = time.perf_counter()
    digits = load_digits(seed)
    _say(f"{len(digits.train_y):,} handwritten digits to learn from, {len(digits.test_y)} to test with.\n")
    model = MLP(64, [64, 64, 10], rng=seed)
    _say(f"{model}\n{sum(p.size for p in model.parameters()):,} weights. Training ...")
    history = fit(
        model,
        digits.train_x,
        digits.train_y,
        loss=cross_entropy,
        optimizer=Adam(model.parameters(), learning_rate=2e-3),
        epochs=40,
        batch_size=32,
        validation=0.1,
        rng=seed,
        progress=True,
    )
    with no_grad():
        scores = model(digits.test_x).data
    reached = accuracy(scores, digits.test_y)
    right = round(reached * len(digits.test_y))
    _say(f"\nTest accuracy: {reached:.1%} ({right} of {len(digits.test_y)}).")
    error, count = gradient_error(model, digits.train_x[:100], digits.train_y[:100], np.random.default_rng(seed))
    _say(f"Gradient against finite differences: largest relative error {error:.1e}, over {count} weights.")

    output.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, tuple[Picture | Chart, str]] = {
        "neuron": (neuron_picture(model, digits.test_x[0]), "one neuron: data, gradients, local derivatives"),
        "loss": (history.plot("Learning to read digits"), "the loss while training"),
        "digits": (digits_picture(digits.test_x, digits.test_y, scores.argmax(axis=1)), "predictions"),
    }
    _say(f"Pictures in {output.resolve()}:")
    for name, (picture, what) in pictures.items():
        for ending in ("svg", "png"):
            picture.save(output / f"{name}.{ending}")
        _say(f"  {name}.svg, {name}.png".ljust(28) + what)
    _say(f"All done in {time.perf_counter() - began:.1f} seconds.")
    return reached


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m nn.demo", description=__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("demo-output"), help="folder for the pictures (demo-output)"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="fixes the split, the first weights and the batches")
    options = parser.parse_args(arguments)
    try:
        run(options.output, options.seed)
    except (MissingDependencyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
