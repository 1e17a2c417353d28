"""From a function to its derivatives: grad, value_and_grad, vjp, jvp.

Each runs the function once on fresh variables, recording, and walks the graph that it left (`runs`). All of them take
nested tuples, lists and dicts of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

from autodiff.arguments import argument_numbers, function_for, name_of, positions
from autodiff.containers import flatten, map_leaves, restore
from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.holomorphic import derivatives as holomorphic_derivatives
from autodiff.operands import copied, plain_scalar, read_only
from autodiff.runs import Function, Recording, gradients_of
from autodiff.value import Value


def value_and_grad(
    f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The function (f(x), ∇f(x)).

    f: returns a real scalar (shape ()), or (scalar, aux) with has_aux · argnums: which arguments, one or several
    holomorphic: f is a complex, analytic function of complex numbers, and the gradient is f′; DtypeError if it is not
    returns: a function of the same arguments → (value, gradient), the gradient in the structure of the argument, with
    None for leaves that are constants (ints, strings); ((value, aux), gradient) with has_aux
    raises: ShapeError if f returns no scalar; GradientLostError if it returns a plain number

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    f, argnums = function_for(f, "value_and_grad"), argument_numbers(argnums)

    @wraps(f, updated=())
    def differentiated(*args: Any, **keywords: Any) -> Any:
        run = Recording(lambda *a: f(*a, **keywords), args, positions(argnums, len(args)), has_aux)
        (output,) = _single(run, f)
        _refuse_array(output, f)
        flat = holomorphic_derivatives(run, output, f) if holomorphic else run.pull([_one(output, f)], last=True)
        gradient = gradients_of(run, flat, argnums)
        value = run.result()
        return ((value, run.aux) if has_aux else value), gradient

    return differentiated


def _single(run: Recording, f: Function) -> list[Value]:
    if is_container_result(run):
        raise ShapeError(
            f"{name_of(f)} must return one scalar to have a gradient, not a container; use jacobian, or has_aux=True"
        )
    return run.outputs


def is_container_result(run: Recording) -> bool:
    """Whether the function returned a tuple, list or dict."""
    return run.output_structure.kind is not None


def _refuse_array(output: Value, f: Function) -> None:
    if output.shape != ():
        raise ShapeError(
            f"{name_of(f)} must return a scalar to have a gradient, not shape {output.shape}; sum it, or use jacobian"
        )


def _one(output: Value, f: Function) -> Any:
    if output.dtype.kind == "c":
        raise DtypeError(
            f"{name_of(f)} must return a real scalar to have a gradient; take np.real or np.abs of the result, or say "
            "holomorphic=True if it is analytic"
        )
    return plain_scalar(np.ones_like(output._data)) if output._carries else 0.0


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Function:
    """The function ∇f, of the same arguments as f.

    f: returns a real scalar (shape ()) · argnums: which arguments, one or several · has_aux: f returns (scalar, aux)
    holomorphic: f is a complex, analytic function of complex numbers, and the gradient is f′; DtypeError if it is not
    returns: a function → gradient, in the structure, shapes and dtypes of the argument; (gradient, aux) with has_aux.
    Arrays in, arrays out; Values if an argument was one, or if f reaches another variable while recording is on
    raises: ShapeError if f returns no scalar; GradientLostError if it returns a plain number

    >>> grad(np.sin)(0.0)
    1.0
    """
    with_value = value_and_grad(function_for(f, "grad"), argnums, has_aux, holomorphic)

    @wraps(f, updated=())
    def differentiated(*args: Any, **keywords: Any) -> Any:
        value, gradient = with_value(*args, **keywords)
        return (gradient, value[1]) if has_aux else gradient

    return differentiated


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(f(*primals), pull), where pull(g) is gᵀ·J for every primal: the vector-Jacobian product.

    pull takes a cotangent in the structure and shapes of the result and returns a tuple, one entry per primal; it may
    be called again. With has_aux, f returns (result, aux) and so does vjp: (result, pull, aux)

    >>> out, pull = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> out, pull(1.0)
    (6.0, (3.0, 2.0))
    """
    function_for(f, "vjp")
    primals = tuple(map_leaves(copied, primals))  # pull reads them later: nobody else may change them
    run = Recording(f, primals, range(len(primals)), has_aux)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        given, structure = flatten(cotangent)
        if structure != run.output_structure:
            raise ShapeError("pull() needs a cotangent in the structure of the function's result")
        before, run.given_values = run.given_values, run.given_values or any(isinstance(g, Value) for g in given)
        try:
            seeds = [run.seed(g, output, "cotangent") for g, output in zip(given, run.outputs)]
            return gradients_of(run, run.pull(seeds), tuple(range(len(primals))))  # type: ignore[no-any-return]
        finally:
            run.given_values = before

    # pull will read the recorded results: the caller may look at them, and not write
    out = run.result() if run.recorded else map_leaves(read_only, run.result())
    return (out, pull, run.aux) if has_aux else (out, pull)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(f(*primals), J·tangents): the derivative along a direction, by forward mode over the recorded graph.

    primals, tangents: tuples of the same structure and shapes; None for the tangent of a constant

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    if (
        not isinstance(primals, (tuple, list))
        or not isinstance(tangents, (tuple, list))
        or len(primals) != len(tangents)
    ):
        raise ArgumentError("jvp(f, primals, tangents) takes two tuples of the same length: jvp(f, (x,), (t,))")
    given_values = any(isinstance(t, Value) for t in flatten(tuple(tangents))[0])
    run = Recording(function_for(f, "jvp"), tuple(primals), range(len(primals)))
    run.given_values = run.given_values or given_values
    given, structure = flatten(tuple(tangents))
    if structure != flatten(tuple(primals))[1]:
        raise ShapeError("jvp(f, primals, tangents) needs tangents in the structure of the primals")
    seeds = [None if v is None or t is None else run.seed(t, v, "tangent") for v, t in zip(run.variables, given)]
    tangent = restore(run.output_structure, run.push(seeds))
    return run.result(), tangent
