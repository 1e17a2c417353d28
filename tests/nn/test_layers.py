import numpy as np
import pytest

from autodiff import Value, no_grad
from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.testing import finite_difference
from nn import MLP, Dropout, Layer, Linear, Neuron, Sequential, squared_error

X = np.random.default_rng(0).normal(size=(5, 2))


def test_linear_is_a_matrix_product_and_a_bias():
    linear = Linear(2, 3, rng=0)
    linear.b.data = [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(linear(X).data, X @ linear.w.data + [1.0, 2.0, 3.0])
    assert [p.shape for p in linear.parameters()] == [(2, 3), (3,)]


def test_linear_without_bias():
    linear = Linear(2, 3, bias=False, rng=0)
    assert len(linear.parameters()) == 1
    np.testing.assert_array_equal(linear(X).data, X @ linear.w.data)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("tanh", np.tanh),
        ("relu", lambda z: np.maximum(z, 0)),
        ("sigmoid", lambda z: 1 / (1 + np.exp(-z))),
        ("softmax", lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)),
        ("linear", lambda z: z),
        (np.arctan, np.arctan),
    ],
)
def test_layer_applies_its_activation(name, formula):
    layer = Layer(2, 3, name, rng=0)
    np.testing.assert_allclose(layer(X).data, formula(X @ layer.w.data), rtol=1e-14)


def test_a_layer_of_one_neuron_keeps_its_axis_a_neuron_has_none():
    assert Layer(2, 1)(X).shape == (5, 1)
    neuron = Neuron(2, rng=0)
    assert neuron(X).shape == (5,)
    assert neuron.w.shape == (2,)
    assert type(neuron.b.data) is float
    assert neuron(X[0]).data == pytest.approx(np.tanh(X[0] @ neuron.w.data))


def test_mlp_is_its_layers_with_a_linear_last_one():
    model = MLP(2, [16, 16, 1], rng=0)
    assert sum(p.size for p in model.parameters()) == 337
    (w0, b0), (w1, b1), (w2, b2) = [(layer.w.data, layer.b.data) for layer in model.layers]
    np.testing.assert_allclose(model(X).data, np.tanh(np.tanh(X @ w0 + b0) @ w1 + b1) @ w2 + b2, rtol=1e-14)
    assert model(X[0]).shape == (1,)
    assert model(X.tolist()).shape == (5, 1)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softmax"])
def test_mlp_gradient_is_that_of_finite_differences(activation):
    model, y = MLP(2, [3, 2], activation, rng=1), np.ones((5, 2))
    squared_error(model(X), y).backward()
    for parameter in model.parameters():
        start = parameter.data.copy()

        def loss(data, parameter=parameter):
            parameter.data = data
            with no_grad():
                return float(squared_error(model(X), y))

        difference = finite_difference(loss, start)
        parameter.data = start
        np.testing.assert_allclose(parameter.grad, difference.derivative, atol=3 * difference.error.max() + 1e-13)


def test_relu_layers_start_with_he_others_with_glorot():
    assert Layer(500, 500, "relu", rng=0).w.data.std() == pytest.approx((2 / 500) ** 0.5, rel=0.02)
    assert Layer(500, 500, "tanh", rng=0).w.data.std() == pytest.approx((2 / 1000) ** 0.5, rel=0.02)
    assert abs(Layer(5, 500, "tanh", init="uniform", rng=0).w.data).max() > 0.99


def test_float32_stays_float32():
    model = MLP(2, [4, 1], dtype=np.float32, rng=0)
    out = model(X.astype(np.float32))
    loss = squared_error(out, np.zeros((5, 1)))
    loss.backward()
    assert {out.dtype, loss.dtype, *(p.grad.dtype for p in model.parameters())} == {np.dtype(np.float32)}
    assert Neuron(2, dtype="float32").b.dtype == np.float32


def test_sequential_runs_modules_and_functions_in_turn():
    first, second = Linear(2, 3, rng=0), Linear(3, 1, rng=1)
    model = Sequential(first, np.tanh, second)
    np.testing.assert_array_equal(model(X).data, second(np.tanh(first(X))).data)
    assert [path for path, _ in model.named_parameters()] == ["steps.0.w", "steps.0.b", "steps.2.w", "steps.2.b"]


def test_dropout_drops_a_share_and_keeps_the_mean():
    dropout, x = Dropout(0.3, rng=0), Value(np.ones((100, 100)))
    out = dropout(x)
    assert set(np.unique(out.data)) == {0.0, 1 / 0.7}
    assert (out.data == 0).mean() == pytest.approx(0.3, abs=0.02)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)


def test_dropout_draws_anew_at_each_call_and_by_its_seed():
    x = Value(np.ones(50))
    dropout = Dropout(0.5, rng=1)
    first, second = dropout(x).data, dropout(x).data
    assert np.any(first != second)
    np.testing.assert_array_equal(first, Dropout(0.5, rng=1)(x).data)


