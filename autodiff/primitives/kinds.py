"""The six kinds of primitive, and the one table that holds every operation.

A rule is ordinary NumPy. Its parameter names say what it reads:

    x, y, z    the first, second, third operand          xs, i   all operands, and which one (variadic entries)
    x_like …   the operand's shape and dtype alone        out     the result
    shared     a dictionary that the operands' rules share, for what each of them would have to make
    g          the arriving gradient                     axis …  any other name is a keyword of the operation

Run on arrays a rule computes, run on Values it records: second derivatives need no second rule. Whoever walks a graph
calls every rule through one signature, `pull(g, xs, out, node)` backward and `push(tangents, xs, out, node)` forward,
where `node` has the slots `_inputs` (raw operands) and `_keywords`. This file has never heard of Value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autodiff.errors import UnsupportedError
from autodiff.primitives.rules import Pull, Push, Rule, build_pulls, build_push
from autodiff.primitives.signatures import Signature, read, refuse_missing_rules


@dataclass(frozen=True)
class Domain:
    """Where an operand may lie for the derivative to exist: the interval (low, high) without `hole`."""

    low: float = -math.inf
    high: float = math.inf
    hole: float | None = None


REAL = Domain()
NONZERO = Domain(hole=0.0)
POSITIVE = Domain(low=0.0)
UNIT = Domain(low=-1.0, high=1.0)
ABOVE_ONE = Domain(low=1.0)
ABOVE_MINUS_ONE = Domain(low=-1.0)

TABLE: dict[str, Primitive] = {}
"""Every primitive by name: the only place where derivatives stand."""

DISPATCH: dict[Any, Callable[..., Any]] = {}
"""What to run when NumPy calls a function on a Value: a primitive, or a composite written over primitives."""

COMPOSITES: dict[str, Callable[..., Any]] = {}
"""The entries of DISPATCH that need no derivative of their own, by name."""


class Primitive:
    """One operation: how to compute it, and its derivative rule.

    name: unique, shown in pictures and messages · kind: one of the six · forward: the NumPy function that computes it
    scalar: the same on Python floats through `math`, or None · rules: one per operand, or a single one where `variadic`
    push_rule: for the kind `primitive`, its forward-mode rule, or None · outputs: the result is a tuple
    broadcasts: operands may be broadcast, so a gradient may be summed to fit · domain: one Domain per operand
    complete: whoever calls it gives every operand by position and every keyword, as a plain number; our own entries
    """

    def __init__(
        self,
        name: str,
        kind: str,
        forward: Callable[..., Any],
        rules: Sequence[Any],
        *,
        scalar: Callable[..., Any] | None = None,
        variadic: bool = False,
        broadcasts: bool = False,
        outputs: bool = False,
        push_rule: Rule | None = None,
        domain: Domain | Sequence[Domain] = REAL,
    ) -> None:
        self.name, self.kind, self.forward, self.rules = name, kind, forward, tuple(rules)
        self.scalar, self.variadic, self.broadcasts, self.outputs = scalar, variadic, broadcasts, outputs
        self.push_rule = push_rule
        self.domain = (domain,) * max(len(self.rules), 1) if isinstance(domain, Domain) else tuple(domain)
        self.differentiable = kind != "nondifferentiable"
        self.complete = False

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _named, (self.name,)

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        """Compute on arrays; record when an operand knows how to (as Values do)."""
        if not self.complete:
            operands, keywords = self._completed(operands, keywords)
        for operand in operands:
            record = getattr(type(operand), "_record", None)
            if record is not None:
                if len(operands) > len(self.rules) and self.differentiable and not self.variadic:
                    self._refuse_without_rule(operands)
                return record(self, operands, keywords)
        return self.forward(*operands, **keywords)

    def _completed(self, operands: Any, keywords: Any) -> tuple[Any, Any]:
        """Every operand that has a rule in its place, every keyword by its name, defaults filled in."""
        if self.differentiable:
            operands, keywords = self.signature.bound(operands, keywords)
        return operands, read(self.name, keywords)

    @cached_property
    def signature(self) -> Signature:
        """What the forward function takes."""
        return Signature(self.forward, len(self.rules), self.variadic)

    def _refuse_without_rule(self, operands: Sequence[Any]) -> None:
        """Raise for an operand that carries a gradient and has no rule to receive it."""
        for i in range(len(self.rules), len(operands)):
            if getattr(operands[i], "_carries", False):
                raise UnsupportedError(
                    f"{self.name} has {len(self.rules)} rules, and its operand {i} carries a gradient that none of "
                    "them would pass on; cut it (ad.stop_gradient), or register the entry with a rule for it"
                )

    def reads(self, rule: Any) -> tuple[str, ...]:
        """The names of what a rule reads: its parameters."""
        return rule.__code__.co_varnames[: rule.__code__.co_argcount] if callable(rule) else ()

    @cached_property
    def pulls(self) -> Iterable[Pull | None]:
        """One reverse rule per operand: what the gradient g of the result contributes to that operand."""
        return build_pulls(self)

    @cached_property
    def masked_pulls(self) -> Iterable[Pull | None]:
        """The same, where a zero stays zero although it meets an infinity or NaN."""
        return build_pulls(self, TABLE["masked_product"]) if self.kind == "elementwise" else self.pulls

    @cached_property
    def push(self) -> Push | None:
        """The forward rule: the tangent of the result, from the tangents of the operands (None: zero).

        None for an entry of the kind `primitive` without a jvp: then the walk takes the reverse rule twice.
        """
        return build_push(self)

    @cached_property
    def masked_push(self) -> Push | None:
        """The same, where a zero stays zero."""
        return build_push(self, TABLE["masked_product"]) if self.kind == "elementwise" else self.push


def _named(name: str) -> Primitive:
    """The entry of the table: how a pickled primitive is found again."""
    return TABLE[name]


# --- registration: one entry each -----------------------------------------------------------------------------------


def _register(primitive: Primitive, function: Any) -> Primitive:
    if primitive.name in TABLE:
        raise UnsupportedError(f"there is a primitive named {primitive.name!r} already; give yours another name=")
    if isinstance(function, np.ufunc) and function in DISPATCH:
        raise UnsupportedError(
            f"np.{function.__name__} has a derivative already; register a function of your own around it"
        )
    refuse_missing_rules(primitive)
    TABLE[primitive.name] = primitive
    if isinstance(function, np.ufunc):
        DISPATCH[function] = primitive
    return primitive


def elementwise(
    forward: Callable[..., Any],
    partials: Sequence[Any],
    *,
    domain: Domain | Sequence[Domain] = REAL,
    scalar: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Primitive:
    """An operation that acts element by element, with broadcasting: one partial derivative per operand.

    forward: a ufunc or any function of arrays · partials: rules reading x, y, z, out, or numbers; None for an operand
    that it is not differentiable in. What the function takes behind them is a keyword, which carries no gradient
    domain: where the operands may lie · scalar: the same on Python floats, through `math`
    returns: the primitive, which computes on arrays and records on Values

    >>> cube = elementwise(lambda x: x * x * x, [lambda x: 3 * x * x], name="cube_example")
    >>> float(cube(2.0))
    8.0
    """
    name = name or forward.__name__
    primitive = Primitive(name, "elementwise", forward, partials, domain=domain, scalar=scalar, broadcasts=True)
    return _register(primitive, forward)


def linear(
    forward: Callable[..., Any],
    adjoints: Sequence[Any] | None = None,
    *,
    adjoint: Rule | None = None,
    broadcasts: bool = False,
    name: str | None = None,
) -> Primitive:
    """An operation linear in its operands jointly: one adjoint per operand, None for one it is not linear in.

    `adjoint=` gives one rule, reading `i`, for a variadic operation. Forward mode applies the operation itself.
    """
    return _linear("linear", forward, adjoints, adjoint, broadcasts, name)


def multilinear(
    forward: Callable[..., Any],
    adjoints: Sequence[Any] | None = None,
    *,
    adjoint: Rule | None = None,
    broadcasts: bool = False,
    name: str | None = None,
) -> Primitive:
    """An operation linear in each operand while the others are kept (matmul): one adjoint per operand."""
    return _linear("multilinear", forward, adjoints, adjoint, broadcasts, name)


def _linear(kind: str, forward: Any, adjoints: Any, adjoint: Any, broadcasts: bool, name: str | None) -> Primitive:
    rules = adjoints if adjoint is None else [adjoint]
    if rules is None:
        raise UnsupportedError(f"{kind} {name or forward.__name__} needs adjoints= (one per operand) or adjoint=")
    name = name or forward.__name__
    primitive = Primitive(name, kind, forward, rules, variadic=adjoint is not None, broadcasts=broadcasts)
    return _register(primitive, forward)


def primitive(
    forward: Callable[..., Any],
    vjps: Sequence[Any],
    *,
    jvp: Rule | None = None,
    outputs: bool = False,
    broadcasts: bool = False,
    domain: Domain | Sequence[Domain] = REAL,
    name: str | None = None,
) -> Primitive:
    """An operation with derivatives of its own: per operand a vjp that reads g, and a jvp that reads tangents.

    outputs: the result is a tuple; then g is a tuple too · broadcasts: a vjp may return more axes than its operand has,
    and the engine sums over them. Rules are written in recorded NumPy.
    """
    name = name or forward.__name__
    entry = Primitive(
        name, "primitive", forward, vjps, push_rule=jvp, outputs=outputs, broadcasts=broadcasts, domain=domain
    )
    return _register(entry, forward)


def nondifferentiable(forward: Callable[..., Any], *, name: str | None = None) -> Primitive:
    """An operation whose result carries no gradient: comparisons, rounding, argmax."""
    return _register(Primitive(name or forward.__name__, "nondifferentiable", forward, ()), forward)


def composite(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: run this function, written over primitives, when NumPy calls one of `functions` on a Value."""

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            DISPATCH[function] = implementation
            COMPOSITES[function.__name__] = implementation
        return implementation

    return register
