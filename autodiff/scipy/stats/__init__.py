"""scipy.stats for Values: densities and distribution functions, with every parameter a Value if you like.

    stats.norm.logpdf(x, loc=0, scale=1) · stats.gamma(a, scale=s).logpdf(x) · stats.poisson.logpmf(k, mu)

Outside of the support the logarithm of a density is −∞ and its gradient 0.
"""

from typing import Any

from autodiff.scipy.stats.continuous import (
    beta,
    cauchy,
    chi2,
    expon,
    gamma,
    halfnorm,
    invgamma,
    laplace,
    logistic,
    lognorm,
    norm,
    pareto,
    t,
    uniform,
    weibull_min,
)
from autodiff.scipy.stats.discrete import bernoulli, binom, geom, nbinom, poisson
from autodiff.scipy.stats.distributions import mirrored_statistics
from autodiff.scipy.stats.multivariate import dirichlet, multivariate_normal

__all__ = [
    "bernoulli",
    "beta",
    "binom",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "gamma",
    "geom",
    "halfnorm",
    "invgamma",
    "laplace",
    "logistic",
    "lognorm",
    "multivariate_normal",
    "nbinom",
    "norm",
    "pareto",
    "poisson",
    "t",
    "uniform",
    "weibull_min",
]


def __getattr__(name: str) -> Any:
    return mirrored_statistics(name)
