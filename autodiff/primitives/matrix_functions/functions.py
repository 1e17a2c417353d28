"""Functions of matrices: exponential, logarithm, square root. Their derivative is Fréchet's, L(A, E), linear in E.

f([[A, E], [0, A]]) = [[f(A), L(A, E)], [0, f(A)]], and the adjoint of E ↦ L(A, E) is G ↦ L(Aᵀ, G): so each is closed
under differentiation, with matrices twice as large for each further order.
Source: N. J. Higham, Functions of Matrices (2008), chapter 3, eq. 3.16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from autodiff.primitives.kinds import Primitive, primitive
from autodiff.primitives.matrix_functions.equations import sylvester
from autodiff.primitives.matrix_functions.triangles import transposed
from autodiff.primitives.shaping import stopped


def _block(a: Any, e: Any) -> Any:
    """[[A, E], [0, A]]."""
    return np.concatenate([np.concatenate([a, e], axis=-1), np.concatenate([np.zeros_like(a), a], axis=-1)], axis=-2)


def _corner(x: Any) -> Any:
    """The block on the right above."""
    n = x.shape[-1] // 2
    return x[..., :n, n:]


def _in_corner(g: Any) -> Any:
    """A matrix of zeros twice as large, with g on the right above."""
    zero = np.zeros_like(g)
    return np.concatenate([np.concatenate([zero, g], axis=-1), np.concatenate([zero, zero], axis=-1)], axis=-2)


# --- the exponential --------------------------------------------------------------------------------------------------


def _frechet_forward(a: Any, e: Any) -> Any:
    dtype = np.result_type(a, e)
    out = np.empty(a.shape, dtype)
    for i in np.ndindex(*a.shape[:-2]):
        out[i] = scipy.linalg.expm_frechet(a[i], e[i], compute_expm=False, check_finite=False) if a.size else 0
    return out


def _frechet_vjp_matrix(g: Any, x: Any, y: Any) -> Any:
    """The derivative of exp([[A, E], [0, A]]) taken in both places where A stands."""
    full = frechet(transposed(_block(x, y)), _in_corner(g))
    n = x.shape[-1]
    return full[..., :n, :n] + full[..., n:, n:]


def _frechet_jvp(tangents: Any, x: Any, y: Any) -> Any:
    da, de = tangents
    if da is None:
        return frechet(x, de)
    return _corner(frechet(_block(x, y), _block(da, np.zeros_like(y) if de is None else de)))


frechet: Primitive = primitive(
    _frechet_forward,
    [_frechet_vjp_matrix, lambda g, x: frechet(transposed(x), g)],
    jvp=_frechet_jvp,
    name="expm_frechet",
)
"""L(A, E) of the exponential. Source: A. H. Al-Mohy and N. J. Higham, SIAM J. Matrix Anal. 30 (2009) 1639."""

expm = primitive(
    lambda x: scipy.linalg.expm(x),
    [lambda g, x: frechet(transposed(x), g)],
    jvp=lambda tangents, x: frechet(x, tangents[0]),
    name="expm",
)

# --- the square root and the logarithm --------------------------------------------------------------------------------


def _sqrtm_forward(x: Any) -> Any:
    return _in_precision_of(scipy.linalg.sqrtm(x), x)


sqrtm = primitive(
    _sqrtm_forward,
    [lambda g, out: sylvester(transposed(out), transposed(out), g)],
    jvp=lambda tangents, out: sylvester(out, out, tangents[0]),
    name="sqrtm",
)
"""S with S S = A: S dS + dS S = dA. Singular matrices have no derivative."""


def _in_precision_of(out: Any, x: Any) -> Any:
    single = np.result_type(x) in (np.float32, np.complex64)
    return out.astype(np.complex64 if out.dtype.kind == "c" else np.float32) if single else out


def _log_frechet(a: Any, e: Any) -> Any:
    """L(A, E), computed for an E of size 1."""
    size = np.max(np.abs(stopped(e))) if e.size else 1.0
    size = np.where(size == 0, 1.0, size)
    return _corner(logm(_block(a, e / size))) * size


logm: Primitive = primitive(
    lambda x: _in_precision_of(scipy.linalg.logm(x), x),
    [lambda g, x: _log_frechet(transposed(x), g)],
    jvp=lambda tangents, x: _log_frechet(x, tangents[0]),
    name="logm",
)
"""The principal logarithm. Source: Al-Mohy, Higham and Relton, SIAM J. Sci. Comput. 35 (2013) C394."""
