"""Complex functions of complex numbers: f′ where they are analytic, a refusal where they are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import DtypeError, ShapeError

Z = np.array([0.3 + 0.8j, -1.2 + 0.1j])
PAIRS: list[Any] = [
    (np.exp, np.exp),
    (lambda z: z**3 - 2j * z, lambda z: 3 * z**2 - 2j),
    (np.sin, np.cos),
    (lambda z: 1 / z, lambda z: -1 / z**2),
    (np.log, lambda z: 1 / z),
]


@pytest.mark.parametrize(("f", "slope"), PAIRS)
def test_the_gradient_is_the_complex_derivative(f: Any, slope: Any) -> None:
    g = ad.grad(lambda z: np.sum(f(z)), holomorphic=True)(Z)
    np.testing.assert_allclose(g, slope(Z), rtol=1e-14)
    assert ad.grad(f, holomorphic=True)(complex(Z[0])) == pytest.approx(slope(Z[0]))
    np.testing.assert_allclose(ad.jacobian(f, holomorphic=True)(Z), np.diag(slope(Z)), rtol=1e-14)
    single = ad.grad(lambda z: np.sum(f(z)), holomorphic=True)(Z.astype(np.complex64))
    assert single.dtype == np.complex64


def test_higher_derivatives() -> None:
    """(e^{iz})‴ = −i e^{iz}."""
    third = lambda z: np.exp(1j * z)
    for _ in range(3):
        third = ad.grad(third, holomorphic=True)
    assert third(0.3 + 0.2j) == pytest.approx(-1j * np.exp(1j * (0.3 + 0.2j)))


def test_with_value_aux_and_containers() -> None:
    f = lambda p, k: (np.sum(p["a"] * p["b"]) * k, p["a"])
    (value, aux), g = ad.value_and_grad(f, has_aux=True, holomorphic=True)({"a": Z, "b": 2 * Z}, 1j)
    assert value == pytest.approx(2j * np.sum(Z**2))
    np.testing.assert_array_equal(aux, Z)
    np.testing.assert_allclose(g["a"], 2j * Z)
    np.testing.assert_allclose(g["b"], 1j * Z)
    assert not np.any(ad.grad(lambda z, w: np.sum(w * w), holomorphic=True)(Z, Value(Z)).data)


@pytest.mark.parametrize("f", [np.conj, lambda z: np.abs(z) + 0j, lambda z: np.real(z) + 0j, lambda z: z * np.conj(z)])
def test_what_is_not_analytic_is_refused(f: Any) -> None:
    for transform in (ad.grad, ad.value_and_grad, ad.jacobian):
        with pytest.raises(DtypeError, match="analytic"):
            transform(f, holomorphic=True)(0.3 + 0.8j)


def test_real_arguments_and_results_are_refused() -> None:
    for transform in (ad.grad, ad.jacobian):
        with pytest.raises(DtypeError, match="an argument of exp has dtype float64"):
            transform(np.exp, holomorphic=True)(1.0)
        with pytest.raises(DtypeError, match="a result of absolute has dtype float64"):
            transform(np.abs, holomorphic=True)(1j)
    with pytest.raises(ShapeError, match="scalar"):
        ad.grad(np.exp, holomorphic=True)(Z)
    with pytest.raises(DtypeError, match="holomorphic=True"):
        ad.grad(np.exp)(1j)


def test_jitted() -> None:
    step = ad.jit(ad.grad(lambda z: np.sum(np.exp(z)), holomorphic=True))
    for z in (Z, 2 * Z):
        np.testing.assert_allclose(step(z), np.exp(z))
