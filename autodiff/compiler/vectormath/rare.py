"""Lanes for which the usual formula is not good: a branch that is seldom taken repairs them, and them alone.

So a number gets the same result whatever stands in the lanes beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autodiff.compiler.ir import Type, Vector


def except_where(rare: Vector, usual: Vector, otherwise: Callable[[], Vector]) -> Vector:
    """`usual`; where `rare` holds, `otherwise()`, which is computed if it holds in any lane."""
    return usual.function.rarely(rare.any(), [usual], lambda: [rare.where(otherwise(), usual)])[0]


def lane_by_lane(one: Callable[..., Sequence[Vector]], operands: Sequence[Vector], results: int = 1) -> list[Vector]:
    """The results of a function of scalars, applied to each lane of the operands in a loop. They have their type."""
    f, lanes = operands[0].function, operands[0].type.lanes
    if lanes == 1:
        return list(one(*operands))

    def body(i: Vector, *so_far: Vector) -> list[Vector]:
        return [x.with_lane(i, y) for x, y in zip(so_far, one(*(x.lane(i) for x in operands)), strict=True)]

    return f.loop(0, lanes, 1, [operands[0]] * results, body)


def by_library(name: str, *operands: Vector) -> Vector:
    """What the C library's function makes of each lane: slow, but good for all there is."""
    f, type = operands[0].function, Type(operands[0].type.base)
    full = name if type.base == "double" else name + "f"
    return lane_by_lane(lambda *scalars: [f.call(full, type, *scalars)], operands)[0]
