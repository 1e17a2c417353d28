"""Derivatives from function values alone, each with an estimate of its error: the reference that knows no rule."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff.arguments import argument_numbers, function_for, positions
from autodiff.containers import Structure, flatten, restore
from autodiff.errors import DtypeError, ShapeError, UnsupportedError
from autodiff.testing.extrapolation import Array, Slope
from autodiff.testing.line import Line, differentiable


class Difference(NamedTuple):
    """A derivative from differences: its value, an estimate of its error, and where the two sides disagree."""

    derivative: Any
    error: Any
    kink: Any


class Sides(NamedTuple):
    """The derivatives from the left and from the right, and an estimate of the error of either."""

    left: Any
    right: Any
    error: Any


def finite_difference(f: Callable[..., Any], *args: Any, argnums: int | Sequence[int] = 0) -> Difference:
    """∂f/∂args[argnums] by central differences, extrapolated to step 0, with an estimate of the error.

    f: any function of plain numbers, arrays and nested containers of them · argnums: which arguments to differentiate
    returns: derivative, error, kink, each of shape f.shape + x.shape, float64 (complex128), in the containers of f's
    result and, inside those, of the arguments. `error` covers truncation and rounding, in the precision that f is
    computed in; a true error above three times the estimate is rare. `kink` says where the slopes from the left and
    from the right differ, where f exists on one side only, or where its slope is unbounded; there `error` is large.
    For complex x: ∂Re f/∂Re x − i ∂Re f/∂Im x, which is f′ for analytic f and the gradient for real f.
    Integers, booleans, strings and None inside containers are constants, and have None for a derivative.
    raises: DtypeError where there is nothing to differentiate, or f's result is not numeric
    source: Ridders, Advances in Engineering Software 4 (1982) 75

    >>> d = finite_difference(np.sin, 0.5)
    >>> bool(abs(d.derivative - np.cos(0.5)) <= 3 * d.error), bool(d.error < 1e-11)
    (True, True)
    """
    return Difference(*_jacobians(function_for(f, "finite_difference"), args, argnums, _DIFFERENCE))


def one_sided(f: Callable[..., Any], *args: Any, argnums: int | Sequence[int] = 0) -> Sides:
    """The derivatives of f from the left and from the right: where they differ, f has a kink.

    Arguments and shapes as in `finite_difference`; one-sided differences are less accurate than central ones.

    >>> sides = one_sided(abs, 0.0)
    >>> round(float(sides.left), 6), round(float(sides.right), 6)
    (-1.0, 1.0)
    """
    return Sides(*_jacobians(function_for(f, "one_sided"), args, argnums, _SIDES))


def directional_difference(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Difference:
    """d f(primals + h·tangents)/dh at h = 0, with an estimate of the error: one column, however many inputs.

    primals, tangents: tuples of the same structure, as for `jvp` · returns: shapes and containers as f's result

    >>> d = directional_difference(lambda x: x @ x, (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    >>> round(float(d.derivative), 9)
    2.0
    """
    line, moves = Line(function_for(f, "directional_difference"), tuple(primals)), flatten(tuple(tangents))[0]
    wanted, given = [np.shape(x) for x in line.leaves], [np.shape(t) for t in moves]
    if wanted != given:
        raise ShapeError(f"tangents need the shapes of the primals, {wanted}, and have {given}")
    slope = line.along({i: t for i, t in enumerate(moves) if differentiable(line.leaves[i])})
    results = [
        [(re if im is None else combine(re, im))[()] for re, im in line.split(getattr(slope, field))]
        for field, combine in _DIFFERENCE.items()
    ]
    return Difference(*(restore(line.out_structure, leaves) for leaves in results))


def complex_step(f: Callable[..., Any], x: Any) -> Any:
    """∂f/∂x = Im f(x + ih)/h with h = 1e-200: exact to rounding, for real functions that continue analytically.

    x: a real number or array · returns: shape f.shape + x.shape, float64
    raises: UnsupportedError where f refuses complex numbers, answers with real ones, or is not analytic (abs, conj,
    maximum), which one finite difference along a direction finds out
    source: Squire and Trapp, SIAM Review 40 (1998) 110

    >>> float(complex_step(np.exp, 1.0)) == np.e
    True
    """
    function_for(f, "complex_step")
    x, h, columns = np.asarray(x, dtype=np.float64), 1e-200, []
    for index in np.ndindex(x.shape):
        z = x.astype(np.complex128)
        z[index] += 1j * h
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                out = np.asarray(f(z if z.ndim else z.item()))
        except (TypeError, np.exceptions.ComplexWarning) as error:
            raise UnsupportedError(f"complex_step needs a function of complex numbers; it says: {error}") from error
        if out.dtype.kind != "c":
            raise UnsupportedError(
                f"complex_step needs an analytic function; this one answers a complex argument with {out.dtype}. "
                "Use finite_difference"
            )
        columns.append(out.imag / h)
    shape = np.shape(f(x[()]))
    if not columns:
        return np.zeros(shape + x.shape)
    result = np.stack(columns, axis=-1).reshape(shape + x.shape)
    direction = np.cos(1.0 + np.arange(x.size)).reshape(x.shape) * np.where(x == 0, 1.0, np.abs(x))
    check = directional_difference(f, (x[()],), (direction[()],))
    along = np.tensordot(result, direction, x.ndim)
    if not np.all(np.abs(along - check.derivative) <= 10 * check.error + 1e-12 * np.abs(along)):
        raise UnsupportedError(
            "complex_step needs an analytic function; the derivative of this one differs from its finite differences. "
            "Use finite_difference"
        )
    return result[()]


Fields = dict[str, Callable[[Array, Array], Array]]  # a field of Slope, and how its real and imaginary parts combine


def _number(re: Array, im: Array) -> Array:
    return re + 1j * im


_DIFFERENCE: Fields = {"derivative": _number, "error": np.hypot, "kink": np.logical_or}
_SIDES: Fields = {"left": _number, "right": _number, "side_error": np.hypot}


def _jacobians(f: Any, args: tuple[Any, ...], argnums: Any, fields: Fields) -> list[Any]:
    """Each field for each pair of an output and an input element, in nested containers: outputs, then arguments."""
    argnums = argument_numbers(argnums)
    numbers = positions(argnums, len(args))
    if not any(differentiable(leaf) or type(leaf) is int for n in numbers for leaf in flatten(args[n])[0]):
        raise DtypeError("there is no real or complex number among the arguments to differentiate")
    line = Line(f, args, varied=numbers)
    counts = [len(flatten(arg)[0]) for arg in args]
    starts = [sum(counts[:n]) for n in numbers]
    chosen = [start + k for start, n in zip(starts, numbers) for k in range(counts[n])]
    parts = tuple(line.structure.children[n] for n in numbers)
    inner = parts[0] if isinstance(argnums, int) else Structure(tuple, (), parts)
    slopes = [line.columns(i) if differentiable(line.leaves[i]) else None for i in chosen]
    results = []
    for field, combine in fields.items():
        blocks = [
            [None] * len(line.outputs) if s is None else _blocks(line, line.leaves[i], s, field, combine)
            for i, s in zip(chosen, slopes)
        ]
        rows = [restore(inner, [block[o] for block in blocks]) for o in range(len(line.outputs))]
        results.append(restore(line.out_structure, rows))
    return results


def _blocks(line: Line, x: Any, slopes: list[Slope], field: str, combine: Callable[[Array, Array], Array]) -> list[Any]:
    """One field for one input leaf: for every output an array of shape output.shape + x.shape."""
    columns = [getattr(slope, field) for slope in slopes]
    blocks = []
    for re, im in line.split(np.stack(columns, axis=-1) if columns else np.zeros((len(line.center), 0))):
        if np.iscomplexobj(x):
            block = combine(re[..., 0::2], re[..., 1::2])
            block = np.conj(block) if combine is _number else block
        else:
            block = re if im is None else combine(re, im)
        blocks.append(block.reshape(re.shape[:-1] + np.shape(x))[()])
    return blocks
