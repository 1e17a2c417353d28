"""debug_nans: the first operation whose infinity or NaN reaches an end is named; what reaches none does not raise."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autodiff as ad
import nn
from autodiff import Value
from autodiff.debugging import history
from autodiff.errors import GraphError, NonFiniteError, TracingError, UnsupportedError
from autodiff.modes import EAGER, WATCHES, current_mode
from autodiff.primitives.kinds import TABLE
from autodiff.testing import Expression, expressions


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """NumPy warns of every division by zero here; and whatever happens, the mode is left behind."""
    with np.errstate(all="ignore"):
        yield
    assert current_mode() is EAGER
    assert not WATCHES


@pytest.fixture
def own_entries() -> Iterator[None]:
    """Entries that a test registers are gone afterwards."""
    before = set(TABLE)
    yield
    for name in set(TABLE) - before:
        del TABLE[name]


def caught(f: Callable[[], Any]) -> NonFiniteError:
    with pytest.raises(NonFiniteError) as error, ad.debug_nans():
        f()
    return error.value


def values(*data: Any) -> list[Value]:
    return [Value(np.array(x, dtype=float), label=f"v{i}") for i, x in enumerate(data)]


# --- forward ---------------------------------------------------------------------------------------------------------


def test_an_infinity_in_the_middle_is_named_with_line_operands_and_path() -> None:
    (x,) = values([2.0, 0.0, 1.0])

    def f() -> None:
        h = np.log(x)
        (np.sin(x) + h * 3).sum().backward()

    error = caught(f)
    assert error.operation == "log"
    assert error.path == ("log", "multiply", "add", "sum")
    assert "test_debug_nans.py" in error.line
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


# --- what is read ----------------------------------------------------------------------------------------------------

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


# --- what was given --------------------------------------------------------------------------------------------------


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


# --- backward --------------------------------------------------------------------------------------------------------


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


# --- transforms ------------------------------------------------------------------------------------------------------


def root(x: Any) -> Any:
    return np.sum(np.sqrt(x) * 2)


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
        assert "in the derivative of power, in power, test_debug_nans.py" in str(error)
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


# --- jit and nn ------------------------------------------------------------------------------------------------------


def test_a_jitted_function_runs_undecorated_and_names_the_culprit() -> None:
    w, ran = Value(np.array([1.0, 4.0]), label="w"), []

    @ad.jit
    def step(x: Any) -> Any:
        ran.append(1) if not isinstance(x, Value) else None
        loss = np.sum(np.sqrt(w) * x)
        w.grad = 0
        loss.backward()
        w.data = w.data - 1.0
        return loss

    ran.clear()
    before = step.cache_info()
    with ad.debug_nans():
        first = step(np.ones(2))
    assert ran == [1]
    assert type(first) is Value
    assert first.item() == pytest.approx(3.0)
    assert w.data.tolist() == [0.0, 3.0]
    assert w.grad.tolist() == [0.5, 0.25]
    assert step.cache_info() == before
    error = caught(lambda: step(np.ones(2)))
    assert error.operation == "derivative of sqrt"
    assert error.line.endswith("loss = np.sum(np.sqrt(w) * x)")
    assert w.data.tolist() == [0.0, 3.0]


def test_a_jitted_gradient_after_its_program_was_compiled() -> None:
    f = ad.jit(ad.grad(root))
    x = np.array([1.0, 0.0])
    for _ in range(3):
        assert f(x).tolist() == [1.0, np.inf]
    assert caught(lambda: f(x)).operation == "derivative of sqrt"
    assert f(x).tolist() == [1.0, np.inf]
    with ad.debug_nans():
        assert "sqrt" in str(f.lower(x))
        assert f(np.ones(2)).tolist() == [1.0, 1.0]
    assert f.cache_info().traces == 1


def test_inside_a_jitted_function_it_says_where_it_belongs() -> None:
    @ad.jit
    def f(x: Any) -> Any:
        with ad.debug_nans():
            return np.sin(x)

    with pytest.raises(TracingError, match=r"(?s)around the call.*with ad.debug_nans\(\):"):
        f(np.ones(2))
    with ad.debug_nans():
        assert f(np.zeros(2)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("jit", [False, True, "auto"])
def test_training_names_the_culprit(jit: bool | str) -> None:
    x = np.linspace(-1, 1, 20)[:, None]

    def loss(prediction: Any, y: Any) -> Any:
        return np.mean(np.log(prediction - prediction) * y)

    model = nn.MLP(1, [4, 1], rng=0)
    error = caught(lambda: nn.fit(model, x, x, loss=loss, epochs=600, jit=jit, rng=0, progress=False))
    assert error.operation == "log"
    assert error.line.endswith("return np.mean(np.log(prediction - prediction) * y)")


@pytest.mark.parametrize("jit", [False, True])
def test_training_under_debug_nans_is_training(jit: bool) -> None:
    x = np.linspace(-1, 1, 20)[:, None]
    losses = []
    for watched in (False, True):
        model = nn.MLP(1, [4, 1], rng=0)
        fit = ad.debug_nans(nn.fit) if watched else nn.fit
        history = fit(model, x, x**2, loss=nn.squared_error, epochs=5, jit=jit, rng=0, validation=0.2, progress=False)
        losses.append(history.loss + history.validation_loss)
    np.testing.assert_allclose(*losses, rtol=1e-12)


# --- the mode --------------------------------------------------------------------------------------------------------


def test_a_decorator_with_and_without_parentheses() -> None:
    def log(x: Value) -> Any:
        """Its logarithm."""
        return np.log(x).item()

    for watched in (ad.debug_nans()(log), ad.debug_nans(log)):
        assert watched.__doc__ == "Its logarithm."
        assert watched(Value(1.0)) == 0.0
        for _ in range(2):
            with pytest.raises(NonFiniteError):
                watched(Value(0.0))
    assert log(Value(0.0)) == -np.inf


def test_a_generator_is_watched_while_it_runs_and_its_caller_is_not() -> None:
    @ad.debug_nans()
    def logarithms() -> Iterator[Any]:
        x = yield 0.0
        while True:
            try:
                x = yield np.log(Value(x)).item()
            except KeyError:
                x = 0.0

    numbers = logarithms()
    next(numbers)
    assert current_mode() is EAGER
    assert numbers.send(1.0) == 0.0
    assert np.log(Value(0.0)).item() == -np.inf
    with pytest.raises(NonFiniteError):
        numbers.throw(KeyError())
    assert list(numbers) == []

    @ad.debug_nans
    def two() -> Iterator[int]:
        yield 1
        return 2

    def through() -> Iterator[Any]:
        yield (yield from two())

    assert list(through()) == [1, 2]
    closed = two()
    assert next(closed) == 1
    closed.close()


def test_a_coroutine_is_watched_and_its_neighbours_are_not() -> None:
    @ad.debug_nans()
    async def watched() -> str:
        await asyncio.sleep(0)
        try:
            return str(np.log(Value(0.0)).item())
        except NonFiniteError:
            return "named"

    async def free() -> str:
        await asyncio.sleep(0)
        return str(np.log(Value(0.0)).item())

    async def both() -> list[str]:
        return await asyncio.gather(watched(), free(), watched())

    assert asyncio.run(both()) == ["named", "-inf", "named"]


def test_only_functions_are_decorated() -> None:
    async def stream() -> Any:
        yield 1

    for thing in (int, 3, stream):
        with pytest.raises(UnsupportedError, match="with debug_nans"):
            ad.debug_nans()(thing)


def test_nested_and_entered_again() -> None:
    switch = ad.debug_nans()
    x = Value(0.0)
    with switch:
        with switch, ad.no_grad(), pytest.raises(NonFiniteError):
            np.log(x).item()
        with pytest.raises(NonFiniteError):
            np.log(x).item()
    assert np.log(x).item() == -np.inf


def test_other_threads_go_on_without() -> None:
    found: dict[str, Any] = {}
    x, switch = Value(0.0), ad.debug_nans()
    barrier = threading.Barrier(2)

    def watched() -> None:
        with np.errstate(all="ignore"), switch:
            barrier.wait(10)
            try:
                np.log(x).item()
            except NonFiniteError as error:
                found["watched"] = error.operation
            barrier.wait(10)

    def free() -> None:
        with np.errstate(all="ignore"):
            barrier.wait(10)
            found["free"] = np.log(x).item()
            barrier.wait(10)

    threads = [threading.Thread(target=f) for f in (watched, free)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"watched": "log", "free": -np.inf}


def test_nothing_is_kept_alive() -> None:
    gc.collect()
    before = len(history._ORIGINS)
    with ad.debug_nans():
        x = Value(np.ones(3))
        for _ in range(10):
            np.sum(np.sin(x) * x).backward()
            with ad.no_grad():
                np.log(x * 0)
    gc.collect()
    assert len(history._ORIGINS) == before


def test_a_long_chain_works() -> None:
    with ad.debug_nans():
        h = x = Value(1.0)
        for _ in range(20_000):
            h = h * 1.0
        h.backward(retain_graph=False)
    assert x.grad == 1.0

    def f() -> None:
        h = np.log(Value(0.0))
        with ad.no_grad():
            for _ in range(5_000):
                h = h + 1
        h.item()

    assert len(caught(f).path) == 5_001


def test_the_error_is_pickled_with_what_it_says() -> None:
    error = caught(lambda: np.log(Value(0.0)).item())
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.operation, copy.path) == (str(error), error.operation, error.path)


# --- a property ------------------------------------------------------------------------------------------------------


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
    if not np.isfinite(wild) and not np.isfinite(loss.item()):
        assert "leaf of shape" in error.operation
    assert error.path
