import math

import numpy as np
import pytest

from autodiff import Value, draw, grad, no_grad, value_and_grad
from autodiff.errors import ArgumentError, DtypeError, IndexRangeError, ShapeError
from autodiff.testing import finite_difference
from nn import MLP, accuracy, cross_entropy, hinge, mean_squared_error, squared_error

RNG = np.random.default_rng(0)


def test_squared_error_is_half_the_mean_of_squared_distances():
    prediction, target = Value([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 0.0], [3.0, 1.0]])
    loss = squared_error(prediction, target)
    assert loss.data == (1 + 4 + 0 + 16) / (2 * 2)
    loss.backward()
    np.testing.assert_array_equal(prediction.grad, (prediction.data - target) / 2)


def test_squared_error_of_a_single_number():
    p = Value(3.0)
    loss = squared_error(p, 1.0)
    loss.backward()
    assert (loss.data, p.grad) == (2.0, 2.0)


def test_mean_squared_error_is_the_mean_of_squares():
    prediction, target = Value(RNG.normal(size=(4, 3))), RNG.normal(size=(4, 3))
    loss = mean_squared_error(prediction, target)
    assert loss.data == pytest.approx(np.mean((prediction.data - target) ** 2), rel=1e-15)
    loss.backward()
    np.testing.assert_allclose(prediction.grad, 2 * (prediction.data - target) / 12, rtol=1e-14)


def test_squared_errors_of_complex_numbers():
    z = Value([1 + 2j, 0j])
    assert mean_squared_error(z, [0.0, 0.0]).data == 2.5
    loss = squared_error(z, [0.0, 0.0])
    loss.backward()
    assert loss.data == 1.25
    np.testing.assert_array_equal(z.grad, np.conj(z.data) / 2)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_cross_entropy_of_ignorance_is_log_classes(classes):
    assert cross_entropy(np.zeros((4, classes)), np.arange(4) % classes) == pytest.approx(math.log(classes), rel=1e-15)


def test_cross_entropy_gradient_is_softmax_minus_one_hot_over_the_batch():
    logits, labels = Value(RNG.normal(size=(4, 3))), np.array([0, 2, 2, 1])
    loss = cross_entropy(logits, labels)
    loss.backward()
    p = np.exp(logits.data) / np.exp(logits.data).sum(axis=1, keepdims=True)
    assert loss.data == pytest.approx(-np.log(p[np.arange(4), labels]).mean(), rel=1e-14)
    np.testing.assert_allclose(logits.grad, (p - np.eye(3)[labels]) / 4, rtol=1e-12, atol=1e-16)


