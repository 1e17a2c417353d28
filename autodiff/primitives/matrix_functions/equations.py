"""Linear and Sylvester equations, and the inverse: each the rule of the other's derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from autodiff.primitives.kinds import Primitive, primitive
from autodiff.primitives.matrix_functions.triangles import transposed


def _solve_forward(a: Any, b: Any, *, assume: str | None) -> Any:
    if b.size == 0:
        return np.zeros(b.shape, np.result_type(a, b))
    return scipy.linalg.solve(a, b, assume_a=assume, check_finite=False)


_TURNED = {"upper triangular": "lower triangular", "lower triangular": "upper triangular"}


def _solve_vjp_right(g: Any, x: Any, assume: str | None) -> Any:
    """A⁻ᵀ g."""
    return solve(transposed(x), g, assume=_TURNED.get(assume or "", assume))


def _solve_jvp(tangents: Any, x: Any, out: Any, assume: str | None) -> Any:
    moved = tangents[1]
    if tangents[0] is not None:
        change = tangents[0] @ out
        moved = -change if moved is None else moved - change
    return solve(x, moved, assume=assume)


solve: Primitive = primitive(
    _solve_forward,
    [
        lambda g, x, out, assume: -(_solve_vjp_right(g, x, assume) @ transposed(out)),
        lambda g, x, assume: _solve_vjp_right(g, x, assume),
    ],
    jvp=_solve_jvp,
    name="solve_matrix",
)
"""X with A X = B, for matrices. All of A counts: what SciPy reads one triangle of is made whole before."""

inverse = primitive(
    lambda x: scipy.linalg.inv(x, check_finite=False),
    [lambda g, out: -(transposed(out) @ g @ transposed(out))],
    jvp=lambda tangents, out: -(out @ tangents[0] @ out),
    name="inverse_matrix",
)


def _sylvester_vjp(g: Any, x: Any, y: Any) -> Any:
    return sylvester(transposed(x), transposed(y), g)


def _sylvester_jvp(tangents: Any, x: Any, y: Any, out: Any) -> Any:
    """A dX + dX B = dQ − dA X − X dB."""
    da, db, dq = tangents
    terms = [None if da is None else -(da @ out), None if db is None else -(out @ db), dq]
    known = [term for term in terms if term is not None]
    return sylvester(x, y, sum(known[1:], known[0]))


sylvester: Primitive = primitive(
    lambda x, y, z: scipy.linalg.solve_sylvester(x, y, z),
    [
        lambda g, x, y, out: -(_sylvester_vjp(g, x, y) @ transposed(out)),
        lambda g, x, y, out: -(transposed(out) @ _sylvester_vjp(g, x, y)),
        lambda g, x, y: _sylvester_vjp(g, x, y),
    ],
    jvp=_sylvester_jvp,
    name="sylvester",
)
"""X with A X + X B = Q."""
