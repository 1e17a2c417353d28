"""Questions about positions and types: NumPy's answers, no gradient, every keyword."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(17)
X = rng.integers(-2, 3, (2, 3, 4)) / 2.0
Z = X + 1j * (X > 0)

CALLS: list[Call] = [
    *(call(np.result_type, X, y) for y in (np.float32(1), Z, 2, np.complex64)),
    *(call(np.common_type, *xs) for xs in ((X,), (X, Z), (X.astype(np.float32), X))),
    *(call(np.can_cast, X, to) for to in (np.float32, np.complex128)),
    call(np.can_cast, X, np.float32, casting="same_kind"),
]
POSITIONS: list[Call] = [
    *(call(np.unravel_index, np.array([5, 0, 2]), s) for s in ((2, 3), [3, 2], 6)),
    call(np.unravel_index, np.array([[5], [1]]), shape=(2, 3), order="F"),
    call(np.ravel_multi_index, (np.array([1, 0]), np.array([2, 1])), (2, 3)),
    *(call(np.ravel_multi_index, (np.array([1, 5]), np.array([2, 4])), dims=(2, 3), mode=m) for m in ("wrap", "clip")),
    call(np.ravel_multi_index, (np.array([1, 0]), np.array([2, 1])), (2, 3), mode=("wrap", "raise"), order="F"),
]
calls, _ = parameters(CALLS, [])
positions, _ = parameters(POSITIONS, [])


def given(x: Any) -> Any:
    """Arrays as Values; integers among them as what argsort or astype(int) would give."""
    if isinstance(x, tuple):
        return tuple(map(given, x))
    if not isinstance(x, np.ndarray):
        return x
    return Value(x) if x.dtype.kind in "fc" else Value(x.astype(float)).astype(x.dtype)


def answers(case: Call) -> Any:
    return case.function(*map(given, case.args), **case.keywords)


@calls
def test_call(case: Call) -> None:
    ours, numpys = answers(case), case.function(*case.args, **case.keywords)
    if isinstance(ours, Value):
        assert not ours._carries
        assert_same(ours, numpys)
    else:
        assert ours == numpys


@positions
def test_positions(case: Call) -> None:
    assert_same(answers(case), case.function(*case.args, **case.keywords))


def test_every_keyword_occurs() -> None:
    check_complete(CALLS + POSITIONS, [])


def test_where_the_largest_element_stands() -> None:
    v = Value(X)
    place = np.unravel_index(np.argmax(v), v.shape)
    np.sum(v[place]).backward()
    expected = np.zeros(X.shape)
    expected[np.unravel_index(np.argmax(X), X.shape)] = 1.0
    np.testing.assert_array_equal(v.grad, expected)


def test_positions_inside_a_jitted_function() -> None:
    run = ad.jit(lambda x: x[np.unravel_index(np.argmax(x), x.shape)])
    for x in (X, -X, X[:, ::-1].copy()):
        assert run(x) == x.max()


def test_positions_outside() -> None:
    with pytest.raises(ad.errors.ShapeError, match="unravel_index"):
        np.unravel_index(np.argmax(Value(X)) + 24, (2, 3, 4))
    with pytest.raises(ad.errors.DtypeError, match="unravel_index"):
        np.unravel_index(Value(1.0), (2, 3))


def test_a_float_of_shape_unit_adapts() -> None:
    """As Python's floats do: docs/conventions."""
    assert np.result_type(Value(2.0), np.float32(1)) == np.float32
