"""Matrices that the tests of linear algebra share."""

from __future__ import annotations

from typing import Any

import numpy as np

rng = np.random.default_rng(11)


def A(*shape: int) -> Any:  # noqa: N802
    """Random real numbers."""
    return rng.normal(size=shape)


def Z(*shape: int) -> Any:  # noqa: N802
    """Random complex numbers."""
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def positive(x: Any) -> Any:
    """A positive definite matrix for each matrix of a stack."""
    return x @ np.conjugate(np.swapaxes(x, -1, -2)) + np.eye(x.shape[-2])


def spread(x: Any, s: Any) -> Any:
    """x with other singular values: as well-conditioned as those are."""
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return (u * s) @ vh


SQUARE = spread(A(3, 3), [2.5, 1.4, 0.6])
STACK = spread(A(2, 3, 3), [2.5, 1.4, 0.6])
TALL = spread(A(4, 3), [2.5, 1.4, 0.6])
WIDE = spread(A(3, 4), [2.5, 1.4, 0.6])
COMPLEX = spread(Z(3, 3), [2.5, 1.4, 0.6])
COMPLEX_STACK = spread(Z(2, 3, 3), [2.5, 1.4, 0.6])
COMPLEX_TALL = spread(Z(4, 3), [2.5, 1.4, 0.6])
COMPLEX_WIDE = spread(Z(3, 4), [2.5, 1.4, 0.6])
SQUARES = [SQUARE, STACK, COMPLEX, COMPLEX_STACK, np.array([[1.7]]), np.zeros((0, 0)), np.zeros((2, 0, 0))]
SQUARES += [np.asfortranarray(SQUARE), np.concatenate([STACK, STACK])[::2]]
RECTANGLES = [TALL, WIDE, COMPLEX_TALL, COMPLEX_WIDE, spread(A(2, 4, 3), [2.5, 1.4, 0.6]), A(3, 1), A(1, 3)]

START = rng.bit_generator.state


def restart() -> None:
    """Draw the same numbers again: whatever other modules and tests drew, a module or a test gets the same ones."""
    rng.bit_generator.state = START


SYMMETRIC = np.array([[2.0, 0.5, -0.3], [0.5, 1.0, 0.7], [-0.3, 0.7, -1.0]])


def reconstructed(pair: Any, f: Any) -> Any:
    values, vectors = pair
    return (vectors * f(values)) @ np.conjugate(vectors.T)


def by_eig(a: Any, f: Any = np.exp) -> Any:
    """V f(Λ) V⁻¹."""
    values, vectors = np.linalg.eig(a)
    return (vectors * np.expand_dims(f(values), -2)) @ np.linalg.inv(vectors)
