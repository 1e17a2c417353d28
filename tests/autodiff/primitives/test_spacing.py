"""linspace, logspace, geomspace between ends that are Values: every keyword."""

# A call is a line:
# ruff: noqa: E501

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, AxisRangeError, ShapeError
from tests.autodiff.checks import assert_same, check
from tests.autodiff.primitives.sweep import Call, call, check_complete, double, parameters

rng = np.random.default_rng(15)
A, B = rng.uniform(0.5, 1.0, 3), rng.uniform(1.5, 2.5, 3)
Z = A + 1j * B
S, R = np.array(0.75), np.array(2.25)
EMPTY = np.zeros(0)
NUMBERS = (
    (S, R, 4),
    (S, B, 3, False),
    (A, R, 4),
    (np.array(-0.5), np.array(-2.0), 5),
)  # whose logarithms and powers are those of `math`

CALLS: list[Call] = [
    *(call(np.linspace, a, b, n) for a, b in ((S, R), (A, B), (A, R), (S, B), (A[:, None], B), (S, 3), (1, R), (EMPTY, S), ([1, 2, 3], B), (Z, B), (A, Z)) for n in (0, 1, 2, 5)),
    *(call(np.linspace, a, b, num=n, endpoint=False) for a, b in ((S, R), (A, B)) for n in (0, 1, 4)),
    *(call(np.linspace, A, B, 4, axis=a, retstep=r) for a in (0, 1, -1, -2) for r in (False, True)),
    *(call(np.linspace, S, R, 3, e, True) for e in (True, False)),
    *(call(np.linspace, S, S, 3), call(np.linspace, A, B)),
    *(double(np.linspace, A, B, 3, dtype=d) for d in (float, np.complex128)),
    call(np.linspace, A, B, 3, device="cpu"),
    *(call(np.logspace, a, b, n, endpoint=e) for a, b in ((A, B), (A, R), (A[:, None], B), (EMPTY, S), (Z, B)) for n in (1, 4) for e in (True, False)),
    *(call(np.logspace, A, B, num=3, base=b, axis=a) for b in (2.0, R) for a in (0, -1)),
    *(call(np.logspace, A, B, 3, base=np.array([2.0, 3.0, 4.0]), axis=a) for a in (0, 1)),
    call(np.logspace, S, R, 3, base=np.array([2.0, 3.0])),
    double(np.logspace, A, B, 3, dtype=float),
    *(double(np.geomspace, a, b, num=n, endpoint=e) for a, b in ((A, B), (A, R), (A[:, None], B), (-A, -B), (EMPTY, A[:1])) for n in (0, 1, 2, 4) for e in (True, False)),
    *(double(np.geomspace, A, B, 3, axis=a) for a in (0, 1, -1)),
    double(np.geomspace, A, B, 3, dtype=float),
    *(double(np.geomspace, *ends, 4) for ends in ((Z, 2j * Z), (A, Z), (-A, Z))),
    *(Call(f, ends, {}, exact=False, single=False) for f in (np.logspace, np.geomspace) for ends in NUMBERS),
]  # fmt: skip
calls, refused = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, [])


@pytest.mark.parametrize("case", [c for c in CALLS if not c.exact])
def test_numbers_are_computed_by_math(case: Call) -> None:
    ours = case.function(*map(Value, case.args[:2]), *case.args[2:])
    np.testing.assert_allclose(ours.data, case.function(*case.args), rtol=1e-14)


def test_derivatives_at_the_ends() -> None:
    """Each number moves with both ends, by its share of the way; the last one with `stop` alone."""
    of_start, of_stop = ad.jacobian(lambda a, b: np.linspace(a, b, 5), argnums=(0, 1))(2.0, 3.0)
    assert of_start.tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert of_stop.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    of_start, of_stop = ad.jacobian(lambda a, b: np.geomspace(a, b, 3), argnums=(0, 1))(2.0, 8.0)  # 2, √(2·8), 8
    np.testing.assert_allclose(of_start, [1.0, 1.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(of_stop, [0.0, 0.25, 1.0], atol=1e-15)


def test_a_step_that_is_undefined() -> None:
    numbers, step = np.linspace(Value(1.0), 2.0, 1, retstep=True)
    assert numbers.data.tolist() == [1.0]
    assert math.isnan(step)
    assert ad.grad(lambda b: np.linspace(0.0, b, 5, retstep=True)[1])(2.0) == 0.25


def test_whole_numbers_carry_no_gradient() -> None:
    for dtype in (int, np.uint8):
        out = np.linspace(Value(0.5), 9.5, 5, dtype=dtype)
        assert_same(out, np.linspace(0.5, 9.5, 5, dtype=dtype))
        assert not out._carries


def test_a_trapezoid_between_bounds_that_vary() -> None:
    """∫ from a to b of x², by a fine grid that moves with the bounds: the derivatives are −a² and b²."""

    def integral(a: Any, b: Any) -> Any:
        x, step = np.linspace(a, b, 2001, retstep=True)
        y = x * x
        return step * (np.sum(y) - (y[0] + y[-1]) / 2)

    np.testing.assert_allclose(ad.grad(integral, argnums=(0, 1))(1.0, 3.0), (-1.0, 9.0), rtol=1e-6)


def test_inside_a_jitted_function() -> None:
    f = lambda a: np.sum(np.linspace(a, 2 * a, 4) ** 2 + np.geomspace(a, 3.0, 4))
    run = ad.jit(ad.value_and_grad(f))
    for a in (1.0, 1.5):
        np.testing.assert_allclose(run(a), ad.value_and_grad(f)(a), rtol=1e-14)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda v: np.linspace(v, 1.0, -1), ArgumentError, "not negative"),
        (lambda v: np.geomspace(v, 1.0, -1), ArgumentError, "not negative"),
        (lambda v: np.geomspace(v, 0.0), ArgumentError, "at 0"),
        (lambda v: np.geomspace(0 * v, 1.0), ArgumentError, "at 0"),
        (lambda v: np.linspace(v, 1.0, axis=2), AxisRangeError, "no axis 2"),
        (lambda v: np.linspace(v, np.ones(4)), ShapeError, "linspace"),
        (lambda v: np.linspace(v, 1.0, 3.5), TypeError, "integer"),
        (lambda v: np.linspace(v, 1.0, order="C"), TypeError, "order"),
        (lambda v: np.linspace(v, 1.0, device="gpu"), ValueError, "device"),
    ],
)
def test_wrong_inputs(wrong: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        wrong(Value(A))


def test_mixed_precision() -> None:
    """As NumPy: the common dtype of both ends; the gradients in theirs."""
    a, b = np.float32(1.0), np.ones(2, np.float32) * 3
    for ends in ((a, b), (b, 2.0), (a, np.ones(2)), (a, 2)):
        assert_same(np.linspace(*(Value(end) for end in ends), 3), np.linspace(*ends, 3))
    check(lambda x, y: np.linspace(x, y, 3), a, np.ones(2), single=False)
