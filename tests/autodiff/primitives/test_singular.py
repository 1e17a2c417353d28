"""The singular value decomposition: rectangles, equal and zero singular values, phases, ranks, condition numbers."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ShapeError, UndefinedDerivativeError
from tests.autodiff.checks import assert_same, check, check_first, check_second
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
    restart,
    spread,
)
from tests.autodiff.primitives.sweep import Call, call, check_complete, close, parameters

restart()

SYMMETRIC = SQUARE + SQUARE.T
REAL = [x for x in RECTANGLES if x.dtype.kind == "f"]
CALLS: list[Call] = [
    *(call(np.linalg.svd, a, full_matrices=False) for a in (*REAL, SQUARE, STACK)),
    *(call(np.linalg.svd, a, True) for a in (SQUARE, STACK)),
    *(close(np.linalg.svd, a, full_matrices=f, compute_uv=False) for a in RECTANGLES for f in (False, True)),
    *(close(np.linalg.svd, a, hermitian=True) for a in (SYMMETRIC, SQUARE, STACK)),
    *(close(np.linalg.svd, a, True, False, True) for a in (SYMMETRIC, COMPLEX)),
    *(call(np.linalg.svd, np.zeros(shape), False) for shape in ((0, 0), (3, 0), (0, 3))),
    *(close(np.linalg.svdvals, a) for a in (*RECTANGLES, np.zeros((2, 0, 3)))),
    *(close(np.linalg.cond, a, p) for a in (SQUARE, STACK, COMPLEX) for p in (None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")),
    close(np.linalg.cond, TALL),
    close(np.linalg.cond, WIDE, p=-2),
    *(call(np.linalg.matrix_rank, a, **k) for a in (TALL, STACK) for k in ({}, {"tol": 1.0}, {"rtol": 0.5})),
    *(call(np.linalg.matrix_rank, a, None, True) for a in (SYMMETRIC, A(3))),
]  # fmt: skip
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check() if case.function is not np.linalg.matrix_rank else assert_flat(case)


def assert_flat(case: Call) -> None:
    out = case.function(Value(case.args[0]), *case.args[1:], **case.keywords)
    assert_same(out, np.asarray(case.function(*case.args, **case.keywords))[()])
    assert not out._carries


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


def composed(a: Any, f: Any = np.exp, full_matrices: bool = False) -> Any:
    """U f(s) Vᴴ: what depends on no phase."""
    u, s, vh = np.linalg.svd(a, full_matrices=full_matrices)
    k = s.shape[-1]
    return (u[..., :k] * np.expand_dims(f(s), -2)) @ vh[..., :k, :]


@pytest.mark.parametrize("a", [COMPLEX, COMPLEX_TALL, COMPLEX_WIDE, TALL, WIDE, STACK], ids=str)
def test_functions_of_a_matrix(a: Any) -> None:
    check(composed, a, exact=False)
    check(lambda a: composed(a, full_matrices=True), a, exact=False)
    check(lambda a: np.abs(np.linalg.svd(a, full_matrices=False).U) ** 2, a)


def test_the_phase_of_complex_vectors_is_a_choice() -> None:
    with pytest.raises(UndefinedDerivativeError, match="phase of complex singular vectors"):
        ad.grad(lambda a: np.real(np.sum(np.linalg.svd(a).U)))(COMPLEX)


def test_nuclear_norm() -> None:
    """Its gradient is U Vᵀ; at a singular value of 0, none."""
    for a in (SQUARE, TALL, WIDE):
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        np.testing.assert_allclose(ad.grad(lambda a: np.sum(np.linalg.svdvals(a)))(a), u @ vh, atol=1e-14)
    g = ad.grad(lambda a: np.sum(np.linalg.svdvals(a)))(np.diag([3.0, 0.0, 1.0]))
    np.testing.assert_allclose(g, np.diag([1.0, 0.0, 1.0]), atol=1e-15)


@pytest.mark.parametrize(
    "a", [np.eye(3), np.diag([2.0, 2.0, 1.0]), np.ones((3, 2)), np.zeros((2, 3)), spread(A(4, 3), [2, 1, 1])], ids=str
)
def test_equal_singular_values(a: Any) -> None:
    """Functions of all singular values alike are exact where these coincide: Σ s² = Σ a², Σ s⁴ = tr(AᵀA)²."""
    for f, g in (
        (lambda s: s**2, lambda a: np.sum(a * a)),
        (lambda s: s**4, lambda a: np.sum((a.T @ a) ** 2)),
    ):
        ours = lambda a, f=f: np.sum(f(np.linalg.svd(a, compute_uv=False)))
        np.testing.assert_allclose(ad.grad(ours)(a), ad.grad(g)(a), atol=1e-13)
        t = A(*a.shape)
        assert ad.jvp(ours, (a,), (t,))[1] == pytest.approx(ad.jvp(g, (a,), (t,))[1], abs=1e-13)


def test_vectors_of_equal_singular_values_are_refused() -> None:
    tied = spread(A(4, 3), [2.0, 1.0, 1.0])
    for name in ("U", "Vh"):
        with pytest.raises(UndefinedDerivativeError, match="coincide up to rounding"):
            ad.grad(lambda a, name=name: np.sum(getattr(np.linalg.svd(a, full_matrices=False), name)))(tied)

    def alone(a: Any) -> Any:
        vector = np.linalg.svd(a, full_matrices=False)[0][:, 0]
        return vector * np.sign(vector[0])  # LAPACK chooses a sign, and not always the same nearby

    check_first(alone, tied)
    _, tangent = ad.jvp(lambda a: np.linalg.svd(a, full_matrices=False)[2], (tied,), (A(4, 3),))
    assert np.isnan(tangent[1:]).all()
    assert np.isfinite(tangent[0]).all()


@pytest.mark.parametrize(
    "a",
    [np.eye(3), spread(A(4, 3), [2.0, 1.0, 1.0]), spread(A(3, 4), [1.0, 1.0, 1.0]), spread(COMPLEX, [1.0, 1.0, 0.5])],
    ids=str,
)
def test_functions_of_matrices_with_equal_singular_values(a: Any) -> None:
    """U s³ Vᴴ = A Aᴴ A, and U s Vᴴ = A: no common rotation of the vectors changes them."""
    weights = A(*a.shape)
    for f, g in ((lambda s: s**3, lambda a: a @ np.conj(np.swapaxes(a, -1, -2)) @ a), (lambda s: s, lambda a: a)):
        ours = ad.grad(lambda a, f=f: np.real(np.sum(weights * composed(a, f))))(a)
        theirs = ad.grad(lambda a, g=g: np.real(np.sum(weights * g(a))))(a)
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


def test_several_zeros_among_the_singular_values() -> None:
    """U s Vᴴ is the matrix itself, but not by these: their vectors turn by themselves. What does not use them is right."""
    a = np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 0.0])
    with pytest.raises(UndefinedDerivativeError):
        ad.grad(lambda a: np.sum(composed(a, lambda s: s)))(a)

    def first(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a)
        return s[0] * np.outer(u[:, 0], vh[0])

    check_first(first, a, exact=False)


def test_zero_singular_values() -> None:
    """Of a square matrix, the vectors of a single one are determined; of a rectangle, they are not."""
    singular = spread(A(3, 3), [2.0, 1.0, 0.0])
    singular[2] = singular[0] + singular[1]

    def projector(a: Any) -> Any:
        vector = np.linalg.svd(a).U[:, 2]
        return np.outer(vector, vector)

    check_first(projector, singular)
    with pytest.raises(UndefinedDerivativeError):
        ad.grad(lambda a: np.sum(np.linalg.svd(a, full_matrices=False).U[:, 1]))(np.outer([1.0, 2.0, 3.0], [1.0, 1.0]))


def test_additional_columns_are_refused() -> None:
    for f in (lambda a: np.sum(np.linalg.svd(a).U), lambda a: np.sum(np.linalg.svd(a.T).Vh)):
        with pytest.raises(UndefinedDerivativeError, match="additional columns"):
            ad.grad(f)(TALL)
    check(lambda a: np.linalg.svd(a).U[:, :3], TALL)
    check(lambda a: np.linalg.svd(a).Vh[:3], WIDE)
    assert_same(tuple(np.linalg.svd(Value(TALL))), tuple(np.linalg.svd(TALL)))


def test_low_rank_approximation() -> None:
    """The best approximation of rank 1 by power iteration on the side, against differences in two orders."""

    def f(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a)
        return s[0] * np.outer(u[:, 0], vh[0])

    check_first(f, TALL, exact=False)
    check_second(f, TALL)


def test_condition_number() -> None:
    singular = np.diag([1.0, 0.0])
    for p in (None, 2, 1, "fro"):
        with np.errstate(all="ignore"):
            assert np.linalg.cond(Value(singular), p).data == np.linalg.cond(singular, p) == np.inf
    assert not np.any(ad.grad(np.linalg.cond)(np.eye(3)))  # equal singular values share: no direction is preferred
    stack = np.stack([SQUARE, np.ones((3, 3))])
    assert_same(np.linalg.cond(Value(stack), 1), np.linalg.cond(stack, 1))
    with pytest.raises(np.linalg.LinAlgError, match="empty"):
        np.linalg.cond(Value(np.zeros((0, 0))))


def test_names_and_shapes() -> None:
    u, s, vh = np.linalg.svd(Value(TALL), full_matrices=False)
    result = np.linalg.svd(Value(TALL), full_matrices=False)
    assert (result.U.shape, result.S.shape, result.Vh.shape) == (u.shape, s.shape, vh.shape) == ((4, 3), (3,), (3, 3))
    with pytest.raises(ShapeError, match=r"svd.*\(3,\)"):
        np.linalg.svd(Value(A(3)))


def test_jitted() -> None:
    step = ad.jit(ad.grad(lambda a: np.sum(composed(a) ** 2)))
    for a in (TALL, TALL[::-1].copy()):
        np.testing.assert_allclose(step(a), ad.grad(lambda a: np.sum(composed(a) ** 2))(a), rtol=1e-10)
    with pytest.raises(UndefinedDerivativeError):
        step(spread(TALL, [1.0, 1.0, 0.5]))
