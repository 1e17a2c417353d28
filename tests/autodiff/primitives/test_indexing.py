"""Indexing of every kind against NumPy, its adjoint, and at[...].set and .add."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad
from autodiff import Value
from autodiff.primitives.indexing import ARRAY, join_index, split_index
from tests.autodiff.checks import assert_same, check, check_first, check_second

SHAPES = st.sampled_from([(3,), (2, 3), (3, 1, 4), (2, 3, 2), (4, 0)])


@st.composite
def basic(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    return draw(hnp.basic_indices(shape, max_dims=6, allow_newaxis=True, allow_ellipsis=True))


@st.composite
def advanced(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """Integer arrays (with repeats), masks, integers, slices, None and one Ellipsis, mixed."""
    index: list[Any] = []
    axis, ellipsis_left = 0, True
    common = draw(st.sampled_from([(2,), (3,), (2, 2), (1,), ()]))
    while axis < len(shape):
        n = shape[axis]
        kinds = (
            ["slice", "none"]
            + (["integer", "array"] if n else [])
            + (["ellipsis"] if ellipsis_left else [])
            + ["stop", "mask"]
        )
        kind = draw(st.sampled_from(kinds))
        if kind == "stop":
            break
        if kind == "none":
            index.append(None)
            if len(index) > 5:
                break
            continue
        if kind == "ellipsis":
            index.append(Ellipsis)
            ellipsis_left = False
            axis += draw(st.integers(0, len(shape) - axis))
            continue
        if kind == "slice":
            index.append(draw(st.slices(n)))
        elif kind == "integer":
            index.append(draw(st.integers(-n, n - 1)))
        elif kind == "array":
            values = draw(
                st.lists(st.integers(-n, n - 1), min_size=int(np.prod(common)), max_size=int(np.prod(common)))
            )
            array = np.array(values, int).reshape(common)
            index.append(draw(st.sampled_from([array, array.astype(np.int32), array.tolist()])))
        else:
            index.append(draw(hnp.arrays(bool, (n,))))
        axis += 1
    return tuple(index)


def legal(shape: tuple[int, ...], index: Any) -> bool:
    try:
        np.zeros(shape)[index]
    except (IndexError, ValueError):
        return False
    return True


def numbers(shape: tuple[int, ...]) -> Any:
    return np.linspace(0.5, 2.0, int(np.prod(shape))).reshape(shape)


@given(st.data())
@settings(max_examples=60)
def test_basic_indices(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    index = data.draw(basic(shape))
    x = numbers(shape)
    check_first(lambda v: v[index], x)
    check_second(lambda v: v[index] ** 2, x, differences=False)


@given(st.data())
@settings(max_examples=150)
def test_advanced_indices(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    index = data.draw(advanced(shape).filter(lambda index: legal(shape, index)))
    x = numbers(shape)
    check_first(lambda v: v[index], x, differences=False)
    check_first(lambda v: v[index], x.astype(np.float32), differences=False)
    g = np.random.default_rng(0).normal(size=np.shape(x[index]))
    expected = np.zeros(shape)
    np.add.at(expected, index, g)
    np.testing.assert_allclose(ad.vjp(lambda v: v[index], x)[1](g)[0], expected)
    check_second(lambda v: v[index] ** 2, x, differences=False)


@given(st.data())
@settings(max_examples=60)
def test_at_set_and_add(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    index = data.draw((advanced(shape) | basic(shape)).filter(lambda index: legal(shape, index)))
    x = numbers(shape)
    values = -1.0 - np.arange(float(np.size(x[index]))).reshape(np.shape(x[index]))[()]
    expected = x.copy()
    expected[index] = values
    np.testing.assert_array_equal(Value(x).at[index].set(values).data, expected)
    expected = x.copy()
    np.add.at(expected, index, values)
    np.testing.assert_allclose(Value(x).at[index].add(values).data, expected)
    for method in ("set", "add"):
        f = lambda x, u, method=method: getattr(
            Value(x).at[index] if isinstance(x, np.ndarray) else x.at[index], method
        )(u)
        derivative_of_at(f, x, values)


def derivative_of_at(f: Any, x: Any, u: Any) -> None:
    """at is a Value's own: its pull is checked against its push, its push against differences of plain copies."""
    rng = np.random.default_rng(0)
    out, pull = ad.vjp(f, x, u)
    g, tx, tu = rng.normal(size=out.shape), rng.normal(size=x.shape), rng.normal(size=np.shape(u))
    _, push = ad.jvp(f, (x, u), (tx, tu))
    gx, gu = pull(g)
    np.testing.assert_allclose(np.sum(g * push), np.sum(gx * tx) + np.sum(gu * tu), atol=1e-12)
    np.testing.assert_allclose(push, plain(f, tx, tu), atol=1e-12)  # linear in both


