"""check_grad: passes what is right, names what is wrong, and keeps silent about kinks."""

import math

import numpy as np
import pytest

import autodiff as ad
from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.primitives.kinds import TABLE
from autodiff.testing import GradientMismatchError, NotDifferentiableError, check_grad

X = np.linspace(-1, 1, 5)


def mlp(p, x):
    return np.sum((np.tanh(x @ p["w"] + p["b"]) @ p["v"]) ** 2)


PARAMETERS = {"w": np.cos(np.arange(12.0)).reshape(3, 4), "b": np.zeros(4), "v": np.ones((4, 1)), "layers": 2}


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (lambda x: np.sum(np.tanh(x) * x), (X,)),
        (lambda a, b: a * b + np.tanh(a), (2.0, -3.0)),
        (lambda a: a * a, (3,)),
        (mlp, (PARAMETERS, np.cos(np.arange(6.0)).reshape(2, 3))),
        (lambda x: np.sum(np.tanh(x) * np.exp(x)), (X.astype(np.float32),)),
        (lambda x: {"s": np.sin(x), "c": (np.cos(x), x @ x)}, (X,)),
        (lambda z: np.abs(z) ** 2 * np.exp(z), (np.array([1 + 2j, 0.3 - 1j]),)),
        (lambda z: np.sum(np.exp(z)), (np.array([1 + 2j, 0.3 - 1j], dtype=np.complex64),)),
        (lambda x: np.exp(1j * x), (X,)),
        (lambda x: np.abs(np.fft.fft(x)) ** 2, (np.array([1.0, 0.3, -0.5]),)),
        (lambda v: (v.relu() * v).sum(), (X + 0.05,)),
        (np.sum, (np.zeros((0, 2)),)),
    ],
)
def test_right_gradients_pass(f, args):
    report = check_grad(f, *args)
    assert report.largest_relative_error < (1e-3 if "32" in str(getattr(args[0], "dtype", "")) else 1e-4)
    assert report.undecided == 0


def test_every_order_and_each_mode():
    one = check_grad(lambda x: np.sum(np.sin(x) * x), X, order=1)
    two = check_grad(lambda x: np.sum(np.sin(x) * x), X, order=2)
    three = check_grad(lambda x: np.sum(np.sin(x) * x), X, order=3)
    assert one.comparisons < two.comparisons < three.comparisons
    assert check_grad(np.sin, X, modes=("forward",)).comparisons < check_grad(np.sin, X).comparisons


def test_many_inputs_are_checked_along_directions():
    report = check_grad(lambda x: np.sum(np.tanh(x) ** 2), np.cos(np.arange(5000.0)), units=4, order=1)
    assert report.largest_relative_error < 1e-9
    assert report.comparisons == 2 * (3 + 4)


def test_a_single_wrong_gradient_among_many_is_found(monkeypatch):
    _plant(monkeypatch, "tanh", lambda x, out: (1 - out * out) * np.where(x > 0.999999, 1.01, 1.0))
    x = np.cos(np.arange(2000.0))  # only x[0] = 1 is affected
    with pytest.raises(GradientMismatchError, match=r"argument 0\[0\].*\n.*\nThe wrong operation is 'tanh'"):
        check_grad(lambda x: np.sum(np.tanh(x)), x, units=4)


def _plant(monkeypatch, name, *rules):
    """Give an entry of the table wrong rules, for one test."""
    entry = TABLE[name]
    monkeypatch.setattr(entry, "rules", rules)
    for cached in ("pulls", "masked_pulls", "push", "masked_push"):
        if cached in entry.__dict__:
            monkeypatch.delitem(entry.__dict__, cached)


@pytest.fixture(autouse=True)
def clean_table():
    """Forget what wrong rules were compiled to."""
    yield
    for entry in TABLE.values():
        for cached in ("pulls", "masked_pulls", "push", "masked_push"):
            entry.__dict__.pop(cached, None)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    ("name", "rules", "number"),
    [
        ("tanh", [lambda out: 1 - out], 2),
        ("multiply", [lambda y: y, lambda x: 1.0000001 * x], 5),
        ("exp", [lambda out: out + 1e-9], 4),
        ("sin", [lambda x: np.cos(x) * np.where(x > 0.8, 0.0, 1.0)], 1),
    ],
)
def test_the_first_wrong_operation_is_named(monkeypatch, mode, name, rules, number):
    def f(x, y):
        return np.sum(np.exp(np.cos(np.tanh(np.sin(x)))) * y, axis=0)

    _plant(monkeypatch, name, *rules)
    with pytest.raises(GradientMismatchError) as caught:
        check_grad(f, 0.9 + 0.1 * X, np.ones((2, 5)), modes=(mode,))
    message = str(caught.value)
    assert f"The wrong operation is {name!r} (elementwise), operation {number} of 6" in message
    assert mode in message
    assert "got" in message
    assert "expected" in message
    assert "±" in message


def test_the_message_says_where(monkeypatch):
    _plant(monkeypatch, "tanh", lambda x, out: np.where(x == 2, 0.5, 1 - out * out))
    p = {"w": np.array([[1.0, 2.0], [3.0, 4.0]])}
    with pytest.raises(GradientMismatchError) as caught:
        check_grad(lambda s, p: np.tanh(p["w"]) * s, 1.0, p, order=1)
    message = str(caught.value)
    assert "order 1 (reverse), output 0[0, 1] with respect to argument 1['w'][0, 1]" in message
    assert "'tanh' (elementwise), operation 1 of 2: shapes (2, 2) → (2, 2)" in message
    assert "operand 0, element [0, 1] = 2.0" in message


