"""Products with logarithms, entropies and divergences, and the losses of P. J. Huber."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.primitives.kinds import ABOVE_MINUS_ONE, POSITIVE, REAL, elementwise


def _quotient(x: Any, y: Any) -> Any:
    """x/y, and 0 where both are 0: 0·log(y) is constant."""
    both = (x == 0) & (y == 0)
    return np.where(both, 0.0, x / np.where(both, 1.0, y))


xlogy = elementwise(sp.xlogy, [lambda x, y: np.log(y), lambda x, y: _quotient(x, y)], domain=[REAL, POSITIVE])
xlog1py = elementwise(
    sp.xlog1py, [lambda x, y: np.log1p(y), lambda x, y: _quotient(x, 1 + y)], domain=[REAL, ABOVE_MINUS_ONE]
)


def _entr_slope(x: Any) -> Any:
    """−log(x) − 1; 0 left of the domain, where entr is −∞."""
    return np.where(x < 0, 0.0, -1 - np.log(np.where(x < 0, 1.0, x)))


def _log_ratio(x: Any, y: Any) -> Any:
    """log(x/y), also where the quotient is out of range."""
    ratio = x / y
    far = (ratio == 0) | np.isinf(ratio)
    return np.where(
        far, np.log(np.where(far, x, 1.0)) - np.log(np.where(far, y, 1.0)), np.log(np.where(far, 1.0, ratio))
    )


entr = elementwise(sp.entr, [_entr_slope], domain=POSITIVE)
rel_entr = elementwise(sp.rel_entr, [lambda x, y: _log_ratio(x, y) + 1, lambda x, y: -_quotient(x, y)], domain=POSITIVE)
kl_div = elementwise(sp.kl_div, [lambda x, y: _log_ratio(x, y), lambda x, y: 1 - _quotient(x, y)], domain=POSITIVE)

# --- Huber's loss ----------------------------------------------------------------------------------------------------

huber = elementwise(
    sp.huber,
    [
        lambda x, y: np.where(np.abs(y) <= x, 0.0, np.abs(y) - x),
        lambda x, y: np.where(np.abs(y) <= x, y, x * np.sign(y)),
    ],
    domain=[POSITIVE, REAL],
)


def _pseudo_huber_by_width(x: Any, y: Any) -> Any:
    """δ u⁴/(s (1 + s)²) with u = r/δ and s = √(1 + u²): 2δ(s − 1) − r²/(δs) without its cancellation."""
    u = y / x
    s = np.hypot(1.0, u)
    t = u / (1 + s)
    return x * (u * u) / s * (t * t)


pseudo_huber = elementwise(
    sp.pseudo_huber, [_pseudo_huber_by_width, lambda x, y: y / np.hypot(1.0, y / x)], domain=[POSITIVE, REAL]
)
