"""The pseudoinverse, and least squares by it.

The derivatives hold along matrices of the same rank: where the rank is not full, there are directions in which the
pseudoinverse jumps, and these are left out.
Source: G. H. Golub, V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose
variables separate, SIAM Journal on Numerical Analysis 10 (1973), eq. 4.12.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError
from autodiff.primitives.kinds import composite, primitive
from autodiff.primitives.matrices import conjugate_transposed, conjugated, folded, matrices, square, transposed
from autodiff.primitives.matrices import hermitian as hermitian_of
from autodiff.primitives.shaping import stopped


def _pinv_vjp(g: Any, x: Any, out: Any, hermitian: bool) -> Any:
    """The adjoint of Ṗ = −P Ȧ P + P Pᴴ Ȧᴴ (I − A P) + (I − P A) Ȧᴴ Pᴴ P."""
    x = hermitian_of(x, "L") if hermitian else x
    inner = transposed(out) @ g @ transposed(out)
    adjoint = conjugate_transposed(out)
    left, right = transposed(g) @ out @ adjoint, adjoint @ out @ transposed(g)
    full = conjugated(left - x @ (out @ left) + right - (right @ out) @ x) - inner
    return folded(full, "L") if hermitian else full


def _pinv_jvp(tangents: Any, x: Any, out: Any, hermitian: bool) -> Any:
    x, t = (hermitian_of(m, "L") if hermitian else m for m in (x, tangents[0]))
    adjoint = conjugate_transposed(out)
    left, right = out @ adjoint @ conjugate_transposed(t), conjugate_transposed(t) @ adjoint @ out
    return left - (left @ x) @ out + right - out @ (x @ right) - out @ t @ out


_pinv = primitive(
    lambda x, *, rcond, hermitian, rtol: np.linalg.pinv(x, rcond, hermitian, rtol=rtol),
    [_pinv_vjp],
    jvp=_pinv_jvp,
    name="pinv",
)


@composite(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """The Moore–Penrose inverse: singular values of at most rcond (or rtol) times the largest count as 0."""
    a = square(a, "pinv") if hermitian else matrices(a, "pinv")
    return _pinv(a, rcond=rcond, hermitian=bool(hermitian), rtol=rtol)


# --- lstsq ------------------------------------------------------------------------------------------------------------


def _lstsq_forward(x: Any, y: Any, *, rcond: Any) -> Any:
    solution, residuals, rank, s = np.linalg.lstsq(x, y, rcond)
    return solution, residuals, np.asarray(rank), s


def _inverse_for(x: Any, rcond: Any, shared: Any) -> Any:
    """The pseudoinverse that lstsq applies: the same singular values count as 0."""
    if "inverse" not in shared:
        shared["inverse"] = _as_lstsq(x, rcond)
    return shared["inverse"]


def _as_lstsq(x: Any, rcond: Any) -> Any:
    eps = float(np.finfo(x.dtype).eps)
    if rcond is None:  # as NumPy chooses it: it computes in double precision, whatever it is given
        rcond = float(np.finfo(float).eps) * max(x.shape)
    return np.linalg.pinv(x, eps if np.ndim(rcond) == 0 and rcond < 0 else rcond)


def _columns(b: Any) -> Any:
    return np.expand_dims(b, -1) if np.ndim(b) == 1 else b


def _lstsq_left(g: Any, x: Any, y: Any, y_like: Any, out: Any, rcond: Any, shared: Any) -> Any:
    """Of ẋ = P(ḃ − Ȧ x) + P Pᴴ Ȧᴴ r + (I − P A) Ȧᴴ Pᴴ x, and of 2 Re rᴴ(ḃ − Ȧ x), with r = b − A x."""
    solution, g_solution, b = _columns(out[0]), _columns(g[0]), _columns(y)
    inverse = _inverse_for(x, rcond, shared)
    adjoint = conjugate_transposed(inverse)
    rest = b - x @ solution
    pulled = transposed(inverse) @ g_solution
    back = transposed(g_solution)
    through = conjugated(rest @ (back @ inverse @ adjoint) + (adjoint @ solution) @ (back - (back @ inverse) @ x))
    full = through - pulled @ transposed(solution)
    if np.shape(g[1])[0]:
        full = full - (2 * g[1] * conjugated(rest)) @ transposed(solution)
    return full


def _lstsq_right(g: Any, x: Any, y: Any, y_like: Any, out: Any, rcond: Any, shared: Any) -> Any:
    full = transposed(_inverse_for(x, rcond, shared)) @ _columns(g[0])
    if np.shape(g[1])[0]:
        full = full + 2 * g[1] * conjugated(_columns(y) - x @ _columns(out[0]))
    return full[..., 0] if np.ndim(y_like) == 1 else full


_lstsq = primitive(_lstsq_forward, [_lstsq_left, _lstsq_right], outputs=True, name="lstsq")


def _singular_values_vjp(g: Any, x: Any) -> Any:
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return conjugated(u) @ (np.expand_dims(np.where(s == 0, 0.0, g), -1) * conjugated(vh))


_singular_values = primitive(
    lambda x, y: y.copy() if isinstance(y, np.ndarray) else y, [_singular_values_vjp, None], name="singular_values"
)
"""The singular values y of a matrix x, which were computed already: only their derivative asks for vectors."""


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """(x, residuals, rank, s): the x of least norm among those that minimise ‖b − a x‖, as NumPy has it.

    x and s have derivatives, and so have the residuals ‖b − a x‖², if NumPy gives them: for more rows than columns and
    full rank.
    """
    if np.ndim(a) != 2 or np.ndim(b) not in (1, 2) or np.shape(a)[0] != np.shape(b)[0]:
        raise ShapeError(
            "np.linalg.lstsq needs a matrix, and a vector or a matrix with as many rows; it was given shapes "
            f"{np.shape(a)} and {np.shape(b)}"
        )
    parts = _lstsq(a, b, rcond=rcond)
    s = _singular_values(a, stopped(parts.part(3)))
    return parts.part(0), parts.part(1), stopped(parts.part(2)), s
