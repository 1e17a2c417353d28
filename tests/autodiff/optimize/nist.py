"""The nonlinear regressions of NIST's Statistical Reference Datasets (itl.nist.gov/div898/strd): models and answers.

Two of them are typed in; the others are read where the data lie beside the repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "nist"


class Problem(NamedTuple):
    """y = model(b, x). starts: two of them · certified: the parameters · squares: the sum of squared residuals."""

    name: str
    x: Any
    y: Any
    starts: tuple[Any, Any]
    certified: Any
    squares: float


def exponential_rise(b, x):
    return b[0] * (1 - np.exp(-b[1] * x))


def two_peaks(b, x):
    peaks = b[2] * np.exp(-(((x - b[3]) / b[4]) ** 2)) + b[5] * np.exp(-(((x - b[6]) / b[7]) ** 2))
    return b[0] * np.exp(-b[1] * x) + peaks


MODELS: dict[str, Callable[[Any, Any], Any]] = {
    "Misra1a": exponential_rise,
    "Misra1b": lambda b, x: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "Misra1c": lambda b, x: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "Chwirut2": lambda b, x: np.exp(-b[0] * x) / (b[1] + b[2] * x),
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "Gauss1": two_peaks,
    "Gauss3": two_peaks,
    "Kirby2": lambda b, x: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "Lanczos1": lambda b, x: b[0] * np.exp(-b[1] * x) + b[2] * np.exp(-b[3] * x) + b[4] * np.exp(-b[5] * x),
    "Nelson": lambda b, x: b[0] - b[1] * x[:, 0] * np.exp(-b[2] * x[:, 1]),
    "Rat42": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)),
    "Roszman1": lambda b, x: b[0] - b[1] * x - np.arctan(b[2] / (x - b[3])) / np.pi,
}

MISRA1A = Problem(
    "Misra1a",
    np.array([77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0]),
    np.array([10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78]),
    (np.array([500.0, 0.0001]), np.array([250.0, 0.0005])),
    np.array([2.3894212918e02, 5.5015643181e-04]),
    1.2455138894e-01,
)
DANWOOD = Problem(
    "DanWood",
    np.array([1.309, 1.471, 1.490, 1.565, 1.611, 1.680]),
    np.array([2.138, 3.421, 3.597, 4.340, 4.882, 5.660]),
    (np.array([1.0, 5.0]), np.array([0.7, 4.0])),
    np.array([7.6886226176e-01, 3.8604055871e00]),
    4.3173084083e-03,
)


def problems() -> list[Problem]:
    """Those that are typed in, and those that are there besides."""
    typed = {problem.name: problem for problem in (MISRA1A, DANWOOD)}
    return [*typed.values(), *(read(path) for path in sorted(FOLDER.glob("*.dat")) if path.stem not in typed)]


def read(path: Path) -> Problem:
    """A file of NIST's: its header says on which lines the starts and the data stand."""
    lines = path.read_text(encoding="ascii").splitlines()
    spans = re.findall(r"(?:Starting Values|Data) +\(lines +(\d+) +to +(\d+)\)", "\n".join(lines[:12]))
    starts, data = (lines[int(first) - 1 : int(last)] for first, last in spans)
    first, second, certified, _ = map(np.array, zip(*(_numbers(line.partition("=")[2]) for line in starts)))
    squares = next(line for line in lines if line.startswith("Residual Sum of Squares"))
    numbers = np.array([_numbers(line) for line in data if line.strip()])
    y, x = numbers[:, 0], numbers[:, 1:].squeeze()
    if path.stem == "Nelson":  # the model is of log y
        y = np.log(y)
    return Problem(path.stem, x, y, (first, second), certified, float(squares.split(":")[1]))


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]
