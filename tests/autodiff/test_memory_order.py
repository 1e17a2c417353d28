"""Where order="A" or "K" asks how numbers lie in memory, Values answer as their arrays do: copies keep the layout."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value

LAYOUTS = {
    "rows": np.arange(6.0).reshape(2, 3) + 1,
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3) + 1),
    "deep columns": np.asfortranarray(np.arange(24.0).reshape(2, 3, 4) + 1),
    "float32 columns": np.asfortranarray(np.arange(6.0, dtype=np.float32).reshape(2, 3) + 1),
}
ASKED: dict[str, Any] = {
    "reshape A": lambda a: np.reshape(a, -1, order="A"),
    "ravel A": lambda a: np.ravel(a, order="A"),
    "ravel K": lambda a: a.ravel("K"),
    "after arithmetic": lambda a: (2 * a - a / 4 + 3).ravel("A"),
    "after copy": lambda a: np.copy(a).ravel("A"),
    "after a copy by rows": lambda a: a.copy().ravel("A"),
    "after a copy by columns": lambda a: np.copy(a, order="F").ravel("A"),
    "after astype": lambda a: a.astype("f8").ravel("A"),
    "after astype by columns": lambda a: a.astype("f8", order="F").ravel("A"),
    "after sort": lambda a: np.sort(-a, axis=0).ravel("A"),
    "after take": lambda a: np.take(a, [1, 0], axis=1).ravel("A"),
    "after take from the first axis": lambda a: np.take(a, [1, 0], axis=0).ravel("A"),
    "after pad": lambda a: np.pad(a, 1).ravel("A"),
    "after pad with a constant": lambda a: np.pad(a, 1, constant_values=5.0).ravel("A"),
    "after pad of the edge": lambda a: np.pad(a, 1, mode="edge").ravel("A"),
    "after a transpose": lambda a: np.transpose(a).ravel("A"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("asked", ASKED)
def test_the_same_numbers_in_the_same_order(asked: str, layout: str) -> None:
    f, x = ASKED[asked], LAYOUTS[layout]
    expected = f(x)
    leaf = Value(x)
    ways = {
        "a Value": f(leaf).data,
        "once more": f(leaf).data,
        "after .data was read": (leaf.data, f(leaf).data)[1],
        "after a change in place": (leaf.data.__iadd__(0.0), f(leaf).data)[1],
        "vjp": ad.vjp(f, x)[0],
        "jvp": ad.jvp(f, (x,), (x,))[0],
        "a deep copy": f(copy.deepcopy(Value(x))).data,
        "a copy": f(copy.copy(Value(x))).data,
        "pickled": f(pickle.loads(pickle.dumps(Value(x)))).data,
        "Value of a Value": f(Value(Value(x))).data,
        "a checkpoint": ad.checkpoint(f)(Value(x)).data,
        "no_grad": ad.stop_gradient(f(Value(x))).data,
    }
    for way, found in ways.items():
        np.testing.assert_array_equal(found, expected, err_msg=way)
    weights = np.arange(1.0, expected.size + 1).astype(x.dtype)  # tells every element from the others
    moved = np.copy(x)
    for index in np.ndindex(x.shape):
        moved[index] += 1
        slope = np.sum(f(moved) * weights) - np.sum(expected * weights)
        moved[index] -= 1
        assert ad.grad(lambda x: np.sum(f(x) * weights))(x)[index] == slope  # exact: every f is linear


def test_the_method_astype_takes_what_that_of_arrays_takes() -> None:
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    for keywords in ({}, {"order": "C"}, {"order": "F"}, {"order": "A"}, {"casting": "same_kind"}, {"copy": False}):
        for dtype in ("f4", np.float64, "c16", np.dtype("f8")):
            out, expected = Value(x).astype(dtype=dtype, **keywords), x.astype(dtype=dtype, **keywords)
            assert out.dtype == expected.dtype
            assert out.data.flags.c_contiguous == expected.flags.c_contiguous
    assert ad.grad(lambda x: x.astype("f4", order="C").sum())(x).tolist() == np.ones((2, 3)).tolist()
    assert Value(x).astype(int, casting="unsafe", subok=True).data.tolist() == x.astype(int).tolist()
    with pytest.raises(ad.errors.DtypeError, match="casting='safe'"):
        Value(x).astype("f4", casting="safe")
