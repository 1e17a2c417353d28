"""A network with one Value per weight: micrograd's Neuron, Layer and MLP, with its names and its behaviour.

Every multiplication is a node that can be drawn and read. For networks to work with, the tensor ones in `nn` hold the
same numbers in a few arrays.

source: A. Karpathy, micrograd (2020), https://github.com/karpathy/micrograd
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from autodiff.errors import DtypeError, ShapeError
from autodiff.value import Value
from nn.checks import described, sizes, whole


class Module:
    """Something with parameters."""

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter."""
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        """The Values to train; none unless a subclass says otherwise."""
        return []

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(path, parameter) of each, as in ("layers.0.neurons.3.w.1", Value(…)): for pictures."""
        for name, attribute in vars(self).items():
            parts = enumerate(attribute) if isinstance(attribute, list) else [(None, attribute)]
            for i, part in parts:
                path = name if i is None else f"{name}.{i}"
                if isinstance(part, Value):
                    yield path, part
                elif isinstance(part, Module):
                    yield from ((f"{path}.{inner}", p) for inner, p in part.named_parameters())


class Neuron(Module):
    """relu(Σᵢ wᵢxᵢ + b), or without relu if not `nonlin`; wᵢ from `random.uniform(-1, 1)`, b = 0.

    nin: the number of inputs · called with one example, a sequence of nin numbers or Values; returns a Value
    raises: ShapeError for another number of inputs, and for a batch; DtypeError for what is no sequence

    >>> n = Neuron(2, nonlin=False)
    >>> n.w[0].data, n.w[1].data, n.b.data = 2.0, -3.0, 10.0
    >>> n([1.0, 2.0])
    Value(data=6.0, grad=0.0)
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(whole("nin", nin))]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Value:
        try:
            count = len(x)
        except TypeError:
            raise DtypeError(f"{self} takes a sequence of {len(self.w)} numbers; it was given {described(x)}") from None
        if getattr(x, "ndim", 1) != 1:
            raise ShapeError(
                f"{self} takes one example, {len(self.w)} numbers; it was given {described(x)}. Call it on each row, "
                "as in [model(row) for row in x], or use the networks of nn, which take batches"
            )
        if count != len(self.w):
            raise ShapeError(f"{self} takes {len(self.w)} inputs, the numbers of one example; it was given {count}")
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side: a list of their outputs, or the output itself if there is one neuron.

    nin: inputs of every neuron · nout: the number of neurons · nonlin: as for Neuron

    >>> Layer(2, 3, nonlin=False)
    Layer of [LinearNeuron(2), LinearNeuron(2), LinearNeuron(2)]
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(whole("nout", nout))]

    def __call__(self, x: Sequence[Any]) -> Any:
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Those of every neuron."""
        return [p for n in self.neurons for p in n.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """Layers one after the other, with relu after each but the last.

    nin: the number of inputs · nouts: the number of neurons in each layer
    called with a sequence of nin numbers or Values, returns a Value, or a list where the last layer has several neurons

    >>> model = MLP(2, [16, 16, 1])
    >>> len(model.parameters())
    337
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        nouts = sizes("nouts", nouts)
        sz = [nin, *nouts]
        self.layers = [Layer(sz[i], sz[i + 1], nonlin=i != len(nouts) - 1) for i in range(len(nouts))]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """Those of every layer."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
