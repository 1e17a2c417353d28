# ruff: noqa: PLW0108 (the lambdas are the functions under test: they stand for a user's own)
"""The jitted function from outside: signatures and cache, what it returns and who owns it, transforms, threads."""

from __future__ import annotations

import copy
import inspect
import pickle
import threading
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler.jit import KEPT_PROGRAMS, CacheInfo, JittedValue
from autodiff.errors import AutodiffError, GradientLostError, GraphError, InPlaceError, TracingError

from .alike import assert_alike

X = np.array([1.0, -2.0, 3.0])
Point = namedtuple("Point", "x y")


def network() -> tuple[Any, Any]:
    model = nn.MLP(3, [4, 1], rng=0)
    optimizer = nn.SGD(model.parameters(), 0.1, momentum=0.9)

    def step(x: Any) -> Any:
        loss = (model(x) ** 2).mean()
        model.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return model, step


# --- arguments and the cache ------------------------------------------------------------------------------------------


def test_shapes_and_dtypes_trace_again() -> None:
    run = ad.jit(lambda x: (x * 2).sum())
    for x in (np.ones(3), np.ones(4), np.ones((3, 1)), np.ones(3, np.float32), np.ones(3, int), np.float32(1), 1.0, 1j):
        for _ in range(2):
            assert run(x) == (np.asarray(x) * 2).sum()
    assert run.cache_info() == CacheInfo(calls=16, traces=8, programs=8)
    run.clear_cache()
    assert run.cache_info().programs == 0
    assert run(1.0) == 2.0


def test_layouts_need_no_trace_of_their_own() -> None:
    run, x = ad.jit(lambda x: x @ x.T), np.arange(12.0).reshape(3, 4)
    assert np.array_equal(run(x), x @ x.T)
    for y in (np.asfortranarray(x), np.tile(x, 2)[:, ::2], x[::-1, ::-1], np.broadcast_to(x[:1], (3, 4))):
        assert np.array_equal(run(y), y @ y.T)
    assert run.cache_info().traces == 1


def test_ints_bools_texts_and_none_are_static() -> None:
    def power(x: Any, n: Any, *, how: str = "times") -> Any:
        if n is True:
            return -x
        if n is None:
            return x
        return x**n if how == "times" else x + n

    run = ad.jit(power)
    for n, how in [
        (2, "times"),
        (3, "times"),
        (2, "plus"),
        (True, "times"),
        (1, "times"),
        (None, "x"),
        (np.int64(2), "times"),
    ]:
        for _ in range(2):
            assert run(3.0, n, how=how) == power(3.0, n, how=how)
    assert run.cache_info().traces == 7


def test_floats_are_inputs() -> None:
    run = ad.jit(lambda x, rate: x * rate)
    assert [run(2.0, rate) for rate in (0.5, 1.5, np.float64(2.5))] == [1.0, 3.0, 5.0]
    assert run.cache_info().traces == 1


def test_nested_containers_and_keywords() -> None:
    def function(a: Any, *rest: Any, scale: Any = 1.0, **more: Any) -> Any:
        total = a["x"] + a["y"][0] * scale + sum(rest)
        return {"total": total, "more": (more.get("z"), [a["y"], ()]), "point": Point(total, None), "text": "done"}

    run = ad.jit(function)
    for k in range(3):
        x = X + k
        arguments = ({"x": x, "y": [2 * x, 1.0]}, x, 3.0)
        assert_alike(run(*arguments, scale=2.0, z=x), function(*arguments, scale=2.0, z=x))
        assert_alike(run(*arguments), function(*arguments))
    assert run.cache_info().traces == 2


def test_a_bounded_number_of_programs_is_kept() -> None:
    run = ad.jit(lambda x: x.sum())
    for n in range(KEPT_PROGRAMS + 10):
        run(np.ones(n + 1))
        run(np.ones(1))  # the oldest, and in use
    assert run.cache_info().programs == KEPT_PROGRAMS
    traces = run.cache_info().traces
    run(np.ones(1))
    assert run.cache_info().traces == traces
    run(np.ones(2))
    assert run.cache_info().traces == traces + 1


