"""Determinants: singular matrices exactly, in two orders; the phase of complex ones."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import UndefinedDerivativeError
from autodiff.primitives import TABLE
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.linear_algebra import (
    COMPLEX,
    COMPLEX_STACK,
    SQUARE,
    SQUARES,
    STACK,
    A,
    Z,
    restart,
    spread,
)
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

restart()

CALLS: list[Call] = [*(call(f, a) for f in (np.linalg.det, np.linalg.slogdet) for a in SQUARES)]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


def leibniz(x: Any) -> Any:
    """The determinant as a sum over permutations: a polynomial, whose derivatives are exact anywhere."""
    total: Any = 0.0
    for order in permutations(range(x.shape[0])):
        sign = (-1) ** sum(a > b for i, b in enumerate(order) for a in order[:i])
        term: Any = sign
        for i, j in enumerate(order):
            term = term * x[i, j]
        total = total + term
    return total


LOW_RANK = A(4, 2) @ A(2, 4)
POINTS = {
    "rank 3 of 4": A(4, 3) @ A(3, 4),
    "rank 2 of 4": LOW_RANK,
    "rank 1": np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]),
    "zero": np.zeros((3, 3)),
    "diagonal with a zero": np.diag([2.0, 0.0, 3.0]),
    "diagonal with two": np.diag([2.0, 0.0, 0.0, 3.0]),
    "singular integers": np.arange(9.0).reshape(3, 3),
    "nearly singular": np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]) + 1e-9 * np.eye(3) + np.diag([0, 0, 1.0]),
    "identity": np.eye(3),
    "ill-conditioned": spread(A(4, 4), [1.0, 1e-3, 1e-6, 1e-9]),
    "one by one": np.zeros((1, 1)),
    "two by two": np.ones((2, 2)),
    "tiny": 1e-80 * SQUARE,
}


@pytest.mark.parametrize("point", POINTS)
def test_first_and_second_derivatives_are_exact(point: str) -> None:
    x = POINTS[point]
    size = np.linalg.norm(x)
    g, h = ad.grad(np.linalg.det)(x), ad.hessian(np.linalg.det)(x)
    np.testing.assert_allclose(g, ad.grad(leibniz)(x), rtol=1e-9, atol=1e-13 * size ** (len(x) - 1))
    np.testing.assert_allclose(h, ad.hessian(leibniz)(x), rtol=1e-9, atol=1e-13 * size ** max(len(x) - 2, 0))
    t = A(*x.shape)
    _, forward = ad.jvp(np.linalg.det, (x,), (t,))
    assert forward == pytest.approx(np.sum(g * t), rel=1e-9, abs=1e-13 * size ** (len(x) - 1))


def test_the_gradient_at_a_singular_matrix_is_the_matrix_of_cofactors() -> None:
    assert ad.grad(np.linalg.det)(np.diag([2.0, 0.0, 3.0])).tolist() == [[0, 0, 0], [0, 6, 0], [0, 0, 0]]
    np.testing.assert_allclose(ad.grad(np.linalg.det)(np.array([[1.0, 2.0], [2.0, 4.0]])), [[4, -2], [-2, 1]])


def test_complex_singular_matrices() -> None:
    x = np.outer(Z(3), Z(3)) + np.outer(Z(3), Z(3))
    f, g = (lambda x: np.real(np.linalg.det(x) * (1 - 2j))), (lambda x: np.real(leibniz(x) * (1 - 2j)))
    np.testing.assert_allclose(ad.grad(f)(x), ad.grad(g)(x), rtol=1e-10)
    t = Z(3, 3)
    turned = lambda f: ad.grad(lambda x: np.real(np.sum(ad.grad(f)(x) * t)))(x)
    np.testing.assert_allclose(turned(f), turned(g), rtol=1e-10)


def test_a_stack_of_regular_singular_and_unknown_matrices() -> None:
    stack = np.stack([SQUARE, np.diag([1.0, 2.0, 0.0]), np.full((3, 3), np.nan), np.zeros((3, 3))])
    with np.errstate(invalid="ignore"):
        g = ad.grad(lambda x: np.sum(np.linalg.det(x)[[0, 1, 3]]))(stack)
    np.testing.assert_allclose(g[0], np.linalg.det(SQUARE) * np.linalg.inv(SQUARE).T)
    np.testing.assert_allclose(g[1], np.diag([0, 0, 2.0]), atol=1e-15)
    assert np.isnan(g[2]).all()
    assert not g[3].any()


def test_cofactors() -> None:
    """adj(A) A = det(A) I, and the derivative of both sides."""
    entry = TABLE["cofactors"]
    for x in (SQUARE, STACK, COMPLEX, COMPLEX_STACK):
        scaled = np.linalg.det(x)[..., None, None] * np.eye(3)
        np.testing.assert_allclose(np.swapaxes(entry(x, np.linalg.det(x)), -1, -2) @ x, scaled, atol=1e-12)
        check(lambda x: entry(x, np.linalg.det(x)), x)


def test_third_order_needs_an_inverse() -> None:
    f = lambda x: np.sum(ad.grad(np.linalg.det)(x) ** 2)
    g = lambda x: np.sum(ad.grad(leibniz)(x) ** 2)
    np.testing.assert_allclose(ad.hessian(f)(SQUARE), ad.hessian(g)(SQUARE), rtol=1e-10, atol=1e-12)
    singular = POINTS["rank 3 of 4"]
    np.testing.assert_allclose(ad.grad(f)(singular), ad.grad(g)(singular), rtol=1e-9, atol=1e-9)
    with pytest.raises(UndefinedDerivativeError, match="third derivative"):
        ad.hessian(f)(np.diag([1.0, 2.0, 0.0]))


def test_slogdet_is_the_logarithm_of_det() -> None:
    sign, logarithm = np.linalg.slogdet(Value(SQUARE))
    assert_same(sign, np.linalg.slogdet(SQUARE).sign)
    assert np.linalg.slogdet(Value(SQUARE)).logabsdet.data == logarithm.data
    np.testing.assert_allclose(ad.grad(lambda x: np.linalg.slogdet(x)[1])(SQUARE), np.linalg.inv(SQUARE).T)
    check(
        lambda x: np.multiply(*(f(part) for f, part in zip((lambda s: s, np.exp), np.linalg.slogdet(x)))),
        COMPLEX,
        exact=False,
    )


def test_slogdet_of_singular_matrices() -> None:
    """log 0 = −∞ has no derivative: NaN there, unless nothing arrives."""
    stack = np.stack([SQUARE, np.ones((3, 3))])
    g = ad.grad(lambda x: np.linalg.slogdet(x).logabsdet[0])(stack)
    np.testing.assert_allclose(g, [np.linalg.inv(SQUARE).T, np.zeros((3, 3))])
    assert np.isnan(ad.grad(lambda x: np.sum(np.linalg.slogdet(x)[1]))(stack)[1]).all()


def test_jitted() -> None:
    step = ad.jit(ad.grad(np.linalg.det))
    for x in (SQUARE, np.diag([1.0, 2.0, 0.0])):
        np.testing.assert_allclose(step(x), ad.grad(np.linalg.det)(x), atol=1e-14)
