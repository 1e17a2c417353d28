"""Reverse mode: backward, what it accumulates, and that it holds for graphs of any size."""

# A rule is read by its parameter names:
# ruff: noqa: PLW0108

from __future__ import annotations

import gc
import math
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import GraphError, ShapeError
from autodiff.primitives import TABLE


def test_repeated_backward_accumulates_in_leaves_and_sets_between() -> None:
    x = Value(3.0)
    y = x * x
    z = y * 2
    z.backward()
    z.backward()
    assert x.grad == 24.0
    assert y.grad == 2.0
    assert z.grad == 1.0


def test_two_losses_accumulate() -> None:
    x = Value(np.array([1.0, 2.0]))
    (x * x).sum().backward()
    (3 * x).sum().backward()
    assert x.grad.tolist() == [5.0, 7.0]


def test_zero_grad() -> None:
    x = Value(3.0)
    (x * x).backward()
    x.zero_grad()
    assert x.grad == 0.0
    (x * x).backward()
    assert x.grad == 6.0


def test_the_same_operand_twice() -> None:
    x = Value(3.0)
    (x + x).backward()
    assert x.grad == 2.0
    x = Value(np.ones(2))
    (x * x * x - x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    np.concatenate([x, x]).sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]
    m = Value(np.eye(2))
    (m @ m @ m).sum().backward()
    assert m.grad.tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_backward_from_an_interior_value_and_from_a_leaf() -> None:
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0
    y = x * 3
    y.backward()
    assert x.grad == 4.0


def test_given_gradient() -> None:
    x = Value(np.array([1.0, 2.0]))
    y = x * x
    y.backward([1.0, 10.0])
    assert x.grad.tolist() == [2.0, 40.0]
    assert y.grad.tolist() == [1.0, 10.0]
    y.backward(Value(np.ones(2)) > 0)
    assert x.grad.tolist() == [4.0, 44.0]


def test_a_single_element_counts_as_a_scalar() -> None:
    x = Value(np.array([[2.0]]))
    (x * x).backward()
    assert x.grad.tolist() == [[4.0]]


def test_retain_graph_false_frees() -> None:
    x = Value(np.array([1.0, 2.0]))
    y = x * x
    loss = y.sum()
    loss.backward(retain_graph=False)
    assert x.grad.tolist() == [2.0, 4.0]
    assert loss.data == 5.0
    for again in (loss.backward, lambda: (y * 2).sum().backward()):
        with pytest.raises(GraphError, match=r"freed.*retain_graph"):
            again()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


def test_a_shared_part_is_summed_over_all_ways() -> None:
    x = Value(0.5)
    shared = np.sin(x)
    (shared * np.exp(shared) + shared).backward()
    s, c = np.sin(0.5), np.cos(0.5)
    assert x.grad == pytest.approx(c * (np.exp(s) + s * np.exp(s) + 1))


def test_sums_are_deterministic() -> None:
    """Descending serial fixes the order of every sum: the same program gives the same bits."""

    def gradient() -> bytes:
        rng = np.random.default_rng(0)
        x = Value(rng.normal(size=50).astype(np.float32))
        parts = [np.sin(x * k) * rng.normal() for k in range(20)]
        for part in sorted(parts, key=lambda _: rng.random()):
            (part * part).sum().backward()
        total = sum(parts[::-1])
        total.sum().backward()
        return x.grad.tobytes()

    assert len({gradient() for _ in range(5)}) == 1


def test_gradients_are_not_aliased() -> None:
    """The rule for add hands g itself to both operands; what is summed into one must not reach the other."""
    a, b = Value(np.ones(3)), Value(np.ones(3))
    c = a + b
    d = c + a
    (d + c).sum().backward()
    assert a.grad.tolist() == [3.0, 3.0, 3.0]
    assert b.grad.tolist() == [2.0, 2.0, 2.0]
    assert c.grad.tolist() == [2.0, 2.0, 2.0]
    assert d.grad.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("kind", [float, np.float32, np.complex64, np.complex128])
