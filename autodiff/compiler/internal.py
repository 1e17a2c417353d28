"""Operations that only the compiler makes: what NumPy does for each is what native code means, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.primitives.indexing import Skeleton, join_index
from autodiff.primitives.kinds import Primitive


def _assemble(*pieces: Any, places: tuple[Skeleton, ...], shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, np.result_type(*pieces))
    for piece, place in zip(pieces, places):
        out[join_index(place, ())] = piece
    return out


assemble = Primitive("assemble", "linear", _assemble, (), variadic=True)
"""Zeros of a shape with pieces at places that do not overlap: what a sum of gradients of slices comes to."""

add_product = Primitive("add_product", "multilinear", lambda c, a, b: c + np.matmul(a, b), ())
"""c + a @ b: a matrix product that is added to what is there already."""

INTERNAL = {primitive.name: primitive for primitive in (assemble, add_product)}
