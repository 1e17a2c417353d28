# ruff: noqa: PLW0108 (the lambdas are the functions under test: they stand for a user's own)
"""What a program takes for granted: when it changes, the function is traced again, and what changed is named."""

from __future__ import annotations

import argparse
import functools
import importlib
import logging
import sys
import types
import warnings
import weakref
from collections import OrderedDict, UserDict, deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value
from autodiff.compiler.guards import Elements
from autodiff.compiler.mentions import mentions
from autodiff.compiler.reach import Reach
from autodiff.compiler.sameness import GONE, same
from autodiff.errors import RetraceWarning

LOGGER = logging.getLogger(__name__)
RATE: Any = 2.0
TABLE = np.array([1.0, 2.0, 3.0])
SETTINGS: dict[str, Any] = {"rate": 2.0, "nested": [1.0, (2.0, {"deep": 3.0})]}
CONFIG = types.ModuleType("config_for_test_guards")
CONFIG.rate = 2.0  # type: ignore[attr-defined]
CONFIG.inner = types.ModuleType("config_for_test_guards.inner")  # type: ignore[attr-defined]
CONFIG.inner.rate = 2.0  # type: ignore[attr-defined]
sys.modules["config_for_test_guards"] = CONFIG
sys.modules["config_for_test_guards.inner"] = CONFIG.inner


class Base:
    factor = 2.0

    def scaled(self, x: Any) -> Any:
        return self.factor * x


class Thing(Base):
    __slots__ = ()

    @staticmethod
    def shifted(x: Any) -> Any:
        return x + RATE

    @classmethod
    def of_class(cls, x: Any) -> Any:
        return x * cls.factor

    @property
    def half(self) -> float:
        return self.factor / 2

    @functools.cached_property
    def kept(self) -> float:
        return 1.0


class Slotted:
    __slots__ = ("__secret", "rate")

    def __init__(self) -> None:
        self.rate = 2.0
        self.__secret = 2.0

    def change(self, secret: float) -> None:
        self.__secret = secret

    def __call__(self, x: Any) -> Any:
        return self.rate * self.__secret * x


class Estimator:
    """Stands for an object of an installed library, whose own code reads its attributes."""

    def __init__(self) -> None:
        self.mean_ = np.array([1.0, 2.0, 3.0])
        self._hidden = 2.0

    def scale(self) -> float:
        return self._hidden


Estimator.__module__ = "functools"


class Descriptor:
    def __get__(self, thing: Any, kind: Any = None) -> Any:
        return thing._read_by_a_descriptor

    def __set__(self, thing: Any, value: Any) -> None:
        thing._read_by_a_descriptor = value


class Described:
    rate = Descriptor()
    __match_args__ = ("only_by_position",)

    def __init__(self) -> None:
        self.rate = self.only_by_position = 2.0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("made_up_"):
            return self.only_by_position
        raise AttributeError(name)


def matched(x: Any) -> Any:
    match DESCRIBED:
        case Described(rate):
            return x * rate
    return x


@dataclass
class Options:
    rate: float = 2.0
    layers: list[float] = field(default_factory=lambda: [1.0, 2.0])


THING, SLOTTED, OPTIONS = Thing(), Slotted(), Options()
NAMESPACE, ARGUMENTS = types.SimpleNamespace(rate=2.0), argparse.Namespace(rate=2.0)
QUEUE, ORDERED, USER_DICT = deque([1.0, 2.0]), OrderedDict(a=1.0, b=2.0), UserDict(rate=2.0)
CHOSEN, ESTIMATOR, DESCRIBED = {"square"}, Estimator(), Described()
CONTEXT: ContextVar[float] = ContextVar("rate", default=2.0)
BYTES, WEAK = bytearray([1, 2]), weakref.WeakKeyDictionary({THING: 2.0})


def helper(x: Any) -> Any:
    return x * RATE


def rate_of(thing: Any) -> Any:
    return thing.rate


