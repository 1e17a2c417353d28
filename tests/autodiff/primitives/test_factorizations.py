"""Cholesky and QR: both triangles, every mode, wide and tall, rank-deficient matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, UndefinedDerivativeError
from tests.autodiff.checks import assert_same, check, check_closure
from tests.autodiff.primitives.linear_algebra import (
    COMPLEX,
    COMPLEX_STACK,
    RECTANGLES,
    SQUARE,
    STACK,
    TALL,
    WIDE,
    A,
    Z,
    positive,
    restart,
)
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters

restart()

POSITIVE = [positive(x) for x in (SQUARE, STACK, COMPLEX, COMPLEX_STACK, A(1, 1))]
POSITIVE += [np.zeros((0, 0)), positive(SQUARE) + np.triu(A(3, 3), 1), np.asfortranarray(positive(SQUARE))]
CALLS: list[Call] = [
    *(call(np.linalg.cholesky, a) for a in POSITIVE),
    *(call(np.linalg.cholesky, np.swapaxes(a, -1, -2), upper=True) for a in POSITIVE),
    *(call(np.linalg.qr, a) for a in (*RECTANGLES, SQUARE, STACK, COMPLEX)),
    *(call(np.linalg.qr, a, mode=m) for a in (TALL, WIDE, COMPLEX) for m in ("reduced", "r")),
    *(call(np.linalg.qr, a, "complete") for a in (WIDE, SQUARE, COMPLEX)),
    *(call(np.linalg.qr, np.zeros(shape)) for shape in ((0, 0), (3, 0), (0, 3))),
]
REFUSED: list[Call] = [call(np.linalg.qr, SQUARE, mode="raw")]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("a", [positive(SQUARE), positive(COMPLEX)], ids=["real", "complex"])
def test_only_one_triangle_is_read(a: Any, upper: bool) -> None:
    g = ad.grad(lambda a: np.sum(np.abs(np.linalg.cholesky(a, upper=upper)) ** 3))(a)
    assert not (np.tril(g, -1) if upper else np.triu(g, 1)).any()
    assert (np.triu(g) if upper else np.tril(g)).any()
    check_closure(lambda a: np.linalg.cholesky(a, upper=upper), a)


def test_log_determinant_by_cholesky() -> None:
    """½ d log det A = ½ A⁻¹, the strict triangle counted twice."""
    a = positive(SQUARE)
    g = ad.grad(lambda a: np.sum(np.log(np.diagonal(np.linalg.cholesky(a)))))(a)
    inverse = np.linalg.inv(a)
    np.testing.assert_allclose(g, np.tril(inverse, -1) + np.diag(np.diag(inverse)) / 2, rtol=1e-10, atol=1e-12)


def test_not_positive_definite() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        np.linalg.cholesky(Value(-np.eye(2)))


def test_complete_for_tall_matrices() -> None:
    """The first columns of Q, and R, have derivatives; the additional columns are any that span the rest."""

    def parts(a: Any) -> Any:
        q, r = np.linalg.qr(a, "complete")
        return q[..., :3], r

    check(parts, TALL)
    check(parts, Z(4, 3))
    assert_same(tuple(np.linalg.qr(Value(TALL), "complete")), tuple(np.linalg.qr(TALL, "complete")))
    with pytest.raises(UndefinedDerivativeError, match="additional columns"):
        ad.grad(lambda a: np.sum(np.linalg.qr(a, "complete").Q))(TALL)
    _, tangent = ad.jvp(lambda a: np.linalg.qr(a, "complete").Q, (TALL,), (TALL,))
    assert np.isnan(tangent[:, 3:]).all()
    assert np.isfinite(tangent[:, :3]).all()


def test_rank_deficient() -> None:
    for a in (np.ones((3, 2)), np.zeros((2, 2)), np.outer([1.0, 2.0], [3.0, 1.0, 2.0])):
        with pytest.raises(UndefinedDerivativeError, match="linearly dependent"):
            ad.grad(lambda a: np.sum(np.linalg.qr(a).R))(a)
    a = np.array([[1.0, 2.0, 2.0], [0.5, 3.0, 3.0]])  # later columns may depend on the first
    check(lambda a: tuple(np.linalg.qr(a)), a)


def test_projection_by_qr() -> None:
    """Q Qᵀ b is the point of the column space next to b, whichever way it is computed."""
    b = A(4)
    f = lambda a: np.sum((np.linalg.qr(a).Q @ (np.linalg.qr(a).Q.T @ b)) ** 3)
    g = lambda a: np.sum((a @ np.linalg.solve(a.T @ a, a.T @ b)) ** 3)
    np.testing.assert_allclose(ad.grad(f)(TALL), ad.grad(g)(TALL), rtol=1e-9, atol=1e-11)


def test_modes() -> None:
    with pytest.raises(ArgumentError, match="'reduced'"):
        np.linalg.qr(Value(SQUARE), "full")
    assert np.linalg.qr(Value(TALL)).Q.shape == (4, 3)
    assert_same(np.linalg.qr(Value(TALL), mode="r"), np.linalg.qr(TALL, mode="r"))
