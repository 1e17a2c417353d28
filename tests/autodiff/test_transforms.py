"""grad, value_and_grad, vjp, jvp: what they take, what they return, and one inside another."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import ArgumentError, DtypeError, GradientLostError, GraphError, ShapeError
from tests.autodiff.checks import plain


def polynomial(x: Any) -> Any:
    return x**3 + 2 * x


# --- arguments and results -------------------------------------------------------------------------------------------


def test_arrays_in_arrays_out() -> None:
    assert ad.grad(polynomial)(2.0) == 14.0
    assert type(ad.grad(polynomial)(2.0)) is float
    assert type(ad.grad(polynomial)(2)) is float
    assert type(ad.grad(polynomial)(np.float32(2))) is np.float32
    g = ad.grad(lambda x: np.sum(polynomial(x)))(np.array([1.0, 2.0]))
    assert type(g) is np.ndarray
    assert g.tolist() == [5.0, 14.0]
    single = ad.grad(lambda x: np.sum(polynomial(x)))(np.ones(2, np.float32))
    assert single.dtype == np.float32
    assert ad.grad(lambda x: np.sum(polynomial(x)))(np.arange(3)).tolist() == [2.0, 5.0, 14.0]


def test_values_in_values_out() -> None:
    x = Value(2.0)
    g = ad.grad(polynomial)(x)
    assert isinstance(g, Value)
    g.backward()
    assert x.grad == 12.0
    assert ad.grad(polynomial)(x).data == 14.0


def test_grad_never_writes_grad() -> None:
    x, w = Value(2.0), Value(3.0)
    ad.grad(lambda v: v * w * w)(x)
    ad.value_and_grad(polynomial)(x)
    ad.jvp(polynomial, (x,), (1.0,))
    assert x._grad is None
    assert w._grad is None


def test_arguments_are_not_copied_and_not_changed() -> None:
    x = np.ones(3)
    ad.grad(lambda v: np.sum(v * v))(x)
    assert x.tolist() == [1.0, 1.0, 1.0]
    g = ad.grad(np.sum)(x)
    g[0] = 5  # a gradient is the caller's
    h = ad.grad(lambda v: np.sum(v * x))(x)
    h[0] = 7.0
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_changing_the_argument_inside_does_not_reach_the_caller() -> None:
    x = np.ones(2)

    def f(v: Any) -> Any:
        v.data[0] = 100.0
        return np.sum(v * v)

    ad.grad(f)(x)
    assert x.tolist() == [1.0, 1.0]


def test_identity_and_constants() -> None:
    assert ad.grad(lambda x: x)(3.0) == 1.0
    assert ad.value_and_grad(lambda x: x)(3.0) == (3.0, 1.0)
    assert ad.grad(lambda x: ad.stop_gradient(x) * 2)(3.0) == 0.0
    assert ad.grad(lambda x, y: y * 2.0, argnums=(0, 1))(3.0, 1.0) == (0.0, 2.0)
    g = ad.grad(lambda x: (x > 0).sum() * 1.0)(np.ones(2))
    assert g.tolist() == [0.0, 0.0]


def test_argnums() -> None:
    f = lambda x, y, z: x * y**2 + z
    assert ad.grad(f, 1)(2.0, 3.0, 1.0) == 12.0
    assert ad.grad(f, -1)(2.0, 3.0, 1.0) == 1.0
    assert ad.grad(f, (0, 1))(2.0, 3.0, 1.0) == (9.0, 12.0)
    assert ad.grad(f, [2, 0])(2.0, 3.0, 1.0) == (1.0, 9.0)
    assert ad.value_and_grad(f, (2,))(2.0, 3.0, 1.0) == (19.0, (1.0,))
    assert ad.grad(lambda x, *, k: x * k)(2.0, k=5.0) == 5.0
    for wrong in (3, -4, (0, 3)):
        with pytest.raises(ArgumentError, match=r"argnums.*called with 3"):
            ad.grad(f, wrong)(2.0, 3.0, 1.0)


def test_has_aux() -> None:
    def f(x: Any) -> Any:
        y = np.sin(x)
        return y * y, {"y": y, "note": "text", "n": 3}

    gradient, aux = ad.grad(f, has_aux=True)(1.0)
    assert gradient == pytest.approx(math.sin(2.0))
    assert aux == {"y": math.sin(1.0), "note": "text", "n": 3}
    assert type(aux["y"]) is float
    (value, aux), gradient = ad.value_and_grad(f, has_aux=True)(1.0)
    assert value == pytest.approx(math.sin(1.0) ** 2)
    jac, aux = ad.jacobian(lambda x: (x * x, x + 1), has_aux=True)(np.ones(2))
    assert jac.tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert aux.tolist() == [2.0, 2.0]
    hess, aux = ad.hessian(lambda x: (np.sum(x**3), x), has_aux=True)(np.ones(2))
    assert hess.tolist() == [[6.0, 0.0], [0.0, 6.0]]
    assert plain_list(aux) == [1.0, 1.0]
    out, pull, aux = ad.vjp(lambda x: (x * x, "aux"), 3.0, has_aux=True)
    assert (out, pull(1.0), aux) == (9.0, (6.0,), "aux")
    assert ad.elementwise_grad(lambda x: (x * x, 1), has_aux=True)(np.ones(2))[0].tolist() == [2.0, 2.0]
    with pytest.raises(ArgumentError, match=r"\(result, aux\).*returned Value"):
        ad.grad(lambda x: x * x, has_aux=True)(1.0)


def plain_list(x: Any) -> Any:
    return (x.data if isinstance(x, Value) else x).tolist()


class Point(NamedTuple):
    x: Any
    y: Any


def test_containers() -> None:
    params = {"w": [np.ones(2), np.float32(2)], "b": (3.0, Point(1.0, np.ones((1, 2))))}

    def f(p: Any) -> Any:
        return np.sum(p["w"][0] * p["w"][1]) * p["b"][0] + p["b"][1].x * np.sum(p["b"][1].y)

    g = ad.grad(f)(params)
    assert list(g) == ["w", "b"]
    assert g["w"][0].tolist() == [6.0, 6.0]
    assert type(g["w"][1]) is np.float32
    assert g["w"][1] == 6.0
    assert g["b"][0] == 4.0
    assert type(g["b"][1]) is Point
    assert g["b"][1].x == 2.0
    assert g["b"][1].y.tolist() == [[1.0, 1.0]]


def test_constants_inside_containers() -> None:
    def f(p: Any) -> Any:
        assert p["mode"] == "square"
        assert p["none"] is None
        assert p["flag"] is True
        return p["x"] ** p["n"] * p["table"][p["n"]]

    g = ad.grad(f)({"x": 3.0, "n": 2, "mode": "square", "none": None, "flag": True, "table": np.arange(4)})
    assert g == {"x": 12.0, "n": None, "mode": None, "none": None, "flag": None, "table": None}


def test_a_top_level_integer_is_a_number() -> None:
    assert ad.grad(lambda x: x * x)(3) == 6.0
    with pytest.raises(DtypeError, match=r"integers alone.*write"):
        ad.grad(lambda p: 1.0)({"n": 3})
    with pytest.raises(DtypeError, match="argnums"):
        ad.grad(lambda s, x: x)("text", 1.0)
    with pytest.raises(DtypeError, match="None"):
        ad.grad(lambda s, x: x)(None, 1.0)


def test_values_inside_containers() -> None:
    w = Value(2.0)
    g = ad.grad(lambda p: p["w"] ** 3 * p["x"])({"w": w, "x": 1.0})
    assert isinstance(g["w"], Value)
    g["w"].backward()
    assert w.grad == 12.0


def test_a_lost_gradient_raises() -> None:
    for f in (lambda x: 3.0, lambda x: x.item() * 2, lambda x: np.float64(1), lambda x: None, lambda x: np.ones(())):
        with pytest.raises(GradientLostError, match=r"not a Value.*lost"):
            ad.grad(f)(2.0)
    with pytest.raises(GradientLostError, match=r"np\.exp records"):
        ad.grad(lambda x: x * math.exp(x))(2.0)
    with pytest.raises(GradientLostError):
        ad.jacobian(lambda x: [x, 1.0])(2.0)


def test_results_that_are_not_real_scalars() -> None:
    for f, match in (
        (lambda x: x, r"scalar.*\(2,\)"),
        (lambda x: (x.sum(), x), "container"),
        (lambda x: x.sum() * 1j, "real scalar"),
    ):
        with pytest.raises((ShapeError, DtypeError), match=match):
            ad.grad(f)(np.ones(2))
    with pytest.raises(ShapeError):
        ad.grad(lambda x: x)(np.ones(1))


def test_exceptions_leave_the_mode_as_it_was() -> None:
    def f(x: Any) -> Any:
        raise RuntimeError("inside")

    for transform in (
        lambda: ad.grad(f)(1.0),
        lambda: ad.jvp(f, (1.0,), (1.0,)),
        lambda: ad.vjp(f, 1.0),
        lambda: ad.hessian(f)(1.0),
    ):
        with pytest.raises(RuntimeError, match="inside"):
            transform()
    x = Value(2.0)
    (x * x).backward()
    assert x.grad == 4.0


# --- vjp and jvp ------------------------------------------------------------------------------------------------------


def test_vjp() -> None:
    out, pull = ad.vjp(lambda x, y: {"p": x * y, "s": [x.sum()]}, np.array([1.0, 2.0]), 3.0)
    assert out["p"].tolist() == [3.0, 6.0]
    assert out["s"] == [3.0]
    gx, gy = pull({"p": np.array([1.0, 10.0]), "s": [0.5]})
    assert gx.tolist() == [3.5, 30.5]
    assert gy == 21.0
    gx, gy = pull({"p": np.array([0, 0]), "s": [1]})
    assert gx.tolist() == [1.0, 1.0]
    assert gy == 0.0
    for wrong in ({"p": np.ones(2)}, np.ones(2), {"s": [1.0], "p": np.ones(2)}, {"p": np.ones(3), "s": [1.0]}):
        with pytest.raises(ShapeError):
            pull(wrong)


def test_gradients_of_two_arguments_are_two_arrays() -> None:
    x, y, weight = np.ones(2), np.ones(2), np.array([1.0, 2.0])
    _, pull = ad.vjp(np.add, x, y)
    for gx, gy in (pull(np.ones(2)), ad.grad(lambda x, y: np.sum((x + y) * weight), (0, 1))(x, y)):
        before = gy.copy()
        np.multiply(gx, 100.0, out=gx)
        np.testing.assert_array_equal(gy, before)
    _, (a, b) = ad.jvp(lambda x: (x, x), (x,), (y,))
    a *= 100.0
    assert b.tolist() == y.tolist() == [1.0, 1.0]


def test_what_pull_reads_cannot_be_written() -> None:
    out, pull = ad.vjp(np.exp, np.zeros(2))
    with pytest.raises(ValueError, match="read-only"):
        out *= 0
    assert pull(np.ones(2))[0].tolist() == [1.0, 1.0]


def test_vjp_of_repeated_and_untouched_outputs() -> None:
    _, pull = ad.vjp(lambda x: (x, x, x * 2), 3.0)
    assert pull((1.0, 10.0, 100.0)) == (211.0,)
    _, pull = ad.vjp(lambda x, y: (x, (x > 0) * 1.0), 3.0, 1.0)
    assert pull((1.0, 5.0)) == (1.0, 0.0)


def test_jvp() -> None:
    out, tangent = ad.jvp(lambda x, y: (x * y, x), (2.0, 3.0), (1.0, 10.0))
    assert out == (6.0, 2.0)
    assert tangent == (23.0, 1.0)
    out, tangent = ad.jvp(lambda p: p["x"] * p["n"], ({"x": 2.0, "n": 3},), ({"x": 1.0, "n": None},))
    assert (out, tangent) == (6.0, 3.0)
    assert ad.jvp(lambda x, y: x * y, (2.0, 3.0), (None, 1.0)) == (6.0, 2.0)
    assert ad.jvp(np.floor, (2.5,), (1.0,)) == (2.0, 0.0)
    assert ad.jvp(np.sin, (np.float32(0),), (1,))[1].dtype == np.float32


@pytest.mark.parametrize(
    ("primals", "tangents"),
    [
        ((1.0,), (1.0, 2.0)),
        (1.0, 1.0),
        ((np.ones(2),), (1.0,)),
        ((np.ones(2),), (np.ones(3),)),
        (({"a": 1.0},), ({"b": 1.0},)),
    ],
)
def test_jvp_wants_tangents_like_primals(primals: Any, tangents: Any) -> None:
    with pytest.raises((ShapeError, ArgumentError), match=r"jvp|tangent|shape"):
        ad.jvp(lambda *xs: xs[0], primals, tangents)


def test_tangents_of_wrong_dtype() -> None:
    for tangent in ("a", None if False else np.array(["a"]), 1j, object()):
        with pytest.raises((DtypeError, ShapeError)):
            ad.jvp(np.sin, (1.0,), (tangent,))


# --- one inside another ----------------------------------------------------------------------------------------------


def test_grad_of_grad() -> None:
    f = np.sin
    expected = [math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin, math.cos]
    for exact in expected:
        assert f(0.7) == pytest.approx(exact(0.7), rel=1e-14)
        f = ad.grad(f)
    g = ad.grad(ad.grad(ad.grad(polynomial)))
    assert g(5.0) == 6.0
    assert type(g(5.0)) is float


@pytest.mark.parametrize("order", range(2, 5))
def test_all_ways_to_a_higher_derivative_agree(order: int) -> None:
    forward = lambda f: lambda x: ad.jvp(f, (x,), (1.0,))[1]
    reverse = lambda f: lambda x: ad.vjp(f, x)[1](1.0)[0]
    start = lambda x: np.exp(np.sin(x)) * x
    values = set()
    for word in range(2**order):
        f = start
        for bit in range(order):
            f = (forward if word >> bit & 1 else reverse)(f)
        values.add(round(f(0.3), 9))
        assert type(f(0.3)) is float
    assert len(values) == 1


def test_perturbation_confusion_of_siskind_and_pearlmutter() -> None:
    """d/dx (x · d/dy (x + y) at y = 1) at x = 1 is 1, not 2: Siskind and Pearlmutter, IFL 2005."""
    derivative = {
        "reverse": ad.grad,
        "forward": lambda f: lambda x: ad.jvp(f, (x,), (1.0,))[1],
    }
    for outer in derivative.values():
        for inner in derivative.values():
            f = lambda x, inner=inner: x * inner(lambda y: x + y)(1.0)
            assert outer(f)(1.0) == 1.0
            assert type(outer(f)(1.0)) is float
            g = lambda x, inner=inner: inner(lambda y: x * y)(x)  # the same number under two names
            assert outer(g)(3.0) == 1.0
            h = lambda x, inner=inner: inner(lambda y: x * y * y)(x * x)  # 2x³
            assert outer(h)(3.0) == 54.0


def test_captured_variables_of_an_outer_transform() -> None:
    assert ad.grad(lambda y: ad.grad(lambda x: x * x * y)(3.0))(2.0) == 6.0
    assert type(ad.grad(lambda y: ad.grad(lambda x: x * x * y)(3.0))(2.0)) is float
    inner = ad.grad(lambda y: ad.grad(lambda x: ad.grad(lambda z: x * y * z)(1.0) * x)(y))
    assert inner(2.0) == 8.0  # d/dy (2·x·y at x = y)
    assert type(inner(2.0)) is float


def test_jvp_of_grad_and_grad_of_jvp() -> None:
    f = lambda x: np.sum(np.sin(x) * x**2)
    x, v = np.array([0.3, 1.2]), np.array([1.0, -2.0])
    second = 2 * np.sin(x) + 4 * x * np.cos(x) - x**2 * np.sin(x)
    np.testing.assert_allclose(ad.jvp(ad.grad(f), (x,), (v,))[1], second * v)
    np.testing.assert_allclose(ad.grad(lambda x: ad.jvp(f, (x,), (v,))[1])(x), second * v)
    np.testing.assert_allclose(ad.grad(lambda x: np.sum(ad.vjp(f, x)[1](1.0)[0] * v))(x), second * v)


def test_derivative_with_respect_to_the_tangent_and_the_cotangent() -> None:
    assert ad.grad(lambda t: ad.jvp(np.exp, (1.0,), (t,))[1])(5.0) == pytest.approx(math.e)
    assert ad.grad(lambda c: ad.vjp(np.exp, 1.0)[1](c)[0])(5.0) == pytest.approx(math.e)
    t = Value(5.0)
    ad.jvp(np.exp, (1.0,), (t,))[1].backward()
    assert t.grad == pytest.approx(math.e)
    c = Value(5.0)
    ad.vjp(np.exp, 1.0)[1](c)[0].backward()
    assert c.grad == pytest.approx(math.e)


def test_gradient_penalty_trains_captured_parameters() -> None:
    """A gradient with respect to the input inside a loss reaches the parameters that f captures."""
    w = Value(np.array([2.0, -1.0]))
    x = np.array([0.5, 0.25])

    def energy(x: Any) -> Any:
        return np.sum(np.tanh(w * x))

    slope = ad.grad(energy)(x)
    assert isinstance(slope, Value)
    np.sum(slope**2).backward()

    def penalty(w: Any) -> Any:
        return np.sum((w * (1 - np.tanh(w * x) ** 2)) ** 2)

    np.testing.assert_allclose(w.grad, ad.grad(penalty)(w.data))
    with ad.no_grad():
        assert isinstance(ad.grad(energy)(x), np.ndarray)
    w.grad = None
    value, slope = ad.value_and_grad(energy)(x)
    (value + slope.sum()).backward()
    assert w.grad.any()


def test_training_with_captured_parameters_inside_a_transform() -> None:
    """The same with the parameters as arguments of an outer grad: force matching."""
    x = np.array([0.5, 0.25])
    energy = lambda w, x: np.sum(np.sin(w * x))
    loss = lambda w: np.sum((ad.grad(energy, 1)(w, x) - 1.0) ** 2)
    exact = lambda w: np.sum((w * np.cos(w * x) - 1.0) ** 2)
    w = np.array([2.0, -1.0])
    np.testing.assert_allclose(ad.grad(loss)(w), ad.grad(exact)(w))
    np.testing.assert_allclose(ad.hessian(loss)(w), ad.hessian(exact)(w))


def test_transforms_inside_no_grad_still_differentiate() -> None:
    with ad.no_grad():
        assert ad.grad(polynomial)(2.0) == 14.0
        assert ad.jvp(polynomial, (2.0,), (1.0,))[1] == 14.0
        assert ad.grad(ad.grad(polynomial))(2.0) == 12.0


def test_no_grad_inside_a_transform_cuts() -> None:
    def f(x: Any) -> Any:
        with ad.no_grad():
            scale = x * 3
        return x * scale

    assert ad.grad(f)(2.0) == 6.0
    assert ad.jvp(f, (2.0,), (1.0,))[1] == 6.0


def test_backward_over_a_recorded_gradient() -> None:
    x = Value(np.array([1.0, 2.0]))
    g = ad.grad(lambda v: np.sum(v**3))(x)
    (g * g).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * 3 * x.data**2 * 6 * x.data)


def test_the_function_is_run_once() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x * x

    ad.value_and_grad(f)(2.0)
    ad.jvp(f, (2.0,), (1.0,))
    _, pull = ad.vjp(f, 2.0)
    pull(1.0), pull(2.0)
    assert len(calls) == 3


def test_wrapped_names() -> None:
    def energy(x: Any) -> Any:
        """The energy."""
        return x

    assert ad.grad(energy).__name__ == "energy"
    assert ad.grad(energy).__doc__ == "The energy."


def test_generators_kwargs_and_callable_objects() -> None:
    class Square:
        def __call__(self, x: Any) -> Any:
            return x * x

    assert ad.grad(Square())(3.0) == 6.0
    assert ad.grad(np.sum)(np.ones(2)).tolist() == [1.0, 1.0]
    from functools import partial

    assert ad.grad(partial(lambda k, x: k * x * x, 2.0))(3.0) == 12.0


def test_backward_inside_a_pull() -> None:
    """A pull that is called inside a function being differentiated is part of it."""
    _, pull = ad.vjp(np.sin, 0.5)
    assert plain(ad.grad(lambda c: pull(c)[0])(2.0)) == pytest.approx(math.cos(0.5))


def test_graph_error_is_not_swallowed() -> None:
    x = Value(2.0)
    y = x * x
    y.backward(retain_graph=False)
    with pytest.raises(GraphError):
        ad.grad(lambda v: v * y)(1.0).backward()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_an_argument_would_lose_its_gradient(copied: Any) -> None:
    with pytest.raises(ad.errors.GraphError, match=r"v\.copy\(\)"):
        ad.grad(lambda x: x * copied(x))(3.0)
    assert ad.grad(lambda x: x * x.copy())(3.0) == 6.0
