"""np.apply_along_axis and np.apply_over_axes, with functions of all shapes."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(18)
X = rng.normal(size=(2, 3, 4))


def shifted(line: object, by: float = 0.0, *, times: float = 1.0) -> object:
    return np.sum(np.tanh(line + by) * times)


def outer(line: object) -> object:
    return np.outer(line, line)


CALLS: list[Call] = [
    *(call(np.apply_along_axis, f, a, X) for f in (np.sum, np.cumsum, outer, np.flip) for a in (0, 1, -1)),
    call(np.apply_along_axis, shifted, 1, X, 0.5),
    call(np.apply_along_axis, shifted, 1, X, 0.5, times=2.0),
    call(np.apply_along_axis, np.cumsum, 0, X[0, 0]),
    *(call(np.apply_over_axes, np.sum, X, a) for a in (0, [0, 2], (-1, 0), np.array([1]))),
    call(np.apply_over_axes, np.cumsum, X, [0, 1]),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    args = case.args
    if case.function is np.apply_along_axis:
        check(lambda x: np.apply_along_axis(*args[:2], x, *args[3:], **case.keywords), args[2], exact=False)
    else:
        check(lambda x: np.apply_over_axes(args[0], x, args[2]), args[1])


def test_every_keyword_is_there() -> None:
    check_complete([*CALLS, call(np.apply_along_axis, shifted, 1, X, args=1, kwargs=1)], [])


def test_positions_and_plain_results() -> None:
    assert_same(np.apply_along_axis(np.argmax, 1, Value(X)), np.apply_along_axis(np.argmax, 1, X))
    out = np.apply_along_axis(lambda line: 2.0, 1, Value(X))
    np.testing.assert_array_equal(out, np.full((2, 4), 2.0))


def test_wrong_inputs() -> None:
    v = Value(X)
    with pytest.raises(ad.errors.AxisRangeError, match="axis 3"):
        np.apply_along_axis(np.sum, 3, v)
    with pytest.raises(ad.errors.ShapeError, match="no line"):
        np.apply_along_axis(np.sum, 1, v[:0])
    with pytest.raises(ad.errors.ShapeError, match="keeps an axis or drops it"):
        np.apply_over_axes(lambda a, axis: np.sum(a), v, [0])
