"""Ordinary differential equations: odeint and solve_ivp, differentiated by the adjoint method.

The gradient is that of the exact solution, itself found by integrating: as exact as `rtol` and `atol` ask for, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from autodiff.modes import current_mode
from autodiff.primitives.integrals import ode
from autodiff.scipy.integrate.functions import Parameters, computed, in_a_row, pulled, pushed
from autodiff.scipy.mirror import holds_values, scipy_module
from autodiff.value import Value

INTEGRATE = scipy_module("integrate")

Solver = Callable[[Callable[..., Any], Any, Any], Any]
"""Solutions at some times, (times, states), from a plain f(t, y), y at the first time, and the times."""


class System:
    """dy/dt = f(t, y, θ), how it is stepped, and the equations of its derivatives."""

    def __init__(
        self, f: Callable[[Any, Any, Any], Any], solver: Solver, name: str, first: Solver | None = None
    ) -> None:
        self.f, self.solver, self.name, self.first = f, solver, name, first or solver

    def __repr__(self) -> str:
        return f"the equation of {self.name}"

    def slope(self, t: Any, y: Any, parameters: Any) -> Any:
        """f, recorded if there are Values."""
        if holds_values(t, y, parameters):
            return self.f(t, y, parameters)
        return computed(self.f, self.name, t, y, parameters)

    def solve(self, y: Any, t: Any, parameters: Any) -> Any:
        """Plain numbers: y at each of the times."""
        if y.size == 0:
            return np.zeros((t.size, 0))

        def f(time: Any, state: Any) -> Any:
            return computed(self.f, self.name, time, state, parameters)

        slope = f(t[0], y)
        if slope.shape != y.shape:
            raise ShapeError(f"{self.name} needs as many slopes as states, {y.size}; the function gave {slope.size}")
        moving = np.concatenate([[True], np.diff(t) != 0])  # no step leads from a time to itself
        steps = np.sign(np.diff(t[moving]))
        if steps.size and np.any(steps != steps[0]):
            raise ArgumentError(f"{self.name} needs times in ascending or in descending order, was given {t!r:.80}")
        out = self.first(f, y, t[moving]) if steps.size else y[None]
        return out[np.cumsum(moving) - 1]

    def adjoint(self, states: int, count: int) -> System:
        """Of (y, a, b): what is beside y flows backward."""

        def f(t: Any, s: Any, parameters: Any) -> Any:
            y, a = s[:states], s[states : 2 * states]
            out, by_state, by_parameter = pulled(lambda y, p: self.f(t, y, p), (y, parameters), a, self.name)
            return np.concatenate([out, -by_state, -by_parameter])

        return System(f, self.solver, self.name)

    def tangent(self, states: int, count: int) -> System:
        """Of (y, ẏ), with the parameters (θ, θ̇)."""

        def f(t: Any, s: Any, parameters: Any) -> Any:
            operands, tangents = (s[:states], parameters[:count]), (s[states:], parameters[count:])
            return np.concatenate(pushed(lambda y, p: self.f(t, y, p), operands, tangents, self.name))

        return System(f, self.solver, self.name)


def _start(y0: Any, name: str) -> Any:
    """The starting values as a vector of real numbers."""
    y0 = y0 if isinstance(y0, Value) else in_a_row(y0) if holds_values(y0) else np.asarray(y0, dtype=None)
    if y0.dtype.kind == "c":
        raise DtypeError(f"{name} is differentiated for real states; it was given dtype {y0.dtype}")
    if np.ndim(y0) > 1:
        raise ShapeError(f"{name} needs a vector of starting values, was given shape {np.shape(y0)}")
    y0 = np.reshape(y0, (-1,))
    return y0 if y0.dtype == np.float64 else y0.astype(float)


def _refuse(name: str, **given: Any) -> None:
    for keyword, value in given.items():
        if value is not None and value is not False and not (isinstance(value, (int, float)) and value == 0):
            raise UnsupportedError(f"{name}(..., {keyword}={value!r:.60}) has no derivative here; leave {keyword}= out")


def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    args: tuple[Any, ...] = (),
    Dfun: Any = None,
    col_deriv: Any = 0,
    full_output: Any = 0,
    ml: Any = None,
    mu: Any = None,
    rtol: Any = None,
    atol: Any = None,
    tcrit: Any = None,
    h0: float = 0.0,
    hmax: float = 0.0,
    hmin: float = 0.0,
    ixpr: Any = 0,
    mxstep: int = 0,
    mxhnil: Any = 0,
    mxordn: int = 12,
    mxords: int = 5,
    printmessg: Any = 0,
    tfirst: bool = False,
) -> Any:
    """y(t) with dy/dt = func(y, t, *args) and y(t[0]) = y0, by LSODA.

    func: written in NumPy; what it is to be differentiated in goes into args, in containers if you like; tfirst: it
    takes (t, y, *args) · y0: (n,) · t: (times,), ascending or descending · returns: (times, n)
    Gradients reach y0, t and the Values in args; rtol, atol (numbers) say how exact they are: by default 1.5e-8.
    raises: GradientLostError if func reads a Value that is not among its arguments

    >>> out = odeint(lambda y, t, k: -k * y, Value([1.0]), np.array([0.0, 1.0]), (0.5,), rtol=1e-10, atol=1e-10)
    >>> round(float(out.data[1, 0]), 6)
    0.606531
    """
    if not holds_values(y0, t, args):
        return INTEGRATE.odeint(
            func, y0, t, args, Dfun, col_deriv, full_output, ml, mu, rtol, atol, tcrit, h0, hmax, hmin, ixpr, mxstep,
            mxhnil, mxordn, mxords, printmessg, tfirst,
        )  # fmt: skip
    _refuse("odeint", Dfun=Dfun, col_deriv=col_deriv, full_output=full_output, ml=ml, mu=mu, tcrit=tcrit, ixpr=ixpr)
    _refuse("odeint", mxhnil=mxhnil, printmessg=printmessg)
    _refuse("odeint", rtol=rtol if np.ndim(rtol) else None, atol=atol if np.ndim(atol) else None)
    parameters = Parameters(args)

    def f(t: Any, y: Any, row: Any) -> Any:
        given = parameters.args(row)
        return in_a_row(func(t, y, *given) if tfirst else func(y, t, *given))

    def solver(f: Callable[..., Any], y: Any, times: Any) -> Any:
        return INTEGRATE.odeint(
            f, y, times, rtol=rtol, atol=atol, h0=h0, hmax=hmax, hmin=hmin, mxstep=mxstep, mxordn=mxordn, mxords=mxords,
            tfirst=True,
        )  # fmt: skip

    y0 = _start(y0, "odeint")
    times = in_a_row(t if isinstance(t, (Value, list, tuple)) else np.asarray(t, dtype=float))
    row = np.concatenate([y0, times, parameters.row()])
    return ode(row, system=System(f, solver, "odeint"), states=y0.shape[0], times=times.shape[0])


STEPPING = ("rtol", "atol", "first_step", "max_step", "min_step")


def solve_ivp(
    fun: Callable[..., Any],
    t_span: Any,
    y0: Any,
    method: Any = "RK45",
    t_eval: Any = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: Any = None,
    **options: Any,
) -> Any:
    """The result of scipy.integrate.solve_ivp, with `t` and `y` as Values: dy/dt = fun(t, y, *args), y(t_span[0]) = y0.

    fun: written in NumPy; what it is to be differentiated in goes into args · t_span: (first, last) · y0: (n,)
    t_eval: (times,), where y is wanted; None for the steps, which are constants but for the ends
    options: rtol, atol, first_step, max_step, min_step · returns: SciPy's bunch; `y` has shape (n, times)
    Gradients reach y0, t_span, t_eval and the Values in args. They, too, are found by stepping: rtol and atol say how
    exact they are, 1e-3 and 1e-6 by default: ask for more.
    raises: GradientLostError if fun reads a Value that is not among its arguments; ArgumentError if a step fails

    >>> out = solve_ivp(lambda t, y, k: -k * y, (0.0, 1.0), [1.0], args=(Value(0.5),), rtol=1e-9, atol=1e-9)
    >>> round(float(out.y.data[0, -1]), 6)
    0.606531
    """
    args = () if args is None else args
    if not holds_values(t_span, y0, t_eval, args):
        return INTEGRATE.solve_ivp(
            fun, t_span, y0, method, t_eval, dense_output, events, vectorized, args or None, **options
        )
    _refuse("solve_ivp", dense_output=dense_output, events=events, vectorized=vectorized)
    _refuse("solve_ivp", **{keyword: value for keyword, value in options.items() if keyword not in STEPPING})
    if current_mode().trace is not None:
        raise UnsupportedError("solve_ivp chooses its steps by the numbers, which jit does not know; use odeint in it")
    parameters = Parameters(args)

    def f(t: Any, y: Any, row: Any) -> Any:
        return in_a_row(fun(t, y, *parameters.args(row)))

    def solver(f: Callable[..., Any], y: Any, times: Any) -> Any:
        return _reached(INTEGRATE.solve_ivp(f, (times[0], times[-1]), y, method, times, **options)).y.T

    y0 = _start(y0, "solve_ivp")
    first, last = t_span
    span = tuple(float(getattr(t, "_data", t)) for t in (first, last))
    wanted = None if t_eval is None else np.asarray(getattr(t_eval, "_data", t_eval), dtype=float)
    start, row = np.asarray(getattr(y0, "_data", y0)), parameters.row()
    numbers = np.asarray(getattr(row, "_data", row))
    result = INTEGRATE.solve_ivp(
        lambda t, y: computed(f, "solve_ivp", t, y, numbers), span, start, method, wanted, **options
    )
    _reached(result)
    middle = np.asarray(result.t)

    def solver_to_the_end(f: Callable[..., Any], y: Any, times: Any) -> Any:
        """With SciPy's steps, the last of which may lead beyond the last time that is wanted."""
        return _reached(INTEGRATE.solve_ivp(f, (times[0], span[1]), y, method, times, **options)).y.T

    if t_eval is None:
        inner = [np.reshape(first, (1,)), middle[1:-1], np.reshape(last, (1,))]
    else:
        inner = [np.reshape(first, (1,)), np.reshape(t_eval, (-1,))]
    times = np.concatenate(inner)
    out = ode(
        np.concatenate([y0, times, row]),
        system=System(f, solver, "solve_ivp", first=solver_to_the_end),
        states=start.size,
        times=times.shape[0],
    )
    skipped = 0 if t_eval is None else 1
    result.t, result.y = times[skipped:], np.transpose(out[skipped:])
    return result


def _reached(result: Any) -> Any:
    if not result.success:
        raise ArgumentError(f"solve_ivp did not reach the end of its interval: {result.message}")
    return result