def test_objects_are_static_by_identity() -> None:
    first, second = nn.Linear(3, 1, rng=0), nn.Linear(3, 1, rng=1)
    run = ad.jit(lambda model, x: model(x))
    for _ in range(2):
        for model in (first, second):
            assert np.array_equal(run(model, X).data, model(X).data)
    assert run.cache_info().traces == 2
    first.w.data = np.zeros((3, 1))
    assert run(first, X).data == 0.0
    applied = ad.jit(lambda f, x: f(x))
    for _ in range(3):
        assert np.array_equal(applied(first.forward, X).data, first(X).data)
    assert applied.cache_info().traces == 1


@pytest.mark.parametrize("wrong", [None, 3, "f", X])
def test_jit_of_what_is_no_function(wrong: Any) -> None:
    with pytest.raises(TracingError, match="jit takes a function, was given"):
        ad.jit(wrong)


def test_foreign_arrays_are_refused() -> None:
    with pytest.raises(AutodiffError, match="MaskedArray"):
        ad.jit(lambda x: x + 1)(np.ma.masked_array([1.0], [True]))


def test_arrays_of_texts_and_objects_are_part_of_the_program() -> None:
    run = ad.jit(lambda names, x: x * 2 if names[0] == "double" else x * 3)
    for first, factor in (("double", 2.0), ("triple", 3.0), ("double", 2.0)):
        assert run(np.array([first, "b"]), 1.0) == factor
        assert run(np.array([first, None], dtype=object), 1.0) == factor
    names = np.array(["double"])
    assert run(names, 1.0) == 2.0
    names[0] = "triple"
    assert run(names, 1.0) == 3.0
    with pytest.raises(TypeError):
        ad.jit(lambda x: x + 1)(np.array(["a"]))


def test_empty_arrays() -> None:
    run = ad.jit(lambda x: (x * 2, x.sum()))
    for _ in range(2):
        assert_alike(run(np.empty((0, 3))), (np.empty((0, 3)), 0.0))


def test_it_looks_like_the_function() -> None:
    @ad.jit
    def train(x: Any, rate: float = 0.1) -> Any:
        """One step."""
        return x * rate

    assert train.__name__ == "train"
    assert train.__doc__ == "One step."
    assert [*inspect.signature(train).parameters] == ["x", "rate"]
    assert train.__wrapped__(2.0) == train(2.0) == 0.2


@ad.jit
def doubled(x: Any) -> Any:
    return x * 2


def test_it_is_copied_and_pickled_like_a_function() -> None:
    assert copy.deepcopy({"step": doubled})["step"] is doubled
    assert pickle.loads(pickle.dumps(doubled)) is doubled
    assert repr(doubled) == "<jitted doubled>"


# --- methods and other callables --------------------------------------------------------------------------------------


class Scaled:
    factor = 2.0

    def __init__(self, w: float) -> None:
        self.w = Value(w)

    @ad.jit
    def times(self, x: Any, *, more: float = 0.0) -> Any:
        return self.w * x + more

    @classmethod
    @ad.jit
    def of_class(cls, x: Any) -> Any:
        return cls.factor * x

    @staticmethod
    @ad.jit
    def of_nobody(x: Any) -> Any:
        return -x

    def __call__(self, x: Any) -> Any:
        return self.w * x


def test_methods() -> None:
    a, b = Scaled(2.0), Scaled(3.0)
    for _ in range(2):
        assert float(a.times(3.0)) == 6.0
        assert float(b.times(3.0, more=1.0)) == 10.0
        assert float(Scaled.times(b, 3.0)) == 9.0
    assert Scaled.times.cache_info().traces == a.times.cache_info().traces == 3
    assert Scaled.of_class(3.0) == a.of_class(3.0) == 6.0
    assert Scaled.of_nobody(3.0) == a.of_nobody(3.0) == -3.0
    a.w.data = 5.0
    assert float(a.times(1.0)) == 5.0
    a.w = Value(7.0)
    assert float(a.times(1.0)) == 7.0


