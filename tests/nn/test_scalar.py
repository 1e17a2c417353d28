"""nn.scalar is micrograd's nn: its demo runs unchanged but for two imports; the numbers are those of the formulas."""

import random

import numpy as np
import pytest

from autodiff import Value
from autodiff.errors import ArgumentError, DtypeError, ShapeError
from nn.scalar import MLP, Layer, Module, Neuron


def moons(n):
    """Two half circles, one pushed into the other, with labels −1 and +1."""
    angle = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return np.concatenate([upper, lower]), np.repeat([-1, 1], n // 2)


def test_micrograds_demo_runs_unchanged_and_separates_the_moons():
    np.random.seed(1337)  # noqa: NPY002 - the notebook's
    random.seed(1337)
    X, y = moons(n=20)
    model = MLP(2, [8, 8, 1])  # 2-layer neural network

    # What follows is the notebook's text.
    def loss(batch_size=None):
        # inline DataLoader :)
        if batch_size is None:
            Xb, yb = X, y
        else:
            ri = np.random.permutation(X.shape[0])[:batch_size]  # noqa: NPY002 - the notebook's
            Xb, yb = X[ri], y[ri]
        inputs = [list(map(Value, xrow)) for xrow in Xb]

        # forward the model to get scores
        scores = list(map(model, inputs))

        # svm "max-margin" loss
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        # L2 regularization
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss

        # also get accuracy
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
        return total_loss, sum(accuracy) / len(accuracy)

    history = []
    for k in range(100):
        # forward
        total_loss, acc = loss()

        # backward
        model.zero_grad()
        total_loss.backward()

        # update (sgd)
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        history.append(total_loss.data)

    assert acc == 1.0
    assert history[-1] < 0.1 * history[0]


def test_loss_and_gradients_are_those_of_the_same_network_in_arrays():
    random.seed(3)
    model = MLP(2, [4, 3, 1])
    X, y = moons(n=10)
    losses = [(1 + -yi * model(row)).relu() for row, yi in zip(X.tolist(), y.tolist())]
    loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    loss.backward()

    layers = [
        (np.array([[w.data for w in n.w] for n in layer.neurons]).T, np.array([n.b.data for n in layer.neurons]))
        for layer in model.layers
    ]
    hidden = [X]
    for w, b in layers[:-1]:
        hidden.append(np.maximum(hidden[-1] @ w + b, 0))
    margin = 1 - y[:, None] * (hidden[-1] @ layers[-1][0] + layers[-1][1])
    squares = sum((w**2).sum() + (b**2).sum() for w, b in layers)
    assert loss.data == pytest.approx(np.maximum(margin, 0).mean() + 1e-4 * squares, rel=1e-12)

    g = np.where(margin > 0, -y[:, None], 0) / len(y)
    for layer, (w, b), h in zip(reversed(model.layers), reversed(layers), reversed(hidden)):
        dw, db = h.T @ g + 2e-4 * w, g.sum(axis=0) + 2e-4 * b
        np.testing.assert_allclose(
            np.array([[v.grad for v in n.w] for n in layer.neurons]).T, dw, rtol=1e-9, atol=1e-15
        )
        np.testing.assert_allclose([n.b.grad for n in layer.neurons], db, rtol=1e-9, atol=1e-15)
        g = (g @ w.T) * (h > 0)


def test_reprs_are_micrograds():
    assert repr(Neuron(3)) == "ReLUNeuron(3)"
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(Layer(2, 2)) == "Layer of [ReLUNeuron(2), ReLUNeuron(2)]"
    assert repr(MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"


def test_weights_are_drawn_by_the_random_module_in_micrograds_order():
    random.seed(0)
    neuron = Neuron(3)
    random.seed(0)
    assert [w.data for w in neuron.w] == [random.uniform(-1, 1) for _ in range(3)]
    assert neuron.b.data == 0.0


def test_parameters_are_each_neurons_weights_then_its_bias():
    layer = Layer(2, 2)
    first, second = layer.neurons
    assert layer.parameters() == [*first.w, first.b, *second.w, second.b]
    assert len(MLP(2, [16, 16, 1]).parameters()) == 337
    assert Module().parameters() == []


def test_named_parameters_say_where_each_one_is():
    model = MLP(1, [2, 1])
    names, values = zip(*model.named_parameters())
    assert list(values) == model.parameters()
    assert names[:3] == ("layers.0.neurons.0.w.0", "layers.0.neurons.0.b", "layers.0.neurons.1.w.0")


def test_one_neuron_gives_the_value_several_give_a_list():
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)
    outputs = Layer(2, 3)([1.0, 2.0])
    assert isinstance(outputs, list)
    assert len(outputs) == 3


def test_relu_after_all_layers_but_the_last():
    model = MLP(1, [4, 4, 2])
    assert [[n.nonlin for n in layer.neurons] for layer in model.layers] == [[True] * 4, [True] * 4, [False] * 2]


def test_zero_grad_forgets_gradients():
    model = MLP(2, [3, 1])
    model([1.0, -1.0]).backward()
    assert any(p.grad != 0 for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0 for p in model.parameters())


def test_a_wrong_number_of_inputs_raises_instead_of_dropping_some():
    with pytest.raises(ShapeError, match=r"ReLUNeuron\(2\) takes 2 inputs, the numbers of one example; it was given 3"):
        Neuron(2)([1.0, 2.0, 3.0])


@pytest.mark.parametrize("x", [np.zeros((32, 2)), np.zeros((2, 2)), Value(np.zeros((2, 2))), Value(np.zeros((2, 3)))])
def test_a_batch_is_refused(x):
    with pytest.raises(ShapeError, match=r"takes one example.*\[model\(row\) for row in x\]"):
        MLP(2, [3, 1])(x)


@pytest.mark.parametrize("x", [3.0, None, Value(1.0)])
def test_what_is_no_sequence_is_refused(x):
    with pytest.raises(DtypeError, match=r"ReLUNeuron\(2\) takes a sequence of 2 numbers"):
        Neuron(2)(x)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: MLP(2, 3), DtypeError, r"nouts lists the size of each layer, as in MLP\(2, \[16, 16, 1\]\).*int 3"),
        (lambda: MLP(2, []), ArgumentError, "nouts names no layer"),
        (lambda: MLP(2, [3, 0]), ArgumentError, "each of nouts is at least 1"),
        (lambda: Neuron(2.0), DtypeError, "nin is a whole number"),
        (lambda: Layer(2, "3"), DtypeError, "nout is a whole number"),
    ],
)
def test_building_with_bad_arguments(build, error, message):
    with pytest.raises(error, match=message):
        build()
