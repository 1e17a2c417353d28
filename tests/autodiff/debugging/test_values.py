"""debug_nans on results: the first operation whose infinity or NaN reaches them is named; what is masked is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.debugging.caught import caught, values


def test_an_infinity_in_the_middle_is_named_with_line_operands_and_path() -> None:
    (x,) = values([2.0, 0.0, 1.0])

    def f() -> None:
        h = np.log(x)
        (np.sin(x) + h * 3).sum().backward()

    error = caught(f)
    assert error.operation == "log"
    assert error.path == ("log", "multiply", "add", "sum")
    assert "test_values.py" in error.line
    assert error.line.endswith("h = np.log(x)")
    text = str(error)
    assert text.startswith("log gave -inf at [1], and it reached the value given to backward()\n")
    assert "operand 0: shape (3,), float64, [1] = 0.0\n" in text
    assert x.grad.tolist() == [0, 0, 0]
    assert isinstance(error, FloatingPointError)


def test_two_operands_are_shown_at_the_offending_element() -> None:
    x, y = values([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0])
    error = caught(lambda: (x / y).data)
    assert error.operation == "divide"
    assert "gave inf at [0, 1] (2 elements of shape (2, 2) are not finite)" in str(error)
    assert "operand 0: shape (2, 2), float64, [0, 1] = 2.0" in str(error)
    assert "operand 1: shape (2,), float64, [1] = 0.0" in str(error)


def test_what_is_masked_does_not_raise() -> None:
    x, y = values([2.0, 0.0], [1.0, 1.0])
    with ad.debug_nans():
        loss = np.sum(np.where(x.data > 0, np.log(x), 0) + y)
        loss.backward()
        assert loss.item() == pytest.approx(2 + np.log(2))
    assert x.grad.tolist() == [0.5, 0.0]


def test_the_first_that_matters_is_named_and_not_a_masked_one_before_it() -> None:
    x, y = values([2.0, 0.0], [0.0, 1.0])

    def f() -> None:
        masked = np.where(np.array([True, False]), np.log(x), 0.0)
        (masked + 1 / y + np.exp(1e3 * y)).sum().backward()

    error = caught(f)
    assert error.operation == "divide"
    assert error.path == ("divide", "add", "add", "sum")


def test_masks_are_followed_element_by_element_through_any_operation() -> None:
    """The logarithm is infinite at 1, which the index leaves out; the quotient at 0, which it takes."""
    x, y = values([2.0, 0.0, 2.0], [0.0, 1.0, 1.0])

    def f() -> Any:
        both = np.stack([np.log(x), 1 / y])
        return both.T[np.array([0, 2])].sum().item()

    assert caught(f).path == ("divide", "reshape", "concatenate", "transpose", "getitem", "sum")


def test_of_two_that_reach_the_result_the_first_is_named() -> None:
    x, y = values([0.0, 1.0], [1.0, 0.0])

    def f() -> Any:
        late = 1 / y
        return np.concatenate([np.log(x), late]).sum().item()

    assert caught(f).operation == "divide"
    assert caught(lambda: (np.log(x) + 1 / y).data).operation == "log"


def test_infinity_minus_infinity_is_the_fault_of_whoever_made_the_infinity() -> None:
    error = caught(lambda: (np.exp(Value(800.0)) - np.exp(Value(900.0))).data)
    assert error.operation == "exp"
    assert "operand 0: 800.0" in str(error)
    assert error.path == ("exp", "subtract")


def test_two_infinities_that_only_matter_together() -> None:
    x, y = values([0.0, 1.0], [0.0, 1.0])
    error = caught(lambda: np.minimum(-np.log(x), 1 / y).sum().backward())
    assert error.operation == "log"
    assert caught(lambda: np.min(1 / np.zeros(2) + x).data).operation == "a constant"
    assert caught(lambda: np.min(1 / (x * 0)).data).path == ("divide", "min")


def test_multiplied_by_zero_is_nan_and_that_matters() -> None:
    (x,) = values([1.0])
    assert caught(lambda: (np.exp(x * 1000) * np.zeros(1)).sum().backward()).path == ("exp", "multiply", "sum")


def test_float32_overflows_where_float64_does_not() -> None:
    x = Value(np.full((2, 2), 1e30, np.float32))
    with ad.debug_nans():
        assert (Value(x.data.astype(float)) @ x).sum().item() > 0
    error = caught(lambda: (x @ x).sum().backward())
    assert error.operation == "matmul"
    assert "float32" in str(error)
    assert caught(lambda: np.exp(Value(np.float32(100))).item()).operation == "exp"


def test_a_reduction_that_overflows() -> None:
    assert caught(lambda: np.sum(Value(np.full(20, 1e308))).backward()).operation == "sum"


def test_large_arrays_are_described() -> None:
    x = Value(np.linspace(-1, 1, 101))
    error = caught(lambda: np.sum(np.log(x)).backward())
    assert "log gave nan at [0] (51 elements of shape (101,) are not finite)" in str(error)
    m = Value(np.full((20, 20), 1e200))
    assert "shape (20, 20), float64, from 1e+200 to 1e+200" in str(caught(lambda: np.sum(m @ m).backward()))


def test_long_paths_are_shortened() -> None:
    def f() -> None:
        h = np.log(Value(0.0))
        for _ in range(100):
            h = h + 1
        h.backward()

    error = caught(f)
    assert len(error.path) == 101
    assert "… 85 more …" in str(error)


def test_results_of_several_parts() -> None:
    a = Value(np.diag([4.0, 0.0]))

    def f() -> Any:
        w, _ = np.linalg.eigh(a)
        return np.log(w).sum().item()

    assert caught(f).operation == "log"
    assert caught(lambda: np.linalg.eigh(1e200 * a * 1e200)[0].sum().item()).operation == "multiply"


READINGS = [
    lambda v: v.data,
    lambda v: v.item(),
    repr,
    lambda v: f"{v}",
    lambda v: f"{v:.3f}",
    lambda v: np.asarray(ad.stop_gradient(v)),
    lambda v: float(ad.stop_gradient(v)),
    lambda v: bool(ad.stop_gradient(v)),
    lambda v: complex(ad.stop_gradient(v)),
]


@pytest.mark.parametrize("read", READINGS)
def test_whatever_reads_a_result(read: Callable[[Value], Any]) -> None:
    x = Value(0.0)
    assert caught(lambda: read(np.log(x) * 2)).operation == "log"


def test_results_without_a_gradient_are_watched_too() -> None:
    x = Value(np.array([1.0, 0.0]), label="x")

    def f() -> Any:
        with ad.no_grad():
            return float(np.mean(np.log(x) * 2))

    error = caught(f)
    assert error.path[:3] == ("log", "multiply", "sum")
    with ad.debug_nans(), ad.no_grad():
        kept = np.log(x)
        assert kept._operands == ()
        assert kept._prev == ()
        assert not kept._carries
        assert float((np.log(x) > 0).sum()) == 0.0


def test_reading_a_leaf_or_a_gradient_that_was_there_before_is_no_fault() -> None:
    x = Value(np.array([np.nan, 1.0]))
    (x * 2).sum().backward()
    x.grad = np.array([np.inf, 1.0])
    with ad.debug_nans():
        assert np.isnan(x.data).tolist() == [True, False]
        assert x.grad.tolist() == [np.inf, 1.0]
        assert "nan" in repr(x)


def test_nan_in_a_leaf_names_the_leaf() -> None:
    (x,) = values([1.0, np.nan])
    error = caught(lambda: (x * 2).sum().backward())
    assert str(error).startswith("the leaf 'v0' holds nan at [1], and it reached the value given to backward()")
    assert error.path == ("the leaf 'v0'", "multiply", "sum")
    assert "a leaf of shape (1,) holds nan" in str(caught(lambda: (Value([np.nan]) * 2).data))


def test_nan_in_an_argument_names_the_argument() -> None:
    p = {"w": np.array([1.0, np.inf]), "b": 0.0}
    error = caught(lambda: ad.grad(lambda s, p: (p["w"] * s + p["b"]).sum(), argnums=(0, 1))(1.0, p))
    assert str(error).startswith("argument 1['w'] holds inf at [1], and it reached the result of <lambda>")
    assert caught(lambda: ad.grad(lambda x: x)(np.nan)).operation == "argument 0"


def test_nan_in_a_constant_names_the_operand() -> None:
    (x,) = values([1.0, 1.0])
    error = caught(lambda: (x * np.array([1.0, np.nan])).sum().backward())
    assert "a constant, operand 1 of multiply, holds nan at [1]" in str(error)
    assert ".sum().backward()" in error.line


def test_nan_in_a_gradient_or_tangent_that_was_given() -> None:
    (x,) = values([1.0, 2.0])
    error = caught(lambda: (x * 2).backward(np.array([np.nan, 1.0])))
    assert "the gradient that was given holds nan at [0]" in str(error)
    assert error.path == ("the gradient given", "derivative of multiply")
    error = caught(lambda: ad.jvp(np.sin, (1.0,), (np.inf,)))
    assert "the tangent that was given holds inf" in str(error)
