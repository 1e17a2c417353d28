"""Matrices of derivatives: jacobian, hessian, hvp, elementwise_grad. One walk makes one row or column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from autodiff.arguments import argument_numbers, function_for, positions
from autodiff.containers import restore
from autodiff.errors import ArgumentError, ShapeError
from autodiff.holomorphic import refuse_non_analytic, refuse_real
from autodiff.operands import plain_scalar
from autodiff.runs import Function, Recording, gradients_of
from autodiff.transforms import grad, jvp
from autodiff.value import Value


def _basis(like: Value) -> list[Any]:
    """The unit vectors of an array's space, one per element."""
    eye = np.eye(like.size, dtype=like.dtype)
    return [plain_scalar(row.reshape(like.shape)) for row in eye]


def _rows(run: Recording, number: int) -> list[list[Any]]:
    """Reverse mode: for each element of one output, the gradient of every variable."""
    output = run.outputs[number]
    zeros = [plain_scalar(np.zeros_like(o._data)) for o in run.outputs]
    return [run.pull([*zeros[:number], unit, *zeros[number + 1 :]]) for unit in _basis(output)]


def _columns(run: Recording, number: int) -> list[list[Any]]:
    """Forward mode: for each element of one variable, the derivative of every output."""
    variable = run.variables[number]
    assert variable is not None

    def along(unit: Any) -> list[Any]:
        return run.push([unit if i == number else None for i in range(len(run.variables))])

    if variable.dtype.kind != "c":
        return [along(unit) for unit in _basis(variable)]
    return [[*map(_complex_derivative, along(unit), along(1j * unit))] for unit in _basis(variable)]


def _complex_derivative(along_real: Any, along_imaginary: Any) -> Any:
    """∂f/∂x − i ∂f/∂y of a real f; f′(z) of a complex one, for which ∂f/∂y = i ∂f/∂x has to hold (Cauchy, Riemann)."""
    if not np.iscomplexobj(along_real):
        return along_real - 1j * along_imaginary
    refuse_non_analytic(along_real, along_imaginary)
    return along_real


def jacobian(
    f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The function J = ∂f/∂x, by reverse mode where f has fewer outputs than inputs, by forward mode otherwise.

    returns: a function of the same arguments → array of shape f(x).shape + x.shape; for containers, a container like
    f's result of containers like the argument. (J, aux) with has_aux
    For complex x: f′(x) of a complex, analytic f, and ∂f/∂Re x − i ∂f/∂Im x of a real one, as grad has it
    holomorphic: says that f is of the first kind, and raises DtypeError if an argument or a result is real
    raises: DtypeError for a complex f of complex x that is not analytic there

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0])).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    return _jacobian(function_for(f, "jacobian"), argument_numbers(argnums), has_aux, None, holomorphic)


def _jacobian(
    f: Function, argnums: int | Sequence[int], has_aux: bool, forward: bool | None, holomorphic: bool = False
) -> Function:
    @wraps(f, updated=())
    def differentiated(*args: Any, **keywords: Any) -> Any:
        run = Recording(lambda *a: f(*a, **keywords), args, positions(argnums, len(args)), has_aux)
        if holomorphic:
            refuse_real(f, run.active, run.outputs)
        inputs = sum(v.size for v in run.active)
        by_columns = sum(o.size for o in run.outputs) > inputs if forward is None else forward
        by_columns = by_columns or any(v.dtype.kind == "c" for v in (*run.active, *run.outputs))
        blocks = _by_columns(run) if by_columns else _by_rows(run)
        shaped = [gradients_of(run, row, argnums) for row in blocks]
        matrix = restore(run.output_structure, shaped)
        return (matrix, run.aux) if has_aux else matrix

    return differentiated


def _by_rows(run: Recording) -> list[list[Any]]:
    """[output][variable] blocks of the Jacobian from reverse walks."""
    blocks = []
    for number, output in enumerate(run.outputs):
        rows = _rows(run, number)
        blocks.append(
            [
                None if v is None else _stacked([row[j] for row in rows], output.shape + v.shape, v)
                for j, v in enumerate(run.variables)
            ]
        )
    return blocks


def _by_columns(run: Recording) -> list[list[Any]]:
    """[output][variable] blocks of the Jacobian from forward walks."""
    blocks: list[list[Any]] = [[None] * len(run.variables) for _ in run.outputs]
    for j, v in enumerate(run.variables):
        if v is None:
            continue
        columns = _columns(run, j)
        for i, output in enumerate(run.outputs):
            stacked = _stacked([column[i] for column in columns], v.shape + output.shape, output)
            order = (*range(v.ndim, v.ndim + output.ndim), *range(v.ndim))
            blocks[i][j] = np.transpose(stacked, order) if len(order) > 1 else stacked
    return blocks


def _stacked(parts: list[Any], shape: tuple[int, ...], like: Value) -> Any:
    """Equal-shaped derivatives joined into one array of the given shape."""
    if not parts:
        return np.zeros(shape, dtype=like.dtype)
    if shape == ():
        return parts[0]
    return np.reshape(np.stack(parts), shape)


def hessian(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function ∂²f/∂x², forward over reverse: the gradient is recorded once, then one forward walk per input.

    f: returns a real scalar · returns: a function → array of shape x.shape + x.shape (containers of containers alike)

    >>> hessian(lambda x: x[0] * x[1])(np.array([3.0, 4.0])).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    argnums = argument_numbers(argnums)
    return _jacobian(grad(function_for(f, "hessian"), argnums, has_aux), argnums, has_aux, forward=True)


def hvp(f: Function) -> Callable[[Any, Any], Any]:
    """The function (x, v) → H·v, the Hessian of f at x times v, without forming the matrix: forward over reverse.

    x, v: arrays of one shape, or containers of one structure · returns: like x

    >>> hvp(lambda x: (x * x * x).sum())(np.array([1.0, 2.0]), np.array([1.0, 1.0])).tolist()
    [6.0, 12.0]
    """
    gradient = grad(function_for(f, "hvp"))

    def product(x: Any, v: Any) -> Any:
        return jvp(gradient, (x,), (v,))[1]

    return product


def elementwise_grad(f: Function, argnums: int = 0, has_aux: bool = False) -> Function:
    """The function f′ of a function that acts element by element: the derivative at every element, in one reverse walk.

    raises: ShapeError if the result does not have the shape of the argument

    >>> elementwise_grad(np.sin)(np.zeros(3)).tolist()
    [1.0, 1.0, 1.0]
    """
    f, number = function_for(f, "elementwise_grad"), argument_numbers(argnums)
    if not isinstance(number, int):
        raise ArgumentError(f"elementwise_grad differentiates one argument; it was given argnums={argnums}")

    @wraps(f, updated=())
    def differentiated(*args: Any, **keywords: Any) -> Any:
        run = Recording(lambda *a: f(*a, **keywords), args, positions(argnums, len(args)), has_aux)
        (variable,), outputs = run.active, run.outputs
        if len(outputs) != 1 or outputs[0].shape != variable.shape:
            raise ShapeError(
                f"elementwise_grad needs a result of the argument's shape {variable.shape}, got "
                f"{[output.shape for output in outputs]}; use jacobian"
            )
        gradient = gradients_of(run, run.pull([plain_scalar(np.ones_like(outputs[0]._data))]), argnums)
        return (gradient, run.aux) if has_aux else gradient

    return differentiated
