"""Losses: one number that says how far predictions are from targets. Shapes must match exactly.

Targets of shape (n,) subtracted from predictions of shape (n, 1) broadcast to (n, n), which trains a network on
nonsense; here that raises. Targets are constants: they are cast to the dtype of the prediction,
so float32 stays float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, IndexRangeError, ShapeError
from autodiff.modes import current_mode
from autodiff.operands import constant
from autodiff.primitives.composites import log_softmax, sum_squares
from autodiff.primitives.transcendental import relu
from autodiff.value import Value


def squared_error(prediction: Any, target: Any) -> Any:
    """E = 1/(2n) Σ ‖prediction − target‖² over a batch of n, so that ∂E/∂prediction = (prediction − target)/n.

    prediction: (n, ...) float or complex, or () for n = 1 · target: the same shape
    returns: (), in the dtype of the prediction
    raises: ShapeError if the shapes differ or the batch is empty; DtypeError for targets that are not numbers
    source: Nielsen, Neural Networks and Deep Learning (2015), eq. 6

    >>> squared_error(Value([[1.0], [5.0]]), np.array([[0.0], [2.0]]))
    Value(data=2.5, grad=0.0)
    """
    prediction, target = _matched("squared_error", prediction, target)
    return _squares(prediction - target) * (0.5 / (prediction.shape[0] if prediction.ndim else 1))


def mean_squared_error(prediction: Any, target: Any) -> Any:
    """mean |prediction − target|², over all elements.

    prediction: any shape, float or complex · target: the same shape
    returns: (), in the dtype of the prediction
    raises: ShapeError if the shapes differ or there are no elements; DtypeError for targets that are not numbers

    >>> mean_squared_error(Value([1.0, 5.0]), np.array([0.0, 2.0]))
    Value(data=5.0, grad=0.0)
    """
    prediction, target = _matched("mean_squared_error", prediction, target)
    return _squares(prediction - target) * (1.0 / prediction.size)


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean cross-entropy of integer labels under softmax(logits), in nats: the mean of −log softmax(logits)[label].

    logits: (..., classes) float, usually (batch, classes) · labels: (...) int in [0, classes)
    returns: (), in the dtype of logits
    raises: ShapeError if the shapes do not belong together, for one class, or an empty batch; DtypeError for labels
    that are not integers (NaN among them makes an array float); IndexRangeError for a label outside the range
    source: Bishop, Pattern Recognition and Machine Learning (2006), eq. 4.108

    >>> cross_entropy(np.zeros((1, 2)), np.array([0])).item()
    0.6931471805599453
    """
    logits, labels = _classified("cross_entropy", "logits", logits, labels)
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            f"cross_entropy takes integer labels; it was given {labels.dtype}. Convert them with labels.astype(int), "
            "and one-hot rows with rows.argmax(axis=1)"
        )
    classes, known = logits.shape[-1], _readable(labels)
    if known is not None:
        _refuse_outside("cross_entropy", known, classes)
    if logits.ndim != 2:  # a picture shows what is done: nothing for a batch
        logits, labels = logits.reshape(-1, classes), labels.reshape(-1)
    if known is None:
        labels = np.where(labels < 0, classes, labels)  # would count from the end; this way indexing refuses them
    chosen = log_softmax(logits, axis=1)[np.arange(labels.size), labels]
    return 0.0 - chosen.mean()  # a loss of −0.0 would look odd


def hinge(scores: Any, labels: Any) -> Any:
    """Mean of max(0, 1 − label · score): zero where a score lies on its label's side by a margin of at least 1.

    scores: any shape, float · labels: the same shape, each −1 or +1
    returns: (), in the dtype of scores
    raises: ShapeError if the shapes differ or there are no elements; ArgumentError for a label that is not ±1
    source: Cortes and Vapnik, Support-vector networks, Machine Learning 20 (1995) 273; as in micrograd's demo

    >>> hinge(Value([0.5, -3.0]), np.array([1, -1]))
    Value(data=0.25, grad=0.0)
    """
    scores, labels = _matched("hinge", scores, labels)
    known = _readable(labels)
    if known is not None and not (abs(known) == 1).all():
        wrong = known[abs(known) != 1][0] if known.ndim else known
        raise ArgumentError(
            f"hinge takes labels −1 and +1; there is one of {wrong}. Labels 0 and 1 become 2 * labels - 1"
        )
    return relu(1 - labels * scores).mean()


