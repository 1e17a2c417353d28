"""Incomplete gamma and beta functions, differentiable in their parameters too, and their inverses.

Derivatives in a parameter are moments of log t over the tail up to x; those of the moments are moments again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.primitives.kinds import POSITIVE, Domain, elementwise
from autodiff.primitives.special.error_functions import BETWEEN_0_AND_1
from autodiff.primitives.special.gamma_functions import polygamma
from autodiff.primitives.special.ordered import ordered
from autodiff.primitives.special.quadrature import tail_integral


def _in_dtype(out: Any, *operands: Any) -> Any:
    """In single precision if every operand that has a precision has that one."""
    return np.asarray(out).astype(np.float32)[()] if np.result_type(*operands) == np.float32 else out


# --- gamma ------------------------------------------------------------------------------------------------------------


def _log_gamma_density(a: Any, x: Any) -> Any:
    """log(x^(a−1) e^(−x)/Γ(a)); by Stirling's series for a > 10, where the three large terms cancel. DLMF 5.11.1."""
    large = a > 10
    big, small = np.where(large, a, 10.0), np.where(large, 1.0, a)
    shift = (x - big) / big
    r = 1 / big
    correction = r * (1 / 12 - r * r * (1 / 360 - r * r * (1 / 1260 - r * r * (1 / 1680 - r * r * (1 / 1188)))))
    below = np.where(large, x, 1.0)
    stirling = big * (np.log1p(shift) - shift) + 0.5 * np.log(big * (0.5 / math.pi)) - correction - np.log(below)
    return np.where(large, stirling, sp.xlogy(small - 1, x) - x - sp.gammaln(small))


def _gamma_density(a: Any, x: Any) -> Any:
    return np.exp(_log_gamma_density(a, x))


def _gamma_moment_forward(k: int, a: Any, x: Any) -> Any:
    """∫₀ˣ (log t − ψ(a))ᵏ f(t) dt left of the centre; right of it −∫ₓ^∞."""
    wide = [np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(a, x)]
    inside = (wide[0] > 0) & (wide[1] > 0) & np.isfinite(wide[1])
    alpha, t = (np.where(inside, v, 1.0) for v in wide)
    below = t < np.maximum(alpha, 1.0)  # for small a the upper tail has two scales: there the lower, past its centre
    if k == 0:
        tail = np.where(below, sp.gammainc(alpha, t), -sp.gammaincc(alpha, t))
    else:
        sign = np.where(below, -1.0, 1.0)
        rate = np.where(below & (t > alpha), alpha, np.abs(alpha - t) + np.sqrt(t))
        column = [np.expand_dims(v, -1) for v in (alpha, t, sign, np.log(t) - sp.psi(alpha))]

        def integrand(v: Any) -> Any:
            a_, t_, sign_, height = column
            return np.exp(a_ * sign_ * v - t_ * np.expm1(sign_ * v)) * (height + sign_ * v) ** k

        tail = -sign * tail_integral(integrand, rate) * np.exp(np.log(t) + _log_gamma_density(alpha, t))
    nothing = (wide[0] > 0) & ((wide[1] == 0) | np.isposinf(wide[1]))
    return _in_dtype(np.where(inside, tail, np.where(nothing, 0.0, np.nan))[()], a, x)


def _gamma_moment_by_parameter(k: Any, a: Any, x: Any) -> Any:
    """One factor more; and ψ(a) moves. (What the two sides differ by, the moment over both tails, obeys it too.)"""
    k = int(k)
    more = gamma_moment(k + 1, a, x)
    return more if k == 0 else more - k * polygamma(1, a) * gamma_moment(k - 1, a, x)


gamma_moment = ordered(
    lambda k, a, x: _gamma_moment_forward(int(k), a, x),
    [
        None,
        _gamma_moment_by_parameter,
        lambda k, a, x: (np.log(x) - sp.psi(a)) ** int(k) * _gamma_density(a, x),
    ],
    name="gamma_moment",
)
"""The k-th moment of log t − ψ(a) over the tail of the gamma density that x cuts off: nothing in it cancels."""

gammainc = elementwise(
    sp.gammainc, [lambda x, y: gamma_moment(1, x, y), lambda x, y: _gamma_density(x, y)], domain=POSITIVE
)
gammaincc = elementwise(
    sp.gammaincc, [lambda x, y: -gamma_moment(1, x, y), lambda x, y: -_gamma_density(x, y)], domain=POSITIVE
)
gammaincinv = elementwise(
    sp.gammaincinv,
    [lambda x, out: -gamma_moment(1, x, out) / _gamma_density(x, out), lambda x, out: 1 / _gamma_density(x, out)],
    domain=[POSITIVE, BETWEEN_0_AND_1],
)
gammainccinv = elementwise(
    sp.gammainccinv,
    [lambda x, out: -gamma_moment(1, x, out) / _gamma_density(x, out), lambda x, out: -1 / _gamma_density(x, out)],
    domain=[POSITIVE, BETWEEN_0_AND_1],
)