def test_dropout_leaves_np_random_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the global state is what is tested
    Dropout(0.5)(Value(np.ones(5)))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002 - likewise


def test_dropout_does_nothing_in_evaluation_or_with_p_0():
    x = Value(np.ones(5))
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_dropout_keeps_float32():
    assert Dropout(0.5, rng=0)(Value(np.ones(4, np.float32))).dtype == np.float32


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: MLP(2, 16), DtypeError, "lists the size of each layer"),
        (lambda: MLP(2, []), ArgumentError, "names no layer"),
        (lambda: MLP(2, [4, 0]), ArgumentError, "each of nouts is at least 1"),
        (lambda: MLP(0, [4]), ArgumentError, "nin is at least 1"),
        (lambda: Linear(2.0, 3), DtypeError, "nin is a whole number"),
        (lambda: Linear(2, True), DtypeError, "nout is a whole number"),
        (lambda: Layer(2, 3, "gelu"), ArgumentError, "there is no activation 'gelu'"),
        (lambda: Linear(2, 3, init="xavier"), ArgumentError, "there is no initializer 'xavier'"),
        (lambda: Linear(2, 3, dtype=int), DtypeError, "dtype of weights is float64 or float32"),
        (lambda: Linear(2, 3, dtype=complex), DtypeError, "dtype of weights is float64 or float32"),
        (lambda: Linear(2, 3, dtype="float33"), DtypeError, "float64 or float32; it was given 'float33'"),
        (lambda: MLP(2, [4], dtype="float16"), DtypeError, "float64 or float32; it was given float16"),
        (lambda: Linear(2, 3, dtype=np.longdouble), DtypeError, "float64 or float32; it was given"),
        (lambda: Linear(2, 3, rng=0.5), DtypeError, "rng is a np.random.Generator"),
        (lambda: Sequential(Linear(1, 1), "tanh"), DtypeError, "takes modules and functions"),
        (lambda: Dropout(1.0), ArgumentError, r"p lies in \[0, 1\)"),
        (lambda: Dropout("half"), DtypeError, "p is a number"),
    ],
)
def test_building_with_bad_arguments(build, error, message):
    with pytest.raises(error, match=message):
        build()


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros((5, 3)), ShapeError, r"Layer\(2, 4, activation='tanh'\) takes inputs of shape \(..., 2\).*\(5, 3\)"),
        (1.0, ShapeError, r"was given \(\)"),
        (np.array([["a", "b"]]), DtypeError, r"^Layer\(2, 4.*<U1"),
        ("hello", DtypeError, r"^Layer\(2, 4, activation='tanh'\) takes.*str 'hello'"),
        ([[1, 2], [3]], DtypeError, r"^Layer\(2, 4.*not rectangular"),
        (np.array([[None, 1]], dtype=object), DtypeError, "object"),
        ([[Value(1.0), Value(2.0)]], TypeError, "np.stack"),
    ],
)
def test_calling_with_bad_inputs(x, error, message):
    with pytest.raises(error, match=message):
        MLP(2, [4, 1])(x)


def test_weights_that_were_given_data_of_another_shape():
    layer, neuron = Layer(2, 8), Neuron(2)
    layer.w.data = np.zeros(7)
    with pytest.raises(ShapeError, match=r"weights of a Layer.*w has shape \(7,\), b has shape \(8,\)"):
        layer(np.zeros((8, 7)))  # would broadcast
    layer.w.data = np.zeros((3, 5))
    with pytest.raises(ShapeError, match=r"w has shape \(3, 5\), b has shape \(8,\)"):
        layer(np.zeros((4, 3)))
    layer.b.data = np.zeros(5)
    assert layer(np.zeros((4, 3))).shape == (4, 5)  # a layer may grow
    layer.w.data = 3.0
    with pytest.raises(ShapeError, match=r"w has shape \(\)"):
        layer(np.zeros((4, 3)))
    neuron.w.data = np.zeros((2, 1))
    with pytest.raises(ShapeError, match="weights of a Neuron"):
        neuron(np.zeros((4, 2)))


def test_dropout_takes_what_layers_take():
    assert set(Dropout(0.3, rng=0)([1.0] * 20).tolist()) == {0.0, 1 / 0.7}
    assert set(Dropout(0.3, rng=0)(np.ones(20, int)).tolist()) == {0.0, 1 / 0.7}  # and not cut to an integer
    with pytest.raises(DtypeError, match=r"^Dropout\(0\.5\) takes.*str 'x'"):
        Dropout()("x")


def test_an_empty_batch_passes_through_layers_and_is_refused_by_the_loss():
    out = MLP(2, [4, 1])(np.zeros((0, 2)))
    assert out.shape == (0, 1)
    with pytest.raises(ShapeError, match="at least one example"):
        squared_error(out, np.zeros((0, 1)))
