"""Matrix products of small and middling size by code of our own: a tile of the result is held in registers.

For each step along the inner axis a tile of some rows and vectors takes one element of A for each row, in every lane,
times a few vectors of a row of B. Nothing is packed: up to a few hundred rows and columns, A and B lie in the caches
anyhow, and BLAS spends its time on preparing what pays only later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from autodiff.compiler.ir import F32, F64, I64, POINTER, Function, Type, Vector, vector

LARGEST = {64: 1600, 32: 64}
"""By bytes of a vector, the longest axis up to which our own code is the faster one; measured beside OpenBLAS."""

TILES = {64: ((8, 4, 2, 1), 3), 32: ((6, 4, 2, 1), 2), 16: ((4, 2, 1), 2)}
"""By bytes of a vector: heights of tiles, and how many vectors they are wide at most. They must fit the registers."""


class Tile(NamedTuple):
    """One tile of a product: `rows` × `vectors`.

    masked: of the last vector only some lanes exist · added: it is added to a tile of another matrix
    """

    dtype: str
    rows: int
    vectors: int
    masked: bool
    added: bool


def is_small(rows: int, columns: int, inner: int, width: int) -> bool:
    """Whether a product is for our own code."""
    return columns > 1 and max(rows, columns, inner) <= LARGEST.get(width, 0)


def base_and_lanes(dtype: str, width: int) -> tuple[Type, int]:
    """The machine type of a dtype, and how many of them a vector has."""
    base = F64 if dtype == "float64" else F32
    return base, width * 8 // base.bits


def emit_tile(tile: Tile, name: str, width: int) -> Function:
    """`void name(a, a_row, a_step, b, b_step, c, c_row, start, start_row, inner, lanes)`: C = A B, or C = start + A B.

    Distances are in elements. a_row, a_step: of A from row to row, and along the inner axis · b_step: of B along it
    c_row, start_row: from row to row · lanes: those of the last vector that exist
    """
    f = Function(name, [POINTER, I64, I64, POINTER, I64, POINTER, I64, POINTER, I64, I64, I64])
    a, a_row, a_step, b, b_step, c, c_row, start, start_row, inner, existing = f.parameters
    base, lanes = base_and_lanes(tile.dtype, width)
    one = vector(base, lanes)
    mask = f.lanes(range(lanes), I64) < existing.splat(lanes) if tile.masked else None

    def mask_of(v: int) -> Vector | None:
        return mask if v == tile.vectors - 1 else None

    rows = [f.offset(a, a_row * m, base) for m in range(tile.rows)]

    def step(k: Vector, *sums: Vector) -> list[Vector]:
        row = f.offset(b, k * b_step, base)
        right = [f.load(f.offset(row, v * lanes, base), one, mask_of(v)) for v in range(tile.vectors)]
        along = k * a_step
        left = [f.load(f.offset(start, along, base), base).splat(lanes) for start in rows]
        return [x.fma(y, sums[m * tile.vectors + v]) for m, x in enumerate(left) for v, y in enumerate(right)]

    places = [(m, v) for m in range(tile.rows) for v in range(tile.vectors)]
    sums = [f.constant(0.0, one)] * len(places)
    if tile.added:
        sums = [f.load(f.offset(start, start_row * m + v * lanes, base), one, mask_of(v)) for m, v in places]
    sums = f.loop(0, inner, 1, sums, step)
    for m in range(tile.rows):
        row = f.offset(c, c_row * m, base)
        for v in range(tile.vectors):
            f.store(sums[m * tile.vectors + v], f.offset(row, v * lanes, base), mask_of(v))
    return f


class Walk(NamedTuple):
    """Which tiles cover a result: (first row, how many tiles, tile) down, and (first column, tile width) across."""

    down: tuple[tuple[int, int, int], ...]
    across: tuple[tuple[int, int, int], ...]


def walk(rows: int, columns: int, lanes: int, width: int) -> Walk:
    """Tiles as high as there is room for, their widths as even as can be. across: (first column, vectors, lanes)."""
    heights, widest = TILES[width]
    down, first = [], 0
    for height in heights:
        count = (rows - first) // height
        if count:
            down.append((first, count, height))
            first += count * height
    vectors = -(-columns // lanes)
    groups = -(-vectors // widest)
    across, first = [], 0
    for group in range(groups):
        wide = (vectors - first // lanes) // (groups - group)
        across.append((first, wide, min(columns - first, wide * lanes) - (wide - 1) * lanes))
        first += wide * lanes
    return Walk(tuple(down), tuple(across))


def tiles_of(dtype: str, rows: int, columns: int, added: bool, width: int) -> set[Tile]:
    """The tiles that a product is made of."""
    _, lanes = base_and_lanes(dtype, width)
    plan = walk(rows, columns, lanes, width)
    return {
        Tile(dtype, height, wide, last < lanes, added) for _, _, height in plan.down for _, wide, last in plan.across
    }


def emit_product(
    f: Function,
    dtype: str,
    shape: tuple[int, int, int],
    distances: tuple[tuple[int, int], int, int, int | None],
    pointers: tuple[Vector, ...],
    width: int,
    call: Callable[[Tile, str], None],
) -> None:
    """Write the loops over the tiles of C = A B, or of C = start + A B, into a function.

    shape: rows, columns, inner · distances: of A from row to row and from column to column; of B, of C, and of start
    (None: there is none) from row to row · pointers: A, B, C, start · call: writes the call of a tile, of arguments
    """
    rows, columns, inner = shape
    base, lanes = base_and_lanes(dtype, width)
    a, b, c, start = pointers
    (a_row, a_step), b_row, c_row, start_row = distances
    plan = walk(rows, columns, lanes, width)
    for column, wide, last in plan.across:
        right, below, added = (f.offset(x, column, base) for x in (b, c, start))
        for first, count, height in plan.down:
            tile = Tile(dtype, height, wide, last < lanes, start_row is not None)

            def one(
                i: Vector,
                tile: Tile = tile,
                right: Vector = right,
                below: Vector = below,
                added: Vector = added,
                last: int = last,
            ) -> list[Vector]:
                distance = start_row or 0
                left, out = f.offset(a, i * a_row, base), f.offset(below, i * c_row, base)
                origin = f.offset(added, i * distance, base)
                call(
                    tile,
                    f"ptr {left.name}, i64 {a_row}, i64 {a_step}, ptr {right.name}, i64 {b_row}, ptr {out.name}, "
                    f"i64 {c_row}, ptr {origin.name}, i64 {distance}, i64 {inner}, i64 {last}",
                )
                return []

            f.loop(first, first + count * height, height, [], one)
