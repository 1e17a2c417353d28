"""scipy.linalg's functions of Values: SciPy's values, both modes, two orders, every keyword or a refusal by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

import autodiff as ad
from autodiff import Value
from autodiff.scipy import linalg
from tests.autodiff.checks import check, check_closure
from tests.autodiff.scipy.mirrored import Call, check_refused, check_signatures, parametrized

RNG = np.random.default_rng(4)
A = RNG.uniform(-1, 1, (3, 3)) + 2 * np.eye(3)
SYMMETRIC = A @ A.T + np.eye(3)
MIXED = np.array([[0.2, 2.0, -1.0], [1.5, 0.3, 0.7], [-2.0, 1.0, 0.1]])  # whose rows are exchanged
COMPLEX = A + 1j * RNG.uniform(-1, 1, (3, 3))
HERMITIAN = COMPLEX @ COMPLEX.conj().T + np.eye(3)
MANY = RNG.uniform(-1, 1, (2, 3, 3)) + 2 * np.eye(3)
b, B, MANY_B = RNG.uniform(-1, 1, 3), RNG.uniform(-1, 1, (3, 2)), RNG.uniform(-1, 1, (2, 3, 1))
C = RNG.uniform(-1, 1, (3, 2)) + 1j * RNG.uniform(-1, 1, (3, 2))


def call(name: str, *args: Any, tolerance: float = 1e-12, single: bool = True, **keywords: Any) -> Call:
    return Call(getattr(linalg, name), getattr(scipy.linalg, name), args, keywords, tolerance, single)


CALLS = [
    call("solve_triangular", A, b),
    call("solve_triangular", A, B, trans="T", lower=True),
    call("solve_triangular", COMPLEX, C, 2, unit_diagonal=True),
    call("solve_triangular", COMPLEX, B, "C", True),
    call("solve_triangular", a=A, b=B, overwrite_b=True, check_finite=False),
    call("solve_triangular", MANY, MANY_B),
    call("solve_triangular", A, MANY_B, lower=True),
    call("solve", A, b),
    call("solve", A, B, transposed=True, check_finite=False, overwrite_a=True, overwrite_b=True),
    call("solve", COMPLEX, C),
    call("solve", A, C),
    call("solve", MANY, MANY_B),
    *[call("solve", SYMMETRIC, b, assume_a=a, lower=w) for a in ("sym", "pos", "her") for w in (False, True)],
    *[call("solve", A, b, assume_a=a) for a in ("general", "diagonal", "tridiagonal", "upper triangular", "banded")],
    call("solve", A, b, assume_a="lower triangular", transposed=True),
    call("solve", HERMITIAN, C, assume_a="pos"),
    call("inv", A, overwrite_a=False, check_finite=True),
    call("inv", MANY),
    call("inv", SYMMETRIC, assume_a="pos", lower=True),
    call("solve_sylvester", A, B.T @ B + np.eye(2), B),
    call("solve_continuous_lyapunov", COMPLEX + 3 * np.eye(3), COMPLEX),
    call("cholesky", SYMMETRIC),
    call("cholesky", SYMMETRIC, lower=True, overwrite_a=True, check_finite=False),
    call("cholesky", HERMITIAN, True),
    call("cholesky", HERMITIAN),
    call("cholesky", np.stack([SYMMETRIC, 2 * SYMMETRIC]), lower=True),
    call("cho_solve", (A, True), b),
    call("cho_solve", (COMPLEX, False), C, overwrite_b=True, check_finite=False),
    call("lu_solve", (MIXED, np.array([1, 2, 2])), b),
    call("lu_solve", (COMPLEX, np.array([1, 2, 2])), C, trans=2, overwrite_b=False, check_finite=False),
    call("lu_solve", (A, np.array([0, 2, 2])), B, 1),
    call("lu", MIXED),
    call("lu", MIXED, permute_l=True, overwrite_a=False, check_finite=True),
    call("lu", COMPLEX, p_indices=False),
    call("expm", A),
    call("expm", MIXED * 3, tolerance=1e-10),
    call("expm", COMPLEX),
    call("expm", MANY),
    call("expm", np.zeros((2, 2))),
    call("expm_frechet", A, MIXED, single=False),
    call("expm_frechet", A, MIXED, method="SPS", compute_expm=False, check_finite=False, single=False),
    call("sqrtm", SYMMETRIC),
    call("sqrtm", COMPLEX + 5 * np.eye(3)),
    call("logm", SYMMETRIC, tolerance=1e-11, single=False),
    call("logm", A, tolerance=1e-11, single=False),
    call("cosm", A),
    call("sinm", MIXED),
    call("sinm", COMPLEX),
    call("block_diag", A, b, B),
    call("block_diag", np.ones((1, 1)), np.ones((0, 2)), A),
    call("toeplitz", b),
    call("toeplitz", C[:, 0]),
    call("toeplitz", b, B[:2, 0]),
    call("hankel", b),
    call("hankel", b, b[::-1]),
    call("circulant", b),
    call("eigh", SYMMETRIC, eigvals_only=True, lower=False),
    call("eigvalsh", SYMMETRIC),
    call("eigvalsh", A + A.T, SYMMETRIC, lower=False, overwrite_a=True, overwrite_b=True, type=1, check_finite=True),
]


@parametrized(CALLS)
def test_call(case: Call) -> None:
    case.check()


def test_signatures() -> None:
    check_signatures([c for c in CALLS if c.theirs not in (scipy.linalg.sqrtm, scipy.linalg.logm)])


def test_factors_and_what_is_solved_with_them() -> None:
    for lower in (False, True):
        check(lambda a, v, lower=lower: linalg.cho_solve(linalg.cho_factor(a, lower), v), SYMMETRIC, b, exact=False)
    for trans in (0, 1):
        check(lambda a, v, trans=trans: linalg.lu_solve(linalg.lu_factor(a), v, trans), MIXED, b, exact=False)
    packed, pivots = linalg.lu_factor(Value(MIXED))
    np.testing.assert_array_equal(packed.data, scipy.linalg.lu_factor(MIXED)[0])
    np.testing.assert_array_equal(pivots.data, scipy.linalg.lu_factor(MIXED)[1])
    assert not pivots._carries
    for a in (MIXED, COMPLEX, MIXED.astype(np.float32)):
        check(lambda a: linalg.lu_factor(a)[0], a, exact=False)
        check_closure(lambda a: linalg.lu_factor(a)[0], a)
    order = linalg.lu(Value(MIXED), p_indices=True)[0]
    np.testing.assert_array_equal(order.data, scipy.linalg.lu(MIXED, p_indices=True)[0])


def test_eigenvectors_of_a_pencil() -> None:
    """a x = λ b x. Their signs are free: squares of them are not."""
    f = lambda a, b: (linalg.eigh(a, b)[0], linalg.eigh(a, b)[1] ** 2)
    expected = scipy.linalg.eigh(A + A.T, SYMMETRIC)
    found = linalg.eigh(Value(A + A.T), SYMMETRIC)
    np.testing.assert_allclose(found[0].data, expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[1].data ** 2, expected[1] ** 2, rtol=1e-10)
    check(f, A + A.T, SYMMETRIC, exact=False, single=False)


@pytest.mark.parametrize(
    "case",
    [
        call("det", A)._replace(single=False),  # SciPy's are float64
        call("norm", A, "fro"),
        call("norm", b, 3, keepdims=True),
        call("svd", B, full_matrices=False),
        call("svdvals", B),
        call("qr", B, mode="economic"),
    ],
    ids=str,
)
def test_what_numpy_has_is_its(case: Call) -> None:
    case.check()


def test_log_determinant_of_a_covariance() -> None:
    """d log det A = tr(A⁻¹ dA): a Gaussian's log-likelihood by Cholesky."""
    slope = ad.grad(lambda a: 2 * np.sum(np.log(np.diagonal(linalg.cholesky(a, lower=True)))))(SYMMETRIC)
    np.testing.assert_allclose(slope + slope.T, 2 * np.linalg.inv(SYMMETRIC), rtol=1e-12)
    assert np.all(np.triu(slope, 1) == 0)  # the lower triangle alone is read


