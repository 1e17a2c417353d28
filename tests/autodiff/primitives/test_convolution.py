"""np.convolve and np.correlate: all modes, all lengths, complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check_closure
from tests.autodiff.primitives.sweep import Call, call, check_complete, close, parameters

rng = np.random.default_rng(13)


def A(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape)


def Z(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


LENGTHS = [(5, 3), (5, 2), (4, 4), (3, 6), (2, 5), (1, 4), (4, 1)]
MODES = ["full", "same", "valid"]
CALLS: list[Call] = [
    *(call(np.convolve, A(n), A(m), mode) for n, m in LENGTHS for mode in MODES),
    *(close(np.correlate, A(n), A(m), mode) for n, m in LENGTHS for mode in MODES),
    *(close(f, Z(5), Z(2), mode) for f in (np.convolve, np.correlate) for mode in MODES),
    *(close(f, A(2), Z(4), mode=mode) for f in (np.convolve, np.correlate) for mode in MODES),
    *(close(f, A(4), Z(2)) for f in (np.convolve, np.correlate)),
    close(np.convolve, A(4), np.array(2.0)),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


@settings(max_examples=60)
@given(n=st.integers(1, 7), m=st.integers(1, 7), mode=st.sampled_from(MODES), conjugated=st.booleans())
def test_gradients_from_the_definition(n: int, m: int, mode: str, conjugated: bool) -> None:
    """The matrix of a ↦ a ∗ v, column by column, against the gradient."""
    a, v = A(n), A(m)
    f = np.correlate if conjugated else np.convolve
    for g, matrix in (
        (ad.jacobian(lambda x: f(x, v, mode))(a), [f(e, v, mode) for e in np.eye(n)]),
        (ad.jacobian(lambda x: f(a, x, mode))(v), [f(a, e, mode) for e in np.eye(m)]),
    ):
        np.testing.assert_allclose(g, np.array(matrix).T, rtol=1e-14, atol=1e-15)


def test_closure_and_constants() -> None:
    check_closure(lambda a, v: np.convolve(a, v, "same"), A(5), A(3))
    assert_same(np.convolve([1.0, 2.0], Value([3.0, 4.0])), np.array([3.0, 10.0, 8.0]))


def test_wrong_inputs() -> None:
    v = Value(A(3))
    with pytest.raises(ad.errors.ArgumentError, match="mode"):
        np.convolve(v, v, "middle")
    with pytest.raises(ad.errors.ShapeError, match="at least one"):
        np.correlate(v, v[:0])
    with pytest.raises(ad.errors.ShapeError, match="sequences"):
        np.convolve(v, np.ones((2, 2)))
