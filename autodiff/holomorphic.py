"""Complex functions of complex numbers have one complex derivative f′(z) where they are analytic, and only there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autodiff.arguments import name_of
from autodiff.errors import DtypeError
from autodiff.operands import plain_scalar
from autodiff.value import Value


def derivatives(run: Any, output: Value, f: Callable[..., Any]) -> list[Any]:
    """f′ for each variable of a recorded run, from the gradients of f and i·f: their quotient tells if it exists."""
    refuse_real(f, run.active, run.outputs)
    one = plain_scalar(np.ones_like(output._data))
    found, turned = run.pull([one]), run.pull([1j * one], last=True)
    for derivative, other in zip(found, turned):
        if derivative is not None:
            refuse_non_analytic(derivative, other)
    return found  # type: ignore[no-any-return]


def refuse_real(f: Callable[..., Any], variables: Iterable[Value], outputs: Iterable[Value]) -> None:
    """Raise unless every variable and every result is complex, as holomorphic=True promises."""
    for what, values in (("an argument", variables), ("a result", outputs)):
        for v in values:
            if v.dtype.kind != "c":
                raise DtypeError(
                    f"holomorphic=True is for complex functions of complex numbers, and {what} of {name_of(f)} has "
                    f"dtype {v.dtype}; make it complex (z.astype(complex)), or leave holomorphic out"
                )


def refuse_non_analytic(derivative: Any, turned: Any) -> None:
    """Raise unless `turned`, the derivative along i or of i times the function, is i times the derivative.

    That is the equation of Cauchy and Riemann: conj, abs, real and imag do not satisfy it.
    """
    real, imaginary = (np.asarray(getattr(t, "_data", t)) for t in (derivative, turned))
    off, size = np.abs(imaginary - 1j * real), np.abs(imaginary) + np.abs(real)
    if np.any(off > 1e3 * np.finfo(real.dtype).eps * np.max(size, initial=0.0)):
        raise DtypeError(
            "a complex function of complex numbers has one complex derivative only where it is analytic, and this one "
            "is not (it takes conj, abs, real or imag on the way); differentiate its real and imaginary parts"
        )
