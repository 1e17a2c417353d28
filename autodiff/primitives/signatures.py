"""How an entry is called: its operands by position, one rule for each; everything else by name, with its default.

Rules read operands by their place and keywords by their name. So whatever a call leaves out or names, the node holds
every operand in its place and every keyword.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

import numpy as np

from autodiff.containers import map_leaves
from autodiff.errors import UnsupportedError

_BY_PLACE = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_PLAIN = frozenset({int, float, bool, str, type(None)})  # keywords that need no further look


class Signature:
    """What the forward function of an entry takes.

    operands: those that have a rule · keywords: whatever stands behind them, also where it may be given by position
    """

    def __init__(self, forward: Callable[..., Any], rules: int, variadic: bool) -> None:
        parameters = _parameters(forward)
        by_place = [p for p in parameters if p.kind in _BY_PLACE]
        self.operands = [] if variadic else by_place[:rules]
        self.behind = [p for p in by_place[len(self.operands) :] if p.kind is p.POSITIONAL_OR_KEYWORD]
        if any(p.kind is p.VAR_POSITIONAL for p in parameters):
            self.behind = []  # then they are operands without a rule
        self.keywords = self.behind + [p for p in parameters if p.kind is p.KEYWORD_ONLY]

    def bound(self, operands: Sequence[Any], keywords: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """A call with everything in its place. What is missing, or too much, is left for the function to refuse."""
        operands, keywords = list(operands), dict(keywords)
        for parameter in self.operands[len(operands) :]:
            if parameter.name in keywords and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                operands.append(keywords.pop(parameter.name))
            elif parameter.default is not parameter.empty:
                operands.append(parameter.default)
            else:
                break
        count = len(self.operands)
        for parameter, given in zip(self.behind, operands[count:]):
            if parameter.name in keywords:
                break
            keywords[parameter.name] = given
            del operands[count]
        for parameter in self.keywords:
            if parameter.default is not parameter.empty:
                keywords.setdefault(parameter.name, parameter.default)
        return tuple(operands), keywords


def _parameters(forward: Callable[..., Any]) -> list[Parameter]:
    """What a function takes; nothing where it does not say, or says too much (ufuncs: out=, where=, casting= …)."""
    if isinstance(forward, np.ufunc):
        return []
    try:
        return list(signature(forward).parameters.values())
    except (TypeError, ValueError):
        return []


def read(name: str, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords with the numbers that Values among them hold. One that carries a gradient is refused: it has no rule."""

    def plain(keyword: str, leaf: Any) -> Any:
        if not hasattr(type(leaf), "_record"):
            return leaf
        return leaf._read(f"{keyword}= of {name} is a keyword, and only operands have derivative rules: using it")

    return {
        keyword: given
        if type(given) in _PLAIN
        else map_leaves(lambda leaf, keyword=keyword: plain(keyword, leaf), given)
        for keyword, given in keywords.items()
    }


def refuse_missing_rules(primitive: Any) -> None:
    """An operand without a rule would silently get no gradient; where there is none to give, the rule is None or 0."""
    if primitive.variadic or not primitive.differentiable:
        return
    least, most = _operand_counts(primitive.forward)
    if not least <= len(primitive.rules) <= most:
        raise UnsupportedError(
            f"{primitive.name} takes {least} operands and was given {len(primitive.rules)} rules; it needs one for "
            "each (None for an operand that it is not differentiable in, adjoint= for any number of operands)"
        )


def _operand_counts(forward: Callable[..., Any]) -> tuple[float, float]:
    """How many operands a function takes at least and at most. What has a default may be a keyword."""
    if isinstance(forward, np.ufunc):
        return forward.nin, forward.nin
    parameters = _parameters(forward)
    if not parameters:
        return 0, math.inf
    operands = [p for p in parameters if p.kind in _BY_PLACE]
    anything = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return sum(p.default is p.empty for p in operands), math.inf if anything else len(operands)
