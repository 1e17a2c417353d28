"""pinv and lstsq: full and deficient rank, wide and tall, several right-hand sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ShapeError
from tests.autodiff.checks import assert_same, check, check_first
from tests.autodiff.primitives.linear_algebra import (
    COMPLEX,
    COMPLEX_TALL,
    COMPLEX_WIDE,
    RECTANGLES,
    SQUARE,
    STACK,
    TALL,
    WIDE,
    A,
    Z,
    restart,
)
from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

restart()

HERMITIAN = COMPLEX + np.conj(COMPLEX.T)
CALLS: list[Call] = [
    *(call(np.linalg.pinv, a) for a in (*RECTANGLES, SQUARE, STACK)),
    *(call(np.linalg.pinv, TALL, r) for r in (None, 1e-10)),
    call(np.linalg.pinv, STACK, rcond=np.array([1e-10, 1e-8])),
    *(call(np.linalg.pinv, WIDE, rtol=r) for r in (None, 1e-10)),
    *(call(np.linalg.pinv, a, hermitian=True) for a in (SQUARE + SQUARE.T, SQUARE, HERMITIAN, COMPLEX)),
    *(call(np.linalg.pinv, np.zeros(shape)) for shape in ((0, 0), (3, 0), (2, 0, 3))),
    *(
        call(np.linalg.lstsq, a, b)
        for a, b in ((TALL, A(4)), (TALL, A(4, 2)), (WIDE, A(3)), (WIDE, A(3, 2)), (SQUARE, A(3)), (COMPLEX_TALL, Z(4)),
                     (COMPLEX_WIDE, Z(3, 2)), (TALL, Z(4)), (COMPLEX_TALL, A(4, 2)), (TALL, A(4, 0)), (A(3, 1), A(3)))
    ),
    *(call(np.linalg.lstsq, TALL, A(4), rcond=r) for r in (None, -1, 1e-10, -1.0)),
]  # fmt: skip
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    if case.function is np.linalg.lstsq:  # the rank is a number without a derivative
        assert_rank(case)
        case = case._replace(function=without_rank)
    case.check()


def without_rank(a: Any, b: Any, rcond: Any = None) -> Any:
    x, residuals, _, s = np.linalg.lstsq(a, b, rcond)
    return x, residuals, s


def assert_rank(case: Call) -> None:
    rank = np.linalg.lstsq(*map(Value, case.args[:2]), **case.keywords)[2]
    assert not rank._carries
    assert int(rank) == np.linalg.lstsq(*case.args[:2], **case.keywords)[2]


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


def along_rank_2(x: Any) -> Any:
    """A 4 × 3 matrix of rank 2, from its factors."""
    return x[:, :2] @ x[:3, 2:4].T


FACTORS = A(4, 4)


def test_constant_rank() -> None:
    """Along matrices of one rank, the pseudoinverse is differentiable although it is not everywhere near by."""
    check_first(lambda x: np.linalg.pinv(along_rank_2(x), rcond=1e-10), FACTORS, exact=False)
    b = A(4)
    check_first(lambda x, b: np.linalg.lstsq(along_rank_2(x), b, rcond=1e-10)[0], FACTORS, b, exact=False)
    check_first(lambda x: np.linalg.pinv(along_rank_2(x).T, rcond=1e-10), FACTORS, exact=False)


def test_zero() -> None:
    assert not ad.grad(lambda a: np.sum(np.linalg.pinv(a)))(np.zeros((2, 3))).any()
    assert not ad.grad(lambda a: np.sum(np.linalg.lstsq(a, np.ones(2))[0]))(np.zeros((2, 3))).any()


def test_of_regular_matrices_it_is_the_inverse() -> None:
    for f in (np.linalg.pinv, np.linalg.inv):
        np.testing.assert_allclose(ad.jacobian(f)(SQUARE), ad.jacobian(np.linalg.inv)(SQUARE), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        ad.hessian(lambda a: np.sum(np.linalg.pinv(a)))(SQUARE),
        ad.hessian(lambda a: np.sum(np.linalg.inv(a)))(SQUARE),
        rtol=1e-9,
        atol=1e-10,
    )


def test_least_squares_are_the_normal_equations() -> None:
    b = A(4, 2)
    f = lambda a, b: np.sum(np.linalg.lstsq(a, b)[0] ** 3)
    g = lambda a, b: np.sum(np.linalg.solve(a.T @ a, a.T @ b) ** 3)
    for ours, theirs in zip(ad.grad(f, (0, 1))(TALL, b), ad.grad(g, (0, 1))(TALL, b), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


def test_the_solution_of_least_norm() -> None:
    """Of a wide system: aᵀ(a aᵀ)⁻¹b."""
    b = A(3)
    f = lambda a, b: np.sum(np.linalg.lstsq(a, b)[0] ** 3)
    g = lambda a, b: np.sum((a.T @ np.linalg.solve(a @ a.T, b)) ** 3)
    for ours, theirs in zip(ad.grad(f, (0, 1))(WIDE, b), ad.grad(g, (0, 1))(WIDE, b), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


def test_residuals() -> None:
    """‖b − a x‖²: 2(b − a x) for b, −2(b − a x)xᵀ for a, as x is the best already."""
    b = A(4)
    f = lambda a, b: np.linalg.lstsq(a, b)[1][0]
    x = np.linalg.lstsq(TALL, b)[0]
    rest = b - TALL @ x
    for_a, for_b = ad.grad(f, (0, 1))(TALL, b)
    np.testing.assert_allclose(for_b, 2 * rest, rtol=1e-10)
    np.testing.assert_allclose(for_a, -2 * np.outer(rest, x), rtol=1e-10)
    check(f, TALL, b, exact=False)


def test_as_numpy_gives_it() -> None:
    deficient = np.ones((4, 2))
    for a, b in ((TALL, A(4)), (WIDE, A(3, 2)), (deficient, A(4))):
        out = np.linalg.lstsq(Value(a), b)
        assert type(out) is tuple
        for ours, theirs in zip(out, np.linalg.lstsq(a, b), strict=True):
            np.testing.assert_array_equal(ours.data, theirs)
    assert_same(np.linalg.lstsq(TALL, Value(A(4)))[3], np.linalg.lstsq(TALL, A(4))[3])


def test_shapes() -> None:
    for a, b in ((TALL, A(3)), (STACK, A(3)), (TALL, A(4, 1, 1)), (A(3), A(3))):
        with pytest.raises(ShapeError, match="lstsq needs a matrix"):
            np.linalg.lstsq(Value(a), b)
    with pytest.raises(ShapeError, match="pinv needs square"):
        np.linalg.pinv(Value(TALL), hermitian=True)
    with pytest.raises(ValueError, match="rtol"):
        np.linalg.pinv(Value(TALL), 1e-3, rtol=1e-3)
