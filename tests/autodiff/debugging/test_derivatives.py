"""debug_nans on gradients and tangents, and on what transforms give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.errors import GraphError
from autodiff.testing import Expression, expressions
from tests.autodiff.debugging.caught import caught, root, values


def test_a_derivative_that_is_infinite_is_named() -> None:
    (x,) = values([4.0, 0.0])

    def f() -> None:
        root = np.sqrt(x)
        (root * 3).sum().backward()

    error = caught(f)
    assert error.operation == "derivative of sqrt"
    assert error.line.endswith("root = np.sqrt(x)")
    text = str(error)
    assert "with respect to its operand 0 gave inf at [1], and it reached the gradient of the leaf 'v0'" in text
    assert "arriving gradient: shape (2,), float64, [1] = 3.0" in text
    assert "result: shape (2,), float64, [1] = 0.0" in text
    assert x.grad.tolist() == [0.0, 0.0]


def test_an_exact_zero_wins_and_does_not_raise() -> None:
    x = Value(0.0)
    with ad.debug_nans():
        (np.sqrt(x) * 0 + x * x * np.sqrt(x + 1)).backward()
        np.sqrt(np.sum(Value(np.zeros(3)) ** 2)).backward()
    assert x.grad == 0.0


def test_the_way_of_a_gradient() -> None:
    (x,) = values([0.0, 1.0])
    error = caught(lambda: np.sum(np.sqrt(np.sin(x * 2)) * 5).backward())
    assert error.path == ("derivative of sqrt", "derivative of sin", "derivative of multiply")


def wrong(name: str, *rules: Any, **more: Any) -> Any:
    return ad.primitive(lambda x, y: 1 * np.arctan2(x, y), rules, name=name, **more)


@pytest.mark.usefixtures("own_entries")
def test_a_custom_rule_that_gives_nan() -> None:
    angle = wrong("my_angle", lambda g, x, y: g * y / (x * x + y * y), lambda g, x, y: -g * x / (x * x + y * y))
    x, y = values([0.0, 1.0], [0.0, 1.0])
    with ad.debug_nans():
        np.arctan2(x, y).sum().backward()
    error = caught(lambda: (angle(x, y) * 2).sum().backward())
    assert error.operation == "derivative of my_angle"
    assert "gave nan at [0]" in str(error)


@pytest.mark.usefixtures("own_entries")
def test_a_rule_that_divides_numbers_by_zero() -> None:
    half = ad.primitive(lambda x: 0.5 * x, [lambda g, x: g / x], name="half_by_division")
    assert caught(lambda: half(Value(0.0)).backward()).operation == "derivative of half_by_division"


def test_an_infinity_that_was_harmless_on_the_way_there_and_is_not_on_the_way_back() -> None:
    """Row 1 of the product is left out, so it reaches no value; its zero gradient meets the infinity in the rule."""
    w, x = values([[1.0, 2.0]], [[1.0], [1000.0]])

    def f() -> None:
        h = np.exp(x)
        (h @ w)[0].sum().backward()

    error = caught(f)
    assert error.operation == "exp"
    assert error.path == ("exp", "derivative of matmul")
    assert "the gradient of the leaf 'v0'" in str(error)


def test_gradients_that_add_up_to_infinity() -> None:
    x = Value(1.0, label="x")

    def f() -> None:
        (x * 1e308 - 1e308 + x * 1e308 - 1e308).backward()

    error = caught(f)
    assert "finite gradients that arrive at the leaf 'x' add up to inf" in str(error)
    assert error.operation == "sum of gradients"


def test_a_gradient_that_a_small_dtype_cannot_hold() -> None:
    x = Value(np.zeros(1, np.float32))
    error = caught(lambda: np.sum(x * 1e30 * np.full(1, 1e30)).backward())
    assert error.operation.startswith("derivative of ")


def test_backward_that_frees_its_graph() -> None:
    (x,) = values([4.0, 0.0])
    error = caught(lambda: np.sqrt(x).sum().backward(retain_graph=False))
    assert error.operation == "derivative of sqrt"
    with ad.debug_nans():
        loss = (x * x).sum()
        loss.backward(retain_graph=False)
    assert x.grad.tolist() == [8.0, 0.0]
    with pytest.raises(GraphError, match="freed"):
        loss.backward()


def test_operations_from_before_are_named_without_their_line() -> None:
    (x,) = values([4.0, 0.0])
    loss = np.sqrt(x).sum()
    error = caught(loss.backward)
    assert error.operation == "derivative of sqrt"
    assert error.line == ""
    assert "it ran before debug_nans() was on" in str(error)
    assert caught(np.log(x).sum().backward).operation == "log"


def test_every_transform() -> None:
    x = np.array([1.0, 0.0])
    for f in (ad.grad(root), ad.value_and_grad(root), ad.jacobian(root), ad.elementwise_grad(np.sqrt)):
        error = caught(lambda f=f: f(x))
        assert error.operation == "derivative of sqrt"
        assert "the gradient of argument 0" in str(error)
    assert caught(lambda: ad.vjp(root, x)[1](1.0)).operation == "derivative of sqrt"
    assert caught(lambda: ad.vjp(np.log, x)).operation == "log"
    assert caught(lambda: ad.jvp(root, (x,), (np.ones(2),))).operation == "tangent of sqrt"
    assert caught(lambda: ad.jacobian(np.sqrt)(x)).operation in ("derivative of sqrt", "tangent of sqrt")


def test_the_tangent_of_a_function_names_its_way() -> None:
    error = caught(lambda: ad.jvp(root, (np.array([1.0, 0.0]),), (np.ones(2),)))
    assert error.path == ("tangent of sqrt", "tangent of multiply", "tangent of sum")
    assert "arriving tangent: shape (2,), float64, [1] = 1.0" in str(error)


def test_second_derivatives_name_the_derivative_they_come_from() -> None:
    def power(x: Any) -> Any:
        return np.sum(x**1.5)

    for f in (ad.hessian(power), lambda x: ad.hvp(power)(x, np.ones(2))):
        error = caught(lambda f=f: f(np.array([1.0, 0.0])))
        assert error.operation == "tangent of power"
        assert "in the derivative of power, in power, test_derivatives.py" in str(error)
        assert error.line.endswith("return np.sum(x**1.5)")
    error = caught(lambda: ad.grad(lambda x: ad.grad(power)(x).sum())(np.array([1.0, 0.0])))
    assert error.operation == "derivative of power"


def test_an_inner_derivative_that_is_infinite_but_masked_outside() -> None:
    """The inner gradient is a result of its own: it is checked when it is made."""
    assert caught(lambda: ad.grad(lambda x: np.where(x > 1, ad.grad(np.sqrt)(x), 0.0))(0.0)).operation == (
        "derivative of sqrt"
    )


def test_an_entry_without_a_forward_rule_and_one_with_any_number_of_operands() -> None:
    x = np.array([0.0, 1.0])
    f = lambda x: np.prod(np.concatenate([np.sqrt(x) + 1, x]))
    assert caught(lambda: ad.jvp(f, (x,), (np.ones(2),))).operation == "tangent of sqrt"
    assert caught(lambda: ad.grad(lambda x: f(x) + np.sqrt(x).sum())(x)).operation == "derivative of sqrt"


def test_checkpoint_names_the_operation_inside() -> None:
    x = Value(0.0)
    assert caught(lambda: ad.checkpoint(lambda v: np.sqrt(v) * 2)(x).backward()).operation == "derivative of sqrt"
    assert caught(lambda: ad.checkpoint(lambda v: np.log(v) * 2)(x).backward()).operation == "log"


@given(expressions(scalar=True), st.sampled_from([0.0, 1e3, -1e3, 1e160, np.inf, np.nan]), st.integers(0, 9))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_it_raises_exactly_where_a_result_or_a_gradient_is_not_finite(e: Expression, wild: float, place: int) -> None:
    inputs = [np.array(x, dtype=float) for x in e.inputs]
    chosen = inputs[place % len(inputs)]
    chosen[np.unravel_index(place % chosen.size, chosen.shape)] = wild
    with np.errstate(all="ignore"):
        leaves = [Value(x) for x in inputs]
        loss = e(*leaves)
        if not isinstance(loss, Value):
            return
        loss.backward()
        finite = np.isfinite(loss.item()) and all(np.all(np.isfinite(leaf.grad)) for leaf in leaves)
        leaves = [Value(x) for x in inputs]
        if finite:
            with ad.debug_nans():
                e(*leaves).backward()
            return
        error = caught(lambda: e(*leaves).backward())
    if np.isnan(wild) and np.isnan(loss.item()):  # (an infinity may have become a number, say by arctan, on the way)
        assert "leaf of shape" in error.operation
    assert error.path
