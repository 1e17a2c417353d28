"""From a function to its derivatives: grad, value_and_grad, vjp, jvp.

Each runs the function once on fresh variables, recording, and walks the graph that it left. A transform of a transform
works because the walk records itself: whenever an argument was a Value, or the graph reaches a variable other than the
arguments. All of them take nested tuples, lists and dicts of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from typing import Any

import numpy as np

from autodiff.arguments import argument_numbers, function_for, name_of, nothing_to_differentiate, positions
from autodiff.containers import flatten, is_container, map_leaves, paths, restore
from autodiff.errors import ArgumentError, DtypeError, GradientLostError, ShapeError
from autodiff.fitting import summed, unshared
from autodiff.forward import push_forward
from autodiff.graph import MANY, ancestors, dependents
from autodiff.holomorphic import derivatives as holomorphic_derivatives
from autodiff.modes import changed, current_mode
from autodiff.operands import as_gradient, constant, copied, plain_scalar, read_only
from autodiff.primitives.shaping import alias
from autodiff.recording import OWN
from autodiff.reverse import pull_back
from autodiff.value import Value, apply, constant_value, variable

Function = Callable[..., Any]


class Recording:
    """One run of a function on fresh variables, and what the walks need to know about it.

    variables: one per differentiable leaf of the arguments, None for the others · outputs: the leaves of the result
    """

    def __init__(self, f: Function, primals: Sequence[Any], chosen: Sequence[int], has_aux: bool = False) -> None:
        self.chosen = chosen
        self.structures: list[Any] = []
        self.variables: list[Value | None] = []
        arguments = list(primals)
        for position in chosen:
            leaves, structure = flatten(primals[position])
            fresh = [_fresh(leaf, top=not is_container(primals[position])) for leaf in leaves]
            arguments[position] = restore(structure, [leaf if v is None else v for leaf, v in zip(leaves, fresh)])
            self.structures.append(structure)
            self.variables += fresh
        if not self.active:
            raise nothing_to_differentiate(f, [primals[position] for position in chosen], chosen)
        self.since = min(v._serial for v in self.active)
        self.given_values = any(v._primitive is not None for v in self.active)
        self.outer = current_mode()
        with changed(recording=True, differentiating=True):
            result = f(*arguments)
        self.aux: Any = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise ArgumentError(
                    f"{name_of(f)} must return (result, aux) with has_aux=True; it returned {type(result).__name__}"
                )
            result, self.aux = result[0], _without_history(result[1], self)
        self.outputs, self.output_structure = flatten(unpacked(result))
        for i, output in enumerate(self.outputs):
            if not isinstance(output, Value):
                path = paths(self.output_structure)[i]
                raise GradientLostError(
                    f"{name_of(f)} returned {type(output).__name__} {output!r:.40}{' at ' + path if path else ''}, not "
                    "a Value: the gradient was lost on the way. np.* records; float(), .item(), .data and math.* do not"
                )
        self.nodes = ancestors(self.outputs, self.since)
        self.traced = self.outer.trace is not None
        if self.outer.debug is not None:
            self.outer.debug.check_values(self.outputs, f"the result of {name_of(f)}", self._named)

    @property
    def active(self) -> list[Value]:
        """The variables, without the places of constants."""
        return [v for v in self.variables if v is not None]

    @property
    def _named(self) -> dict[Value, str]:
        """What messages call the variables."""
        places = [f"argument {n}{path}" for n, s in zip(self.chosen, self.structures) for path in paths(s)]
        return {v: name for v, name in zip(self.variables, places) if v is not None}

    @property
    def recorded(self) -> bool:
        """Whether derivatives are Values: an argument was one, or the graph reaches another variable besides."""
        if self.given_values or self.traced:
            return True
        return self.outer.recording and self._nodes_reach_others

    @cached_property
    def _nodes_reach_others(self) -> bool:
        return self._reaches_others(self.nodes)

    def reaches_others_from(self, leaf: Any) -> bool:
        """Whether a gradient of somebody else's flows through a leaf of the auxiliary results (or it is no Value)."""
        if not isinstance(leaf, Value):
            return True
        return self.outer.recording and self._reaches_others(ancestors([leaf], self.since))

    def _reaches_others(self, nodes: set[Value]) -> bool:
        """Whether a variable besides our own, and those of transforms that ran inside, leads to these nodes."""
        since = self.since
        for node in nodes:
            if node._primitive is None:
                if node._keywords is not OWN:
                    return True
                continue
            for operand in (node._x, node._y) if node._count < MANY else node._x:
                if operand is not None and operand._serial < since and operand._carries:
                    return True
        return False

    def result(self) -> Any:
        """What the function returned: Values if derivatives are, plain data otherwise."""
        return restore(self.output_structure, self.outputs if self.recorded else [o._data for o in self.outputs])

    def pull(self, seeds: Sequence[Any], last: bool = False) -> list[Any]:
        """The gradient of every variable from those of the outputs; None for constants. Zero where nothing arrives.

        last: nobody will ask for another derivative, so the graph is freed on the way if it is only ours
        """
        path = self._path([v for v in self.active if v in self.nodes])
        arriving = summed((output, seed) for output, seed in zip(self.outputs, seeds) if output in path)
        debug = current_mode().debug
        free = last and not self.recorded and debug is None
        if free:
            self.nodes = set()
        with changed(recording=self.outer.recording, differentiating=self.outer.differentiating):
            gradients = pull_back(arriving, path, self.active, recorded=self.recorded, masked=self.traced, free=free)
        if debug is not None:
            debug.check_gradients(arriving, path, self.active, gradients, self._named)
        return self._handed_out([gradients.pop(v, None) for v in self.variables], self.variables)

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """The tangent of every output from those of the variables. Zero where nothing arrives."""
        seeds = {v: t for v, t in zip(self.variables, tangents) if v is not None and t is not None}
        path = self._path([v for v in seeds if v in self.nodes])
        with changed(recording=self.outer.recording, differentiating=self.outer.differentiating):
            found = push_forward(seeds, path, self.outputs, recorded=self.recorded, masked=self.traced)
        if (debug := current_mode().debug) is not None:
            debug.check_tangents(seeds, self.outputs, found, self._named)
        tangents = [found.get(output) for output in self.outputs]
        found.clear()
        return self._handed_out(tangents, self.outputs)

    def _path(self, variables: list[Value]) -> set[Value]:
        """The nodes that a derivative with respect to these variables passes through."""
        if len(variables) == len(self.active) and not self._nodes_reach_others:
            return self.nodes  # whatever carries a gradient has it from them
        return dependents(self.nodes, variables)

    def _handed_out(self, derivatives: list[Any], of: Sequence[Value | None]) -> list[Any]:
        """Derivatives as the caller gets them: zeros where nothing arrived, each its own buffer. Empties the list."""
        made: list[Any] = []
        for value in reversed(of):
            g = derivatives.pop()
            if value is None:
                made.append(None)
                continue
            if g is None:
                g = plain_scalar(np.zeros_like(value._data))
            if self.recorded:
                made.append(g if isinstance(g, Value) else constant_value(g))
            else:
                made.append(unshared(g))
        return made[::-1]

    def seed(self, given: Any, like: Value, what: str) -> Any:
        """A cotangent or tangent from the caller, checked against the Value it belongs to."""
        if isinstance(given, Value):
            if given.shape != like.shape:
                raise ShapeError(f"a {what} must have the shape {like.shape} of its array, was given {given.shape}")
            given = given if given.dtype == like.dtype else given.astype(like.dtype)
            return given if self.recorded else given._read(f"a {what}")
        constant(given, what)
        return as_gradient(given, like)