@pytest.mark.parametrize("ways", [2, 3, 4, 7])
def test_scalars_that_are_used_often(kind: Any, ways: int) -> None:
    """Rules may answer 0-d arrays (np.where does): their sums must not be lost."""
    x = Value(kind(2))
    total: Any = 0
    for _ in range(ways):
        total = total + np.where(True, x, 0)
    np.real(total).backward()
    assert x.grad == ways
    assert type(x.grad) is kind
    grad = ad.grad(lambda x: sum(np.real(np.where(True, x, 0)) for _ in range(ways)))(kind(2))
    assert type(grad) is kind
    assert grad == ways


def test_backward_of_broadcast_operands() -> None:
    a, b = Value(np.ones((2, 1))), Value(np.ones((1, 3)))
    s = Value(1.0)
    (a * b * s).sum().backward()
    assert a.grad.tolist() == [[3.0], [3.0]]
    assert b.grad.tolist() == [[2.0, 2.0, 2.0]]
    assert s.grad == 6.0


def test_shape_of_a_rule_is_checked() -> None:
    wrong = ad.linear(lambda x: x * 2.0, [lambda g: np.sum(g)], name="test_wrong_shape")
    with pytest.raises(ShapeError, match="rule of test_wrong_shape"):
        wrong(Value(np.ones(3))).sum().backward()


def test_chain_of_a_million_operations() -> None:
    x = y = Value(1.0)
    for _ in range(500_000):
        y = y * 1.0
        y = y + 0.0
    y.backward()
    assert x.grad == 1.0
    del y
    gc.collect()
    _, slope = ad.jvp(lambda v: _chain(v, 20_000), (1.0,), (1.0,))
    assert slope == 1.0


def _chain(v: Any, length: int) -> Any:
    for _ in range(length):
        v = -v
    return v


def test_long_chain_is_freed_by_reference_counting() -> None:
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        y = _chain(Value(1.0), 10_000)
        y.backward()
        used = tracemalloc.get_traced_memory()[0]
        del y
        left = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    finally:
        gc.enable()
    assert left < used / 10


def test_memory_of_a_scalar_node() -> None:
    x = Value(1.0)
    gc.collect()
    tracemalloc.start()
    y, count = x, 10_000
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(count):
        y = y * x
    per_node = (tracemalloc.get_traced_memory()[0] - before) / count
    tracemalloc.stop()
    assert per_node < 400, f"{per_node} bytes"


def test_backward_inside_a_differentiated_function_raises() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.backward()
        return y

    with pytest.raises(GraphError, match="inside a function that is being differentiated"):
        ad.grad(f)(2.0)


def test_gradient_of_complex_leaves() -> None:
    """The gradient of |z|² is 2·conj(z): descent goes along its conjugate."""
    z = Value(np.array([1 + 2j, -3j]))
    (np.abs(z) ** 2).sum().backward()
    np.testing.assert_allclose(z.grad, 2 * np.conj(z.data))
    np.testing.assert_allclose(ad.grad(lambda z: np.sum(np.real(z * np.conj(z))))(z.data), 2 * np.conj(z.data))
    step = z.data - 0.1 * np.conj(z.grad)
    assert np.sum(np.abs(step) ** 2) < np.sum(np.abs(z.data) ** 2)


def test_interior_gradients_can_be_read() -> None:
    x = Value(np.array([1.0, 2.0]))
    y = np.exp(x)
    (y * y).sum().backward()
    np.testing.assert_allclose(y.grad, 2 * y.data)
    with pytest.raises(ValueError, match="read-only"):
        y.grad[0] = 1


def test_unused_operands_and_branches() -> None:
    x, y = Value(2.0), Value(3.0)
    _ = x * y
    (x * 2).backward()
    assert y.grad == 0.0