def by_default(x: Any, rate: float = 2.0, *, shift: float = 1.0) -> Any:
    return x * rate + shift


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


decorated, cached, partly = wrapped(helper), functools.lru_cache(helper), functools.partial(by_default, rate=2.0)


def set_global(name: str, value: Any) -> None:
    globals()[name] = value


# name → (function of x, what is changed, what the message names)
CHANGES: dict[str, tuple[Callable[[Any], Any], Callable[[], Any], str]] = {
    "global number": (lambda x: x * RATE, lambda: set_global("RATE", 5.0), "global RATE changed from 2.0 to 5.0"),
    "type of a number": (lambda x: x * RATE, lambda: set_global("RATE", 2), "global RATE changed from 2.0 to 2"),
    "elements of an array": (lambda x: x * TABLE, lambda: TABLE.__setitem__(0, 9.0), "the elements of global TABLE"),
    "a view of an array": (
        lambda x: x * TABLE[::-1],
        lambda: TABLE.__setitem__(0, 9.0),
        "the elements of global TABLE",
    ),
    "read off an array": (lambda x: x * float(TABLE[0]), lambda: TABLE.__imul__(2), "the elements of global TABLE"),
    "an array replaced": (lambda x: x * TABLE, lambda: set_global("TABLE", np.ones(3)), "global TABLE changed"),
    "item of a dict": (
        lambda x: x * SETTINGS["rate"],
        lambda: SETTINGS.update(rate=5.0),
        "global SETTINGS['rate'] changed from 2.0 to 5.0",
    ),
    "key of a dict": (lambda x: x * len(SETTINGS), lambda: SETTINGS.update(more=1), "global SETTINGS['more']"),
    "key removed": (lambda x: x * len(SETTINGS), lambda: SETTINGS.pop("rate"), "global SETTINGS['rate'] changed from"),
    "deep inside": (
        lambda x: x * SETTINGS["nested"][1][1]["deep"],
        lambda: SETTINGS["nested"][1][1].update(deep=5.0),
        "global SETTINGS['nested'][1][1]['deep'] changed from 3.0 to 5.0",
    ),
    "item of a list": (
        lambda x: x * SETTINGS["nested"][0],
        lambda: SETTINGS["nested"].__setitem__(0, 5.0),
        "global SETTINGS['nested'][0] changed from 1.0 to 5.0",
    ),
    "longer list": (
        lambda x: x * len(SETTINGS["nested"]),
        lambda: SETTINGS["nested"].append(5.0),
        "global SETTINGS['nested'][2] changed from nothing to 5.0",
    ),
    "order of a dict": (
        lambda x: x * next(iter(ORDERED.values())),
        lambda: ORDERED.move_to_end("a"),
        "the order of global ORDERED",
    ),
    "deque": (lambda x: x * QUEUE[0], lambda: QUEUE.rotate(), "global QUEUE[0]"),
    "UserDict": (lambda x: x * USER_DICT["rate"], lambda: USER_DICT.update(rate=5.0), "USER_DICT['rate']"),
    "set": (lambda x: x * x if "square" in CHOSEN else x, lambda: CHOSEN.clear(), "global CHOSEN[0] changed"),
    "attribute of a module": (lambda x: x * CONFIG.rate, lambda: setattr(CONFIG, "rate", 5.0), "global CONFIG.rate"),
    "module in a module": (
        lambda x: x * CONFIG.inner.rate,
        lambda: setattr(CONFIG.inner, "rate", 5.0),
        "global CONFIG.inner.rate changed",
    ),
    "module as a thing": (
        lambda x: x * rate_of(CONFIG),
        lambda: setattr(CONFIG, "rate", 5.0),
        "global CONFIG.rate changed",
    ),
    "module imported inside": (
        lambda x: x * __import__("config_for_test_guards").rate + helper_with_import(x),
        lambda: setattr(CONFIG, "rate", 5.0),
        "config_for_test_guards.rate changed",
    ),
    "module found by its name": (
        lambda x: x * sys.modules["config_for_test_guards"].rate,
        lambda: setattr(CONFIG, "rate", 5.0),
        "config_for_test_guards.rate changed",
    ),
    "module imported by its name": (
        lambda x: x * importlib.import_module("config_for_test_guards.inner").rate,
        lambda: setattr(CONFIG.inner, "rate", 5.0),
        "config_for_test_guards.inner.rate changed",
    ),
    "global found by its name": (
        lambda x: x * globals()["RATE"],
        lambda: set_global("RATE", 5.0),
        "global RATE changed from 2.0 to 5.0",
    ),
    "attribute of an object": (
        lambda x: x * NAMESPACE.rate,
        lambda: setattr(NAMESPACE, "rate", 5.0),
        "global NAMESPACE.rate changed from 2.0 to 5.0",
    ),
    "argparse": (lambda x: x * ARGUMENTS.rate, lambda: setattr(ARGUMENTS, "rate", 5.0), "global ARGUMENTS.rate"),
    "attribute by getattr": (
        lambda x: x * getattr(OPTIONS, "ra" + "te"),
        lambda: setattr(OPTIONS, "rate", 5.0),
        "global OPTIONS.rate changed",
    ),
    "dataclass": (lambda x: x * OPTIONS.layers[1], lambda: OPTIONS.layers.reverse(), "global OPTIONS.layers[0]"),
    "new attribute": (
        lambda x: x * (2.0 if hasattr(NAMESPACE, "extra") else 1.0),
        lambda: setattr(NAMESPACE, "extra", 1),
        "global NAMESPACE.extra changed from nothing to 1",
    ),
    "array of a library's object": (
        lambda x: x * ESTIMATOR.mean_,
        lambda: ESTIMATOR.mean_.__imul__(2),
        "the elements of global ESTIMATOR.mean_",
    ),
    "read by a library's code": (
        lambda x: x * ESTIMATOR.scale(),
        lambda: setattr(ESTIMATOR, "_hidden", 5.0),
        "global ESTIMATOR._hidden changed from 2.0 to 5.0",
    ),
    "through a descriptor": (
        lambda x: x * DESCRIBED.rate,
        lambda: setattr(DESCRIBED, "rate", 5.0),
        "global DESCRIBED._read_by_a_descriptor changed",
    ),
    "by a pattern": (
        matched,
        lambda: setattr(DESCRIBED, "only_by_position", 5.0),
        "global DESCRIBED.only_by_position changed",
    ),
    "by __getattr__": (
        lambda x: x * DESCRIBED.made_up_rate,
        lambda: setattr(DESCRIBED, "only_by_position", 5.0),
        "global DESCRIBED.only_by_position changed",
    ),
    "context variable": (
        lambda x: x * CONTEXT.get(),
        lambda: CONTEXT.set(5.0),
        "global CONTEXT changed from 2.0 to 5.0",
    ),
    "weak dictionary": (
        lambda x: x * WEAK[THING],
        lambda: WEAK.update({THING: 5.0}),
        "global WEAK[",
    ),
    "bytearray": (lambda x: x * BYTES[0], lambda: BYTES.__setitem__(0, 5), "the elements of global BYTES"),
    "slots": (lambda x: SLOTTED(x), lambda: setattr(SLOTTED, "rate", 5.0), "global SLOTTED.rate changed"),
    "private slot": (lambda x: SLOTTED(x), lambda: SLOTTED.change(5.0), "global SLOTTED._Slotted__secret changed"),
    "attribute of a class": (lambda x: x * Base.factor, lambda: setattr(Base, "factor", 5.0), "class Base.factor"),
    "attribute inherited": (lambda x: THING.scaled(x), lambda: setattr(Base, "factor", 5.0), "class Base.factor"),
    "attribute shadowed": (
        lambda x: THING.scaled(x),
        lambda: setattr(THING, "factor", 5.0),
        "global THING.factor changed from 2.0 to 5.0",
    ),
    "through a property": (lambda x: x * THING.half, lambda: setattr(Base, "factor", 5.0), "class Base.factor"),
    "through a classmethod": (lambda x: THING.of_class(x), lambda: setattr(Base, "factor", 5.0), "class Base.factor"),
    "through a staticmethod": (lambda x: THING.shifted(x), lambda: set_global("RATE", 5.0), "global RATE changed"),
    "a method replaced": (
        lambda x: THING.scaled(x),
        lambda: setattr(Base, "scaled", lambda self, x: -x),
        "class Base.scaled changed from function Base.scaled to function",
    ),
    "globals of a helper": (lambda x: helper(x), lambda: set_global("RATE", 5.0), "global RATE changed"),
    "a helper replaced": (
        lambda x: helper(x),
        lambda: set_global("helper", by_default),
        "global helper changed from function helper to function by_default",
    ),
    "code of a helper": (
        lambda x: helper(x),
        lambda: setattr(helper, "__code__", (lambda x: -x).__code__),
        "helper.__code__ changed",
    ),
    "defaults": (
        lambda x: by_default(x),
        lambda: setattr(by_default, "__defaults__", (5.0,)),
        "by_default.__defaults__ changed from (2.0,) to (5.0,)",
    ),
    "keyword defaults": (
        lambda x: by_default(x),
        lambda: by_default.__kwdefaults__.update(shift=5.0),  # type: ignore[union-attr]
        "by_default.__kwdefaults__['shift'] changed from 1.0 to 5.0",
    ),
    "decorated": (lambda x: decorated(x), lambda: set_global("RATE", 5.0), "global RATE changed"),
    "cached": (lambda x: x * 1.0 if cached is None else helper(x), lambda: set_global("RATE", 5.0), "global RATE"),
    "partial": (lambda x: partly(x), lambda: partly.keywords.update(rate=5.0), "global partly['rate'] changed"),
    "a builtin shadowed": (
        lambda x: x * max(1.0, 2.0),
        lambda: set_global("max", min),
        "global max changed from nothing to",
    ),
    "inner function": (
        lambda x: [*map(lambda y: y * RATE, [x])][0],  # noqa: C417, RUF015
        lambda: set_global("RATE", 5.0),
        "global RATE changed",
    ),
    "comprehension": (lambda x: sum([x * RATE for _ in "ab"]), lambda: set_global("RATE", 5.0), "global RATE changed"),
    "own class made inside": (
        lambda x: x * Options().rate,
        lambda: setattr(Options, "rate", 5.0),
        "class Options.rate",
    ),
    "jitted helper": (lambda x: jitted_helper(x), lambda: set_global("RATE", 5.0), "global RATE changed"),
    "gradient of a helper": (lambda x: gradient_of_helper(x), lambda: set_global("RATE", 5.0), "global RATE changed"),
}