def unpacked(result: Any) -> Any:
    """A function's result; where that is a bare operation with several, which is one Value, a tuple of Values."""
    return tuple(result) if isinstance(result, Value) and type(result._data) is tuple else result


def fresh_variable(x: Any) -> Value:
    """A variable of a transform's own: around plain data, or as another name of a caller's Value, so that both walks
    (ours, which ends here, and the caller's, which passes through) find their way.
    """
    if not isinstance(x, Value):
        return variable(x)
    node = apply(alias, (x,))
    node._primitive, node._carries, node._count, node._x, node._a = alias, True, 1, x, x._data
    return node


def _fresh(leaf: Any, top: bool) -> Value | None:
    """A variable of our own for one leaf of an argument; None for constants (ints, bools, strings in containers)."""
    if isinstance(leaf, Value):
        return fresh_variable(leaf)
    if leaf is None or isinstance(leaf, (str, bytes)):
        if top:
            raise DtypeError(f"cannot differentiate with respect to {leaf!r}; choose another argument by argnums=")
        return None
    if isinstance(leaf, (bool, int)) or (
        getattr(getattr(leaf, "dtype", None), "kind", "") in "biu" and hasattr(leaf, "dtype")
    ):
        return variable(plain_scalar(np.asarray(leaf).astype(np.float64))) if top else None
    return (
        Value(leaf)
        if isinstance(leaf, (list, tuple))
        else variable(plain_scalar(constant(leaf, "a differentiated argument")))
    )


def _without_history(aux: Any, run: Recording) -> Any:
    """Auxiliary results leave as plain data (as Values where those carry an outer gradient)."""
    leaves, structure = flatten(aux)
    kept = run.given_values or run.outer.trace is not None
    return restore(structure, [leaf if kept or run.reaches_others_from(leaf) else leaf._data for leaf in leaves])


def gradients_of(run: Recording, flat: Sequence[Any], argnums: int | Sequence[int]) -> Any:
    """Flat derivatives in the structure of the differentiated arguments: one, or a tuple if argnums is one."""
    remaining = iter(flat)
    shaped = tuple(restore(s, [next(remaining) for _ in range(_size(s))]) for s in run.structures)
    return shaped[0] if isinstance(argnums, int) else shaped


def _size(structure: Any) -> int:
    return 1 if structure.kind is None else sum(map(_size, structure.children))


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
