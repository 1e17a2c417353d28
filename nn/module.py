"""Module: what a network is made of. Parameters are the Values it finds in its attributes; there is no registration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from autodiff.modes import current_mode
from autodiff.primitives.kinds import Primitive
from autodiff.value import Value


class Module:
    """Something with parameters that is called on a batch. Subclass it, set attributes, define `forward`.

    Parameters are the variables (Values that are nobody's result) among the attributes, and those of the Modules among
    them, in the order in which they were set; lists, tuples and dicts are looked into. Met twice, one counts once.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0)
    Value(data=7.0, grad=0.0)
    >>> line.parameters()
    [Value(data=2.0, grad=0.0), Value(data=1.0, grad=0.0)]
    """

    training: bool = True
    """Whether dropout and the like are active; set by `train` and `eval`."""

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What calling the module computes."""
        raise UnsupportedError(f"{type(self).__name__} does not say what it computes: define forward(self, x)")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self.forward(*inputs, **options)

    # --- parameters -------------------------------------------------------------------------------------------------

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(path, parameter) of each, as in ("layers.0.w", Value(…)): attribute names, positions and keys, dotted."""
        return ((path, found) for path, found in _contents(self) if isinstance(found, Value))

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """(path, module) of this module, whose path is empty, and of every module inside."""
        yield "", self
        yield from ((path, found) for path, found in _contents(self) if isinstance(found, Module))

    def parameters(self) -> list[Value]:
        """What there is to train, each once."""
        return [found for _, found in _contents(self) if isinstance(found, Value)]

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter."""
        clear(self.parameters())

    # --- training and evaluation ------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all inside to training (dropout active), or to evaluation; returns itself."""
        for _, module in self.named_modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Module:
        """Switch to evaluation: nothing random happens any more; returns itself."""
        return self.train(False)

    # --- saving and loading -----------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A copy of every parameter's data by path: floats and arrays."""
        return {path: np.copy(p.data) if p.ndim else p.data for path, p in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the numbers of a `state_dict`: all of them or, if anything does not fit, none.

        Numbers are cast to the dtype of the parameter; the parameters stay the same Values, and gradients are kept.
        raises: ArgumentError for missing or unknown paths; ShapeError, DtypeError for data that does not fit
        """
        if not isinstance(state, Mapping):
            raise DtypeError(
                f"load_state_dict takes a mapping from paths to arrays; it was given {type(state).__name__}"
            )
        parameters = dict(self.named_parameters())
        missing = [path for path in parameters if path not in state]
        unknown = [path for path in state if path not in parameters]
        if missing or unknown:
            raise ArgumentError(
                f"this state belongs to another network than {type(self).__name__}: it lacks {missing or 'nothing'} "
                f"and has {unknown or 'nothing'} besides; build the network as the one that was saved"
            )
        fitted = {path: _fitted(state[path], parameter, path) for path, parameter in parameters.items()}
        for path, parameter in parameters.items():
            parameter.data = fitted[path]

    # --- reading ----------------------------------------------------------------------------------------------------

    def describe(self) -> str:
        """What this module is, without what is inside: the first line of its repr."""
        return f"{type(self).__name__}()"

    def __repr__(self) -> str:
        lines: list[str] = []
        outer = ""
        for path, module in self.named_modules():
            if path and not (outer and path.startswith(f"{outer}.")):  # what is deeper, its own repr shows
                outer = path
                lines.append(f"{path}: {module!r}".replace("\n", "\n  "))
        return "\n  ".join([self.describe(), *lines])


def clear(parameters: Iterable[Value]) -> None:
    """Forget the gradient of every parameter given."""
    if current_mode().trace is None:
        for parameter in parameters:
            parameter._grad = None
    else:
        for parameter in parameters:
            parameter.zero_grad()


def _contents(module: Module) -> list[tuple[str, Any]]:
    """Every parameter and every module inside a module, with its path, once, in the order it is met."""
    found: list[tuple[str, Any]] = []
    _look_into(vars(module), "", found, {module})
    return found


def _look_into(members: Mapping[Any, Any], prefix: str, found: list[tuple[str, Any]], seen: set[Any]) -> None:
    for name, x in members.items():
        kind = type(x)
        if kind in _PLAIN:
            continue
        if issubclass(kind, Value):
            if x not in seen and x._primitive is None and x._carries:
                seen.add(x)
                found.append((f"{prefix}{name}", x))
        elif issubclass(kind, Module):
            if x not in seen:
                seen.add(x)
                found.append((f"{prefix}{name}", x))
                _look_into(x.__dict__, f"{prefix}{name}.", found, seen)
        elif issubclass(kind, (list, tuple)):
            _look_into(dict(enumerate(x)), f"{prefix}{name}.", found, seen)
        elif issubclass(kind, dict):
            _look_into(x, f"{prefix}{name}.", found, seen)


_PLAIN = {int, float, bool, str, type(None), Primitive, FunctionType, np.ndarray}


def _fitted(given: Any, parameter: Value, path: str) -> Any:
    """Data for a parameter, in its shape and dtype."""
    if isinstance(given, Value):
        given = given.data
    array = np.asarray(given)
    if array.shape != parameter.shape:
        raise ShapeError(f"{path} has shape {parameter.shape}; the state holds shape {array.shape} for it")
    if array.dtype.kind not in "fciub" or (array.dtype.kind == "c" and parameter.dtype.kind != "c"):
        raise DtypeError(f"{path} holds {parameter.dtype} numbers; the state holds {array.dtype} for it")
    return array.astype(parameter.dtype)