def test_a_wrong_second_derivative_is_found(monkeypatch):
    # 1 − tanh² written so that its own derivative is lost: right to first order, wrong to second.
    _plant(monkeypatch, "tanh", lambda out: ad.stop_gradient(1 - out * out))
    assert check_grad(np.tanh, X, order=1).undecided == 0
    with pytest.raises(GradientMismatchError, match=r"order 2 \(reverse over reverse\)(.|\n)*'tanh'"):
        check_grad(lambda x: np.sum(np.tanh(x)), X)


def test_a_wrong_contraction_is_named(monkeypatch):
    _plant(monkeypatch, "matmul", lambda g, x_like, y: g @ y.T, lambda g, x, y_like: 2.0 * (x.T @ g))
    with pytest.raises(GradientMismatchError, match=r"'matmul' \(multilinear\), operation 2 of 3"):
        check_grad(lambda a, b: np.sum(np.sin(a) @ b), np.eye(2), np.ones((2, 3)))


def test_a_cut_is_not_blamed_on_an_operation():
    with pytest.raises(GradientMismatchError, match="right by itself: a gradient is lost or added"):
        check_grad(lambda x: np.sum(ad.stop_gradient(x) * x), X)


@pytest.mark.parametrize(
    ("f", "operation"),
    [
        (lambda x: np.sum(np.maximum(x, 0)), "maximum"),
        (lambda x: np.sum(np.abs(2 * x)), "absolute"),
        (lambda x: ad.relu(x) * 3, "relu"),
        (lambda x: np.max(np.stack([x, 2 * x]), axis=0), "max"),
        (lambda x: np.sum(x * np.abs(x)), "absolute"),
    ],
)
def test_kinks_are_not_bugs(f, operation):
    with pytest.raises(NotDifferentiableError, match=f"(?s)argument 0\\[2\\].*{operation!r}"):
        check_grad(f, X)
    assert not issubclass(NotDifferentiableError, GradientMismatchError)


def test_a_kink_does_not_hide_a_bug(monkeypatch):
    _plant(monkeypatch, "tanh", lambda out: 1 - out)
    with pytest.raises(GradientMismatchError, match="'tanh'"):
        check_grad(lambda x: np.sum(np.tanh(np.abs(x))), X)


def test_the_conventions_of_a_smooth_composition_pass():
    check_grad(lambda x: np.sum(np.abs(x) ** 3), X, order=1)
    check_grad(lambda x: np.sum(np.maximum(x, 0) ** 2), X, order=1)


def test_a_claimed_gradient():
    def f(x):
        return np.sum(x**3)

    assert check_grad(f, X, grad=lambda x: 3 * x**2).largest_relative_error < 1e-10
    with pytest.raises(GradientMismatchError, match=r"claimed gradient\[2\]: got 1e-06, expected 0 ±"):
        check_grad(f, X, grad=lambda x: 3 * x**2 + 1e-6 * np.eye(5)[2])
    with pytest.raises(ShapeError, match=r"\(4,\).*\(5,\)"):
        check_grad(f, X, grad=lambda x: x[1:])
    with pytest.raises(NotDifferentiableError, match=r"\[2\]"):
        check_grad(lambda x: np.sum(np.abs(x)), X, grad=np.sign)
    with pytest.raises(GradientMismatchError, match="nan"):
        check_grad(f, X, grad=lambda x: x * math.nan)


def test_a_claimed_gradient_of_a_function_the_engine_cannot_record():
    assert check_grad(math.exp, 1.0, grad=math.exp).undecided == 0
    report = check_grad(lambda p: p["a"] * p["b"], {"a": 2.0, "b": 3.0}, grad=lambda p: {"a": p["b"], "b": p["a"]})
    assert report.comparisons == 2
    both = check_grad(lambda a, b: a * b, 2.0, 3.0, grad=lambda a, b: (b, a), argnums=(0, 1))
    assert both.comparisons == 2
    jacobian = check_grad(lambda x: np.outer(x, x), X, grad=ad.jacobian(lambda x: np.outer(x, x)))
    assert jacobian.comparisons == 125


def test_argnums_leaves_the_others_alone():
    assert check_grad(lambda a, b: a * math.floor(b), 2.0, 3.0, argnums=0).comparisons > 0


def test_captured_values_do_not_disturb():
    weight = ad.Value(np.ones(5))
    assert check_grad(lambda x: np.sum(np.tanh(x * weight)), X).undecided == 0
    assert not np.any(weight.grad)


def test_checkpoint_passes():
    assert check_grad(ad.checkpoint(lambda x: np.sum(np.sin(np.exp(x)))), X).undecided == 0


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="sideways"):
        check_grad(np.sin, 1.0, modes=("sideways",))
    with pytest.raises(ArgumentError, match="order=0"):
        check_grad(np.sin, 1.0, order=0)
    with pytest.raises(DtypeError, match="differentiate"):
        check_grad(lambda x: x, "text")
