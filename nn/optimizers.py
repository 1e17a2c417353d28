"""Optimisers: move every parameter a step downhill, against its gradient.

    optimizer = SGD(model.parameters(), learning_rate=0.1)
    optimizer.zero_grad(); loss.backward(); optimizer.step()

A parameter whose gradient was not run counts as having gradient 0, as in micrograd: momentum still moves it. Complex
parameters go along the conjugate of their gradient. Whatever an optimiser remembers, its learning rate included, it
holds in Values from its construction on, so that a compiled step reads and writes it like any other state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from autodiff.modes import current_mode
from autodiff.value import Value
from nn.checks import described, number
from nn.module import clear


class Optimizer:
    """What SGD and Adam share: the parameters, the learning rate, and how a step is taken.

    parameters: the Values to train, from `model.parameters()`; each counts once · learning_rate: positive
    raises: DtypeError for what is not a variable; ArgumentError for no parameters, or a rate that is not positive
    """

    def __init__(self, parameters: Any, learning_rate: float) -> None:
        if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
            raise DtypeError(
                "an optimiser takes a list of Values, as model.parameters() returns; it was given "
                f"{described(parameters)}"
            )
        parameters = list(parameters)
        for p in parameters:
            if not isinstance(p, Value) or p._primitive is not None or not p._carries:
                raise DtypeError(
                    f"an optimiser changes variables, Values as model.parameters() returns them; it was given a list "
                    f"with {_no_variable(p)} in it"
                )
        found: list[Value] = list(dict.fromkeys(parameters))
        if not found:
            raise ArgumentError("an optimiser needs at least one parameter; the list it was given is empty")
        self.parameters = found
        self._learning_rate = Value(number("learning_rate", learning_rate, 0.0), label="learning_rate")

    @property
    def learning_rate(self) -> Any:
        """How far a step goes: a float, which may be set at any time."""
        return self._learning_rate.data

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        traced = current_mode().trace is not None and isinstance(rate, Value)
        self._learning_rate.data = rate if traced else number("learning_rate", rate, 0.0)

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter."""
        clear(self.parameters)

    def step(self) -> None:
        """Move every parameter."""
        raise UnsupportedError(f"{type(self).__name__} does not say how it moves a parameter: define step(self)")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters)} parameters, learning_rate={self.learning_rate!r})"


class SGD(Optimizer):
    """p ← p − learning_rate · v, where v ← momentum · v + ∂loss/∂p. Without momentum: gradient descent.

    parameters: Values · learning_rate: positive · momentum: in [0, 1)
    source: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum (2013), eq. 1 and 2,
    with the learning rate taken out of v

    >>> p = Value(3.0)
    >>> (p * p).backward()
    >>> SGD([p], learning_rate=0.1).step()
    >>> round(p.data, 12)
    2.4
    """

    def __init__(self, parameters: Iterable[Value], learning_rate: float, momentum: float = 0.0) -> None:
        super().__init__(parameters, learning_rate)
        self._momentum = number("momentum", momentum, 0.0, 1.0, closed=True)
        self._velocities = [Value(np.zeros_like(p.data)) for p in self.parameters] if self._momentum else []

    @property
    def momentum(self) -> float:
        """How much of the last step a step keeps; fixed when the optimiser is made."""
        return self._momentum

    def step(self) -> None:
        """Move every parameter against its gradient."""
        if current_mode().trace is not None:
            return self._step_expressions(self.parameters, self._velocities)
        rate, momentum, velocities = self._learning_rate._data, self._momentum, self._velocities
        for i, p in enumerate(self.parameters):
            g, data = p._grad, p._data
            if type(data) is np.ndarray and data.dtype.kind == "f":
                if momentum:
                    _refuse_misfit(p, velocities[i])
                    velocity = momentum * velocities[i]._data
                    if g is not None:
                        velocity += g
                    g = velocities[i]._data = velocity
                if g is not None:
                    move = rate * g
                    p._data, p._recorded = np.subtract(data, move, out=move), False
            elif type(data) is float and not momentum:
                if g is not None:
                    p._data = data - rate * g
            else:
                self._step_expressions([p], velocities[i : i + 1])
        return None

    def _step_expressions(self, parameters: list[Value], velocities: list[Value]) -> None:
        """The same as plain expressions: recorded while tracing, and right for numbers of any kind."""
        rate = self.learning_rate
        for i, p in enumerate(parameters):
            move = _downhill(p)
            if velocities:
                _refuse_misfit(p, velocities[i])
                move = velocities[i].data = self._momentum * velocities[i].data + move
            p.data = p.data - rate * move


