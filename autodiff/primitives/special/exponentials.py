"""Logistic functions, exponential integrals, and exponentials and powers made safe: forward and derivative."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.errors import UnsupportedError
from autodiff.primitives import powers, transcendental
from autodiff.primitives.kinds import ABOVE_MINUS_ONE, DISPATCH, NONZERO, POSITIVE, REAL, Domain, Primitive, elementwise
from autodiff.primitives.special.error_functions import BETWEEN_0_AND_1
from autodiff.primitives.special.ordered import ordered

# SciPy has ufuncs of its own for these: the same functions.
DISPATCH[sp.exp2] = transcendental.exp2
DISPATCH[sp.expm1] = transcendental.expm1
DISPATCH[sp.log1p] = transcendental.log1p
DISPATCH[sp.cbrt] = powers.cbrt

expit = elementwise(sp.expit, [lambda x, out: out * sp.expit(-x)])
log_expit = elementwise(sp.log_expit, [lambda x: sp.expit(-x)])
logit = elementwise(sp.logit, [lambda x: 1 / (x * (1 - x))], domain=BETWEEN_0_AND_1)
exp10: Primitive = elementwise(sp.exp10, [lambda out: math.log(10) * out])
cosm1 = elementwise(sp.cosm1, [lambda x: -np.sin(x)])

# --- (exp(x) − 1)/x, and the power transforms that rest on it ---------------------------------------------------------


def exprel_slope(x: Any) -> Any:
    """d/dx (exp(x) − 1)/x; near 0, where its parts cancel, the series Σ k xᵏ⁻¹/(k + 1)!."""
    near, right = np.abs(x) < 1, x > 0
    small = np.where(near, x, 0.0)
    positive, negative = np.where(~near & right, x, 1.0), np.where(~near & ~right, x, -1.0)
    series: Any = 0.0
    for k in range(18, 0, -1):
        series = series * small + k / math.factorial(k + 1)
    above = sp.exprel(positive)  # exp(x) may overflow where this does not
    above = above + (1 - above) / positive
    below = (np.exp(negative) - sp.exprel(negative)) / negative
    return np.where(near, series, np.where(right, above, below))


exprel: Primitive = elementwise(sp.exprel, [lambda x: exprel_slope(x)])


def _power_of_log(log: Any, y: Any) -> Any:
    """∂/∂λ of (x**λ − 1)/λ = log(x)·exprel(λ log x)."""
    return log * log * exprel_slope(y * log)


boxcox = elementwise(
    sp.boxcox, [lambda x, y: x ** (y - 1), lambda x, y: _power_of_log(np.log(x), y)], domain=[POSITIVE, REAL]
)
boxcox1p = elementwise(
    sp.boxcox1p,
    [lambda x, y: np.exp((y - 1) * np.log1p(x)), lambda x, y: _power_of_log(np.log1p(x), y)],
    domain=[ABOVE_MINUS_ONE, REAL],
)


def _log1p_remainder(u: Any) -> Any:
    """(log(1 + u) − u/(1 + u))/u²; near 0 the series Σ (−u)ᵏ (k + 1)/(k + 2)."""
    near = np.abs(u) < 0.1
    small, large = np.where(near, u, 0.0), np.where(near, 1.0, u)
    series: Any = 0.0
    for k in range(18, -1, -1):
        series = (k + 1) / (k + 2) - small * series
    return np.where(near, series, (np.log1p(large) - large / (1 + large)) / (large * large))


# The inverse is exp(log1p(λy)/λ), where 1 + λy is positive.
SMALL = Domain(low=-0.8, high=0.8)
inv_boxcox = elementwise(
    sp.inv_boxcox,
    [lambda x, y, out: out / (1 + x * y), lambda x, y, out: -out * x * x * _log1p_remainder(x * y)],
    domain=SMALL,
)
inv_boxcox1p = elementwise(
    sp.inv_boxcox1p,
    [lambda x, y, out: (1 + out) / (1 + x * y), lambda x, y, out: -(1 + out) * x * x * _log1p_remainder(x * y)],
    domain=SMALL,
)

# --- exponential integrals, Lambert's W ------------------------------------------------------------------------------

expi = elementwise(sp.expi, [lambda x: np.exp(x) / x], domain=NONZERO)
exp1 = elementwise(sp.exp1, [lambda x: -np.exp(-x) / x], domain=POSITIVE)


def _expn_slope(n: Any, x: Any) -> Any:
    """−Eₙ₋₁(x); SciPy has none for negative n."""
    return np.where(
        n == 0, -np.exp(-x) / x * (1 + 1 / x), -sp.expn(np.where(n > 0, n - 1, 0), np.where(n >= 0, x, np.nan))
    )


expn = ordered(sp.expn, [None, _expn_slope])

wrightomega = elementwise(sp.wrightomega, [lambda out: out / (1 + out)])


def _lambertw_forward(x: Any, k: Any, tol: Any) -> Any:
    out = sp.lambertw(x, k, tol)
    return out.astype(np.complex64) if np.result_type(x) in (np.float32, np.complex64) else out


def _lambertw_slope(x: Any, k: Any, tol: Any) -> Any:
    out = _lambertw(x, k, tol)
    return np.exp(-out) / (1 + out)


_lambertw = ordered(
    _lambertw_forward, [_lambertw_slope, None, None], name="lambertw", parameters=("branch k", "tolerance")
)


if (inner := getattr(sp._ufuncs, "_lambertw", None)) is not None:  # what SciPy's function calls
    DISPATCH[inner] = _lambertw


def lambertw(z: Any, k: Any = 0, tol: Any = 1e-8) -> Any:
    """W with W exp(W) = z, on branch k: complex, as in SciPy.

    >>> float(lambertw(math.e).real)
    1.0
    """
    if not isinstance(tol, float):
        raise UnsupportedError(f"lambertw takes its tolerance as a number, was given {tol!r:.60}")
    return _lambertw(z, k, tol)