def helper_with_import(x: Any) -> Any:
    import config_for_test_guards as config  # type: ignore[import-not-found]

    return x * config.rate


jitted_helper, gradient_of_helper = ad.jit(helper), ad.grad(lambda x: helper(x).sum())


@pytest.fixture(autouse=True)
def _restored() -> Any:
    """Everything that the changes above touch, put back."""
    names = ["RATE", "TABLE", "helper"]
    values = {name: globals()[name] for name in names}
    code, defaults, scaled = helper.__code__, by_default.__defaults__, Base.scaled
    yield
    globals().update(values)
    globals().pop("max", None)
    TABLE[:] = [1.0, 2.0, 3.0]
    SETTINGS.clear()
    SETTINGS.update(rate=2.0, nested=[1.0, (2.0, {"deep": 3.0})])
    for owner in (CONFIG, CONFIG.inner, NAMESPACE, ARGUMENTS, OPTIONS, SLOTTED, Options):
        owner.rate = 2.0
    vars(NAMESPACE).pop("extra", None)
    vars(THING).clear()
    Base.factor, Base.scaled = 2.0, scaled  # type: ignore[method-assign]
    OPTIONS.layers[:] = [1.0, 2.0]
    SLOTTED.change(2.0)
    QUEUE.clear()
    QUEUE.extend([1.0, 2.0])
    ORDERED.move_to_end("b")
    USER_DICT["rate"] = 2.0
    CHOSEN.add("square")
    ESTIMATOR.mean_[:], ESTIMATOR._hidden = [1.0, 2.0, 3.0], 2.0
    DESCRIBED.rate = DESCRIBED.only_by_position = 2.0
    CONTEXT.set(2.0)
    BYTES[0] = 1
    WEAK[THING] = 2.0
    helper.__code__, by_default.__defaults__ = code, defaults
    by_default.__kwdefaults__["shift"] = 1.0  # type: ignore[index]
    partly.keywords["rate"] = 2.0


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_traces_again_and_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autodiff.compiler.jit.RETRACES_BEFORE_WARNING", 0)
    function, change, message = CHANGES[name]
    run, x = ad.jit(function), np.array([0.5, 1.5, 2.5])
    for _ in range(3):
        assert np.array_equal(run(x), function(x))
    assert run.cache_info().traces == 1
    change()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = function(x)
    with pytest.warns(RetraceWarning) as caught:
        assert np.array_equal(run(x), expected)
    assert message in str(caught[0].message)
    assert np.array_equal(run(x), expected)
    assert run.cache_info().traces == 2


