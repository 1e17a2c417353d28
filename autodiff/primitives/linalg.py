"""Decompositions. For now: eigenvalues and eigenvectors of symmetric matrices, the proof of several outputs.

Source: M. B. Giles, An extended collection of matrix derivative results (2008), section 3.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError
from autodiff.primitives.kinds import composite, primitive


def _transposed(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _conjugate_transposed(x: Any) -> Any:
    return np.conjugate(_transposed(x)) if np.iscomplexobj(x) else _transposed(x)


def _symmetric(x: Any, uplo: str) -> Any:
    """The symmetric matrix that NumPy reads: one triangle, mirrored."""
    lower = np.tri(x.shape[-1], dtype=bool)
    chosen = lower if uplo == "L" else lower.T
    strict = chosen & ~np.eye(x.shape[-1], dtype=bool)
    half = np.where(strict, x, 0)
    return half + _conjugate_transposed(half) + np.where(np.eye(x.shape[-1], dtype=bool), np.real(x), 0)


def _gaps(values: Any) -> Any:
    """1/(λⱼ − λᵢ) off the diagonal; 0 on it and where eigenvalues coincide (eigenvectors are not unique there)."""
    difference = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    equal = difference == 0
    return np.where(equal, 0.0, 1 / np.where(equal, 1.0, difference))


def _eigh_vjp(g: Any, x: Any, out: Any, uplo: str) -> Any:
    values, vectors = out
    g_values, g_vectors = g
    adjoint = np.conjugate(vectors) if np.iscomplexobj(vectors) else vectors
    inner = _gaps(values) * (_transposed(vectors) @ g_vectors)
    middle = inner + np.expand_dims(g_values, -2) * np.eye(values.shape[-1], dtype=values.dtype)
    full = adjoint @ middle @ _transposed(vectors)
    return _fold(full, uplo)


def _fold(full: Any, uplo: str) -> Any:
    """The gradient of one triangle: each element stands for its mirror image too."""
    lower = np.tri(full.shape[-1], k=-1, dtype=bool)
    diagonal = np.eye(full.shape[-1], dtype=bool)
    strict = np.where(lower if uplo == "L" else lower.T, full + _conjugate_transposed(full), 0)
    return strict + np.where(diagonal, np.real(full), 0)


def _eigh_jvp(tangents: Any, x: Any, out: Any, uplo: str) -> Any:
    values, vectors = out
    inner = _conjugate_transposed(vectors) @ _symmetric(tangents[0], uplo) @ vectors
    d_values = np.real(np.sum(inner * np.eye(values.shape[-1], dtype=values.dtype), axis=-1))
    return d_values, vectors @ (_gaps(values) * inner)


_eigh = primitive(
    lambda x, *, uplo: tuple(np.linalg.eigh(x, uplo)), [_eigh_vjp], jvp=_eigh_jvp, outputs=True, name="eigh"
)


def _square(a: Any, function: str) -> Any:
    if np.ndim(a) < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"np.linalg.{function} needs square matrices, was given shape {np.shape(a)}")
    return a


@composite(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues (ascending) and eigenvectors of a symmetric or Hermitian matrix, as NumPy's named tuple."""
    values_and_vectors = _eigh(_square(a, "eigh"), uplo=UPLO.upper())
    return np.linalg._linalg.EighResult(values_and_vectors.part(0), values_and_vectors.part(1))


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues (ascending) of a symmetric or Hermitian matrix."""
    return _eigh(_square(a, "eigvalsh"), uplo=UPLO.upper()).part(0)
