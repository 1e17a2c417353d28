"""The gamma function, its logarithm, reciprocal and derivatives, beta functions and binomials.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapter 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.errors import ArgumentError, UnsupportedError
from autodiff.primitives.kinds import DISPATCH, POSITIVE, Domain, elementwise
from autodiff.primitives.special.ordered import ordered


def _polygamma_forward(n: Any, x: Any) -> Any:
    out = sp.polygamma(n, x)
    dtype = np.result_type(x)
    return out.astype(dtype) if dtype == np.float32 else out  # SciPy computes in float64


_polygamma: Callable[..., Any] = ordered(
    _polygamma_forward, [None, lambda n, x: _polygamma(n + 1, x)], name="polygamma"
)


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma at x. n: integers ≥ 0 · x: real, broadcast against n

    >>> float(polygamma(1, 1.0))
    1.6449340668482266
    """
    return _polygamma(n, x)


def _trigamma(x: Any) -> Any:
    if np.iscomplexobj(x):
        raise UnsupportedError("digamma of complex numbers has no derivative: SciPy's polygamma is real")
    return polygamma(1, x)


digamma = elementwise(sp.psi, [lambda x: _trigamma(x)], domain=POSITIVE, name="digamma")
gammaln = elementwise(sp.gammaln, [lambda x: sp.psi(x)], domain=POSITIVE)
loggamma = elementwise(sp.loggamma, [lambda x: sp.psi(x)], domain=POSITIVE)
gamma = elementwise(sp.gamma, [lambda x, out: out * sp.psi(x)], domain=POSITIVE)


def _rgamma_slope(x: Any, out: Any) -> Any:
    """−ψ(x)/Γ(x); left of ½ by reflection, 1/Γ(x) = Γ(1 − x) sin(πx)/π: smooth through the poles of ψ. DLMF 5.5.3."""
    left = np.real(x) < 0.5
    mirrored, right = np.where(left, 1 - x, 1.0), np.where(left, 1.0, x)
    turned = np.where(left, x - 2 * np.round(np.real(x) / 2), 0.0)  # the cosine of a large angle is not exact
    return np.where(
        left,
        np.cos(math.pi * turned) * sp.gamma(mirrored) - out * sp.psi(mirrored),
        -out * sp.psi(right),
    )


rgamma = elementwise(sp.rgamma, [_rgamma_slope])

# --- two arguments ----------------------------------------------------------------------------------------------------

beta = elementwise(
    sp.beta,
    [lambda x, y, out: out * (sp.psi(x) - sp.psi(x + y)), lambda x, y, out: out * (sp.psi(y) - sp.psi(x + y))],
    domain=POSITIVE,
)
betaln = elementwise(
    sp.betaln,
    [lambda x, y: sp.psi(x) - sp.psi(x + y), lambda x, y: sp.psi(y) - sp.psi(x + y)],
    domain=POSITIVE,
)
binom = elementwise(
    sp.binom,
    [
        lambda x, y, out: out * (sp.psi(x + 1) - sp.psi(x - y + 1)),
        lambda x, y, out: out * (sp.psi(x - y + 1) - sp.psi(y + 1)),
    ],
    domain=[Domain(low=2.25), Domain(low=0.0, high=1.5)],
)
poch = elementwise(
    sp.poch,
    [lambda x, y, out: out * (sp.psi(x + y) - sp.psi(x)), lambda x, y, out: out * sp.psi(x + y)],
    domain=POSITIVE,
)

_zeta: Callable[..., Any] = ordered(
    lambda x, q: sp.zeta(x, q), [None, lambda x, q: -x * _zeta(x + 1, q)], name="hurwitz_zeta", parameters=("exponent",)
)


if (inner := getattr(sp._ufuncs, "_zeta", None)) is not None:  # what SciPy's function calls
    DISPATCH[inner] = _zeta


def zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    """Σ_{k≥0} 1/(k + q)ˣ, differentiable in q; Riemann's zeta function, without a derivative, where q is None.

    >>> float(zeta(2.0, 1.0))
    1.644934066848226
    """
    if out is not None:
        raise UnsupportedError(
            "scipy.special.zeta(..., out=) is not supported on a Value: results are not written over"
        )
    return _zeta(x, 1.0 if q is None else q)


def multigammaln(a: Any, d: Any) -> Any:
    """The logarithm of the multivariate gamma function of dimension d. a: any shape, > (d − 1)/2 · d: int

    >>> float(multigammaln(2.0, 1))
    0.0
    """
    if d != (whole := index(int(d))):
        raise ArgumentError(f"multigammaln takes an integer dimension, was given {d!r}")
    plain: Any = getattr(a, "_data", a)
    if isinstance(plain, (float, np.ndarray, np.generic)) and np.any(np.asarray(plain) <= 0.5 * (whole - 1)):
        raise ArgumentError(f"multigammaln needs a > (d - 1)/2 = {0.5 * (whole - 1)}, was given {plain!r:.60}")
    total = math.log(math.pi) * (0.25 * whole * (whole - 1))
    for j in range(whole):
        total = total + sp.gammaln(a - 0.5 * j)
    return total


def comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Any:
    """How many ways there are to choose k of N, with both as real numbers; 0 for k > N and for negative ones.

    >>> float(comb(4.0, 2.0))
    6.0
    """
    if exact:
        raise UnsupportedError("scipy.special.comb(..., exact=True) counts in integers, which have no derivative")
    if repetition:
        return comb(N + k - 1, k)
    inside = (k <= N) & (N >= 0) & (k >= 0)
    return np.where(inside, sp.binom(np.where(inside, N, 1.0), np.where(inside, k, 1.0)), 0.0)