def test_callables_of_every_kind() -> None:
    scaled = Scaled(2.0)
    assert float(ad.jit(scaled)(3.0)) == 6.0
    assert float(ad.jit(scaled.__call__)(3.0)) == 6.0
    assert np.array_equal(ad.jit(np.tanh)(X), np.tanh(X))
    assert np.array_equal(ad.jit(ad.relu)(X), np.maximum(X, 0))
    assert np.array_equal(ad.jit(nn.MLP(3, [1], rng=0))(X).data, nn.MLP(3, [1], rng=0)(X).data)
    once = ad.jit(ad.jit(lambda x: x + 1))
    assert once(1.0) == once(1.0) == 2.0
    assert once.cache_info() == CacheInfo(2, 1, 1)


def test_a_deep_chain_in_one_program() -> None:
    def chain(x: Any) -> Any:
        for _ in range(5_000):
            x = np.sin(x)
        return x

    assert ad.jit(ad.grad(chain))(0.5) == ad.grad(chain)(0.5)


# --- results and their owners -----------------------------------------------------------------------------------------


def test_a_pure_function_returns_arrays() -> None:
    run = ad.jit(lambda x, y: (x + y, x > 0, x.astype(int), np.zeros_like(x), x.shape, x, x.sum(), x[0] * 1.5))
    plain = (2 * X, X > 0, X.astype(int), np.zeros(3), (3,), X, X.sum(), 1.5)
    for _ in range(2):
        found = run(X, X)
        assert_alike(found[:6], plain[:6])
        assert found[6:] == plain[6:]
        assert type(found[6]) is float  # where NumPy has np.float64, as everywhere here


def test_results_are_never_overwritten() -> None:
    w = Value(np.zeros(3))

    def step(x: Any) -> Any:
        w.zero_grad()
        y = w + x
        (y * y).sum().backward()
        w.data = w.data + 1.0
        return y, y.data, w.data, w.grad, x, x[1:], x.reshape(3, 1), y[::-1], np.arange(3.0)

    run = ad.jit(step)
    results, copies = [], []
    for k in range(4):
        argument = X + k
        found = run(argument)
        shown = [v.data if isinstance(v, Value) else v for v in found] + [w.data, w.grad]
        argument += 100.0  # the caller's own array
        results.append(shown)
        copies.append(copy.deepcopy(shown))
        for array in shown:
            for other in shown:
                assert array is other or not np.shares_memory(array, other)
    assert_alike(results, copies)


def test_arrays_that_a_caller_changes_change_nothing_inside() -> None:
    w = Value(np.ones(3))
    run = ad.jit(lambda x: (w.data, np.arange(3.0), x * 1.0))
    for _ in range(3):
        for array in run(X):
            array[:] = 50.0
        assert w.data.tolist() == [1.0, 1.0, 1.0]


def test_data_held_from_before_a_call_is_left_alone() -> None:
    model, step = network()
    run, x = ad.jit(step), np.ones((2, 3))
    kept = []
    for _ in range(4):
        run(x)
        kept += [(p.data, p.data.copy(), p.grad, p.grad.copy()) for p in model.parameters()]
    for data, data_then, grad, grad_then in kept:
        assert np.array_equal(data, data_then)
        assert np.array_equal(grad, grad_then)


def test_an_argument_that_becomes_the_data_of_a_leaf_is_copied() -> None:
    w, v = Value(np.zeros(3)), Value(np.zeros(3))

    def step(x: Any) -> None:
        w.data, v.data = x, w.data
        w.grad = x

    run = ad.jit(step)
    for k in range(3):
        x = X + k
        run(x)
        x += 100.0
        assert np.array_equal(w.data, X + k)
        assert np.array_equal(w.grad, X + k)
        w.grad[0] = 7.0
        assert not np.shares_memory(w.data, v.data)
    assert np.array_equal(v.data, X + 1)


def test_leaves_can_be_changed_in_place_between_calls() -> None:
    w = Value(np.ones(3))
    run = ad.jit(lambda x: w * x)
    run(X)
    w.data[0] = 10.0
    w.data -= 1.0
    assert run(X).data.tolist() == [9.0, -0.0, 0.0]
    assert run.cache_info().traces == 1


def test_one_call_is_one_update() -> None:
    w = Value(1.0)

    def step() -> None:
        w.data = w.data * 2

    run = ad.jit(step)
    for k in range(1, 5):
        run()
        assert w.data == 2.0**k


