"""A wrong partial, planted in one primitive after the other: random programs find it, shrink to it, and name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from autodiff.primitives.contractions import _matmul_left, _matmul_right
from autodiff.primitives.kinds import TABLE
from autodiff.primitives.reductions import expand
from autodiff.testing import Expression, GradientMismatchError, NotDifferentiableError, check_grad, expressions

CACHED = ("pulls", "masked_pulls", "push", "masked_push")
SEARCH = settings(
    max_examples=3_000,
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


class Fault(NamedTuple):
    """Wrong rules, and a wrong jvp where the entry has one of its own; how the operation looks in a program."""

    rules: tuple[Any, ...]
    jvp: Callable[..., Any] | None = None
    shown: str = ""


# Mistakes that people make: a sign, a factor, a forgotten term, the other operand.
FAULTS = {
    "tanh": Fault((lambda out: 1 - out,), shown="np.tanh("),
    "multiply": Fault((lambda y: y, lambda x: -x), shown="np.multiply("),
    "divide": Fault((lambda y: 1 / y, lambda y, out: out / y), shown="np.divide("),
    "exp": Fault((lambda x: x,), shown="np.exp("),
    "sin": Fault((lambda x: -np.cos(x),), shown="np.sin("),
    "arctan2": Fault((lambda x, y: y / (x * x + y * y), lambda x, y: x / (x * x + y * y)), shown="np.arctan2("),
    "sigmoid": Fault((lambda out: out * out,), shown="ad.sigmoid("),
    "logsumexp": Fault(
        (lambda g, x, x_like, axis, keepdims: expand(g, x_like, axis, keepdims) * np.exp(x),),
        lambda tangents, x, axis, keepdims: np.sum(np.exp(x) * tangents[0], axis=axis, keepdims=keepdims),
        "ad.logsumexp(",
    ),
    # Forward mode applies these to the tangent: there is no rule that could be wrong.
    "matmul": Fault(
        (lambda g, x_like, y: -_matmul_left(g, x_like, y), _matmul_right),
        shown=" @ ",
    ),
    "sum": Fault(
        (lambda g, x_like, axis, keepdims: 2 * np.broadcast_to(expand(g, x_like, axis, keepdims), np.shape(x_like)),),
        shown="np.sum(",
    ),
    "concatenate": Fault((lambda g, i, xs_like, axis: 0.0 * xs_like[i],), shown="np.stack("),
}
CASES = [("reverse", name) for name in FAULTS]
CASES += [("forward", name) for name in ("tanh", "divide", "logsumexp")]  # both modes read the same partials


def forget(name: str) -> None:
    """What the rules of an entry were compiled to."""
    for cached in CACHED:
        TABLE[name].__dict__.pop(cached, None)


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give an entry wrong rules, for one test."""
    planted = []

    def wrong(name: str) -> None:
        planted.append(name)
        forget(name)
        monkeypatch.setattr(TABLE[name], "rules", FAULTS[name].rules)
        if FAULTS[name].jvp is not None:
            monkeypatch.setattr(TABLE[name], "push_rule", FAULTS[name].jvp)

    yield wrong
    monkeypatch.undo()
    for name in planted:
        forget(name)


def smallest_failure(mode: str) -> tuple[Expression, str]:
    """The smallest random program whose derivatives come out wrong, and what is said of it."""
    latest: list[tuple[Expression, str]] = []

    @SEARCH
    @given(expressions(max_inputs=2, max_operations=4))
    def every_derivative_is_right(e: Expression) -> None:
        try:
            check_grad(e, *e.inputs, order=1, modes=(mode,))
        except NotDifferentiableError:
            pass
        except GradientMismatchError as error:
            latest.append((e, str(error)))
            raise

    with pytest.raises(GradientMismatchError):
        every_derivative_is_right()
    return latest[-1]  # Hypothesis runs the smallest once more


@pytest.mark.parametrize(("mode", "name"), CASES)
def test_a_wrong_partial_shrinks_to_the_operation_and_is_named(
    mode: str, name: str, plant: Callable[[str], None]
) -> None:
    plant(name)
    program, message = smallest_failure(mode)
    assert len(program.lines) == 1, program
    assert FAULTS[name].shown in program.lines[0]
    assert sum(np.size(x) for x in program.inputs) <= 2, program
    assert f"The wrong operation is {name!r} ({TABLE[name].kind}), operation " in message
    assert f"{mode} mode by itself got " in message


def test_the_table_is_right_again(plant: Callable[[str], None]) -> None:
    x = np.array([0.5, 1.0])
    assert check_grad(np.tanh, x).undecided == 0
    plant("tanh")
    with pytest.raises(GradientMismatchError):
        check_grad(np.tanh, x)
