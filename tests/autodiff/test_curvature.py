"""jacobian, hessian, hvp, elementwise_grad."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ShapeError


def wide(x: Any) -> Any:  # fewer outputs than inputs: reverse mode
    return np.stack([np.sum(x**2), x[0] * x[1]])


def tall(x: Any) -> Any:  # more outputs than inputs: forward mode
    return np.concatenate([x**2, x[::-1] * 3, np.outer(x, x).reshape(-1)])


@pytest.mark.parametrize("f", [wide, tall])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_jacobian(f: Any, dtype: Any) -> None:
    x = np.array([1.0, 2.0, 3.0], dtype)
    jac = ad.jacobian(f)(x)
    rows = np.stack([ad.vjp(f, x)[1](unit)[0] for unit in np.eye(f(x).size, dtype=dtype)])
    columns = np.stack([ad.jvp(f, (x,), (unit,))[1] for unit in np.eye(3, dtype=dtype)], axis=-1)
    np.testing.assert_array_equal(jac, rows)
    np.testing.assert_array_equal(jac, columns)
    assert jac.dtype == dtype


def test_jacobian_shapes() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert ad.jacobian(lambda x: x @ np.ones((3, 4)))(x).shape == (2, 4, 2, 3)
    assert ad.jacobian(np.sum)(x).shape == (2, 3)
    assert ad.jacobian(lambda s: s * x)(2.0).tolist() == x.tolist()
    assert ad.jacobian(lambda s: s * s)(2.0) == 4.0
    assert ad.jacobian(lambda x: x[:0])(x).shape == (0, 3, 2, 3)
    assert ad.jacobian(lambda x: x * 2)(np.zeros((0, 2))).shape == (0, 2, 0, 2)


def test_jacobian_of_containers() -> None:
    f = lambda p, k: {"a": p["x"] * p["y"], "b": (p["x"].sum() * k,)}
    jac = ad.jacobian(f, argnums=(0, 1))({"x": np.array([1.0, 2.0]), "y": 3.0, "n": 4}, 5.0)
    assert jac["a"][0]["x"].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert jac["a"][0]["y"].tolist() == [1.0, 2.0]
    assert jac["a"][0]["n"] is None
    assert jac["a"][1].tolist() == [0.0, 0.0]
    assert jac["b"][0][0]["x"].tolist() == [5.0, 5.0]
    assert jac["b"][0][1] == 3.0


def test_hessian() -> None:
    f = lambda x: np.sum(x**3) + x[0] * x[1] * x[2]
    x = np.array([1.0, 2.0, 3.0])
    expected = np.diag(6 * x) + np.array([[0, 3, 2], [3, 0, 1], [2, 1, 0]])
    np.testing.assert_allclose(ad.hessian(f)(x), expected)
    np.testing.assert_allclose(ad.jacobian(ad.jacobian(f))(x), expected)
    assert ad.hessian(lambda x: x**4)(2.0) == 48.0
    assert ad.hessian(f)(x.astype(np.float32)).dtype == np.float32


def test_hessian_of_linear_and_partly_used_arguments_is_zero() -> None:
    assert ad.hessian(np.sum)(np.ones(2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert ad.hessian(lambda x: x[0] ** 2)(np.ones(2)).tolist() == [[2.0, 0.0], [0.0, 0.0]]
    assert ad.hessian(lambda x: 3.0 * x)(2.0) == 0.0


def test_hessian_of_several_arguments() -> None:
    f = lambda x, y: np.sum(x * x) * y
    blocks = ad.hessian(f, argnums=(0, 1))(np.array([1.0, 2.0]), 3.0)
    assert blocks[0][0].tolist() == [[6.0, 0.0], [0.0, 6.0]]
    assert blocks[0][1].tolist() == [2.0, 4.0]
    assert blocks[1][0].tolist() == [2.0, 4.0]
    assert blocks[1][1] == 0.0


def test_hvp() -> None:
    f = lambda x: np.sum(np.exp(x) * x[::-1])
    x, v = np.array([0.1, 0.2, 0.3]), np.array([1.0, -1.0, 2.0])
    np.testing.assert_allclose(ad.hvp(f)(x, v), ad.hessian(f)(x) @ v)
    product = ad.hvp(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0}, {"a": 1.0, "b": 0.5})
    assert product == {"a": 6.0 + 2.0, "b": 4.0}


def test_derivatives_of_curvature() -> None:
    """Third derivatives through hessian and hvp."""
    f = lambda x: np.sum(x**4)
    third = ad.jacobian(ad.hessian(f))(np.array([1.0, 2.0]))
    assert third.shape == (2, 2, 2)
    assert third[1, 1, 1] == 48.0
    assert ad.grad(lambda x: ad.hvp(f)(x, np.ones(2)).sum())(np.array([1.0, 2.0])).tolist() == [24.0, 48.0]
    x = Value(np.array([1.0, 2.0]))
    np.trace(ad.hessian(f)(x)).backward()
    assert x.grad.tolist() == [24.0, 48.0]


def test_captured_variables() -> None:
    w = Value(2.0)
    ad.hessian(lambda x: w * w * np.sum(x**2))(np.ones(2)).sum().backward()
    assert w.grad == 16.0


def test_elementwise_grad() -> None:
    x = np.array([[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_allclose(ad.elementwise_grad(np.tanh)(x), 1 - np.tanh(x) ** 2)
    np.testing.assert_allclose(ad.elementwise_grad(ad.elementwise_grad(np.sin))(x), -np.sin(x))
    assert ad.elementwise_grad(np.sin)(0.0) == 1.0
    np.testing.assert_array_equal(ad.elementwise_grad(np.multiply, 1)(x, x + 1), x)
    assert ad.elementwise_grad(np.floor)(x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(ShapeError, match=r"shape \(2, 2\)"):
        ad.elementwise_grad(np.sum)(x)


def test_complex_jacobian_of_an_analytic_function_is_its_derivative() -> None:
    z = np.array([1 + 1j, 2 - 1j])
    np.testing.assert_allclose(ad.elementwise_grad(lambda z: z**3)(z), 3 * z**2)
    np.testing.assert_allclose(ad.jacobian(np.exp)(z), np.diag(np.exp(z)))


def test_jacobian_of_complex_numbers() -> None:
    """f' where f is analytic, the gradient where it is real, whatever the shape of the result; otherwise an error."""
    z = np.array([1.0 + 2.0j, 0.5 - 1.0j])
    np.testing.assert_allclose(ad.jacobian(lambda z: z * z)(z), np.diag(2 * z))
    np.testing.assert_allclose(ad.jacobian(lambda z: np.outer(z, z))(z)[0], [[2 * z[0], 0], [z[1], z[0]]])
    np.testing.assert_allclose(ad.jacobian(lambda z: np.abs(z) ** 2)(z), np.diag(2 * np.conj(z)))
    np.testing.assert_allclose(ad.jacobian(lambda z: np.sum(np.abs(z) ** 2))(z), 2 * np.conj(z))
    np.testing.assert_allclose(ad.jacobian(lambda x: 1j * x)(z.real), 1j * np.eye(2))
    assert ad.jacobian(lambda z: z * z)(1.0 + 2.0j) == 2.0 + 4.0j
    for f in (np.conj, lambda z: z * np.abs(z), lambda z: z[:1] * np.real(z)):
        with pytest.raises(ad.errors.DtypeError, match="analytic"):
            ad.jacobian(f)(z)
