"""Text that LLVM compiles: arithmetic, comparisons, loops, masks, rare branches."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff.compiler.ir import F32, F64, I1, I32, I64, POINTER, Function, Type, Vector, literal, vector
from autodiff.compiler.native import Library, module_text, target

BASES = {F64: np.float64, F32: np.float32, I64: np.int64, I32: np.int32}


def compiled(function: Function, *arguments: Any) -> Any:
    return Library(module_text([function], [function.text(attributes=target().attributes)])).function(
        function.name, *arguments
    )


def run(body: Callable[..., Vector], operands: Sequence[Any], lanes: int) -> Any:
    """body on vectors of so many lanes, filled from arrays; its result as an array."""
    bases = [next(b for b, d in BASES.items() if d == x.dtype) for x in operands]
    f = Function("tried", [POINTER] * (len(operands) + 1))
    values = [f.load(p, vector(b, lanes)) for p, b in zip(f.parameters, bases)]
    result = body(*values)
    result = result.to(I64) if result.type.base == "i1" else result
    f.store(result, f.parameters[-1])
    out = np.zeros(lanes, BASES[Type(result.type.base)])
    compiled(f, *[ctypes.c_void_p] * (len(operands) + 1))(*(x.ctypes.data for x in operands), out.ctypes.data)
    return out


X, Y = np.array([1.5, -2.25, 0.0, 3.0, -0.0, 7.0, 1e30, 0.1]), np.array([2.0, 0.5, -1.0, 3.0, 1.0, -7.0, 2.0, 0.2])
FORMULAS: dict[str, Callable[[Any, Any], Any]] = {
    "arithmetic": lambda x, y: (x + y) * 2 - x / (y * y + 1) + 1 - -x,
    "comparison": lambda x, y: (x < y) | (x >= 3.0) & ~(x == y) ^ (x != 0.0),
}


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_read_alike_on_arrays_and_vectors(name: str, dtype: Any, lanes: int) -> None:
    x, y = X[:lanes].astype(dtype), Y[:lanes].astype(dtype)
    np.testing.assert_array_equal(run(FORMULAS[name], [x, y], lanes), FORMULAS[name](x, y))


def test_integers() -> None:
    x, y = np.array([7, -7, 12, 5]), np.array([2, 2, 3, 1])
    np.testing.assert_array_equal(run(lambda a, b: a * b - (a << 1) + (a & b), [x, y], 4), x * y - (x << 1) + (x & y))
    np.testing.assert_array_equal(run(lambda a: a >> 60, [x], 4), x.view(np.uint64) >> 60)
    np.testing.assert_array_equal(run(lambda a: -a, [x], 4), -x)


def test_rounding_signs_and_conversions() -> None:
    x = np.array([0.5, -1.5, 2.5, -0.5])
    for name in ("floor", "ceil", "trunc", "rint"):
        np.testing.assert_array_equal(run(lambda v, name=name: getattr(v, name)(), [x], 4), getattr(np, name)(x))
    np.testing.assert_array_equal(run(lambda v: v.abs().sqrt(), [x], 4), np.sqrt(np.abs(x)))
    np.testing.assert_array_equal(run(lambda v: v.copysign(-1.0), [x], 4), np.copysign(x, -1.0))
    np.testing.assert_array_equal(run(lambda v: v.to(F32), [x], 4), x.astype(np.float32))
    np.testing.assert_array_equal(run(lambda v: v.to(I32).to(F64), [x * 3], 4), np.trunc(x * 3))
    np.testing.assert_array_equal(run(lambda v: (v > 0.0).to(F64), [x], 4), x > 0)
    np.testing.assert_array_equal(run(lambda v: v.bitcast(I64), [x], 4), x.view(np.int64))
    np.testing.assert_array_equal(run(lambda v: (v > 0.0).where(v, 9.0), [x], 4), np.where(x > 0, x, 9.0))
    np.testing.assert_array_equal(run(lambda v: v.is_nan(), [np.array([0.0, np.nan])], 2), [False, True])


def test_lanes() -> None:
    x = X.copy()
    assert run(lambda v: v.total(), [x[:4]], 4)[0] == x[:4].sum()
    np.testing.assert_array_equal(run(lambda v: v.lane(1).splat(4), [x[:4]], 4), np.full(4, x[1]))
    np.testing.assert_array_equal(run(lambda v: v.with_lane(2, v.lane(0)), [x[:4]], 4), x[[0, 1, 0, 3]])
    largest = run(lambda v: v.combined(lambda a, b: (a > b).where(a, b)), [x], 8)[0]
    assert largest == x.max()


def test_fma_rounds_once() -> None:
    x, y, z = (np.array([n]) for n in (1 + 2.0**-30, 1 - 2.0**-30, -1.0))
    assert run(lambda a, b, c: a.fma(b, c), [x, y, z], 1)[0] == -(2.0**-60)


@given(st.integers(0, 40), st.integers(1, 4))
def test_loops_carry_values(n: int, step: int) -> None:
    f = Function("looped", [POINTER, I64])
    out, stop = f.parameters
    total, count = f.loop(
        0, stop, step, [f.constant(0, I64), f.constant(0, I64)], lambda i, total, count: [total + i, count + 1]
    )
    f.store(total, out)
    f.store(count, f.offset(out, 1, I64))
    found = np.zeros(2, np.int64)
    compiled(f, ctypes.c_void_p, ctypes.c_int64)(found.ctypes.data, n)
    assert found.tolist() == [sum(range(0, n, step)), len(range(0, n, step))]


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (3, 7), (2, 2)])
def test_loops_of_known_length(start: int, stop: int) -> None:
    f = Function("looped", [POINTER])
    (total,) = f.loop(start, stop, 1, [f.constant(0, I64)], lambda i, total: [total + i])
    f.store(total, f.parameters[0])
    found = np.zeros(1, np.int64)
    compiled(f, ctypes.c_void_p)(found.ctypes.data)
    assert found[0] == sum(range(start, stop))


def test_masks_gathers_and_rare_branches() -> None:
    f = Function("masked", [POINTER, POINTER])
    source, out = f.parameters
    mask = f.lanes(range(4), I64) < 3
    x = f.load(source, vector(F64, 4), mask)
    (y,) = f.rarely((x > 100.0).any(), [x], lambda: [x * 0.0])
    f.store(y, out, mask)
    f.store(f.gather(source, f.lanes([3, 3, 0, 1], I64), F64), f.offset(out, 4, F64))
    run_it = compiled(f, ctypes.c_void_p, ctypes.c_void_p)
    for scale, kept in ((1.0, 1.0), (100.0, 0.0)):
        x, found = np.array([1.0, 2.0, 3.0, 4.0]) * scale, np.full(8, -1.0)
        run_it(x.ctypes.data, found.ctypes.data)
        np.testing.assert_array_equal(found, [*(x[:3] * kept), -1.0, x[3], x[3], x[0], x[1]])


def test_functions_of_the_c_library() -> None:
    x = np.array([0.5])
    assert run(lambda v: v.function.call("cos", F64, v), [x], 1)[0] == np.cos(0.5)


def test_literals() -> None:
    assert literal(0.1, F32) == literal(float(np.float32(0.1)), F64)
    assert literal(np.inf, F32) == "0x7FF0000000000000"
    assert literal(True, I1) == "true"
    assert literal(-3, I64) == "-3"
