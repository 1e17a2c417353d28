"""NumPy's ndarray methods that have a derivative, and those that are refused by name because they write in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.decisions import ATTRIBUTES, METHODS_IN_PLACE
from autodiff.errors import InPlaceError, MissingAttributeError
from autodiff.primitives import (
    choosing,
    composites,
    contractions,
    discrete,
    joining,
    nondifferentiable,
    products,
    reductions,
    shaping,
    transcendental,
)
from autodiff.primitives.indexing import At

if TYPE_CHECKING:
    from autodiff.value import Value


def _method(function: Callable[..., Any]) -> Any:
    """The NumPy function as a method: self is its first argument, the signature stays NumPy's."""

    def method(self: Any, *args: Any, **keywords: Any) -> Any:
        return function(self, *args, **keywords)

    method.__name__ = method.__qualname__ = function.__name__.rstrip("_")
    method.__doc__ = function.__doc__
    return method


def _written_in_place(name: str) -> Any:
    def method(self: Any, *args: Any, **keywords: Any) -> Any:
        raise InPlaceError(
            f"v.{name}(...) would change recorded data in place, so a Value has no such method; use "
            f"{METHODS_IN_PLACE[name]}"
        )

    method.__name__ = name
    return method


def _missing(name: str) -> Any:
    """A property that says why there is none. (A `__getattr__` would slow down every attribute there is.)"""

    def attribute(self: Any) -> Any:
        raise MissingAttributeError(f"a Value has no .{name}, which {ATTRIBUTES[name]}")

    return property(attribute)


class ArrayMethods:
    """What a Value shares with an ndarray. Each method is the NumPy function of the same name."""

    __slots__ = ()

    sum, mean, var, std = map(_method, (reductions.sum, composites.mean, composites.var, composites.std))
    prod, cumprod, cumsum = map(_method, (products.prod, products.cumprod, reductions.cumsum))
    max, min, ptp, ravel = map(_method, (reductions.max, reductions.min, reductions.ptp, shaping.ravel))
    swapaxes, squeeze, repeat = map(_method, (shaping.swapaxes, shaping.squeeze, joining.repeat))
    dot, trace, diagonal, take = map(
        _method, (contractions.dot, contractions.trace, contractions.diagonal, contractions.take)
    )
    argmax, argmin, argsort = map(
        _method, (nondifferentiable.argmax, nondifferentiable.argmin, nondifferentiable.argsort)
    )
    any, all, round = map(_method, (nondifferentiable.any_, nondifferentiable.all_, nondifferentiable.round_))
    nonzero, searchsorted = map(_method, (nondifferentiable.nonzero, nondifferentiable.searchsorted))
    argpartition = _method(discrete.argpartition)
    flatten = _method(shaping.ravel)

    sort, partition, fill, put, resize, itemset, setfield, setflags = map(
        _written_in_place, ("sort", "partition", "fill", "put", "resize", "itemset", "setfield", "setflags")
    )

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> Value:
        """The same elements in another shape: v.reshape(2, 3) or v.reshape((2, 3))."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)  # type: ignore[call-overload,no-any-return]

    def copy(self, order: str = "C") -> Value:
        """The same numbers in a buffer of their own, row by row unless order says otherwise."""
        return shaping.copy(self, order)  # type: ignore[no-any-return]

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Value:
        """The numbers in another dtype. A cast to integers or booleans carries no gradient."""
        return shaping.cast(self, dtype, order, casting)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Value:
        """The axes permuted (reversed if none are given): v.transpose(1, 0) or v.transpose((1, 0))."""
        given = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))) else axes
        return np.transpose(self, given or None)  # type: ignore[call-overload,no-any-return]

    def clip(self, min: Any = None, max: Any = None, out: Any = None) -> Value:
        """Held between two bounds, either of which may be None; passes gradients at its bounds."""
        from autodiff.primitives.extremes import clip

        return clip(self, min, max, out)  # type: ignore[no-any-return]

    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> Value:
        """At each place the element of that choice whose number this Value holds there."""
        return choosing.choose(self, choices, out, mode)  # type: ignore[no-any-return]

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Value:
        """The parts along an axis at which a vector of conditions holds."""
        return choosing.compress(condition, self, axis, out)  # type: ignore[no-any-return]

    def conj(self) -> Value:
        """The complex conjugate."""
        return np.conjugate(self)  # type: ignore[call-overload,no-any-return]

    conjugate = conj

    def relu(self) -> Value:
        """max(x, 0), with gradient 0 at 0."""
        return transcendental.relu(self)  # type: ignore[no-any-return]

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        return transcendental.tanh(self)  # type: ignore[no-any-return]

    def sigmoid(self) -> Value:
        """1/(1 + e⁻ˣ)."""
        return transcendental.sigmoid(self)  # type: ignore[no-any-return]

    def exp(self) -> Value:
        """eˣ."""
        return transcendental.exp(self)  # type: ignore[no-any-return]

    def log(self) -> Value:
        """The natural logarithm."""
        return transcendental.log(self)  # type: ignore[no-any-return]

    def sqrt(self) -> Value:
        """The square root; its derivative at 0 is inf."""
        return np.sqrt(self)  # type: ignore[call-overload,no-any-return]

    @property
    def at(self) -> At:
        """`v.at[index].set(x)` and `.add(x)`: what item assignment would write, as a new Value."""
        return At(self)

    @property
    def T(self) -> Value:  # noqa: N802 -- NumPy's name
        """The axes reversed."""
        return shaping.transpose(self)  # type: ignore[no-any-return]

    @property
    def mT(self) -> Value:  # noqa: N802 -- NumPy's name
        """The last two axes swapped."""
        return shaping.matrix_transpose(self)  # type: ignore[no-any-return]

    @property
    def real(self) -> Value:
        """The real part."""
        return np.real(self)

    @property
    def imag(self) -> Value:
        """The imaginary part."""
        return np.imag(self)


for missing in ATTRIBUTES:
    setattr(ArrayMethods, missing, _missing(missing))