class Adam(Optimizer):
    """p ← p − learning_rate · m̂ / (√v̂ + epsilon): steps of about the learning rate.

    m ← beta1·m + (1 − beta1)·g and v ← beta2·v + (1 − beta2)·|g|², averages of the gradient and its square; at step t,
    m̂ = m/(1 − beta1ᵗ) and v̂ = v/(1 − beta2ᵗ) undo that they started from zero.
    source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1

    >>> p = Value(3.0)
    >>> (1e6 * p).backward()
    >>> Adam([p], learning_rate=0.5).step()
    >>> round(p.data, 9)
    2.5
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.beta1 = number("beta1", beta1, 0.0, 1.0, closed=True)
        self.beta2 = number("beta2", beta2, 0.0, 1.0, closed=True)
        self.epsilon = number("epsilon", epsilon, 0.0)
        self._steps = Value(0.0, label="steps")
        self._means = [Value(np.zeros_like(p.data)) for p in self.parameters]
        self._squares = [Value(np.zeros_like(np.real(p.data))) for p in self.parameters]

    def step(self) -> None:
        """Move every parameter along the averages of its gradients."""
        t = self._steps.data = self._steps.data + 1.0
        rate, eager = self.learning_rate / (1 - self.beta1**t), current_mode().trace is None
        unbiased = (1 - self.beta2**t) ** -0.5
        for p, mean, square in zip(self.parameters, self._means, self._squares):
            _refuse_misfit(p, mean)
            if eager and type(p._data) is np.ndarray and p._data.dtype.kind == "f":
                self._step_array(p, mean, square, rate, unbiased)
                continue
            g = _downhill(p)
            m = mean.data = self.beta1 * mean.data + (1 - self.beta1) * g
            v = square.data = self.beta2 * square.data + (1 - self.beta2) * _squared(g)
            p.data = p.data - rate * (m / (np.sqrt(v) * unbiased + self.epsilon))

    def _step_array(self, p: Value, mean: Value, square: Value, rate: float, unbiased: float) -> None:
        """The same on a real array, with three new buffers: one for each result."""
        g = p.grad if p._grad is None else p._grad
        m, v = self.beta1 * mean._data, self.beta2 * square._data
        move = (1 - self.beta1) * g
        m += move
        np.square(g, out=move)
        move *= 1 - self.beta2
        v += move
        np.sqrt(v, out=move)
        move *= unbiased
        move += self.epsilon
        np.divide(m, move, out=move)
        move *= rate
        mean._data, square._data = m, v
        p._data, p._recorded = np.subtract(p._data, move, out=move), False


def _refuse_misfit(p: Value, remembered: Value) -> None:
    if p.shape != remembered.shape:
        raise ShapeError(
            f"a parameter of shape {remembered.shape} was given .data of shape {p.shape}, and what the optimiser "
            "remembers of it does not fit; make a new optimiser"
        )


def _no_variable(p: Any) -> str:
    """What something that is no variable is."""
    if isinstance(p, Value):
        return "the result of an operation" if p._primitive is not None else "a Value that carries no gradient"
    return described(p)


def _downhill(p: Value) -> Any:
    """The direction against which the loss falls: the gradient, or its conjugate for complex parameters."""
    return np.conjugate(p.grad) if p.dtype.kind == "c" else p.grad


def _squared(g: Any) -> Any:
    """|g|²."""
    return np.real(g * np.conjugate(g)) if np.iscomplexobj(g) else g * g
