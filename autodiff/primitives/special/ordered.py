"""Entries with parameters, such as the order of a Bessel function, in which no derivative is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.errors import UnsupportedError
from autodiff.primitives.arithmetic import masked_product
from autodiff.primitives.kinds import DISPATCH, Primitive, primitive

Partial = Callable[..., Any]


def ordered(
    function: Callable[..., Any],
    partials: Sequence[Partial | None],
    *,
    name: str | None = None,
    parameters: Sequence[str] = ("order",),
) -> Callable[..., Any]:
    """Register an operation that acts element by element; its partials take all operands, None is for a parameter.

    parameters: what the operands without a partial are called in the message that refuses a gradient for them
    returns: the function to call, which refuses a parameter that carries a gradient
    """
    name = name or function.__name__

    def vjp(partial: Partial) -> Any:
        return lambda g, xs: masked_product(g, partial(*xs))

    def jvp(tangents: Sequence[Any], xs: Sequence[Any]) -> Any:
        terms = [masked_product(t, partial(*xs)) for t, partial in zip(tangents, partials) if partial and t is not None]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    forward = function if not isinstance(function, np.ufunc) else lambda *xs: function(*xs)
    entry: Primitive = primitive(
        forward, [partial and vjp(partial) for partial in partials], jvp=jvp, broadcasts=True, name=name
    )
    places = [i for i, partial in enumerate(partials) if partial is None]

    def call(*operands: Any) -> Any:
        for place, parameter in zip(places, parameters):
            if getattr(operands[place], "_carries", False):
                raise UnsupportedError(
                    f"{name} has no derivative in its {parameter} (operand {place}), which carries a gradient here; "
                    f"pass a number, or cut it with ad.stop_gradient"
                )
        return entry(*operands)

    call.__name__ = name
    if isinstance(function, np.ufunc):
        DISPATCH[function] = call
    return call
