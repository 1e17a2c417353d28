"""Check derivatives: differences with an error estimate, a check that names the wrong operation, strategies."""

from typing import TYPE_CHECKING, Any

from autodiff.testing.check import check_grad
from autodiff.testing.differences import (
    Difference,
    Sides,
    complex_step,
    directional_difference,
    finite_difference,
    one_sided,
)
from autodiff.testing.judge import GradientMismatchError, NotDifferentiableError, Report

if TYPE_CHECKING:
    from autodiff.testing.programs import Expression
    from autodiff.testing.strategies import arrays, expressions, shapes, values

__all__ = [
    "Difference",
    "Expression",
    "GradientMismatchError",
    "NotDifferentiableError",
    "Report",
    "Sides",
    "arrays",
    "check_grad",
    "complex_step",
    "directional_difference",
    "expressions",
    "finite_difference",
    "one_sided",
    "shapes",
    "values",
]


def __getattr__(name: str) -> Any:
    """Load the strategies, which need Hypothesis, when they are first asked for."""
    if name in ("arrays", "expressions", "shapes", "values"):
        from autodiff.testing import strategies

        return getattr(strategies, name)
    if name == "Expression":
        from autodiff.testing.programs import Expression

        return Expression
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
