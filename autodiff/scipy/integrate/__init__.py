"""scipy.integrate for Values: equations by the adjoint method, quad by Leibniz' rule, integrals of sampled values."""

from typing import Any

from autodiff.scipy.integrate.equations import INTEGRATE, odeint, solve_ivp
from autodiff.scipy.integrate.quadrature import cumulative_trapezoid, quad, simpson, trapezoid
from autodiff.scipy.mirror import mirrored

__all__ = ["cumulative_trapezoid", "odeint", "quad", "simpson", "solve_ivp", "trapezoid"]


def __getattr__(name: str) -> Any:
    return mirrored(INTEGRATE, name)
