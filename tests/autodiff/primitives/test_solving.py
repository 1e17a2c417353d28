"""Inverses and linear systems: every keyword against NumPy and differences, singular matrices, orders of products."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.primitives.solving import _cheapest_cuts
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.linear_algebra import COMPLEX, SQUARE, SQUARES, STACK, A, Z, restart, spread
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, close, parameters

restart()

TENSOR = spread(A(6, 6), np.linspace(1, 2, 6))
CALLS: list[Call] = [
    *(call(np.linalg.inv, a) for a in SQUARES),
    *(
        call(np.linalg.solve, a, b)
        for a, b in (
            (SQUARE, A(3)), (SQUARE, A(3, 2)), (SQUARE, A(3, 1)), (SQUARE, A(2, 3, 2)), (STACK, A(3)), (STACK, A(3, 2)),
            (STACK, A(2, 3, 2)), (STACK[:1], A(4, 3, 2)), (STACK[:, None], A(4, 3, 1)), (COMPLEX, Z(3)), (COMPLEX, A(3)),
            (SQUARE, Z(3)), (SQUARE, Z(3, 2)), (np.zeros((0, 0)), A(0)), (np.zeros((0, 0)), A(0, 2)), (SQUARE, A(3, 0)),
            (SQUARE.T, A(2, 3).T), (np.array([[2.0]]), A(1)),
        )
    ),
    *(call(np.linalg.matrix_power, a, n) for a in (SQUARE, STACK, COMPLEX) for n in (0, 1, 2, 3, 4, 7, -1, -3)),
    call(np.linalg.matrix_power, np.zeros((0, 0)), 2),
    call(np.linalg.tensorinv, TENSOR.reshape(2, 3, 3, 2)),
    call(np.linalg.tensorinv, TENSOR.reshape(6, 2, 3), ind=1),
    call(np.linalg.tensorsolve, TENSOR.reshape(2, 3, 6), A(2, 3)),
    call(np.linalg.tensorsolve, TENSOR.reshape(6, 3, 2), A(6)),
    call(np.linalg.tensorsolve, TENSOR.reshape(2, 3, 3, 2), A(3, 2), axes=(0, 1)),
    call(np.linalg.tensorsolve, TENSOR.reshape(2, 6, 3), A(6), axes=[0]),
    *(
        close(np.linalg.multi_dot, [A(*shape) for shape in shapes])
        for shapes in (
            ((2, 3), (3, 2)), ((2, 3), (3, 4), (4, 2)), ((4, 2), (2, 3), (3, 1)), ((3,), (3, 2), (2, 4)), ((2, 3), (3, 4), (4,)),
            ((3,), (3, 2), (2,)), ((2, 3), (3, 1), (1, 4), (4, 2)), ((3,), (3, 2), (2, 2), (2,)), ((3,), (3,)), ((2, 3), (3,)),
        )
    ),
    call(np.linalg.multi_dot, [Z(2, 3), A(3, 4), Z(4, 2)]),
]  # fmt: skip
REFUSED: list[Call] = [call(np.linalg.multi_dot, [SQUARE, SQUARE], out=SQUARE.copy())]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


def test_by_name() -> None:
    v = Value(SQUARE)
    assert_same(np.linalg.solve(a=v, b=A(3) * 0 + 1), np.linalg.solve(SQUARE, np.ones(3)))
    assert_same(np.linalg.inv(a=v), np.linalg.inv(SQUARE))
    assert_same(np.linalg.matrix_power(a=v, n=2), np.linalg.matrix_power(SQUARE, 2))


def test_derivatives_of_the_inverse_are_known() -> None:
    """d tr(A⁻¹) = −tr(A⁻² dA)."""
    g = ad.grad(lambda a: np.trace(np.linalg.inv(a)))(SQUARE)
    np.testing.assert_allclose(g, -np.linalg.matrix_power(SQUARE, -2).T, rtol=1e-12)


def test_gaussian_process() -> None:
    """∂/∂K of yᵀK⁻¹y + log det K = K⁻¹ − K⁻¹y yᵀK⁻¹ (Rasmussen and Williams, 2006, eq. 5.9)."""
    y, k = A(3), SQUARE @ SQUARE.T
    g = ad.grad(lambda k: y @ np.linalg.solve(k, y) + np.linalg.slogdet(k)[1])(k)
    inverse = np.linalg.inv(k)
    np.testing.assert_allclose(g, inverse - np.outer(inverse @ y, inverse @ y), rtol=1e-11)


def test_third_order() -> None:
    """(1/x)‴ = −6/x⁴."""
    f = lambda x: np.linalg.inv(np.reshape(x, (1, 1)))[0, 0]
    assert ad.grad(ad.grad(ad.grad(f)))(2.0) == pytest.approx(-6 / 16)


@pytest.mark.parametrize("n", [0, 1, 4, -2])
def test_a_power_of_a_matrix_is_one_of_a_number(n: int) -> None:
    f = lambda x: np.sum(np.linalg.matrix_power(np.reshape(x, (1, 1)), n))
    assert ad.grad(f)(2.0) == n * 2.0 ** (n - 1)


def test_singular() -> None:
    for f in (np.linalg.inv, lambda a: np.linalg.solve(a, np.ones(2)), lambda a: np.linalg.matrix_power(a, -1)):
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            f(Value(np.ones((2, 2))))


def test_the_order_of_products_is_the_cheapest() -> None:
    """The example of Cormen, Leiserson, Rivest and Stein, section 15.2: ((A₁(A₂A₃))((A₄A₅)A₆))."""
    cuts = _cheapest_cuts([30, 35, 15, 5, 10, 20, 25])
    assert (cuts[0, 5], cuts[0, 2], cuts[3, 5]) == (2, 0, 4)


def test_jitted() -> None:
    def step(a: Any, b: Any) -> Any:
        return ad.value_and_grad(lambda a, b: np.sum(np.linalg.solve(a, b) ** 2), argnums=(0, 1))(a, b)

    run, b = ad.jit(step), A(3)
    for a in (SQUARE, SQUARE.T.copy()):
        value, gradients = run(a, b)
        expected, wanted = step(a, b)
        assert value == pytest.approx(expected)
        for g, w in zip(gradients, wanted, strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-12)


def test_one_operand_for_both() -> None:
    check(lambda a: np.linalg.solve(a, a @ a), SQUARE)


def test_both_operands_share_one_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk solves with the transposed matrix once, not once for each operand; the next walk does so anew."""
    a, b, counted = Value(SQUARE), Value(A(3)), []
    out = np.sum(np.linalg.solve(a, b) ** 2)
    solve = np.linalg._linalg.solve
    monkeypatch.setattr(np.linalg, "solve", lambda *operands: counted.append(1) or solve(*operands))
    for walks in (1, 2):
        out.backward()
        assert len(counted) == walks
    monkeypatch.undo()
    np.testing.assert_allclose(b.grad / 2, np.linalg.solve(SQUARE.T, 2 * np.linalg.solve(SQUARE, b.data)))
