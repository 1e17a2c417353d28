"""Norms: every order over every axis, at zeros and ties, as NumPy computes them."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, AxisRangeError, ShapeError
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.linear_algebra import COMPLEX, SQUARE, TALL, A, Z, restart
from tests.autodiff.primitives.sweep import Call, call, check_complete, close, parameters

restart()

VECTOR, CUBE, COMPLEX_CUBE = A(4), A(2, 3, 4), Z(2, 3, 4)
VECTOR_ORDERS = (None, 2, 1, 0, 3, 1.5, 0.5, -1, -2.5, np.inf, -np.inf, np.float64(4))
MATRIX_ORDERS = (None, "fro", "f", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
CALLS: list[Call] = [
    *(call(np.linalg.norm, x, keepdims=k) for x in (VECTOR, TALL, CUBE, COMPLEX_CUBE, A(1), A()) for k in (False, True)),
    *(call(np.linalg.norm, x, p) for x in (VECTOR, Z(3)) for p in VECTOR_ORDERS),
    *(call(np.linalg.norm, CUBE, p, axis=a, keepdims=k) for p in VECTOR_ORDERS for a, k in ((1, False), (-1, True), ((0,), False))),
    *(call(np.linalg.norm, COMPLEX_CUBE, p, 1) for p in VECTOR_ORDERS),
    *(close(np.linalg.norm, x, p) for x in (SQUARE, TALL, COMPLEX) for p in MATRIX_ORDERS),
    *(close(np.linalg.norm, CUBE, ord=p, axis=a, keepdims=k) for p in MATRIX_ORDERS for a, k in (((0, 2), False), ((2, 1), True))),
    *(call(np.linalg.norm, np.zeros(s), axis=a) for s, a in (((0,), None), ((0, 2), 0), ((2, 0), 0), ((0, 2), None))),
    *(call(np.linalg.norm, np.zeros((0, 2)), p, 0) for p in (1, 3, 0)),
    call(np.linalg.norm, np.asfortranarray(TALL)),
    call(np.linalg.norm, CUBE[:, ::2]),
    *(close(np.linalg.matrix_norm, x, ord=p, keepdims=k) for x in (CUBE, COMPLEX) for p in MATRIX_ORDERS[1:] for k in (False, True)),
    call(np.linalg.matrix_norm, CUBE),
    *(call(np.linalg.vector_norm, x, axis=a, keepdims=k) for x in (CUBE, COMPLEX_CUBE) for a in (None, 0, -1, (0, 2), (2, 1), (0, 1, 2)) for k in (False, True)),
    *(call(np.linalg.vector_norm, CUBE, ord=p, axis=a) for p in VECTOR_ORDERS[1:] for a in (None, 1, (2, 0))),
    call(np.linalg.vector_norm, A(), ord=3),
    call(np.linalg.vector_norm, VECTOR),
]  # fmt: skip
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    ord = case.keywords.get("ord", case.args[1] if len(case.args) > 1 else None)
    jumps = not isinstance(ord, str) and ord in (1, -1, np.inf, -np.inf)  # its gradient, from one element to another
    case._replace(kinked=jumps).check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


@pytest.mark.parametrize("ord", VECTOR_ORDERS)
@pytest.mark.parametrize(
    "zero", [np.zeros(3), np.zeros((2, 3)), np.zeros(3, np.float32), np.zeros(3, complex)], ids=str
)
def test_the_derivative_at_zero_is_zero(ord: Any, zero: Any) -> None:
    """In both modes, and in second order."""
    with np.errstate(divide="ignore"):
        f = lambda x: np.sum(np.linalg.norm(x, ord, axis=-1))
        assert f(Value(zero)).data == f(zero)
        if ord == 0:
            return
        g = ad.grad(f)(zero)
        assert g.dtype == zero.dtype
        assert not np.any(g)
        assert not np.any(ad.grad(lambda x: np.sum(np.real(ad.grad(f)(x))))(zero))
        assert ad.jvp(f, (zero,), (np.ones_like(zero),))[1] == 0


@pytest.mark.parametrize("ord", MATRIX_ORDERS)
def test_the_derivative_at_the_zero_matrix_is_zero(ord: Any) -> None:
    zero = np.zeros((2, 3))
    f = lambda x: np.linalg.norm(x, ord)
    assert not np.any(ad.grad(f)(zero))
    assert ad.jvp(f, (zero,), (np.ones((2, 3)),))[1] == 0


def test_one_zero_among_others() -> None:
    """As abs has it: an element that is 0 has derivative 0, whatever the order."""
    x = np.array([3.0, 0.0, -4.0])
    assert ad.grad(np.linalg.norm)(x).tolist() == [0.6, 0.0, -0.8]
    for ord in (1, 1.5, 3, 0.5):
        assert ad.grad(lambda x, ord=ord: np.linalg.norm(x, ord))(x)[1] == 0
    with np.errstate(divide="ignore"):
        assert ad.grad(lambda x: np.linalg.norm(x, -1))(x).tolist() == [0.0, 0.0, 0.0]


def test_ties_share() -> None:
    x = np.array([2.0, -2.0, 1.0])
    assert ad.grad(lambda x: np.linalg.norm(x, np.inf))(x).tolist() == [0.5, -0.5, 0.0]
    assert ad.grad(lambda x: np.linalg.norm(x, 1))(np.eye(2)).tolist() == [[0.5, 0.0], [0.0, 0.5]]
    np.testing.assert_allclose(ad.grad(lambda x: np.linalg.norm(x, 2))(np.eye(2)), np.eye(2) / 2, atol=1e-15)


def test_the_largest_numbers_are_scaled() -> None:
    """(|x|/‖x‖)ᵖ⁻¹ stays in range where |x|ᵖ⁻¹ does not."""
    x = np.array([1e60, 1e60])
    np.testing.assert_allclose(ad.grad(lambda x: np.linalg.norm(x, 5))(x), 2 ** (0.2 - 1))


def test_normalised_rows() -> None:
    check(lambda x: x / np.linalg.norm(x, axis=1, keepdims=True), TALL)


def test_hessian_of_the_norm() -> None:
    """(I − u uᵀ)/‖x‖."""
    u = VECTOR / np.linalg.norm(VECTOR)
    expected = (np.eye(4) - np.outer(u, u)) / np.linalg.norm(VECTOR)
    np.testing.assert_allclose(ad.hessian(np.linalg.norm)(VECTOR), expected, atol=1e-15)


def test_numbers() -> None:
    assert np.linalg.norm(Value(-3.0)).data == 3.0
    assert ad.grad(np.linalg.norm)(-3.0) == -1.0
    assert_same(np.linalg.norm(Value(np.float32(2))), np.linalg.norm(np.float32(2)))
    assert_same(np.linalg.norm(x=Value(VECTOR), ord=3, axis=0, keepdims=True), np.linalg.norm(VECTOR, 3, 0, True))


def test_wrong_orders_and_axes() -> None:
    for ord in ("fro", "nuc"):
        with pytest.raises(ArgumentError, match=f"order for vectors.*{ord}"):
            np.linalg.norm(Value(VECTOR), ord)
    for given in (3, 0, "max"):
        with pytest.raises(ArgumentError, match="for matrices"):
            np.linalg.norm(Value(TALL), given)
    for axis, ord in (((0, 1, 2), None), (None, 2), ((0, 0), None)):
        with pytest.raises(ShapeError, match=r"one axis \(vectors\) or two different"):
            np.linalg.norm(Value(CUBE), ord, axis)
    with pytest.raises(AxisRangeError, match="no axis 3"):
        np.linalg.norm(Value(CUBE), axis=3)
    with pytest.raises(ShapeError, match="matrix_norm"):
        np.linalg.matrix_norm(Value(VECTOR))
    with pytest.raises(TypeError):
        np.linalg.norm(Value(VECTOR), order=1)
