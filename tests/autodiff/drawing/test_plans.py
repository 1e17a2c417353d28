"""Pictures of what a jitted function has become."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, DtypeError

X = np.ones((4, 3))


def test_a_box_for_each_input_step_and_result() -> None:
    w = Value(np.ones((3, 2)), label="w")
    run = ad.jit(lambda x: np.tanh(x @ w).sum(axis=0))
    picture = ad.draw(run.lower(X))
    assert [node.label or node.op for node in picture.nodes] == ["x", "w", "step 1", "step 2", "result"]
    assert [(edge.source, edge.target) for edge in picture.edges] == [(1, 3), (2, 3), (3, 4), (4, 5)]
    assert picture.nodes[3].data == ("for i in 4, j in 2:", "    result[j] += tanh(t1[i, j])")
    assert str(picture) == str(run.lower(X))
    assert r"for i in 4, j in 2:\l\ \ \ \ result[j] += tanh(t1[i, j])\l" in picture.dot
    assert b"<svg" in picture.render("svg")


def test_the_last_program_of_a_function() -> None:
    run = ad.jit(lambda x: x * 2 + 1)
    with pytest.raises(ArgumentError, match="has not been called yet"):
        ad.draw(run)
    run(X)
    run(np.ones(7, np.float32))
    assert "(7,) float32" in {node.shape for node in ad.draw(run).nodes}
    run(X)
    assert "(4, 3) float64" in {node.shape for node in ad.draw(run, rankdir="TB").nodes}


def test_replays_are_drawn_too() -> None:
    run = ad.jit(lambda x: np.exp(x) * 2.0, native=False)
    run(X)
    assert [node.data for node in ad.draw(run).nodes if node.kind == "step"] == [
        ("t1 = exp(x)    (4, 3) float64",),
        ("result = multiply(t1, 2.0)    (4, 3) float64",),
    ]


def test_long_plans_and_long_steps_are_cut() -> None:
    def long(x):
        for _ in range(6):
            x = np.cumsum(x)
        return x

    picture = ad.draw(ad.jit(long).lower(np.ones(5)), max_nodes=4)
    assert picture.notes == ("3 more steps; print(step.lower(...)) lists them all",)
    wide = ad.draw(ad.jit(lambda x: [x * k for k in range(2, 30)]).lower(np.ones(5)))
    assert wide.nodes[1].data[-1] == "… 17 more lines"


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DtypeError, match="or a jitted function; it was given function"):
        ad.draw(lambda x: x)