def test_a_captured_leaf_is_returned_as_itself() -> None:
    w, model = Value(2.0), nn.Linear(2, 1, rng=0)
    run = ad.jit(lambda x: (w, model, model.parameters(), w * x))
    for _ in range(2):
        leaf, same_model, parameters, product = run(3.0)
        assert leaf is w
        assert same_model is model
        assert all(a is b for a, b in zip(parameters, model.parameters(), strict=True))
        assert product.item() == 6.0


def test_a_leaf_made_inside_is_a_leaf_outside() -> None:
    def make(x: Any) -> Any:
        leaf = Value(x, label="made")
        (leaf * 3).sum().backward()
        return leaf

    run = ad.jit(make)
    for _ in range(2):
        leaf = run(X)
        assert type(leaf) is Value
        assert leaf.grad.tolist() == [3.0, 3.0, 3.0]
        leaf.zero_grad()
        (leaf * leaf).sum().backward()
        assert np.array_equal(leaf.grad, 2 * X)
        leaf.data[0] = 5.0


def test_a_result_that_depends_on_captured_leaves_can_be_read() -> None:
    _, step = network()
    run = ad.jit(step)
    for _ in range(2):
        loss = run(np.ones((2, 3)))
        assert isinstance(loss, JittedValue)
        assert loss.item() == float(loss) == loss.data == np.asarray(loss)
        assert loss.grad == 1.0
        assert f"{loss:.3f}" == f"{loss.item():.3f}"
        assert repr(loss) == f"Value(data={loss.item()!r}, grad=1.0)"
        assert loss < 1e9
        assert bool(loss)
        assert not np.isnan(loss)
        assert np.mean([float(loss), float(loss)]) == loss.item()
        assert min(loss, 1e9, key=float) is loss
        with ad.no_grad():
            assert float(loss * 2) == 2 * loss.item()
        assert Value(loss).data == loss.item()
        assert ad.stop_gradient(loss).item() == loss.item()


@pytest.mark.parametrize(
    "use",
    [
        lambda v: v * 2,
        lambda v: 2 * v,
        lambda v: v + v,
        lambda v: -v,
        lambda v: v @ v,
        lambda v: np.exp(v),
        lambda v: np.stack([v, v]),
        lambda v: v.sum(),
        lambda v: v[0],
        lambda v: v.at[0].set(1.0),
        lambda v: v.T,
        lambda v: ad.relu(v),
        lambda v: Value(2.0) * v,
        lambda v: X * v,
        lambda v: v.backward(np.ones(3)),
        lambda v: ad.grad(lambda x: (x * v).sum())(X),
        lambda v: ad.grad(lambda x: x.sum())(v),
        lambda v: ad.vjp(lambda x: x * 2, v),
        lambda v: ad.jit(lambda x: x * 2)(v),
    ],
)
def test_any_recorded_use_of_such_a_result_raises(use: Any) -> None:
    w = Value(X)
    run = ad.jit(lambda x: w * x)
    for _ in range(2):
        with pytest.raises(GraphError, match=r"result of a jitted function .* value_and_grad"):
            use(run(X))


def test_such_a_result_cannot_be_written_or_copied() -> None:
    w = Value(X)
    out = ad.jit(lambda x: w * x)(X)
    with pytest.raises(InPlaceError):
        out.data = X
    with pytest.raises(ValueError, match="read-only"):
        out.data[0] = 1.0
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(GraphError, match="copy"):
            copied(out)


def test_results_without_a_gradient_are_ordinary_values() -> None:
    w = Value(X)
    run = ad.jit(lambda x: (w > x, w.argmax(), ad.stop_gradient(w) * x))
    for _ in range(2):
        mask, place, product = run(X - 1)
        assert (product * Value(2.0)).sum()._carries
        assert [type(v) for v in (mask, place, product)] == [Value] * 3
        assert mask.all()
        assert X[place] == 3.0


# --- transforms -------------------------------------------------------------------------------------------------------

SCALE = Value(np.array([0.5, 1.0, 2.0]))


def energy(x: Any) -> Any:
    return (np.sin(x) * np.exp(-x * x)).sum() + (x[0] * x[1]) ** 2


