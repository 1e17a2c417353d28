"""The error function and its relatives, the normal distribution's among them: forward and derivative side by side.

Where a derivative is the small difference of two large numbers, its asymptotic series is used instead.
Source: NIST Digital Library of Mathematical Functions (DLMF), chapter 7.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.primitives.kinds import Domain, Primitive, elementwise

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_HALF = math.sqrt(0.5)
BETWEEN_0_AND_1 = Domain(low=0.0, high=1.0)
BETWEEN_0_AND_2 = Domain(low=0.0, high=2.0)
BETWEEN_MINUS_1_AND_1 = Domain(low=-1.0, high=1.0)
FAR = 10.0
"""From here on 15 terms of an asymptotic series in 1/(2x²) are exact in double precision."""


def _series(x: Any, sign: int) -> Any:
    """Σ_{k≥1} (sign)ᵏ (2k − 1)!!/(2x²)ᵏ, for large x. DLMF 7.12.1."""
    t = 0.5 / x / x  # x² may overflow
    total: Any = 0.0
    for k in range(15, 0, -1):
        total = (1.0 + total) * (sign * (2 * k - 1) * t)
    return total


def erfcx_slope(x: Any, out: Any) -> Any:
    """d erfcx/dx = 2x·erfcx(x) − 2/√π."""
    far = np.real(x) > FAR
    near, large = np.where(far, 0.0, x), np.where(far, x, FAR)
    return np.where(far, TWO_OVER_ROOT_PI * _series(large, -1), 2 * near * out - TWO_OVER_ROOT_PI)


def _dawsn_slope(x: Any, out: Any) -> Any:
    """1 − 2x·dawsn(x)."""
    far = (np.abs(x) > FAR) & (np.imag(x) == 0)
    near, large = np.where(far, 0.0, x), np.where(far, x, FAR)
    return np.where(far, -_series(large, 1), 1 - 2 * near * out)


erf = elementwise(sp.erf, [lambda x: TWO_OVER_ROOT_PI * np.exp(-x * x)])
erfc = elementwise(sp.erfc, [lambda x: -TWO_OVER_ROOT_PI * np.exp(-x * x)])
erfcx: Primitive = elementwise(sp.erfcx, [erfcx_slope])
erfi = elementwise(sp.erfi, [lambda x: TWO_OVER_ROOT_PI * np.exp(x * x)])
dawsn = elementwise(sp.dawsn, [_dawsn_slope])
erfinv = elementwise(sp.erfinv, [lambda out: np.exp(out * out) * (1 / TWO_OVER_ROOT_PI)], domain=BETWEEN_MINUS_1_AND_1)
erfcinv = elementwise(sp.erfcinv, [lambda out: np.exp(out * out) * (-1 / TWO_OVER_ROOT_PI)], domain=BETWEEN_0_AND_2)

# --- the normal distribution ------------------------------------------------------------------------------------------


def _excess(x: Any, out: Any) -> Any:
    """x + φ(x)/Φ(x), positive; for x → −∞ about −1/x, where the two terms cancel."""
    left = np.real(x) < 0
    u = np.where(left, -ROOT_HALF * x, 0.0)
    scaled = sp.erfcx(u)
    return np.where(left, -ROOT_HALF * erfcx_slope(u, scaled) / scaled, x + out)


inverse_mills: Primitive = elementwise(
    lambda x: math.sqrt(2 / math.pi) / sp.erfcx(-ROOT_HALF * x),
    [lambda x, out: -out * _excess(x, out)],
    name="inverse_mills",
)
"""φ(x)/Φ(x), the derivative of log Φ: finite and exact in both tails."""

ndtr = elementwise(sp.ndtr, [lambda x: np.exp(-0.5 * (x * x)) * (1 / math.sqrt(2 * math.pi))])
log_ndtr = elementwise(sp.log_ndtr, [lambda x: inverse_mills(x)])
ndtri = elementwise(sp.ndtri, [lambda out: np.exp(0.5 * (out * out)) * math.sqrt(2 * math.pi)], domain=BETWEEN_0_AND_1)
ndtri_exp = elementwise(sp.ndtri_exp, [lambda out: 1 / inverse_mills(out)], domain=Domain(high=0.0))


def _owens_by_height(x: Any, y: Any) -> Any:
    return np.exp(-0.5 * (x * x)) * sp.erf(ROOT_HALF * x * y) * (-0.5 / math.sqrt(2 * math.pi))


def _owens_by_slope(x: Any, y: Any) -> Any:
    return np.exp(-0.5 * x * x * (1 + y * y)) / (1 + y * y) * (0.5 / math.pi)


owens_t = elementwise(sp.owens_t, [_owens_by_height, _owens_by_slope])
"""Owen's T(h, a). Source: D. B. Owen, Annals of Mathematical Statistics 27 (1956) 1075."""
