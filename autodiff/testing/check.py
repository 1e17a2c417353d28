"""check_grad: derivatives in both modes and several orders, against finite differences; names the wrong operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from autodiff.arguments import argument_numbers, function_for, positions
from autodiff.containers import flatten, paths, restore
from autodiff.errors import ArgumentError, DtypeError
from autodiff.modes import no_grad
from autodiff.operands import plain_scalar
from autodiff.runs import unpacked
from autodiff.testing.blame import first_wrong
from autodiff.testing.claim import check_claim
from autodiff.testing.compare import MODES, Finding, Function, Settings, compare, derived, size_of
from autodiff.testing.judge import GradientMismatchError, NotDifferentiableError, Report, Tally
from autodiff.testing.line import differentiable, plain
from autodiff.value import Value


def check_grad(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[str] = MODES,
    grad: Callable[..., Any] | None = None,
    argnums: int | Sequence[int] | None = None,
    units: int = 32,
    seed: int = 0,
) -> Report:
    """Compare the derivatives of f at args, up to an order and in both modes, with finite differences.

    f: a function of numbers, arrays and nested containers of them, which returns such · order: 1 or more; an order is
    checked through every chain of modes, reverse over forward and so on · modes: "reverse", "forward" or both
    grad: a gradient (Jacobian, for f with several outputs) to check instead of ours, called with args; order 1
    argnums: the arguments to differentiate; by default all that hold real or complex numbers (an integer among several
    arguments is a constant), 0 for `grad` · units: up to so many input elements are
    varied one by one (four for higher orders); beyond, along three random directions, and a random choice of so many
    elements · seed: for these
    returns: Report. The tolerance is ten times the estimated error of the differences, and rounding
    raises: GradientMismatchError, naming the first recorded operation whose own derivative is wrong;
    NotDifferentiableError at a kink

    >>> report = check_grad(lambda x: np.sum(np.tanh(x) * x), np.array([0.5, -1.0]))
    >>> report.largest_relative_error < 1e-9, report.undecided
    (True, 0)
    """
    function_for(f, "check_grad")
    argnums = None if argnums is None else argument_numbers(argnums)
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not modes or type(order) is not int or order < 1:
        raise ArgumentError(
            f"check_grad takes order >= 1 and modes from {MODES}; it was given order={order}, modes={modes}"
        )
    if grad is not None:
        return check_claim(f, args, grad, 0 if argnums is None else argnums, np.random.default_rng(seed))
    flat, xs, names = _flattened(_runs_on_arrays(f, args), args, argnums)
    tally, settings = Tally(), Settings(tuple(modes), units, np.random.default_rng(seed), size_of(flat(*xs)))
    _check(flat, flat, xs, order, (), settings, tally, names)
    return tally.report()


def _check(
    root: Function,
    f: Function,
    xs: list[Any],
    order: int,
    chain: tuple[str, ...],
    settings: Settings,
    tally: Tally,
    names: list[str],
) -> None:
    """Compare f, a derivative of root by a chain of modes, and then its own derivatives."""
    # A derivative mixes all inputs already, and is dear: beyond four inputs it is looked at along directions.
    finding = compare(f, xs, replace(settings, units=min(settings.units, 4)) if chain else settings, tally)
    if finding is not None:
        _raise(root, xs, finding, chain, settings, names)
    if order > 1:
        for mode in settings.modes:
            _check(root, derived(f, xs, mode, settings.random), xs, order - 1, (*chain, mode), settings, tally, names)


def _raise(
    root: Function, xs: list[Any], finding: Finding, chain: tuple[str, ...], settings: Settings, names: list[str]
) -> NoReturn:
    leaf, index = finding.input
    what = " over ".join((finding.mode, *reversed(chain)))
    output = f"output {finding.output[0]}{_indexed(finding.output[1])}" if not chain else "a derivative"
    where = f"order {len(chain) + 1} ({what}), {output} with respect to {names[leaf]}{_indexed(index)}"
    culprit, count = first_wrong(root, xs, settings, len(chain) + 1, kinks=finding.sides is not None)
    if finding.sides is not None:
        left, right = finding.sides
        by = f"\nThe kink is in {culprit.text}" if culprit is not None else ""
        raise NotDifferentiableError(
            f"not differentiable here: {where}: the slope is {left:.6g} from the left and {right:.6g} from the right "
            f"(the {finding.mode} derivative is {finding.got:.6g}). Choose another point.{by}"
        )
    if culprit is not None and culprit.finding.sides is not None:
        raise NotDifferentiableError(
            f"{where}: nothing can be said: an operation has no derivative at what it was given, {culprit.text}. "
            "Choose another point"
        )
    numbers = f"got {finding.got:.15g}, expected {finding.expected:.15g} ± {finding.error:.2g} (finite differences)"
    reason = (
        f"Each of the {count} recorded operations is right by itself: a gradient is lost or added between them "
        "(stop_gradient, .data, no_grad, a condition that depends on x), or f is not the same function each time"
    )
    if culprit is not None:
        local = culprit.finding
        reason = (
            f"The wrong operation is {culprit.text}: {local.mode} mode by itself "
            f"got {local.got:.15g}, expected {local.expected:.15g} ± {local.error:.2g}"
        )
    raise GradientMismatchError(f"{where}:\n  {numbers}\n{reason}")


def _indexed(index: tuple[int, ...]) -> str:
    return str(list(index)) if index else ""


def _flattened(f: Callable[..., Any], args: tuple[Any, ...], argnums: Any) -> tuple[Function, list[Any], list[str]]:
    """f as a function of its differentiated leaves that returns a tuple of leaves; the leaves; what to call them."""
    chosen = set(_differentiable(args) if argnums is None else positions(argnums, len(args)))
    args = tuple(float(a) if type(a) is int and n in chosen else a for n, a in enumerate(args))
    leaves, structure = flatten(args)
    owners = [n for n, arg in enumerate(args) for _ in flatten(arg)[0]]
    places = [i for i, leaf in enumerate(leaves) if owners[i] in chosen and differentiable(plain(leaf))]
    if not places:
        raise DtypeError("check_grad: there is no real or complex number among the arguments to differentiate")
    leaves = [plain(leaf) for leaf in leaves]
    names = [f"argument {path[1:].replace(']', '', 1)}" for path in paths(structure)]

    def flat(*xs: Any) -> tuple[Any, ...]:
        filled = list(leaves)
        for place, x in zip(places, xs):
            filled[place] = x
        return tuple(flatten(unpacked(f(*restore(structure, filled))))[0])

    return flat, [plain_scalar(leaves[i]) for i in places], [names[i] for i in places]


def _differentiable(args: tuple[Any, ...]) -> list[int]:
    """The arguments that hold real or complex numbers; integers are constants beside these, and numbers if alone."""
    floats = [n for n, arg in enumerate(args) if any(differentiable(plain(leaf)) for leaf in flatten(arg)[0])]
    return floats or [*range(len(args))]


def _runs_on_arrays(f: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
    """f itself if it takes plain arrays; f on Values, if it needs methods that only they have."""
    try:
        f(*args)
    except AttributeError:

        def on_values(*arguments: Any) -> Any:
            leaves, structure = flatten(arguments)
            if any(isinstance(leaf, Value) for leaf in leaves):
                return f(*arguments)
            with no_grad():
                wrapped = [Value(leaf) if differentiable(leaf) else leaf for leaf in leaves]
                results, shape = flatten(f(*restore(structure, wrapped)))
            return restore(shape, [plain(result) for result in results])

        return on_values
    return f