def test_cross_entropy_does_not_overflow():
    logits = Value([[1e4, -1e4], [-1e4, 1e4]])
    right, wrong = cross_entropy(logits, [0, 1]), cross_entropy(logits, [1, 0])
    assert (right.data, wrong.data) == (0.0, 2e4)
    wrong.backward()
    np.testing.assert_array_equal(logits.grad, [[0.5, -0.5], [-0.5, 0.5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e4, -1e6, 1e8, 1e30])
def test_cross_entropy_does_not_depend_on_what_is_added_to_every_logit(offset, dtype):
    for difference in (0.0, 1.0, 8.0):
        rows = np.array([[offset, offset + difference], [offset + difference, offset]], dtype)
        gap = float(rows[0, 1]) - float(rows[0, 0])  # what the dtype leaves of it
        loss, gradient = value_and_grad(lambda x: cross_entropy(x, np.array([0, 1])))(rows)
        assert loss == pytest.approx(math.log1p(math.exp(-gap)) + gap, rel=1e-6 if dtype is np.float32 else 1e-14)
        share = 1 / (1 + math.exp(-gap))
        np.testing.assert_allclose(gradient, [[-share / 2, share / 2], [share / 2, -share / 2]], rtol=1e-6)


def test_cross_entropy_of_infinite_logits():
    """−inf stands for a class that is ruled out: if it is the right one, the loss is inf."""
    assert cross_entropy(np.array([[-np.inf, 0.0, 0.0]]), [1]) == pytest.approx(math.log(2), rel=1e-15)
    logits = Value([[-np.inf, 0.0]])
    loss = cross_entropy(logits, [0])
    loss.backward()
    assert loss.data == np.inf
    assert logits.grad.tolist() == [[-1.0, 1.0]]
    assert str(cross_entropy(np.array([[1e3, 0.0]]), [0])) == "0.0"


def test_cross_entropy_of_one_example_and_of_sequences():
    logits, labels = RNG.normal(size=(2, 5, 3)), RNG.integers(3, size=(2, 5))
    flat = cross_entropy(logits.reshape(10, 3), labels.reshape(10))
    assert cross_entropy(logits, labels) == pytest.approx(flat, rel=1e-15)
    assert cross_entropy(np.zeros(4), 3) == pytest.approx(math.log(4), rel=1e-15)


def test_hinge_counts_what_lies_within_the_margin():
    scores = Value([2.0, 0.5, -1.0, -2.0])
    loss = hinge(scores, np.array([1, 1, 1, -1]))
    assert loss.data == (0 + 0.5 + 2 + 0) / 4
    loss.backward()
    np.testing.assert_array_equal(scores.grad, [0, -0.25, -0.25, 0])


def test_accuracy_is_the_share_of_right_answers():
    scores = Value([[2.0, 1.0], [0.0, 3.0], [1.0, 5.0], [4.0, 0.0]])
    assert accuracy(scores, [0, 1, 0, 0]) == 0.75


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (squared_error, RNG.normal(size=(4, 3))),
        (mean_squared_error, RNG.normal(size=(4, 3))),
        (cross_entropy, np.array([0, 2, 1, 1])),
        (hinge, np.where(RNG.normal(size=(4, 3)) > 0, 1, -1)),
    ],
)
class TestEveryLoss:
    prediction = RNG.normal(size=(4, 3))

    def test_gradient_is_that_of_finite_differences(self, loss, target):
        difference = finite_difference(lambda p: loss(p, target), self.prediction)
        error = np.abs(grad(lambda p: loss(p, target))(self.prediction) - difference.derivative)
        assert np.all(error <= 3 * difference.error + 1e-13)

    def test_on_plain_arrays_it_computes_the_same(self, loss, target):
        assert loss(self.prediction, target) == loss(Value(self.prediction), target).data

    def test_float32_stays_float32(self, loss, target):
        prediction = Value(self.prediction.astype(np.float32))
        out = loss(prediction, target)
        out.backward()
        assert (out.dtype, prediction.grad.dtype) == (np.float32, np.float32)

    def test_a_target_may_be_a_value(self, loss, target):
        if loss is not cross_entropy:  # a Value made from integers is one of floats
            out = loss(Value(self.prediction.astype(np.float32)), Value(target))
            assert out.data == loss(self.prediction.astype(np.float32), target)
            assert out.dtype == np.float32

    def test_without_recording_it_is_a_number(self, loss, target):
        with no_grad():
            assert isinstance(float(loss(Value(self.prediction), target)), float)


TARGETS = [squared_error, mean_squared_error, hinge]


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize(
    ("first", "second"), [((3, 1), (3,)), ((3,), (3, 1)), ((3, 2), (1, 2)), ((3,), ()), ((3,), (4,))]
)
def test_shapes_are_never_broadcast(loss, first, second):
    with pytest.raises(ShapeError, match="takes a prediction and a target of the same shape"):
        loss(Value(np.ones(first)), np.ones(second))


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_batches_raise(loss, shape):
    with pytest.raises(ShapeError, match="at least one example"):
        loss(Value(np.ones(shape)), np.ones(shape))


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("target", [np.array(["a", "b"]), np.array([None, 1.0]), ["a", "b"], None, {"a": 1}])
def test_targets_that_are_no_numbers_raise(loss, target):
    with pytest.raises(DtypeError):
        loss(Value(np.ones(2)), target)