def accuracy(scores: Any, labels: Any) -> float:
    """The share of examples whose label is the class with the largest score; carries no gradient.

    scores: (..., classes), at least 2 · labels: (...) int in [0, classes)
    raises: ShapeError if they do not belong together; IndexRangeError for a label outside the range

    >>> accuracy(np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([0, 0]))
    0.5
    """
    scores, labels = _classified("accuracy", "scores", scores, labels)
    known = _readable(labels)
    if known is not None:
        _refuse_outside("accuracy", known, scores.shape[-1])
    return float((scores.argmax(axis=-1) == labels).mean())


def _classified(function: str, what: str, scores: Any, labels: Any) -> tuple[Any, Any]:
    """Scores of classes and the labels that belong to them, if they do."""
    scores, labels = _array(function, scores), _array(function, labels)
    if scores.ndim == 0 or labels.shape != scores.shape[:-1]:
        hint = ""
        if labels.shape == scores.shape != ():
            hint = f". One-hot rows become integers by labels.argmax(axis={scores.ndim - 1})"
        elif labels.shape == (*scores.shape[:-1], 1):
            hint = ". A column becomes flat by labels.ravel()" if scores.ndim == 2 else ". Take labels[..., 0]"
        raise ShapeError(
            f"{function} takes {what} of shape (batch, classes) and labels of shape (batch,), one integer for each; "
            f"it was given {scores.shape} and {labels.shape}{hint}"
        )
    _refuse_empty(function, scores)
    if scores.shape[-1] == 1:
        instead = "((scores[:, 0] > 0) == labels).mean()" if function == "accuracy" else "hinge, with labels −1 and +1"
        raise ShapeError(
            f"{function} needs {what} of at least 2 classes; it was given shape {scores.shape}, where the one class "
            f"always wins. Give the network 2 outputs, or threshold the single column: {instead}"
        )
    return scores, labels


def _refuse_outside(function: str, labels: Any, classes: int) -> None:
    """Raise for labels that name no class."""
    outside = (labels < 0) | (labels >= classes)
    if not outside.any():
        return
    place = tuple(map(int, np.argwhere(outside)[0]))
    hint = ""
    if (labels >= 1).all() and (labels <= classes).all():
        hint = ". They seem to be counted from 1: pass labels - 1"
    elif (abs(labels) == 1).all() and classes == 2:
        hint = ". Labels −1 and +1 become 0 and 1 by (labels > 0).astype(int)"
    raise IndexRangeError(
        f"{function} takes labels in [0, {classes}), one for each of {classes} classes; "
        f"labels[{', '.join(map(str, place))}] is {labels[place]}{hint}"
    )


def _squares(residual: Any) -> Any:
    """Σ |residual|²."""
    if residual.dtype.kind == "c":
        return np.real(residual * np.conjugate(residual)).sum()
    return sum_squares(residual)


def _matched(loss: str, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Both as Values or arrays of one shape, and the target in the dtype of the prediction."""
    prediction = _array(loss, prediction)
    if prediction.dtype.kind in "iub":  # differences and squares of integers wrap around
        prediction = prediction.astype(np.float64)
    if type(target) is not np.ndarray or target.dtype is not prediction.dtype:
        target = _array(loss, target)
        if target.dtype != prediction.dtype and prediction.dtype.kind in "fc":
            if target.dtype.kind == "c" and prediction.dtype.kind == "f":
                raise DtypeError(
                    f"{loss} was given complex targets for a {prediction.dtype} prediction; take their real part"
                )
            target = target.astype(prediction.dtype)
    if prediction.shape != target.shape:
        raise ShapeError(
            f"{loss} takes a prediction and a target of the same shape; it was given {prediction.shape} and "
            f"{target.shape}. Shapes are not broadcast here: reshape the target, as in target.reshape(prediction.shape)"
        )
    if not prediction.size:
        _refuse_empty(loss, prediction)
    return prediction, target


def _array(loss: str, x: Any) -> Any:
    """A Value as it is; anything else as a numeric array, or DtypeError."""
    return x if isinstance(x, Value) else np.asarray(constant(x, loss))


def _refuse_empty(loss: str, x: Any) -> None:
    if not x.size:
        raise ShapeError(f"{loss} needs at least one example; it was given an array of shape {x.shape}")


def _readable(labels: Any) -> Any:
    """The plain array of labels, for their values to be checked; None while they are only being traced."""
    if not isinstance(labels, Value):
        return labels
    return None if current_mode().trace is not None else labels.data
