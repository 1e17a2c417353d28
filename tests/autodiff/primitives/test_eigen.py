"""Eigenvalues and eigenvectors: one triangle, general and complex matrices, eigenvalues that coincide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import TracingError, UndefinedDerivativeError
from tests.autodiff.checks import assert_same, check, check_first, check_second
from tests.autodiff.primitives.sweep import Call, call, check_complete, close, parameters

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


# --- eigenvalues that coincide ---------------------------------------------------------------------------------------

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


def test_the_phase_of_complex_vectors_is_a_choice() -> None:
    for f in (np.linalg.eigh, np.linalg.eig):
        with pytest.raises(UndefinedDerivativeError, match="phase of complex eigenvectors"):
            ad.grad(lambda a, f=f: np.sum(np.imag(f(a)[1])))(HERMITIAN + np.triu(HERMITIAN))


# --- general matrices ------------------------------------------------------------------------------------------------

SEPARATE = SYMMETRIC + 0.1 * rng.normal(size=(3, 3))  # real eigenvalues
TURNING = np.array([[1.0, -2.0, 0.3], [1.5, 0.7, 0.2], [-0.4, 0.1, 3.0]])  # two complex ones
COMPLEX = TURNING + 1j * rng.normal(size=(3, 3))


def by_eig(a: Any, f: Any = np.exp) -> Any:
    """V f(Λ) V⁻¹."""
    values, vectors = np.linalg.eig(a)
    return (vectors * np.expand_dims(f(values), -2)) @ np.linalg.inv(vectors)


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