def test_rules_are_not_called_for_constants() -> None:
    """log(x) for a constant exponent would warn for a negative base."""
    x = Value(np.array([-2.0, 3.0]))
    (x**2.0).sum().backward()
    assert x.grad.tolist() == [-4.0, 6.0]
    x.grad = None
    (x ** np.array([3.0, 2.0])).sum().backward()
    assert x.grad.tolist() == [12.0, 6.0]


def test_freeing_frees_as_it_goes() -> None:
    """The results between are gone before the walk ends: at its last rule nobody holds the data of the first ones."""
    alive: list[int] = []
    first: list[weakref.ref[Any]] = []
    spy = ad.elementwise(
        lambda x: x + 0.0, [lambda x: alive.append(sum(ref() is not None for ref in first)) or 1.0], name="test_spy"
    )
    for free in (True, False):
        leaf = Value(np.ones(3))
        out = start = spy(leaf)
        for _ in range(5):
            out = np.sin(out)
            first.append(weakref.ref(out))
        del start
        total = out.sum()
        del out
        total.backward(retain_graph=not free)
        first.clear()
        np.testing.assert_allclose(leaf.grad, ad.grad(lambda x: _sines(x).sum())(np.ones(3)))
    assert alive == [0, 5]
    TABLE.pop("test_spy")


def _sines(x: Any) -> Any:
    for _ in range(5):
        x = np.sin(x)
    return x


def test_freeing_masks_as_well() -> None:
    """A walk that frees cannot run a second time: it masks where a contribution comes out non-finite."""
    for x in (np.array([0.0, 2.0]), 0.0):
        for f in (lambda v: np.where(v > 0, np.log(v), 0), lambda v: np.sqrt(v * v), lambda v: v**0.5 * 0.0):
            with np.errstate(all="ignore"):
                kept, freed = Value(x), Value(x)
                f(kept).sum().backward()
                f(freed).sum().backward(retain_graph=False)
            np.testing.assert_array_equal(kept.grad, freed.grad)
            assert np.all(np.isfinite(freed.grad))


def test_a_leaf_read_between_forward_and_a_recorded_backward() -> None:
    """Reading .data replaces the buffer by a copy: the same numbers, so the walk may refer to the leaf."""
    w = Value(np.array([1.0, 2.0]))

    def f(x: Any) -> Any:
        out = (w * x * x).sum()
        assert w.data.tolist() == [1.0, 2.0]
        return out

    ad.grad(f)(np.ones(2)).sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
def test_a_recorded_walk_divides_by_constants_as_numpy_does() -> None:
    """1/0.0 of Python's floats raises; the rules read constants as they are, so the walk tries NumPy's."""
    assert ad.hessian(lambda x: x * x / 0.0)(1.0) == math.inf
    assert ad.grad(ad.grad(lambda x: x * x / 0.0))(1.0) == math.inf
    assert ad.hvp(lambda x: x * x / 0.0)(1.0, 1.0) == math.inf
    for hidden in (lambda x: np.where(False, x / 0.0, x * x), lambda x: np.where(True, x * x, x / -0.0)):
        assert ad.hessian(hidden)(1.0) == 2.0
        assert ad.grad(ad.grad(hidden))(1.0) == 2.0
    w = Value(2.0)
    assert ad.grad(lambda x: w * x / 0.0)(1.0).data == math.inf
    assert ad.jvp(lambda x: w * x / 0.0, (1.0,), (1.0,))[1].data == math.inf
    step = ad.jit(lambda x: ad.grad(lambda x: x / 0.0)(x))
    assert step(1.0) == math.inf
    reverse_only = ad.primitive(lambda x, y: x / (y + 1.0), [lambda g, y: g / y, 0], name="test_divides_by_constants")
    assert ad.jvp(lambda x: reverse_only(x, 0.0), (1.0,), (1.0,))[1] == math.inf
