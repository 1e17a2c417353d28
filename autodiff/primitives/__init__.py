"""Every operation there is, and its derivative. The only place where an operation is added."""

from autodiff.primitives import (
    arithmetic,
    choosing,
    complex_parts,
    composites,
    contractions,
    diagonals,
    extremes,
    fft,
    indexing,
    joining,
    linalg,
    nondifferentiable,
    powers,
    products,
    questions,
    reductions,
    shaping,
    sorting,
    spacing,
    stacking,
    transcendental,
    turning,
)
from autodiff.primitives.kinds import COMPOSITES, DISPATCH, TABLE

for entry in TABLE.values():
    entry.complete = True

__all__ = [
    "COMPOSITES",
    "DISPATCH",
    "TABLE",
    "arithmetic",
    "choosing",
    "complex_parts",
    "composites",
    "contractions",
    "diagonals",
    "extremes",
    "fft",
    "indexing",
    "joining",
    "linalg",
    "nondifferentiable",
    "powers",
    "products",
    "questions",
    "reductions",
    "shaping",
    "sorting",
    "spacing",
    "stacking",
    "transcendental",
    "turning",
]
