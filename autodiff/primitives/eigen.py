"""Eigenvalues and eigenvectors. Those of equal eigenvalues have no derivative; functions of eigenvalues alone do.

Where eigenvalues coincide (up to rounding), functions of symmetric matrices that do not depend on the choice of vectors
are differentiated (see `ties`), and others raise UndefinedDerivativeError, as do all of general matrices; a tangent is
NaN. So does a gradient that depends on the phase of complex vectors; forward mode keeps that phase parallel.
Sources: M. B. Giles, An extended collection of matrix derivative results (2008), section 3.1; C. Boeddeker,
P. Hanebrink, L. Drude, J. Heymann, R. Haeb-Umbach, On the computation of complex-valued gradients (2017), section 4.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import TracingError
from autodiff.modes import current_mode
from autodiff.primitives.kinds import composite, nondifferentiable, primitive
from autodiff.primitives.matrices import (
    as_diagonal,
    conjugate_transposed,
    conjugated,
    defined,
    diagonal_of,
    folded,
    hermitian,
    inverse_or_nan,
    square,
    transposed,
    without_phase,
)
from autodiff.primitives.ties import Limit, at_ties, inverse_gaps, remember_ties, simple_vectors, tied

# --- symmetric and Hermitian matrices: A = V Λ Vᴴ ---------------------------------------------------------------------


def _simple(vectors: Any, ties: Any, refused: str = "recorded") -> Any:
    return simple_vectors(vectors, ties, rows=False, refused=refused)


def _eigh_vjp(g: Any, out: Any, uplo: str) -> Any:
    """Ā = V̄ (diag(λ̄) + F∘(Vᵀ V̄')) Vᵀ, with Fᵢⱼ = 1/(λⱼ − λᵢ)."""
    values, vectors = out
    g_values, g_vectors, *limit = g
    vectors = _simple(vectors, tied(values))
    inner = without_phase(transposed(vectors) @ g_vectors, "eigenvectors", (vectors, g_vectors, -2))
    divided = inverse_gaps(values) * inner
    if limit:
        divided = _at_ties(divided, inner, values, vectors, g_vectors, limit[0])
    return folded(conjugated(vectors) @ (divided + as_diagonal(g_values)) @ transposed(vectors), uplo)


def _at_ties(divided: Any, inner: Any, values: Any, vectors: Any, g: Any, limit: Limit) -> Any:
    """F∘(Vᵀ V̄') with what it tends to where eigenvalues coincide."""
    (change,), (turn,), (turned,) = limit.changes, limit.turns, limit.turned
    moved = transposed(turn) @ g + transposed(vectors) @ turned
    size = np.abs(transposed(vectors)) @ np.abs(g)
    moved_size = np.abs(transposed(turn)) @ np.abs(g) + np.abs(transposed(vectors)) @ np.abs(turned)
    return at_ties(
        divided, inner, transposed(vectors) @ change, moved, values=values, apart=limit.apart, sizes=(size, moved_size)
    )


def _eigh_jvp(tangents: Any, out: Any, uplo: str) -> Any:
    values, vectors = out
    vectors = _simple(vectors, tied(values))
    inner = conjugate_transposed(vectors) @ hermitian(tangents[0], uplo) @ vectors
    return np.real(diagonal_of(inner)), vectors @ (inverse_gaps(values) * inner)


_eigh = primitive(
    lambda x, *, uplo: tuple(np.linalg.eigh(x, uplo)), [_eigh_vjp], jvp=_eigh_jvp, outputs=True, name="eigh"
)


def _of_symmetric(a: Any, uplo: str, function: str) -> tuple[Any, Any, Any]:
    """(eigenvalues, which of them coincide, the node that has both parts)."""
    both = _eigh(square(a, function), uplo=uplo.upper())
    values = both.part(0)
    ties = tied(values)
    remember_ties(both, values, ties)
    return values, ties, both


@composite(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues (ascending) and eigenvectors of a symmetric or Hermitian matrix, as NumPy's named tuple."""
    values, ties, both = _of_symmetric(a, UPLO, "eigh")
    return np.linalg._linalg.EighResult(values, _simple(both.part(1), ties))


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues (ascending) of a symmetric or Hermitian matrix."""
    return _of_symmetric(a, UPLO, "eigvalsh")[0]


# --- general matrices: A = V Λ V⁻¹ ------------------------------------------------------------------------------------


def _eig_forward(x: Any) -> Any:
    values, vectors = np.linalg.eig(x)
    dtype = np.result_type(vectors.dtype, np.complex64)
    return values.astype(dtype, copy=False), vectors.astype(dtype, copy=False)


def _defective_forward(x: Any, y: Any) -> Any:
    """x, with columns of length 1, and its inverse y: whether the eigenvectors are almost linearly dependent."""
    limit = 0.03 * float(np.finfo(x.dtype).eps) ** -0.5
    sizes = [np.sqrt(np.sum(np.abs(m) ** 2, axis=(-2, -1))) for m in (x, y)]
    return ~(sizes[0] * sizes[1] <= max(limit, 2.0 * x.shape[-1]))


_defective = nondifferentiable(_defective_forward, name="defective")


def _invertible(vectors: Any) -> tuple[Any, Any]:
    """(V, V⁻¹), unless V is close to singular."""
    inverse = inverse_or_nan(vectors)
    why = (
        "the matrix is defective up to rounding: its eigenvectors are linearly dependent, or almost, so its "
        "eigenvalues have no derivative that could be computed from them. Write the function without "
        "np.linalg.eig, by products, traces, determinants or solve"
    )
    return vectors, defined(inverse, _defective(vectors, inverse), why=why)


def _eig_vjp(g: Any, out: Any) -> Any:
    """Ā = V⁻ᵀ (diag(λ̄) + F∘(Vᵀ V̄' − Vᵀ V̄ diag Re(Vᵀ V̄'))) Vᵀ: the second term keeps the columns' length 1."""
    values, vectors = out
    g_values, g_vectors = g
    vectors, inverse = _invertible(_simple(vectors, tied(values), "always"))
    inner = without_phase(transposed(vectors) @ g_vectors, "eigenvectors", (vectors, g_vectors, -2))
    gram = transposed(vectors) @ conjugated(vectors)
    inner = inner - gram * np.expand_dims(np.real(diagonal_of(inner)), -2)
    return transposed(inverse) @ (inverse_gaps(values) * inner + as_diagonal(g_values)) @ transposed(vectors)


def _eig_jvp(tangents: Any, out: Any) -> Any:
    values, vectors = out
    vectors, inverse = _invertible(_simple(vectors, tied(values), "always"))
    inner = inverse @ tangents[0] @ vectors
    moved = vectors @ (inverse_gaps(values) * inner)
    along = np.sum(conjugated(vectors) * moved, axis=-2, keepdims=True)
    return diagonal_of(inner), moved - vectors * along


_eig = primitive(_eig_forward, [_eig_vjp], jvp=_eig_jvp, outputs=True, name="eig")


def _eigen(a: Any, function: str) -> tuple[Any, Any]:
    """Eigenvalues and vectors: real ones, as NumPy has it, if a is real and so are all eigenvalues."""
    both = _eig(square(a, function))
    values, vectors = both.part(0), both.part(1)
    if a.dtype.kind != "c":
        if current_mode().trace is not None:
            raise TracingError(
                f"np.linalg.{function} of a real matrix gives real or complex numbers, depending on the matrix, so it "
                "cannot be traced; give it a complex one: a.astype(complex)"
            )
        if not np.any(values._data.imag):
            values, vectors = np.real(values), np.real(vectors)
    return values, vectors


@composite(np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and right eigenvectors, columns of length 1, of a square matrix, as NumPy's named tuple."""
    values, vectors = _eigen(a, "eig")
    return np.linalg._linalg.EigResult(values, _simple(vectors, tied(values), "always"))


@composite(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Eigenvalues of a square matrix."""
    return _eigen(a, "eigvals")[0]
