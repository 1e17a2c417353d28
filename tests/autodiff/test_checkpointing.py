"""checkpoint: the same derivatives with less memory. stop_gradient: a cut."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import GraphError


def block(x: Any) -> Any:
    return np.sin(np.exp(x) * x)


def test_reverse_mode() -> None:
    x = np.array([0.1, 0.5])
    f, g = (lambda x: np.sum(block(x) * x)), (lambda x: np.sum(ad.checkpoint(block)(x) * x))
    assert g(Value(x)).data == f(x)
    np.testing.assert_allclose(ad.grad(g)(x), ad.grad(f)(x), rtol=1e-15)


def test_forward_mode() -> None:
    x, t = np.array([0.1, 0.5]), np.array([1.0, -1.0])
    np.testing.assert_allclose(ad.jvp(ad.checkpoint(block), (x,), (t,))[1], ad.jvp(block, (x,), (t,))[1], rtol=1e-15)


@pytest.mark.parametrize("order", [2, 3])
def test_higher_orders_in_all_modes(order: int) -> None:
    forward = lambda f: lambda x: ad.jvp(f, (x,), (1.0,))[1]
    for word in range(2**order):
        f, g = block, ad.checkpoint(block)
        for bit in range(order):
            step = forward if word >> bit & 1 else ad.grad
            f, g = step(f), step(g)
        assert g(0.3) == pytest.approx(f(0.3), rel=1e-12), f"word {word:b}"


def test_nested_checkpoints() -> None:
    inner = ad.checkpoint(block)
    outer = ad.checkpoint(lambda x: inner(x) * inner(x * x))
    exact = lambda x: block(x) * block(x * x)
    for transform in (ad.grad, lambda f: ad.grad(ad.grad(f)), lambda f: lambda x: ad.jvp(f, (x,), (1.0,))[1]):
        assert transform(outer)(0.3) == pytest.approx(transform(exact)(0.3), rel=1e-13)


def test_captured_values_get_their_gradients() -> None:
    w, b = Value(np.array([1.0, 2.0])), Value(0.5)
    x = Value(np.array([0.3, 0.4]))
    f = lambda x: np.tanh(w * x + b)
    ad.checkpoint(f)(x).sum().backward()
    checked = [v.grad for v in (w, b, x)]
    for v in (w, b, x):
        v.zero_grad()
    f(x).sum().backward()
    for ours, exact in zip(checked, (w, b, x)):
        np.testing.assert_allclose(ours, exact.grad, rtol=1e-15)


def test_captured_results_get_their_gradients() -> None:
    """A result older than the call, reached by closure."""
    w = Value(2.0)
    shared = w * w
    out = ad.checkpoint(lambda x: x * shared)(Value(3.0))
    out.backward()
    assert w.grad == 12.0
    assert ad.grad(lambda w: ad.checkpoint(lambda x: x * w * w)(3.0))(2.0) == 12.0
    assert ad.jvp(lambda w: ad.checkpoint(lambda x: x * w * w)(w), (2.0,), (1.0,))[1] == 12.0
    assert ad.grad(ad.grad(lambda w: ad.checkpoint(lambda x: x * w * w)(w)))(2.0) == 12.0
    assert ad.jvp(ad.grad(lambda w: ad.checkpoint(lambda x: x * w * w)(w)), (2.0,), (1.0,))[1] == 12.0


CAPTURED = {"a number": 2.0, "one element": np.array([2.0]), "an array": np.array([2.0, 3.0, 4.0])}


@pytest.mark.parametrize("form", CAPTURED)
@pytest.mark.parametrize("older", [False, True], ids=["a leaf", "a result"])
def test_captured_values_in_forward_mode(form: str, older: bool) -> None:
    """Values are told apart by identity: == of them is elementwise."""
    p = CAPTURED[form]
    for held in (Value(p), Value(p) * 1.0 if older else Value(p)):
        out, tangent = ad.jvp(ad.checkpoint(lambda x, held=held: x * held), (1.0,), (1.0,))
        assert np.array_equal(out.data, p)
        assert np.array_equal(tangent.data, p)
    ours = ad.jacobian(lambda x, q: np.tile(ad.checkpoint(lambda x: x * q * p)(x), 2), (0, 1))(1.0, p)
    exact = ad.jacobian(lambda x, q: np.tile(x * q * p, 2), (0, 1))(1.0, p)
    for a, b in zip(ours, exact):
        np.testing.assert_array_equal(a, b)


def test_a_captured_leaf_with_new_data_raises() -> None:
    """The second run would read it, even where the results happen to be equal."""
    for run in (lambda y: y.backward(), lambda y: y.backward(retain_graph=False)):
        q = Value(np.array([2.0, 3.0]))
        y = ad.checkpoint(lambda x, q=q: x * q[0] * q[1])(Value(5.0))
        q.data = np.array([3.0, 2.0])
        with pytest.raises(GraphError, match=r"new \.data after the forward pass"):
            run(y)
    q = Value(np.array([2.0, 3.0]))
    y = ad.checkpoint(lambda x: x * q[0] * q[1])(Value(5.0))
    q.data[:] = [3.0, 2.0]
    with pytest.raises(GraphError, match="after the forward pass"):
        y.backward()
    q = Value(np.array([2.0, 3.0]))
    y = ad.checkpoint(lambda x: x * q[0] * q[1])(Value(5.0))
    q.data = np.array([2.0, 3.0])  # the same numbers
    y.backward()
    assert q.grad.tolist() == [15.0, 10.0]


def test_gradient_penalty_through_a_checkpoint() -> None:
    w = Value(np.array([2.0, -1.0]))
    x = np.array([0.5, 0.25])
    layer = ad.checkpoint(lambda x: np.tanh(w * x))
    np.sum(ad.grad(lambda x: np.sum(layer(x)))(x) ** 2).backward()
    checked = w.grad
    w.zero_grad()
    np.sum(ad.grad(lambda x: np.sum(np.tanh(w * x)))(x) ** 2).backward()
    np.testing.assert_allclose(checked, w.grad, rtol=1e-14)


def test_containers_constants_and_keywords() -> None:
    def f(p: Any, scale: float, *, mode: str, mask: Any) -> Any:
        assert mode == "m"
        return {"y": p["x"] * scale, "n": 3, "s": [np.where(mask, p["x"], 0).sum()]}

    x = Value(np.array([1.0, 2.0]))
    out = ad.checkpoint(f)({"x": x}, 2.0, mode="m", mask=np.array([True, False]))
    assert out["n"] == 3
    (out["y"].sum() + out["s"][0]).backward()
    assert x.grad.tolist() == [3.0, 2.0]
    x.zero_grad()
    out = ad.checkpoint(f)({"x": x}, 2.0, mode="m", mask=np.array([True, False]))
    out["y"].sum().backward()  # one of two results
    assert x.grad.tolist() == [2.0, 2.0]


def test_results_without_a_gradient() -> None:
    x = Value(np.array([1.0, -2.0]))
    assert ad.checkpoint(lambda x: x > 0)(x).data.tolist() == [True, False]
    assert ad.checkpoint(lambda x: 3)(x) == 3
    mask, y = ad.checkpoint(lambda x: (x > 0, x * 2))(x)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert np.asarray(mask.data if isinstance(mask, Value) else mask).tolist() == [True, False]


@pytest.mark.parametrize("other", [None, "text", 3, np.arange(3), {"k": [None, 1.5]}])
def test_results_that_are_no_values_in_both_modes(other: Any) -> None:
    f = ad.checkpoint(lambda y: (y * y, other, y > 0, {"z": 3 * y}))

    def g(x: Any) -> Any:
        out = f(x)
        return out[0] + out[3]["z"]

    assert ad.grad(g)(2.0) == 7.0
    assert ad.jvp(g, (2.0,), (1.0,)) == (10.0, 7.0)
    assert ad.hessian(g)(2.0) == 2.0
    back = f(Value(2.0))[1]
    assert back is other or np.array_equal(back, other)


def test_on_arrays_and_without_recording_it_is_the_function() -> None:
    assert ad.checkpoint(block)(np.array([0.5])).tolist() == block(np.array([0.5])).tolist()
    with ad.no_grad():
        assert not ad.checkpoint(block)(Value(0.5))._carries


def test_a_second_run_that_differs_raises() -> None:
    rng = np.random.default_rng(0)
    x = Value(np.ones(2))
    out = ad.checkpoint(lambda x: x * rng.normal(size=2))(x)
    with pytest.raises(GraphError, match="second time"):
        out.sum().backward()


def test_it_saves_memory() -> None:
    def deep(x: Any) -> Any:
        for _ in range(20):
            x = np.sin(x)
        return x

    def peak(f: Any) -> int:
        x = Value(np.ones(20_000))
        tracemalloc.start()
        y = f(x)
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        y.sum().backward()
        assert x.grad.any()
        return used

    assert peak(ad.checkpoint(deep)) < peak(deep) / 5


def test_repeated_backward() -> None:
    x = Value(0.5)
    out = ad.checkpoint(block)(x)
    out.backward()
    once = x.grad
    out.backward()
    assert x.grad == pytest.approx(2 * once)


def test_identity_and_shared_outputs() -> None:
    x = Value(2.0)
    a, b = ad.checkpoint(lambda x: (x, x))(x)
    (a * 3 + b * 4).backward()
    assert x.grad == 7.0


def test_the_same_argument_twice() -> None:
    x = Value(3.0)
    ad.checkpoint(lambda a, b: a * b)(x, x).backward()
    assert x.grad == 6.0
    assert ad.grad(lambda x: ad.checkpoint(lambda a, b: a * b * x)(x, x))(3.0) == 27.0


def test_stop_gradient() -> None:
    x = Value(np.array([1.0, 2.0]))
    y = ad.stop_gradient(x * 2)
    assert not y._carries
    assert y.data.tolist() == [2.0, 4.0]
    (x * y).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert ad.grad(lambda x: x * ad.stop_gradient(x))(3.0) == 3.0
    assert ad.jvp(lambda x: x * ad.stop_gradient(x), (3.0,), (1.0,))[1] == 3.0
    assert ad.grad(ad.grad(lambda x: x * ad.stop_gradient(x) * x))(3.0) == 6.0
    tree = ad.stop_gradient({"a": x, "b": [1, "s", None]})
    assert tree["b"] == [1, "s", None]
    assert float(ad.stop_gradient(Value(2.0))) == 2.0
    assert ad.stop_gradient(2.0) == 2.0
