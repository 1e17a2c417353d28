"""Reading and writing through an index. `getitem` and `put` are a pair: each is the other's adjoint.

An index is taken apart into a skeleton (slices, integers, None, Ellipsis: static) and the arrays in it, which are
constant operands: so an index computed while tracing stays part of the record.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.errors import AutodiffError, DtypeError, ShapeError, UnsupportedError
from autodiff.primitives.kinds import Primitive, linear

Skeleton = tuple[Any, ...]


class _Place:
    """Where an array stands in a skeleton."""

    def __repr__(self) -> str:
        return "[…]"

    def __reduce__(self) -> str:
        return "ARRAY"


ARRAY = _Place()


def split_index(index: Any) -> tuple[Skeleton, tuple[Any, ...]]:
    """(skeleton, arrays) of an index as Python hands it over. Slices are kept as hashable triples."""
    skeleton: list[Any] = []
    arrays: list[Any] = []
    for part in index if isinstance(index, tuple) else (index,):
        if part is None or part is Ellipsis or type(part) is int:
            skeleton.append(part)
        elif isinstance(part, slice):
            skeleton.append(("slice", _bound(part.start), _bound(part.stop), _bound(part.step)))
        elif isinstance(part, (int, np.integer)) and not isinstance(part, bool):
            skeleton.append(int(part))
        else:
            skeleton.append(ARRAY)
            arrays.append(_index_array(part))
    return tuple(skeleton), tuple(arrays)


def _bound(bound: Any) -> int | None:
    if bound is None:
        return None
    try:
        return operator.index(bound)
    except TypeError as error:
        if isinstance(error, AutodiffError):
            raise
        raise DtypeError(f"a slice is bounded by integers, was given {bound!r:.60}") from None


def _index_array(part: Any) -> Any:
    if not hasattr(part, "dtype"):
        part = np.asarray(part)
        if part.size == 0:
            part = part.astype(int)
    if part.dtype.kind not in "biu":
        raise DtypeError(
            f"an index must hold integers or booleans, was given dtype {part.dtype}; convert it: index.astype(int)"
        )
    return part


def join_index(skeleton: Skeleton, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index that `split_index` took apart."""
    remaining = iter(arrays)
    return tuple(
        next(remaining) if part is ARRAY else slice(*part[1:]) if type(part) is tuple else part for part in skeleton
    )


def _getitem(x: Any, *arrays: Any, index: Skeleton) -> Any:
    return (np.asarray(x) if type(x) is float else x)[join_index(index, arrays)]


def _put(x: Any, *arrays: Any, index: Skeleton, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with x added at the index: positions that occur twice receive both."""
    if not isinstance(x, (np.ndarray, np.generic, float)):
        raise UnsupportedError(
            f"the gradient of indexing is not available for {type(x).__name__} data; reshape and transpose are"
        )
    out = np.zeros(shape, dtype=np.result_type(x))
    place = join_index(index, arrays)
    if arrays and not all(array.dtype.kind == "b" for array in arrays):
        np.add.at(out, place, x)
    else:  # slices and masks never meet an element twice
        out[place] = x
    return out


getitem = linear(
    _getitem, [lambda g, xs, x_like, index: put_at(g, *xs[1:], index=index, shape=np.shape(x_like))], name="getitem"
)
put_at: Primitive = linear(_put, [lambda g, xs, index: getitem(g, *xs[1:], index=index)], broadcasts=True, name="put")


def put(x: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape with x added at an index: the adjoint of reading x[index]. Repeated positions add up.

    x: the shape that the index has in `shape`, or one that broadcasts to it · index: as in `v[index]`
    returns: `shape`, in the dtype of x

    >>> put(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 2]), (4,)).tolist()
    [1.0, 0.0, 5.0, 0.0]
    """
    skeleton, arrays = split_index(index)
    return put_at(x, *arrays, index=skeleton, shape=shape)


def picked(x: Any, positions: Any) -> Any:
    """x[positions], also where x is a plain array and the positions are what an operation answered."""
    skeleton, arrays = split_index(positions)
    return getitem(x, *arrays, index=skeleton)


def _replace(x: Any, values: Any, *arrays: Any, index: Skeleton) -> Any:
    """A copy of x with the elements at the index replaced."""
    out = np.array(x)
    out[join_index(index, arrays)] = values
    return out


def _kept(g: Any, xs: Any, index: Skeleton) -> Any:
    """g where x was kept, 0 where it was replaced."""
    return replace(g, 0.0, *xs[2:], index=index)


def _written(g: Any, xs: Any, x_like: Any, y_like: Any, index: Skeleton) -> Any:
    """g at the index; of writes to the same element only the last one survived, so only that one receives it."""
    received = getitem(g, *xs[2:], index=index)
    if len(xs) > 2:
        order = np.arange(1, received.size + 1).reshape(received.shape)
        last = replace(np.zeros(np.shape(x_like), dtype=int), order, *xs[2:], index=index)
        received = np.where(getitem(last, *xs[2:], index=index) == order, received, 0)
    lead = max(np.ndim(y_like) - np.ndim(received), 0)  # axes of length 1, which assignment drops
    return np.reshape(received, (1,) * lead + received.shape) if lead else received


replace = linear(_replace, [_kept, _written], broadcasts=True, name="replace")

part = linear(
    lambda x, *, number: x[number],
    [lambda g, x_like, number: tuple(g if j == number else None for j in range(len(x_like)))],
    name="part",
)
"""One result of an operation that has several."""


def _refuse_loss(value: Any, x: Any, verb: str) -> None:
    """Raise where the dtype of a Value cannot hold x: decimals or imaginary parts would be lost, and gradients."""
    dtype = getattr(x, "dtype", None) or np.asarray(x).dtype
    for kinds, lost, instead in (("c", "imaginary parts", "complex"), ("fc", "decimals", "float")):
        if dtype.kind in kinds and value.dtype.kind not in kinds:
            raise DtypeError(
                f"v.at[index].{verb}(x) was given {dtype} numbers for a Value of dtype {value.dtype}, and would lose "
                f"their {lost}; write v.astype({instead}) first"
            )


class At:
    """`v.at[index]`: what item assignment would write, as a new Value.

    >>> from autodiff import Value
    >>> v = Value([1.0, 2.0, 3.0])
    >>> v.at[0].set(9.0).data.tolist(), v.at[[0, 0]].add(1.0).data.tolist()
    ([9.0, 2.0, 3.0], [3.0, 2.0, 3.0])
    """

    def __init__(self, value: Any, index: Any = ()) -> None:
        self._value, self._index = value, index

    def __getitem__(self, index: Any) -> At:
        return At(self._value, index)

    def set(self, x: Any) -> Any:
        """The Value with the elements at the index replaced by x; of repeated positions the last one wins."""
        skeleton, arrays = split_index(self._index)
        _refuse_loss(self._value, x, "set")
        return replace(self._value, x, *arrays, index=skeleton)

    def add(self, x: Any) -> Any:
        """The Value with x added at the index; repeated positions receive every addition."""
        skeleton, arrays = split_index(self._index)
        _refuse_loss(self._value, x, "add")
        chosen = getitem(self._value, *arrays, index=skeleton)
        try:
            spread = np.broadcast_to(x, chosen.shape)
        except ValueError:
            message = f"v.at[index].add(x): x has shape {np.shape(x)}, the place has shape {chosen.shape}"
            raise ShapeError(message) from None
        return self._value + put_at(spread, *arrays, index=skeleton, shape=self._value.shape).astype(self._value.dtype)
