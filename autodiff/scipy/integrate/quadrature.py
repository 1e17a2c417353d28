"""Integrals: of a function, by quad, and of sampled values, by the rules of Simpson and of trapezoids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError, UnsupportedError
from autodiff.primitives.integrals import integral
from autodiff.scipy.integrate.functions import Parameters, computed, in_a_row, pulled, pushed
from autodiff.scipy.mirror import holds_values, ours, scipy_module
from autodiff.value import Value

INTEGRATE = scipy_module("integrate")


class Integrand:
    """A vector f(t, θ), how exactly it is integrated, and the integrands of its derivatives."""

    def __init__(self, f: Callable[[Any, Any], Any], options: dict[str, Any]) -> None:
        self.f, self.options = f, options

    def __repr__(self) -> str:
        return "the integrand of quad"

    def value(self, t: Any, parameters: Any) -> Any:
        """f, recorded if there are Values."""
        return self.f(t, parameters) if holds_values(t, parameters) else computed(self.f, "quad", t, parameters)

    def integrate(self, low: Any, high: Any, parameters: Any) -> Any:
        """Plain numbers."""

        def f(t: float) -> Any:
            return computed(self.f, "quad", t, parameters)

        middle = 0.5 * (low + high) if np.isfinite(low) and np.isfinite(high) else np.clip(0.0, low, high)
        if f(float(middle)).size == 1:
            return np.array([INTEGRATE.quad(lambda t: f(t)[0], low, high, **self.options)[0]])
        return INTEGRATE.quad_vec(f, low, high, **self.options)[0]

    def adjoint(self, count: int) -> Integrand:
        """gᵀ ∂f/∂θ, with the parameters (θ, g)."""

        def f(t: Any, row: Any) -> Any:
            return pulled(lambda p: self.f(t, p), (row[:count],), row[count:], "quad")[1]

        return Integrand(f, self.options)

    def tangent(self, count: int) -> Integrand:
        """∂f/∂θ θ̇, with the parameters (θ, θ̇)."""

        def f(t: Any, row: Any) -> Any:
            return pushed(lambda p: self.f(t, p), (row[:count],), (row[count:],), "quad")[1]

        return Integrand(f, self.options)


def quad(
    func: Callable[..., Any],
    a: Any,
    b: Any,
    args: Any = (),
    full_output: Any = 0,
    epsabs: float = 1.49e-08,
    epsrel: float = 1.49e-08,
    limit: int = 50,
    points: Any = None,
    weight: Any = None,
    wvar: Any = None,
    wopts: Any = None,
    maxp1: int = 50,
    limlst: int = 50,
    complex_func: bool = False,
) -> Any:
    """(∫ₐᵇ func(x, *args) dx, an estimate of its error, a plain number), differentiated in a, b and the Values in args.

    func: written in NumPy · a, b: numbers, infinite ones too · args: what func is to be differentiated in
    By Leibniz' rule: the derivative is an integral again, as exact as epsabs, epsrel ask for.
    raises: GradientLostError if func reads a Value that is not among its arguments

    >>> area, error = quad(lambda x, k: np.exp(-k * x), 0.0, np.inf, (Value(2.0),))
    >>> round(area.item(), 9)
    0.5
    """
    args = args if isinstance(args, tuple) else (args,)
    if not holds_values(a, b, args):
        return INTEGRATE.quad(
            func, a, b, args, full_output, epsabs, epsrel, limit, points, weight, wvar, wopts, maxp1, limlst,
            complex_func=complex_func,
        )  # fmt: skip
    refused = {"full_output": full_output, "points": points, "weight": weight, "wvar": wvar, "wopts": wopts}
    for keyword, value in {**refused, "complex_func": complex_func}.items():
        if value is not None and value is not False and not (isinstance(value, int) and value == 0):
            raise UnsupportedError(f"quad(..., {keyword}={value!r:.60}) has no derivative here; leave {keyword}= out")
    parameters = Parameters(args)
    integrand = Integrand(
        lambda t, row: in_a_row(func(t, *parameters.args(row))), {"epsabs": epsabs, "epsrel": epsrel, "limit": limit}
    )
    row = np.concatenate([np.reshape(a, (1,)), np.reshape(b, (1,)), parameters.row()])
    out = integral(row, integrand=integrand)
    if out.shape != (1,):
        raise ShapeError(f"quad integrates numbers; the function gave {out.shape[0]} of them")
    plain = [x._data if isinstance(x, Value) else x for x in (a, b)]
    numbers = np.asarray(getattr(row, "_data", row))[2:]
    error = INTEGRATE.quad(
        lambda t: computed(integrand.f, "quad", t, numbers)[0], *plain, epsabs=epsabs, epsrel=epsrel, limit=limit
    )[1]
    return out[0], error


# --- sampled values ---------------------------------------------------------------------------------------------------


def _mirroring(mine: Any) -> Any:
    return ours(getattr(INTEGRATE, mine.__name__), mine)


def _lines(y: Any, x: Any, axis: Any, name: str) -> tuple[Any, Any]:
    """y with the axis last, and the widths of its steps: None for equal ones."""
    y = y if isinstance(y, Value) else np.asarray(y)
    if np.ndim(y) == 0 or y.shape[axis] == 0:
        raise ShapeError(f"{name} needs at least one value along the axis, was given shape {np.shape(y)}")
    if x is None:
        return np.moveaxis(y, axis, -1), None
    x = x if isinstance(x, Value) else np.asarray(x)
    if np.ndim(x) == 1:
        if x.shape[0] != y.shape[axis]:
            raise ShapeError(f"{name} needs as many x as y along the axis: {x.shape[0]} and {y.shape[axis]}")
        return np.moveaxis(y, axis, -1), x[1:] - x[:-1]
    if x.shape != y.shape:
        raise ShapeError(f"{name} needs x of one axis or in the shape of y: {x.shape} and {y.shape}")
    x = np.moveaxis(x, axis, -1)
    return np.moveaxis(y, axis, -1), x[..., 1:] - x[..., :-1]


@_mirroring
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Σ (yᵢ + yᵢ₊₁)/2 · (xᵢ₊₁ − xᵢ) along an axis.

    >>> float(trapezoid(np.array([1.0, 3.0])))
    2.0
    """
    y, steps = _lines(y, x, axis, "trapezoid")
    return np.sum((dx if steps is None else steps) * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


@_mirroring
def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The same up to each value but the first; with initial=0 from the first on.

    >>> cumulative_trapezoid(np.array([1.0, 3.0, 3.0])).tolist()
    [2.0, 5.0]
    """
    if initial is not None and initial != 0:
        raise ArgumentError(f"cumulative_trapezoid takes initial=0 or None, was given {initial!r}")
    y, steps = _lines(y, x, axis, "cumulative_trapezoid")
    out = np.cumsum((dx if steps is None else steps) * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)
    if initial is not None:
        out = np.concatenate([np.zeros_like(y[..., :1]), out], axis=-1)
    return np.moveaxis(out, -1, axis)


def _parabolas(y: Any, steps: Any) -> Any:
    """Simpson's rule for an even number of steps, which may differ."""
    first, middle, last = y[..., 0:-2:2], y[..., 1:-1:2], y[..., 2::2]
    h, k = steps[..., 0::2], steps[..., 1::2]
    both = h + k
    terms = first * (2 - k / h) + middle * (both * both / (h * k)) + last * (2 - h / k)
    return np.sum(both / 6 * terms, axis=-1)


@_mirroring
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Simpson's rule along an axis; for an odd number of steps the last one by the parabola through the last three.

    Source: K. V. Cartwright, Journal of Mathematical Sciences and Mathematics Education 12 (2017), for the last step

    >>> float(simpson(np.array([0.0, 1.0, 4.0])))
    2.6666666666666665
    """
    y, steps = _lines(y, x, axis, "simpson")
    count = y.shape[-1]
    if steps is None:
        steps = np.ones(max(count - 1, 0), np.result_type(y.dtype, 1.0)) * dx
    if count % 2 == 1:
        return _parabolas(y, steps) if count > 1 else np.sum(0.0 * y, axis=-1)
    if count == 2:
        return np.sum(0.5 * steps * (y[..., 1:] + y[..., :-1]), axis=-1)
    h, k = steps[..., -2], steps[..., -1]
    last = (
        y[..., -1] * ((2 * k * k + 3 * h * k) / (6 * (h + k)))
        + y[..., -2] * ((k * k + 3 * k * h) / (6 * h))
        - y[..., -3] * (k * k * k / (6 * h * (h + k)))
    )
    return _parabolas(y[..., :-1], steps[..., :-1]) + last
