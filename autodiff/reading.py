"""Reading a Value as something else: a number, a text, an iterator, a copy. Loud where a gradient would be lost."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autodiff.errors import DtypeError, GradientLostError, GraphError
from autodiff.modes import current_mode, trace_for
from autodiff.operands import copied, plain_scalar
from autodiff.recording import OWN, constant_value, fill, new

if TYPE_CHECKING:
    from autodiff.value import Value

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


class Reading:
    """Conversions, printing, iteration, copies, and the names micrograd uses."""

    __slots__ = ()

    def item(self: Any) -> Any:
        """The number, as a Python number; the gradient stops here."""
        if (trace := trace_for(self)) is not None:
            trace.refuse_reading(self, "v.item()")
        return self._data if type(self._data) is float else self._data.item()

    @property
    def _prev(self: Any) -> tuple[Value, ...]:
        """The operands, as micrograd calls them; constants as Values without a gradient."""
        return tuple(
            constant_value(plain_scalar(raw)) if node is None else node
            for node, raw in zip(self._operands, self._inputs)
        )

    @property
    def _op(self: Any) -> str:
        """The operation's symbol or name, as micrograd calls it; empty for a leaf."""
        return "" if self._primitive is None else SYMBOLS.get(self._primitive.name, self._primitive.name)

    def _read(self: Any, what: str = "reading it as a plain number") -> Any:
        if (trace := trace_for(self)) is not None:
            trace.refuse_reading(self, what)
        if self._carries and current_mode().recording:
            raise GradientLostError(
                f"{what} would lose the gradient of a Value of shape {self.shape}. v.item() reads a number, v.data an "
                "array, np.stack joins Values, ad.stop_gradient(v) cuts; np.exp records, math.exp does not"
            )
        return self._data

    @property
    def _mask(self) -> Any:
        raise DtypeError(  # np.ma reads `_data` and `_mask` of whatever it is given: it must not get past us
            "a masked array and a Value do not mix: the gradient would be lost; use np.where(mask, ...) on plain arrays"
        )

    def __float__(self: Any) -> float:
        return float(self._read("float(v)"))

    def __int__(self: Any) -> int:
        return int(self._read("int(v)"))

    def __complex__(self: Any) -> complex:
        return complex(self._read("complex(v)"))

    def __bool__(self: Any) -> bool:
        return bool(self._read("bool(v), as in `if v:`,"))

    def __index__(self: Any) -> int:
        return operator.index(self._read("using it as an index"))

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        what = "reading it as a plain array (np.asarray(v), a list with Values in it, an index, a plot)"
        if "scipy" in sys.modules:
            what = what[:-1] + ", a function of SciPy's, which autodiff.scipy has under the same name, A @ v with a "
            what += "sparse A, which is autodiff.scipy.sparse.matmul(A, v))"
        return np.array(self._read(what), dtype=dtype)

    def __format__(self: Any, spec: str) -> str:
        if not spec:
            return str(self)
        if (trace := trace_for(self)) is not None:
            trace.refuse_reading(self, f"formatting a Value with {spec!r}")
        if self.ndim:
            raise DtypeError(
                f"the format {spec!r} is that of one number, and this Value holds an array of shape {self.shape}; "
                "format an element, as in f'{v[0]:.3f}', or use np.array2string(v.data, precision=3)"
            )
        return format(self._data, spec)

    def __repr__(self: Any) -> str:
        if trace_for(self) is not None:  # a number in a text would be today's
            return f"Value(traced, shape={self.shape}, dtype={self.dtype})"
        if type(self._data) is tuple:
            return f"Value({len(self._data)} results of {self._op}: {', '.join(map(_shown, self._data))})"
        grad = 0.0 if self._grad is None and self.ndim == 0 else self._grad
        return f"Value(data={_shown(self._data)}, grad={'not run' if grad is None else _shown(grad)})"

    def __len__(self: Any) -> int:
        if type(self._data) is tuple:
            return len(self._data)
        if self.ndim == 0:
            raise TypeError("len() of a scalar Value: it has no axes")
        return int(self.shape[0])

    def __iter__(self: Any) -> Iterator[Value]:
        if type(self._data) is tuple:  # an operation with several results: `w, v = operation(x)`, as for arrays
            return (self.part(i) for i in range(len(self._data)))
        if self.ndim == 0:
            raise TypeError(
                "a scalar Value has no elements to go through (list(v), for x in v, a, b = v); v.item() is its number"
            )
        return (self[i] for i in range(len(self)))

    def __contains__(self: Any, x: Any) -> bool:
        return bool((self == x).any())

    def __getstate__(self: Any) -> Any:
        if (trace := current_mode().trace) is not None:
            trace.refuse_reading(self, "copying a Value (Value(v) makes a new one of it)")
        if self._primitive is not None:
            raise GraphError(
                "only a leaf can be pickled or copied: this Value is an operation's result and belongs to its graph. "
                "Copy v.data, or ad.stop_gradient(v)"
            )
        if self._keywords is OWN:
            raise GraphError(
                "a copy of an argument that is being differentiated would be a variable of its own, and its gradient "
                "lost; use the argument itself, v.copy(), or ad.stop_gradient(v)"
            )
        return {name: getattr(self, name) for name in ("_data", "_grad", "_carries", "_label")}

    def __setstate__(self: Any, state: Any) -> None:
        fill(self, state["_data"])
        self._grad, self._carries, self._label = state["_grad"], state["_carries"], state["_label"]

    def __copy__(self: Any) -> Value:
        return _copied(self)

    def __deepcopy__(self: Any, memo: Any) -> Value:
        return _copied(self)


def _copied(leaf: Value) -> Value:
    state = leaf.__getstate__()
    copy: Value = new(type(leaf))
    for name in ("_data", "_grad"):
        state[name] = copied(state[name])
    copy.__setstate__(state)
    return copy


def _shown(data: Any) -> str:
    return repr(data.item()) if isinstance(data, np.generic) else repr(data)
