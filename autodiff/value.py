"""Value: data, and where it came from.

An operation on Values looks its rule up in the table, computes, and makes a node that remembers its operands. NumPy's
functions come in through the two protocols at the end; whatever has no rule is refused there by name.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np

from autodiff.errors import DtypeError, GraphError, InPlaceError
from autodiff.fitting import refuse_misfits, unshared
from autodiff.graph import ancestors, release_all
from autodiff.methods import ArrayMethods
from autodiff.modes import current_mode, trace_for
from autodiff.operands import as_gradient, copied, first_gradient, leaf_data, read_only
from autodiff.operators import Operators
from autodiff.primitives import indexing
from autodiff.primitives.kinds import DISPATCH, Primitive
from autodiff.primitives.later import loaded_for
from autodiff.reading import Reading
from autodiff.recording import NO_KEYWORDS, SHORT_WAYS, apply, constant_value, fill, make_nodes_of, variable
from autodiff.refusals import refusal
from autodiff.reverse import pull_back

__all__ = ["Value", "apply", "constant_value", "variable"]


class Value(Operators, Reading, ArrayMethods):
    """A number or array that remembers how it was computed.

    data: number, array, nested list of numbers, or any array that follows NumPy's protocols; copied. Integers become
    float64; a float64 of shape () is kept as a Python float. · label: shown in pictures
    raises: DtypeError for strings, objects, masked arrays, and arrays of libraries that lack NumPy's protocols

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b + np.tanh(a)
    >>> c.backward()
    >>> a.grad, b.grad
    (-2.9293491751468355, 2.0)
    """

    # fmt: off
    __slots__ = (
        "__weakref__", "_a", "_b", "_carries", "_count", "_data", "_grad", "_keywords", "_label", "_primitive",
        "_recorded", "_serial", "_x", "_y",
    )
    # fmt: on

    _data: Any  # the number or array; never changed once recorded
    _grad: Any  # None: not run
    _primitive: Primitive | None  # what computed it; None for a leaf
    _count: int  # the number of operands; MANY for more than two, which _x and _a then hold as tuples
    _x: Any  # the first operand; None if it was a constant
    _a: Any  # its plain data, as the operation saw it
    _y: Any  # the second operand
    _b: Any  # its plain data
    _keywords: Any
    _serial: int
    _carries: bool  # whether gradients flow through
    _label: str | None
    _recorded: bool  # whether an operation has seen this buffer

    def __init__(self, data: Any, label: str | None = None) -> None:
        if label is not None and not isinstance(label, str):
            raise DtypeError(f"label is a text or None; it was given {type(label).__name__} {label!r}")
        source = data if isinstance(data, Value) else None
        fill(self, leaf_data(data if source is None else source._data))
        self._carries, self._label = True, label
        if (trace := current_mode().trace) is not None:
            trace.new_leaf(self, data)

    # --- what it holds ----------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The plain number or array. That of a leaf may be changed in place; that of a result is read-only.

        A leaf may be given other data. If its shape is another one, the gradient, which does not fit it, is forgotten.
        """
        if (trace := trace_for(self)) is not None:
            return trace.read_data(self)
        if type(self._data) is not np.ndarray:
            return self._data
        if self._primitive is not None or not self._carries:
            return read_only(self._data)
        if self._recorded:  # the graph keeps the buffer it saw
            self._data, self._recorded = copied(self._data), False
        return self._data

    @data.setter
    def data(self, new: Any) -> None:
        if self._primitive is not None:
            raise InPlaceError("only a leaf can be given new .data; the result of an operation is immutable")
        if (trace := current_mode().trace) is not None:
            trace.write_data(self, new)
        elif new is not self._data:  # `v.data -= x` hands the same buffer back
            self._data, self._recorded = leaf_data(new._read() if isinstance(new, Value) else new), False
            if getattr(self._grad, "shape", ()) != self.shape:  # it was that of other data
                self._grad = None

    @property
    def grad(self) -> Any:
        """The gradient, in the shape and dtype of the data; zeros before any backward pass."""
        if (trace := trace_for(self, gradient=True)) is not None:
            return trace.read_grad(self)
        if self._grad is None:
            return 0.0 if type(self._data) is float else np.zeros_like(self._data)
        return read_only(self._grad) if self._primitive is not None else self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        if (trace := current_mode().trace) is not None:
            trace.write_grad(self, new)
        elif new is None or (isinstance(new, (int, float)) and new == 0):
            self._grad = None
        elif new is not self._grad:
            self._grad = as_gradient(new, self)

    @property
    def label(self) -> str | None:
        """The name shown in pictures."""
        return self._label

    @label.setter
    def label(self, label: str | None) -> None:
        self._label = label

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes; () for a scalar."""
        return () if type(self._data) is float else self._data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return 0 if type(self._data) is float else self._data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return 1 if type(self._data) is float else self._data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        return FLOAT64 if type(self._data) is float else self._data.dtype

    @property
    def _operands(self) -> tuple[Value | None, ...]:
        """The operands; None where one was a constant."""
        count = self._count
        return (self._x, self._y) if count == 2 else (self._x,) if count == 1 else self._x if count else ()

    @property
    def _inputs(self) -> tuple[Any, ...]:
        """The plain data of every operand, as the operation saw it."""
        count = self._count
        return (self._a, self._b) if count == 2 else (self._a,) if count == 1 else self._a if count else ()

    def part(self, number: int) -> Value:
        """One of the results of an operation that has several."""
        return apply(indexing.part, (self,), {"number": number})

    # --- gradients --------------------------------------------------------------------------------------------------

    def backward(self, gradient: Any = None, retain_graph: bool = True) -> None:
        """Add d self/d leaf to the `.grad` of every leaf, and set that of every value between.

        gradient: the gradient of whatever comes after self, in the shape of self; 1 for a scalar if None
        retain_graph: keep the graph, to draw it or to call backward again; False frees it on the way
        raises: ShapeError if self is not a scalar and no gradient is given; GraphError if self carries no gradient
        """
        mode = current_mode()
        if mode.differentiating:
            raise GraphError(
                "backward() was called inside a function that is being differentiated; return the value and let the "
                "transform do it, or use ad.grad(...) inside"
            )
        if not self._carries:
            raise GraphError(
                "backward() on a Value that carries no gradient: it was computed under ad.no_grad() or cut by "
                "ad.stop_gradient, is a comparison or the like, or nothing it was computed from is a Value. Compute it "
                "from Values, outside of no_grad"
            )
        seed = first_gradient(gradient, self)
        nodes = ancestors([self])
        leaves = [node for node in nodes if node._primitive is None]
        traced, debug, free = mode.trace is not None, mode.debug, not retain_graph
        if debug is not None:  # who is to blame is seen from the whole graph: it is freed afterwards
            debug.check_values([self], "the value given to backward()")
            free = False
        gradients = pull_back({self: seed}, nodes, leaves, recorded=traced, masked=traced, free=free)
        if debug is not None:
            debug.check_gradients({self: seed}, nodes, leaves, gradients)
            if not retain_graph:
                release_all(nodes)
        if traced:
            mode.trace.add_gradients(gradients)
            return
        refuse_misfits(gradients, leaves)
        for node in [*gradients]:
            g = gradients.pop(node)
            if node._primitive is not None:
                node._grad = g if retain_graph else None
            elif node._grad is not None:
                node._grad = node._grad + g
            else:  # a leaf's gradient is its own buffer: the caller may change it in place
                node._grad = unshared(g)

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` reads as zeros again."""
        self.grad = None

    # --- indexing ---------------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Value:
        skeleton, arrays = indexing.split_index(index)
        return apply(indexing.getitem, (self, *arrays), {"index": skeleton})

    def __setitem__(self, index: Any, x: Any) -> None:
        raise InPlaceError("v[index] = x would change recorded data; v = v.at[index].set(x) makes a new Value")

    def __delitem__(self, index: Any) -> None:
        raise InPlaceError("del v[index] would change recorded data; index what you want to keep")

    # --- NumPy's two protocols --------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        handler = DISPATCH.get(ufunc)
        if handler is None:
            handler = loaded_for(ufunc)
        if method == "__call__" and not keywords and handler is not None:
            if type(handler) is not Primitive:
                return handler(*inputs)
            return SHORT_WAYS[len(inputs)](handler, *inputs)
        if method == "__call__" and ufunc.signature and keywords.keys() <= WHERE and type(handler) is FunctionType:
            return handler(*inputs, **keywords)  # vecdot, matvec, vecmat: along which axes
        raise refusal(ufunc, method, keywords)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        handler = DISPATCH.get(function)
        if handler is None:
            raise refusal(function)
        return handler(*args, **keywords)

    @staticmethod
    def _record(primitive: Primitive, operands: tuple[Any, ...], keywords: Any) -> Value:
        if keywords or len(operands) > 2:
            return apply(primitive, operands, keywords or NO_KEYWORDS)
        return SHORT_WAYS[len(operands)](primitive, *operands)  # type: ignore[no-any-return]


FLOAT64 = np.dtype(np.float64)
WHERE = {"axis", "axes", "keepdims"}


make_nodes_of(Value)