def test_equal_numbers_and_texts_are_no_change() -> None:
    state = {"rate": 1000.5, "name": "tanh" * 3, "shape": (2, 3), "nan": float("nan")}
    run = ad.jit(lambda x: x * state["rate"] * len(state["name"]) + len(state["shape"]))
    for _ in range(3):
        run(1.0)
        state.update(rate=float("1000.5"), name="".join(["tanh"] * 3), shape=(int("2"), 3), nan=float("nan"))
    assert run.cache_info().traces == 1


def test_closure_cells() -> None:
    rate, others = 2.0, [1.0]
    run = ad.jit(lambda x: x * rate + sum(others))
    assert run(1.0) == 3.0
    rate = 3.0
    assert run(1.0) == 4.0
    others.append(5.0)
    assert run(1.0) == 9.0
    rate, others = 2.0, [1.0]
    assert run(1.0) == 3.0
    assert run.cache_info().traces == 4  # another list


def test_a_change_and_back_needs_no_third_trace() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.5, rng=0))
    run = ad.jit(lambda x: model(x).sum())
    for _ in range(4):
        run(np.ones((1, 2)))
        model.eval()
        run(np.ones((1, 2)))
        model.train()
    assert run.cache_info() == (8, 2, 2)


def test_a_replaced_layer_and_a_replaced_parameter() -> None:
    model, x = nn.MLP(2, [3, 1], rng=0), np.ones((1, 2))
    run = ad.jit(lambda x: model(x))
    for change in (
        lambda: model.layers.__setitem__(0, nn.Layer(2, 3, rng=5)),
        lambda: setattr(model.layers[1], "b", Value(np.ones(1))),
        lambda: setattr(model.layers[1], "activation", np.tanh),
        lambda: model.layers.append(nn.Layer(1, 2, rng=6)),
        lambda: setattr(model, "layers", model.layers[:1]),
    ):
        change()
        assert np.array_equal(run(x).data, model(x).data)
    model.layers[0].w.data = np.zeros((2, 3))
    assert np.array_equal(run(x).data, model(x).data)
    assert run.cache_info().traces == 5


