"""Polynomials fitted to points: least squares with the columns of the Vandermonde matrix scaled to length 1."""

from __future__ import annotations

import warnings
from operator import index
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError
from autodiff.primitives.given import anywhere, array_of
from autodiff.primitives.kinds import composite


def _points(x: Any, y: Any, w: Any) -> tuple[Any, Any, Any]:
    x, y = array_of(x, "polyfit") + 0.0, array_of(y, "polyfit") + 0.0
    if x.ndim != 1 or x.shape[0] == 0 or y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise ShapeError(
            "np.polyfit takes points x as a vector, and y with a number or a row for each; was given shapes "
            f"{x.shape} and {y.shape}"
        )
    if w is None:
        return x, y, None
    w = array_of(w, "polyfit") + 0.0
    if w.shape != x.shape:
        raise ShapeError(f"np.polyfit takes a weight for each of {x.shape[0]} points, was given shape {w.shape}")
    return x, y, w


@composite(np.polyfit)
def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """The coefficients p of degree `deg` that minimise Σ w²|y − p(x)|², differentiable in points and weights.

    x, w: (n,) · y: (n,) or (n, k) · returns: (deg + 1,) or (deg + 1, k), the highest power first; with full=True also
    residuals, rank, singular values and rcond; with cov=True or "unscaled" also the covariance of the coefficients
    """
    order = index(deg) + 1
    if order < 1:
        raise ArgumentError(f"np.polyfit takes a degree of 0 at least, was given {deg}")
    x, y, w = _points(x, y, w)
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    matrix, values = np.vander(x, order), y
    if w is not None:
        matrix = matrix * np.expand_dims(w, 1)
        values = values * (np.expand_dims(w, 1) if values.ndim == 2 else w)
    scale = np.sqrt(np.sum(matrix * matrix, axis=0))
    matrix = matrix / scale
    p, residuals, rank, s = np.linalg.lstsq(matrix, values, rcond)
    p = np.transpose(np.transpose(p) / scale)
    if full:
        return p, residuals, rank, s, rcond
    if anywhere(rank != order):
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if not cov:
        return p
    base = np.linalg.inv(np.dot(np.transpose(matrix), matrix)) / np.outer(scale, scale)
    if cov != "unscaled":
        if x.shape[0] <= order:
            raise ArgumentError(
                f"np.polyfit(..., cov=True) needs more than {order} points, was given {x.shape[0]}; "
                "cov='unscaled' does not"
            )
        factor = residuals / (x.shape[0] - order)
        return p, (np.expand_dims(base, 2) if y.ndim == 2 else base) * factor
    return p, np.expand_dims(base, 2) if y.ndim == 2 else base
