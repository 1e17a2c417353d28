"""Native kernels: what NumPy makes of the same data, for random loop nests and every width of vectors."""

from __future__ import annotations

from hypothesis import given, settings

from .interpreted import Case, assert_native_agrees
from .random_kernels import cases


@settings(max_examples=100)
@given(case=cases())
def test_kernels_compute_what_they_say(case: Case) -> None:
    assert_native_agrees(case)


@settings(max_examples=60)
@given(case=cases(may_fail=True))
def test_positions_that_lie_outside_are_told(case: Case) -> None:
    assert_native_agrees(case)
