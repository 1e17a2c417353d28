"""Minimise, fit and solve with SciPy, which gets exact derivatives: minimize, least_squares, root.

The functions take nested tuples, lists and dicts of arrays, and are written in NumPy. What comes back is SciPy's own
result object, its `x` in the structure of the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np

from autodiff.arguments import function_for
from autodiff.curvature import hessian, jacobian
from autodiff.errors import ArgumentError, MissingDependencyError, ShapeError
from autodiff.modes import no_grad
from autodiff.optimize.limits import bounds_of, callback_of, constraints_of
from autodiff.optimize.vectors import Array, Start, in_a_row, plain
from autodiff.transforms import grad, jvp, value_and_grad, vjp
from autodiff.value import Value

__all__ = ["least_squares", "minimize", "root"]

FINISHING = 4  # steps at most: each squares what is wrong, or does nothing

WITHOUT_GRADIENT = frozenset({"nelder-mead", "powell", "cobyla", "cobyqa"})
WITH_HESSIAN = frozenset({"dogleg", "trust-exact"})
WITH_PRODUCT = frozenset({"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"})


def minimize(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str | None = None,
    *,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[..., Any] | None = None,
    options: Mapping[str, Any] | None = None,
    jit: bool = False,
) -> Any:
    """Minimise f(x, *args) from x0 by scipy.optimize.minimize, with exact gradients and curvature.

    f: takes x as x0 is, returns a real scalar · x0: an array, a number, or a container of them; a flat list or tuple of
    numbers is an array, as in SciPy · args: further, constant arguments
    method: as SciPy's; None for BFGS, L-BFGS-B or SLSQP. Newton-CG (truncated Newton), trust-ncg, trust-krylov and
    trust-constr get Hessian times vector, dogleg and trust-exact the Hessian, all the others value and gradient at once
    bounds: (low, high) for everything; a container like x0 with (low, high) in place of each leaf; or SciPy's: a
    Bounds, or one pair for each element. None is no bound · constraints: SciPy's dicts and NonlinearConstraints, whose
    `fun` takes x as x0 is and gets an exact Jacobian and curvature, and LinearConstraints on all elements in a row
    callback: called after each iteration, with x as x0 is, or with SciPy's `intermediate_result`; tol, options: SciPy's
    jit: compile value and gradient: for many evaluations of an f that `jit` can trace
    returns: SciPy's OptimizeResult; `x` is like x0, float64, `jac` like x; `hess`, `hess_inv` are matrices over all
    elements in a row
    raises: MissingDependencyError without SciPy; DtypeError for complex x0, or if f does not return a real scalar;
    ArgumentError for bounds that do not fit

    >>> def rosenbrock(x):
    ...     return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    >>> result = minimize(rosenbrock, [-1.2, 1.0], method="trust-ncg", tol=1e-12)
    >>> bool(result.success), result.x.round(9).tolist()
    (True, [1.0, 1.0])
    """
    scipy, start = _scipy(), Start(x0, "minimize")
    objective = start.flat(function_for(f, "minimize"), args)
    kind = (method or "").lower()
    given: dict[str, Any] = {"jac": None}
    fun: Callable[[Array], Any] = plain(objective, jit)
    if kind not in WITHOUT_GRADIENT:
        both = plain(value_and_grad(objective), jit)
        fun, given["jac"] = both, True
        if kind in WITH_HESSIAN:
            given["hess"] = plain(hessian(objective), jit)
        elif kind in WITH_PRODUCT:
            slope = grad(objective)
            given["hessp"] = plain(lambda x, p: jvp(slope, (x,), (p,))[1], jit)
    if constraints:
        given["constraints"] = constraints_of(constraints, start, scipy, kind == "trust-constr")
    if bounds is not None:
        given["bounds"] = scipy.Bounds(*bounds_of(bounds, start, scipy, by_element=True))
    if callback is not None:
        given["callback"] = callback_of(callback, start)
    result = scipy.minimize(fun, start.x, method=method, tol=tol, options=options, **given)
    for name in ("x", "jac"):
        if np.shape(result.get(name, ())) == start.x.shape:
            result[name] = start.restored(result[name])
    return result


def least_squares(
    residual: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: Literal["trf", "dogbox", "lm"] = "trf",
    *,
    bounds: Any = None,
    operator: bool = False,
    jit: bool = False,
    **options: Any,
) -> Any:
    """Minimise ½ Σ ρ(rᵢ(x)²) by scipy.optimize.least_squares, with the exact Jacobian of the residuals r.

    residual: takes x as x0 is, returns an array, or a container of arrays · x0, args, jit: as for `minimize`
    bounds: (low, high), numbers or arrays for all elements in a row; or a container like x0, with a pair for each leaf
    method: "trf" and "dogbox" take Gauss-Newton steps within a trust region and keep bounds, "lm" is Levenberg and
    Marquardt's · operator: the Jacobian is never formed, but given as products with it (jvp) and its transpose (vjp),
    for many residuals and unknowns; not for "lm" · options: SciPy's (ftol, xtol, gtol, x_scale, loss, max_nfev, …)
    Without bounds, loss and operator a few Gauss-Newton steps follow, as long as they bring the gradient closer to 0:
    where a sum of squares no longer falls, its unknowns have but half of their digits
    returns: SciPy's OptimizeResult, `x` and `grad` like x0; `fun` and `jac` over all elements in a row
    raises: as `minimize`; ArgumentError for `operator` with "lm"

    >>> t = np.arange(5.0)
    >>> y = 3.0 * np.exp(-0.5 * t)
    >>> fit = least_squares(lambda p: p["a"] * np.exp(-p["b"] * t) - y, {"a": 1.0, "b": 1.0})
    >>> round(fit.x["a"], 9), round(fit.x["b"], 9)
    (3.0, 0.5)
    """
    scipy, start = _scipy(), Start(x0, "least_squares")
    if operator and method == "lm":
        raise ArgumentError('method="lm" needs the Jacobian as a matrix; operator=True goes with "trf" and "dogbox"')
    residuals = in_a_row(start.flat(function_for(residual, "least_squares"), args))
    given = (
        dict(options) if bounds is None else {"bounds": bounds_of(bounds, start, scipy, by_element=False), **options}
    )
    fun = plain(residuals, jit)
    jac = partial(_operator, residuals) if operator else plain(jacobian(residuals), jit)
    result = scipy.least_squares(fun, start.x, jac=jac, method=method, **given)
    if bounds is None and not operator and options.get("loss", "linear") == "linear":
        _finish(result, fun, jac)
    result.x, result.grad = start.restored(result.x), start.restored(result.grad)
    return result


def root(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str = "hybr",
    *,
    tol: float | None = None,
    callback: Callable[..., Any] | None = None,
    options: Mapping[str, Any] | None = None,
    jit: bool = False,
) -> Any:
    """Solve f(x) = 0 by scipy.optimize.root, with the exact Jacobian where the method takes one ("hybr", "lm").

    f: takes x as x0 is, returns as many numbers as x has, in an array or in a container like x0
    returns: SciPy's OptimizeResult, `x` like x0; `fun` over all elements in a row
    raises: as `minimize`; ShapeError if f returns more or fewer numbers than there are unknowns

    >>> solution = root(lambda v: {"a": v["a"] ** 2 - v["b"], "b": v["b"] - 2.0}, {"a": 1.0, "b": 1.0})
    >>> round(solution.x["a"], 12) == round(2**0.5, 12)
    True
    """
    scipy, start = _scipy(), Start(x0, "root")
    equations = in_a_row(start.flat(function_for(f, "root"), args))
    size = np.size(plain(equations)(start.x))
    if size != start.x.size:
        raise ShapeError(f"root needs as many equations as unknowns; f gave {size} numbers for {start.x.size} unknowns")
    given: dict[str, Any] = {"jac": plain(jacobian(equations), jit)} if method in ("hybr", "lm") else {}
    if callback is not None:
        given["callback"] = callback_of(callback, start)
    result = scipy.root(plain(equations, jit), start.x, method=method, tol=tol, options=options, **given)
    result.x = start.restored(np.reshape(result.x, -1))
    return result


def _finish(result: Any, fun: Callable[[Array], Array], jac: Callable[[Array], Array]) -> None:
    """Gauss-Newton steps, Δx = argmin ‖r + J Δx‖, while they make Jᵀr smaller. (Björck 1996, section 9.2.1.)"""

    def size(gradient: Array, matrix: Array) -> float:
        lengths = np.linalg.norm(matrix, axis=0)
        return float(np.max(np.abs(gradient) / np.where(lengths > 0, lengths, 1.0)))

    before = size(result.grad, result.jac)
    for _ in range(FINISHING):
        x = result.x - np.linalg.lstsq(result.jac, result.fun)[0]
        with np.errstate(all="ignore"):
            r, matrix = fun(x), jac(x)
        gradient = matrix.T @ r
        if not (
            np.all(np.isfinite(matrix)) and size(gradient, matrix) < before and r @ r <= (1 + 1e-12) * 2 * result.cost
        ):
            return
        before = size(gradient, matrix)
        result.update(x=x, fun=r, jac=matrix, grad=gradient, cost=0.5 * (r @ r))
        result.update(nfev=result.nfev + 1, njev=(result.njev or 0) + 1, optimality=np.max(np.abs(gradient)))


def _operator(residuals: Callable[[Any], Any], x: Array) -> Any:
    """The Jacobian at x as a LinearOperator."""
    from scipy.sparse.linalg import LinearOperator

    with no_grad():
        out, pull = vjp(residuals, x)
    rows, columns = np.size(out), x.size

    def times(v: Any) -> Any:
        return plain(lambda t: jvp(residuals, (x,), (t,))[1])(np.reshape(v, columns))

    def transposed(v: Any) -> Any:
        with no_grad():
            (g,) = pull(np.reshape(v, rows))
        return g._data if isinstance(g, Value) else g

    return LinearOperator((rows, columns), matvec=times, rmatvec=transposed, dtype=np.float64)


def _scipy() -> Any:
    try:
        import scipy.optimize
    except ImportError as error:
        raise MissingDependencyError("autodiff.optimize needs SciPy: pip install 'autodiff[scipy]'") from error
    return scipy.optimize