def test_third_derivatives_of_the_exponential() -> None:
    """Of exp(t A) along t, in closed form: A³ exp(t A)."""
    f = lambda t: np.sum(linalg.expm(t * A))
    third = ad.grad(ad.grad(ad.grad(f)))(0.7)
    assert third == pytest.approx(np.sum(np.linalg.matrix_power(A, 3) @ scipy.linalg.expm(0.7 * A)), rel=1e-11)


def test_closure() -> None:
    for f in (linalg.expm, linalg.sqrtm, linalg.logm, linalg.inv, linalg.cholesky):
        check_closure(f, SYMMETRIC)


def test_jit() -> None:
    loss = ad.grad(lambda a, v: np.sum(linalg.cho_solve(linalg.cho_factor(a), v) ** 2) + np.sum(linalg.expm(a / 9)))
    run = ad.jit(loss)
    for scale in (1.0, 1.0, 2.0):
        np.testing.assert_allclose(run(scale * SYMMETRIC, b), loss(scale * SYMMETRIC, b), rtol=1e-12)


def test_wrong_operands() -> None:
    for f in (linalg.solve, linalg.solve_triangular):
        with pytest.raises(ad.errors.ShapeError, match="square"):
            f(Value(B), b)
        with pytest.raises(ad.errors.ShapeError, match="as many rows"):
            f(Value(A), b[:2])
        with pytest.raises(ad.errors.ArgumentError, match="check_finite"):
            f(Value(A * np.nan), b)
    with pytest.raises(ad.errors.ShapeError, match="square"):
        linalg.expm(Value(b))
    with pytest.raises(ad.errors.ArgumentError, match="trans"):
        linalg.solve_triangular(Value(A), b, trans=3)
    with pytest.raises(ad.errors.ArgumentError, match="assume_a"):
        linalg.solve(Value(A), b, assume_a="nice")
    with pytest.raises(np.linalg.LinAlgError):
        linalg.cholesky(Value(-A))
    with pytest.raises(ad.errors.ShapeError, match="one square matrix"):
        linalg.lu_factor(Value(MANY))
    with pytest.raises(ad.errors.ShapeError, match="vectors"):
        linalg.toeplitz(Value(A))


def test_refused() -> None:
    check_refused(linalg.expm_frechet, A, A, method="blockEnlarge")
    check_refused(linalg.sqrtm, A, disp=False)
    check_refused(linalg.svd, A, lapack_driver="gesvd")
    check_refused(linalg.qr, A, pivoting=True)
    check_refused(linalg.qr, A, lwork=9)
    check_refused(linalg.qr, A, mode="raw")
    for keyword in ("subset_by_index", "subset_by_value"):
        check_refused(linalg.eigh, A, **{keyword: [0, 1]})
    check_refused(linalg.eigvalsh, A, type=2)
    check_refused(linalg.eigvalsh, A, driver="ev")
    for name in ("null_space", "orth", "funm", "tanm", "eig", "schur", "lstsq", "pinv"):
        with pytest.raises(ad.errors.UnsupportedError, match=rf"scipy\.linalg\.{name}"):
            getattr(linalg, name)(Value(A))
