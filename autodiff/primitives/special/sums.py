"""scipy.special's functions of whole arrays: logsumexp, softmax, log_softmax, with SciPy's signatures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.errors import DtypeError
from autodiff.primitives import composites
from autodiff.primitives.keywords import listed
from autodiff.primitives.shaping import stopped


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False) -> Any:
    """log Σ b exp(a) over axes (all if None), without overflow; with `return_sign`, log |Σ| and the sign of Σ.

    a: any shape, real · b: factors that broadcast against a · returns: the shape of a without `axis`

    >>> float(logsumexp(np.array([1000.0, 1000.0]), b=np.array([1.0, -0.5])))
    999.3068528194401
    """
    axis = listed(axis)
    if np.iscomplexobj(a) or np.iscomplexobj(b):
        raise DtypeError("logsumexp is differentiated for real numbers; it was given complex ones")
    if b is None and not return_sign:
        return composites.logsumexp(a, axis=axis, keepdims=keepdims)
    factors = 1.0 if b is None else b
    kept = np.where(np.equal(factors, 0), -math.inf, a)  # what has no factor has no say, be it infinite
    peak = np.max(stopped(kept), axis=axis, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    terms = np.exp((a if getattr(b, "_carries", False) else kept) - peak) * factors
    total = np.sum(terms, axis=axis, keepdims=keepdims)
    shift = peak if keepdims else np.squeeze(peak, tuple(range(np.ndim(kept))) if axis is None else axis)
    if return_sign:
        return np.log(np.abs(total)) + shift, np.sign(total)
    return np.log(total) + shift


def softmax(x: Any, axis: Any = None) -> Any:
    """exp(x)/Σ exp(x) over axes, all if None.

    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    return composites.softmax(x, axis=listed(axis))


def log_softmax(x: Any, axis: Any = None) -> Any:
    """The logarithm of softmax over axes, all if None.

    >>> log_softmax(np.array([0.0, 0.0])).tolist()
    [-0.6931471805599453, -0.6931471805599453]
    """
    return composites.log_softmax(x, axis=listed(axis))
