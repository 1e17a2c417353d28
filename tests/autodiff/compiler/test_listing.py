"""`lower`: what became of a function, as text."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Reduce, Store
from autodiff.compiler.pseudocode import pseudocode
from autodiff.errors import TracingError

X, Y = np.linspace(-1, 1, 12).reshape(4, 3), np.ones((4, 2))


def training() -> tuple[object, nn.MLP, nn.Adam]:
    model = nn.MLP(3, [3, 2], rng=0)
    optimizer = nn.Adam(model.parameters(), learning_rate=0.1)

    def step(x: object, y: object) -> object:
        loss = nn.squared_error(model(x), y)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, model, optimizer


def test_the_text_of_a_small_program() -> None:
    def scaled(x, w):
        return np.tanh(x @ w + 0.5).sum()

    assert str(ad.jit(scaled).lower(X, np.ones((3, 2)))).splitlines() == [
        "scaled: native code in 2 steps: 1 loop nest, 1 matrix product",
        "reads",
        "      x  (4, 3) float64",
        "      w  (3, 2) float64",
        "writes (w': what w becomes)",
        "      result  float",
        "memory: 1 buffer in 64 bytes; those in one place are never in use at once",
        "           0  t1  (4, 2) float64",
        "plan",
        "   1  t1 = x @ w    (4, 3) @ (3, 2) float64, our own code",
        "   2  for i in 4, j in 2:",
        "          result += tanh(t1[i, j] + 0.5)",
    ]


def test_the_text_of_a_replay() -> None:
    text = str(ad.jit(lambda x: np.exp(x) * 2.0, native=False).lower(X))
    assert text.splitlines()[-3:] == [
        "plan",
        "   1  t1 = exp(x)    (4, 3) float64",
        "   2  result = multiply(t1, 2.0)    (4, 3) float64",
    ]
    assert "replayed by NumPy" in text


def test_leaves_are_named_by_where_they_stand_and_kernels_written_once() -> None:
    step, _, _ = training()
    text = str(ad.jit(step).lower(X, Y))
    assert "model.layers[0].w'" in text
    assert "model.layers[1].b.grad'" in text
    assert "learning_rate" in text
    assert text.count("tanh(") == 1
    label = Value(np.ones(3), label="scale")
    assert "scale" in str(ad.jit(lambda x, w=label: x * w).lower(X))


@pytest.mark.parametrize("native", [False, True])
def test_nothing_is_changed_and_the_program_is_kept(native: bool) -> None:
    step, model, optimizer = training()
    other, expected, _ = training()
    run = ad.jit(step, native=native)
    leaves = [*model.parameters(), *(leaf for leaf in vars(optimizer).values() if isinstance(leaf, Value))]
    before = [(leaf.data if leaf.ndim == 0 else leaf.data.copy(), leaf._grad) for leaf in leaves]
    run.lower(X, Y)
    for leaf, (data, grad) in zip(leaves, before, strict=True):
        assert np.array_equal(leaf.data, data)
        assert leaf._grad is grad is None
    for _ in range(3):
        run(X, Y)
        other(X, Y)
    assert run.cache_info().traces == 1
    for p, q in zip(model.parameters(), expected.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-10)


def test_generators_are_put_back() -> None:
    dropout = nn.Dropout(0.5, rng=0)
    run = ad.jit(dropout.forward)
    state = dropout.rng.bit_generator.state
    assert "draw1" in str(run.lower(X))
    assert dropout.rng.bit_generator.state == state
    assert np.array_equal(run(X), nn.Dropout(0.5, rng=0)(X))


def test_what_numpy_does_is_named() -> None:
    listing = ad.jit(lambda x: np.cumsum(x) * 2).lower(np.eye(3))
    assert listing.by_numpy == ["cumsum"]
    assert "t1 = cumsum(x, axis=0)    by NumPy" in str(listing)
    assert ad.jit(lambda x: x + 1).lower(X).by_numpy == []


def test_results_that_are_always_the_same() -> None:
    text = str(ad.jit(lambda x: (x, 2.5, x * 0 + 1)).lower(X))
    assert "result[0]  (4, 3) float64, always x" in text


def test_tapes_are_counted() -> None:
    def chain(x):
        for k in range(100):
            x = x * 1.5 - (k + 1)
        return x

    assert "a tape of 200 scalar operations in 200 layers: 100 multiply, 100 subtract" in str(ad.jit(chain).lower(0.5))


def test_where_nothing_is_compiled() -> None:
    run = ad.jit(lambda x: x * 2)
    with pytest.raises(TracingError, match=r"lower\(\.\.\.\) takes arrays and numbers"):
        run.lower(Value(1.0))
    with pytest.raises(TracingError, match=r"lower\(\.\.\.\) takes arrays and numbers"):
        ad.jit(run.lower)(1.0)


# --- kernels ----------------------------------------------------------------------------------------------------------


def test_loops_indices_and_precedence() -> None:
    kernel = Kernel(
        (4, 3),
        (
            Load(0, "float64", (3, 1)),
            Load(1, "float64", (0, 1)),
            Load(2, "int64", (1, 0)),
            Load(3, "float64", (0, 0), positions=((2, 5, 10),)),
            Constant("2.0", "float64"),
            Compute("subtract", (0, 1), ("double", "double"), "float64"),
            Compute("multiply", (5, 4), ("double", "double"), "float64"),
            Compute("subtract", (3, 6), ("double", "double"), "float64"),
            Compute("negative", (7,), ("double",), "float64"),
            Compute("add", (8, 2), ("double", "double"), "float64"),
        ),
        (Store(4, 9, "float64", (1, 4)), Store(5, 6, "float64", (-3, -1))),
        (Reduce(6, "max", 6, "float64", (1,)), Reduce(7, "sum", 9, "float64", (0, 1))),
    )
    assert pseudocode(kernel, list("abcdefgh")) == [
        "for i in 4, j in 3:",
        "    v1 = (a[i, j] - b[j]) * 2.0",
        "    v2 = -(d[5*c[i]] - v1) + double(c[i])",
        "    e[i + 4*j] = v2",
        "    f[-3*i - 1*j] = v1",
        "    g[i] = max(g[i], v1)",
        "    h += v2",
    ]


def test_one_element_needs_no_loop() -> None:
    kernel = Kernel((1,), (Load(0, "bool", (0,)),), (), (Reduce(1, "any", 0, "bool", (0,)),))
    assert pseudocode(kernel, ["x", "out"]) == ["out |= x"]
