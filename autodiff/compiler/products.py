"""Matrix products: calls of BLAS, found through SciPy, from functions with all their arguments built in."""

from __future__ import annotations

import ctypes
import importlib.util
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from autodiff.compiler import tiles
from autodiff.compiler.ir import F32, F64, I8, I32, POINTER, Function, Type, Vector, literal
from autodiff.compiler.layouts import Layout
from autodiff.compiler.operations import Product
from autodiff.compiler.pointers import pointer
from autodiff.errors import MissingDependencyError


class Gemm(NamedTuple):
    """C = A B row by row, as often as `batch` says. Equal ones are one function.

    transposed: whether A, B lie column by column · leading: the distance of their rows (columns), in elements
    batch: lengths of the axes that are looped over · steps: for each of them how far A, B and C move, in elements
    added: C is added to what stands in another matrix, whose rows are so far apart; None if it is not
    """

    dtype: str
    rows: int
    columns: int
    inner: int
    transposed: tuple[bool, bool]
    leading: tuple[int, int]
    batch: tuple[int, ...]
    steps: tuple[tuple[int, int, int], ...]
    added: int | None = None

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.columns * self.inner * math.prod(self.batch)


def gemm_of(product: Product) -> Gemm:
    """The kind of product."""
    (rows, inner), columns = product.a.shape[-2:], product.b.shape[-1]
    flags, leading = zip(*(_orientation(x) for x in (product.a, product.b)))
    batch = product.out.shape[:-2]
    steps = tuple(zip(product.a.strides, product.b.strides, product.out.strides[: len(batch)]))[: len(batch)]
    added = None if product.start is None else product.start.strides[0]
    return Gemm(product.dtype, rows, columns, inner, flags, leading, batch, steps, added)


def _orientation(x: Layout) -> tuple[bool, int]:
    """(transposed, leading dimension) of a matrix."""
    (rows, columns), (down, across) = x.shape[-2:], x.strides[-2:]
    if (across == 1 or columns == 1) and (down >= columns or rows == 1):
        return False, max(down if rows > 1 else columns, columns, 1)
    return True, max(across if columns > 1 else rows, rows, 1)


def needs(gemm: Gemm, width: int) -> set[tiles.Tile]:
    """The tiles that a product calls; none if BLAS computes it."""
    if gemm.transposed[1] or not tiles.is_small(gemm.rows, gemm.columns, gemm.inner, width):
        return set()
    return tiles.tiles_of(gemm.dtype, gemm.rows, gemm.columns, gemm.added is not None, width)


def emit_gemm(gemm: Gemm, name: str, width: int, addresses: Mapping[Any, int]) -> Function:
    """The function `i32 name(ptr slots, ptr block)`, with pointers to A, B and C as kernels have them.

    addresses: of the tiles that it calls
    """
    f = Function(name, [POINTER, POINTER], I32)
    base = F64 if gemm.dtype == "float64" else F32
    pointers = [pointer(f, k) for k in range(3)]
    start = pointers[2] if gemm.added is None else pointer(f, 3)

    def nest(axis: int, a: Vector, b: Vector, c: Vector) -> None:
        if axis == len(gemm.batch):
            if needs(gemm, width):
                _by_tiles(f, gemm, (a, b, c, start), width, addresses)
            else:
                _call(f, gemm, base, a, b, c)
            return

        def body(i: Vector) -> list[Vector]:
            moved = [f.offset(p, i * step, base) for p, step in zip((a, b, c), gemm.steps[axis])]
            nest(axis + 1, *moved)
            return []

        f.loop(0, gemm.batch[axis], 1, [], body)

    nest(0, *pointers)
    f.result = f.constant(0, I32)
    return f


def _by_tiles(f: Function, gemm: Gemm, pointers: tuple[Vector, ...], width: int, addresses: Mapping[Any, int]) -> None:
    down = gemm.leading[0]
    a = (1, down) if gemm.transposed[0] else (down, 1)

    def call(tile: tiles.Tile, arguments: str) -> None:
        function = f.emit(POINTER, f"inttoptr i64 {addresses[tile]} to ptr")
        f.do(f"call void {function.name}({arguments})")

    shape = gemm.rows, gemm.columns, gemm.inner
    distances = a, gemm.leading[1], gemm.columns, gemm.added
    tiles.emit_product(f, gemm.dtype, shape, distances, pointers, width, call)


def _call(f: Function, gemm: Gemm, base: Type, a: Vector, b: Vector, c: Vector) -> None:
    """BLAS counts columns first: row by row, C = A B is Cᵀ = Bᵀ Aᵀ to it."""
    letters = [_constant(f, I8, ord("T" if t else "N")) for t in gemm.transposed[::-1]]
    sizes = [_constant(f, I32, n) for n in (gemm.columns, gemm.rows, gemm.inner)]
    one, zero = _constant(f, base, 1.0), _constant(f, base, 0.0)
    leading = [_constant(f, I32, n) for n in (gemm.leading[1], gemm.leading[0], gemm.columns)]
    arguments = [*letters, *sizes, one, b, leading[0], a, leading[1], zero, c, leading[2]]
    function = f.emit(POINTER, f"inttoptr i64 {blas('dgemm' if base == F64 else 'sgemm')} to ptr")
    given = ", ".join(f"ptr {x.name}" for x in arguments)
    f.do(f"call void {function.name}({given})")


def _constant(f: Function, type: Type, number: Any) -> Vector:
    """A pointer to a number, which stands beside the code."""
    name = f"@{type}.{str(number).replace('-', 'minus')}"
    f.declare(f"{name} = private unnamed_addr constant {type} {literal(number, type)}")
    return Vector(f, name, POINTER)


@cache
def blas(name: str) -> int:
    """The address of a BLAS function."""
    capsule = _capsules()[name]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule)))


@cache
def _capsules() -> dict[str, Any]:
    """SciPy's table of BLAS functions. The module is loaded alone: `import scipy.linalg` takes twenty times as long."""
    try:
        import scipy
    except ImportError as error:
        raise MissingDependencyError("native matrix products need SciPy: pip install 'autodiff[jit]'") from error
    folder = Path(scipy.__file__).parent / "linalg"
    for path in sorted(folder.glob("cython_blas*")):
        if path.suffix not in (".so", ".pyd"):
            continue
        spec = importlib.util.spec_from_file_location("scipy.linalg.cython_blas", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return dict(module.__pyx_capi__)
    from scipy.linalg import cython_blas

    return dict(cython_blas.__pyx_capi__)


@cache
def is_available() -> bool:
    """Whether BLAS can be found."""
    try:
        return bool(blas("dgemm"))
    except (MissingDependencyError, ImportError, KeyError):
        return False
