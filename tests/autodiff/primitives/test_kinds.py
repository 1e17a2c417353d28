"""The six kinds as a user meets them: registering operations of one's own."""

# A rule is read by its parameter names:
# ruff: noqa: PLW0108

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.primitives import COMPOSITES, DISPATCH, TABLE
from autodiff.primitives.kinds import Primitive
from autodiff.testing import GradientMismatchError, check_grad
from tests.autodiff.checks import check, check_closure

X = np.array([0.5, 1.5, 2.5])


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    """What a test registers is gone after it."""
    before, dispatch = dict(TABLE), dict(DISPATCH)
    yield
    for registry, old in ((TABLE, before), (DISPATCH, dispatch)):
        registry.clear()
        registry.update(old)


def test_elementwise() -> None:
    cube = ad.elementwise(lambda x: x * x * x, [lambda x: 3 * x * x], name="cube")
    check(cube, X)
    check(lambda x: cube(np.sin(x)) * x, X)
    check_closure(cube, X)
    assert cube(2.0) == 8.0
    assert TABLE["cube"] is cube
    assert repr(cube) == "<elementwise cube>"


def test_elementwise_with_several_operands_and_all_that_rules_read() -> None:
    f = ad.elementwise(
        lambda x, y, z: x * np.exp(y) + z,
        [lambda y: np.exp(y), lambda x, y, z, out: out - z, 1],
        name="xeyz",
    )
    check(f, X, np.array([[0.1], [0.2]]), np.float64(3.0))
    v = Value(X)
    np.sum(f(v, 0.0, v)).backward()
    assert v.grad.tolist() == [2.0, 2.0, 2.0]


def test_linear() -> None:
    def running_mean(x: Any, *, width: int) -> Any:
        return np.stack([np.sum(x[i : i + width]) / width for i in range(x.shape[0] - width + 1)])

    def spread(g: Any, x_like: Any, width: int) -> Any:
        total: Any = 0.0
        for i in range(g.shape[0]):
            total = total + np.pad(np.broadcast_to(g[i] / width, (width,)), (i, x_like.shape[0] - width - i))
        return total

    smooth = ad.linear(running_mean, [spread], name="running_mean")
    check(lambda x: smooth(x, width=2), X)
    check_closure(lambda x: smooth(x, width=2), X)


def test_linear_in_some_operands() -> None:
    pick = ad.linear(
        lambda m, x, y: np.where(m, x, y), [None, lambda g, x: g * x, lambda g, x: g * (1 - x)], name="pick"
    )
    check(lambda x, y: pick(np.array([1, 0, 1]), x, y), X, -X)


def test_multilinear() -> None:
    triple = ad.multilinear(
        lambda x, y, z: np.sum(x * y * z),
        [lambda g, y, z: g * y * z, lambda g, x, z: g * x * z, lambda g, x, y: g * x * y],
        name="triple",
    )
    check(triple, X, X + 1, X - 2)
    check(lambda x: triple(x, x, x), X)


def test_variadic() -> None:
    total = ad.linear(lambda *xs, weight: weight * sum(xs), adjoint=lambda g, i, weight: weight * g, name="total")
    check(lambda x, y, z: total(x, y, z, weight=2.0), X, X, X)


def test_primitive_with_vjp_and_jvp() -> None:
    norm = ad.primitive(
        lambda x: np.sqrt(np.sum(x * x)),
        [lambda g, x, out: g * x / out],
        jvp=lambda tangents, x, out: np.sum(x * tangents[0]) / out,
        name="own_norm",
    )
    check(norm, X)


def test_primitive_with_several_outputs() -> None:
    both = ad.primitive(
        lambda x: (np.sin(x), np.cos(x)),
        [lambda g, out: g[0] * out[1] - g[1] * out[0]],
        jvp=lambda tangents, out: (tangents[0] * out[1], -tangents[0] * out[0]),
        outputs=True,
        name="sincos",
    )

    def f(x: Any) -> Any:
        pair = both(x)
        s, c = (pair.part(0), pair.part(1)) if isinstance(pair, Value) else pair
        return s * c + 2 * s

    check(f, X)
    v = Value(X)
    both(v).part(1).sum().backward()
    np.testing.assert_allclose(v.grad, -np.sin(X))


