"""Forward mode: a walk over the recorded graph."""

# A rule is read by its parameter names:
# ruff: noqa: PLW0108

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import check


def test_only_what_depends_on_a_tangent_is_visited() -> None:
    calls = []

    def spy(x: Any) -> Any:
        calls.append(1)
        return np.cos(x)

    watched = ad.elementwise(lambda x: np.sin(x), [lambda x: spy(x)], name="test_forward_spy")
    ad.jvp(lambda x, y: x * watched(y), (1.0, 2.0), (1.0, None))
    assert calls == []
    ad.jvp(lambda x, y: x * watched(y), (1.0, 2.0), (None, 1.0))
    assert calls == [1]


def test_tangents_have_the_shape_and_dtype_of_results() -> None:
    x = np.ones((2, 1), np.float32)
    out, tangent = ad.jvp(lambda x: (x + np.ones((2, 3), np.float32), x.sum(), x[0], x.astype(np.float64)), (x,), (x,))
    for o, t in zip(out, tangent):
        assert np.shape(o) == np.shape(t)
        assert np.asarray(o).dtype == np.asarray(t).dtype


def test_linear_and_multilinear_are_two_kinds() -> None:
    """where is jointly linear, matmul linear in each: confusing them gives silently wrong tangents."""
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert ad.jvp(lambda a, b: np.where([True, False], a, b), (a, b), (a, b))[1].tolist() == [1.0, 4.0]
    assert ad.jvp(lambda a, b: a @ b, (a, b), (b, a))[1] == 9 + 16 + 1 + 4
    assert ad.jvp(lambda a, b: a @ b, (a, b), (b, None))[1] == 25.0
    assert ad.jvp(lambda a: np.where([True, False], a, 7.0), (a,), (a,))[1].tolist() == [1.0, 0.0]
    assert ad.jvp(lambda a: np.concatenate([a, b, a]), (a,), (a,))[1].tolist() == [1.0, 2.0, 0.0, 0.0, 1.0, 2.0]


def test_affine_keywords_are_zero_in_forward_mode() -> None:
    x, one = np.array([1.0, 2.0]), np.ones(2)
    assert ad.jvp(lambda x: np.sum(x, initial=5.0), (x,), (one,)) == (8.0, 2.0)
    out, tangent = ad.jvp(lambda x: np.pad(x, 1, constant_values=7.0), (x,), (one,))
    assert out.tolist() == [7.0, 1.0, 2.0, 7.0]
    assert tangent.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert ad.jvp(lambda x, c: np.sum(x, initial=c), (x, 5.0), (None, 1.0)) == (8.0, 1.0)
    out, tangent = ad.jvp(lambda x, c: np.pad(x, 1, constant_values=c), (x, 7.0), (None, 1.0))
    assert tangent.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_where_python_raises_numpy_answers() -> None:
    with np.errstate(all="ignore"):
        assert ad.jvp(np.sqrt, (0.0,), (1.0,))[1] == np.inf
        assert ad.jvp(lambda x: 1 / x, (0.0,), (1.0,))[1] == -np.inf
        assert ad.jvp(np.log, (0.0,), (1.0,))[1] == np.inf
        assert np.isnan(ad.jvp(lambda x: x**0.5, (-1.0,), (1.0,))[1])


def test_a_primitive_without_a_forward_rule_takes_its_reverse_rule_twice() -> None:
    cube = ad.primitive(lambda x: x**3, [lambda g, x: 3 * x * x * g], name="test_backward_only")
    check(cube, np.array([0.5, -2.0]))
    check(cube, 3.0)
    z = np.array([0.5 + 1.0j, -2.0 + 0.5j])
    check(cube, z)
    both = ad.primitive(
        lambda x, y: (x * y, np.sum(x)),
        [lambda g, x, y: g[0] * y + g[1], lambda g, x, y: g[0] * x],
        outputs=True,
        name="test_backward_only_two_results",
    )

    def parts(x: Any, y: Any) -> Any:
        out = both(x, y)
        return (out.part(0), out.part(1)) if isinstance(out, Value) else out

    check(parts, np.array([0.5, -2.0]), np.array([1.5, 2.5]))


