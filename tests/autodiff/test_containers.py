"""Nested containers: taken apart, put together again."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff.containers import flatten, is_container, map_leaves, paths, restore

Pair = namedtuple("Pair", "first second")

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Pair, inner, inner)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(trees)
def test_restore_undoes_flatten(tree: Any) -> None:
    found, structure = flatten(tree)
    again = restore(structure, found)
    assert again == tree
    assert type(again) is type(tree)
    assert flatten(again)[1] == structure
    assert hash(structure) == hash(flatten(again)[1])
    assert len(paths(structure)) == len(found)


def test_order_of_leaves() -> None:
    assert flatten({"b": 1, "a": (2, [3, {}], Pair(4, 5))})[0] == [1, 2, 3, 4, 5]


def test_paths_read_as_python_would_index() -> None:
    assert paths(flatten({"w": [1, 2], 3: (4,)})[1]) == ["['w'][0]", "['w'][1]", "[3][0]"]
    assert paths(flatten(1)[1]) == [""]


def test_map_leaves() -> None:
    assert map_leaves(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]}) == {"x": [11, 22]}


def test_what_counts_as_a_container() -> None:
    assert is_container(())
    assert is_container({})
    assert not is_container(np.ones(2))
    assert not is_container("ab")


@pytest.mark.parametrize("tree", [OrderedDict(a=1.0, b=2.0), Pair(1.0, [2.0]), {"x": (1.0,), "y": []}, [1.0, (), {}]])
def test_gradients_come_in_the_container_of_the_argument(tree: Any) -> None:
    g = ad.grad(lambda t: sum(flatten(t)[0]) * 3.0)(tree)
    assert type(g) is type(tree)
    assert g == map_leaves(lambda leaf: 3.0, tree)


def test_a_result_that_is_a_container() -> None:
    jac = ad.jacobian(lambda x: Pair(x * 2, {"y": x * x}))(3.0)
    assert jac == Pair(2.0, {"y": 6.0})
