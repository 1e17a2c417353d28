"""Check derivatives: differences with an error estimate, a gradient check that names the wrong operation, strategies."""

from autodiff.testing.differences import (
    Difference,
    Sides,
    complex_step,
    directional_difference,
    finite_difference,
    one_sided,
)

__all__ = ["Difference", "Sides", "complex_step", "directional_difference", "finite_difference", "one_sided"]
