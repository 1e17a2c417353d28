"""Neurons, layers and perceptrons whose weights are arrays: one matrix product instead of a node per weight.

Inputs are batches: (batch, nin), or (nin,) for one example. Activations are functions, by themselves or by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autodiff.errors import DtypeError, ShapeError
from autodiff.modes import current_mode
from autodiff.operands import constant
from autodiff.primitives.contractions import affine
from autodiff.value import Value
from nn.activations import Activation, function_of, name_of, suited_initializer
from nn.checks import described, number, real_dtype, sizes, whole
from nn.initializers import Initializer, Seed, generator, initializer
from nn.module import Module


def _numeric(module: Module, x: Any) -> Any:
    """The input of a module as a Value or a numeric array; what is neither is refused in the module's name."""
    if type(x) is Value or (type(x) is np.ndarray and x.dtype.kind in "fciub"):
        return x
    x = constant(x, module.describe())
    return x if hasattr(x, "dtype") else np.asarray(x)


class Linear(Module):
    """x w + b.

    nin, nout: the last axis of inputs and outputs · bias: whether there is b, zeros to start with
    init: "glorot", "he", "uniform" or a function (nn.initializers) · rng: a Generator, a seed, or None
    dtype: float64 or float32 · w: (nin, nout) · b: (nout,) or None
    called with (..., nin), returns (..., nout)
    raises: ShapeError for inputs with another last axis; DtypeError, ArgumentError for sizes that are no positive
    integers

    >>> linear = Linear(2, 3, rng=0)
    >>> linear(np.zeros((5, 2))).shape
    (5, 3)
    """

    _axes = 2  # of w

    def __init__(
        self,
        nin: int,
        nout: int,
        bias: bool = True,
        *,
        init: str | Initializer = "glorot",
        rng: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        shape, dtype = (whole("nin", nin), whole("nout", nout)), real_dtype(dtype)
        self.w = Value(initializer(init)(generator(rng), shape, dtype))
        self.b = Value(np.zeros(nout, dtype)) if bias else None

    def forward(self, x: Any) -> Any:
        """x w + b."""
        w, b, x = self.w, self.b, _numeric(self, x)
        shape = getattr(w._data, "shape", ())
        if len(shape) != self._axes or (b is not None and getattr(b._data, "shape", ()) != shape[1:]):
            raise ShapeError(
                f"the weights of a {type(self).__name__} were given .data that does not belong together: w has shape "
                f"{shape}, b {'is None' if b is None else f'has shape {b.shape}'}; b has the shape of w without its "
                f"first axis, and w has {self._axes}"
            )
        try:
            return x @ w if b is None else affine(x, w, b)
        except ShapeError:
            raise ShapeError(
                f"{self.describe()} takes inputs of shape (..., {w.shape[0]}); it was given {np.shape(x)}"
            ) from None

    def describe(self) -> str:
        """As it would be written."""
        nin, nout = self.w.shape
        return f"{type(self).__name__}({nin}, {nout}{'' if self.b is not None else ', bias=False'})"


class Layer(Linear):
    """f(x w + b): neurons side by side, with an activation function.

    activation: "tanh", "relu", "sigmoid", "softmax", "linear", or any function of a Value
    init: None for the one that suits the activation: "he" for relu, "glorot" for all others
    The rest as for Linear. Unlike micrograd's, a layer of one neuron keeps its axis: it returns (batch, 1).

    >>> Layer(2, 3, activation="relu", rng=0)
    Layer(2, 3, activation='relu')
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str | Activation = "tanh",
        *,
        init: str | Initializer | None = None,
        rng: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.activation = function_of(activation)
        super().__init__(nin, nout, init=init or suited_initializer(self.activation), rng=rng, dtype=dtype)

    def forward(self, x: Any) -> Any:
        """f(x w + b)."""
        return self.activation(super().forward(x))

    def describe(self) -> str:
        """As it would be written."""
        nin, nout = self.w.shape
        return f"{type(self).__name__}({nin}, {nout}, activation={name_of(self.activation)})"


class Neuron(Layer):
    """f(Σᵢ wᵢxᵢ + b): one neuron, whose w is a vector and whose b is a number.

    nin: the number of inputs; the rest as for Layer · called with (..., nin), returns (...)

    >>> n = Neuron(2, activation="linear")
    >>> n.w.data, n.b.data = [2.0, -3.0], 10.0
    >>> n(np.array([1.0, 2.0])).item()
    6.0
    """

    _axes = 1

    def __init__(
        self,
        nin: int,
        activation: str | Activation = "tanh",
        *,
        init: str | Initializer | None = None,
        rng: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.activation, dtype = function_of(activation), real_dtype(dtype)
        draw = initializer(init or suited_initializer(self.activation))
        self.w = Value(draw(generator(rng), (whole("nin", nin),), dtype))
        self.b = Value(np.zeros((), dtype))

    def describe(self) -> str:
        """As it would be written."""
        return f"Neuron({len(self.w)}, activation={name_of(self.activation)})"


class MLP(Module):
    """A multilayer perceptron: layers one after the other, with an activation after each but the last, which is linear.

    nin: the number of inputs · nouts: the number of neurons in each layer, as in micrograd
    activation: of the hidden layers; tanh unless told otherwise, because it is smooth: differences of the loss confirm
    its gradient to many digits, and second derivatives mean something · init, rng, dtype: as for Layer
    called with (batch, nin), returns (batch, nouts[-1])

    >>> model = MLP(2, [16, 16, 1], rng=0)
    >>> model
    MLP(2, [16, 16, 1], activation='tanh')
      layers.0: Layer(2, 16, activation='tanh')
      layers.1: Layer(16, 16, activation='tanh')
      layers.2: Layer(16, 1, activation='linear')
    >>> sum(p.size for p in model.parameters())
    337
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Activation = "tanh",
        *,
        init: str | Initializer | None = None,
        rng: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        nouts = sizes("nouts", nouts)
        rng, last, nins = generator(rng), len(nouts) - 1, [nin, *nouts]
        self.layers = [
            Layer(nins[i], nout, activation if i < last else "linear", init=init, rng=rng, dtype=dtype)
            for i, nout in enumerate(nouts)
        ]

    def forward(self, x: Any) -> Any:
        """The output of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def describe(self) -> str:
        """As it would be written."""
        nouts = [layer.w.shape[1] for layer in self.layers]
        return f"MLP({self.layers[0].w.shape[0]}, {nouts}, activation={name_of(self.layers[0].activation)})"


class Sequential(Module):
    """Modules and functions, one after the other.

    >>> model = Sequential(Linear(2, 16, rng=0), np.tanh, Linear(16, 1, rng=1))
    >>> model(np.zeros((5, 2))).shape
    (5, 1)
    """

    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        for step in steps:
            if not callable(step):
                raise DtypeError(f"Sequential takes modules and functions; it was given {described(step)}")
        self.steps = steps

    def forward(self, x: Any) -> Any:
        """The output of the last step."""
        for step in self.steps:
            x = step(x)
        return x

    def describe(self) -> str:
        """The functions in it by name; the modules follow."""
        return f"Sequential({', '.join(type(s).__name__ if isinstance(s, Module) else name_of(s) for s in self.steps)})"


class Dropout(Module):
    """While training, each element is 0 with probability p and divided by 1 − p otherwise; in evaluation, x itself.

    p: in [0, 1) · rng: a Generator, a seed, or None; each call draws x.size numbers from it
    source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, JMLR 15 (2014) 1929 (scaled while training)

    >>> dropout = Dropout(0.5, rng=0)
    >>> dropout(Value([1.0, 1.0, 1.0, 1.0])).data.tolist()
    [0.0, 2.0, 2.0, 2.0]
    """

    def __init__(self, p: float = 0.5, *, rng: Seed = None) -> None:
        self.p, self.rng = number("p", p, 0.0, 1.0, closed=True), generator(rng)

    def forward(self, x: Any) -> Any:
        """x times a mask."""
        if not self.training or not self.p:
            return x
        x = _numeric(self, x)
        return x * self.mask(np.shape(x), x.dtype if x.dtype.kind in "fc" else np.float64)

    def mask(self, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """0 or 1/(1 − p) for each element; drawn outside the graph, anew at every call of a compiled program, too."""

        def draw() -> Any:
            return np.where(self.rng.random(shape) < 1 - self.p, 1 / (1 - self.p), 0.0).astype(dtype)

        trace = current_mode().trace
        return draw() if trace is None else trace.draw(self.rng, draw)

    def describe(self) -> str:
        """As it would be written."""
        return f"Dropout({self.p:g})"
