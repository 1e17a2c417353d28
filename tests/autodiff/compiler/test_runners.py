"""Who carries a program out: native code where that can be had, NumPy elsewhere, to the same numbers."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from autodiff.compiler import runners
from autodiff.compiler.binding import Binding
from autodiff.compiler.program import Instruction, Program
from autodiff.compiler.runners import Replaying, can_compile, runner_of
from autodiff.primitives.kinds import TABLE

X = np.array([1.0, 2.0, 3.0])


def squares() -> Program:
    """x * x, and a constant times that."""
    program = Program()
    x, two, first, second = (program.new_register(data) for data in (X, 2.0, X, X))
    program.constants[two], program.arguments, program.outputs = 2.0, [x], [first, second]
    program.instructions = [
        Instruction(TABLE["multiply"], (x, x), {}, first),
        Instruction(TABLE["multiply"], (first, two), {}, second),
    ]
    return program


@pytest.mark.parametrize(("native", "kind"), [(False, Replaying), (True, Binding), (None, Binding)])
def test_every_runner_computes_the_program(native: bool | None, kind: type) -> None:
    runner = runner_of(squares(), native)
    assert type(runner) is kind
    first, second = runner.call([X])
    np.testing.assert_array_equal([first, second], [X * X, 2 * X * X])
    again = runner.call([X + 1])[0]
    np.testing.assert_array_equal(again, (X + 1) ** 2)
    np.testing.assert_array_equal(first, X * X)  # what has been handed out stays


def test_a_result_that_is_no_array_is_left_to_numpy() -> None:
    program = squares()
    program.forms[program.outputs[1]] = None
    assert not can_compile(program)
    assert type(runner_of(program, None)) is Replaying


@pytest.mark.parametrize("missing", ["native", "products"])
def test_a_machine_without_llvm_or_blas_replays(missing: str) -> None:
    with mock.patch.object(getattr(runners, missing), "is_available", return_value=False):
        assert not runners.is_native()
        runner = runner_of(squares(), None)
    assert type(runner) is Replaying
    np.testing.assert_array_equal(runner.call([X])[1], 2 * X * X)
