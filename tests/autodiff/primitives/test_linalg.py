"""eigh: several outputs, one triangle, complex matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check, check_first, check_second

rng = np.random.default_rng(3)
SYMMETRIC = np.array([[2.0, 0.5, -0.3], [0.5, 1.0, 0.7], [-0.3, 0.7, -1.0]])
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


def reconstructed(pair: Any, f: Any) -> Any:
    values, vectors = pair
    return (vectors * f(values)) @ np.conjugate(vectors.T)


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
