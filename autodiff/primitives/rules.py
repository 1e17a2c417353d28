"""From a rule as written to a rule as called: `pull(g, xs, out, node)`, `push(tangents, xs, out, node)`.

A rule names what it reads by its parameters; a few lines of generated code hand it just that. The primitive, whatever
it is, has the fields `kind`, `rules`, `variadic`, `push_rule`; the node has `_inputs` and `_keywords`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Rule = Callable[..., Any]
Pull = Callable[[Any, Sequence[Any], Any, Any], Any]
Push = Callable[[Sequence[Any], Sequence[Any], Any, Any], Any]

_ACCESS = {"g": "g", "tangents": "tangents", "xs": "xs", "i": "i", "out": "out", "keywords": "node._keywords"}
_ACCESS["shared"] = "shared"
_ACCESS |= {name: f"xs[{i}]" for i, name in enumerate("xyz")}
_ACCESS |= {f"{name}_like": f"node._inputs[{i}]" for i, name in enumerate("xyz")} | {"xs_like": "node._inputs"}

_MADE_HERE = f"{__file__}: made from a rule"  # what looks for the user's line passes over files of ours


def build_pulls(primitive: Any, product: Rule = operator.mul) -> Iterable[Pull | None]:
    """One reverse rule per operand; `product` multiplies an elementwise partial with the gradient."""
    if primitive.variadic:
        return _EveryOperand(_adapt(primitive.rules[0], "{rule}", "i, g, xs, out, node"))
    if primitive.kind == "elementwise":
        mixed = len(primitive.rules) > 1
        return tuple(_partial(rule, "g", "g, xs, out, node", product, mixed) for rule in primitive.rules)
    if any("shared" in primitive.reads(rule) for rule in primitive.rules):
        rules = [rule and _adapt(rule, "{rule}", "g, xs, out, node, shared") for rule in primitive.rules]
        return _SharedByOperands(rules)
    return tuple(rule if rule is None else _adapt(rule, "{rule}", "g, xs, out, node") for rule in primitive.rules)


def build_push(primitive: Any, product: Rule = operator.mul) -> Push | None:
    """The forward rule of the kind; None if it has none. `product` multiplies an elementwise partial with a tangent."""
    if primitive.kind == "elementwise":
        mixed = len(primitive.rules) > 1
        partials = [_partial(rule, "t", "t, xs, out, node", product, mixed) for rule in primitive.rules]
        return lambda tangents, xs, out, node: _total(
            partial(t, xs, out, node) for partial, t in zip(partials, tangents) if partial and t is not None
        )
    if primitive.kind == "linear":
        return lambda tangents, xs, out, node: _push_linear(primitive, tangents, xs, node)
    if primitive.kind == "multilinear":
        return lambda tangents, xs, out, node: _push_multilinear(primitive, tangents, xs, node)
    if primitive.push_rule is None:
        return None
    return _adapt(primitive.push_rule, "{rule}", "tangents, xs, out, node")


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


class _SharedByOperands:
    """The pulls of an entry whose operands need the same costly thing: made once for each visit of a node.

    A rule that reads `shared` gets a dictionary, empty at first, that the rules of the other operands get too.
    """

    def __init__(self, rules: Sequence[Any]) -> None:
        self.rules = rules

    def _with(self, rule: Any, shared: dict[str, Any]) -> Any:
        return rule and (lambda g, xs, out, node: rule(g, xs, out, node, shared))

    def __iter__(self) -> Iterator[Any]:
        shared: dict[str, Any] = {}
        return iter([self._with(rule, shared) for rule in self.rules])

    def __getitem__(self, i: int) -> Any:
        return self._with(self.rules[i], {})

    def __len__(self) -> int:
        return len(self.rules)


_CONSTANT_PULLS: dict[Any, Pull] = {1: lambda g, xs, out, node: g, -1: lambda g, xs, out, node: -g}


_AS_COMPUTED = {
    name: f"(xs[{i}] if type(xs[{i}]) is float else as_computed(xs[{i}], out))" for i, name in enumerate("xyz")
}
_AS_COMPUTED["xs"] = "tuple(as_computed(x, out) for x in xs)"


def as_computed(x: Any, out: Any) -> Any:
    """An operand in the dtype of the result, in which the operation was computed: as precise as that is the partial.

    So 1/y beside a float64 x is a float64, also if y is a float32, and y − 1 does not wrap around if y is a uint8.
    Python's numbers are as precise as whatever stands beside them.
    """
    if isinstance(getattr(x, "_data", x), (int, float, complex)):
        return x
    dtype = np.dtype(float) if type(out) is float else out.dtype
    return x if x.dtype == dtype or not np.can_cast(x.dtype, dtype) else x.astype(dtype)


def _partial(rule: Any, factor: str, signature: str, product: Rule, mixed: bool) -> Callable[..., Any] | None:
    """What an elementwise partial contributes: itself times a factor, the gradient or a tangent. None: nothing.

    mixed: there are several operands, which may have several dtypes
    """
    if rule is None:
        return None
    if not callable(rule):  # a number is finite: there is nothing to mask
        return _CONSTANT_PULLS.get(rule) or _adapt(rule, f"{{rule}} * {factor}", signature)
    access = _ACCESS | _AS_COMPUTED if mixed and not _is_an_operand(rule) else _ACCESS
    if product is operator.mul:
        return _adapt(rule, f"{{rule}} * {factor}", signature, access=access)
    return _adapt(rule, f"product({factor}, {{rule}})", signature, product, access)


def _is_an_operand(rule: Any) -> bool:
    """Whether a rule says `lambda y: y`: then the product with the gradient is as precise as that."""
    return bool(rule.__code__.co_argcount == 1 and rule.__code__.co_code == (lambda x: x).__code__.co_code)


def _adapt(
    rule: Any, template: str, signature: str, product: Rule | None = None, access: Mapping[str, str] = _ACCESS
) -> Callable[..., Any]:
    """A rule as written, called with what its parameter names ask for. A number stands for itself."""
    if callable(rule):
        names = rule.__code__.co_varnames[: rule.__code__.co_argcount]
        body = f"rule({', '.join(access.get(name) or f'node._keywords[{name!r}]' for name in names)})"
    else:
        body = repr(rule)
    code = compile(f"lambda {signature}: {template.format(rule=body)}", _MADE_HERE, "eval")
    return eval(code, {"rule": rule, "product": product, "as_computed": as_computed})  # type: ignore[no-any-return]


def _total(terms: Iterator[Any]) -> Any:
    total = next(terms)
    for term in terms:
        total = total + term
    return total
