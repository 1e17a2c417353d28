"""Eigenvalues and eigenvectors: one triangle, general and complex matrices, phases, defective ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import TracingError, UndefinedDerivativeError
from tests.autodiff.checks import assert_same, check, check_first, check_second
from tests.autodiff.primitives.linear_algebra import SYMMETRIC, by_eig, reconstructed
from tests.autodiff.primitives.sweep import Call, call, check_complete, close, parameters

rng = np.random.default_rng(3)
ANY = SYMMETRIC + np.triu(rng.normal(size=(3, 3)), 1)  # NumPy reads one triangle of it
HERMITIAN = SYMMETRIC + 1j * np.array([[0.0, 0.4, -0.2], [-0.4, 0.0, 0.6], [0.2, -0.6, 0.0]])


@pytest.mark.parametrize("uplo", ["L", "U", "l", "u"])
def test_real(uplo: str) -> None:
    check(lambda a: tuple(np.linalg.eigh(a, UPLO=uplo)), ANY)
    check(lambda a: np.linalg.eigvalsh(a, uplo), ANY, exact=False)


@pytest.mark.parametrize("uplo", ["L", "U"])
def test_complex(uplo: str) -> None:
    """Eigenvectors of a complex matrix have a free phase: what does not depend on it is checked."""
    check(lambda a: np.linalg.eigvalsh(a, uplo), HERMITIAN, exact=False)
    check(lambda a: np.abs(np.linalg.eigh(a, uplo)[1]) ** 2, HERMITIAN)
    check(lambda a: reconstructed(np.linalg.eigh(a, uplo), np.exp), HERMITIAN)


def test_batches() -> None:
    stack = np.stack([SYMMETRIC, SYMMETRIC @ SYMMETRIC.T, SYMMETRIC + np.diag([1.0, 5.0, 3.0])])
    check_first(lambda a: tuple(np.linalg.eigh(a)), stack)
    check_second(lambda a: tuple(np.linalg.eigh(a)), stack)
    check_first(lambda a: np.linalg.eigvalsh(a)[..., -1], stack.reshape(3, 1, 3, 3), exact=False)


def test_matrix_function_by_eigenvalues() -> None:
    """d tr(f(A)) = f′(A): the matrix exponential by eigenvalues, symmetrised input."""
    symmetric = lambda a: (a + a.T) / 2
    f = lambda a: np.sum(np.exp(np.linalg.eigvalsh(symmetric(a))))
    values, vectors = np.linalg.eigh(SYMMETRIC)
    np.testing.assert_allclose(ad.grad(f)(SYMMETRIC), (vectors * np.exp(values)) @ vectors.T)


def test_named_tuple_and_attributes() -> None:
    result = np.linalg.eigh(Value(SYMMETRIC))
    assert_same(result.eigenvalues, np.linalg.eigh(SYMMETRIC).eigenvalues)
    assert_same(result.eigenvectors, np.linalg.eigh(SYMMETRIC).eigenvectors)
    values, vectors = result
    assert values is result[0]
    assert vectors.shape == (3, 3)


def test_one_of_two_results() -> None:
    a = Value(SYMMETRIC)
    values, vectors = np.linalg.eigh(a)
    values.sum().backward()
    np.testing.assert_allclose(a.grad, np.eye(3), atol=1e-14)
    a.grad = None
    (vectors * vectors).sum().backward()  # always 3
    np.testing.assert_allclose(a.grad, 0, atol=1e-14)
    a.grad = None
    (values.sum() + values[0] * vectors[0, 0] ** 2).backward()
    assert np.isfinite(a.grad).all()


def test_equal_eigenvalues_have_finite_gradients() -> None:
    g = ad.grad(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2))(np.eye(2) * 3)
    np.testing.assert_allclose(g, np.eye(2) * 6)


def test_integers_and_lists() -> None:
    assert np.linalg.eigvalsh(Value([[2, 0], [0, 1]])).data.tolist() == [1.0, 2.0]


def test_wrong_triangle() -> None:
    with pytest.raises(ValueError, match="UPLO"):
        np.linalg.eigh(Value(SYMMETRIC), UPLO="x")


def test_the_phase_of_complex_vectors_is_a_choice() -> None:
    for f in (np.linalg.eigh, np.linalg.eig):
        with pytest.raises(UndefinedDerivativeError, match="phase of complex eigenvectors"):
            ad.grad(lambda a, f=f: np.sum(np.imag(f(a)[1])))(HERMITIAN + np.triu(HERMITIAN))


# --- general matrices ------------------------------------------------------------------------------------------------

SEPARATE = SYMMETRIC + 0.1 * rng.normal(size=(3, 3))  # real eigenvalues
TURNING = np.array([[1.0, -2.0, 0.3], [1.5, 0.7, 0.2], [-0.4, 0.1, 3.0]])  # two complex ones
COMPLEX = TURNING + 1j * rng.normal(size=(3, 3))


@pytest.mark.parametrize(
    "a", [SEPARATE, TURNING, COMPLEX, np.stack([TURNING, SEPARATE])], ids=["real", "turning", "complex", "stack"]
)
def test_general_matrices(a: Any) -> None:
    check(by_eig, a, exact=False)
    check(lambda a: np.abs(np.linalg.eig(a)[1]), a)
    check(np.linalg.eigvals, a, exact=False)
    check(lambda a: np.linalg.eig(a).eigenvalues, a)


def test_real_eigenvectors() -> None:
    check(lambda a: tuple(np.linalg.eig(a)), SEPARATE)
    out = np.linalg.eig(Value(SEPARATE))
    assert_same(tuple(out), tuple(np.linalg.eig(SEPARATE)))
    assert (out.eigenvalues.dtype, out.eigenvectors.dtype) == (np.float64, np.float64)
    assert np.linalg.eig(Value(TURNING)).eigenvalues.dtype == np.complex128
    assert np.linalg.eigvals(Value(SEPARATE.astype(np.float32))).dtype == np.float32


def test_traces_of_powers() -> None:
    """d Σ λ⁴ = 4 (A³)ᵀ."""
    for a in (SEPARATE, TURNING):
        g = ad.grad(lambda a: np.real(np.sum(np.linalg.eigvals(a) ** 4)))(a)
        np.testing.assert_allclose(g, 4 * np.linalg.matrix_power(a, 3).T, rtol=1e-10)


@pytest.mark.parametrize("a", [[[1.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]], [[2.0, 1.0], [1e-20, 2.0]]], ids=str)
def test_defective_matrices_are_refused(a: Any) -> None:
    """Their eigenvectors do not span the space, and rounding makes anything of their derivatives."""
    a, f = np.array(a), lambda a: np.real(np.sum(np.linalg.eigvals(a) ** 2))
    with pytest.raises(UndefinedDerivativeError, match="defective"):
        ad.grad(f)(a)
    with pytest.raises(UndefinedDerivativeError, match="defective"):
        ad.jvp(f, (a,), (np.ones((2, 2)),))


def test_empty_matrices() -> None:
    for f in (np.linalg.eigvalsh, np.linalg.eigvals, lambda a: np.linalg.eigh(a)[1], lambda a: np.linalg.eig(a)[1]):
        check(f, np.zeros((0, 0)))
        check(f, np.zeros((2, 0, 0)))


def test_jitted() -> None:
    """Whether the result is real depends on the numbers, so a real matrix is refused there; a complex one is not."""
    step = ad.jit(ad.grad(lambda a: np.real(np.sum(by_eig(a)))))
    for a in (COMPLEX, COMPLEX.T.copy()):
        np.testing.assert_allclose(step(a), ad.grad(lambda a: np.real(np.sum(by_eig(a))))(a), rtol=1e-9)
    for f in (np.linalg.eig, np.linalg.eigvals):
        with pytest.raises(TracingError, match=r"astype\(complex\)"):
            ad.jit(lambda a, f=f: f(Value(a))[0])(SEPARATE)
    symmetric = ad.jit(ad.grad(lambda a: np.sum(np.linalg.eigh(a)[1][:, 0] ** 3)))
    symmetric(SYMMETRIC)
    with pytest.raises(UndefinedDerivativeError):
        symmetric(np.eye(3))


CALLS = [
    *(close(np.linalg.eigvalsh, a, UPLO=u) for a in (ANY, HERMITIAN) for u in "LU"),
    *(call(np.linalg.eigh, ANY, UPLO=u) for u in "LU"),
    close(np.linalg.eigvals, TURNING),
    call(np.linalg.eig, SEPARATE),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])
