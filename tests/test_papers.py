"""Functions of the kind found in papers, in plain NumPy as their authors write them, and what their derivatives are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.testing import assert_allclose

import autodiff as ad

Array = Any

# --- the marginal likelihood of a Gaussian process ------------------------------------------------------------------


def kernel(theta: Array, x: Array) -> Array:
    """Squared exponential covariance with noise: theta = log (length scale, amplitude, noise)."""
    length, amplitude, noise = np.exp(theta)
    distance = (x[:, None] - x[None, :]) / length
    return amplitude**2 * np.exp(-0.5 * distance**2) + noise**2 * np.eye(len(x))


def log_marginal_likelihood(theta: Array, x: Array, y: Array) -> Array:
    """log p(y | x, θ): Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), algorithm 2.1."""
    factor = np.linalg.cholesky(kernel(theta, x))
    alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, y))
    return -0.5 * y @ alpha - np.sum(np.log(np.diag(factor))) - 0.5 * len(x) * np.log(2 * np.pi)


def marginal_gradient(theta: Array, x: Array, y: Array) -> Array:
    """½ tr((ααᵀ − K⁻¹) ∂K/∂θ): the same book, equation 5.9."""
    inverse = np.linalg.inv(kernel(theta, x))
    outer = np.outer(inverse @ y, inverse @ y) - inverse
    length, amplitude, noise = np.exp(theta)
    square = ((x[:, None] - x[None, :]) / length) ** 2
    smooth = amplitude**2 * np.exp(-0.5 * square)
    slopes = (smooth * square, 2 * smooth, 2 * noise**2 * np.eye(len(x)))
    return np.array([0.5 * np.sum(outer * slope) for slope in slopes])


def test_gaussian_process() -> None:
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0, 5, 30))
    y = np.sin(2 * x) + 0.1 * rng.normal(size=30)
    theta = np.log([0.8, 1.2, 0.3])
    gradient = ad.grad(log_marginal_likelihood)(theta, x, y)
    assert_allclose(gradient, marginal_gradient(theta, x, y), rtol=1e-9)
    ad.testing.check_grad(lambda theta: log_marginal_likelihood(theta, x, y), theta)
    best = ad.optimize.minimize(lambda theta: -log_marginal_likelihood(theta, x, y), theta, method="BFGS")
    assert_allclose(marginal_gradient(best.x, x, y), 0, atol=1e-4)
    jitted = ad.jit(ad.value_and_grad(log_marginal_likelihood))
    value, again = jitted(theta, x, y)
    assert_allclose(value, log_marginal_likelihood(theta, x, y), rtol=1e-12)
    assert_allclose(again, gradient, rtol=1e-10)


# --- the likelihood of a state-space model --------------------------------------------------------------------------

TRANSITION, OBSERVED = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 0.0])


def kalman_log_likelihood(theta: Array, y: Array) -> Array:
    """The local linear trend by the Kalman filter: Durbin and Koopman, Time Series Analysis (2012), 4.3 and 7.2.

    theta: log standard deviations of the observation, the level and the slope
    """
    variances = np.exp(2 * theta)
    noise = np.diag(variances[1:])
    mean, covariance, total = np.zeros(2), np.eye(2), 0.0
    for observation in y:
        error = observation - OBSERVED @ mean
        spread = OBSERVED @ covariance @ OBSERVED + variances[0]
        total = total - 0.5 * (np.log(2 * np.pi * spread) + error**2 / spread)
        gain = TRANSITION @ covariance @ OBSERVED / spread
        mean = TRANSITION @ mean + gain * error
        covariance = TRANSITION @ covariance @ TRANSITION.T + noise - np.outer(gain, gain) * spread
    return total


def joint_log_likelihood(theta: Array, y: Array) -> Array:
    """The same from the joint normal distribution of all observations at once: no filter."""
    observation, level, slope = np.exp(2 * theta)
    steps = len(y)
    powers = [np.linalg.matrix_power(TRANSITION, k) for k in range(steps)]
    state, noise = np.eye(2), np.diag([level, slope])
    covariance = np.zeros((steps, steps))
    for i in range(steps):
        for j in range(i, steps):
            covariance[i, j] = covariance[j, i] = OBSERVED @ powers[j - i] @ state @ OBSERVED
        state = TRANSITION @ state @ TRANSITION.T + noise
    covariance += observation * np.eye(steps)
    _, logarithm = np.linalg.slogdet(2 * np.pi * covariance)
    return -0.5 * (logarithm + y @ np.linalg.solve(covariance, y))


def test_kalman_filter() -> None:
    rng = np.random.default_rng(1)
    y = np.cumsum(np.cumsum(0.1 * rng.normal(size=50))) + 0.5 * rng.normal(size=50)
    theta = np.log([0.6, 0.3, 0.15])
    assert_allclose(kalman_log_likelihood(theta, y), joint_log_likelihood(theta, y), rtol=1e-11)
    reference = ad.testing.finite_difference(lambda theta: joint_log_likelihood(theta, y), theta)
    gradient = ad.grad(kalman_log_likelihood)(theta, y)
    assert_allclose(gradient, reference.derivative, rtol=1e-7)
    hessian = ad.hessian(kalman_log_likelihood)(theta, y)
    assert_allclose(hessian, hessian.T, rtol=1e-9)
    directions = ad.testing.finite_difference(lambda theta: ad.grad(kalman_log_likelihood)(theta, y), theta)
    assert_allclose(hessian, directions.derivative, rtol=1e-7, atol=1e-7)
    assert_allclose(ad.jit(ad.grad(kalman_log_likelihood))(theta, y), gradient, rtol=1e-10)


# --- a penalty on the spectrum --------------------------------------------------------------------------------------


def roughness(x: Array) -> Array:
    """The mean square of the second derivative of a periodic signal, by Parseval's theorem."""
    spectrum = np.fft.rfft(x)
    frequency = np.arange(len(spectrum))
    twice = np.where((frequency == 0) | (2 * frequency == len(x)), 1.0, 2.0)
    return np.sum(twice * frequency**4 * np.abs(spectrum) ** 2) / len(x) ** 2


def circulant(n: int) -> Array:
    """The matrix A of the quadratic form xᵀ A x that `roughness` is, from cosines."""
    frequency = np.minimum(np.arange(n), n - np.arange(n))
    lags = np.arange(n)[:, None] - np.arange(n)[None, :]
    waves = np.cos(2 * np.pi * lags[..., None] * np.arange(n) / n)
    return np.sum(frequency**4 * waves, axis=-1) / n**2


def test_spectral_penalty() -> None:
    for n in (16, 17):
        x = np.random.default_rng(2).normal(size=n)
        matrix = circulant(n)
        assert_allclose(roughness(x), x @ matrix @ x, rtol=1e-12)
        assert_allclose(ad.grad(roughness)(x), 2 * matrix @ x, rtol=1e-10, atol=1e-10)
        assert_allclose(ad.hessian(roughness)(x), 2 * matrix, rtol=1e-10, atol=1e-10)
        assert_allclose(ad.jit(ad.grad(roughness))(x), 2 * matrix @ x, rtol=1e-10, atol=1e-10)
