"""What `fit` is given, looked at before the first epoch: the model, the functions it calls, the examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, GradientLostError, ShapeError
from autodiff.operands import constant
from autodiff.value import Value
from nn import scalar
from nn.checks import described
from nn.module import Module
from nn.optimizers import Adam


def check_functions(model: Any, loss: Any, metrics: Any) -> None:
    """Raise DtypeError for a model, a loss or metrics that cannot be called, saying what would do."""
    if isinstance(model, type):
        raise DtypeError(
            f"fit takes a model; it was given the class {model.__name__}. Make one of it, as in MLP(2, [16, 1])"
        )
    if isinstance(model, scalar.Module):
        raise DtypeError(
            f"fit hands its model whole batches; it was given a network of nn.scalar, {type(model).__name__}, which "
            "takes one example. Use the one of the same name in nn, or write the loop over examples yourself"
        )
    if not callable(model):
        raise DtypeError(f"fit takes a model, a Module or a function of a batch; it was given {described(model)}")
    if not callable(loss) or isinstance(loss, type):
        raise DtypeError(
            f"loss is a function of (prediction, y), as nn.squared_error, nn.mean_squared_error, nn.cross_entropy and "
            f"nn.hinge are; it was given {described(loss)}"
        )
    if not isinstance(metrics, Mapping) or not all(map(callable, metrics.values())):
        raise DtypeError(
            'metrics is a mapping from names to functions of (prediction, y), as in {"accuracy": nn.accuracy}; it was '
            f"given {described(metrics)}"
        )


def optimizer_for(model: Any, optimizer: Any) -> Any:
    """The optimiser given, if it is one; Adam for a Module if none is."""
    if optimizer is None:
        if not isinstance(model, Module):
            raise ArgumentError(
                f"fit finds the parameters of Modules alone; for {described(model)} it needs an optimizer, as in "
                "optimizer=SGD([weight, bias], 0.1)"
            )
        return Adam(model.parameters())
    if isinstance(optimizer, type) or not all(callable(getattr(optimizer, n, None)) for n in ("zero_grad", "step")):
        raise DtypeError(
            "optimizer is made before, from the parameters it moves, as in optimizer=nn.Adam(model.parameters()); it "
            f"was given {described(optimizer)}"
        )
    return optimizer


def check_loss(value: Any) -> None:
    """Raise for what a loss function returned, if no gradient can start from it."""
    if not isinstance(value, Value):
        raise GradientLostError(
            f"the loss returned {described(value)}, not a Value: the gradient was lost on the way. "
            "np.* records; float(), .item(), .data and math.* do not"
        )


def metric_number(name: str, result: Any) -> float:
    """What a metric returned, as a number."""
    try:
        return float(result)
    except (TypeError, ValueError):
        raise DtypeError(
            f"the metric {name!r} returns one number, as accuracy does; it returned {described(result)}. Take its mean"
        ) from None


def check_reached(optimizer: Any) -> None:
    """Raise, after the first backward pass, if it reached nothing that the optimiser moves."""
    parameters = getattr(optimizer, "parameters", None)
    if isinstance(parameters, list) and parameters and all(p._grad is None for p in parameters):
        raise ArgumentError(
            "the optimizer holds none of this model's parameters: the loss does not depend on anything it moves, so "
            "training would change nothing. It was made for another model, perhaps before this one was built again: "
            "optimizer=nn.Adam(model.parameters())"
        )


def examples(x: Any, y: Any, which: str = "") -> tuple[Any, Any]:
    """x and y as numeric arrays with one row for each example, free of NaN and infinities.

    which: what to call them in messages, before their letters
    """
    x, y = np.asarray(constant(x, f"fit, for its {which}x,")), np.asarray(constant(y, f"fit, for its {which}y,"))
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ShapeError(
            f"fit takes {which}x and y with one row for each example; it was given shapes {x.shape} and {y.shape}"
        )
    if not x.size or not y.size:
        raise ShapeError(
            f"fit needs at least one {which}example; it was given x of shape {x.shape} and y of shape {y.shape}"
        )
    for name, numbers in (("x", x), ("y", y)):
        if numbers.dtype.kind in "fc" and not np.isfinite(numbers).all():
            place = np.argwhere(~np.isfinite(numbers))[0]
            what = "NaN" if np.isnan(numbers[tuple(place)]) else "inf"
            raise ArgumentError(
                f"fit was given {what} in {which}{name}, first in row {place[0]}; remove such examples or fill them in"
            )
    return x, y


def split(x: Any, y: Any, validation: Any, rng: np.random.Generator) -> tuple[Any, Any, tuple[Any, Any] | None]:
    """Training x, training y, and the held-out pair."""
    if validation is None:
        return x, y, None
    if isinstance(validation, (tuple, list)) and len(validation) == 2:
        return x, y, examples(validation[0], validation[1], "validation ")
    if not isinstance(validation, (float, np.floating)):
        raise DtypeError(f"validation is a pair (x, y), a share in (0, 1), or None; it was given {validation!r:.60}")
    count = round(float(validation) * len(x)) if 0 < validation < 1 else 0
    if not 0 < count < len(x):
        raise ArgumentError(
            f"validation={validation!r} of {len(x)} examples leaves none on one side; give a share in (0, 1), or "
            "a pair (x, y)"
        )
    order = rng.permutation(len(x))
    return x[order[count:]], y[order[count:]], (x[order[:count]], y[order[:count]])
