"""From a rule as written to a rule as called: `pull(g, xs, out, node)`, `push(tangents, xs, out, node)`.

A rule names what it reads by its parameters; a few lines of generated code hand it just that. The primitive, whatever
it is, has the fields `kind`, `rules`, `variadic`, `push_rule`; the node has `_inputs` and `_keywords`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autodiff.errors import UnsupportedError

Rule = Callable[..., Any]
Pull = Callable[[Any, Sequence[Any], Any, Any], Any]
Push = Callable[[Sequence[Any], Sequence[Any], Any, Any], Any]

_ACCESS = {"g": "g", "tangents": "tangents", "xs": "xs", "i": "i", "out": "out", "keywords": "node._keywords"}
_ACCESS |= {name: f"xs[{i}]" for i, name in enumerate("xyz")}
_ACCESS |= {f"{name}_like": f"node._inputs[{i}]" for i, name in enumerate("xyz")} | {"xs_like": "node._inputs"}


def build_pulls(primitive: Any, template: str) -> Iterable[Pull | None]:
    """One reverse rule per operand; `template` says how an elementwise partial is applied."""
    if primitive.kind != "elementwise":
        template = "{rule}"
    if primitive.variadic:
        return _EveryOperand(_adapt(primitive.rules[0], "rule", template, "i, g, xs, out, node"))
    return tuple(rule if rule is None else _pull(rule, template) for rule in primitive.rules)


def build_push(primitive: Any, template: str) -> Push:
    """The forward rule of the kind; `template` says how an elementwise partial is applied."""
    if primitive.kind == "elementwise":
        partials = [
            _adapt(rule, "partial", template if callable(rule) else "{partial} * t", "t, xs, out, node")
            for rule in primitive.rules
        ]
        return lambda tangents, xs, out, node: _total(
            partial(t, xs, out, node) for partial, t in zip(partials, tangents) if t is not None
        )
    if primitive.kind == "linear":
        return lambda tangents, xs, out, node: _push_linear(primitive, tangents, xs, node)
    if primitive.kind == "multilinear":
        return lambda tangents, xs, out, node: _push_multilinear(primitive, tangents, xs, node)
    if primitive.push_rule is None:
        raise UnsupportedError(f"{primitive.name} has no forward-mode rule; use grad or vjp, or register it with jvp=")
    return _adapt(primitive.push_rule, "rule", "{rule}", "tangents, xs, out, node")


def _push_linear(primitive: Any, tangents: Sequence[Any], xs: Sequence[Any], node: Any) -> Any:
    """op(tangents): the operands it is not linear in are kept, the linear ones without a tangent are zero."""
    rules = primitive.rules * len(xs) if primitive.variadic else (*primitive.rules, *(None,) * len(xs))
    operands = [x if rule is None else np.zeros_like(x) if t is None else t for x, t, rule in zip(xs, tangents, rules)]
    return primitive(*operands, **node._keywords)


def _push_multilinear(primitive: Any, tangents: Sequence[Any], xs: Sequence[Any], node: Any) -> Any:
    """Σᵢ op(x₀, …, tᵢ, …): the product rule."""
    return _total(
        primitive(*xs[:i], t, *xs[i + 1 :], **node._keywords) for i, t in enumerate(tangents) if t is not None
    )


class _EveryOperand:
    """The pulls of a variadic entry: one rule, told which operand it is for."""

    def __init__(self, rule: Callable[..., Any]) -> None:
        self.rule = rule

    def __getitem__(self, i: int) -> Pull:
        return lambda g, xs, out, node: self.rule(i, g, xs, out, node)

    def __iter__(self) -> Iterator[Pull]:  # endless: whoever zips it stops with the operands
        i = 0
        while True:
            yield self[i]
            i += 1

    def __len__(self) -> int:
        raise TypeError("a variadic entry has as many pulls as it is given operands")


_CONSTANT_PULLS: dict[Any, Pull] = {1: lambda g, xs, out, node: g, -1: lambda g, xs, out, node: -g}


def _pull(rule: Any, template: str) -> Pull:
    if not callable(rule):  # a number is finite: there is nothing to mask
        return _CONSTANT_PULLS.get(rule) or (lambda g, xs, out, node: rule * g)
    return _adapt(rule, "partial" if "{partial}" in template else "rule", template, "g, xs, out, node")


def _adapt(rule: Any, role: str, template: str, signature: str) -> Callable[..., Any]:
    """A rule as written, called with what its parameter names ask for. A number stands for itself."""
    if callable(rule):
        names = rule.__code__.co_varnames[: rule.__code__.co_argcount]
        body = f"rule({', '.join(_ACCESS.get(name) or f'node._keywords[{name!r}]' for name in names)})"
    else:
        body = repr(rule)
    source = f"lambda {signature}: {template.format(**{role: body})}"
    return eval(source, {"rule": rule, "masked": masked, "masked_tangent": masked_tangent})  # type: ignore[no-any-return]


def masked(g: Any, partial: Any) -> Any:
    """g · partial, where an exactly zero g stays zero although the partial is infinite or NaN.

    The partial is masked, not the product: masking by g alone would lose second derivatives.
    """
    return g * np.where((g == 0) & ~np.isfinite(partial), 0.0, partial)


def masked_tangent(t: Any, partial: Any) -> Any:
    """t · partial, where zero times infinity or NaN is zero, whichever is the zero.

    Backward, a zero partial makes the gradient zero before it meets an infinite one; forward, the infinite one is met
    first, as in (√x)² at 0. Both modes shall answer alike.
    """
    return masked(np.where((partial == 0) & ~np.isfinite(t), 0.0, t), partial)


def _total(terms: Iterator[Any]) -> Any:
    total = next(terms)
    for term in terms:
        total = total + term
    return total
