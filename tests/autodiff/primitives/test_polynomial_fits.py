"""np.polyfit: every keyword against NumPy and differences, and against the normal equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(19)
X = np.array([-1.0, -0.4, 0.1, 0.7, 1.3, 2.0])
Y = np.sin(X) + 0.1 * rng.normal(size=6)
MANY = np.stack([Y, np.cos(X), X**2], axis=1)
W = rng.uniform(0.5, 1.5, 6)


def fit(*args: Any, **keywords: Any) -> Call:
    """Vandermonde matrices are float64, whatever the points are."""
    return call(np.polyfit, *args, **keywords)._replace(exact=False, single=False)


CALLS: list[Call] = [
    *(fit(X, Y, deg) for deg in (0, 1, 3)),
    fit(X, MANY, 1),
    fit(X, Y, 2, 1e-12),
    fit(X, Y, 2, None, False, W),
    fit(X, MANY, 1, w=list(W)),
    fit(X, Y, 2, cov=True),
    fit(X, MANY, 1, cov=True),
    fit(X, MANY, 1, cov="unscaled"),
    fit(X, Y, 2, cov="unscaled", w=list(W), rcond=1e-14),
    fit(X, Y, 5),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    np_result = case.function(*case.args, **case.keywords)
    ours = case.function(*map(Value, case.args[:2]), *case.args[2:], **case.keywords)
    for a, b in zip(ours, np_result) if isinstance(np_result, tuple) else [(ours, np_result)]:
        np.testing.assert_allclose(a.data, b, rtol=1e-10, atol=1e-12)
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete([*CALLS, fit(X, Y, 1, full=True)], [])


def test_full() -> None:
    ours, theirs = np.polyfit(Value(X), Value(Y), 2, full=True), np.polyfit(X, Y, 2, full=True)
    assert len(ours) == len(theirs)
    for a, b in zip(ours[:4], theirs):
        np.testing.assert_allclose(a.data, b, rtol=1e-12)
    assert ours[4] == theirs[4]
    check(lambda x, y: np.polyfit(x, y, 2, full=True)[1], X, Y, exact=False, single=False)


def test_by_the_normal_equations() -> None:
    """p = (VᵀV)⁻¹Vᵀy is linear in y."""
    v = np.vander(X, 3)
    np.testing.assert_allclose(ad.jacobian(lambda y: np.polyfit(X, y, 2))(Y), np.linalg.solve(v.T @ v, v.T), atol=1e-12)


def test_float32_is_float64() -> None:
    x, y = X.astype(np.float32), Y.astype(np.float32)
    out = np.polyfit(Value(x), y, 1)
    assert out.dtype == np.polyfit(x, y, 1).dtype
    gradient = ad.grad(lambda v: np.sum(np.polyfit(v, y, 1)))(x)
    assert gradient.dtype == np.float32


def test_wrong_inputs() -> None:
    v = Value(X)
    with pytest.raises(ad.errors.ShapeError, match="was given shapes"):
        np.polyfit(v, Y[:3], 1)
    with pytest.raises(ad.errors.ArgumentError, match="degree"):
        np.polyfit(v, Y, -1)
    with pytest.raises(ad.errors.ShapeError, match="weight for each"):
        np.polyfit(v, Y, 1, w=[1.0])
    with pytest.raises(ad.errors.ArgumentError, match="more than 6 points"):
        np.polyfit(v, Y, 5, cov=True)
    with pytest.warns(np.exceptions.RankWarning):
        np.polyfit(Value([1.0, 1.0, 1.0]), [1.0, 2.0, 3.0], 1)
