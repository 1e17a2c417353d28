"""Samples for every entry of the table: a module for each part of NumPy, all of them together in SAMPLES and FLAT."""

from typing import Any

from tests.samples import bridges, core, fourier, linear_algebra, matrix_functions, numbers, shapes, special
from tests.samples.sample import Sample, made

MODULES: tuple[Any, ...] = (core, fourier, linear_algebra, numbers, shapes, matrix_functions, special, bridges)

SAMPLES: dict[str, list[Sample]] = {name: samples for module in MODULES for name, samples in module.SAMPLES.items()}
"""Calls of differentiable entries that are not elementwise."""

FLAT: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    name: calls for module in MODULES for name, calls in getattr(module, "FLAT", {}).items()
}
"""Calls of entries without a derivative."""

__all__ = ["FLAT", "SAMPLES", "Sample", "made"]
