"""Polynomials as lists of coefficients, the highest power first: NumPy's functions poly*, and Vandermonde matrices."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError, UnsupportedError
from autodiff.primitives.convolution import convolution
from autodiff.primitives.given import array_of, looked_at
from autodiff.primitives.kinds import composite


def _coefficients(p: Any, function: str) -> Any:
    p = np.atleast_1d(array_of(np.asarray(p) if isinstance(p, np.poly1d) else p, function))
    if p.ndim != 1:
        raise ShapeError(f"np.{function} takes coefficients as a vector, was given shape {p.shape}")
    return p


def _leading_zeros(p: Any, function: str) -> int:
    """How many coefficients NumPy leaves out as 0; of zeros alone, it keeps one."""
    plain = looked_at(p, f"np.{function}, which leaves out leading zeros (np.convolve does not),")
    found = np.flatnonzero(plain)
    return int(found[0]) if found.size else max(plain.size - 1, 0)


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Σ pᵢ x^(n−i), by Horner's rule. p: (n + 1,) · x: any shape"""
    p, x = _coefficients(p, "polyval"), array_of(x, "polyval")
    out = np.zeros_like(x)
    for i in range(p.shape[0]):
        out = out * x + p[i]
    return out


def _as_long(p: Any, n: int) -> Any:
    missing = n - p.shape[0]
    return np.concatenate([np.zeros(missing, p.dtype), p]) if missing > 0 else p


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of two polynomials."""
    a1, a2 = _coefficients(a1, "polyadd"), _coefficients(a2, "polyadd")
    n = max(a1.shape[0], a2.shape[0])
    return _as_long(a1, n) + _as_long(a2, n)


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference of two polynomials."""
    a1, a2 = _coefficients(a1, "polysub"), _coefficients(a2, "polysub")
    n = max(a1.shape[0], a2.shape[0])
    return _as_long(a1, n) - _as_long(a2, n)


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of two polynomials, without the coefficients in front that vanish because some of theirs are 0.

    Those of the operands are variables like the others: their gradients are exact.
    """
    a1, a2 = _coefficients(a1, "polymul"), _coefficients(a2, "polymul")
    zeros = _leading_zeros(a1, "polymul") + _leading_zeros(a2, "polymul")
    return convolution(a1, a2, mode="full")[zeros:]


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with given zeros, and 1 for its highest power: the product of all x − zero.

    Real where the complex zeros come in conjugate pairs, as in NumPy.
    """
    zeros = np.atleast_1d(array_of(seq_of_zeros, "poly"))
    if zeros.ndim != 1:
        raise UnsupportedError(
            f"np.poly takes a vector of zeros on a Value, was given shape {zeros.shape}; that of a matrix has the "
            "zeros np.linalg.eigvals(v)"
        )
    out = np.ones(1, zeros.dtype)
    for i in range(zeros.shape[0]):
        out = convolution(out, np.stack([np.ones_like(zeros[i]), -zeros[i]]), mode="full")
    if zeros.dtype.kind == "c":
        plain = looked_at(zeros, "np.poly, whose dtype depends on data,")
        if np.all(np.sort(plain) == np.sort(np.conjugate(plain))):
            return np.real(out)
    return out if zeros.shape[0] else 1.0


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """(quotient, remainder) of two polynomials. The remainder is cut where NumPy finds that it begins with zeros."""
    u, v = _coefficients(u, "polydiv") + 0.0, _coefficients(v, "polydiv") + 0.0
    dtype = np.result_type(u.dtype, v.dtype)
    m, n = u.shape[0] - 1, v.shape[0] - 1
    scale, rest = 1.0 / v[0], u.astype(dtype)
    digits = []
    for k in range(m - n + 1):
        digits.append(scale * rest[k])
        rest = np.concatenate([rest[:k], rest[k : k + n + 1] - digits[-1] * v, rest[k + n + 1 :]])
    quotient = np.stack(digits).astype(dtype) if digits else np.zeros_like(u[:1], dtype=dtype)
    start, plain = 0, looked_at(rest, "np.polydiv, whose remainder is as long as data tells,")
    while start < plain.size - 1 and np.allclose(plain[start], 0, rtol=1e-14):
        start += 1
    return quotient, rest[start:]


@composite(np.polyder)
def polyder(p: Any, m: Any = 1) -> Any:
    """The m-th derivative of a polynomial."""
    p = _coefficients(p, "polyder")
    if index(m) < 0:
        raise ArgumentError(f"np.polyder takes the order of a derivative, m ≥ 0; was given {m}")
    for _ in range(index(m)):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    """The m-th antiderivative of a polynomial, with integration constants k (0 if None, the same for all if one)."""
    p, m = _coefficients(p, "polyint"), index(m)
    if m < 0:
        raise ArgumentError(f"np.polyint takes how often to integrate, m ≥ 0; was given {m}")
    constants = np.atleast_1d(np.zeros(m) if k is None else array_of(k, "polyint"))
    if constants.shape[0] < m and constants.shape[0] != 1:
        raise ShapeError(f"np.polyint takes one integration constant, or one for each of m={m}; was given {k!r:.60}")
    for i in range(m):
        constant = constants[i if constants.shape[0] > 1 else 0]
        p = np.concatenate([p / np.arange(p.shape[0], 0, -1), np.reshape(constant, (1,))])
    return p


@composite(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """A row of powers for each element: x^(N−1), …, x, 1, or the other way round if `increasing`."""
    x = array_of(x, "vander")
    if x.ndim != 1:
        raise ShapeError(f"np.vander takes a vector, was given shape {x.shape}")
    count = x.shape[0] if N is None else index(N)
    x = x.astype(np.promote_types(x.dtype, int))
    powers = [np.ones_like(x)]
    for _ in range(count - 1):
        powers.append(x if len(powers) == 1 else powers[-1] * x)
    powers = powers[:count] if increasing else powers[:count][::-1]
    return np.stack(powers, axis=1) if count else np.zeros_like(x, shape=(x.shape[0], 0))