# --- beta -------------------------------------------------------------------------------------------------------------


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def _beta_moment_forward(j: int, k: int, a: Any, b: Any, x: Any) -> Any:
    """∫₀ˣ (log t − E log t)ʲ (log(1 − t) − E log(1 − t))ᵏ f(t) dt left of the centre; right of it −∫ₓ¹."""
    wide = [np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(a, b, x)]
    inside = (wide[0] > 0) & (wide[1] > 0) & (wide[2] > 0) & (wide[2] < 1)
    alpha, beta, t = (np.where(inside, v, 0.5) for v in wide)
    below = t * (alpha + beta) < alpha
    if j == k == 0:
        tail = np.where(below, sp.betainc(alpha, beta, t), -sp.betaincc(alpha, beta, t))
    else:
        sign, rest = np.where(below, -1.0, 1.0), sp.psi(alpha + beta)
        parts = (alpha, beta, sp.logit(t), sign, sp.psi(alpha) - rest, sp.psi(beta) - rest)
        column = [np.expand_dims(v, -1) for v in parts]

        def integrand(v: Any) -> Any:
            a_, b_, s, sign_, mean, other = column
            log, log_rest = sp.log_expit(s + sign_ * v), sp.log_expit(-s - sign_ * v)
            height = a_ * (log - sp.log_expit(s)) + b_ * (log_rest - sp.log_expit(-s))
            return np.exp(height) * (log - mean) ** j * (log_rest - other) ** k

        rate = np.abs(alpha * (1 - t) - beta * t) + np.sqrt((alpha + beta) * t * (1 - t))
        tail = -sign * tail_integral(integrand, rate) * _beta_density(alpha, beta, t) * t * (1 - t)
    nothing = (wide[0] > 0) & (wide[1] > 0) & ((wide[2] == 0) | (wide[2] == 1))
    return _in_dtype(np.where(inside, tail, np.where(nothing, 0.0, np.nan))[()], a, b, x)


def _beta_moment_by(first: bool, j: int, k: int, a: Any, b: Any, x: Any) -> Any:
    """The derivative in a, or in b: one factor more, and the means move."""
    total = beta_moment(j + 1, k, a, b, x) if first else beta_moment(j, k + 1, a, b, x)
    mixed = -polygamma(1, a + b)
    own = polygamma(1, a if first else b) + mixed
    if j:
        total = total - j * (own if first else mixed) * beta_moment(j - 1, k, a, b, x)
    if k:
        total = total - k * (mixed if first else own) * beta_moment(j, k - 1, a, b, x)
    return total


def _beta_moment_by_end(j: int, k: int, a: Any, b: Any, x: Any) -> Any:
    rest = sp.psi(a + b)
    factors = (np.log(x) - sp.psi(a) + rest) ** j * (np.log1p(-x) - sp.psi(b) + rest) ** k
    return factors * _beta_density(a, b, x)


beta_moment = ordered(
    lambda j, k, a, b, x: _beta_moment_forward(int(j), int(k), a, b, x),
    [
        None,
        None,
        lambda j, k, a, b, x: _beta_moment_by(True, int(j), int(k), a, b, x),
        lambda j, k, a, b, x: _beta_moment_by(False, int(j), int(k), a, b, x),
        lambda j, k, a, b, x: _beta_moment_by_end(int(j), int(k), a, b, x),
    ],
    name="beta_moment",
    parameters=("order", "order"),
)
"""A joint moment of log t and log(1 − t), centred, over the tail of the beta density that x cuts off."""

PROBABILITY = [POSITIVE, POSITIVE, BETWEEN_0_AND_1]

betainc = elementwise(
    sp.betainc,
    [
        lambda x, y, z: beta_moment(1, 0, x, y, z),
        lambda x, y, z: beta_moment(0, 1, x, y, z),
        lambda x, y, z: _beta_density(x, y, z),
    ],
    domain=PROBABILITY,
)
betaincc = elementwise(
    sp.betaincc,
    [
        lambda x, y, z: -beta_moment(1, 0, x, y, z),
        lambda x, y, z: -beta_moment(0, 1, x, y, z),
        lambda x, y, z: -_beta_density(x, y, z),
    ],
    domain=PROBABILITY,
)


def _of_inverse(sign: float) -> list[Any]:
    """The implicit derivatives of I(a, b, out) = z, or of 1 − I."""
    return [
        lambda x, y, out: -beta_moment(1, 0, x, y, out) / _beta_density(x, y, out),
        lambda x, y, out: -beta_moment(0, 1, x, y, out) / _beta_density(x, y, out),
        lambda x, y, out: sign / _beta_density(x, y, out),
    ]


# For small parameters the inverse is about z^(1/a), out of all proportion: further derivatives are but of its order.
PROPORTIONED = [Domain(low=0.5), Domain(low=0.5), BETWEEN_0_AND_1]
betaincinv = elementwise(sp.betaincinv, _of_inverse(1.0), domain=PROPORTIONED)
betainccinv = elementwise(sp.betainccinv, _of_inverse(-1.0), domain=PROPORTIONED)


# --- Student's t, and distribution functions that are these in other words -------------------------------------------


def _student_density(df: Any, t: Any) -> Any:
    log = -0.5 * np.log(df) - sp.betaln(0.5 * df, 0.5) - 0.5 * (df + 1) * np.log1p(t * t / df)
    return np.exp(log)


stdtr = ordered(sp.stdtr, [None, _student_density], parameters=("degrees of freedom",))