def test_a_captured_value_of_another_shape_dtype_or_gradient() -> None:
    w = Value(np.ones(2), label="w")

    def step(x: Any) -> Any:
        before = w.grad
        (w * x).sum().backward()
        return before, w * x

    plain, run = Value(np.ones(2)), ad.jit(step)
    for data in (np.ones(2), np.ones(3), np.ones(3, np.float32), 2.0):
        for v in (w, plain):
            v.data = data
            v.zero_grad()
        for _ in range(2):
            before = plain.grad
            (plain * 2.0).sum().backward()
            found = run(2.0)
            assert np.array_equal(found[0], before)
            assert np.array_equal(found[1].data, (plain * 2.0).data)
            assert found[1].dtype == plain.dtype
    assert run.cache_info().traces == 8
    w.data = np.ones(4)
    w.zero_grad()
    run(2.0)
    w.data = np.ones(5)
    w.zero_grad()
    with pytest.warns(
        RetraceWarning, match=r"a captured Value 'w' changed from shape \(4,\) and dtype float64 to shape"
    ):
        run(2.0)


# --- the warning ------------------------------------------------------------------------------------------------------


def test_the_ninth_retrace_warns_and_names_what_changes() -> None:
    global RATE

    def train(x: Any) -> Any:
        return x * RATE

    run = ad.jit(train)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for k in range(9):
            RATE = 10.0 + k
            run(1.0)
    RATE = 99.0
    expected = (
        r"train has been traced again 9 times .*: global RATE changed from 18.0 to 99.0. Hold .* in a Value, or pass"
    )
    with pytest.warns(RetraceWarning, match=expected) as caught:
        assert run(1.0) == 99.0
    assert caught[0].filename == __file__