def test_nondifferentiable() -> None:
    digits = ad.nondifferentiable(lambda x: np.round(x), name="digits")
    v = Value(X)
    assert not digits(v)._carries
    (digits(v) * v).sum().backward()
    assert v.grad.tolist() == np.round(X).tolist()


def test_scalars_reach_the_scalar_function() -> None:
    seen: list[Any] = []
    f = ad.elementwise(lambda x: x + 1, [1], scalar=lambda x: seen.append(x) or x + 1, name="plus_one")  # type: ignore[func-returns-value]
    assert f(Value(1.0)).data == 2.0
    assert seen == [1.0]


def test_a_name_is_given_once() -> None:
    ad.elementwise(lambda x: x, [1], name="once")
    with pytest.raises(ad.errors.UnsupportedError, match=r"'once' already.*name="):
        ad.elementwise(lambda x: x, [1], name="once")


def test_a_wrong_rule_is_found_by_the_identity() -> None:
    wrong = ad.multilinear(lambda x, y: x * y, [lambda g, y: g * y, lambda g, x: 2 * g * x], name="wrong")
    with pytest.raises(AssertionError):
        check(wrong, X, X + 1)


def test_primitives_pickle_by_name() -> None:
    assert pickle.loads(pickle.dumps(TABLE["sin"])) is TABLE["sin"]


def test_every_entry_says_what_it_is() -> None:
    kinds = {"elementwise", "linear", "multilinear", "primitive", "nondifferentiable"}
    for name, entry in TABLE.items():
        assert isinstance(entry, Primitive)
        assert entry.name == name
        assert entry.kind in kinds
        assert len(entry.domain) >= len(entry.rules) or entry.variadic
        assert entry.differentiable == (entry.kind != "nondifferentiable")
        assert not entry.differentiable or entry.rules


def test_rules_read_only_names_that_are_known() -> None:
    known = {"g", "tangents", "x", "y", "z", "xs", "i", "out", "x_like", "y_like", "z_like", "xs_like", "shared"}
    for entry in TABLE.values():
        for rule in (*entry.rules, entry.push_rule):
            for name in entry.reads(rule):
                assert name in known or name.isidentifier()


def test_composites_are_dispatched() -> None:
    assert all(callable(f) for f in COMPOSITES.values())
    assert np.mean in DISPATCH
    assert DISPATCH[np.sin] is TABLE["sin"]


def test_an_exact_zero_wins_over_an_infinity() -> None:
    inf, nan = np.inf, np.nan
    masked_product = TABLE["masked_product"]
    with np.errstate(all="ignore"):
        g, partial = np.array([0.0, 0.0, 1.0, 0.0, 2.0, nan, inf]), np.array([inf, nan, inf, 5.0, 3.0, 0.0, nan])
        np.testing.assert_array_equal(masked_product(g, partial), [0.0, 0.0, inf, 0.0, 6.0, 0.0, nan])
        assert masked_product(0.0, inf) == 0.0
        assert masked_product(Value(0.0), inf).data == 0.0
        assert masked_product(Value(2.0), 3.0).data == 6.0


@pytest.mark.parametrize("register", [ad.elementwise, ad.multilinear, ad.primitive, ad.linear])
def test_each_operand_needs_a_rule(register: Any) -> None:
    with pytest.raises(ad.errors.UnsupportedError, match="takes 2 operands and was given 1 rules"):
        register(lambda x, y: x * y, [lambda g, y: g * y], name="test_too_few_rules")
    with pytest.raises(ad.errors.UnsupportedError, match="takes 1 operands and was given 2 rules"):
        register(lambda x: x, [1, 1], name="test_too_many_rules")
    assert "test_too_few_rules" not in TABLE


def test_an_operand_beyond_the_rules_must_not_carry_a_gradient() -> None:
    shifted = ad.linear(lambda x, *shifts: x, [lambda g: g], name="test_beyond_the_rules")
    assert shifted(Value(X), 1.0).data.tolist() == X.tolist()
    with pytest.raises(ad.errors.UnsupportedError, match="operand 1 carries a gradient"):
        shifted(Value(X), Value(1.0))


