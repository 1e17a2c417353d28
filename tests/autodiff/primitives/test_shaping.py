"""Rearranging elements: every function, every keyword."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, parameters, since

rng = np.random.default_rng(1)
X, Y = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
Z = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
T = rng.normal(size=(2, 3, 4))
V = rng.normal(size=4)
S = np.array(1.5)[()]
ONE = rng.normal(size=(1, 3, 1))
CONDITION = np.array([[True, False, True], [False, True, True]])

CALLS: list[Call] = [
    *(call(np.reshape, X, s) for s in (6, (3, 2), (-1,), (1, -1, 2), [3, 2], (2, 3))),
    *(call(np.reshape, X, (3, 2), order=o) for o in "CFA"),
    call(np.reshape, X, (-1, 2), order="F"),
    *(call(f, X, np.array(s)) for f, s in ((np.reshape, [3, 2]), (np.reshape, 6), (np.broadcast_to, [4, 2, 3]))),
    call(np.reshape, X, shape=(3, 2)),
    *(call(np.reshape, X, (3, 2), copy=c) for c in (None, True)),
    *(call(np.ravel, T, order=o) for o in "CFAK"),
    call(np.ravel, T),
    *(call(np.transpose, T, a) for a in (None, (2, 0, 1), [0, 2, 1], (0, -1, 1))),
    call(np.transpose, T, axes=(1, 0, 2)),
    call(np.transpose, V),
    call(np.matrix_transpose, T),
    call(np.linalg.matrix_transpose, T),
    *(call(np.swapaxes, T, a, b) for a, b in ((0, 1), (-1, 0), (1, 1))),
    *(call(np.moveaxis, T, a, b) for a, b in ((0, 2), (-1, 0), ((0, 1), (2, 0)), ([0], [-1]), ((2, 0, 1), (0, 1, 2)))),
    *(call(np.expand_dims, X, a) for a in (0, 1, -1, (0, 2), (-1, 0), [1, 3])),
    *(call(np.squeeze, ONE, **k) for k in ({}, {"axis": 0}, {"axis": (0, 2)}, {"axis": -1}, {"axis": None})),
    call(np.squeeze, X),
    call(np.moveaxis, T, np.array([0, 1]), np.array([2, 0])),
    *(call(np.broadcast_to, x, s) for x, s in ((V, (3, 4)), (ONE, (2, 3, 5)), (X, (2, 3)), (ONE, (0, 3, 1)))),
    call(np.broadcast_to, V, (2, 4), subok=True),
    call(np.broadcast_arrays, X, X[:, :1]),
    call(np.broadcast_arrays, X, X[0], subok=False),
    *(call(np.atleast_1d, x) for x in (X, V)),
    call(np.atleast_1d, X, V),
    *(call(np.atleast_2d, x) for x in (X, V, T)),
    call(np.atleast_2d, V, X),
    *(call(np.concatenate, [X, Y], **k) for k in ({}, {"axis": 1}, {"axis": -1}, {"axis": None}, {"casting": "same_kind"})),
    call(np.concatenate, (X, X[:1], Y)),
    call(np.concatenate, [X, CONDITION]),
    call(np.concatenate, [X, Z], axis=1),
    *(call(np.stack, [X, Y], **k) for k in ({}, {"axis": 1}, {"axis": -1}, {"axis": 2}, {"casting": "same_kind"})),
    *(call(np.hstack, x) for x in ([X, Y], (V, V), [V, 1.0])),
    call(np.hstack, [X, Y], casting="same_kind"),
    *(call(np.vstack, x) for x in ([X, Y], (V, V), [X, X[0]])),
    call(np.vstack, [X, Y], casting="same_kind"),
    *(call(np.split, T, n, axis=a) for n, a in ((2, 0), (3, 1), (2, -1), ([1, 3], 2), ([2], 1), ([0, 1, 9], 1), ((), 0))),
    call(np.split, V, 2),
    *(call(np.where, CONDITION, a, b) for a, b in ((X, Y), (X, 0), (0.0, X), (X[0], Y[:, :1]), (X, Z))),
    call(np.where, CONDITION[0], X, 2),
    *(call(np.tile, X, r) for r in (2, (2,), (2, 3), (2, 1, 2), [3, 1], (), np.array([1, 2]), (0, 1))),
    call(np.tile, V, reps=(2, 2)),
    *(call(np.repeat, X, r, **k) for r, k in ((2, {}), (0, {}), (3, {"axis": 0}), ([1, 2], {"axis": 0}), ([2, 0, 1], {"axis": -1}))),
    call(np.repeat, V, [1, 0, 2, 3]),
    call(np.repeat, V[:0], []),
    call(np.repeat, X[:0], [], axis=0),
    *(call(np.roll, T, s, **k) for s, k in ((np.array([1, 2]), {"axis": (0, 1)}), (np.array(3), {}), ([1], {"axis": np.array([0, 2])}))),
    call(np.repeat, V, np.array([2]), axis=0),
    call(np.repeat, X, repeats=np.int64(2), axis=None),
    *(call(np.flip, T, **k) for k in ({}, {"axis": 0}, {"axis": -1}, {"axis": (0, 2)}, {"axis": None})),
    *(call(np.roll, T, s, **k) for s, k in ((1, {}), (-7, {}), (2, {"axis": 1}), (1, {"axis": (0, 1)}), ((1, -2), {"axis": (0, 2)}))),
    *(call(np.roll, T, s, **k) for s, k in (((1, 2), {"axis": 1}), ([1, 2], {"axis": [0, 0]}), (100, {"axis": -1}), (0, {}))),
    *(call(np.pad, X, w) for w in (1, (1, 2), ((1, 0), (2, 3)), ((1,), (2,)), *since("2.3.0", {0: 1}, {-1: (0, 2)}), 0, np.array([[1, 2], [0, 1]]))),
    *(call(np.pad, X, 1, constant_values=c) for c in (0, 2.5, (1, 2), ((1, 2), (3, 4)))),
    *(call(np.pad, X, ((2, 1), (1, 3)), mode) for mode in ("edge", "wrap", "symmetric", "reflect")),
    *(call(np.pad, X, ((5, 4), (7, 6)), mode=m) for m in ("wrap", "symmetric", "reflect")),
    call(np.pad, X, 1, "reflect", reflect_type="even"),
    call(np.pad, Z, ((0, 1), (1, 0)), constant_values=1.0),
    call(np.copy, X),
    *(call(np.copy, X, order=o) for o in "CFAK"),
    call(np.copy, X, subok=False),
    *(call(np.astype, X, np.dtype(d)) for d in ("f8",)),
    *(call(np.astype, X, np.float64, copy=c) for c in (True, False)),
    call(np.astype, X, np.float64, device="cpu"),
]  # fmt: skip
REFUSED: list[Call] = [
    *(call(f, [X, Y], dtype=np.float32) for f in (np.concatenate, np.stack, np.hstack, np.vstack)),
    *(call(f, [X, Y], out=np.zeros((4, 3))) for f in (np.concatenate, np.stack)),
    call(np.pad, X, 1, mode="mean"),
    call(np.pad, X, 1, mode="maximum"),
    call(np.pad, X, 1, mode="linear_ramp"),
]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    if case.function is np.astype:  # float32 operands become float64: the tangents too
        check(lambda x: np.astype(x, *case.args[1:], **case.keywords), case.args[0], single=False)
        return
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


def test_empty_padding_mode_is_zeros() -> None:
    assert np.pad(Value(V), 1, mode="empty").data.tolist() == [0.0, *V, 0.0]


def test_constant_values_may_be_values() -> None:
    for shape in ((), (2,), (2, 2)):
        c = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)[()]
        check(lambda x, c: np.pad(x, ((1, 2), (2, 1)), constant_values=c), X, c)


def test_where_with_recorded_condition_and_one_argument() -> None:
    x = Value(X)
    np.where(x > 0, x, -x).sum().backward()
    np.testing.assert_array_equal(x.grad, np.sign(X))
    for ours, theirs in zip(np.where(x > 0), np.where(X > 0)):
        assert ours.data.tolist() == theirs.tolist()
    for ours, theirs in zip(np.nonzero(x > 0), np.nonzero(X > 0)):
        assert ours.data.tolist() == theirs.tolist()
    with pytest.raises(ValueError, match="both or neither"):
        np.where(x > 0, x)


def test_where_on_float_conditions() -> None:
    x = Value([0.0, 2.0, np.nan])
    assert np.where(x, 1.0, 0.0).data.tolist() == [0.0, 1.0, 1.0]


def test_methods() -> None:
    v = Value(T)
    for ours, theirs in (
        (v.reshape(4, 6), T.reshape(4, 6)),
        (v.reshape((4, 6)), T.reshape((4, 6))),
        (v.reshape(-1), T.reshape(-1)),
        (v.reshape(4, 6, order="F"), T.reshape(4, 6, order="F")),
        (v.transpose(), T.transpose()),
        (v.transpose(2, 0, 1), T.transpose(2, 0, 1)),
        (v.transpose((2, 0, 1)), T.transpose((2, 0, 1))),
        (v.transpose(None), T.transpose(None)),
        (v.T, T.T),
        (v.mT, T.mT),
        (v.ravel(), T.ravel()),
        (v.flatten(), T.flatten()),
        (v.ravel("F"), T.ravel("F")),
        (v.swapaxes(0, 2), T.swapaxes(0, 2)),
        (v[None].squeeze(0), T),
        (v.repeat(2, 1), T.repeat(2, 1)),
        (v.astype(np.float32), T.astype(np.float32)),
        (v.astype(int), T.astype(int)),
        (v.astype(bool), T.astype(bool)),
        (v.astype(complex), T.astype(complex)),
        (v.clip(-1, 1), T.clip(-1, 1)),
        (v.clip(max=0), T.clip(max=0)),
        (v.clip(min=0), T.clip(min=0)),
        (v.copy(), T.copy()),
        (v.take([0, 0], axis=1), T.take([0, 0], axis=1)),
        (v.diagonal(), T.diagonal()),
        (v.trace(), T.trace()),
        (v.dot(V), T.dot(V)),
        (v.real, T.real),
        (v.imag, T.imag),
        (v.conj(), T.conj()),
    ):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours.data, theirs)


def test_casts() -> None:
    x = Value(np.array([1.5, -2.5]))
    y = x.astype(np.float32)
    assert y.dtype == np.float32
    (y * y).sum().backward()
    assert x.grad.tolist() == [3.0, -5.0]
    assert x.grad.dtype == np.float64
    assert not x.astype(int)._carries
    z = Value(1.5)
    (z.astype(np.complex64) * (2 + 1j)).real.backward()
    assert z.grad == 2.0
    assert type(z.grad) is float
    assert (Value(np.float32(2)).astype(float)).dtype == np.float64


def test_gradients_of_repeats() -> None:
    x = Value(np.array([1.0, 2.0, 3.0]))
    np.repeat(x, [0, 2, 3]).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 3.0]


def test_split_gives_values_that_share_the_gradient() -> None:
    x = Value(np.arange(6.0))
    a, b, c = np.split(x, 3)
    (a.sum() + 2 * b.sum()).backward()
    assert x.grad.tolist() == [1.0, 1.0, 2.0, 2.0, 0.0, 0.0]
    assert c.data.tolist() == [4.0, 5.0]
    assert isinstance(np.split(x, 2), list)


def test_views_of_a_buffer_are_safe() -> None:
    """reshape, transpose and slices share memory with the recorded buffer, which nobody can change."""
    x = Value(X)
    y = x.reshape(-1)
    x.data[...] = 0
    x.data -= 1
    np.testing.assert_array_equal(y.data, X.reshape(-1))


def test_functions_of_lists_of_numbers_and_values() -> None:
    a, b = Value(1.0), Value(2.0)
    np.sum(np.stack([a, b, 3.0]) * np.array([1.0, 10.0, 100.0])).backward()
    assert (a.grad, b.grad) == (1.0, 10.0)
    a.grad = None
    np.hstack([a, b, np.ones(2)]).sum().backward()
    assert a.grad == 1.0
    assert ad.grad(lambda x: np.stack([x[0], x[1] * 2]).sum())(np.ones(2)).tolist() == [1.0, 2.0]


def test_joining_different_dtypes() -> None:
    a, b = Value(np.ones(2, np.float32)), Value(np.ones(2))
    out = np.concatenate([a, b])
    assert out.dtype == np.float64
    (out * 2).sum().backward()
    assert a.grad.dtype == np.float32
    assert a.grad.tolist() == [2.0, 2.0]
    with pytest.raises(ad.errors.UnsupportedError, match="casting"):
        np.concatenate([a, b], casting="no")
    with pytest.raises(ad.errors.UnsupportedError, match="casting"):
        np.stack([a, b], casting="unsafe")


def test_scalars() -> None:
    x: Any = Value(2.0)
    for f in (
        np.ravel,
        np.atleast_1d,
        np.atleast_2d,
        lambda v: np.reshape(v, (1, 1)),
        lambda v: np.expand_dims(v, 0),
        lambda v: np.tile(v, 3),
    ):
        x.grad = None
        out = f(x)
        np.testing.assert_array_equal(out.data, f(2.0))
        np.sum(out * 3).backward()
        assert x.grad == 3.0 * out.size
    for f in (np.squeeze, np.transpose, np.copy, lambda v: np.broadcast_to(v, ()), lambda v: np.reshape(v, ())):
        assert type(f(x).data) is float


def test_a_number_has_no_axis_to_squeeze_but_numpy_takes_the_first() -> None:
    for axis in (0, -1, None, ()):
        assert np.squeeze(Value(2.0), axis).data == 2.0
    assert ad.grad(lambda x: np.squeeze(x, 0) * 3)(2.0) == 3.0
    with pytest.raises(ad.errors.AxisRangeError, match="squeeze"):
        np.squeeze(Value(2.0), 1)
