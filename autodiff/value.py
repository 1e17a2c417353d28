"""Value: data, and where it came from.

An operation on Values looks its rule up in the table, computes, and makes a node that remembers its operands. NumPy's
functions come in through the two protocols at the end; whatever has no rule is refused there by name.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autodiff.errors import (
    DtypeError,
    GradientLostError,
    GraphError,
    InPlaceError,
    ShapeError,
    UnsupportedError,
)
from autodiff.fitting import is_plain
from autodiff.graph import RELEASED, ancestors
from autodiff.methods import ArrayMethods
from autodiff.modes import current_mode
from autodiff.primitives import arithmetic, contractions, indexing, nondifferentiable
from autodiff.primitives.kinds import DISPATCH, Primitive
from autodiff.recording import NO_KEYWORDS, compute, constant, leaf_data, plain_scalar, serials, translated
from autodiff.reverse import pull_back

Operand: TypeAlias = "Value | complex | NDArray[Any] | np.generic | Sequence[Any]"


class Value(ArrayMethods):
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

    __slots__ = (
        "__weakref__",
        "_carries",
        "_data",
        "_grad",
        "_inputs",
        "_keywords",
        "_label",
        "_operands",
        "_primitive",
        "_recorded",
        "_serial",
    )

    _data: Any  # the number or array; never changed once recorded
    _grad: Any  # None: not run
    _primitive: Primitive | None  # what computed it; None for a leaf
    _operands: tuple[Value | None, ...]  # None where the operand was a constant
    _inputs: tuple[Any, ...]  # the plain data of every operand, as the operation saw it
    _keywords: Any
    _serial: int
    _carries: bool  # whether gradients flow through
    _recorded: bool  # whether an operation has seen this buffer

    def __init__(self, data: Any, label: str | None = None) -> None:
        if label is not None and not isinstance(label, str):
            raise DtypeError(f"label is a text or None; it was given {type(label).__name__} {label!r}")
        source = data if isinstance(data, Value) else None
        _fill(self, leaf_data(data if source is None else source._data))
        self._carries, self._label = True, label
        if (trace := current_mode().trace) is not None:
            trace.new_leaf(self, data)

    # --- what it holds ----------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The plain number or array. That of a leaf may be changed in place; that of a result is read-only."""
        if (trace := current_mode().trace) is not None:
            return trace.read_data(self)
        if type(self._data) is not np.ndarray:
            return self._data
        if self._primitive is not None or not self._carries:
            return _read_only(self._data)
        if self._recorded:  # the graph keeps the buffer it saw
            self._data, self._recorded = self._data.copy(), False
        return self._data

    @data.setter
    def data(self, new: Any) -> None:
        if self._primitive is not None:
            raise InPlaceError("only a leaf can be given new .data; the result of an operation is immutable")
        if (trace := current_mode().trace) is not None:
            trace.write_data(self, new)
        elif new is not self._data:  # `v.data -= x` hands the same buffer back
            self._data, self._recorded = leaf_data(new._read() if isinstance(new, Value) else new), False

    @property
    def grad(self) -> Any:
        """The gradient, in the shape and dtype of the data; zeros before any backward pass."""
        if (trace := current_mode().trace) is not None:
            return trace.read_grad(self)
        if self._grad is None:
            return 0.0 if type(self._data) is float else np.zeros_like(self._data)
        return _read_only(self._grad) if self._primitive is not None else self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        if (trace := current_mode().trace) is not None:
            trace.write_grad(self, new)
        elif new is None or (isinstance(new, (int, float)) and new == 0):
            self._grad = None
        elif new is not self._grad:
            self._grad = self._as_gradient(new)

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
    def _prev(self) -> tuple[Value, ...]:
        """The operands, as micrograd calls them; constants as Values without a gradient."""
        return tuple(
            constant_value(plain_scalar(raw)) if node is None else node
            for node, raw in zip(self._operands, self._inputs)
        )

    @property
    def _op(self) -> str:
        """The operation's symbol or name, as micrograd calls it; empty for a leaf."""
        return "" if self._primitive is None else SYMBOLS.get(self._primitive.name, self._primitive.name)

    def item(self) -> Any:
        """The number, as a Python number; the gradient stops here."""
        if (trace := current_mode().trace) is not None:
            trace.refuse_reading(self, "v.item()")
        return self._data if type(self._data) is float else self._data.item()

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
            raise GraphError("backward() on a Value that carries no gradient: nothing it was computed from is a Value")
        seed = self._seed(gradient)
        nodes = ancestors([self])
        leaves = [node for node in nodes if node._primitive is None]
        traced = mode.trace is not None
        gradients = pull_back({self: seed}, nodes, leaves, recorded=traced, masked=traced, free=not retain_graph)
        if traced:
            mode.trace.add_gradients(gradients)
            return
        seen: set[int] = set()  # buffers that an earlier node holds: a rule may hand its gradient on as it is
        for node, g in gradients.items():
            if node._primitive is not None:
                node._grad = g if retain_graph else None
                seen.add(id(g))
            elif node._grad is not None:
                node._grad = node._grad + g
            else:  # a leaf's gradient is its own buffer: the caller may change it in place
                node._grad = g.copy() if type(g) is np.ndarray and (g.base is not None or id(g) in seen) else g

    def _seed(self, gradient: Any) -> Any:
        if gradient is None:
            if self.size != 1:
                raise ShapeError(
                    f"backward() needs a scalar, this Value has shape {self.shape}; reduce it, as in v.sum().backward(), "
                    "or pass backward(gradient=...) in its shape"
                )
            if self.dtype.kind == "c":
                raise DtypeError(
                    "backward() needs a real scalar, this Value is complex; take np.real, np.abs, or pass gradient="
                )
            return 1.0 if type(self._data) is float else np.ones_like(self._data)
        return gradient if isinstance(gradient, Value) and current_mode().trace else self._as_gradient(gradient)

    def _as_gradient(self, given: Any) -> Any:
        """A gradient from outside, checked and copied: the shape and dtype of the data."""
        given = given._read() if isinstance(given, Value) else given
        if np.shape(given) != self.shape:
            raise ShapeError(
                f"a gradient must have the shape of its Value, {self.shape}; it was given {np.shape(given)}"
            )
        if not is_plain(self._data):
            return given
        array = np.array(given)
        if array.dtype.kind not in "fcbiu" or (array.dtype.kind == "c" and self.dtype.kind != "c"):
            raise DtypeError(
                f"a gradient of a {self.dtype} Value must be numbers it can hold; it was given {array.dtype}"
            )
        return plain_scalar(array.astype(self.dtype))

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` reads as zeros again."""
        self.grad = None

    # --- reading it as a plain number -------------------------------------------------------------------------------

    def _read(self, what: str = "reading it as a plain number") -> Any:
        mode = current_mode()
        if mode.trace is not None:
            mode.trace.refuse_reading(self, what)
        if self._carries and mode.recording:
            raise GradientLostError(
                f"{what} would lose the gradient of a Value of shape {self.shape}. v.item() reads a number, v.data an "
                "array, np.stack joins Values, ad.stop_gradient(v) cuts; NumPy's functions (np.exp, not math.exp) record"
            )
        return self._data

    def __float__(self) -> float:
        return float(self._read("float(v)"))

    def __int__(self) -> int:
        return int(self._read("int(v)"))

    def __complex__(self) -> complex:
        return complex(self._read("complex(v)"))

    def __bool__(self) -> bool:
        return bool(self._read("bool(v), as in `if v:`,"))

    def __index__(self) -> int:
        return operator.index(self._read("using it as an index"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._read("np.asarray(v)"), dtype=dtype)

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    def __repr__(self) -> str:
        grad = 0.0 if self._grad is None and self.ndim == 0 else self._grad
        return f"Value(data={_shown(self._data)}, grad={'not run' if grad is None else _shown(grad)})"

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a scalar Value: it has no axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Value]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Value:
        skeleton, arrays = indexing.split_index(index)
        return apply(indexing.getitem, (self, *arrays), {"index": skeleton})

    def __setitem__(self, index: Any, x: Any) -> None:
        raise InPlaceError("v[index] = x would change recorded data; v = v.at[index].set(x) makes a new Value")

    def __delitem__(self, index: Any) -> None:
        raise InPlaceError("del v[index] would change recorded data; index what you want to keep")

    def __contains__(self, x: Any) -> bool:
        return bool((self == x).any())

    def __getstate__(self) -> Any:
        if self._primitive is not None:
            raise GraphError(
                "only a leaf can be pickled or copied: this Value is the result of an operation and belongs to its graph. "
                "Copy v.data, or ad.stop_gradient(v)"
            )
        return {name: getattr(self, name) for name in ("_data", "_grad", "_carries", "_label")}

    def __setstate__(self, state: Any) -> None:
        _fill(self, state["_data"])
        self._grad, self._carries, self._label = state["_grad"], state["_carries"], state["_label"]

    def __copy__(self) -> Value:
        return _copied(self)

    def __deepcopy__(self, memo: Any) -> Value:
        return _copied(self)

    # --- operators: the hot path ------------------------------------------------------------------------------------

    def __add__(self, other: Operand) -> Value:
        return _binary(arithmetic.add, self, other)

    def __radd__(self, other: Operand) -> Value:
        return _binary(arithmetic.add, other, self)

    def __sub__(self, other: Operand) -> Value:
        return _binary(arithmetic.subtract, self, other)

    def __rsub__(self, other: Operand) -> Value:
        return _binary(arithmetic.subtract, other, self)

    def __mul__(self, other: Operand) -> Value:
        return _binary(arithmetic.multiply, self, other)

    def __rmul__(self, other: Operand) -> Value:
        return _binary(arithmetic.multiply, other, self)

    def __truediv__(self, other: Operand) -> Value:
        return _binary(arithmetic.divide, self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return _binary(arithmetic.divide, other, self)

    def __pow__(self, other: Operand) -> Value:
        return _binary(arithmetic.power, self, other)

    def __rpow__(self, other: Operand) -> Value:
        return _binary(arithmetic.power, other, self)

    def __mod__(self, other: Operand) -> Value:
        return _binary(arithmetic.remainder, self, other)

    def __rmod__(self, other: Operand) -> Value:
        return _binary(arithmetic.remainder, other, self)

    def __floordiv__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.floor_divide, self, other)

    def __rfloordiv__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.floor_divide, other, self)

    def __divmod__(self, other: Operand) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: Operand) -> tuple[Value, Value]:
        return other // self, other % self

    def __matmul__(self, other: Operand) -> Value:
        return _binary(contractions.matmul, self, other)

    def __rmatmul__(self, other: Operand) -> Value:
        return _binary(contractions.matmul, other, self)

    def __neg__(self) -> Value:
        return _unary(arithmetic.negative, self)

    def __pos__(self) -> Value:
        return _unary(arithmetic.positive, self)

    def __abs__(self) -> Value:
        return _unary(arithmetic.absolute, self)

    def __lt__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.less, self, other)

    def __le__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.less_equal, self, other)

    def __gt__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.greater, self, other)

    def __ge__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.greater_equal, self, other)

    def __eq__(self, other: object) -> Any:
        if other is None or isinstance(other, str):
            return NotImplemented
        return _binary(nondifferentiable.equal, self, other)

    def __ne__(self, other: object) -> Any:
        if other is None or isinstance(other, str):
            return NotImplemented
        return _binary(nondifferentiable.not_equal, self, other)

    def __and__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.bitwise_and, self, other)

    def __rand__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.bitwise_and, other, self)

    def __or__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.bitwise_or, self, other)

    def __ror__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.bitwise_or, other, self)

    def __xor__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.bitwise_xor, self, other)

    def __rxor__(self, other: Operand) -> Value:
        return _binary(nondifferentiable.bitwise_xor, other, self)

    def __invert__(self) -> Value:
        return apply(nondifferentiable.invert, (self,))

    __hash__ = object.__hash__

    # --- NumPy's two protocols --------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        handler = DISPATCH.get(ufunc)
        if method == "__call__" and not keywords and handler is not None:
            if type(handler) is not Primitive:
                return handler(*inputs)
            return _SHORT_WAYS[len(inputs)](handler, *inputs)
        name = ufunc.__name__
        if "out" in keywords:
            raise InPlaceError(
                f"np.{name} was asked to write into an array (out=, or an in-place operator such as `buffer += v`), where "
                f"the gradient would be lost; write buffer = np.{name}(buffer, v)"
            )
        if method != "__call__":
            raise UnsupportedError(
                f"np.{name}.{method} is not supported on Values; {_INSTEAD.get(method, 'use np.' + name)}"
            )
        if keywords:
            raise UnsupportedError(
                f"np.{name}(..., {', '.join(f'{k}={v!r}' for k, v in keywords.items())}) is not supported on Values; leave "
                "the keyword out: np.where(mask, ...) chooses, v.astype(...) changes the dtype"
            )
        raise UnsupportedError(_no_rule(f"np.{name}"))

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        handler = DISPATCH.get(function)
        if handler is None:
            raise UnsupportedError(_no_rule(f"{function.__module__.replace('numpy', 'np')}.{function.__name__}"))
        return handler(*args, **keywords)

    @staticmethod
    def _record(primitive: Primitive, operands: tuple[Any, ...], keywords: Any) -> Value:
        return apply(primitive, operands, keywords)


new = object.__new__
FLOAT_OR_INT = frozenset({float, int})
ndarray = np.ndarray
FLOAT64 = np.dtype(np.float64)
SYMBOLS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "matmul": "@",
    "negative": "neg",
    "relu": "ReLU",
    "remainder": "%",
}
_INSTEAD = {
    "reduce": "use the function with an axis, np.sum, np.prod, np.max or np.min",
    "at": "use v.at[index].add(x)",
}


def _no_rule(name: str) -> str:
    return (
        f"{name} has no derivative in autodiff's table. Write it with functions that have one, register it "
        "(autodiff.primitive), or, if no gradient is needed, call it on v.data"
    )


def _fill(node: Value, data: Any) -> None:
    """Every slot of a new node that is nobody's result."""
    node._data, node._grad, node._primitive, node._keywords = data, None, None, NO_KEYWORDS
    node._operands = node._inputs = ()
    node._serial, node._carries, node._recorded, node._label = serials(), False, False, None


def constant_value(data: Any) -> Value:
    """A Value without a gradient and without a history, around data that nobody changes."""
    node: Value = Value.__new__(Value)
    _fill(node, data)
    return node


def variable(data: Any) -> Value:
    """A leaf around a caller's buffer, not copied: reading its .data gives a copy."""
    node = constant_value(data)
    node._carries = node._recorded = True
    return node


def apply(primitive: Primitive, operands: Sequence[Any], keywords: Any = NO_KEYWORDS) -> Value:
    """Compute an operation and record it if a gradient flows through any operand."""
    parents: list[Value | None] = []
    inputs: list[Any] = []
    carries = False
    for x in operands:
        if type(x) is Value:
            parents.append(x)
            inputs.append(x._data)
            x._recorded = True
            if x._carries:
                carries = True
        else:
            parents.append(None)
            inputs.append(constant(x, primitive.name))
    try:
        data = compute(primitive, inputs, keywords)
    except (ValueError, TypeError, IndexError) as error:
        raise translated(error, primitive, inputs, keywords) from None
    return _node(data, primitive, tuple(parents), tuple(inputs), keywords, carries)


def _unary(primitive: Primitive, x: Any) -> Value:
    """`apply` for one operand: a short way for a float, and for an array."""
    if type(x) is not Value:
        return apply(primitive, (x,))
    a = x._data
    try:
        data = primitive.scalar(a) if type(a) is float and primitive.scalar is not None else primitive.forward(a)
    except (ArithmeticError, ValueError, TypeError):
        return apply(primitive, (x,))  # which knows what NumPy answers, or what to say
    if type(data) is not type(a):
        return apply(primitive, (x,))
    x._recorded = True
    return _node(data, primitive, (x,), (a,), NO_KEYWORDS, x._carries)


def _binary(primitive: Primitive, x: Any, y: Any) -> Value:
    """`apply` for two operands: a short way for floats, and for arrays."""
    left = right = None
    carries = False
    a, b = x, y
    if type(x) is Value:
        left, a, carries = x, x._data, x._carries
        x._recorded = True
    elif not _is_simple(x):
        return apply(primitive, (x, y))
    if type(y) is Value:
        right, b, carries = y, y._data, carries or y._carries
        y._recorded = True
    elif not _is_simple(y):
        return apply(primitive, (x, y))
    try:
        if type(a) is ndarray or type(b) is ndarray:
            data = primitive.forward(a, b)
            if type(data) is not ndarray:
                data = plain_scalar(data)
        elif primitive.scalar is not None and type(a) in FLOAT_OR_INT and type(b) in FLOAT_OR_INT:
            data = primitive.scalar(a, b)
            if type(data) is not float:
                return apply(primitive, (x, y))
        else:
            return apply(primitive, (x, y))
    except (ArithmeticError, ValueError, TypeError):
        return apply(primitive, (x, y))  # which knows what NumPy answers, or what to say
    return _node(data, primitive, (left, right), (a, b), NO_KEYWORDS, carries)


def _is_simple(x: Any) -> bool:
    """Whether a constant needs no further look: a float, a small integer, an array of numbers."""
    kind = type(x)
    return kind is float or (kind is ndarray and x.dtype.kind in "fc") or (kind is int and -(2**53) < x < 2**53)


def _node(
    data: Any,
    primitive: Primitive,
    parents: tuple[Value | None, ...],
    inputs: tuple[Any, ...],
    keywords: Any,
    carries: bool,
) -> Value:
    """The result of an operation, with its history if a gradient flows through it, or if the compiler is tracing."""
    node: Value = new(Value)
    node._data = data
    node._serial = serials()
    node._grad = node._label = None
    node._recorded = False
    mode = current_mode()
    node._carries = carries = carries and mode.recording and primitive.differentiable
    if carries or mode.trace is not None:
        node._primitive = primitive
        node._operands = parents
        node._inputs = inputs
        node._keywords = keywords
        if mode.trace is not None:
            mode.trace.record(node)
    else:
        node._primitive = None
        node._operands = node._inputs = ()
        node._keywords = NO_KEYWORDS
    return node


_SHORT_WAYS: dict[int, Any] = {1: _unary, 2: _binary, 3: lambda primitive, *operands: apply(primitive, operands)}


def _read_only(data: Any) -> Any:
    if type(data) is not np.ndarray:
        return data
    view = data.view()
    view.flags.writeable = False
    return view


def _copied(leaf: Value) -> Value:
    state = leaf.__getstate__()
    copy: Value = Value.__new__(Value)
    for name in ("_data", "_grad"):
        state[name] = state[name].copy() if type(state[name]) is np.ndarray else state[name]
    copy.__setstate__(state)
    return copy


def _shown(data: Any) -> str:
    return repr(data.item()) if isinstance(data, np.generic) else repr(data)


def is_released(node: Value) -> bool:
    """Whether the graph behind a node was freed."""
    return node._operands is RELEASED