def test_a_rule_that_hands_out_its_own_buffer() -> None:
    """The leaf's gradient may be changed in place: that must not reach what the rule keeps."""
    kept = np.ones(3)
    keeps = ad.primitive(lambda x: x * 1.0, [lambda g: kept], name="test_keeps_its_buffer")
    v = Value(X)
    keeps(v).backward(np.ones(3))
    v.grad *= 5.0
    assert kept.tolist() == [1.0, 1.0, 1.0]
    gradient = ad.grad(lambda x: np.sum(keeps(x)))(X)
    gradient *= 5.0
    assert kept.tolist() == [1.0, 1.0, 1.0]


# --- how entries are called -----------------------------------------------------------------------------------------


def test_a_value_among_keywords_is_refused_by_name() -> None:
    """A keyword has no rule: its gradient would be lost, wherever it stands, and whatever the operands are."""
    for register in (ad.linear, ad.multilinear, ad.primitive):
        scaled = register(lambda x, *, k, more=(): k * x, [lambda g, k: k * g], name=f"scaled_{register.__name__}")
        for x in (2.0, Value(2.0)):
            for given in ({"k": Value(4.0)}, {"k": 4.0, "more": (1, {"deep": [Value(3.0)]})}):
                with pytest.raises(ad.errors.GradientLostError, match=r"(k|more)= of scaled_.* is a keyword"):
                    scaled(x, **given)
        assert scaled(Value(2.0), k=ad.stop_gradient(Value(4.0))).data == 8.0
        assert ad.grad(lambda x, scaled=scaled: scaled(x, k=ad.stop_gradient(Value(4.0))))(2.0) == 4.0
        with ad.no_grad():
            assert scaled(Value(2.0), k=Value(4.0)).data == 8.0
    digits = ad.nondifferentiable(lambda x, *, decimals=0: np.round(x, decimals), name="rounded_digits")
    with pytest.raises(ad.errors.GradientLostError, match="decimals= of rounded_digits"):
        digits(Value(X), decimals=Value(1.0))
    with pytest.raises(ad.errors.TracingError, match="k= of scaled_linear"):
        ad.jit(lambda x, k: TABLE["scaled_linear"](x, k=k))(X, 2.0)


WAYS_TO_CALL: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "all by position": ((2.0, 3.0), {}),
    "the second by name": ((2.0,), {"y": 3.0}),
    "both by name": ((), {"x": 2.0, "y": 3.0}),
    "the second left out": ((2.0,), {}),
    "a keyword given": ((2.0, 3.0), {"n": 3}),
    "a keyword by position": ((2.0, 3.0, 3), {}),
    "both keywords by position and name": ((2.0, 3.0, 3), {"scale": 0.5}),
}


@pytest.mark.parametrize("call", WAYS_TO_CALL)
@pytest.mark.parametrize("kind", [ad.elementwise, ad.primitive])
def test_operands_and_keywords_may_be_left_out_or_named(kind: Any, call: str) -> None:
    """However Python lets a function be called: the rules find every operand, and every keyword."""

    def forward(x: Any, y: Any = 3.0, n: int = 2, *, scale: float = 1.0) -> Any:
        return scale * x**n * y

    rules = [lambda x, y, n, scale: scale * n * x ** (n - 1) * y, lambda x, n, scale: scale * x**n]
    if kind is ad.primitive:
        rules = [
            lambda g, x, y, n, scale: g * scale * n * x ** (n - 1) * y,
            lambda g, x, n, scale: g * scale * x**n,
        ]
    entry = kind(forward, rules, name=f"powers_{kind.__name__}")
    operands, keywords = WAYS_TO_CALL[call]
    count = len(operands[:2])
    named = [name for name in "xy" if name in keywords]

    def f(*xs: Any) -> Any:
        given = dict(zip(named, xs[count:]))
        return entry(*xs[:count], *operands[2:], **{**keywords, **given})

    def exact(*xs: Any) -> Any:
        return forward(*xs[:count], *operands[2:], **{**keywords, **dict(zip(named, xs[count:]))})

    xs = [np.array([x, 0.5]) for x in (*operands[:2], *(keywords[name] for name in named))]
    check(f, *xs)
    for value, raw in zip(ad.vjp(f, *xs)[1](np.ones(2)), ad.vjp(exact, *xs)[1](np.ones(2))):
        np.testing.assert_allclose(value, raw, rtol=1e-15)


