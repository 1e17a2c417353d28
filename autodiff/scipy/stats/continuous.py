"""Continuous distributions: logarithms of densities first, and what is simple of the rest.

The formulas are those of scipy.stats; y is the standardised variable, inside the support.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.scipy.stats.distributions import Distribution, Formula

LOG_ROOT_2_PI = 0.5 * math.log(2 * math.pi)


def _positive(*shapes: Any) -> Any:
    """Whether all shapes are positive."""
    valid: Any = True
    for shape in shapes:
        valid = np.greater(shape, 0) & valid
    return valid


def _log(p: Any, rest: Any) -> Any:
    """log p, where rest = 1 − p: exact for both ends."""
    large = p > 0.5
    return np.where(large, np.log1p(-np.where(large, rest, 0.0)), np.log(np.where(large, 1.0, p)))


def _with_pdf(logpdf: Formula, **more: Formula) -> dict[str, Formula]:
    return {"logpdf": logpdf, "pdf": lambda *operands: np.exp(logpdf(*operands)), **more}


def _with_tails(logpdf: Formula, cdf: Formula, sf: Formula, **more: Formula) -> dict[str, Formula]:
    """Distribution function and survival function, and their logarithms."""
    logs = {
        "logcdf": more.pop("logcdf", lambda *operands: _log(cdf(*operands), sf(*operands))),
        "logsf": more.pop("logsf", lambda *operands: _log(sf(*operands), cdf(*operands))),
    }
    return _with_pdf(logpdf, cdf=cdf, sf=sf, **logs, **more)


norm = Distribution(
    "norm",
    (),
    _with_tails(
        lambda y: -0.5 * (y * y) - LOG_ROOT_2_PI,
        sp.ndtr,
        lambda y: sp.ndtr(-y),
        logcdf=sp.log_ndtr,
        logsf=lambda y: sp.log_ndtr(-y),
        ppf=sp.ndtri,
    ),
)
halfnorm = Distribution(
    "halfnorm",
    (),
    _with_pdf(lambda y: -0.5 * (y * y) + (0.5 * math.log(2 / math.pi)), cdf=lambda y: sp.erf(y * math.sqrt(0.5))),
    low=0.0,
)
lognorm = Distribution(
    "lognorm",
    ("s",),
    _with_tails(
        lambda y, s: -0.5 * (np.log(y) / s) ** 2 - np.log(s) - np.log(y) - LOG_ROOT_2_PI,
        lambda y, s: sp.ndtr(np.log(y) / s),
        lambda y, s: sp.ndtr(-np.log(y) / s),
        logcdf=lambda y, s: sp.log_ndtr(np.log(y) / s),
        logsf=lambda y, s: sp.log_ndtr(-np.log(y) / s),
    ),
    low=math.ulp(0.0),
    valid=_positive,
)
t = Distribution(
    "t",
    ("df",),
    _with_pdf(
        lambda y, df: -0.5 * np.log(df) - sp.betaln(0.5 * df, 0.5) - 0.5 * (df + 1) * np.log1p(y * y / df),
        cdf=lambda y, df: sp.stdtr(df, y),
        sf=lambda y, df: sp.stdtr(df, -y),
    ),
    valid=_positive,
)
cauchy = Distribution(
    "cauchy",
    (),
    _with_pdf(
        lambda y: -math.log(math.pi) - np.log1p(y * y),
        cdf=lambda y: np.arctan2(1.0, -y) * (1 / math.pi),
        sf=lambda y: np.arctan2(1.0, y) * (1 / math.pi),
    ),
)
logistic = Distribution(
    "logistic",
    (),
    _with_tails(
        lambda y: sp.log_expit(y) + sp.log_expit(-y),
        sp.expit,
        lambda y: sp.expit(-y),
        logcdf=sp.log_expit,
        logsf=lambda y: sp.log_expit(-y),
        ppf=sp.logit,
    ),
)


def _laplace_cdf(y: Any) -> Any:
    e = 0.5 * np.exp(-np.abs(y))
    return np.where(y > 0, 1 - e, e)


def _laplace_log_cdf(y: Any) -> Any:
    left = np.where(y > 0, 0.0, y)
    return np.where(y > 0, np.log1p(-0.5 * np.exp(-np.abs(y))), left - math.log(2))


laplace = Distribution(
    "laplace",
    (),
    _with_tails(
        lambda y: -math.log(2) - np.abs(y),
        _laplace_cdf,
        lambda y: _laplace_cdf(-y),
        logcdf=_laplace_log_cdf,
        logsf=lambda y: _laplace_log_cdf(-y),
    ),
)
expon = Distribution(
    "expon",
    (),
    _with_tails(
        lambda y: -y,
        lambda y: -np.expm1(-y),
        lambda y: np.exp(-y),
        logsf=lambda y: -y,
        ppf=lambda p: -np.log1p(-p),
    ),
    low=0.0,
)
uniform = Distribution(
    "uniform", (), _with_tails(lambda y: 0.0 * y, lambda y: y, lambda y: 1 - y, ppf=lambda p: p), low=0.0, high=1.0
)
gamma = Distribution(
    "gamma",
    ("a",),
    _with_tails(
        lambda y, a: sp.xlogy(a - 1.0, y) - y - sp.gammaln(a),
        lambda y, a: sp.gammainc(a, y),
        lambda y, a: sp.gammaincc(a, y),
        ppf=lambda p, a: sp.gammaincinv(a, p),
    ),
    low=0.0,
    valid=_positive,
)
chi2 = Distribution(
    "chi2",
    ("df",),
    _with_tails(
        lambda y, df: sp.xlogy(0.5 * df - 1, y) - 0.5 * y - sp.gammaln(0.5 * df) - (0.5 * math.log(2)) * df,
        lambda y, df: sp.gammainc(0.5 * df, 0.5 * y),
        lambda y, df: sp.gammaincc(0.5 * df, 0.5 * y),
    ),
    low=0.0,
    valid=_positive,
)
invgamma = Distribution(
    "invgamma",
    ("a",),
    _with_tails(
        lambda y, a: -(a + 1) * np.log(y) - sp.gammaln(a) - 1 / y,
        lambda y, a: sp.gammaincc(a, 1 / y),
        lambda y, a: sp.gammainc(a, 1 / y),
    ),
    low=math.ulp(0.0),
    valid=_positive,
)
beta = Distribution(
    "beta",
    ("a", "b"),
    _with_tails(
        lambda y, a, b: sp.xlog1py(b - 1.0, -y) + sp.xlogy(a - 1.0, y) - sp.betaln(a, b),
        lambda y, a, b: sp.betainc(a, b, y),
        lambda y, a, b: sp.betaincc(a, b, y),
        ppf=lambda p, a, b: sp.betaincinv(a, b, p),
    ),
    low=0.0,
    high=1.0,
    valid=_positive,
)
pareto = Distribution(
    "pareto",
    ("b",),
    _with_tails(
        lambda y, b: np.log(b) - (b + 1) * np.log(y),
        lambda y, b: -np.expm1(-b * np.log(y)),
        lambda y, b: np.exp(-b * np.log(y)),
        logsf=lambda y, b: -b * np.log(y),
    ),
    low=1.0,
    at=2.0,
    valid=_positive,
)
weibull_min = Distribution(
    "weibull_min",
    ("c",),
    _with_tails(
        lambda y, c: np.log(c) + sp.xlogy(c - 1.0, y) - y**c,
        lambda y, c: -np.expm1(-(y**c)),
        lambda y, c: np.exp(-(y**c)),
        logsf=lambda y, c: -(y**c),
    ),
    low=0.0,
    valid=_positive,
)
