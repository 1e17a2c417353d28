"""Eigenvalues that coincide: what no rotation of their vectors changes is exact, anything else refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import UndefinedDerivativeError
from autodiff.primitives import TABLE
from tests.autodiff.checks import check_first
from tests.autodiff.primitives.linear_algebra import SYMMETRIC, by_eig, reconstructed

rng = np.random.default_rng(7)

TIED = [np.eye(3), np.zeros((2, 2)), np.diag([2.0, 2.0, 5.0])]
ROTATION = np.linalg.qr(rng.normal(size=(3, 3)))[0]
TIED += [(ROTATION * [3.0, 1.0, 3.0]) @ ROTATION.T]


@pytest.mark.parametrize("a", TIED, ids=str)
def test_symmetric_functions_of_equal_eigenvalues_are_exact(a: Any) -> None:
    """Σ λ³ = tr A³ and Π (1 + λ) = det(I + A), in both modes."""
    mirrored = lambda a: (a + a.T) / 2
    pairs: list[Any] = [
        (lambda v: np.sum(v**3), lambda a: np.trace(a @ a @ a)),
        (lambda v: np.prod(1 + v), lambda a: np.linalg.det(np.eye(len(a)) + a)),
    ]
    t = rng.normal(size=a.shape)
    for f, g in pairs:
        for eigenvalues in (
            np.linalg.eigvalsh,
            lambda a: np.real(np.linalg.eigvals(a)),
            lambda a: np.linalg.eigh(a)[0],
        ):
            ours = lambda a, f=f, e=eigenvalues: f(e(mirrored(a)))
            theirs = lambda a, g=g: g(mirrored(a))
            np.testing.assert_allclose(ad.grad(ours)(a), ad.grad(theirs)(a), atol=1e-12)
            assert ad.jvp(ours, (a,), (t,))[1] == pytest.approx(ad.jvp(theirs, (a,), (t,))[1], abs=1e-12)


def function_of(a: Any, f: Any) -> Any:
    """V f(Λ) Vᵀ of the symmetric part."""
    return reconstructed(np.linalg.eigh((a + a.T) / 2), f)


def factors(a: Any) -> Any:
    """(a − 1)(a − 2)(a − 3), of numbers and of a matrix."""
    eye = np.eye(len(a))
    return (a - eye) @ (a - 2 * eye) @ (a - 3 * eye)


MATRIX_FUNCTIONS: list[Any] = [
    (lambda v: v**3, lambda a: a @ a @ a),
    (lambda v: v, lambda a: a),
    (lambda v: (v - 1) * (v - 2) * (v - 3), factors),
]


@pytest.mark.parametrize("a", TIED, ids=str)
@pytest.mark.parametrize(("f", "g"), MATRIX_FUNCTIONS, ids=["cube", "itself", "factors"])
def test_functions_of_symmetric_matrices_are_exact_where_eigenvalues_coincide(a: Any, f: Any, g: Any) -> None:
    """V Λ³ Vᵀ = A³: no rotation of the eigenvectors changes it. Also where f is 0, and so is what arrives at V."""
    weights = rng.normal(size=a.shape)
    for loss in (lambda m: np.sum(weights * m), lambda m: np.sum(m**3), lambda m: np.sum((weights * m) @ m)):
        ours, theirs = (lambda a, s=loss: s(function_of(a, f))), (lambda a, s=loss: s(g((a + a.T) / 2)))
        expected = ad.grad(theirs)(a)
        tolerance = 1e-11 * (1 + np.abs(expected).max())
        np.testing.assert_allclose(ad.grad(ours)(a), expected, atol=tolerance)
        for retained in (True, False):
            v = Value(a)
            ours(v).backward(retain_graph=retained)
            np.testing.assert_allclose(v.grad, expected, atol=tolerance)


def test_the_logarithm_at_the_identity() -> None:
    """log(I + E) = E + …, although log 1 = 0."""
    weights = rng.normal(size=(3, 3))
    g = ad.grad(lambda a: np.sum(weights * function_of(a, np.log)))(np.eye(3))
    np.testing.assert_allclose(g, (weights + weights.T) / 2, atol=1e-15)


def test_functions_of_a_hermitian_matrix() -> None:
    unitary, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    weights = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    a = (unitary * [2.0, 2.0, 1.0, 2.0]) @ np.conj(unitary.T)
    mirrored = lambda a: (a + np.conj(a.T)) / 2
    ours = ad.grad(lambda a: np.real(np.sum(weights * reconstructed(np.linalg.eigh(mirrored(a)), lambda v: v**3))))(a)
    theirs = ad.grad(lambda a: np.real(np.sum(weights * (mirrored(a) @ mirrored(a) @ mirrored(a)))))(a)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_functions_of_a_stack_in_which_some_eigenvalues_coincide() -> None:
    def exponential(a: Any) -> Any:
        values, vectors = np.linalg.eigh(a)
        return np.sum(
            (vectors * np.exp(values)[:, None, :]) @ np.swapaxes(vectors, 1, 2) * np.arange(9.0).reshape(3, 3)
        )

    stack = np.stack([np.eye(3), SYMMETRIC, np.diag([1.0, 2.0, 2.0])])
    for one, g in zip(stack, ad.grad(exponential)(stack), strict=True):
        np.testing.assert_allclose(ad.grad(exponential)(one[None])[0], g, atol=1e-13)


@pytest.mark.parametrize("gap", [1e-4, 1e-6, 1e-8, 1e-10, 1e-12, 3e-15, 1e-16])
def test_functions_of_symmetric_matrices_where_eigenvalues_nearly_coincide(gap: float) -> None:
    """The error of the quotient is rounding by the gap, that of the limit is the gap: whichever is smaller."""
    weights = rng.normal(size=(3, 3))
    a = (ROTATION * [2.0, 2.0 + gap, 1.0]) @ ROTATION.T
    ours = ad.grad(lambda a: np.sum(weights * function_of(a, lambda v: v**3)))(a)
    theirs = ad.grad(lambda a: np.sum(weights * ((a + a.T) @ (a + a.T) @ (a + a.T)) / 8))(a)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    vector = ad.grad(lambda a: np.linalg.eigh((a + a.T) / 2)[1][0, 1])  # which of the two is meant: no limit
    if gap > 1e-13:
        assert np.abs(vector(a)).max() > 1e-3 / gap
    else:
        with pytest.raises(UndefinedDerivativeError):
            vector(a)


def test_one_decomposition_of_another() -> None:
    """Both have eigenvalues that coincide: what lies between them is refused, as it would have to be recorded."""
    f = lambda a: function_of(function_of(a, lambda v: v**2), np.sqrt)
    with pytest.raises(UndefinedDerivativeError):
        ad.grad(lambda a: f(a)[0, 0])(np.eye(2))


@pytest.mark.parametrize("a", TIED, ids=str)
def test_second_derivatives_of_functions_of_eigenvalues_that_coincide(a: Any) -> None:
    """By reverse over reverse; forward mode has NaN for the vectors, and says so."""
    weights = rng.normal(size=a.shape)
    ours = lambda a: np.sum(np.linalg.eigvalsh((a + a.T) / 2) ** 3)
    theirs = lambda a: np.trace((a + a.T) @ (a + a.T) @ (a + a.T)) / 8
    twice = lambda f: ad.grad(lambda a: np.sum(weights * ad.grad(f)(a)))(a)
    np.testing.assert_allclose(twice(ours), twice(theirs), atol=1e-12)
    assert np.isnan(ad.hessian(ours)(a)).any()


@pytest.mark.parametrize("a", TIED, ids=str)
def test_single_eigenvectors_are_refused(a: Any) -> None:
    """Any rotation of them would do as well. So are second derivatives of matrix functions, whose limit is another."""
    for f in (
        lambda a: np.sum(np.linalg.eigh(a)[1] ** 3),
        lambda a: np.linalg.eigh(a)[1][0, 1],
        lambda a: np.linalg.eigh(a)[1][1, 1] ** 2,
        lambda a: np.sum(np.real(np.linalg.eig(a)[1]) ** 3),
        lambda a: np.real(by_eig(a)[0, 0]),
        lambda a: np.sum(ad.grad(lambda a: np.sum(function_of(a, np.exp) ** 2))(a) ** 2),
    ):
        with pytest.raises(UndefinedDerivativeError, match="coincide up to rounding"):
            ad.grad(f)(a)
    for f in (lambda a: np.linalg.eigh(a)[1], lambda a: np.linalg.eig(a)[1], lambda a: function_of(a, np.exp)):
        assert np.isnan(ad.jvp(f, (a,), (np.ones_like(a),))[1]).any()


def test_the_graph_is_freed_although_it_was_looked_at_again() -> None:
    out = np.sum(function_of(Value(np.eye(3)), np.exp) ** 2)
    out.backward(retain_graph=False)
    with pytest.raises(ad.errors.GraphError, match="freed"):
        out.backward()


def test_the_eigenvector_of_a_single_eigenvalue_among_equal_ones() -> None:
    a = np.diag([2.0, 2.0, 5.0]) + 0.0
    check_first(lambda a: np.outer(*(np.linalg.eigh(a)[1][:, 2],) * 2), a)
    t = rng.normal(size=(3, 3))
    _, tangent = ad.jvp(lambda a: np.linalg.eigh(a)[1], (a,), (t,))
    assert np.isnan(tangent[:, :2]).all()
    assert np.isfinite(tangent[:, 2]).all()


def test_eigenvalues_alone_need_no_rule_that_can_be_recorded() -> None:
    """The second look is for vectors: without them, entries of one's own between here and the result are not asked."""
    entry = ad.primitive(lambda x: x * x, [lambda g, x: np.asarray(g) * 2.0 * np.asarray(x)], name="square_unrecorded")
    try:
        g = ad.grad(lambda a: np.sum(entry(np.linalg.eigvalsh(a))))(np.eye(2))
        np.testing.assert_allclose(g, 2 * np.eye(2))
    finally:
        del TABLE["square_unrecorded"]
