"""What a function changes in place while it is traced: followed where a program can, refused elsewhere."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import TracingError
from tests.autodiff.compiler.alike import assert_alike

X = np.array([1.0, 2.0, 3.0])


def eager_and_jitted(function: Any, *arguments: Any, calls: int = 3) -> None:
    """Both give the same, call after call. Arguments are copied: a call may change them."""
    run = ad.jit(function)
    for _ in range(calls):
        expected = function(*(np.copy(a) for a in arguments))
        assert_alike(run(*arguments), expected)


def test_arrays_of_ones_own() -> None:
    def function(x: Any) -> Any:
        h = x * 2
        h += 1
        h *= x
        h -= x[0]
        h /= 4.0
        return h

    eager_and_jitted(function, X)


def test_leaves() -> None:
    def trained(jitted: bool) -> list[Any]:
        w, seen = Value(X), []

        def step(rate: Any) -> Any:
            w.grad = None
            (w * w).sum().backward()
            w.grad *= 0.5
            before = w.data.copy()
            w.data -= rate * w.grad
            return before

        run = ad.jit(step) if jitted else step
        for rate in (0.1, 0.2, 0.3):
            seen += [run(rate), w.data.copy(), w.grad.copy()]
        return seen

    assert_alike(trained(True), trained(False))


def test_dtype_and_shape_stay_those_of_the_array() -> None:
    p = Value(np.ones(3, np.float32))

    @ad.jit
    def step(rate: Any) -> None:
        p.data -= rate * p.data

    step(np.array([0.1, 0.2, 0.3]))
    assert p.dtype == np.float32

    def subtract_in_place(z: Any) -> None:
        p.data -= z

    with pytest.raises(TracingError, match=r"in place.*dtype float32.*complex128"):
        ad.jit(subtract_in_place)(1j * X)
    with pytest.raises(TracingError, match=r"in place.*shape \(3,\).*shape \(2, 3\)"):
        ad.jit(lambda x: (x[0] * 1).__iadd__(x))(np.ones((2, 3)))


def other_name(x: Any) -> Any:
    y = z = x * 2
    y += 1
    return z


def a_view(x: Any) -> Any:
    y = x * 2
    z = y[1:]
    y += 1
    return z


def through_a_view(x: Any) -> Any:
    y = x * 2
    z = y[1:]
    z += 1
    return y


def reshaped(x: Any) -> Any:
    y = x * 2
    z = y.reshape(3, 1)
    y += 1
    return z * 1


def an_argument(x: Any) -> Any:
    x += 1
    return x * 2


def a_gradient(x: Any) -> Any:
    w = Value(x)
    (w * w).sum().backward()
    g = w.grad
    g *= 0.1
    return w.grad


WEIGHT = Value(X)


def the_gradient_of_a_captured_leaf(x: Any) -> None:
    (WEIGHT * x).sum().backward()
    g = WEIGHT.grad
    g *= 0.1


def the_data_of_a_captured_leaf(x: Any) -> None:
    d = WEIGHT.data
    d -= x


def data_read_before_a_step(x: Any) -> Any:
    before = WEIGHT.data
    WEIGHT.data -= x
    return before


@pytest.mark.parametrize(
    "function",
    [
        other_name,
        a_view,
        through_a_view,
        reshaped,
        an_argument,
        a_gradient,
        the_gradient_of_a_captured_leaf,
        the_data_of_a_captured_leaf,
        data_read_before_a_step,
    ],
)
def test_an_array_known_by_another_name(function: Any) -> None:
    before = WEIGHT._data.copy()
    with pytest.raises(
        TracingError, match=rf"changed in place.*another name.*\n  in {function.__name__}, test_in_place"
    ):
        ad.jit(function)(X)
    assert_alike(WEIGHT._data, before)


def test_leaves_do_not_share_a_gradient() -> None:
    a, b = Value(X), Value(X)

    @ad.jit
    def step() -> Any:
        (a + b).sum().backward()
        a.grad *= 2
        return b.grad

    assert step().tolist() == [1.0, 1.0, 1.0]
    assert a.grad.tolist() == [2.0, 2.0, 2.0]


def test_a_constant_that_is_changed_between_uses() -> None:
    def function(x: Any) -> Any:
        buffer = np.zeros(3)
        first = x * buffer
        buffer += 1
        second = x * buffer
        buffer[0] = 7.0
        return first, second, x * buffer

    eager_and_jitted(function, X)


def test_numbers_are_bound_anew() -> None:
    def function(x: Any) -> Any:
        total = first = x * 1.0
        total += x
        total **= 2
        return total, first

    run = ad.jit(function)
    assert run(3.0) == run(3.0) == (36.0, 3.0)


def test_values_are_bound_anew() -> None:
    w = Value(X)

    def function(x: Any) -> Any:
        total = first = w * x
        total += x
        return total.sum() + first.sum()

    assert ad.jit(function)(X).item() == function(X).item()


def read_in_a_thread(x: Any) -> Any:
    seen: list[Any] = []
    worker = threading.Thread(target=lambda: seen.append(x.data * 3))
    worker.start()
    worker.join()
    return seen[0] if seen else x


def computed_in_a_thread(x: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: x * 3).result() * 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("function", [read_in_a_thread, computed_in_a_thread])
def test_work_in_other_threads(function: Any) -> None:
    with pytest.raises(TracingError, match="thread"):
        ad.jit(function)(X)
