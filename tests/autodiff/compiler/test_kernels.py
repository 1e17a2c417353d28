"""Loop nests as data: what they say of themselves, and that merging their axes changes nothing."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings

from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Reduce, Store, collapsed

from .interpreted import Case, Interpreted
from .random_kernels import cases


def kernel(
    domain: tuple[int, ...], strides: tuple[int, ...], *more: tuple[int, ...], axes: tuple[int, ...] = ()
) -> Kernel:
    """One load, a store for each of the other strides, and a sum over axes, if any are given."""
    stores = tuple(Store(k, 0, "float64", s) for k, s in enumerate(more, start=1))
    reductions = (Reduce(len(more) + 1, "sum", 0, "float64", axes),) if axes else ()
    return Kernel(domain, (Load(0, "float64", strides),), stores, reductions)


@settings(max_examples=150)
@given(case=cases(may_fail=True))
def test_merging_axes_changes_nothing(case: Case) -> None:
    merged = collapsed(case.kernel)
    first, second = Interpreted(case), Interpreted(case._replace(kernel=merged))
    assert first.failed == second.failed
    for x, y in zip(first.memory, second.memory, strict=True):
        np.testing.assert_array_equal(x, y)
    assert merged.size == case.kernel.size
    assert 1 <= len(merged.domain) <= max(len(case.kernel.domain), 1)
    assert len(merged.domain) == 1 or 1 not in merged.domain
    assert collapsed(merged) == merged


def test_axes_are_merged_where_every_access_goes_through_both_as_through_one() -> None:
    assert collapsed(kernel((2, 3, 4), (12, 4, 1), (12, 4, 1))).domain == (24,)
    assert collapsed(kernel((2, 3, 4), (12, 4, 1), (1, 2, 6))).domain == (2, 3, 4)
    assert collapsed(kernel((2, 3, 4), (12, 4, 1), (16, 4, 1))).domain == (2, 12)
    assert collapsed(kernel((2, 3, 4), (0, 0, 1))).domain == (6, 4)
    assert collapsed(kernel((2, 3, 4), (-12, -4, -1))).domain == (24,)
    assert collapsed(kernel((2, 1, 4), (4, 77, 1))).domain == (8,)
    assert collapsed(kernel((1, 1), (5, 7))) == kernel((1,), (0,))
    assert collapsed(kernel((), ())) == kernel((1,), (0,))
    assert collapsed(kernel((0, 3), (3, 1))).size == 0


def test_axes_that_are_reduced_are_not_merged_with_those_that_are_kept() -> None:
    merged = collapsed(kernel((2, 3, 4), (12, 4, 1), axes=(1, 2)))
    assert merged.domain == (2, 12)
    assert merged.reductions[0].axes == (1,)
    assert collapsed(kernel((2, 3, 4), (12, 4, 1), axes=(0, 1, 2))).domain == (24,)
    assert collapsed(kernel((2, 3, 1, 4), (12, 4, 4, 1), axes=(2,))).reductions[0].axes == ()
    assert collapsed(kernel((1, 1), (5, 7), axes=(1,))).reductions[0].axes == (0,)


def test_what_a_kernel_says_of_itself() -> None:
    load, index = Load(0, "float64", (3, 1)), Load(4, "int64", (1, 0))
    gather = Load(1, "float64", (0, 0), ((1, 1, 5),))
    values = load, index, gather, Constant("1.0", "float64"), Compute("add", (3, 3), ("double",) * 2, "float64")
    values += (Compute("add", (0, 4), ("double",) * 2, "float64"), Compute("add", (2, 4), ("double",) * 2, "float64"))
    plain = Kernel((2, 3), (load, Constant("1.0", "float64")), (Store(2, 0, "float64", (3, 1)),), ())
    assert plain.size == 6
    assert plain.pointers == 3
    assert plain.loads() == [load]
    assert not plain.may_fail()
    looking = Kernel((2, 3), values, (), (Reduce(6, "sum", 0, "float64", (1,)),))
    assert looking.levels() == [1, 0, 0, -1, -1, 1, 0]
    assert looking.pointers == 7
    assert looking.may_fail()
    assert not looking.is_serial()
    adding = Kernel((2, 3), values, (Store(2, 0, "float64", (0, 0), ((1, 1, 5),)),), ())
    assert adding.is_serial()
    assert adding.may_fail()
    assert Kernel((), (), (), ()).size == math.prod(())
    assert Kernel((), (), (), ()).pointers == 0


def test_equal_kernels_are_one_key_and_zeros_of_either_sign_are_not() -> None:
    def of(number: float) -> Kernel:
        return Kernel((3,), (Constant(repr(number), "float64"),), (Store(0, 0, "float64", (1,)),), ())

    assert {of(0.0): 1}[of(0.0)] == 1
    assert of(0.0) != of(-0.0)
    assert of(math.nan) == of(math.nan)
