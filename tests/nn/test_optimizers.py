import numpy as np
import pytest

from autodiff import Value, stop_gradient
from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from nn import MLP, SGD, Adam, Optimizer, squared_error

START, GRADIENTS = np.array([1.0, -2.0, 3.0]), [np.array([0.5, -4.0, 1e-3]), np.array([-1.0, 2.0, 0.0])]


def run(optimizer_of, start=START, gradients=GRADIENTS):
    """The parameter after one step per gradient."""
    p = Value(start)
    optimizer = optimizer_of([p])
    for g in gradients:
        p.grad = g
        optimizer.step()
    return p


def test_sgd_by_hand():
    p = run(lambda ps: SGD(ps, 0.1))
    np.testing.assert_allclose(p.data, START - 0.1 * (GRADIENTS[0] + GRADIENTS[1]), rtol=1e-15)


def test_momentum_by_hand():
    p = run(lambda ps: SGD(ps, 0.1, momentum=0.9))
    first = GRADIENTS[0]
    second = 0.9 * first + GRADIENTS[1]
    np.testing.assert_allclose(p.data, START - 0.1 * first - 0.1 * second, rtol=1e-15)


def test_adams_first_step_is_the_learning_rate_against_the_sign():
    p = run(lambda ps: Adam(ps, 0.01), gradients=GRADIENTS[:1])
    np.testing.assert_allclose(p.data, START - 0.01 * np.sign(GRADIENTS[0]), rtol=1e-6)


def test_adam_by_hand():
    p = run(lambda ps: Adam(ps, 0.1, beta1=0.8, beta2=0.9, epsilon=1e-3))
    m = v = 0.0
    expected = START
    for t, g in enumerate(GRADIENTS, 1):
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2
        expected = expected - 0.1 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.9**t)) + 1e-3)
    np.testing.assert_allclose(p.data, expected, rtol=1e-14)


OPTIMIZERS = [
    lambda ps: SGD(ps, 0.1),
    lambda ps: SGD(ps, 0.1, momentum=0.9),
    lambda ps: Adam(ps, 0.1),
]


@pytest.mark.parametrize("optimizer_of", OPTIMIZERS)
class TestEveryOptimizer:
    def test_scalars_move_as_arrays_do(self, optimizer_of):
        array = run(optimizer_of).data
        for i in range(3):
            number = run(optimizer_of, START[i], [g[i] for g in GRADIENTS]).data
            assert type(number) is float
            assert number == pytest.approx(array[i], rel=1e-14)

    def test_complex_parameters_move_along_the_conjugate(self, optimizer_of):
        z = Value([1 + 2j, -3j])
        optimizer = optimizer_of([z])
        for _ in range(400):
            optimizer.zero_grad()
            squared_error(z, np.array([2 - 1j, 1 + 1j])).backward()
            optimizer.learning_rate = optimizer.learning_rate * 0.995
            optimizer.step()
        np.testing.assert_allclose(z.data, [2 - 1j, 1 + 1j], atol=2e-2)

    @pytest.mark.parametrize("shape", [(3,), ()])
    def test_float32_stays_float32(self, optimizer_of, shape):
        p = run(optimizer_of, np.ones(shape, np.float32), [np.ones(shape, np.float32)] * 3)
        assert p.dtype == np.float32
        assert np.all(p.data < 1)

    def test_it_finds_the_least_squares_solution(self, optimizer_of):
        rng = np.random.default_rng(0)
        a, b, x = rng.normal(size=(20, 3)), rng.normal(size=20), Value(np.zeros(3))
        optimizer = optimizer_of([x])
        for _ in range(500):
            optimizer.zero_grad()
            squared_error(a @ x, b).backward()
            optimizer.step()
        np.testing.assert_allclose(x.data, np.linalg.lstsq(a, b)[0], atol=1e-4)

    def test_no_gradient_yet_counts_as_zero(self, optimizer_of):
        p, q = Value(START), Value(5.0)
        optimizer = optimizer_of([p, q])
        optimizer.step()
        np.testing.assert_array_equal(p.data, START)
        assert q.data == 5.0

    def test_what_others_hold_is_never_overwritten(self, optimizer_of):
        p = Value(START)
        before, loss = p.data, (p * p).sum()
        optimizer = optimizer_of([p])
        loss.backward()
        gradient = p.grad
        kept = gradient.copy()
        optimizer.step()
        np.testing.assert_array_equal(before, START)
        np.testing.assert_array_equal(gradient, kept)
        p.data += 1.0  # writes into p's own buffer
        optimizer.zero_grad()
        loss.backward()  # through the graph as it was recorded
        np.testing.assert_array_equal(p.grad, 2 * START)

    def test_a_parameter_given_twice_moves_once(self, optimizer_of):
        p = Value(START)
        optimizer = optimizer_of([p, p])
        p.grad = GRADIENTS[0]
        optimizer.step()
        np.testing.assert_array_equal(p.data, run(optimizer_of, gradients=GRADIENTS[:1]).data)

    def test_zero_grad_forgets_gradients(self, optimizer_of):
        p = Value(START)
        optimizer = optimizer_of([p])
        p.grad = GRADIENTS[0]
        optimizer.zero_grad()
        assert not p.grad.any()


