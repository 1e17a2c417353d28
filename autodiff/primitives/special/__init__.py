"""SciPy's special functions. Loaded on first use: `import autodiff` does not load SciPy."""

from autodiff.primitives.kinds import TABLE
from autodiff.primitives.special import (
    bessel,
    error_functions,
    exponentials,
    gamma_functions,
    incomplete,
    information,
    sums,
)

for entry in TABLE.values():
    entry.complete = True

__all__ = ["bessel", "error_functions", "exponentials", "gamma_functions", "incomplete", "information", "sums"]
