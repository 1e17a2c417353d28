"""docs/CONFORMANCE.md is what the code says today, and refusals are worded there as they are raised."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from autodiff import Value
from autodiff.decisions import ATTRIBUTES, IN_PLACE, METHODS_IN_PLACE, NO_ARRAY, REFUSED
from autodiff.errors import AutodiffError, GradientLostError, InPlaceError, UnsupportedError
from autodiff.primitives import DISPATCH
from tests.conformance import PAGE, PARTS, UNDECIDED, VERSION, attributes, page, rows

WRITTEN = PAGE.read_text(encoding="utf-8")


def decisions(text: str) -> dict[str, str]:
    """The first two cells of each row of a page, under the heading they stand below."""
    found, part = {}, ""
    for line in text.splitlines():
        part = line.removeprefix("## ") if line.startswith("## ") else part
        if cells := re.match(r"\| `(\w+)` \| ([^|]*) \|", line):
            found[f"{part}.{cells[1]}"] = cells[2]
    return found


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.conformance` writes it. Names that another NumPy has, too, are decided alike there."""
    if f"NumPy {VERSION} " in WRITTEN:
        assert page() == WRITTEN
    here, there = decisions(page()), decisions(WRITTEN)
    assert len(here.keys() & there.keys()) > 300
    assert {name: here[name] for name in here.keys() & there.keys()} == {
        n: there[n] for n in here.keys() & there.keys()
    }


def function_of(name: str) -> Any:
    prefix, _, last = name.rpartition(".")
    return getattr(PARTS[f"{prefix}." if prefix else ""], last, None)


DISPATCHING = [
    name for name in REFUSED if isinstance(function_of(name), np.ufunc) or hasattr(function_of(name), "_implementation")
]


@pytest.mark.parametrize("name", DISPATCHING)
def test_a_refusal_is_worded_as_in_the_page(name: str) -> None:
    function, v = function_of(name), Value(np.ones(2))
    ask = (
        function if isinstance(function, np.ufunc) else lambda *args: v.__array_function__(function, (Value,), args, {})
    )
    with pytest.raises(InPlaceError if name in IN_PLACE else UnsupportedError) as caught:
        ask(*(v,) * getattr(function, "nin", 1))
    assert str(caught.value) == f"np.{name} {REFUSED[name]}"


V, S = Value(np.ones(2)), Value(1.0)
READING: dict[str, Any] = {
    "array": lambda: np.array([S, S]),
    "asanyarray": lambda: np.asanyarray(V),
    "asarray": lambda: np.asarray(V),
    "asarray_chkfinite": lambda: np.asarray_chkfinite(V),
    "ascontiguousarray": lambda: np.ascontiguousarray(V),
    "asfortranarray": lambda: np.asfortranarray(V),
    "require": lambda: np.require(V),
    "asmatrix": lambda: np.asmatrix(V),
    "bmat": lambda: np.bmat([[V, V]]),
    "r_": lambda: np.r_[V, V],
    "c_": lambda: np.c_[V, V],
    "full": lambda: np.full(2, S),
    "arange": lambda: np.arange(S),
    "base_repr": lambda: np.base_repr(S),
    "format_float_positional": lambda: np.format_float_positional(S),
    "format_float_scientific": lambda: np.format_float_scientific(S),
    "kaiser": lambda: np.kaiser(3, S),
}
LOUD: dict[str, Any] = {
    "binary_repr": lambda: np.binary_repr(S),
    "fromiter": lambda: np.fromiter(V, float),
    "nested_iters": lambda: np.nested_iters([V, V], [[0], []]),
    "isfortran": lambda: np.isfortran(V),
    "datetime_data": lambda: np.datetime_data(V),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", READING)
def test_what_does_not_ask_a_value_reads_it_and_raises(name: str) -> None:
    with pytest.raises(GradientLostError):
        READING[name]()


@pytest.mark.parametrize("name", LOUD)
def test_what_does_not_even_read_it_raises_too(name: str) -> None:
    with pytest.raises((AutodiffError, TypeError, ValueError)):
        LOUD[name]()


def test_every_refusal_is_shown_to_raise() -> None:
    assert {name for name in REFUSED if function_of(name) is not None} == {*DISPATCHING, *READING, *LOUD}


def test_nothing_is_decided_twice() -> None:
    assert not REFUSED.keys() & NO_ARRAY.keys()
    for name in (*REFUSED, *NO_ARRAY):
        assert function_of(name) not in DISPATCH, f"{name} has an entry and needs no other decision"


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_that_is_missing_says_why(name: str) -> None:
    assert not hasattr(V, name)
    with pytest.raises(AttributeError, match=re.escape(f"a Value has no .{name}, which {ATTRIBUTES[name]}")):
        getattr(V, name)


@pytest.mark.parametrize("name", METHODS_IN_PLACE)
def test_a_method_that_writes_says_what_to_use(name: str) -> None:
    with pytest.raises(InPlaceError, match=re.escape(f"v.{name}(...)") + ".*" + re.escape(METHODS_IN_PLACE[name])):
        getattr(V, name)()


def test_an_attribute_nobody_has() -> None:
    with pytest.raises(AttributeError, match="'Value' object has no attribute 'nothing'"):
        _ = V.nothing


def test_a_scatter_along_an_axis() -> None:
    """What put_along_axis would write, as its refusal says."""
    x, places, new = np.zeros((2, 3)), np.array([[2, 0], [1, 1]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    out = Value(x).at[np.arange(2)[:, None], places].set(new)
    np.put_along_axis(x, places, new, axis=1)
    np.testing.assert_array_equal(out.data, x)


def test_the_page_counts_what_is_undecided() -> None:
    assert (UNDECIDED in WRITTEN) == any(row.decision == UNDECIDED for row in rows())


def test_every_name_is_decided() -> None:
    """Differentiated, without a gradient, refused with a reason, or no function of arrays: nothing else."""
    assert [row.name for row in (*rows(), *attributes()) if row.decision == UNDECIDED] == []
