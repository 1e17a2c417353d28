"""What a kernel does at one place: loads, constants, positions, stores, up to the last byte and not beyond."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Reduce, Store
from autodiff.compiler.pointwise import BASES

from .interpreted import DTYPES, Case, assert_native_agrees, assert_native_is, compiled
from .machine import WIDTHS

COUNTS = (1, 2, 3, 5, 8, 13, 16, 31, 64, 67, 131)


def data(dtype: str, count: int) -> Any:
    """Numbers that all differ, where they can."""
    x = np.arange(-3, count - 3)
    return x % 3 == 1 if dtype == "bool" else x.astype(dtype)


def copying(source: Any, out: Any, load: Load, store: Store, *more: Any, first: int = 0, domain: Any = None) -> Case:
    """One load, one store."""
    kernel = Kernel(domain or (len(out),), (load,), (store,), ())
    return Case(kernel, (source, out, *more), ((0, first), (1, 0)))


@pytest.mark.parametrize("stride", [0, 1, -1, 2, -3, 40])
@pytest.mark.parametrize("dtype", DTYPES)
def test_loads_with_strides(dtype: str, stride: int) -> None:
    for count in COUNTS:
        source = data(dtype, abs(stride) * (count - 1) + 1)
        out = np.zeros(count, dtype)
        first = len(source) - 1 if stride < 0 else 0
        expected = source[first::stride][:count] if stride else np.full(count, source[0])
        case = copying(source, out, Load(0, dtype, (stride,)), Store(1, 0, dtype, (1,)), first=first)
        assert_native_is([source, expected], case)


@pytest.mark.parametrize("stride", [-1, 2, -3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_stores_with_strides_leave_alone_what_lies_between(dtype: str, stride: int) -> None:
    for count in COUNTS:
        source, out = data(dtype, count), data(dtype, abs(stride) * count + 1)[::-1].copy()
        expected = out.copy()
        expected[:: abs(stride)][:count] = source[:: 1 if stride > 0 else -1]
        kernel = Kernel((count,), (Load(0, dtype, (1,)),), (Store(1, 0, dtype, (stride,)),), ())
        first = -stride * (count - 1) if stride < 0 else 0
        assert_native_is([source, expected], Case(kernel, (source, out), ((0, 0), (1, first))))


NUMBERS = ["0.0", "-0.0", "1.5", "-1e-310", "5e-324", "1e+16", "nan", "inf", "-inf", "3", "-7", "9007199254740993"]


@pytest.mark.parametrize(
    ("number", "dtype"),
    [
        *((number, dtype) for number in NUMBERS for dtype in ("float64", "float32")),
        *((number, "float32") for number in ("1e+300", "-1e+300", "3.4028235677973366e+38", "3.40282356e+38")),
        *((str(number), "int64") for number in (0, -1, 2**63 - 1, -(2**63))),
        *((str(number), "int32") for number in (0, -1, 2**31 - 1, -(2**31))),
        *((number, "bool") for number in ("True", "False")),
        *(("0.0", dtype) for dtype in ("int64", "int32", "bool")),
    ],
)
def test_constants_are_what_numpy_makes_of_them(number: str, dtype: str) -> None:
    parsed = eval(number, {"nan": math.nan, "inf": math.inf})
    with np.errstate(over="ignore"):
        expected = np.full(5, np.asarray(parsed).astype(dtype))
    kernel = Kernel((5,), (Constant(number, dtype),), (Store(0, 0, dtype, (1,)),), ())
    for width in WIDTHS:
        _, (found,) = compiled(Case(kernel, (np.ones(5, dtype),), ((0, 0),)), width)
        assert found.tobytes() == expected.tobytes() or np.isnan(parsed)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["int64", "int32"])
@pytest.mark.parametrize(("varies", "strides"), [(0, (1, 0)), (1, (0, 1)), (2, (131, 1))])
def test_positions_that_are_data(dtype: str, varies: int, strides: tuple[int, int]) -> None:
    """Along the outer axis, the inner one, both; counted from the end where they are negative."""
    rng = np.random.default_rng(varies)
    for count in (1, 3, 16, 67, 131):
        source, out = np.arange(60.0), np.zeros(3 * count)
        index = rng.integers(-20, 20, (3, 131)).astype(dtype).ravel()
        values = Load(1, dtype, strides), Load(0, "float64", (0, 0), ((0, 3, 20),))
        kernel = Kernel((3, count), values, (Store(2, 1, "float64", (count, 1)),), ())
        grid = np.lib.stride_tricks.as_strided(index, (3, count), [s * index.itemsize for s in strides])
        case = Case(kernel, (source, index, out), ((0, 0), (1, 0), (2, 0)))
        assert_native_is([source, index, source[::3][grid].ravel()], case)


@pytest.mark.parametrize("wrong", [20, -21, 2**62, -(2**63)])
@pytest.mark.parametrize("kind", ["gather", "scatter"])
def test_positions_that_lie_outside_are_told_wherever_they_are(kind: str, wrong: int) -> None:
    count = 37
    for place in range(0, count, 4):
        index, source, out = np.zeros(count, np.int64), np.ones(60), np.zeros(60)
        index[place] = wrong
        positions = ((0, 3, 20),)
        if kind == "gather":
            values = Load(1, "int64", (1,)), Load(0, "float64", (0,), positions)
            stores = (Store(2, 1, "float64", (1,)),)
        else:
            values = Load(1, "int64", (1,)), Load(0, "float64", (1,))
            stores = (Store(2, 1, "float64", (0,), positions),)
        case = Case(Kernel((count,), values, stores, ()), (source, index, out), ((0, 0), (1, 0), (2, 0)))
        for width in WIDTHS:
            assert compiled(case, width)[0] == 1
        index[place] = 19
        for width in WIDTHS:
            assert compiled(case, width)[0] == 0


def test_a_position_beyond_the_end_of_a_vector_does_not_count() -> None:
    """Of the lanes that are masked out nothing is looked at, whatever lies there."""
    index, source, out = np.array([1, 0, 1, 99, 99, 99, 99, 99, 99]), np.arange(2.0), np.zeros(3)
    values = Load(1, "int64", (1,)), Load(0, "float64", (0,), ((0, 1, 2),))
    case = Case(
        Kernel((3,), values, (Store(2, 1, "float64", (1,)),), ()), (source, index, out), ((0, 0), (1, 0), (2, 0))
    )
    assert_native_is([source, index, [1.0, 0.0, 1.0]], case)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int32"])
def test_adding_at_positions_that_repeat(dtype: str) -> None:
    rng = np.random.default_rng(3)
    index, source = rng.integers(-4, 4, 50), rng.integers(-9, 9, 100).astype(dtype)
    out = np.full(8, 100, dtype)
    values = Load(1, "int64", (1, 0)), Load(0, dtype, (2, 1))
    kernel = Kernel((50, 2), values, (Store(2, 1, dtype, (0, 1), ((0, 2, 4),)),), ())
    expected = out.reshape(4, 2).copy()
    np.add.at(expected, index, source.reshape(50, 2))
    assert_native_is([source, index, expected.ravel()], Case(kernel, (source, index, out), ((0, 0), (1, 0), (2, 0))))


@pytest.mark.parametrize("to", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_conversions_on_the_way(dtype: str, to: str) -> None:
    """From what is loaded to what is computed, and from that to what is stored and reduced."""
    x = data(dtype, 67)
    values = Load(0, dtype, (1,)), Compute("astype", (0,), (str(BASES[np.dtype(to)]),), to)
    reductions = (Reduce(2, "sum", 1, "float64", (0,)),)
    case = Case(
        Kernel((67,), values, (Store(1, 1, to, (1,)),), reductions),
        (x, np.zeros(67, to), np.zeros(1)),
        ((0, 0), (1, 0), (2, 0)),
    )
    assert_native_is([x, x.astype(to), [x.astype(to).astype(float).sum()]], case)
    assert_native_agrees(case)


def test_nothing_is_read_or_written_beyond_the_arrays() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.autodiff.compiler.guarded"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
