"""debug_nans around jitted functions, training, and whatever else runs a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.errors import TracingError
from tests.autodiff.debugging.caught import caught, root


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


def test_complex_numbers() -> None:
    z = Value(np.array([1 + 1j, 0j]))
    error = caught(lambda: np.abs(np.sum(1 / z)).backward())
    assert error.operation == "divide"
    assert "at [1]" in str(error)
    assert caught(lambda: ad.jacobian(lambda z: np.sqrt(z) * 2)(z.data)).operation.endswith("of sqrt")


def test_lazy_arrays_are_not_looked_at() -> None:
    array = pytest.importorskip("dask.array")
    x = Value(array.from_array(np.array([1.0, 0.0])))
    with ad.debug_nans():
        loss = np.sum(np.log(x) * 2)
        loss.backward()
    assert loss.data.compute() == -np.inf


def test_scalar_networks() -> None:
    """micrograd's graphs: thousands of numbers."""
    model = nn.scalar.MLP(2, [4, 1])
    with ad.debug_nans():
        (model([1.0, 2.0]) ** 2).backward()
    model.parameters()[0].data = np.inf
    assert "a leaf of shape () holds inf" in str(caught(lambda: float((model([1.0, 2.0]) * 0.5).data)))


def test_a_pull_that_is_called_later_and_a_search_by_scipy() -> None:
    _, pull = ad.vjp(root, np.array([1.0, 0.0]))
    assert caught(lambda: pull(1.0)).operation == "derivative of sqrt"
    with ad.debug_nans():
        found = ad.optimize.minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(2))
    np.testing.assert_allclose(found.x, 1, atol=1e-6)