def test_a_static_argument_that_keeps_changing_warns_too() -> None:
    run = ad.jit(lambda x, epoch: x * epoch)
    for epoch in range(9):
        run(1.0, epoch)
    with pytest.warns(RetraceWarning, match="argument epoch changed from 8 to 9"):
        run(1.0, 9)
    other = ad.jit(lambda x, f: f(x))
    for _ in range(9):
        other(1.0, lambda x: x)
    with pytest.warns(RetraceWarning, match="argument f changed from function"):
        other(1.0, lambda x: x)


def test_new_shapes_do_not_warn() -> None:
    run = ad.jit(lambda x: x.sum())
    for n in range(20):
        assert run(np.ones(n)) == n
    assert run.cache_info().traces == 20


# --- what does not count ---------------------------------------------------------------------------------------------


class Trainer:
    """As people write them: a step among methods that count, log and remember."""

    def __init__(self) -> None:
        self.model = nn.MLP(2, [3, 1], rng=0)
        self.optimizer = nn.SGD(self.model.parameters(), 0.1)
        self.losses: list[float] = []
        self.epoch = 0
        self.scale = 1.0

    @ad.jit
    def step(self, x: Any, y: Any) -> Any:
        loss = nn.squared_error(self.model(x), y) * self.scale
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def run(self, epochs: int) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
        for _ in range(epochs):
            self.epoch += 1
            self.losses.append(self.step(x, y).item())


def test_what_a_step_does_not_mention_may_change() -> None:
    trainer = Trainer()
    trainer.run(5)
    info = Trainer.step.cache_info()
    assert info.calls == 5
    assert info.traces == 1
    assert trainer.losses[-1] < trainer.losses[0]
    trainer.scale = 2.0
    trainer.run(1)
    assert Trainer.step.cache_info().traces == 2


def test_a_module_imported_for_the_first_time_while_tracing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imported_late.py").write_text("rate = 2.0\n")
    monkeypatch.syspath_prepend(tmp_path)

    def step(x: Any) -> Any:
        import imported_late  # type: ignore[import-not-found]

        return x * imported_late.rate

    run = ad.jit(step)
    assert run(3.0) == run(3.0) == 6.0
    monkeypatch.setattr("imported_late.rate", 5.0)
    assert run(3.0) == 15.0
    assert run.cache_info().traces == 2


def test_logging_and_printing_are_no_side_effects(caplog: pytest.LogCaptureFixture) -> None:
    def step(x: Any) -> Any:
        LOGGER.warning("traced %s", f"{x}")
        return x * 2

    run = ad.jit(step)
    assert run(3.0) == run(3.0) == 6.0
    assert len(caplog.records) == 1


