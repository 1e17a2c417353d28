"""cross, kron, vdot, vecdot, matvec, vecmat: conjugation, broadcasting, axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, close, double, parameters

rng = np.random.default_rng(12)


def A(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape)


def Z(*shape: int) -> Any:  # noqa: N802
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


CALLS: list[Call] = [
    *(
        call(np.cross, A(*a), A(*b), **k)
        for a, b, k in (
            ((3,), (3,), {}),
            ((2, 3), (3,), {}),
            ((3,), (4, 1, 3), {}),
            ((2, 1, 3), (4, 3), {"axisc": 0}),
            ((3, 2), (2, 3), {"axisa": 0}),
            ((2, 3), (3, 2), {"axisb": 0, "axisc": 0}),
            ((3, 2), (3, 2), {"axis": 0}),
            ((0, 3), (0, 3), {}),
        )
    ),
    call(np.cross, Z(2, 3), A(3)),
    *(
        call(np.kron, A(*a), A(*b))
        for a, b in (((2,), (3,)), ((2, 2), (3,)), ((2,), (2, 3)), ((2, 2), (1, 3)), ((2, 1, 2), (2, 2)), ((0,), (2,)))
    ),
    *(double(np.kron, a, b) for a, b in ((2.0, A(2, 2)), (A(2), 3.0))),
    call(np.kron, Z(2, 2), A(2)),
    *(call(np.vdot, A(*s), A(*t)) for s, t in (((3,), (3,)), ((2, 3), (3, 2)), ((), ()), ((0,), (0,)))),
    *(call(np.vdot, a, b) for a, b in ((Z(3), Z(3)), (Z(3), A(3)), (A(3), Z(3)))),
    *(
        close(np.vecdot, A(*s), A(*t), **k)
        for s, t, k in (
            ((3,), (3,), {}),
            ((2, 3), (3,), {}),
            ((4, 1, 3), (2, 3), {}),
            ((3, 2), (3, 2), {"axis": 0}),
            ((3, 2), (2, 3), {"axes": [(0,), (1,), ()]}),
            ((3, 2), (2, 3), {"axes": [0, 1]}),
            ((2, 3), (2, 3), {"keepdims": True}),
            ((3, 2), (3, 2), {"axis": 0, "keepdims": True}),
            ((3, 2), (2, 3), {"axes": [0, 1, 0], "keepdims": True}),
            ((2, 0), (2, 0), {}),
        )
    ),
    *(close(np.vecdot, a, b) for a, b in ((Z(2, 3), Z(3)), (Z(3), A(2, 3)), (A(3), Z(3)))),
    *(
        close(np.matvec, A(*s), A(*t), **k)
        for s, t, k in (
            ((2, 3), (3,), {}),
            ((4, 2, 3), (3,), {}),
            ((2, 3), (4, 3), {}),
            ((5, 1, 2, 3), (4, 3), {}),
            ((3, 2), (3,), {"axes": [(1, 0), 0, 0]}),
            ((2, 3, 4), (3, 4), {"axes": [(0, 1), 0, 0]}),
        )
    ),
    *(close(np.matvec, a, b) for a, b in ((Z(2, 3), Z(3)), (Z(2, 3), A(3)))),
    *(
        close(np.vecmat, A(*s), A(*t), **k)
        for s, t, k in (
            ((2,), (2, 3), {}),
            ((4, 2), (2, 3), {}),
            ((2,), (4, 2, 3), {}),
            ((5, 1, 2), (4, 2, 3), {}),
            ((2, 4), (3, 2, 4), {"axes": [0, (1, 0), -1]}),
        )
    ),
    *(close(np.vecmat, a, b) for a, b in ((Z(2), Z(2, 3)), (Z(2), A(2, 3)), (A(2), Z(2, 3)))),
]
calls, _ = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_is_there() -> None:
    check_complete(CALLS, [])


def test_by_definition() -> None:
    """d⟨x, y⟩ with the first operand conjugated: its gradient is that of the conjugate."""
    x, y = Z(3), Z(3)
    for f in (np.vdot, np.vecdot):
        g, h = ad.grad(lambda a, b, f=f: np.real(f(a, b)), argnums=(0, 1))(x, y)
        np.testing.assert_allclose(g, np.conj(y), rtol=1e-15)
        np.testing.assert_allclose(h, np.conj(x), rtol=1e-15)
    a, b = A(3), A(3)
    np.testing.assert_allclose(
        ad.jacobian(lambda v: np.cross(v, b))(a), np.array([np.cross(e, b) for e in np.eye(3)]).T
    )


def test_constants_and_layouts() -> None:
    v, m = A(3), A(4, 3)
    for x in (m, np.asfortranarray(m), m[::-1], A(3, 4).T):
        assert_same(np.kron(Value(x), [1.0, 2.0]), np.kron(x, [1.0, 2.0]))
        assert_same(np.cross(x, Value(v)), np.cross(x, v))
        np.testing.assert_allclose(np.matvec(x, Value(v)).data, np.matvec(x, v), rtol=1e-14)
    check(lambda a: np.vecdot(a, [1.0, 2.0, 3.0]), v, exact=False)
    check(lambda a: np.vecdot([1.0, 2.0, 3.0], a, axis=0), v, exact=False)


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda v: np.cross(v[:2], v[:2]), ad.errors.UnsupportedError, "length 2"),
        (lambda v: np.cross(v, np.ones(4)), ad.errors.ShapeError, "length 3"),
        (lambda v: np.cross(v, v, axis=1), ad.errors.AxisRangeError, "axis 1"),
        (lambda v: np.vdot(v, np.ones(2)), ad.errors.ShapeError, "dot"),
        (lambda v: np.vecdot(v, np.ones(2)), ad.errors.ShapeError, "different lengths"),
        (lambda v: np.vecdot(v, 1.0), ad.errors.ShapeError, "at least 1"),
        (lambda v: np.matvec(v, v), ad.errors.ShapeError, "at least 2"),
        (lambda v: np.matvec(np.ones((2, 2)), v), ad.errors.ShapeError, "different lengths"),
        (lambda v: np.vecmat(v, np.ones((2, 2))), ad.errors.ShapeError, "different lengths"),
        (lambda v: np.vecmat(v, np.ones((3, 2)), axes=[(0, 1), (0, 1), 0]), ad.errors.ShapeError, "takes 1 axes"),
        (lambda v: np.vecdot(v, v, out=np.zeros(())), ad.errors.InPlaceError, "vecdot"),
        (lambda v: np.vecdot(v, v, dtype=np.float32), ad.errors.UnsupportedError, "dtype"),
        (lambda v: np.matmul(v, v, axes=[0, 0, ()]), ad.errors.UnsupportedError, "axes"),
    ],
)
def test_wrong_inputs(f: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        f(Value([1.0, 2.0, 3.0]))
