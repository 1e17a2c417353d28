"""Distributions of integers: logarithms of probabilities, and what is simple of the rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.scipy.stats.distributions import Discrete, Formula


def _with_pmf(logpmf: Formula, **more: Formula) -> dict[str, Formula]:
    return {"logpmf": logpmf, "pmf": lambda *operands: np.exp(logpmf(*operands)), **more}


def _probability(p: Any) -> Any:
    return np.greater_equal(p, 0) & np.less_equal(p, 1)


def _binomial(k: Any, n: Any, p: Any) -> Any:
    choices = sp.gammaln(n + 1) - (sp.gammaln(k + 1) + sp.gammaln(n - k + 1))
    return choices + sp.xlogy(k, p) + sp.xlog1py(n - k, -p)


def _binomial_cdf(k: Any, n: Any, p: Any) -> Any:
    last = k >= n
    rest = np.where(last, 1.0, n - k)
    return np.where(last, 1.0, sp.betaincc(k + 1, rest, p))


class _Binomial(Discrete):
    fallbacks = (1.0, 0.5)

    def top(self, *shapes: Any) -> Any:
        return shapes[0]


class _Single(Discrete):
    fallbacks = (0.5,)


class _Several(Discrete):
    fallbacks = (1.0, 0.5)


poisson = _Single(
    "poisson",
    ("mu",),
    _with_pmf(
        lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu,
        cdf=lambda k, mu: sp.gammaincc(k + 1, mu),
        sf=lambda k, mu: sp.gammainc(k + 1, mu),
    ),
    low=0.0,
    valid=lambda mu: np.greater_equal(mu, 0),
)
binom = _Binomial(
    "binom",
    ("n", "p"),
    _with_pmf(_binomial, cdf=_binomial_cdf),
    counts=("n",),
    low=0.0,
    valid=lambda n, p: np.greater_equal(n, 0) & np.equal(np.floor(n), n) & _probability(p),
)
bernoulli = _Single(
    "bernoulli",
    ("p",),
    _with_pmf(lambda k, p: sp.xlogy(k, p) + sp.xlog1py(1 - k, -p)),
    low=0.0,
    high=1.0,
    valid=_probability,
)
geom = _Single(
    "geom",
    ("p",),
    _with_pmf(lambda k, p: sp.xlog1py(k - 1, -p) + np.log(p), cdf=lambda k, p: -np.expm1(np.log1p(-p) * k)),
    low=1.0,
    valid=lambda p: np.greater(p, 0) & np.less_equal(p, 1),
)
nbinom = _Several(
    "nbinom",
    ("n", "p"),
    _with_pmf(
        lambda k, n, p: sp.gammaln(n + k) - sp.gammaln(k + 1) - sp.gammaln(n) + n * np.log(p) + sp.xlog1py(k, -p),
        cdf=lambda k, n, p: sp.betainc(n, k + 1, p),
    ),
    low=0.0,
    high=math.inf,
    valid=lambda n, p: np.greater(n, 0) & np.greater(p, 0) & np.less_equal(p, 1),
)
