"""Lanes for which the usual formula is not good: a branch that is seldom taken repairs them, and them alone.

So a number gets the same result whatever stands in the lanes beside it.
"""

from __future__ import annotations

from collections.abc import Callable

from autodiff.compiler.ir import Type, Vector


def except_where(rare: Vector, usual: Vector, otherwise: Callable[[], Vector]) -> Vector:
    """`usual`; where `rare` holds, `otherwise()`, which is computed if it holds in any lane."""
    return usual.function.rarely(rare.any(), [usual], lambda: [rare.where(otherwise(), usual)])[0]


def by_library(name: str, *operands: Vector) -> Vector:
    """What the C library's function makes of each lane. Slow; as large and as exact as it gets."""
    f, type = operands[0].function, operands[0].type
    name += "" if type.base == "double" else "f"
    if type.lanes == 1:
        return f.call(name, type, *operands)

    def one(i: Vector, result: Vector) -> list[Vector]:
        return [result.with_lane(i, f.call(name, Type(type.base), *(x.lane(i) for x in operands)))]

    return f.loop(0, type.lanes, 1, [operands[0]], one)[0]
