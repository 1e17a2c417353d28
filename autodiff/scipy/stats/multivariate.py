"""Distributions of vectors: the normal, by Cholesky's factor, and Dirichlet's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.errors import ArgumentError, ShapeError, UnsupportedError
from autodiff.primitives.matrix_functions.triangles import cholesky_factor, solve_triangle
from autodiff.scipy.stats.distributions import Distribution
from autodiff.value import Value


def _array(x: Any) -> Any:
    return x if isinstance(x, Value) else np.asarray(x, dtype=float)


class MultivariateNormal(Distribution):
    """scipy.stats.multivariate_normal: logpdf and pdf of Values."""

    def __init__(self) -> None:
        super().__init__("multivariate_normal", (), {"logpdf": _normal_log_density, "pdf": _normal_density})

    def parameters(self, method: str, args: Any, keywords: Any) -> list[Any]:
        names = ("mean", "cov", "allow_singular")
        given = dict(zip(names, args))
        if len(args) > len(names) or set(keywords) - set(names) or set(keywords) & set(given):
            raise TypeError(f"{self.name}.{method} takes x, {', '.join(names)}; it was given {[*given, *keywords]}")
        given |= keywords
        return [given.get("mean"), given.get("cov", 1.0), given.get("allow_singular", False)]

    def value_of(self, method: str, x: Any, *parameters: Any) -> Any:
        return self.formulas[method](x, *parameters)


def _normal_log_density(x: Any, mean: Any, cov: Any, allow_singular: Any) -> Any:
    """−½ (d log 2π + log det Σ + (x − μ)ᵀ Σ⁻¹ (x − μ)), with x of shape (…, d)."""
    if allow_singular:
        raise UnsupportedError(
            "multivariate_normal with allow_singular=True has no derivative here: Σ is to be regular"
        )
    x, cov = _array(x), _array(cov)
    if np.ndim(cov) > 2:
        raise ShapeError(f"multivariate_normal takes one covariance matrix, was given shape {np.shape(cov)}")
    if mean is not None:
        size = np.size(mean._data if isinstance(mean, Value) else mean)
    else:
        size = cov.shape[0] if np.ndim(cov) else 1
    if np.ndim(cov) < 2:
        cov = cov * np.eye(size)
    mean = np.zeros(size) if mean is None else np.reshape(_array(mean), (size,))
    if cov.shape != (size, size):
        raise ShapeError(f"multivariate_normal: a mean of {size} numbers does not go with a cov of shape {cov.shape}")
    if size == 1 and (np.ndim(x) == 0 or x.shape[-1] != 1):
        x = np.expand_dims(x, -1)
    elif np.ndim(x) == 0 or x.shape[-1] != size:
        raise ShapeError(f"multivariate_normal needs x of shape (…, {size}), was given {np.shape(x)}")
    factor = cholesky_factor(cov)
    deviation = np.reshape(x - mean, (-1, size))
    whitened = solve_triangle(factor, deviation.T, trans=0, lower=True, unit=False)
    distance = np.reshape(np.sum(whitened * whitened, axis=0), np.shape(x)[:-1])
    return -0.5 * (size * math.log(2 * math.pi) + distance) - np.sum(np.log(np.diagonal(factor)))


def _normal_density(*operands: Any) -> Any:
    return np.exp(_normal_log_density(*operands))


class Dirichlet(Distribution):
    """scipy.stats.dirichlet: logpdf and pdf of Values."""

    def __init__(self) -> None:
        super().__init__("dirichlet", (), {"logpdf": _dirichlet_log_density, "pdf": _dirichlet_density})

    def parameters(self, method: str, args: Any, keywords: Any) -> list[Any]:
        if len(args) + len(keywords) != 1 or set(keywords) - {"alpha"}:
            raise TypeError(
                f"{self.name}.{method} takes x and alpha; it was given {len(args)} and {[*keywords]} after x"
            )
        return [keywords["alpha"] if keywords else args[0]]

    def value_of(self, method: str, x: Any, *parameters: Any) -> Any:
        return self.formulas[method](x, *parameters)


def _dirichlet_log_density(x: Any, alpha: Any) -> Any:
    """log Γ(Σ α) + Σ ((α − 1) log x − log Γ(α)) over the first axis of x, which has as many rows as α, or one less."""
    x, alpha = _array(x), _array(alpha)
    if np.ndim(alpha) != 1 or np.ndim(x) == 0 or x.shape[0] not in (alpha.shape[0], alpha.shape[0] - 1):
        raise ShapeError(
            f"dirichlet needs x with as many rows as alpha; the shapes are {np.shape(x)}, {np.shape(alpha)}"
        )
    if x.shape[0] == alpha.shape[0] - 1:
        x = np.concatenate([x, np.expand_dims(1 - np.sum(x, axis=0), 0)])
    plain = getattr(x, "_data", x)
    if isinstance(plain, np.ndarray) and not (
        np.all((plain >= 0) & (plain <= 1)) and np.all(np.abs(plain.sum(axis=0) - 1) < 1e-9)
    ):
        raise ArgumentError("dirichlet needs x on the simplex: numbers in [0, 1] that sum to 1 over the first axis")
    normalizer = np.sum(sp.gammaln(alpha)) - sp.gammaln(np.sum(alpha))
    exponents = np.reshape(alpha - 1, (-1,) + (1,) * (np.ndim(x) - 1))
    return np.sum(sp.xlogy(exponents, x), axis=0) - normalizer


def _dirichlet_density(*operands: Any) -> Any:
    return np.exp(_dirichlet_log_density(*operands))


multivariate_normal = MultivariateNormal()
dirichlet = Dirichlet()
