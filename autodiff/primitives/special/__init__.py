"""SciPy's special functions. Loaded on first use: `import autodiff` does not load SciPy."""

from autodiff.primitives.kinds import Primitive
from autodiff.primitives.special import (
    bessel,
    error_functions,
    exponentials,
    gamma_functions,
    incomplete,
    information,
    sums,
)

for module in (bessel, error_functions, exponentials, gamma_functions, incomplete, information):
    for entry in vars(module).values():
        if isinstance(entry, Primitive):
            entry.complete = True

__all__ = ["bessel", "error_functions", "exponentials", "gamma_functions", "incomplete", "information", "sums"]
