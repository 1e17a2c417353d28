"""Definite integrals, and solutions of ordinary differential equations, as functions of numbers in a row.

Their derivatives are integrals, and solutions of equations, again: each entry is all that its own rules need, to any
order. What is integrated is an object, `system` or `integrand`, that also knows the equations of its derivatives.
Source: the adjoint equation as in R. T. Q. Chen et al., Neural ordinary differential equations (2018), appendix B.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.primitives.kinds import Primitive, primitive


def _row(x: Any) -> Any:
    return np.reshape(x, (1,))


# --- dy/dt = f(t, y, θ) -----------------------------------------------------------------------------------------------


def _ode_vjp(g: Any, x: Any, out: Any, system: Any, states: int, times: int) -> Any:
    """Backward from time to time: dy/dt = f, da/dt = −aᵀ ∂f/∂y, db/dt = −aᵀ ∂f/∂θ, where a gains g at each time."""
    t, parameters = x[states : states + times], x[states + times :]
    count = parameters.shape[0]
    a, b, by_time = g[times - 1], np.zeros_like(parameters), []
    for i in range(times - 1, 0, -1):
        by_time.append(_row(np.sum(g[i] * system.slope(t[i], out[i], parameters))))
        start = np.concatenate([out[i], a, b, _row(t[i]), _row(t[i - 1]), parameters])
        back = ode(start, system=system.adjoint(states, count), states=2 * states + count, times=2)[1]
        a, b = back[states : 2 * states], back[2 * states :]
        if i > 1:
            a = a + g[i - 1]
    if times == 1:
        return np.concatenate([a, np.zeros_like(t), b])
    by_time.append(_row(-np.sum(a * system.slope(t[0], out[0], parameters))))
    return np.concatenate([a + g[0], *by_time[::-1], b])


def _ode_jvp(tangents: Any, x: Any, out: Any, system: Any, states: int, times: int) -> Any:
    """Forward beside the solution: dḋ/dt = ∂f/∂y ẏ + ∂f/∂θ θ̇."""
    (d,) = tangents
    t, parameters = x[states : states + times], x[states + times :]
    moved = d[states : states + times]
    slopes = [system.slope(t[i], out[i], parameters) for i in range(times)]
    start = [x[:states], d[:states] - slopes[0] * moved[0], t, parameters, d[states + times :]]
    both = ode(
        np.concatenate(start), system=system.tangent(states, parameters.shape[0]), states=2 * states, times=times
    )
    return both[:, states:] + np.stack([slope * moved[i] for i, slope in enumerate(slopes)])


ode: Primitive = primitive(
    lambda x, *, system, states, times: system.solve(x[:states], x[states : states + times], x[states + times :]),
    [_ode_vjp],
    jvp=_ode_jvp,
    name="ode",
)
"""y at each time, (times, states), from y at the first time, the times and the parameters, in a row."""

# --- ∫ f(t, θ) dt -----------------------------------------------------------------------------------------------------


def _at_end(integrand: Any, t: Any, parameters: Any) -> Any:
    """f at an end; an infinite one cannot be moved."""
    finite = np.isfinite(t)
    return np.where(finite, integrand.value(np.where(finite, t, 0.0), parameters), 0.0)


def _integral_vjp(g: Any, x: Any, integrand: Any) -> Any:
    """Leibniz' rule: f at the ends, and the integral of gᵀ ∂f/∂θ."""
    parameters = x[2:]
    low = _row(-np.sum(g * _at_end(integrand, x[0], parameters)))
    high = _row(np.sum(g * _at_end(integrand, x[1], parameters)))
    if parameters.shape[0] == 0:
        return np.concatenate([low, high])
    inside = integral(np.concatenate([x, g]), integrand=integrand.adjoint(parameters.shape[0]))
    return np.concatenate([low, high, inside])


def _integral_jvp(tangents: Any, x: Any, integrand: Any) -> Any:
    (d,) = tangents
    parameters = x[2:]
    ends = _at_end(integrand, x[1], parameters) * d[1] - _at_end(integrand, x[0], parameters) * d[0]
    if parameters.shape[0] == 0:
        return ends
    return ends + integral(np.concatenate([x, d[2:]]), integrand=integrand.tangent(parameters.shape[0]))


integral: Primitive = primitive(
    lambda x, *, integrand: integrand.integrate(x[0], x[1], x[2:]),
    [_integral_vjp],
    jvp=_integral_jvp,
    name="integral",
)
"""∫ f(t, θ) dt of a vector f, from the two ends and the parameters, in a row."""

ode.complete = integral.complete = True
