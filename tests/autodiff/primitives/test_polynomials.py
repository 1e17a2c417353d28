"""NumPy's polynomial functions and Vandermonde matrices: every keyword, leading zeros, remainders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(15)


def A(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape)


Z = A(3) + 1j * A(3)
CALLS: list[Call] = [
    *(call(np.polyval, A(4), x) for x in (A(3), A(2, 3), np.array(0.7))),
    call(np.polyval, Z, A(2)),
    call(np.polyval, A(3), Z),
    call(np.polyval, A(1), A(2)),
    call(np.polyval, [2.0, 1.0], A(2))._replace(single=False),
    call(np.polyval, A(3), 0.5)._replace(single=False),
    *(call(f, A(n), A(m)) for f in (np.polyadd, np.polysub, np.polymul) for n, m in ((3, 3), (4, 2), (1, 3))),
    *(call(f, Z, A(2)) for f in (np.polyadd, np.polysub, np.polymul)),
    call(np.polymul, np.array([2.0]), A(2)),
    *(call(np.polydiv, A(n), A(m))._replace(single=False) for n, m in ((4, 2), (3, 3), (2, 3), (3, 1))),
    *(call(np.poly, x) for x in (A(4), A(1), Z)),
    *(call(np.polyder, A(5), **k)._replace(single=False) for k in ({}, {"m": 2}, {"m": 0}, {"m": 7})),
    *(
        call(np.polyint, A(3), **k)._replace(single=False)
        for k in ({}, {"m": 3}, {"m": 0}, {"k": 2.0}, {"m": 2, "k": [1.0, 2.0]})
    ),
    call(np.polyint, A(3), 2, A(2))._replace(single=False),
    call(np.polyint, A(3), 2, A(1))._replace(single=False),
    call(np.polyint, Z),
    *(call(np.vander, A(4), **k) for k in ({}, {"N": 3}, {"N": 6, "increasing": True}, {"N": 1}, {"N": 0})),
    call(np.vander, Z, increasing=True),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


def test_leading_zeros() -> None:
    """NumPy leaves them out of products; the gradients of the coefficients that are 0 are those of all products."""
    a, b = np.array([0.0, 0.0, 2.0, 1.0]), np.array([0.0, 3.0, 4.0])
    assert_same(np.polymul(Value(a), b), np.polymul(a, b))
    g = ad.grad(lambda v: np.sum(np.polymul(v, b) * [1.0, 10.0, 100.0]))(a)
    full = [np.sum(np.convolve(e, b)[3:] * [1.0, 10.0, 100.0]) for e in np.eye(4)]
    np.testing.assert_array_equal(g, full)
    assert_same(np.polymul(Value([0.0, 0.0]), b), np.polymul([0.0, 0.0], b))
    assert_same(np.polyadd(Value(a), [1.0]), np.polyadd(a, [1.0]))
    with pytest.raises(ad.errors.TracingError, match="polymul"):
        ad.jit(lambda v: np.polymul(v, b))(a)


def test_polynomials_from_zeros() -> None:
    """∂∏(x − zᵢ)/∂zᵢ is minus the product of the others."""
    z = A(4)
    others = [-np.poly(np.delete(z, i)) for i in range(4)]
    np.testing.assert_allclose(ad.jacobian(np.poly)(z)[1:], np.array(others).T, rtol=1e-13)
    pair = np.array([1 + 2j, 1 - 2j])
    assert np.poly(Value(pair)).dtype == np.poly(pair).dtype == np.float64


def test_exact_division() -> None:
    u, v = np.array([1.0, 5.0, 6.0]), np.array([1.0, 2.0])
    quotient, remainder = np.polydiv(Value(u), v)
    assert_same(quotient, np.polydiv(u, v)[0])
    assert_same(remainder, np.polydiv(u, v)[1])
    check(lambda u, v: np.polydiv(u, v)[0], u, v)


def test_derivatives_of_polynomials_agree_with_each_other() -> None:
    p, x = A(5), A(3)
    np.testing.assert_allclose(ad.elementwise_grad(lambda t: np.polyval(p, t))(x), np.polyval(np.polyder(p), x))
    np.testing.assert_allclose(ad.jacobian(lambda c: np.polyval(c, x))(p), np.vander(x, 5))


def test_constants_and_poly1d() -> None:
    v = Value(A(3))
    assert_same(np.polyval(np.poly1d([1.0, 2.0]), v), np.polyval([1.0, 2.0], v.data))
    assert_same(np.polyval([1, 2], v), np.polyval([1, 2], v.data))
    assert_same(np.polyval(v, 2), np.polyval(v.data, 2.0))
    assert_same(np.polysub(2.0, v), np.polysub(2.0, v.data))
    assert_same(np.vander(v[::-1]), np.vander(v.data[::-1]))


def test_wrong_inputs() -> None:
    v = Value(A(3))
    with pytest.raises(ad.errors.ShapeError, match="vector"):
        np.polyval(np.ones((2, 2)), v)
    with pytest.raises(ad.errors.ArgumentError, match="m ≥ 0"):
        np.polyder(v, -1)
    with pytest.raises(ad.errors.ArgumentError, match="m ≥ 0"):
        np.polyint(v, -1)
    with pytest.raises(ad.errors.ShapeError, match="one for each"):
        np.polyint(v, 3, [1.0, 2.0])
    with pytest.raises(ad.errors.ShapeError, match="vander"):
        np.vander(np.ones((2, 2)) * v[0])
    with pytest.raises(ad.errors.UnsupportedError, match="roots"):
        np.roots(v)
    with pytest.raises(ad.errors.UnsupportedError, match="eigvals"):
        np.poly(np.ones((2, 2)) * v[0])