TRANSFORMS = {
    "grad": ad.grad(energy),
    "value_and_grad": ad.value_and_grad(energy),
    "hessian": ad.hessian(energy),
    "jacobian by rows": ad.jacobian(lambda x: np.stack([energy(x), energy(2 * x)])),
    "jacobian by columns": ad.jacobian(lambda x: np.outer(x, np.cos(x))),
    "hvp": lambda x: ad.hvp(energy)(x, x + 1),
    "jvp": lambda x: ad.jvp(energy, (x,), (x * x,)),
    "vjp": lambda x: ad.vjp(np.tanh, x)[1](x),
    "elementwise_grad": ad.elementwise_grad(lambda x: np.tanh(x) * x),
    "checkpoint": ad.grad(lambda x: ad.checkpoint(lambda y: np.sin(np.exp(y)).sum())(x)),
    "stop_gradient": ad.grad(lambda x: (x * ad.stop_gradient(x)).sum()),
    "aux": ad.grad(lambda x: (energy(x), {"square": x * x}), has_aux=True),
    "containers": lambda x: ad.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": x, "b": [x * x, 3]}),
    "argnums": lambda x: ad.grad(lambda a, b: (a * b * b).sum(), argnums=(1, 0))(x, 2 * x),
    "of a constant": lambda x: ad.grad(lambda a: a * a * x.sum())(3.0),
    "aux of a constant": lambda x: ad.grad(lambda a: (a * x.sum(), a * x), has_aux=True)(3.0),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_inside(name: str, dtype: Any) -> None:
    function = TRANSFORMS[name]
    run, inside = ad.jit(function), ad.jit(lambda x: function(x * 1))
    for k in range(3):
        x = (X / 3 + 0.1 * k).astype(dtype)
        assert_alike(run(x), function(x), dtype)
        assert_alike(inside(x), function(x), dtype)
    assert run.cache_info().traces == inside.cache_info().traces == 1


def test_a_third_derivative_inside() -> None:
    """Traced walks mask zero gradients from the start, so sums of higher orders come in another order."""
    third = ad.grad(lambda x: ad.grad(lambda y: ad.grad(energy)(y).sum())(x).sum())
    run = ad.jit(third)
    for x in (X / 3, X / 2):
        np.testing.assert_allclose(run(x), third(x), rtol=1e-14)


def test_a_gradient_inside_a_loss_reaches_captured_leaves() -> None:
    """∂/∂w of the gradient with respect to the input: as undecorated, the derivatives are Values."""

    def build() -> Any:
        w = Value(np.array([0.3, -0.2, 0.1]))

        def step(x: Any) -> Any:
            slope = ad.grad(lambda v: np.tanh(v * w).sum())(x)
            penalty = (slope * slope).sum()
            w.zero_grad()
            penalty.backward()
            w.data -= 0.1 * w.grad
            return penalty, slope

        return step, w

    (plain, expected), (other, w) = build(), build()
    run = ad.jit(other)
    for k in range(4):
        assert_alike(run(X * k), plain(X * k))
        assert_alike([w.data, w.grad], [expected.data, expected.grad])


def test_the_gradient_of_a_jitted_function_is_that_of_the_function() -> None:
    run = ad.jit(energy)
    run(X)
    for transform in (ad.grad, ad.value_and_grad, ad.hessian, ad.jacobian):
        assert_alike(transform(run)(X), transform(energy)(X))
    assert_alike(ad.jvp(run, (X,), (X,)), ad.jvp(energy, (X,), (X,)))
    assert_alike(ad.checkpoint(run)(Value(X)), energy(Value(X)))
    assert run.cache_info() == CacheInfo(1, 1, 1)


def test_given_values_it_records_as_undecorated() -> None:
    run, v = ad.jit(lambda x, p: (x * p["w"] * SCALE).sum()), Value(X)
    SCALE.zero_grad()
    run(X, {"w": v}).backward()
    assert np.array_equal(v.grad, X * SCALE.data)
    assert np.array_equal(SCALE.grad, X * X)
    SCALE.zero_grad()
    assert run.cache_info().calls == 0


def test_a_captured_variable_of_a_transform_gets_its_gradient() -> None:
    """Arrays in, but the variable comes through the closure: running the program would lose the gradient."""

    def outer(w: Any) -> Any:
        inner = ad.jit(lambda x: w * x)
        return inner(2.0) + ad.jit(lambda: w * w)()

    assert ad.grad(outer)(3.0) == 8.0
    scaled = ad.jit(lambda x: SCALE * x)
    scaled(X)
    assert isinstance(scaled(X), JittedValue)
    assert ad.grad(lambda x: (x * scaled(X)).sum())(X).data.tolist() == (SCALE.data * X).tolist()


def test_backward_inside_a_differentiated_jit_raises_as_ever() -> None:
    _, step = network()
    with pytest.raises(GraphError, match="being differentiated"):
        ad.grad(ad.jit(step))(np.ones((2, 3)))
    with pytest.raises(GradientLostError):
        ad.jit(ad.grad(lambda x: 3.0))(X)


def test_nested_jit_inlines() -> None:
    inner = ad.jit(lambda x: np.tanh(SCALE * x))
    outer = ad.jit(lambda x: (inner(x) * inner(2 * x)).sum())
    for k in range(3):
        x = X + k
        expected = (np.tanh(SCALE * x) * np.tanh(SCALE * (2 * x))).sum()
        assert_alike(outer(x).data, expected.data)
    assert inner.cache_info() == CacheInfo(0, 0, 0)
    assert outer.cache_info().traces == 1


def test_no_grad_outside_and_inside() -> None:
    run = ad.jit(lambda x: SCALE * x)
    assert isinstance(run(X), JittedValue)
    with ad.no_grad():
        for _ in range(2):
            out = run(X)
            assert type(out) is Value
            assert not (out * Value(2.0))._carries
    assert run.cache_info().traces == 2

    def inside(x: Any) -> Any:
        with ad.no_grad():
            cut = SCALE * x
        return cut, cut * SCALE

    for _ in range(2):
        cut, kept = ad.jit(inside)(X)
        assert type(cut) is Value
        assert isinstance(kept, JittedValue)


# --- threads ----------------------------------------------------------------------------------------------------------


def in_threads(work: Any, count: int = 4) -> None:
    errors: list[BaseException] = []

    def guarded(i: int) -> None:
        try:
            work(i)
        except BaseException as error:  # noqa: BLE001 (it is raised again below)
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_threads_share_one_jitted_function() -> None:
    w = Value(np.zeros(3))

    def step(x: Any) -> Any:
        w.data = w.data + x
        return x * 2

    run = ad.jit(step)

    def work(i: int) -> None:
        for _ in range(50):
            assert np.array_equal(run(np.full(3, float(i))), np.full(3, 2.0 * i))

    in_threads(work)
    assert np.array_equal(w.data, np.full(3, 50.0 * 6))
    assert run.cache_info().calls == 200


def test_threads_trace_their_own_functions_and_record_meanwhile() -> None:
    def work(i: int) -> None:
        w = Value(float(i))
        for k in range(5):
            run = ad.jit(lambda x: np.sin(w * x) + w)
            assert run(2.0).item() == run(2.0).item() == (np.sin(w * 2.0) + w).item()
            (w * k).backward()

    in_threads(work)


# --- other arrays -----------------------------------------------------------------------------------------------------


def test_dask_arrays_stay_lazy() -> None:
    da = pytest.importorskip("dask.array")
    dask = pytest.importorskip("dask")

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("computed")

    run = ad.jit(ad.value_and_grad(lambda x: (np.sin(x) * x).sum()))
    with dask.config.set(scheduler=refuse):
        lazy = [run(da.from_array(X + k, chunks=2)) for k in range(2)]
    assert run.cache_info().traces == 1
    for k, (value, gradient) in enumerate(lazy):
        x = X + k
        np.testing.assert_allclose(value.compute(), (np.sin(x) * x).sum())
        np.testing.assert_allclose(gradient.compute(), np.sin(x) + x * np.cos(x))


def test_memory_maps(tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "numbers", dtype=float, mode="w+", shape=(3,))
    mapped[:] = X
    w = Value(np.zeros(3))
    run = ad.jit(lambda x: setattr(w, "data", x) or x * 2)
    for _ in range(2):
        assert np.array_equal(run(mapped), 2 * X)
    mapped[0] = 9.0
    assert w.data[0] == 1.0
