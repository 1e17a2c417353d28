"""Quantiles of weighted elements: the first in order whose weights, added up from the smallest on, reach the share q.

Which element that is does not change with small changes of weights or q: they receive no gradient, it receives all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError
from autodiff.primitives.given import anywhere, array_of
from autodiff.primitives.shaping import stopped
from autodiff.primitives.statistics import fitted


def weights_of(weights: Any, a: Any, axis: Any, function: str) -> Any:
    """Weights in the shape of a, checked where that is possible."""
    weights = fitted(array_of(weights, function), a, axis, function)
    if anywhere(weights < 0):
        raise ArgumentError(f"np.{function} takes weights that are not negative")
    return stopped(np.broadcast_to(weights, a.shape))


def weighted(x: Any, weights: Any, q: Any, skip_nan: bool, function: str) -> Any:
    """The q-th quantiles along the last axis of x, whose shape the weights have. returns: the shape of q, then of x."""
    order = np.argsort(x, axis=-1)
    x, weights = np.take_along_axis(x, order, -1), np.take_along_axis(weights, order, -1)
    present = np.logical_not(np.isnan(x))
    weights = weights.astype(np.float64)
    share = np.cumsum(np.where(present, weights, 0.0) if skip_nan else weights, axis=-1)
    total = share[..., -1:]
    some = np.sum(present, axis=-1, keepdims=True) > 0
    bad = np.logical_not(np.isfinite(total) & (total > 0)) & (some if skip_nan else True)
    if anywhere(bad):
        raise ArgumentError(f"np.{function} takes weights whose sum is finite and not 0")
    share = share / np.where(total > 0, total, 1.0)
    share = share.astype(q.dtype if getattr(q, "dtype", None) in (np.float16, np.float32) else np.float64)
    share = np.where(share == 0, -1.0, share)  # what weighs nothing is no quantile
    q = stopped(q)
    levels = np.reshape(q, np.shape(q) + (1,) * x.ndim)
    last = np.sum(present, axis=-1) - 1 if skip_nan else x.shape[-1] - 1
    places = np.maximum(np.minimum(np.sum(share < levels, axis=-1), last), 0)
    flat = np.moveaxis(np.reshape(places, (-1, *x.shape[:-1])), 0, -1)
    return np.reshape(np.moveaxis(np.take_along_axis(x, flat, -1), -1, 0), np.shape(q) + x.shape[:-1])
