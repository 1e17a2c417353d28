"""What scipy.linalg asks of matrices and right sides, and how its functions here take the place of SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError, UnsupportedError
from autodiff.scipy.mirror import ours, scipy_module
from autodiff.value import Value

LINALG = scipy_module("linalg")


def mirroring(mine: Any) -> Any:
    """Decorator: SciPy's function of that name for arrays, this one for Values."""
    return ours(getattr(LINALG, mine.__name__), mine)


def matrix(a: Any, function: str, *, check_finite: bool = True, square: bool = True) -> Any:
    """a as an array or a Value of matrices, floating point, checked."""
    if not isinstance(a, Value):
        a = np.asarray(a)
        a = a if a.dtype.kind in "fc" else a.astype(float)
    if np.ndim(a) < 2 or (square and a.shape[-1] != a.shape[-2]):
        kind = "square matrices" if square else "matrices"
        raise ShapeError(f"scipy.linalg.{function} needs {kind}, was given shape {np.shape(a)}")
    check(a, function, check_finite)
    return a


def check(a: Any, function: str, check_finite: bool) -> None:
    """Raise for infinities and NaN, if asked to."""
    plain = getattr(a, "_data", a)
    if check_finite and isinstance(plain, (np.ndarray, np.generic, float)) and not np.all(np.isfinite(plain)):
        raise ArgumentError(f"scipy.linalg.{function} was given infinities or NaN; check_finite=False lets them pass")


def right_side(a: Any, b: Any, function: str, check_finite: bool) -> tuple[Any, bool]:
    """b as matrices, and whether it was a vector."""
    b = b if isinstance(b, Value) else np.asarray(b)
    vector = np.ndim(b) == 1
    if np.ndim(b) == 0 or b.shape[-1 if vector else -2] != a.shape[-1]:
        raise ShapeError(
            f"scipy.linalg.{function} needs as many rows on the right as A has; the shapes are {a.shape}, {np.shape(b)}"
        )
    check(b, function, check_finite)
    b = np.expand_dims(b, -1) if vector else b
    if a.shape[:-2] != b.shape[:-2]:
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        b = np.broadcast_to(b, batch + b.shape[-2:])
    return b, vector


def with_batch_of(a: Any, b: Any) -> Any:
    """a with the batch of b."""
    return a if a.shape[:-2] == b.shape[:-2] else np.broadcast_to(a, b.shape[:-2] + a.shape[-2:])


_TRANS = {0: 0, 1: 1, 2: 2, "N": 0, "T": 1, "C": 2}


def way_of(trans: Any, function: str) -> int:
    """0, 1 or 2: as it stands, transposed, conjugated too."""
    if trans not in _TRANS:
        raise ArgumentError(f"scipy.linalg.{function} takes trans 0, 1, 2, 'N', 'T' or 'C', was given {trans!r}")
    return _TRANS[trans]


def one_matrix(a: Any, function: str, check_finite: bool) -> Any:
    """One square matrix, not a batch."""
    a = matrix(a, function, check_finite=check_finite)
    if a.ndim > 2:
        raise ShapeError(f"scipy.linalg.{function} of Values takes one square matrix, was given shape {a.shape}")
    return a


def refuse_other(function: str, **given: tuple[Any, Any]) -> None:
    """Raise for keywords that are not what they are if they are not given."""
    for keyword, (value, default) in given.items():
        if value is not default and value != default:
            raise UnsupportedError(
                f"scipy.linalg.{function}(..., {keyword}={value!r}) has no derivative here; leave {keyword}= out"
            )
