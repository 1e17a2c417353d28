"""Walking the graph: order, dependence, release."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import GraphError
from autodiff.graph import ancestors, dependents, newest_first


def test_descending_serial_is_reverse_topological_order() -> None:
    x = Value(1.0)
    a, b = np.sin(x), np.cos(x)
    y = a * b + a
    order = newest_first(ancestors([y]))
    assert len(order) == 5
    place = {node: i for i, node in enumerate(order)}
    for node in order:
        for operand in node._operands:
            assert place[operand] > place[node]


def test_dependents() -> None:
    x, w = Value(1.0), Value(2.0)
    a, b = x * 2, w * 3
    c = a + b
    assert dependents(ancestors([c]), [x]) == {x, a, c}


def test_ancestors_since() -> None:
    x = Value(1.0)
    old = x * 2
    new = old * 3
    assert ancestors([new], since=new._serial) == {new}


def test_constants_are_not_part_of_the_graph() -> None:
    x, c = Value(1.0), ad.stop_gradient(Value(2.0))
    y = x * c
    assert ancestors([y]) == {x, y}
    assert y._operands[0] is x


def test_a_value_that_carries_nothing_has_no_history() -> None:
    c = ad.stop_gradient(Value(np.ones(3)))
    d = c * 2 + 1
    assert d._operands == ()
    assert d._op == ""


def test_a_graph_dies_with_its_last_reference() -> None:
    gc.disable()
    try:
        x = Value(np.ones(3))
        y = np.sin(x)
        z = (y * y).sum()
        z.backward()
        alive = weakref.ref(y)
        del y, z
        assert alive() is None
    finally:
        gc.enable()


def test_grad_leaves_nothing_behind() -> None:
    gc.disable()
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = np.sin(x)
        seen.append(weakref.ref(y))
        return np.sum(y * y)

    try:
        ad.grad(f)(np.ones(3))
        ad.hessian(f)(np.ones(3))
        assert all(ref() is None for ref in seen)
    finally:
        gc.enable()


def test_released_nodes_keep_their_data() -> None:
    x = Value(np.ones(2))
    y = np.exp(x)
    y.sum().backward(retain_graph=False)
    np.testing.assert_allclose(y.data, np.e)
    with pytest.raises(GraphError, match="freed"):
        y.sum().backward()
