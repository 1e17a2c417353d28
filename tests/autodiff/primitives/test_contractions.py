"""matmul, dot, inner, outer, tensordot, einsum over all ranks; trace, diagonal, take."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.primitives.contractions import explicit_subscripts
from tests.autodiff.checks import check_closure, check_first, check_second
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, close, double, parameters

rng = np.random.default_rng(2)


def A(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape)


def Z(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


X, T = A(3, 3), A(2, 3, 4)
CALLS: list[Call] = [
    *(call(np.matmul, A(*a), A(*b)) for a, b in (
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2)),
        ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 2, 3), (2, 3, 2)), ((1, 2, 3), (4, 3, 2)), ((2, 1, 1, 3), (3, 3, 2)),
        ((1, 1), (1, 1)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
    )),
    *(call(np.dot, A(*a), A(*b)) for a, b in (
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2)),
        ((2, 2, 3), (2, 3, 2)), ((2, 3), (4, 3, 2)), ((2, 2, 3), (3, 2)),
    )),
    *(double(np.dot, a, b) for a, b in ((2.0, T), (T, 2.0), (T, np.float64(1.5)))),
    *(call(np.inner, A(*a), A(*b)) for a, b in (
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (4, 3)), ((2, 2, 3), (3,)), ((2, 2, 3), (2, 4, 3)),
    )),
    *(double(np.inner, a, b) for a, b in ((2.0, T), (T, 2.0))),
    *(call(np.outer, A(*a), A(*b)) for a, b in (((2,), (3,)), ((2, 2), (3,)), ((1,), (2, 2)))),
    call(np.outer, A(2), 3.0),
    *(call(np.tensordot, A(*a), A(*b), axes) for a, b, axes in (
        ((3, 4), (3, 4), 2), ((2, 3), (3, 4), 1), ((2,), (3,), 0), ((2, 3, 4), (4, 3, 2), ([1, 2], [1, 0])),
        ((2, 3, 4), (4, 2, 5), ((0, 2), (1, 0))), ((2, 3), (3, 2), ((0, 1), (1, 0))), ((2, 3), (3,), (1, 0)),
        ((2, 3), (3,), (-1, -1)), ((2, 3, 4), (3,), ([1], [0])), ((3, 3), (3, 3), ((1, 0), (1, 0))), ((3,), (3,), 1),
        ((2, 3, 4, 2), (2, 4), ((3, 2), (0, 1))),
    )),
    call(np.tensordot, A(2, 3, 4), A(3, 4, 2)),
    *(call(np.einsum, s, *(A(*shape) for shape in shapes)) for s, shapes in (
        ("ij,jk->ik", ((2, 3), (3, 2))), ("ij,jk", ((2, 3), (3, 2))), ("ij, jk -> ik", ((2, 3), (3, 2))),
        ("ba", ((2, 3),)), ("ij->", ((2, 3),)), ("ij->j", ((2, 3),)), ("ii", ((3, 3),)), ("ii->i", ((3, 3),)),
        ("iij->j", ((2, 2, 3),)), ("iji->j", ((2, 3, 2),)), ("iii->", ((2, 2, 2),)), ("ii,i->", ((3, 3), (3,))),
        ("...ij,...jk->...ik", ((2, 2, 3), (2, 3, 2))), ("...ij,...jk->...ik", ((2, 2, 3), (3, 2))),
        ("...i,...i", ((2, 3), (2, 3))), ("...i->...", ((2, 3),)), ("i...->...", ((2, 3),)), ("...,...->...", ((2, 1), (3,))),
        ("...ij->...ji", ((2, 2, 3),)), ("a...b,b->a...", ((2, 3, 2), (2,))), ("ij,ij,ij->ij", ((2, 3),) * 3),
        ("i,j,k->", ((2,), (3,), (2,))), ("i,i->i", ((3,), (3,))), (",i->i", ((), (3,))), (",->", ((), ())),
        ("ij,j->", ((2, 3), (3,))), ("ij,kl->il", ((2, 3), (2, 3))), ("bij,bjk,bkl->bil", ((2, 2, 3), (2, 3, 2), (2, 2, 2))),
        ("ij,ij->ij", ((1, 3), (2, 3))), ("i...,...i", ((3, 2), (2, 3))), ("Ab,bA->A", ((2, 3), (3, 2))),
    )),
    call(np.einsum, "ij,jk->ik", Z(2, 3), Z(3, 2)),
    call(np.einsum, "ij,jk->ik", A(2, 3), Z(3, 2)),
    call(np.matmul, Z(2, 3), A(3, 2)),
    call(np.dot, Z(3), Z(3)),
    call(np.tensordot, Z(2, 3), Z(3, 2), 1),
    *(close(np.einsum, "ij,jk->ik", A(2, 3), A(3, 2), optimize=o) for o in (False, True, "greedy")),
    *(call(np.trace, T, **k) for k in ({}, {"offset": 1}, {"offset": -1}, {"axis1": 1, "axis2": 2}, {"axis1": -1, "axis2": 0})),
    call(np.trace, X),
    call(np.trace, A(2, 3), 5),
    *(call(np.diagonal, T, **k) for k in ({}, {"offset": 1}, {"offset": -1}, {"axis1": 1, "axis2": 2}, {"axis1": 2, "axis2": 0})),
    *(call(np.diagonal, A(2, 3), o) for o in (2, -1, 3, -5)),
    *(call(np.take, T, i, **k) for i, k in (
        (1, {}), ([0, 23, 0], {}), (np.array([[0, 1], [2, 2]]), {"axis": 1}), (-1, {"axis": 2}), ([0, 0], {"axis": -1}),
        (np.array([], int), {"axis": 0}), ([5, -7], {"mode": "wrap"}), ([99, -7], {"mode": "clip", "axis": 1}), (1, {"mode": "raise"}),
        (np.array([True, False, True]), {}), ([True, False], {"axis": 1}), (True, {}), (np.array([[True], [False]]), {"mode": "wrap"}),
    )),
    *(call(np.tensordot, A(2, 3), A(2, 3), np.array(a)) for a in ([[0, 1], [0, 1]], [[1], [1]], [0, 0])),
]  # fmt: skip
REFUSED: list[Call] = [
    *(call(f, X, X, out=X.copy()) for f in (np.matmul, np.dot, np.outer)),
    *(
        call(np.einsum, "ij->i", X, **k)
        for k in ({"out": np.zeros(3)}, {"dtype": float}, {"order": "F"}, {"casting": "no"})
    ),
    *(call(np.trace, X, **k) for k in ({"dtype": float}, {"out": np.zeros(())})),
    call(np.take, X, [0], out=np.zeros(1)),
]
calls, refused = parameters(CALLS, REFUSED)


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, REFUSED)


@st.composite
def subscripts(draw: st.DrawFn) -> tuple[str, tuple[tuple[int, ...], ...]]:
    """A random einsum: repeated labels, labels summed in one operand, results in any order, with or without an arrow."""
    labels = "abcd"
    sizes = {label: draw(st.integers(1, 3)) for label in labels}
    terms = draw(st.lists(st.text(labels, max_size=3), min_size=1, max_size=3))
    present = sorted(set("".join(terms)))
    result = draw(
        st.none() | st.permutations(present).map("".join).flatmap(lambda s: st.integers(0, len(s)).map(lambda n: s[:n]))
    )
    text = ",".join(terms) + ("" if result is None else "->" + result)
    ones = draw(st.sets(st.sampled_from(labels), max_size=1))  # a label of length 1 in one operand stretches
    narrow = draw(st.integers(0, len(terms) - 1))
    shapes = tuple(tuple(1 if c in ones and i == narrow else sizes[c] for c in term) for i, term in enumerate(terms))
    return text, shapes


@given(subscripts())
@settings(max_examples=80)
def test_einsum(drawn: tuple[str, tuple[tuple[int, ...], ...]]) -> None:
    text, shapes = drawn
    g = np.random.default_rng(0)
    operands = [g.uniform(0.5, 1.5, shape)[()] for shape in shapes]
    f = lambda *xs: np.einsum(text, *xs)
    check_first(f, *operands)
    check_second(f, *operands, differences=False)


def test_closure_of_einsum() -> None:
    check_closure(lambda x, y: np.einsum("iij,jk->k", x, y), A(2, 2, 3), A(3, 2))


def test_spelled_out_subscripts() -> None:
    assert explicit_subscripts("ij,jk", [(2, 3), (3, 2)]) == "ij,jk->ik"
    assert explicit_subscripts("ba", [(2, 3)]) == "ba->ab"
    assert explicit_subscripts("ii", [(2, 2)]) == "ii->"
    spelled = explicit_subscripts("...i,...i->...", [(2, 3), (4, 2, 3)])
    assert spelled.count("->") == 1
    assert "..." not in spelled


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_dtypes(dtype: Any) -> None:
    x, y = A(2, 3).astype(dtype), A(3, 2).astype(dtype)
    for f in (np.matmul, np.dot, lambda a, b: np.einsum("ij,jk", a, b), lambda a, b: np.tensordot(a, b, 1)):
        assert f(Value(x), Value(y)).dtype == dtype
        assert ad.vjp(f, x, y)[1](np.ones((2, 2), dtype))[0].dtype == dtype


def test_lists_and_plain_arrays_on_either_side() -> None:
    v = Value(np.arange(3.0))
    m = np.ones((2, 3))
    for out in (m @ v, np.dot(m, v), np.inner(m, v), np.einsum("ij,j", m, v), np.tensordot(m, v, 1), m.tolist() @ v):
        np.testing.assert_array_equal(out.data, [3.0, 3.0])
        v.grad = None
        out.sum().backward()
        assert v.grad.tolist() == [2.0, 2.0, 2.0]
    assert np.dot(m.tolist(), v).data.tolist() == [3.0, 3.0]
    assert np.inner([1.0, 2.0, 3.0], v).data == 8.0
    assert np.outer([1.0, 2.0], v).shape == (2, 3)


def test_integer_matrices() -> None:
    v = Value(np.ones(3))
    (np.arange(6).reshape(2, 3) @ v).sum().backward()
    assert v.grad.tolist() == [3.0, 5.0, 7.0]
