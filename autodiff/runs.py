"""One run of a function on fresh variables: what it recorded, and the walks over it, backward and forward.

A transform of a transform works because the walk records itself: whenever an argument was a Value, or the graph reaches
a variable other than the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autodiff.arguments import name_of, nothing_to_differentiate
from autodiff.containers import flatten, is_container, paths, restore
from autodiff.errors import ArgumentError, DtypeError, GradientLostError, ShapeError
from autodiff.fitting import summed, unshared
from autodiff.forward import push_forward
from autodiff.graph import MANY, ancestors, dependents
from autodiff.modes import changed, current_mode
from autodiff.operands import as_gradient, constant, plain_scalar
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
