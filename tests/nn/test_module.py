import copy
import pickle

import numpy as np
import pytest

from autodiff import Value
from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from nn import MLP, Dropout, Linear, Module, Sequential


class Nest(Module):
    """One parameter in every place where parameters are looked for."""

    def __init__(self):
        self.direct = Value(1.0)
        self.name = "no parameter"
        self.constant = np.ones(3)
        self.inner = Linear(2, 3, rng=0)
        self.several = [Value(2.0), (Value(3.0), Linear(1, 1, bias=False, rng=0))]
        self.keyed = {"left": Value(4.0), "right": Value(5.0)}
        self.again = self.direct

    def forward(self, x):
        return x * self.direct


def test_parameters_are_found_in_definition_order_each_once():
    nest = Nest()
    assert [path for path, _ in nest.named_parameters()] == [
        "direct",
        "inner.w",
        "inner.b",
        "several.0",
        "several.1.0",
        "several.1.1.w",
        "keyed.left",
        "keyed.right",
    ]
    assert [id(p) for p in nest.parameters()] == [id(p) for _, p in nest.named_parameters()]


def test_results_and_values_without_gradient_are_no_parameters():
    nest = Nest()
    nest.cached = nest(2.0)
    nest.compared = nest.direct > 0
    assert "cached" not in dict(nest.named_parameters())
    assert "compared" not in dict(nest.named_parameters())


def test_a_shared_module_and_a_cycle_count_once():
    shared = Linear(1, 1, rng=0)
    model = Sequential(shared, shared)
    model.itself = model
    assert len(model.parameters()) == 2
    assert len(list(model.named_modules())) == 2


def test_train_and_eval_reach_every_module_and_return_the_model():
    model = Sequential(Linear(1, 1), Sequential(Dropout(0.5)))
    assert model.training
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert model.train() is model
    assert all(module.training for _, module in model.named_modules())


def test_calling_a_module_runs_forward():
    assert Nest()(Value(3.0)).data == 3.0
    with pytest.raises(UnsupportedError, match=r"define forward"):
        Module()(1.0)


def test_zero_grad_forgets_every_gradient():
    model = MLP(2, [3, 1], rng=0)
    model(np.ones((4, 2))).sum().backward()
    assert all(np.any(p.grad) for p in model.parameters())
    model.zero_grad()
    assert not any(np.any(p.grad) for p in model.parameters())


def test_state_dict_round_trip():
    first, second = MLP(2, [3, 1], rng=0), MLP(2, [3, 1], rng=1)
    parameters = second.parameters()
    second.load_state_dict(first.state_dict())
    x = np.ones((4, 2))
    np.testing.assert_array_equal(first(x).data, second(x).data)
    assert [id(p) for p in second.parameters()] == [id(p) for p in parameters]


def test_state_dict_is_a_copy():
    model = Linear(2, 2, rng=0)
    state = model.state_dict()
    state["w"][:] = 9.0
    assert not np.any(model.w.data == 9.0)


def test_load_state_dict_keeps_the_parameters_dtype():
    model = Linear(2, 2, dtype=np.float32)
    model.load_state_dict(Linear(2, 2).state_dict())
    assert model.w.dtype == np.float32


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("w"), ArgumentError, r"lacks \['w'\]"),
        (lambda s: s.update(extra=1.0), ArgumentError, r"has \['extra'\]"),
        (lambda s: s.update(b=np.zeros(3)), ShapeError, r"b has shape \(2,\); the state holds shape \(3,\)"),
        (lambda s: s.update(b=np.array(["x", "y"])), DtypeError, "the state holds <U1"),
        (lambda s: s.update(b=np.array([1j, 2j])), DtypeError, "complex128"),
    ],
)
def test_load_state_dict_refuses_what_does_not_fit_and_changes_nothing(change, error, message):
    model = Linear(2, 2, rng=0)
    before, state = model.state_dict(), Linear(2, 2, rng=1).state_dict()
    change(state)
    with pytest.raises(error, match=message):
        model.load_state_dict(state)
    np.testing.assert_array_equal(model.w.data, before["w"])


def test_load_state_dict_of_no_mapping():
    with pytest.raises(DtypeError, match="mapping from paths to arrays"):
        Linear(1, 1).load_state_dict([1.0])


def test_models_copy_and_pickle():
    model = MLP(2, [3, 1], rng=0)
    x = np.ones((1, 2))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin(x).data, model(x).data)
        twin.layers[0].b.data += 1.0
        assert np.any(twin(x).data != model(x).data)


def test_repr_shows_the_tree():
    assert repr(Sequential(Linear(2, 3), np.tanh, Sequential(Dropout(0.25)))) == (
        "Sequential(Linear, 'tanh', Sequential)\n"
        "  steps.0: Linear(2, 3)\n"
        "  steps.2: Sequential(Dropout)\n"
        "    steps.0: Dropout(0.25)"
    ).replace("'tanh'", "tanh")
    assert repr(Nest()).splitlines()[0] == "Nest()"