def test_momentum_keeps_moving_without_a_gradient():
    p = Value(START)
    optimizer = SGD([p], 0.1, momentum=0.5)
    p.grad = GRADIENTS[0]
    optimizer.step()
    optimizer.zero_grad()
    optimizer.step()
    np.testing.assert_allclose(p.data, START - 0.1 * 1.5 * GRADIENTS[0], rtol=1e-15)


def test_the_learning_rate_is_a_float_that_may_be_set():
    p = Value(1.0)
    optimizer = SGD([p], 0.5)
    assert type(optimizer.learning_rate) is float
    optimizer.learning_rate *= 0.5
    p.grad = 1.0
    optimizer.step()
    assert p.data == 0.75


def test_state_exists_from_construction_as_values():
    model = MLP(2, [3, 1])
    adam, sgd = Adam(model.parameters()), SGD(model.parameters(), 0.1, momentum=0.9)
    for states in (adam._means, adam._squares, sgd._velocities):
        assert [type(s) for s in states] == [Value] * 4
        assert [s.shape for s in states] == [p.shape for p in model.parameters()]
    assert type(adam._steps) is type(adam._learning_rate) is Value


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda p: SGD([], 0.1), ArgumentError, "at least one parameter"),
        (lambda p: SGD(p, 0.1), DtypeError, "takes a list of Values"),
        (
            lambda p: SGD(MLP(1, [1]), 0.1),
            DtypeError,
            "as model.parameters\\(\\) returns; it was given MLP\\(1, \\[1\\]",
        ),
        (lambda p: SGD([1.0], 0.1), DtypeError, r"changes variables.*a list with float 1\.0 in it"),
        (lambda p: SGD([np.ones(2)], 0.1), DtypeError, r"changes variables.*a list with ndarray of shape \(2,\) in it"),
        (lambda p: SGD([p * 2], 0.1), DtypeError, "changes variables.*the result of an operation"),
        (lambda p: SGD([stop_gradient(p)], 0.1), DtypeError, "changes variables.*carries no gradient"),
        (lambda p: SGD([p], 0.0), ArgumentError, r"learning_rate lies in \(0, inf\); it was given 0"),
        (lambda p: SGD([p], float("nan")), ArgumentError, "learning_rate lies in"),
        (lambda p: SGD([p], "fast"), DtypeError, "learning_rate is a number"),
        (lambda p: SGD([p], 0.1, momentum=1.0), ArgumentError, r"momentum lies in \[0, 1\)"),
        (lambda p: Adam([p], beta1=1.0), ArgumentError, r"beta1 lies in \[0, 1\)"),
        (lambda p: Adam([p], beta2=-0.1), ArgumentError, r"beta2 lies in \[0, 1\)"),
        (lambda p: Adam([p], epsilon=0.0), ArgumentError, "epsilon lies in"),
        (lambda p: setattr(SGD([p], 0.1), "learning_rate", -1.0), ArgumentError, "learning_rate lies in"),
        (lambda p: Optimizer([p], 0.1).step(), UnsupportedError, "define step"),
    ],
)
def test_bad_arguments(build, error, message):
    with pytest.raises(error, match=message):
        build(Value(1.0))


@pytest.mark.parametrize("shape", [(2, 3), (1,), ()])
@pytest.mark.parametrize("optimizer_of", OPTIMIZERS[1:])
def test_a_parameter_that_changed_its_shape_needs_a_new_optimizer(optimizer_of, shape):
    p = Value(START)
    optimizer = optimizer_of([p])
    p.data = np.zeros(shape)
    p.grad = np.ones(shape)
    with pytest.raises(ShapeError, match=r"of shape \(3,\) was given \.data of shape .*new optimiser"):
        optimizer.step()
    assert p.shape == shape
