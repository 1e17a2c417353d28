"""Weighted averages, covariances and correlations: deviations are taken before anything is squared.

Sources: NumPy's functions of the same names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.primitives.given import anywhere, array_of, is_given, warn_where
from autodiff.primitives.keywords import keeps, listed
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of


def fitted(weights: Any, a: Any, axis: Any, function: str) -> Any:
    """Weights that broadcast to a: in its shape, or in that of the axes averaged over."""
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise ShapeError(
            f"np.{function} with weights of shape {weights.shape} for an array of shape {a.shape} needs axis=: "
            "which axes they belong to"
        )
    axes = axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(axis_of(a, i, function) for i in axes)
    if weights.shape != tuple(a.shape[i] for i in axes):
        raise ShapeError(
            f"np.{function} takes weights in the shape of a, {a.shape}, or of its axes {axes}; was given "
            f"{weights.shape}"
        )
    weights = np.transpose(weights, tuple(int(i) for i in np.argsort(axes)))
    return np.reshape(weights, tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))


@composite(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = np._NoValue
) -> Any:
    """Σ w·a/Σ w over axes, and Σ w where `returned` is true; the mean where there are no weights."""
    a, axis = array_of(a, "average"), listed(axis)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keeps(keepdims))
        if not returned:
            return mean
        return mean, np.full_like(mean, a.size / mean.size if mean.size else 1.0)
    weights = fitted(array_of(weights, "average"), a, axis, "average")
    dtype = np.result_type(a.dtype, weights.dtype, *(() if a.dtype.kind in "fc" else ("f8",)))
    total = np.sum(weights.astype(dtype), axis=axis, keepdims=keeps(keepdims))
    if anywhere(total == 0):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    out = np.sum(a.astype(dtype) * weights.astype(dtype), axis=axis, keepdims=keeps(keepdims)) / total
    if not returned:
        return out
    return out, total if total.shape == out.shape else np.broadcast_to(total, out.shape)


def _observed(m: Any, rowvar: bool, dtype: Any) -> Any:
    """A row for each variable, a column for each observation."""
    rows = np.atleast_2d(m).astype(dtype)
    return np.transpose(rows) if not rowvar and m.ndim != 1 else rows


def _frequencies(fweights: Any, n: int) -> Any:
    frequencies = np.asarray(array_of(fweights, "cov"), dtype=float)
    if not np.all(frequencies == np.around(frequencies)):
        raise DtypeError("np.cov takes fweights that are integers: how often each observation occurred")
    return _weights(frequencies, n, "fweights")


def _weights(weights: Any, n: int, name: str) -> Any:
    """One weight, not negative, for each observation."""
    if weights.shape != (n,):
        raise ShapeError(f"np.cov takes {name} as a vector of length {n}, was given shape {weights.shape}")
    if anywhere(weights < 0):
        raise ArgumentError(f"np.cov takes {name} that are not negative")
    return weights


@composite(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Σ w (x − x̄)(x − x̄)ᴴ / (Σ w − ddof) between variables; a number if there is one.

    m, y: (variables, observations), or the other way round if not `rowvar` · aweights: may be Values
    """
    if ddof is not None and ddof != int(ddof):
        raise ArgumentError(f"np.cov takes an integer ddof, was given {ddof!r}")
    m = array_of(m, "cov")
    if m.ndim > 2:
        raise ShapeError(f"np.cov takes arrays of two axes at most, m has shape {m.shape}")
    y = None if y is None else array_of(y, "cov")
    if y is not None and y.ndim > 2:
        raise ShapeError(f"np.cov takes arrays of two axes at most, y has shape {y.shape}")
    dtype = np.dtype(dtype or np.result_type(*(a.dtype for a in (m, y) if a is not None), np.float64))
    x = _observed(m, rowvar, dtype)
    if x.shape[0] == 0:
        return np.zeros((0, 0))
    if y is not None:
        other = np.atleast_2d(y).astype(dtype)
        x = np.concatenate([x, np.transpose(other) if not rowvar and other.shape[0] != 1 else other], axis=0)
    ddof = (0 if bias else 1) if ddof is None else int(ddof)
    n = x.shape[1]
    w = None if fweights is None else _frequencies(fweights, n)
    if is_given(aweights):
        aweights = _weights(array_of(aweights, "cov"), n, "aweights")
        w = aweights if w is None else w * aweights
    mean, total = np.average(x, axis=1, weights=w, returned=True)
    total = total[0]
    if w is None:
        freedom: Any = n - ddof
    elif ddof == 0 or aweights is None:
        freedom = total - ddof
    else:
        freedom = total - ddof * np.sum(w * aweights) / total
    deviation = x - np.expand_dims(mean, 1)
    other = np.transpose(deviation if w is None else deviation * w)
    products = np.dot(deviation, np.conjugate(other) if dtype.kind == "c" else other)
    return np.squeeze((products * _inverse(freedom)).astype(dtype))


def _inverse(freedom: Any) -> Any:
    """1/freedom; infinite, with NumPy's warning, where no freedom is left."""
    freedom = np.real(freedom)
    warn_where(freedom <= 0, "Degrees of freedom <= 0 for slice")
    return 1 / np.where(freedom <= 0, 0.0, freedom)


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """cᵢⱼ/√(cᵢᵢcⱼⱼ) of the covariances c."""
    c = np.cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    deviations = np.sqrt(np.real(np.diagonal(c)))
    c = c / np.expand_dims(deviations, 1) / np.expand_dims(deviations, 0)
    if not np.iscomplexobj(c):
        return np.clip(c, -1, 1)
    return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
