"""Views of memory: every view, and every view of a view, is NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from autodiff.compiler.layouts import VIEWS, Layout, as_array, contiguous, whole
from autodiff.primitives.indexing import split_index
from tests.autodiff.compiler.by_hand import Draw, shapes


def lengths(size: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of so many elements."""
    found = {(size,), (1, size), (size, 1)}
    found |= {(a, size // a) for a in range(2, size) if size % a == 0}
    found |= {(a, 1, b, size // a // b) for a in range(2, size) for b in range(2, size // a) if size % (a * b) == 0}
    return st.sampled_from(sorted(found | ({()} if size == 1 else set()) | ({(0, 3), (2, 0)} if size == 0 else set())))


def another(draw: Draw, x: np.ndarray[Any, Any]) -> tuple[str, dict[str, Any], Any]:
    """A view of an array: the operation, its keywords, and what NumPy makes of it; None where NumPy has to copy."""
    name = draw(st.sampled_from(["reshape", "reshape", "transpose", "getitem", "getitem", "broadcast_to", "alias"]))
    if name == "reshape":
        shape = draw(lengths(x.size))
        try:
            return name, {"shape": shape}, x.reshape(shape, copy=False)
        except ValueError:
            return name, {"shape": shape}, None
    if name == "transpose":
        axes = draw(
            st.none() | st.permutations(range(-x.ndim, 0)).map(tuple) | st.permutations(range(x.ndim)).map(tuple)
        )
        return name, {"axes": axes}, x.transpose(axes)
    if name == "getitem":
        index = draw(numpy_strategies.basic_indices(x.shape, allow_newaxis=True, max_dims=4))
        return name, {"index": split_index(index)[0]}, x[index if isinstance(index, tuple) else (index,)]
    if name == "broadcast_to":
        shape = tuple(draw(st.integers(0, 3)) if n == 1 else n for n in x.shape)
        shape = (*draw(st.sampled_from([(), (2,)])), *shape)
        return name, {"shape": shape}, np.broadcast_to(x, shape)
    return name, {}, x


def made(keywords: dict[str, Any], x: Any, seen: Any) -> tuple[int, ...]:
    return keywords.get("shape", np.shape(x)) if seen is None else np.shape(seen)


@settings(max_examples=500)
@given(shape=shapes, count=st.integers(1, 5), data=st.data())
def test_views_of_views_are_numpys(shape: tuple[int, ...], count: int, data: st.DataObject) -> None:
    memory = np.arange(float(np.prod(shape, dtype=int)))
    x, layout = memory.reshape(shape), whole(0, shape)
    for _ in range(count):
        name, keywords, seen = another(data.draw, x)
        found = VIEWS[name](layout, made(keywords, x, seen), keywords)
        if found is None:  # neither can NumPy
            assert seen is None
            return
        if seen is None:  # there are strides for it all the same: no axis has two elements that lie apart
            seen = x.reshape(keywords["shape"])
        x, layout = np.asarray(seen), found
        assert layout.shape == x.shape
        np.testing.assert_array_equal(as_array(memory, layout), x)


@settings(max_examples=300)
@given(shape=shapes, count=st.integers(0, 4), data=st.data())
def test_what_lies_row_by_row(shape: tuple[int, ...], count: int, data: st.DataObject) -> None:
    """NumPy says so of the same view; and all of a buffer is what starts at its beginning, too."""
    memory = np.arange(float(np.prod(shape, dtype=int)))
    x, layout = memory.reshape(shape), whole(0, shape)
    for _ in range(count):
        name, keywords, seen = another(data.draw, x)
        if seen is None or not np.size(seen):
            break
        x, found = np.asarray(seen), VIEWS[name](layout, np.shape(seen), keywords)
        assert found is not None
        layout = found
    if x.size:
        assert layout.is_contiguous == x.flags.c_contiguous
        assert layout.is_whole(x.shape) == (x.flags.c_contiguous and x.flat[0] == 0)
        assert not layout.is_whole((*x.shape, 1))


@given(shape=shapes.filter(lambda shape: 0 not in shape))
def test_strides_of_what_lies_row_by_row(shape: tuple[int, ...]) -> None:
    assert contiguous(shape) == tuple(stride // 8 for stride in np.zeros(shape).strides)


def test_views_of_nothing_lead_nowhere() -> None:
    """Whatever the strides say: there is no element."""
    for shape in ((0, 3), (3, 0)):
        seen = as_array(np.zeros(1), Layout(0, shape, (-3, 5), 7))
        assert seen.shape == shape