def test_a_call_that_does_not_fit_is_refused_as_python_does() -> None:
    entry = ad.elementwise(lambda x, y, *, n=2: x * y**n, [lambda y, n: y**n, None], name="test_misfits")
    for operands, keywords in (((), {}), ((1.0, 2.0, 3.0), {}), ((1.0, 2.0), {"m": 1}), ((1.0, 2.0), {"x": 3.0})):
        with pytest.raises(TypeError):
            entry(*map(Value, operands), **keywords)
        with pytest.raises(TypeError):
            entry(*operands, **keywords)


def test_an_elementwise_operand_without_a_rule() -> None:
    """None is what the message about missing rules recommends; the operand may be a Value all the same."""
    entry = ad.elementwise(lambda x, y: x * y, [lambda y: y, None], name="test_no_rule")
    assert ad.grad(entry, (0, 1))(3.0, 4.0) == (4.0, 0.0)
    assert ad.jvp(entry, (3.0, 4.0), (1.0, 1.0))[1] == 4.0
    assert np.array_equal(ad.hessian(lambda x: np.sum(entry(x * x, x)))(X), np.diag(4 * X))


def test_a_keyword_that_is_named_like_one_of_the_rules_words() -> None:
    entry = ad.elementwise(lambda x, *, weight=2.0: weight * x, [lambda weight: weight], name="test_weighted")
    assert ad.grad(entry)(3.0) == 2.0
    assert ad.grad(lambda x: entry(x, weight=5.0))(3.0) == 5.0


# --- several results -------------------------------------------------------------------------------------------------


@pytest.fixture
def polar(table: None) -> Any:
    """(length, angle) of (x, y)."""
    return ad.primitive(
        lambda x, y: (np.hypot(x, y), np.arctan2(y, x)),
        [
            lambda g, x, y, out: g[0] * x / out[0] - g[1] * y / (out[0] * out[0]),
            lambda g, x, y, out: g[0] * y / out[0] + g[1] * x / (out[0] * out[0]),
        ],
        outputs=True,
        broadcasts=True,
        name="polar_of_tests",
    )


def test_a_bare_entry_with_several_results_is_a_function_like_any_other(polar: Any) -> None:
    length, angle = polar(ad.Value(3.0), ad.Value(4.0))
    assert (length.item(), angle.item()) == (5.0, np.arctan2(4.0, 3.0))
    assert len(polar(ad.Value(3.0), 4.0)) == 2
    assert "2 results" in repr(polar(ad.Value(3.0), 4.0))
    jacobian = ad.jacobian(polar, argnums=(0, 1))(3.0, 4.0)
    np.testing.assert_allclose(jacobian, [[0.6, 0.8], [-4 / 25, 3 / 25]], rtol=1e-15)
    out, pull = ad.vjp(polar, 3.0, 4.0)
    assert out[0] == 5.0
    np.testing.assert_allclose(pull((1.0, 25.0)), (0.6 - 4, 0.8 + 3))
    np.testing.assert_allclose(ad.jvp(polar, (3.0, 4.0), (3.0, 4.0))[1], (5.0, 0.0), atol=1e-15)
    assert check_grad(polar, 3.0, 4.0).undecided == 0
    assert check_grad(polar, np.array([3.0, 1.0]), np.array([[4.0], [-2.0]]), order=1).undecided == 0


def test_a_wrong_rule_for_one_of_several_results_is_named(polar: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polar, "rules", (polar.rules[0], lambda g, x, y, out: g[0] * y / out[0] + g[1] * x / out[0]))
    with pytest.raises(GradientMismatchError, match=r"(?s)output 1 with respect to argument 1.*'polar_of_tests'"):
        check_grad(polar, 3.0, 4.0)


def test_check_grad_of_a_bare_entry_with_keywords() -> None:
    entry = TABLE["logsumexp"]
    x = np.array([[1.0, 2.0], [0.5, -1.0]])
    assert check_grad(partial(entry, axis=0, keepdims=True), x).undecided == 0
    assert check_grad(TABLE["tanh"], x).undecided == 0
