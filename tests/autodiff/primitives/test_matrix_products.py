"""What numpy.linalg has of products and diagonals, and the path of einsum."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ShapeError
from tests.autodiff.checks import assert_same
from tests.autodiff.primitives.linear_algebra import A, Z, restart
from tests.autodiff.primitives.sweep import Call, call, check_complete, check_refused, close, parameters

restart()

CUBE = A(2, 3, 4)
PATH = call(np.einsum_path, "ij,jk,kl->il", A(2, 3), A(3, 4), A(4, 2), optimize="optimal", einsum_call=False)
CALLS: list[Call] = [
    *(call(np.linalg.matmul, a, b) for a, b in ((A(2, 3), A(3, 2)), (A(3), A(3)), (CUBE, A(4)), (Z(2, 3), A(3, 2)))),
    *(call(np.linalg.tensordot, A(2, 3), A(3, 2), axes=a) for a in (1, 0, ((1,), (0,)), ([0, 1], [1, 0]))),
    call(np.linalg.tensordot, A(2, 3), A(2, 3)),
    *(call(np.linalg.outer, a, b) for a, b in ((A(2), A(3)), (Z(1), A(2)), (A(0), A(2)))),
    *(call(np.linalg.diagonal, x, offset=k) for x in (CUBE, A(3, 3)) for k in (0, 1, -1, 5)),
    call(np.linalg.diagonal, Z(3, 3)),
    *(call(np.linalg.trace, x, offset=k) for x in (CUBE, A(3, 3)) for k in (0, 1, -1)),
    call(np.linalg.trace, Z(2, 2, 2)),
    *(
        close(np.linalg.vecdot, a, b, axis=k)
        for a, b, k in ((A(3), A(3), -1), (CUBE, A(4), -1), (CUBE, CUBE[:1], 0), (CUBE, CUBE[::-1], 1), (Z(2, 3), Z(2, 3), 0))
        if k != 0 or a.shape == b.shape
    ),
    close(np.linalg.vecdot, Z(3), A(2, 3)),
    *(call(np.linalg.cross, a, b, axis=k) for a, b, k in ((A(3), A(3), -1), (A(2, 3), A(3), -1), (A(3, 2), A(3, 2), 0), (Z(2, 3), A(2, 3), 1))),
    call(np.linalg.cross, A(3), A(3)),
    PATH,
]  # fmt: skip
REFUSED: list[Call] = [call(np.linalg.trace, A(2, 2), dtype=float)]
calls, refused = parameters([c for c in CALLS if c is not PATH], REFUSED)
parameters([PATH], [])  # its answer is no array: it has a test of its own


@calls
def test_call(case: Call) -> None:
    case.check()


@refused
def test_refused(case: Call) -> None:
    check_refused(case)


def test_every_keyword_is_there() -> None:
    check_complete([*CALLS, call(np.einsum_path, operands="")], REFUSED)


def test_the_path_of_einsum_depends_on_shapes_alone() -> None:
    subscripts, *arrays = PATH.args
    for keywords in (PATH.keywords, {}, {"optimize": False}):
        plain = np.einsum_path(subscripts, *arrays, **keywords)
        assert np.einsum_path(subscripts, *map(Value, arrays), **keywords) == plain


def test_vecdot_conjugates_its_first_operand() -> None:
    """Σ x̄y: the gradient of its real part is conj(y)… for x, as JAX has it."""
    x, y = Z(3), Z(3)
    np.testing.assert_allclose(ad.grad(lambda x: np.real(np.linalg.vecdot(x, y)))(x), np.conj(y))
    np.testing.assert_allclose(ad.grad(lambda y: np.real(np.linalg.vecdot(x, y)))(y), np.conj(x))


def test_a_cross_product_is_normal_to_both() -> None:
    x, y = A(3), A(3)
    assert abs(np.linalg.cross(Value(x), y).data @ x) < 1e-14
    assert_same(np.linalg.cross(x, Value(y)), np.linalg.cross(x, y))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda v: np.linalg.outer(v, np.ones((2, 2))), r"two vectors.*\(2, 2\)"),
        (lambda v: np.linalg.cross(v[:2], v[:2]), r"three elements.*\(2,\)"),
        (lambda v: np.linalg.vecdot(v, v[:2]), "one length.*3 and 2"),
        (np.linalg.trace, "two axes"),
    ],
)
def test_shapes(f: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        f(Value(A(3)))