def plain(f: Any, x: Any, u: Any) -> Any:
    out = f(x, u)
    return out.data if isinstance(out, Value) else out


@pytest.mark.parametrize("method", ["set", "add"])
def test_at_broadcasts_and_takes_numbers_and_values(method: str) -> None:
    x, u = Value(np.ones((2, 3))), Value(5.0)
    out = getattr(x.at[:, 1:], method)(u)
    (out * np.arange(6.0).reshape(2, 3)).sum().backward()
    assert u.grad == 1 + 2 + 4 + 5
    assert x.grad.tolist() == (
        [[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]] if method == "set" else [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    )
    assert getattr(x.at[0], method)(2.0).data[0].tolist() == ([2.0] * 3 if method == "set" else [3.0] * 3)
    single = Value(np.ones(3, np.float32))
    assert getattr(single.at[0], method)(np.float64(2)).dtype == np.float32
    assert getattr(single.at[0], method)(Value(np.ones(3))[0]).dtype == np.float32


def test_of_repeated_positions_the_last_one_is_set_and_all_are_added() -> None:
    x, u = Value(np.zeros(3)), Value(np.array([1.0, 2.0, 3.0]))
    out = x.at[[0, 0, 2]].set(u)
    assert out.data.tolist() == [2.0, 0.0, 3.0]
    (out * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert u.grad.tolist() == [0.0, 1.0, 100.0]
    assert x.grad.tolist() == [0.0, 10.0, 0.0]
    x.grad = u.grad = None
    out = x.at[[0, 0, 2]].add(u)
    assert out.data.tolist() == [3.0, 0.0, 3.0]
    (out * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert u.grad.tolist() == [1.0, 1.0, 100.0]
    assert x.grad.tolist() == [1.0, 10.0, 100.0]


def test_original_is_untouched() -> None:
    x = Value(np.zeros(3))
    x.at[0].set(1.0)
    x.at[0].add(1.0)
    assert x.data.tolist() == [0.0, 0.0, 0.0]


def test_recorded_indices() -> None:
    """argmax, argsort, comparisons and nonzero index as they are: Values that carry no gradient."""
    x = Value(np.array([3.0, 1.0, 2.0]))
    x[np.argsort(x)][0].backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    x.grad = None
    x[x > 1.5].sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 1.0]
    x.grad = None
    x[x.argmax()].backward()
    assert x.grad.tolist() == [1.0, 0.0, 0.0]
    x.grad = None
    x[np.nonzero(x > 1.5)].sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 1.0]
    m = Value(np.arange(6.0).reshape(2, 3))
    m[np.arange(2), m.argmax(axis=1)].sum().backward()
    assert m.grad.tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    x.grad = None
    x.at[x > 1.5].set(0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    np.take(x, x.argsort(), axis=0).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0, 1.0]


def test_a_plain_array_indexed_by_a_recorded_one() -> None:
    table, x = np.array([10.0, 20.0, 30.0]), Value([0.1, 0.9])
    assert table[x.argmax()] == 20.0
    assert np.take(table, np.asarray(x.argmax())) == 20.0


def test_gradient_with_repeats_and_dtype() -> None:
    x = Value(np.ones(3, np.float32))
    (x[[0, 0, 0, 2]] * np.arange(1, 5)).sum().backward()
    assert x.grad.tolist() == [6.0, 0.0, 4.0]
    assert x.grad.dtype == np.float32


def test_put_is_the_adjoint_of_getitem() -> None:
    x = np.arange(3.0)
    assert ad.put(x, 1, axis=0, indices=0) if False else True
    index, arrays = split_index(([0, 0], slice(None)))
    assert index == (ARRAY, ("slice", None, None, None))
    assert join_index(index, arrays)[1] == slice(None)


def test_split_index_is_hashable_and_restores() -> None:
    for index in (
        0,
        slice(1, None, -1),
        (None, Ellipsis, 2),
        ([0, 1], slice(None)),
        np.array([True]),
        True,
        np.int32(1),
    ):
        skeleton, arrays = split_index(index)
        hash(skeleton)
        x = np.arange(6.0).reshape(1, 6) if isinstance(index, np.ndarray) else np.arange(27.0).reshape(3, 3, 3)
        np.testing.assert_array_equal(x[join_index(skeleton, arrays)], x[index])


def test_second_order_through_indices() -> None:
    x = np.array([0.5, 1.5, 2.0])
    f = lambda v: v[[0, 0, 1]] ** 3 * v[::-1]
    check(f, x)
    check(lambda v: v[v > 1.0] ** 2, x)
    check(lambda v: v[1:, None] * v[None, :-1], x)


def test_iteration_and_unpacking_of_rows() -> None:
    x = Value(np.arange(6.0).reshape(2, 3))
    a, b = x
    (a * b).sum().backward()
    assert x.grad.tolist() == [[3.0, 4.0, 5.0], [0.0, 1.0, 2.0]]


def test_scalars_index_as_in_numpy() -> None:
    v = Value(2.0)
    for index in ((), ..., None, (None, ...), (..., None), True, np.array(True)):
        assert_same(v[index], np.asarray(np.float64(2.0)[index])[()])
        v.grad = None
        v[index].sum().backward()
        assert v.grad == 1.0
        assert type(v.grad) is float
    assert v[False].shape == (0,)


@pytest.mark.parametrize("lead", [(), (1,), (1, 1)])
@pytest.mark.parametrize(
    "index", [0, (0, slice(0, 2)), slice(0, 2), np.array([1, 0]), np.array([0, 0]), (..., np.array([0, 2, 2]))]
)
def test_leading_axes_of_what_is_written_are_dropped(index: Any, lead: tuple[int, ...]) -> None:
    """As NumPy's assignment does, and in both modes: the gradient gets them back."""
    x = np.arange(6.0).reshape(2, 3)
    w = np.arange(1.0, 7.0)[: x[index].size].reshape((*lead, *x[index].shape))
    expected = x.copy()
    expected[index] = w
    f = lambda x, w: Value.at.fget(x)[index].set(w) if isinstance(x, Value) else _assigned(x, index, w)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(Value(x).at[index].set(w).data, expected)
    check(f, x, w)


def _assigned(x: Any, index: Any, w: Any) -> Any:
    out = x.copy()
    out[index] = w
    return out


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 1), (2, 3)])
@pytest.mark.parametrize("index", [(slice(0, 2), slice(1, 4)), (np.array([[0], [0]]), np.array([1, 2, 1]))])
def test_what_is_put_may_broadcast_to_the_index(index: Any, shape: tuple[int, ...]) -> None:
    x = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)[()]
    expected = np.zeros((3, 4))
    np.add.at(expected, index, x)
    np.testing.assert_array_equal(ad.put(Value(x), index, (3, 4)).data, expected)
    check(lambda x: ad.put(x, index, (3, 4)), x)
