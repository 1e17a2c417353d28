"""Integrals over a tail, which the derivatives of incomplete gamma and beta functions in their parameters are.

With L = log t centred to mean 0 under the density f, the derivative of ∫ˣ f in a parameter is ∫ˣ L f. In the variable
log t (or logit t) f is log-concave, so beyond its centre it decays at least exponentially, and neither factor changes
its sign there: nothing cancels, and the double exponential rule converges fast whatever the scale.
Source: H. Takahasi and M. Mori, Double exponential formulas for numerical integration (1974).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_U = np.arange(-4.0, 7.5, 1 / 16)
NODES = np.exp(_U - np.exp(-_U))
"""v = exp(u − exp(−u)): exponential decay in v becomes double exponential in u, on both sides."""
WEIGHTS = NODES * (1 + np.exp(-_U)) / 16


def tail_integral(integrand: Callable[[Any], Any], rate: Any) -> Any:
    """∫₀^∞ integrand(v) dv, for an integrand that decays about as exp(−rate·v); v has one axis more than `rate`."""
    with np.errstate(all="ignore"):
        values = integrand(NODES / np.expand_dims(rate, -1))
        return np.where(np.isfinite(values), values, 0.0) @ WEIGHTS / rate