RULES_THAT_SHARE = {
    "both hand on g": (lambda x, y: x + y, [lambda g: g, lambda g: g]),
    "plain zeros for one": (lambda x, y: x + 0 * y, [lambda g: g, lambda y: np.zeros_like(y)]),
    "None for one": (lambda x, y: x * y, [None, lambda g, x: g * x]),
    "one buffer for both": (lambda x, y: 3 * (x + y), [lambda g: _thrice(g), lambda g: _thrice(g)]),
    "a multiple of an operand": (lambda x, y: x * y, [lambda g, y: g * y, lambda x: 0 * x]),
}
SHARED: dict[int, Any] = {}


def _thrice(g: Any) -> Any:
    """The same Value for whoever asks with the same g."""
    return SHARED.setdefault(id(g), (g, 3 * g))[1]


NUMBERS = pytest.mark.parametrize(("x", "y"), [(2.0, 3.0), (np.array([2.0, -1.0]), np.array([0.5, 4.0]))])


@NUMBERS
@pytest.mark.parametrize("name", RULES_THAT_SHARE)
def test_reverse_rules_taken_twice_sum_what_arrives_at_one_value(name: str, x: Any, y: Any) -> None:
    """⟨g, J·t⟩ = ⟨Jᵀg, t⟩, whatever objects the rules return: they may be equal, the same, or no Values at all."""
    forward, rules = RULES_THAT_SHARE[name]
    entry = ad.primitive(forward, rules, name=f"test_forward_{name}{np.shape(x)}")
    captured = Value(1.0)  # which makes the walk record itself
    recorded = lambda x, y: entry(x, captured * y)
    for tangents in ((x, y), (y, x), (x, None), (None, y)):
        pulled = ad.vjp(entry, x, y)[1](x)
        other = sum(np.sum(g * t) for g, t in zip(pulled, tangents) if t is not None)
        assert np.sum(x * ad.jvp(entry, (x, y), tangents)[1]) == pytest.approx(other)
        assert np.sum(x * ad.jvp(recorded, (x, y), tangents)[1].data) == pytest.approx(other)
    SHARED.clear()


def test_several_operands_that_are_parts_of_one_result() -> None:
    pair = ad.primitive(
        lambda x: (x * x, 3 * x), [lambda g, x: 2 * x * g[0] + 3 * g[1]], outputs=True, name="test_forward_pair"
    )
    joined = ad.primitive(lambda p: p[0] * p[1], [lambda g, x: (g * x[1], g * x[0])], name="test_forward_joined")
    f = lambda x: joined(pair(x)) if isinstance(x, Value) else 3 * x**3
    assert ad.grad(f)(2.0) == 36.0
    assert ad.jvp(f, (2.0,), (1.0,))[1] == 36.0


@NUMBERS
@pytest.mark.parametrize("kind", [ad.elementwise, ad.linear, ad.multilinear, ad.primitive])
def test_an_operand_without_a_rule_is_constant_in_both_modes(kind: Any, x: Any, y: Any) -> None:
    rule = (lambda x: x) if kind is ad.elementwise else (lambda g, x: g * x)
    jvp = {"jvp": lambda tangents, x: tangents[1] * x} if kind is ad.primitive else {}
    entry = kind(lambda x, y: x * y, [None, rule], name=f"test_constant_in_{kind.__name__}{np.shape(x)}", **jvp)
    one = np.ones_like(x)
    assert np.array_equal(ad.grad(lambda x: np.sum(entry(x, y)))(x), 0 * x)
    assert np.array_equal(ad.grad(lambda y: np.sum(entry(x, y)))(y), x)
    assert np.array_equal(ad.jvp(entry, (x, y), (one, 0 * one))[1], 0 * x)
    assert np.array_equal(ad.jvp(entry, (x, y), (one, None))[1], 0 * x)
    assert np.array_equal(ad.jvp(entry, (x, y), (one, one))[1], x)
    assert np.array_equal(ad.jvp(lambda x, y: entry(x * x, y) * x, (x, y), (one, 0 * one))[1], x * x * y)


def test_forward_over_a_captured_variable() -> None:
    w = Value(3.0)
    out, tangent = ad.jvp(lambda x: w * x * x, (2.0,), (1.0,))
    assert isinstance(tangent, Value)
    tangent.backward()
    assert w.grad == 4.0
    assert out.data == 12.0
