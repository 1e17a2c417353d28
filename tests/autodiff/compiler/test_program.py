"""The program that a trace leaves: replayed, it computes what the function computes, for every primitive."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.compiler.program import Replay
from autodiff.errors import IndexRangeError
from autodiff.primitives import TABLE
from autodiff.primitives.kinds import COMPOSITES, DISPATCH
from autodiff.testing.strategies import expressions
from tests.test_every_primitive import ELEMENTWISE, FLAT, NONDIFFERENTIABLE, SAMPLES, inside, made

from .alike import assert_alike, assert_identical


def examples(few: int) -> int:
    """How many programs: a few, or what a long run asks for (see tests/conftest.py)."""
    profile = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE") or "desk")
    return max(few, profile.max_examples) if profile.max_examples > 1_000 else few


def program_of(run: Any) -> Any:
    """The one program of a jitted function."""
    ((entry,),) = run._entries.values()
    return entry.recorded


def names_of(run: Any) -> list[str]:
    return [step.primitive.name for step in program_of(run).instructions]


# --- random programs --------------------------------------------------------------------------------------------------


def moved(x: Any, by: float) -> Any:
    """Other numbers in the same shape and dtype."""
    return x * (1 + by) if isinstance(x, float) else (x * x.dtype.type(1 + by))


def total(program: Any, *inputs: Any) -> Any:
    """One number that depends on every element of the result, and on every input."""
    return np.sum(program(*inputs)) + 0.0 * sum(np.sum(x) for x in inputs)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@settings(max_examples=examples(150))
@given(data=st.data())
def test_native_is_replay_is_eager(dtype: Any, data: st.DataObject) -> None:
    """Value and gradients, on the inputs of the trace and on fresh ones."""
    program = data.draw(expressions(dtype))
    eager = ad.value_and_grad(lambda *xs: total(program, *xs), argnums=tuple(range(len(program.inputs))))
    runs = [ad.jit(eager, native=native) for native in (False, True)]
    for by in (0.0, 0.0, 2.0**-10, -(2.0**-9)):
        inputs = [moved(x, by) for x in program.inputs]
        with np.errstate(all="ignore"):
            for run in runs:
                assert_alike(run(*inputs), eager(*inputs), dtype)
    assert [run.cache_info().traces for run in runs] == [1, 1]


@settings(max_examples=examples(60))
@given(program=expressions())
def test_native_is_replay_is_eager_for_captured_leaves(program: Any) -> None:
    """The same with Values that the function captures, a backward pass and an update, over several calls."""

    def build() -> Any:
        leaves = [Value(x) for x in program.inputs]

        def step(rate: float) -> Any:
            for leaf in leaves:
                leaf.zero_grad()
            out = total(program, *leaves)
            out.backward()
            for leaf in leaves:
                leaf.data = leaf.data - rate * leaf.grad
            return out

        return step, leaves

    for native in (False, True):
        (plain, expected), (other, leaves) = build(), build()
        run = ad.jit(other, native=native)
        for rate in (0.0, 2.0**-12, 2.0**-11):
            with np.errstate(all="ignore"):
                assert_alike(run(rate), plain(rate))
            for a, b in zip(leaves, expected, strict=True):
                assert_alike([a.data, a.grad], [b.data, b.grad])
        assert run.cache_info().traces == 1


@settings(max_examples=examples(40))
@given(program=expressions(max_inputs=1, max_operations=4))
def test_native_is_replay_is_eager_for_second_derivatives(program: Any) -> None:
    def eager(x: Any) -> Any:
        return ad.jvp(ad.grad(lambda y: total(program, y)), (x,), (x,))

    for native in (False, True):
        run = ad.jit(eager, native=native)
        for by in (0.0, 0.0, 2.0**-10):
            x = moved(program.inputs[0], by)
            with np.errstate(all="ignore"):
                assert_alike(run(x), eager(x), order=2)


# --- every primitive --------------------------------------------------------------------------------------------------


def jitted_is_plain(function: Any, *calls: tuple[Any, ...]) -> Any:
    for native in (False, True):
        run = ad.jit(function, native=native)
        for operands in (calls[0], *calls):
            scalar = any(isinstance(x, float) for x in operands)
            single = any(np.asarray(x).dtype == np.float32 for x in operands)
            with np.errstate(all="ignore"):
                found, expected = run(*operands), function(*operands)
            if native:
                assert_alike(found, expected, np.float32 if single else np.float64)
            else:
                assert_identical(found, expected, 1e-15 if scalar else 0.0)
        assert run.cache_info().traces == 1
    return run


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_elementwise_primitive(name: str, dtype: Any) -> None:
    """Through value and vjp, on arrays and on numbers, and again on other operands."""
    entry = TABLE[name]

    def with_gradient(*operands: Any) -> Any:
        out, pull = ad.vjp(entry, *operands)
        return out, pull(out)

    for shape in ((3,), ()):
        calls = [
            tuple(np.asarray(inside(domain, shape, shift), dtype)[()] for domain in entry.domain[: len(entry.rules)])
            for shift in (0.0, 0.125)
        ]
        calls = [tuple(x.item() if x.dtype == float and not x.ndim else x for x in call) for call in calls]
        assert name in names_of(jitted_is_plain(with_gradient, *calls))


CASES = [pytest.param(name, i, id=f"{name}-{i}") for name in SAMPLES for i in range(len(SAMPLES[name]))]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "number"), CASES)
def test_every_other_primitive(name: str, number: int, dtype: Any) -> None:
    entry, sample = TABLE[name], SAMPLES[name][number]
    constants = {i: x for i, x in enumerate(sample.operands) if not isinstance(x, tuple)}

    def function(*operands: Any) -> Any:
        rest = iter(operands)
        given = [constants[i] if i in constants else next(rest) for i in range(len(sample.operands))]
        out = entry(*given, **sample.keywords)
        return tuple(out.part(i) for i in range(2)) if entry.outputs and isinstance(out, Value) else out

    def with_gradient(*operands: Any) -> Any:
        out, pull = ad.vjp(function, *operands)
        return out, pull(out)

    calls = []
    for seed in (6, 7):
        rng = np.random.default_rng(seed)
        operands = [made(x, rng, "real") for i, x in enumerate(sample.operands) if i not in constants]
        calls.append(tuple(x if isinstance(x, float) else x.astype(dtype) for x in operands))
    assert name in names_of(jitted_is_plain(with_gradient, *calls))


@pytest.mark.parametrize("name", NONDIFFERENTIABLE)
def test_every_primitive_without_a_derivative(name: str) -> None:
    entry = TABLE[name]
    for operands, keywords in FLAT[name]:
        if name == "nonzero":
            continue  # refused: see test_trace.py

        def function(*xs: Any, keywords: Any = keywords) -> Any:
            return entry(*xs, **keywords) if any(isinstance(x, Value) for x in xs) else entry.forward(*xs, **keywords)

        run = ad.jit(function)
        for _ in range(2):
            found, expected = run(*operands), function(*operands)
            assert np.array_equal(found, expected, equal_nan=np.asarray(expected).dtype.kind == "f")
            assert np.asarray(found).dtype == np.asarray(expected).dtype


def test_what_is_reached_by_name_alone() -> None:
    """A few composites, whose parts are what the program holds."""
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    for function in (
        np.mean,
        np.var,
        np.std,
        ad.softmax,
        ad.log_softmax,
        np.ptp,
        lambda v: np.hstack([v, v]),
        lambda v: np.split(v, 3, axis=1),
        lambda v: np.pad(v, 1, constant_values=v[0, 0]),
        lambda v: np.sum(v, where=v > 0, initial=2.0),
        lambda v: np.mean(v, axis=0, where=v > -0.5),
        lambda v: v.at[0, [0, 0]].add(v[1, :2]),
        lambda v: v.at[0, v.argmax(axis=1)[:1]].set(9.0),
    ):
        run = ad.jit(lambda y, f=function: f(Value(y)))
        for y in (x, x[::-1].copy()):
            expected = function(Value(y))
            assert_alike(run(y), expected)
    assert "mean" in COMPOSITES
    assert np.mean in DISPATCH


# --- numerical errors -------------------------------------------------------------------------------------------------


def test_programs_do_not_warn() -> None:
    """The first call runs Python, and warns as that does; from then on it is a program, whose results tell."""
    w = Value(np.array([0.0, 4.0]))

    def step(x: Any) -> Any:
        w.zero_grad()
        loss = np.sqrt(w * x).sum()
        loss.backward()
        return w.grad

    run = ad.jit(step)
    for _ in range(3):
        assert run(np.ones(2)).tolist() == [np.inf, 0.25]
    loud = ad.jit(np.log)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        loud(np.zeros(1))
    for handling in ("warn", "raise"):
        with np.errstate(all=handling):
            assert loud(np.zeros(1)) == -np.inf


def test_zero_gradients_stay_zero() -> None:
    run = ad.jit(ad.grad(lambda x: np.where(x > 0, np.log(x), 0.0).sum()))
    with np.errstate(all="ignore"):
        for x in (np.array([0.0, 2.0]), np.array([4.0, 0.0])):
            assert run(x).tolist() == [0.0 if v == 0 else 1 / v for v in x]


def test_an_error_in_a_replay_changes_no_leaf_and_names_the_operation() -> None:
    w = Value(np.arange(3.0))

    def step(i: Any) -> Any:
        w.zero_grad()
        loss = w[i].sum()
        loss.backward()
        w.data = w.data + 1.0
        return loss

    run = ad.jit(step)
    run(np.array([0, 2]))
    data, grad = w.data.copy(), w.grad.copy()
    with pytest.raises(IndexRangeError, match="getitem of operands with shapes"):
        run(np.array([0, 9]))
    assert np.array_equal(w.data, data)
    assert np.array_equal(w.grad, grad)


# --- the program itself -----------------------------------------------------------------------------------------------


def test_dead_code_is_dropped_and_every_draw_is_kept() -> None:
    import nn

    dropout, w = nn.Dropout(0.5, rng=0), Value(np.ones(3))

    def step(x: Any) -> Any:
        dropout(x)  # nobody reads it, but it moves the generator
        np.exp(w) + np.arange(3.0)
        return x * 2

    run = ad.jit(step)
    state = dropout.rng.bit_generator.state
    run(np.ones(3))
    program = program_of(run)
    assert [step.primitive.name for step in program.instructions] == ["multiply"]
    assert len(program.constants) == 1
    assert len(program.draws) == 1
    before = dropout.rng.bit_generator.state
    run(np.ones(3))
    assert state != before != dropout.rng.bit_generator.state


def test_constants_are_kept_once() -> None:
    table = np.arange(3.0)
    run = ad.jit(lambda x: x * table + table - x / table.sum())
    run(np.ones(3))
    arrays = [c for c in program_of(run).constants.values() if isinstance(c, np.ndarray)]
    assert len(arrays) == 1
    assert arrays[0] is table


def test_a_program_run_by_hand() -> None:
    w = Value(2.0)
    run = ad.jit(lambda x: w * x)
    run(1.0)
    program = program_of(run)
    assert Replay(program).run(program.given([5.0])) == [10.0]
    assert program.captured[w] in program.instructions[0].operands
    assert not program.new_data
    assert not program.new_grads