def test_copies_of_guarded_arrays_are_shared_by_programs() -> None:
    table = np.arange(5.0)
    run = ad.jit(lambda x: (x * table).sum())
    for n in (1, 5):
        run(np.ones(n))
    copies = [g.things[0] for (entry,) in run._entries.values() for g in entry.guards if isinstance(g, Elements)]
    assert len(copies) == 2
    assert copies[0] is copies[1]
    table[0] = 7.0
    assert run(np.ones(5)) == 17.0
    assert run(np.ones(1)) == 17.0


def test_two_objects_have_a_program_each() -> None:
    Trainer.step.clear_cache()
    first, second = Trainer(), Trainer()
    first.run(2)
    second.run(2)
    assert first.losses == second.losses
    assert Trainer.step.cache_info().programs == 2


def test_an_outer_jit_is_not_disturbed_by_calls_of_an_inner_one() -> None:
    inner = ad.jit(lambda x: x * 2)
    outer = ad.jit(lambda x: inner(x) + 1)
    for k in range(3):
        assert outer(float(k)) == 2 * k + 1
        assert inner(float(k)) == 2 * k
    assert outer.cache_info().traces == 1


def test_a_primitive_registered_by_the_user() -> None:
    """Its derivative is compiled at first use, which is no change; a global it reads is."""
    cube = ad.elementwise(lambda x: x * x * x * RATE, [lambda x: 3 * x * x * RATE], name="cube_for_test_guards")
    run = ad.jit(ad.value_and_grad(lambda x: cube(x)))
    assert run(2.0) == (16.0, 24.0)
    assert run(1.0) == (2.0, 6.0)
    assert run.cache_info().traces == 1
    set_global("RATE", 3.0)
    assert run(1.0) == (3.0, 9.0)


def test_libraries_are_not_searched() -> None:
    reach = Reach(lambda x: np.linalg.norm(x) * functools.reduce(max, [1.0]), {})
    assert not any(thing is np.linalg or thing is np for thing in reach.seen.values())
    assert len(reach.guards) < 5


def test_deep_and_cyclic_structures() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    deep[0].append(deep)
    run = ad.jit(lambda x: x * len(deep))
    assert run(2.0) == run(2.0) == 2.0
    while deep:  # or freeing it would recurse
        deep = deep[0] if len(deep) == 1 else []


# --- the parts --------------------------------------------------------------------------------------------------------


def test_same() -> None:
    nan = float("nan")
    for a, b in [(1.0, 1.0), (nan, float("nan")), ("a" * 99, "a" * 99), ((1, (2.0,)), (1, (2.0,))), (len, len)]:
        assert same(a, b)
    assert same(THING.scaled, THING.scaled)
    assert same(np.float32(1), np.float32(1))
    for a, b in [(1, 1.0), (True, 1), (0.0, 1.0), ([], []), ((1,), (1, 2)), (None, GONE), (np.ones(1), np.ones(1))]:
        assert not same(a, b)
    assert not same(np.float32(1), np.float64(1))
    assert not same(THING.scaled, Thing().scaled)


def test_signed_zeros_are_different() -> None:
    sign = {"of": 0.0}
    run = ad.jit(lambda x: np.arctan2(x * 0, sign["of"]))
    assert run(1.0) == 0.0
    sign["of"] = -0.0
    assert run(1.0) == np.pi


def test_mentions() -> None:
    def function(x: Any) -> Any:
        from math import tau

        def inner() -> Any:
            return CONFIG.inner.rate

        return inner() + THING.half + tau + len(x.shape) + hasattr(x, "spelled_out")

    found = mentions(function.__code__)
    assert ("CONFIG", "inner", "rate") in found.chains
    assert ("THING", "half") in found.chains
    assert found.modules == ("math",)
    assert {"half", "tau", "shape", "spelled_out"} <= found.names
    assert not found.anything
    assert mentions((lambda x: getattr(x, "a" + "b")).__code__).anything
