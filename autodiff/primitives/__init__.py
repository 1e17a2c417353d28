"""Every operation there is, and its derivative. The only place where an operation is added."""

from autodiff.primitives import (
    arithmetic,
    complex_parts,
    composites,
    contractions,
    extremes,
    fft,
    indexing,
    joining,
    linalg,
    nondifferentiable,
    powers,
    products,
    reductions,
    shaping,
    sorting,
    transcendental,
)
from autodiff.primitives.kinds import COMPOSITES, DISPATCH, TABLE

for entry in TABLE.values():
    entry.complete = True

__all__ = [
    "COMPOSITES",
    "DISPATCH",
    "TABLE",
    "arithmetic",
    "complex_parts",
    "composites",
    "contractions",
    "extremes",
    "fft",
    "indexing",
    "joining",
    "linalg",
    "nondifferentiable",
    "powers",
    "products",
    "reductions",
    "shaping",
    "sorting",
    "transcendental",
]