@pytest.mark.parametrize(
    ("logits", "labels", "error", "message"),
    [
        (np.zeros((3, 2)), [[0], [1], [1]], ShapeError, r"\(3, 2\) and \(3, 1\).*labels\.ravel\(\)"),
        (np.zeros((3, 4, 2)), np.zeros((3, 4, 1), int), ShapeError, r"Take labels\[\.\.\., 0\]"),
        (np.zeros((3, 2)), np.eye(2)[[0, 1, 1]], ShapeError, r"\(3, 2\) and \(3, 2\).*labels\.argmax\(axis=1\)"),
        (np.zeros((3, 1)), [0, 0, 0], ShapeError, r"cross_entropy needs .* at least 2 classes.*\(3, 1\).*hinge"),
        (np.zeros((3, 2)), [0, 1], ShapeError, r"\(3, 2\) and \(2,\)"),
        (np.zeros(()), 0, ShapeError, r"\(\) and \(\)"),
        (np.zeros((0, 2)), np.zeros(0, int), ShapeError, "at least one example"),
        (np.zeros((2, 0)), [0, 0], ShapeError, "at least one example"),
        (np.zeros((3, 2)), [0, 1, np.nan], DtypeError, "takes integer labels; it was given float64"),
        (np.zeros((3, 2)), [0.0, 1.0, 1.0], DtypeError, "takes integer labels; it was given float64"),
        (np.zeros((3, 2)), [True, False, True], DtypeError, "takes integer labels; it was given bool"),
        (np.zeros((3, 2)), ["0", "1", "1"], DtypeError, "<U1"),
        (np.zeros((3, 2)), [0, 1, 2], IndexRangeError, r"cross_entropy takes labels in \[0, 2\).*labels\[2\] is 2$"),
        (np.zeros((3, 2)), [0, -1, 1], IndexRangeError, r"labels\[1\] is -1$"),
        (np.zeros((3, 2)), [1, 2, 1], IndexRangeError, r"labels\[1\] is 2.*counted from 1: pass labels - 1"),
        (np.zeros((3, 2)), [1, -1, 1], IndexRangeError, r"labels\[1\] is -1.*\(labels > 0\)\.astype\(int\)"),
        (np.zeros((1, 3, 2)), [[0, 1, 6]], IndexRangeError, r"labels\[0, 2\] is 6$"),
    ],
)
def test_cross_entropy_refuses(logits, labels, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(Value(logits), labels)


@pytest.mark.parametrize("labels", [[0, 1], [1.0, np.nan], [1, 2]])
def test_hinge_refuses_labels_other_than_plus_minus_one(labels):
    with pytest.raises(ArgumentError, match="hinge takes labels −1 and \\+1"):
        hinge(Value([1.0, 2.0]), labels)


def test_complex_targets_of_real_predictions_raise():
    with pytest.raises(DtypeError, match="complex targets"):
        squared_error(Value([1.0]), np.array([1j]))


@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (np.zeros(3), np.zeros(3, int), ShapeError, r"\(3,\) and \(3,\)"),
        ([[5.0], [-5.0], [5.0]], [1, 0, 1], ShapeError, r"accuracy needs .* at least 2 classes.*\(3, 1\).*threshold"),
        (np.zeros((3, 2)), np.eye(2)[[0, 1, 1]], ShapeError, r"labels\.argmax\(axis=1\)"),
        (np.zeros((3, 2)), [1, 2, 2], IndexRangeError, r"accuracy takes labels in \[0, 2\).*labels - 1"),
    ],
)
def test_accuracy_refuses(scores, labels, error, message):
    with pytest.raises(error, match=message):
        accuracy(scores, labels)


def test_cross_entropy_of_a_batch_draws_no_reshape():
    loss = cross_entropy(Value(np.zeros((3, 2))), np.array([0, 1, 1]))
    operations = [node.op for node in draw(loss).nodes if node.op]
    assert operations == ["log_softmax axis=1", "[i, j]", "sum", "/", "-"]


def test_the_loss_of_a_perceptron_is_drawn_downwards():
    """Side by side, its boxes would be too small to read on a page."""
    model = MLP(2, [8, 2])
    assert draw(cross_entropy(model(np.zeros((3, 2))), np.array([0, 1, 1])), model=model).rankdir == "TB"


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool])
def test_squares_of_integers_do_not_wrap_around(dtype):
    prediction, target = np.array([0, 1], dtype), np.array([100, 1]).astype(dtype)
    expected = np.mean((prediction.astype(float) - target.astype(float)) ** 2)
    assert mean_squared_error(prediction, target).item() == expected
    assert squared_error(prediction, target).item() == expected / 2
