"""Bad input: each row a typed error that is also the built-in error a Python user expects, and says what to do.

Nothing is ever silently dropped from the graph: what is not refused here is differentiated, and checked.
"""

# A row is a line, and spells out what a user would write:
# ruff: noqa: C400, E501, FURB192, ICN001, PLC3002, PLW0108, RUF005

from __future__ import annotations

import array
import builtins
import cmath
import datetime
import decimal
import fractions
import functools
import json
import math
import operator
import statistics
import struct
import types
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import (
    ArgumentError,
    AutodiffError,
    DtypeError,
    GradientLostError,
    GraphError,
    IndexRangeError,
    InPlaceError,
    ShapeError,
    UnsupportedError,
)


def foreign(module: str, name: str) -> Any:
    """An array of another library, as far as we can tell without installing it."""
    kind = type(
        name,
        (),
        {"__array__": lambda self, dtype=None, copy=None: np.ones(2), "shape": (2,), "__len__": lambda self: 2},
    )
    kind.__module__ = module
    return kind()


class Described(np.ndarray):
    """A subclass of ndarray that changes nothing."""


def without_recording() -> Value:
    with ad.no_grad():
        return (V * V).sum()


def rebound() -> Value:
    """The result of a leaf that has data of another shape by now."""
    p = Value([1.0, 2.0, 3.0])
    total = p.sum()
    p.data = np.zeros(7)
    return total


V = Value(np.array([1.0, 2.0, 3.0]))
S = Value(2.0)
M = Value(np.arange(6.0).reshape(2, 3))
MASKED = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
MATRIX = np.ones((2, 3)).view(np.matrix)
OBJECTS = np.array([1.0, None, "a"], dtype=object)
DATES = np.array(["2020-01-01"], dtype="datetime64[D]")
RECORDS = np.zeros(2, dtype=[("a", float)])

# name: (what is done, our error, the built-in error it is, what the message says)
ROWS: dict[str, tuple[Any, type[AutodiffError], type[Exception], str]] = {
    # --- making a Value
    "string": (lambda: Value("1.0"), DtypeError, TypeError, r"Value\(\.\.\.\) takes numbers.*str '1\.0'"),
    "bytes": (lambda: Value(b"1"), DtypeError, TypeError, r"bytes"),
    "None": (lambda: Value(None), DtypeError, TypeError, r"NoneType"),
    "dict": (lambda: Value({"a": 1}), DtypeError, TypeError, r"dict"),
    "set": (lambda: Value({1.0}), DtypeError, TypeError, r"set"),
    "generator": (lambda: Value(x for x in [1.0]), DtypeError, TypeError, r"generator"),
    "range object of objects": (lambda: Value(object()), DtypeError, TypeError, r"object"),
    "function": (lambda: Value(math.sin), DtypeError, TypeError, r"builtin"),
    "decimal": (lambda: Value(decimal.Decimal("1.5")), DtypeError, TypeError, r"Decimal"),
    "fraction": (lambda: Value(fractions.Fraction(1, 2)), DtypeError, TypeError, r"Fraction"),
    "object array": (lambda: Value(OBJECTS), DtypeError, TypeError, r"dtype object"),
    "string array": (lambda: Value(np.array(["a", "b"])), DtypeError, TypeError, r"dtype <U1"),
    "datetime array": (lambda: Value(DATES), DtypeError, TypeError, r"datetime64"),
    "datetime scalar": (lambda: Value(np.datetime64("2020-01-01")), DtypeError, TypeError, r"datetime64"),
    "datetime": (lambda: Value(datetime.date(2020, 1, 1)), DtypeError, TypeError, r"date"),
    "timedelta array": (lambda: Value(np.array([1], "m8[s]")), DtypeError, TypeError, r"timedelta64"),
    "records": (lambda: Value(RECORDS), DtypeError, TypeError, r"dtype \["),
    "list of strings": (lambda: Value(["a", "b"]), DtypeError, TypeError, r"dtype <U1"),
    "list with None": (lambda: Value([1.0, None]), DtypeError, TypeError, r"dtype object"),
    "ragged list": (lambda: Value([[1.0, 2.0], [3.0]]), DtypeError, TypeError, r"not rectangular"),
    "ragged tuple": (lambda: Value(([1.0], 2.0)), DtypeError, TypeError, r"not rectangular"),
    "list of Values": (lambda: Value([S, S]), GradientLostError, TypeError, r"^Value\(\.\.\.\) was given a list with Values.*np\.stack"),
    "list of array Values": (lambda: Value([V, V]), GradientLostError, TypeError, r"np\.stack"),
    "masked array": (lambda: Value(MASKED), DtypeError, TypeError, r"MaskedArray.*np\.where"),
    "matrix": (lambda: Value(MATRIX), DtypeError, TypeError, r"matrix.*np\.asarray"),
    "torch tensor": (lambda: Value(foreign("torch", "Tensor")), DtypeError, TypeError, r"torch\.Tensor.*\.numpy\(\)"),
    "jax array": (lambda: Value(foreign("jaxlib.xla", "ArrayImpl")), DtypeError, TypeError, r"ArrayImpl.*np\.asarray"),
    "pandas series": (lambda: Value(foreign("pandas.core.series", "Series")), DtypeError, TypeError, r"Series.*to_numpy"),
    "polars series": (lambda: Value(foreign("polars.series", "Series")), DtypeError, TypeError, r"Series.*to_numpy"),
    "tensorflow tensor": (lambda: Value(foreign("tensorflow.python", "EagerTensor")), DtypeError, TypeError, r"EagerTensor"),
    "unknown array": (lambda: Value(foreign("mylib", "Array")), DtypeError, TypeError, r"follow NumPy's\s+protocols.*Array"),
    "label": (lambda: Value(1.0, label=3), DtypeError, TypeError, r"label.*int 3"),
    # --- operands
    "add a string": (lambda: V + "a", DtypeError, TypeError, r"add.*str 'a'"),
    "a string added": (lambda: "a" + V, DtypeError, TypeError, r"add.*str 'a'"),
    "multiply by None": (lambda: V * None, DtypeError, TypeError, r"multiply.*NoneType"),
    "add an object array": (lambda: V + OBJECTS, DtypeError, TypeError, r"add.*dtype object"),
    "an object array added": (lambda: OBJECTS + V, DtypeError, TypeError, r"add.*dtype object"),
    "add a string array": (lambda: V + np.array(["a"]), DtypeError, TypeError, r"dtype <U1"),
    "add dates": (lambda: V + DATES, DtypeError, TypeError, r"datetime64"),
    "add a masked array": (lambda: V + MASKED, DtypeError, TypeError, r"MaskedArray"),
    "a masked array added": (lambda: MASKED + V, DtypeError, TypeError, r"masked array.*np\.where"),
    "multiply by a matrix": (lambda: M * MATRIX, DtypeError, TypeError, r"matrix"),
    "a matrix multiplied": (lambda: MATRIX * M, DtypeError, TypeError, r"matrix"),
    "add a torch tensor": (lambda: V + foreign("torch", "Tensor"), DtypeError, TypeError, r"torch\.Tensor"),
    "add a pandas series": (lambda: V + foreign("pandas.core", "Series"), DtypeError, TypeError, r"Series"),
    "compare with an object": (lambda: object() > V, DtypeError, TypeError, r"less.*object"),
    "np.add with a string": (lambda: np.add(V, "a"), DtypeError, TypeError, r"str 'a'"),
    "np.where with a string": (lambda: np.where(V > 0, V, "a"), DtypeError, TypeError, r"where.*str"),
    "matmul with a list of strings": (lambda: V @ ["a", "b", "c"], DtypeError, TypeError, r"<U1"),
    "concatenate with a string": (lambda: np.concatenate([V, ["a"]]), DtypeError, TypeError, r"<U1"),
    "bit operations on floats": (lambda: V & 1, DtypeError, TypeError, r"bitwise_and"),
    "invert a float": (lambda: ~V, DtypeError, TypeError, r"invert"),
    "np.ma.add": (lambda: np.ma.add(V, 1.0), DtypeError, TypeError, r"masked array.*np\.where"),
    "np.ma.exp": (lambda: np.ma.exp(V), DtypeError, TypeError, r"masked array.*np\.where"),
    "np.ma.divide": (lambda: np.ma.divide(1.0, V), DtypeError, TypeError, r"masked array.*np\.where"),
    "a masked array divided": (lambda: MASKED / S, DtypeError, TypeError, r"masked array.*np\.where"),
    "a masked array compared": (lambda: MASKED > V, AutodiffError, TypeError, r""),
    "a ragged list as operand": (lambda: V + [[1.0], [1.0, 2.0]], DtypeError, TypeError, r"add was given a nested list that is not rect"),
    "softmax of a text": (lambda: ad.softmax("a"), DtypeError, TypeError, r"^softmax takes.*str 'a'"),
    "logsumexp of None": (lambda: ad.logsumexp(None), DtypeError, TypeError, r"^logsumexp takes.*NoneType"),
    "softmax of a ragged list": (lambda: ad.softmax([[1.0], [1.0, 2.0]]), DtypeError, TypeError, r"^softmax.*not rectangular"),
    "softmax of a list of Values": (lambda: ad.softmax([S, S]), GradientLostError, TypeError, r"^softmax.*np\.stack"),
    "relu of a text": (lambda: ad.relu("a"), DtypeError, TypeError, r"^relu takes.*str 'a'"),
    "sigmoid of objects": (lambda: ad.sigmoid(OBJECTS), DtypeError, TypeError, r"^sigmoid takes.*dtype object"),
    "softplus of a text": (lambda: ad.softplus("a"), DtypeError, TypeError, r"^softplus takes.*str 'a'"),
    # --- shapes
    "shapes do not broadcast": (lambda: V + np.ones(4), ShapeError, ValueError, r"add.*\(3,\).*\(4,\)"),
    "multiply": (lambda: M * Value(np.ones(2)), ShapeError, ValueError, r"multiply.*\(2, 3\).*\(2,\)"),
    "np.maximum": (lambda: np.maximum(V, np.ones(2)), ShapeError, ValueError, r"maximum.*\(3,\).*\(2,\)"),
    "comparison": (lambda: operator.gt(V, np.ones(2)), ShapeError, ValueError, r"greater.*\(3,\).*\(2,\)"),
    "equality": (lambda: np.ones(2) == V, ShapeError, ValueError, r"equal.*\(3,\).*\(2,\)"),
    "matmul": (lambda: M @ M, ShapeError, ValueError, r"matmul.*\(2, 3\).*\(2, 3\).*summed over have different lengths, 3 and 2$"),
    "matmul of a scalar": (lambda: S @ V, ShapeError, ValueError, r"matmul.*\(\).*\(3,\).*left operand has too few axes"),
    "matmul by a scalar": (lambda: V @ S, ShapeError, ValueError, r"matmul.*right operand has too few axes.*multiplied by \*"),
    "dot": (lambda: np.dot(M, np.ones(2)), ShapeError, ValueError, r"dot.*\(2, 3\).*\(2,\)"),
    "inner": (lambda: np.inner(M, np.ones(2)), ShapeError, ValueError, r"inner.*\(2, 3\).*\(2,\)"),
    "tensordot": (lambda: np.tensordot(M, M, 1), ShapeError, ValueError, r"tensordot.*\(2, 3\)"),
    "tensordot of unequal axes": (lambda: np.tensordot(M, M, ((0, 1), (0,))), ShapeError, ValueError, r"as many axes"),
    "tensordot of an absent axis": (lambda: np.tensordot(M, M, ((5,), (0,))), ShapeError, IndexError, r"tensordot"),
    "einsum labels": (lambda: np.einsum("ijk->i", M), ShapeError, ValueError, r"einsum.*ijk.*\(2, 3\)"),
    "einsum operands": (lambda: np.einsum("ij,jk->ik", M), ShapeError, ValueError, r"einsum.*2 operands.*1"),
    "einsum sizes": (lambda: np.einsum("ij,jk->ik", M, M), ShapeError, ValueError, r"einsum"),
    "einsum unknown result": (lambda: np.einsum("ij->k", M), ShapeError, ValueError, r"einsum"),
    "reshape": (lambda: V.reshape(2, 2), ShapeError, ValueError, r"reshape.*\(3,\).*\(2, 2\)"),
    "reshape with two -1": (lambda: M.reshape(-1, -1), ShapeError, ValueError, r"reshape.*\(2, 3\)"),
    "reshape, column-major": (lambda: np.reshape(M, (4, -1), order="F"), ShapeError, ValueError, r"reshape"),
    "transpose": (lambda: np.transpose(M, (0, 1, 2)), ShapeError, ValueError, r"transpose.*\(2, 3\)"),
    "transpose repeated": (lambda: np.transpose(M, (0, 0)), ShapeError, ValueError, r"transpose.*\(2, 3\)"),
    "transpose absent": (lambda: np.transpose(M, (0, 5)), ShapeError, ValueError, r"transpose.*\(2, 3\)"),
    "broadcast_to": (lambda: np.broadcast_to(V, (2, 2)), ShapeError, ValueError, r"broadcast_to.*\(3,\).*\(2, 2\)"),
    "concatenate": (lambda: np.concatenate([M, V]), ShapeError, ValueError, r"concatenate.*\(2, 3\).*\(3,\)"),
    "concatenate nothing": (lambda: np.concatenate([V[:0].reshape(0, 1), V]), ShapeError, ValueError, r"concatenate"),
    "stack": (lambda: np.stack([V, V[:2]]), ShapeError, ValueError, r"stack.*\(2,\).*\(3,\).*concatenate"),
    "hstack": (lambda: np.hstack([M, V]), ShapeError, ValueError, r"concatenate.*\(2, 3\).*\(3,\)"),
    "vstack": (lambda: np.vstack([M, V[:2]]), ShapeError, ValueError, r"concatenate"),
    "split": (lambda: np.split(V, 2), ShapeError, ValueError, r"split.*length 3.*2 equal"),
    "squeeze": (lambda: np.squeeze(M, 0), ShapeError, ValueError, r"squeeze.*length 1.*\(2, 3\)"),
    "moveaxis": (lambda: np.moveaxis(M, (0, 1), 0), ShapeError, ValueError, r"moveaxis.*as many"),
    "expand_dims twice": (lambda: np.expand_dims(V, (0, 0)), ShapeError, ValueError, r"expand_dims.*twice"),
    "sum where=, too large": (lambda: np.sum(V, where=M.data > 1), ShapeError, ValueError, r"np\.sum.*\(3,\).*\(2, 3\)"),
    "mean where=, too long": (lambda: V[:1].mean(where=[True, False]), ShapeError, ValueError, r"np\.sum.*\(1,\).*\(2,\)"),
    "max where=, of numbers": (
        lambda: np.max(V, initial=0.0, where=np.ones(3)),
        DtypeError,
        TypeError,
        r"where=mask.*booleans.*float64",
    ),
    "ravel in memory order": (lambda: M[:, ::2].ravel("K"), UnsupportedError, TypeError, r"order='K'.*order='C'"),
    "a float set among integers": (lambda: M.astype(int).at[0].set(0.5), DtypeError, TypeError, r"decimals.*astype"),
    "a Value set among integers": (lambda: M.astype(int).at[0, 0].set(S), DtypeError, TypeError, r"decimals.*astype"),
    "axes of an ellipsis dropped": (lambda: np.einsum("...i->i", M), ShapeError, ValueError, r"\.\.\.i->i"),
    "where": (lambda: np.where(np.ones(2, bool), V, 0), ShapeError, ValueError, r"where.*\(2,\).*\(3,\)"),
    "clip bounds": (lambda: np.clip(V, np.zeros(2), 1), ShapeError, ValueError, r"clip.*\(3,\).*\(2,\)"),
    "pad width": (lambda: np.pad(V, ((1, 1), (1, 1))), ShapeError, ValueError, r"pad"),
    "pad negative": (lambda: np.pad(V, -1), ShapeError, ValueError, r"pad"),
    "repeat counts": (lambda: np.repeat(V, [1, 2]), ShapeError, ValueError, r"repeat.*\(3,\)"),
    "repeat negative": (lambda: np.repeat(V, -1), ShapeError, ValueError, r"repeat"),
    **{
        f"{f.__name__} of a rectangle": (lambda f=f: f(M), ShapeError, ValueError, rf"{f.__name__} needs square.*\(2, 3\)")
        for f in (np.linalg.inv, np.linalg.det, np.linalg.slogdet, np.linalg.eig, np.linalg.eigvals, np.linalg.eigvalsh, np.linalg.cholesky)
    },
    **{
        f"{f.__name__} of a vector": (lambda f=f: f(V), ShapeError, ValueError, rf"{f.__name__}.*\(3,\)")
        for f in (np.linalg.inv, np.linalg.det, np.linalg.svd, np.linalg.qr, np.linalg.pinv, np.linalg.cond, np.linalg.matrix_norm)
    },
    "solve of a rectangle": (lambda: np.linalg.solve(M, V), ShapeError, ValueError, r"solve.*\(2, 3\)"),
    "solve of shapes": (lambda: np.linalg.solve(np.eye(2), V), ShapeError, ValueError, r"solve.*\(2, 2\).*\(3,\)"),
    "singular": (lambda: np.linalg.inv(Value(np.zeros((2, 2)))), np.linalg.LinAlgError, ValueError, r"Singular"),
    "not positive": (lambda: np.linalg.cholesky(Value(-np.eye(2))), np.linalg.LinAlgError, ValueError, r"positive definite"),
    "matrix_power of a fraction": (lambda: np.linalg.matrix_power(Value(np.eye(2)), 0.5), DtypeError, TypeError, r"integer.*0\.5"),
    "multi_dot of one": (lambda: np.linalg.multi_dot([M]), ArgumentError, ValueError, r"multi_dot.*1"),
    "multi_dot of a cube": (lambda: np.linalg.multi_dot([M, Value(np.ones((3, 1, 1)))]), ShapeError, ValueError, r"multi_dot.*\(3, 1, 1\)"),
    "tensorinv by nothing": (lambda: np.linalg.tensorinv(M, 0), ArgumentError, ValueError, r"tensorinv.*0"),
    "tensorsolve": (lambda: np.linalg.tensorsolve(M, V), ShapeError, ValueError, r"tensorsolve.*\(2, 3\)"),
    "norm of order x": (lambda: np.linalg.norm(V, "x"), ArgumentError, ValueError, r"norm.*'x'"),
    "qr raw": (lambda: np.linalg.qr(M, "raw"), UnsupportedError, TypeError, r"raw.*reduced"),
    "eigh of a rectangle": (lambda: np.linalg.eigh(M), ShapeError, ValueError, r"eigh.*\(2, 3\)"),
    "at set": (lambda: V.at[:2].set(np.ones(3)), ShapeError, ValueError, r"replace.*\(3,\)"),
    "at add": (lambda: V.at[:2].add(np.ones(3)), ShapeError, ValueError, r"\(3,\).*\(2,\)"),
    "matrix_transpose of a vector": (lambda: V.mT, ShapeError, ValueError, r"two axes.*\(3,\)"),
    # --- axes and indices
    "sum along an absent axis": (lambda: V.sum(axis=1), ShapeError, IndexError, r"sum.*\(3,\).*axis=1"),
    "mean along an absent axis": (lambda: V.mean(axis=3), ShapeError, IndexError, r"axis"),
    "max along an absent axis": (lambda: V.max(axis=-2), ShapeError, IndexError, r"max.*axis=-2"),
    "prod along an absent axis": (lambda: np.prod(V, axis=1), ShapeError, IndexError, r"prod.*axis=1"),
    "cumsum along an absent axis": (lambda: np.cumsum(V, axis=1), ShapeError, IndexError, r"cumsum.*axis"),
    "cumprod along an absent axis": (lambda: np.cumprod(V, axis=1), ShapeError, IndexError, r"cumprod.*axis"),
    "sum over an axis twice": (lambda: M.sum(axis=(0, 0)), ShapeError, ValueError, r"sum.*axis"),
    "softmax along an absent axis": (lambda: ad.softmax(V, axis=1), ShapeError, IndexError, r"^softmax of shape \(3,\) has no axis 1"),
    "softmax of an array, too": (lambda: ad.softmax(np.ones(3), axis=1), ShapeError, IndexError, r"^softmax of shape \(3,\) has no axis 1"),
    "log_softmax along an absent axis": (lambda: ad.log_softmax(V, axis=-2), ShapeError, IndexError, r"^log_softmax.*no axis -2"),
    "logsumexp along absent axes": (lambda: ad.logsumexp(V, axis=(0, 1)), ShapeError, IndexError, r"^logsumexp.*no axis 1"),
    "concatenate along an absent axis": (lambda: np.concatenate([V, V], axis=1), ShapeError, IndexError, r"concatenate.*axis=1"),
    "stack along an absent axis": (lambda: np.stack([V, V], axis=5), ShapeError, IndexError, r"axis 5"),
    "swapaxes": (lambda: np.swapaxes(V, 0, 1), ShapeError, IndexError, r"axis"),
    "moveaxis absent": (lambda: np.moveaxis(V, 0, 1), ShapeError, IndexError, r"axis"),
    "expand_dims absent": (lambda: np.expand_dims(V, 3), ShapeError, IndexError, r"axis"),
    "squeeze absent": (lambda: np.squeeze(V, 3), ShapeError, IndexError, r"axis"),
    "flip absent": (lambda: np.flip(V, 1), ShapeError, IndexError, r"flip.*axis"),
    "roll absent": (lambda: np.roll(V, 1, 1), ShapeError, IndexError, r"roll.*axis"),
    "repeat absent": (lambda: np.repeat(V, 2, 1), ShapeError, IndexError, r"repeat.*axis"),
    "split absent": (lambda: np.split(V, 3, 1), ShapeError, IndexError, r"axis"),
    "take absent": (lambda: np.take(V, 0, axis=1), ShapeError, IndexError, r"axis"),
    "trace of a vector": (lambda: np.trace(V), ShapeError, ValueError, r"diagonal.*two axes.*\(3,\)"),
    "diagonal of a vector": (lambda: np.diagonal(V), ShapeError, ValueError, r"diagonal.*two axes.*\(3,\)"),
    "diagonal of an absent axis": (lambda: np.diagonal(M, 0, 0, 2), ShapeError, IndexError, r"axis 2"),
    "repeat a fraction": (lambda: np.repeat(V, 2.5), DtypeError, TypeError, r"repeat.*integer.*2\.5"),
    "pad by a fraction": (lambda: np.pad(V, 1.5), DtypeError, TypeError, r"pad.*integers.*1\.5"),
    "sum along a fraction": (lambda: np.sum(V, axis=0.5), TypeError, TypeError, r"integer"),
    "take mode": (lambda: np.take(V, 0, mode="x"), ArgumentError, ValueError, r"take.*'x'"),
    "fft absent": (lambda: np.fft.fft(V, axis=1), ShapeError, IndexError, r"axis"),
    "fft of nothing": (lambda: np.fft.fft(V, n=0), ShapeError, ValueError, r"fft"),
    "fft norm": (lambda: np.fft.fft(V, norm="x"), ArgumentError, ValueError, r"fft.*norm"),
    "rfft of nothing": (lambda: np.fft.irfft(V, 0), ShapeError, ValueError, r"irfft.*0.*\(3,\)"),
    "rfft of complex numbers": (lambda: np.fft.rfft(V * 1j), DtypeError, TypeError, r"rfft.*complex"),
    "fftn lengths": (lambda: np.fft.fftn(M, (2,), (0, 1)), ShapeError, ValueError, r"fftn.*\(2,\)"),
    "argmax absent": (lambda: np.argmax(V, axis=1), ShapeError, IndexError, r"argmax.*axis"),
    "index out of range": (lambda: V[3], IndexRangeError, IndexError, r"getitem.*\(3,\).*3"),
    "array index out of range": (lambda: V[[0, 5]], IndexRangeError, IndexError, r"getitem.*5"),
    "too many indices": (lambda: V[0, 0], IndexRangeError, IndexError, r"getitem.*\(3,\)"),
    "index of a scalar": (lambda: S[0], IndexRangeError, IndexError, r"getitem.*\(\)"),
    "float index": (lambda: V[1.0], DtypeError, TypeError, r"integers or booleans.*float64"),
    "float array index": (lambda: V[np.array([0.0])], DtypeError, TypeError, r"integers or booleans.*astype\(int\)"),
    "string index": (lambda: V["a"], DtypeError, TypeError, r"integers or booleans"),
    "mask of a wrong shape": (lambda: V[np.ones(2, bool)], IndexRangeError, IndexError, r"getitem"),
    "float slice": (lambda: V[1.0:], DtypeError, TypeError, r"slice|integer"),
    "slice step 0": (lambda: V[::0], ShapeError, ValueError, r"getitem|slice"),
    "index by a Value": (lambda: np.ones(3)[S], GradientLostError, TypeError, r"plain array \(.*an index.*v\.item\(\)"),
    "index a Value by a float Value": (lambda: V[S], DtypeError, TypeError, r"integers or booleans"),
    "at out of range": (lambda: V.at[9].set(0.0), IndexRangeError, IndexError, r"9"),
    "take out of range": (lambda: np.take(V, 9), IndexRangeError, IndexError, r"9"),
    "one_hot label": (lambda: ad.one_hot(np.array([3]), 3), IndexRangeError, IndexError, r"\[0, 3\).*3"),
    "one_hot negative": (lambda: ad.one_hot(np.array([-1]), 3), IndexRangeError, IndexError, r"-1"),
    "one_hot of floats": (lambda: ad.one_hot(np.array([1.0]), 3), DtypeError, TypeError, r"integer labels.*float64"),
    # --- empty
    "max of nothing": (lambda: np.max(Value(np.zeros((0,)))), ShapeError, ValueError, r"max.*\(0,\)"),
    "max along an empty axis": (lambda: np.max(Value(np.zeros((2, 0))), axis=1), ShapeError, ValueError, r"max.*\(2, 0\)"),
    "min of nothing": (lambda: Value(np.zeros((0, 3))).min(axis=0), ShapeError, ValueError, r"min.*\(0, 3\)"),
    "argmax of nothing": (lambda: np.argmax(Value(np.zeros(0))), ShapeError, ValueError, r"argmax.*\(0,\)"),
    "ptp of nothing": (lambda: np.ptp(Value(np.zeros(0))), ShapeError, ValueError, r"\(0,\)"),
    # --- keywords that have no rule
    "out": (lambda: np.exp(V, out=np.zeros(3)), InPlaceError, TypeError, r"np\.exp.*out=.*gradient would be lost"),
    "out of plain operands": (lambda: np.add(np.ones(3), 1.0, out=V), InPlaceError, TypeError, r"np\.add"),
    "where=": (lambda: np.exp(V, where=np.ones(3, bool)), UnsupportedError, TypeError, r"np\.exp.*where=.*np\.where"),
    "dtype=": (lambda: np.exp(V, dtype=np.float32), UnsupportedError, TypeError, r"np\.exp.*dtype=.*astype"),
    "casting=": (lambda: np.add(V, V, casting="unsafe"), UnsupportedError, TypeError, r"casting="),
    "order=": (lambda: np.add(V, V, order="F"), UnsupportedError, TypeError, r"order="),
    "reduce": (lambda: np.add.reduce(V), UnsupportedError, TypeError, r"np\.add\.reduce.*np\.sum"),
    "accumulate": (lambda: np.add.accumulate(V), UnsupportedError, TypeError, r"np\.add\.accumulate"),
    "outer": (lambda: np.multiply.outer(V, V), UnsupportedError, TypeError, r"np\.multiply\.outer"),
    "reduceat": (lambda: np.add.reduceat(V, [0, 1]), UnsupportedError, TypeError, r"np\.add\.reduceat"),
    "at": (lambda: np.add.at(np.zeros(3), [0], V[:1]), UnsupportedError, TypeError, r"np\.add\.at.*v\.at\[index\]\.add"),
    "at of a Value": (lambda: np.add.at(V, [0], 1.0), UnsupportedError, TypeError, r"np\.add\.at"),
    "sum out": (lambda: np.sum(V, out=np.zeros(())), UnsupportedError, TypeError, r"np\.sum.*out="),
    "sum dtype": (lambda: V.sum(dtype=np.float32), UnsupportedError, TypeError, r"np\.sum.*dtype=.*astype"),
    "mean dtype": (lambda: V.mean(dtype=np.float32), UnsupportedError, TypeError, r"np\.mean.*dtype="),
    "var out": (lambda: V.var(out=np.zeros(())), UnsupportedError, TypeError, r"np\.var.*out="),
    "std dtype": (lambda: V.std(dtype=np.float32), UnsupportedError, TypeError, r"np\.std.*dtype="),
    "prod dtype": (lambda: np.prod(V, dtype=np.float32), UnsupportedError, TypeError, r"np\.prod.*dtype="),
    "max out": (lambda: np.max(V, out=np.zeros(())), UnsupportedError, TypeError, r"np\.max.*out="),
    "cumsum dtype": (lambda: np.cumsum(V, dtype=np.float32), UnsupportedError, TypeError, r"np\.cumsum.*dtype="),
    "dot out": (lambda: np.dot(V, V, out=np.zeros(())), UnsupportedError, TypeError, r"np\.dot.*out="),
    "matmul out": (lambda: np.matmul(M, V, out=np.zeros(2)), InPlaceError, TypeError, r"np\.matmul.*out="),
    "matmul axes": (lambda: np.matmul(M, V, axes=[(0, 1), (0,), (0,)]), UnsupportedError, TypeError, r"axes="),
    "einsum out": (lambda: np.einsum("i->", V, out=np.zeros(())), UnsupportedError, TypeError, r"np\.einsum.*out="),
    "einsum dtype": (lambda: np.einsum("i->", V, dtype=np.float32), UnsupportedError, TypeError, r"np\.einsum.*dtype="),
    "einsum of sublists": (lambda: np.einsum(V, [0], [0]), UnsupportedError, TypeError, r"subscripts as a string"),
    "einsum of arrays first": (lambda: np.einsum(np.ones(3), [0], V, [0]), UnsupportedError, TypeError, r"string"),
    "concatenate out": (lambda: np.concatenate([V, V], out=np.zeros(6)), UnsupportedError, TypeError, r"concatenate.*out="),
    "concatenate dtype": (lambda: np.concatenate([V, V], dtype="f4"), UnsupportedError, TypeError, r"dtype="),
    "stack out": (lambda: np.stack([V, V], out=np.zeros((2, 3))), UnsupportedError, TypeError, r"out="),
    "clip out": (lambda: np.clip(V, 0, 1, out=np.zeros(3)), UnsupportedError, TypeError, r"np\.clip.*out="),
    "clip where": (lambda: np.clip(V, 0, 1, where=[True, False, True]), UnsupportedError, TypeError, r"np\.clip.*where="),
    "take out": (lambda: np.take(V, [0], out=np.zeros(1)), UnsupportedError, TypeError, r"out="),
    "argmax out": (lambda: np.argmax(V, out=np.zeros((), int)), UnsupportedError, TypeError, r"np\.argmax.*out="),
    "round out": (lambda: np.round(V, out=np.zeros(3)), UnsupportedError, TypeError, r"out="),
    "trace dtype": (lambda: np.trace(M, dtype="f4"), UnsupportedError, TypeError, r"np\.trace.*dtype="),
    "fft out": (lambda: np.fft.fft(V, out=np.zeros(3, complex)), UnsupportedError, TypeError, r"fft.*out="),
    "pad mode": (lambda: np.pad(V, 1, mode="mean"), UnsupportedError, TypeError, r"np\.pad.*mean.*constant"),
    "pad mode linear_ramp": (lambda: np.pad(V, 1, mode="linear_ramp"), UnsupportedError, TypeError, r"linear_ramp"),
    "pad by a function": (lambda: np.pad(V, 1, mode=lambda *a: None), UnsupportedError, TypeError, r"np\.pad"),
    "pad reflect odd": (lambda: np.pad(V, 1, mode="reflect", reflect_type="odd"), UnsupportedError, TypeError, r"reflect_type|odd"),
    "reshape order": (lambda: np.reshape(V, (3, 1), order="K"), UnsupportedError, TypeError, r"order"),
    "astype to strings": (lambda: V.astype(str), UnsupportedError, TypeError, r"<U"),
    "astype to objects": (lambda: V.astype(object), UnsupportedError, TypeError, r"object"),
    "a keyword nobody knows": (lambda: np.pad(V, 1, mode="constant", stat_length=3), UnsupportedError, TypeError, r"stat_length"),
    # --- functions that have no rule
    "np.roots": (lambda: np.roots(V), UnsupportedError, TypeError, r"np\.roots has no derivative.*v\.data"),
    "np.poly of a matrix": (lambda: np.poly(M), UnsupportedError, TypeError, r"np\.poly.*eigvals"),
    "np.histogram2d": (lambda: np.histogram2d(V, V), UnsupportedError, TypeError, r"np\.histogram2d"),
    "np.histogram by name": (lambda: np.histogram(V, "auto"), UnsupportedError, TypeError, r"np\.histogram.*auto.*v\.data"),
    "np.median in place": (lambda: np.median(V, overwrite_input=True), UnsupportedError, TypeError, r"overwrite_input"),
    "np.nan_to_num in place": (lambda: np.nan_to_num(V, copy=False), UnsupportedError, TypeError, r"copy=False"),
    "np.partition by field": (lambda: np.partition(V, 1, order="f"), UnsupportedError, TypeError, r"np\.partition.*order="),
    "np.put_along_axis": (lambda: np.put_along_axis(V, np.array([0]), 1.0, 0), InPlaceError, TypeError, r"put_along_axis.*in place.*a new Value"),
    "np.copyto": (lambda: np.copyto(np.zeros(3), V), InPlaceError, TypeError, r"np\.copyto.*in place.*a new Value"),
    "np.put": (lambda: np.put(np.zeros(3), [0], V[0]), InPlaceError, TypeError, r"np\.put.*in place.*a new Value"),
    "np.place": (lambda: np.place(np.zeros(3), np.ones(3, bool), V), InPlaceError, TypeError, r"np\.place.*in place.*a new Value"),
    "np.putmask": (lambda: np.putmask(np.zeros(3), np.ones(3, bool), V), InPlaceError, TypeError, r"np\.putmask.*in place.*a new Value"),
    "np.fill_diagonal": (lambda: np.fill_diagonal(np.zeros((2, 2)), S), GradientLostError, TypeError, r""),
    "np.frexp out": (lambda: np.frexp(V, out=(np.zeros(3), np.zeros(3, int))), InPlaceError, TypeError, r"np\.frexp.*out="),
    "np.gcd": (lambda: np.gcd(V, 2), DtypeError, TypeError, r"gcd"),
    "np.save": (lambda: np.save("/nonexistent/x", V), UnsupportedError, TypeError, r"np\.save.*v\.data"),
    "a generalised ufunc": (lambda: np.vecdot(V, V, casting="no"), UnsupportedError, TypeError, r"np\.vecdot.*casting="),
    "a ufunc of Python": (lambda: np.frompyfunc(lambda x: x, 1, 1)(V), UnsupportedError, TypeError, r"no derivative"),
    # --- reading a Value as a number
    "float": (lambda: float(S), GradientLostError, TypeError, r"float\(v\).*v\.item\(\)"),
    "int": (lambda: int(S), GradientLostError, TypeError, r"int\(v\).*v\.item\(\)"),
    "complex": (lambda: complex(S), GradientLostError, TypeError, r"complex\(v\)"),
    "bool": (lambda: bool(S), GradientLostError, TypeError, r"bool\(v\).*if v:"),
    "if v": (lambda: 1 if S else 2, GradientLostError, TypeError, r"if v:"),
    "not v": (lambda: not S, GradientLostError, TypeError, r"if v:"),
    "v and v": (lambda: S and S, GradientLostError, TypeError, r"if v:"),
    "any(values)": (lambda: any([S]), GradientLostError, TypeError, r"if v:"),
    "math.exp": (lambda: math.exp(S), GradientLostError, TypeError, r"np\.exp.*math\.exp"),
    "math.sqrt": (lambda: math.sqrt(S), GradientLostError, TypeError, r"np\.exp"),
    "math.fsum": (lambda: math.fsum([S, S]), GradientLostError, TypeError, r"item"),
    "cmath.exp": (lambda: cmath.exp(S), GradientLostError, TypeError, r"complex"),
    "range": (lambda: range(S), GradientLostError, TypeError, r"index"),
    "format of an array": (lambda: f"{V:.3f}", DtypeError, TypeError, r"'\.3f'.*one number.*shape \(3,\).*array2string"),
    "list(v)": (lambda: list(S), TypeError, TypeError, r"scalar Value has no elements.*v\.item\(\)"),
    "np.sum of a list": (lambda: np.sum([S, S]), GradientLostError, TypeError, r"a list with Values in it.*np\.stack"),
    "round": (lambda: round(S), TypeError, TypeError, r""),
    "statistics.mean": (lambda: statistics.fmean([S, S]), GradientLostError, TypeError, r"item"),
    "str.format of d": (lambda: json.dumps(S), TypeError, TypeError, r"not JSON serializable"),
    "np.asarray": (lambda: np.asarray(V), GradientLostError, TypeError, r"np\.asarray.*v\.data.*np\.stack"),
    "np.array": (lambda: np.array(V), GradientLostError, TypeError, r"v\.data"),
    "np.array with a dtype": (lambda: np.array(V, dtype=object), GradientLostError, TypeError, r"v\.data"),
    "np.array of a list": (lambda: np.array([V, V]), GradientLostError, TypeError, r"np\.stack"),
    "np.array of scalars": (lambda: np.array([S, 1.0]), GradientLostError, TypeError, r"np\.stack"),
    "np.array of nested lists": (lambda: np.array([[S, 0.0], [0.0, S]]), GradientLostError, TypeError, r"np\.stack"),
    "np.array of objects": (lambda: np.array([S, S], dtype=float), GradientLostError, TypeError, r"item"),
    "np.fromiter": (lambda: np.fromiter(V, float), ValueError, ValueError, r"array element"),
    "np.vectorize": (lambda: np.vectorize(lambda x: x * 2)(V), GradientLostError, TypeError, r"np\.asarray"),
    "np.float64": (lambda: np.float64(S), GradientLostError, TypeError, r"item"),
    "np.full": (lambda: np.full(3, S), GradientLostError, TypeError, r""),
    "np.arange": (lambda: np.arange(S), AutodiffError, TypeError, r""),
    "np.zeros": (lambda: np.zeros(S), TypeError, TypeError, r"integer"),
    "np.random": (lambda: np.random.default_rng(0).normal(S), GradientLostError, TypeError, r"item"),
    "np.polyval of a list": (lambda: np.polyval([S, S], 2.0), AutodiffError, TypeError, r""),
    "list of Values added to an array": (lambda: np.ones(2) + [S, S], GradientLostError, TypeError, r"np\.stack"),
    "list of Values as operand": (lambda: V + [S, S, S], GradientLostError, TypeError, r"^add was given a list with Values.*np\.stack"),
    "np.exp of a list of Values": (lambda: np.exp([S, S]), GradientLostError, TypeError, r"np\.stack"),
    "np.dot with a list of Values": (lambda: np.add([S, S], 1.0), GradientLostError, TypeError, r"np\.stack"),
    "a Value as repeats": (lambda: np.repeat(V, S), GradientLostError, TypeError, r""),
    "a Value as axis": (lambda: np.sum(M, axis=S), GradientLostError, TypeError, r"int\(v\)|index"),
    "a Value as shape": (lambda: np.reshape(V, (S, 1)), GradientLostError, TypeError, r"index"),
    "a Value as slice bound": (lambda: V[: Value(2.0)], GradientLostError, TypeError, r"index"),
    "a Value as roll": (lambda: np.roll(V, S), GradientLostError, TypeError, r"int\(v\)|index"),
    "pickle of a buffer": (lambda: memoryview(V), TypeError, TypeError, r"bytes-like"),
    # --- writing in place
    "v[i] = x": (lambda: operator.setitem(V, 0, 1.0), InPlaceError, TypeError, r"v\.at\[index\]\.set"),
    "del v[i]": (lambda: operator.delitem(V, 0), InPlaceError, TypeError, r"del v\[index\]"),
    "buffer[i] = v": (lambda: operator.setitem(np.zeros(3), 0, S), ValueError, ValueError, r"array element"),
    "buffer[:] = v": (lambda: operator.setitem(np.zeros(3), slice(None), V), GradientLostError, TypeError, r"np\.stack|v\.data"),
    "object buffer[:] = v": (lambda: operator.setitem(np.zeros(3, object), slice(None), V), GradientLostError, TypeError, r"v\.data"),
    "list to buffer": (lambda: operator.setitem(np.zeros(2), slice(None), [S, S]), GradientLostError, TypeError, r"item|np\.stack"),
    "buffer += v": (lambda: operator.iadd(np.zeros(3), V), InPlaceError, TypeError, r"np\.add.*buffer \+= v.*buffer = np\.add"),
    "buffer *= v": (lambda: operator.imul(np.zeros(3), S), InPlaceError, TypeError, r"buffer = np\.multiply"),
    "buffer @= v": (lambda: operator.imatmul(np.eye(3), Value(np.eye(3))), InPlaceError, TypeError, r"np\.matmul"),
    "v.sort": (lambda: V.sort(), InPlaceError, TypeError, r"v\.sort.*np\.sort"),
    "v.partition": (lambda: V.partition(1), InPlaceError, TypeError, r"v\.partition"),
    "v.fill": (lambda: V.fill(0.0), InPlaceError, TypeError, r"v\.fill.*np\.full_like"),
    "v.put": (lambda: V.put(0, 1.0), InPlaceError, TypeError, r"v\.put.*v\.at"),
    "v.resize": (lambda: V.resize(2), InPlaceError, TypeError, r"v\.resize.*reshape"),
    "data of a result": (lambda: setattr(V * 2, "data", np.ones(3)), InPlaceError, TypeError, r"only a leaf"),
    "data of a wrong kind": (lambda: setattr(Value(1.0), "data", "x"), DtypeError, TypeError, r"str 'x'"),
    "data of None": (lambda: setattr(Value(1.0), "data", None), DtypeError, TypeError, r"NoneType"),
    "grad of a wrong shape": (lambda: setattr(Value(np.ones(3)), "grad", np.ones(2)), ShapeError, ValueError, r"\(3,\).*\(2,\)"),
    "grad of a wrong kind": (lambda: setattr(Value(1.0), "grad", "x"), DtypeError, TypeError, r"gradient"),
    "complex grad of a real": (lambda: setattr(Value(1.0), "grad", 1j), DtypeError, TypeError, r"float64.*complex"),
    "an attribute that is not there": (lambda: setattr(Value(1.0), "name", "x"), AttributeError, AttributeError, r"name"),
    "complex into real": (lambda: V.at[0].set(1j), DtypeError, TypeError, r"at\[index\]\.set.*float64.*imaginary"),
    "complex added to real": (lambda: V.at[0].add(1j), DtypeError, TypeError, r"at\[index\]\.add.*float64.*imaginary"),
    # --- backward
    "backward of a vector": (lambda: (V * 2).backward(), ShapeError, ValueError, r"scalar.*\(3,\).*sum\(\).*gradient="),
    "backward of nothing": (lambda: Value(np.zeros(0)).backward(), ShapeError, ValueError, r"scalar.*\(0,\)"),
    "backward of complex": (lambda: (S * 1j).backward(), DtypeError, TypeError, r"complex.*np\.abs"),
    "gradient of a wrong shape": (lambda: (V * 2).backward(np.ones(2)), ShapeError, ValueError, r"\(3,\).*\(2,\)"),
    "scalar gradient of a vector": (lambda: (V * 2).backward(1.0), ShapeError, ValueError, r"\(3,\).*\(\)"),
    "string gradient": (lambda: (S * 2).backward("a"), DtypeError, TypeError, r"gradient"),
    "object gradient": (lambda: (V * 2).backward(OBJECTS), DtypeError, TypeError, r"object"),
    "complex gradient": (lambda: (S * 2).backward(1j), DtypeError, TypeError, r"float64.*complex"),
    "backward of a constant": (lambda: ad.stop_gradient(S).backward(), GraphError, RuntimeError, r"carries no gradient"),
    "backward of no_grad": (lambda: without_recording().backward(), GraphError, RuntimeError, r"ad\.no_grad\(\).*ad\.stop_gradient"),
    "data of another shape between": (lambda: rebound().backward(), GraphError, RuntimeError, r"\(3,\).*\.data of shape \(7,\)"),
    "backward of a comparison": (lambda: (S > 0).backward(), GraphError, RuntimeError, r"carries no gradient"),
    # --- transforms
    "argnums": (lambda: ad.grad(lambda x: x, 1)(1.0), ArgumentError, ValueError, r"argnums=1.*called with 1"),
    "argnums of no arguments": (lambda: ad.grad(lambda: S)(), ArgumentError, ValueError, r"argnums=0.*called with 0"),
    "grad of a vector": (lambda: ad.grad(lambda x: x)(np.ones(2)), ShapeError, ValueError, r"scalar.*\(2,\).*jacobian"),
    "grad of a string": (lambda: ad.grad(lambda x: S)("a"), DtypeError, TypeError, r"'a'.*argnums"),
    "grad of an object array": (lambda: ad.grad(lambda x: S)(OBJECTS), DtypeError, TypeError, r"object"),
    "grad of a masked array": (lambda: ad.grad(np.sum)(MASKED), DtypeError, TypeError, r"MaskedArray"),
    "grad of integers in a list": (lambda: ad.grad(lambda x: x[0] * x[1])([1, 2]), DtypeError, TypeError, r"argument 0 holds integers.*write \[1\.0, 2\.0\]"),
    "grad of integer arrays": (lambda: ad.grad(lambda p: S)([np.arange(2)]), DtypeError, TypeError, r"holds integers.*x\.astype\(float\)"),
    "grad of strings": (lambda: ad.grad(lambda p: S)(["a"]), DtypeError, TypeError, r"argument 0 holds no floating-point"),
    "jvp of integers": (lambda: ad.jvp(np.add, ([1], [2]), ([1], [2])), DtypeError, TypeError, r"arguments 0, 1 holds? integers.*\[1\.0\], \[2\.0\]"),
    "vjp without arguments": (lambda: ad.vjp(np.sin), ArgumentError, ValueError, r"sin was given no argument to differentiate"),
    "grad of a Value": (lambda: ad.grad(S * S), DtypeError, TypeError, r"grad takes a function.*given a Value.*v\.backward\(\)"),
    "grad of a number": (lambda: ad.grad(3.0), DtypeError, TypeError, r"grad takes a function.*float 3\.0"),
    "value_and_grad of a number": (lambda: ad.value_and_grad(3.0), DtypeError, TypeError, r"value_and_grad takes a function"),
    "jacobian of a number": (lambda: ad.jacobian(3.0), DtypeError, TypeError, r"jacobian takes a function"),
    "hessian of a number": (lambda: ad.hessian(3.0), DtypeError, TypeError, r"hessian takes a function"),
    "hvp of a number": (lambda: ad.hvp(3.0), DtypeError, TypeError, r"hvp takes a function"),
    "vjp of a number": (lambda: ad.vjp(3.0, 1.0), DtypeError, TypeError, r"vjp takes a function"),
    "jvp of a number": (lambda: ad.jvp(3.0, (1.0,), (1.0,)), DtypeError, TypeError, r"jvp takes a function"),
    "elementwise_grad of a number": (lambda: ad.elementwise_grad(3.0), DtypeError, TypeError, r"elementwise_grad takes a function"),
    "elementwise_grad of two": (lambda: ad.elementwise_grad(np.add, (0, 1)), ArgumentError, ValueError, r"one argument.*\(0, 1\)"),
    "checkpoint of a number": (lambda: ad.checkpoint(3), DtypeError, TypeError, r"checkpoint takes a function.*int 3"),
    "check_grad of a number": (lambda: ad.testing.check_grad(3.0, 1.0), DtypeError, TypeError, r"check_grad takes a function"),
    "finite_difference of a number": (lambda: ad.testing.finite_difference(3.0, 1.0), DtypeError, TypeError, r"finite_difference takes a"),
    "complex_step of a number": (lambda: ad.testing.complex_step(3.0, 1.0), DtypeError, TypeError, r"complex_step takes a function"),
    "argnums of a text": (lambda: ad.grad(np.sin, "x"), DtypeError, TypeError, r"argnums is the position.*\(0, 2\).*str 'x'"),
    "argnums of texts": (lambda: ad.hessian(np.sin, ("x",)), DtypeError, TypeError, r"argnums is the position.*str 'x'"),
    "argnums of nothing": (lambda: ad.jacobian(np.sin, ()), ArgumentError, ValueError, r"argnums names no argument"),
    "argnums of check_grad": (lambda: ad.testing.check_grad(np.sin, 1.0, argnums="x"), DtypeError, TypeError, r"argnums is the pos"),
    "order of check_grad": (lambda: ad.testing.check_grad(np.sin, 1.0, order="x"), ArgumentError, ValueError, r"order >= 1.*order=x"),
    "hvp of a wrong shape": (lambda: ad.hvp(np.sum)(np.ones(2), np.ones(3)), ShapeError, ValueError, r"\(2,\).*\(3,\)"),
    "elementwise_grad of a sum": (lambda: ad.elementwise_grad(np.sum)(np.ones(2)), ShapeError, ValueError, r"jacobian"),
    "jvp without tuples": (lambda: ad.jvp(np.sin, 1.0, 1.0), ArgumentError, ValueError, r"two tuples"),
    # --- registration
    "a ufunc that has a derivative": (
        lambda: ad.elementwise(np.sin, [1], name="own_sin"),
        UnsupportedError,
        TypeError,
        r"np\.sin.*already",
    ),
    "a name that is taken": (lambda: ad.elementwise(np.sin, [1]), UnsupportedError, TypeError, r"'sin' already.*name="),
    "linear without adjoints": (lambda: ad.linear(lambda x: x, name="test_none"), UnsupportedError, TypeError, r"adjoints="),
}  # fmt: skip


@pytest.mark.filterwarnings(
    "ignore:.*encountered in:RuntimeWarning", "ignore:the matrix subclass:PendingDeprecationWarning"
)
@pytest.mark.parametrize("row", ROWS)
def test_bad_input(row: str) -> None:
    do, ours, builtin, message = ROWS[row]
    with pytest.raises(ours, match=f"(?s){message}") as raised:
        do()
    assert isinstance(raised.value, builtin)
    if issubclass(ours, AutodiffError):
        assert len(str(raised.value)) > 20
        assert "autodiff" not in type(raised.value).__mro__[0].__name__.lower()


@pytest.mark.parametrize("row", ["float", "buffer += v", "shapes do not broadcast", "np.roots"])
def test_the_chain_of_causes_is_short(row: str) -> None:
    """NumPy's own complaint is in the message; the traceback does not show it again."""
    with pytest.raises(AutodiffError) as raised:
        ROWS[row][0]()
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


# --- not refused: differentiated --------------------------------------------------------------------------------------

ARRAY = np.array([1.0, 2.0, 3.0])
ALLOWED: dict[str, tuple[Any, Any]] = {
    "builtin sum": (lambda v: sum(v), [1.0, 1.0, 1.0]),
    "builtin sum of products": (lambda v: sum(x * x for x in v), [2.0, 4.0, 6.0]),
    "builtin max": (lambda v: max(v), [0.0, 0.0, 1.0]),
    "builtin min": (lambda v: builtins.min(*v), [1.0, 0.0, 0.0]),
    "builtin abs": (lambda v: abs(v).sum(), [1.0, 1.0, 1.0]),
    "builtin pow": (lambda v: pow(v, 2).sum(), [2.0, 4.0, 6.0]),
    "sorted": (lambda v: sorted(v)[0] * 5, [5.0, 0.0, 0.0]),
    "math.prod": (lambda v: math.prod(v), [6.0, 3.0, 2.0]),
    "functools.reduce": (lambda v: functools.reduce(operator.mul, v), [6.0, 3.0, 2.0]),
    "reversed": (lambda v: next(iter(reversed(v))) * 1.0, [0.0, 0.0, 1.0]),
    "zip": (lambda v: sum(a * b for a, b in zip(v, ARRAY)), [1.0, 2.0, 3.0]),
    "enumerate": (lambda v: sum(i * x for i, x in enumerate(v)), [0.0, 1.0, 2.0]),
    "unpacking": (lambda v: (lambda a, b, c: a * b * c)(*v), [6.0, 3.0, 2.0]),
    "list to stack": (lambda v: np.stack([x * 2 for x in v]).sum(), [2.0, 2.0, 2.0]),
    "list to concatenate": (lambda v: np.concatenate([v, v]).sum(), [2.0, 2.0, 2.0]),
    "stack with constants": (lambda v: np.stack([v[0], 1.0, np.float64(2)]).sum(), [1.0, 0.0, 0.0]),
    "np.hstack": (lambda v: np.hstack([v, ARRAY]).sum(), [1.0, 1.0, 1.0]),
    "a subclass of ndarray that changes nothing": (lambda v: (v * ARRAY.view(Described)).sum(), [1.0, 2.0, 3.0]),
    "that subclass on the left": (lambda v: (ARRAY.view(Described) * v).sum(), [1.0, 2.0, 3.0]),
    "iteration over a generator": (lambda v: np.stack(list(x for x in v)).sum(), [1.0, 1.0, 1.0]),
    "array * value": (lambda v: np.sum(ARRAY * v), [1.0, 2.0, 3.0]),
    "list * value": (lambda v: np.sum([1.0, 2.0, 3.0] * v), [1.0, 2.0, 3.0]),
    "np.float64 * value": (lambda v: np.sum(np.float64(2) * v), [2.0, 2.0, 2.0]),
    "np.sum as a method": (lambda v: v.sum(), [1.0, 1.0, 1.0]),
    "np.add of constants": (lambda v: np.add(ARRAY, v).sum(), [1.0, 1.0, 1.0]),
    "read-only constants": (lambda v: (v * np.broadcast_to(2.0, 3)).sum(), [2.0, 2.0, 2.0]),
    "where with a list": (lambda v: np.where([True, False, True], v, [0, 0, 0]).sum(), [1.0, 0.0, 1.0]),
    "integer constants": (lambda v: (v * np.arange(3)).sum(), [0.0, 1.0, 2.0]),
    "unsigned constants": (lambda v: (v - np.arange(3, dtype=np.uint8)).sum(), [1.0, 1.0, 1.0]),
    "boolean constants": (lambda v: (v * np.array([True, False, True])).sum(), [1.0, 0.0, 1.0]),
    "float16 constants": (lambda v: (v * np.ones(3, np.float16)).sum(), [1.0, 1.0, 1.0]),
}


@pytest.mark.parametrize("row", ALLOWED)
def test_what_is_not_refused_is_differentiated(row: str) -> None:
    f, expected = ALLOWED[row]
    np.testing.assert_array_equal(ad.grad(f)(ARRAY), expected)


# Given several Values in one list, NumPy must neither drop their gradients nor make an object array.
LISTS: dict[str, Any] = {
    "np.sum": lambda a, b: np.sum([a, b]),
    "np.mean": lambda a, b: np.mean([a, b]),
    "np.max": lambda a, b: np.max([a, b]),
    "np.min": lambda a, b: np.min([a, b]),
    "np.prod": lambda a, b: np.prod([a, b]),
    "np.std": lambda a, b: np.std([a, b]),
    "np.cumsum": lambda a, b: np.cumsum([a, b])[1],
    "np.dot": lambda a, b: np.dot([a, b], [1.0, 2.0]),
    "np.exp": lambda a, b: np.sum(np.exp([a, b])),
    "np.add": lambda a, b: np.sum(np.add([a, b], 1.0)),
    "np.multiply of two lists": lambda a, b: np.sum(np.multiply([a, b], [a, b])),
    "np.where": lambda a, b: np.sum(np.where([True, False], [a, b], 0.0)),
    "np.reshape": lambda a, b: np.sum(np.reshape([a, b], (2, 1))),
    "np.concatenate": lambda a, b: np.sum(np.concatenate([[a], [b]])),
    "np.linalg.norm": lambda a, b: np.linalg.norm([a, b]),
    "np.array then sum": lambda a, b: np.array([a, b]).sum(),
    "np.array of objects": lambda a, b: np.array([a, b], dtype=object).sum(),
    "np.einsum": lambda a, b: np.einsum("i->", [a, b]),
    "np.outer": lambda a, b: np.sum(np.outer([a, b], [1.0, 1.0])),
    "np.stack": lambda a, b: np.sum(np.stack([a, b])),
    "np.interp": lambda a, b: np.interp(a, [0.0, 5.0], [0.0, 5.0]),
    "np.median": lambda a, b: np.median([a, b]),
    "np.ptp": lambda a, b: np.ptp([a, b]),
    "np.average": lambda a, b: np.average([a, b]),
    "np.hypot": lambda a, b: np.hypot(a, [b])[0],
    "np.piecewise": lambda a, b: np.piecewise(a, [a > 0], [b, 0.0]),
    "np.select": lambda a, b: np.select([a > 0], [b], 0.0),
    "np.clip": lambda a, b: np.clip(2.5, a, b),
    "np.full_like": lambda a, b: np.sum(np.full_like(np.ones(2), a)),
    "np.polyfit": lambda a, b: np.polyfit([0.0, 1.0], [a, b], 1)[0],
    "np.trapezoid": lambda a, b: np.trapezoid([a, b]),
    "np.diff": lambda a, b: np.diff([a, b])[0],
    "np.sort": lambda a, b: np.sort([a, b])[0],
    "np.block": lambda a, b: np.sum(np.block([a, b])),
    "np.column_stack": lambda a, b: np.sum(np.column_stack([[a], [b]])),
    "np.append": lambda a, b: np.sum(np.append([a], b)),
    "np.insert": lambda a, b: np.sum(np.insert(np.ones(2), 0, a)),
    "np.meshgrid": lambda a, b: np.sum(np.meshgrid([a, b], [1.0])[0]),
    "np.broadcast_to": lambda a, b: np.sum(np.broadcast_to([a], (2,))),
    "np.tile": lambda a, b: np.sum(np.tile([a, b], 2)),
    "np.pad": lambda a, b: np.sum(np.pad([a, b], 1)),
    "np.pad constant": lambda a, b: np.sum(np.pad(np.ones(2), 1, constant_values=a)),
    "np.pad constants": lambda a, b: np.sum(np.pad(np.ones(2), 1, constant_values=[(a, b)])),
    "np.sum initial": lambda a, b: np.sum(np.ones(2), initial=a),
    "np.max initial": lambda a, b: np.max(np.ones(2), initial=b),
    "np.matmul": lambda a, b: np.matmul([a, b], [1.0, 1.0]),
    "ndarray.dot": lambda a, b: np.ones(2).dot(np.stack([a, b])),
    "ndarray.dot of a list": lambda a, b: np.ones(2).dot([a, b]),
    "ndarray.clip": lambda a, b: np.array([2.5]).clip(a, b)[0],
    "ndarray.sum initial": lambda a, b: np.ones(2).sum(initial=a),
    "ndarray.fill": lambda a, b: np.ones(2).fill(a),
    "ndarray.put": lambda a, b: np.ones(2).put([0], a),
    "ndarray.item set": lambda a, b: np.ones(2).__setitem__(0, a),
    "ndarray.searchsorted": lambda a, b: np.ones(2).searchsorted(a),
    "ndarray.flat": lambda a, b: np.ones(2).flat.__setitem__(0, a),
    "ndarray.tolist": lambda a, b: sum([a, b, *np.ones(2).tolist()]),
    "struct": lambda a, b: struct.pack("d", a),
    "array.array": lambda a, b: array.array("d", [a, b]),
    "np.c_": lambda a, b: np.sum(np.c_[a, b]),
    "np.r_": lambda a, b: np.sum(np.r_[a, b]),
    "np.fromfunction": lambda a, b: np.fromfunction(lambda i: i * a, (2,)).sum(),
    "np.vectorize of a captured Value": lambda a, b: np.sum(np.vectorize(lambda x: x * a)(np.ones(2))),
    "np.frompyfunc": lambda a, b: np.sum(np.frompyfunc(lambda x: x * a, 1, 1)(np.ones(2))),
    "np.ma": lambda a, b: np.ma.masked_array([a, b], [False, True]).sum(),
    "np.nditer": lambda a, b: sum(x for x in np.nditer(np.stack([a, b]))),
    "np.ndenumerate": lambda a, b: sum(x for _, x in np.ndenumerate(np.stack([a, b]))),
    "np.lib.stride_tricks": lambda a, b: np.lib.stride_tricks.sliding_window_view(np.stack([a, b]), 2).sum(),
    "np.broadcast": lambda a, b: np.broadcast(np.stack([a, b]), 1.0),
    "np.asanyarray": lambda a, b: np.asanyarray([a, b]).sum(),
    "np.atleast_1d of a list": lambda a, b: np.atleast_1d([a, b]).sum(),
    "np.nan_to_num": lambda a, b: np.nan_to_num(np.stack([a, b])).sum(),
    "np.ascontiguousarray": lambda a, b: np.ascontiguousarray(np.stack([a, b])).sum(),
    "np.require": lambda a, b: np.require(np.stack([a, b]), float).sum(),
    "np.float32 call": lambda a, b: np.float32(a) * b,
    "ndarray constructor": lambda a, b: np.ndarray((2,), buffer=np.stack([a, b])),
    "np.copy": lambda a, b: np.copy(np.stack([a, b])).sum(),
    "np.array of one Value": lambda a, b: np.array(a) * b,
    "scalar numpy times": lambda a, b: np.float64(2).__mul__(a) * b,
    "ndarray.__add__": lambda a, b: np.sum(np.ones(2).__add__(a)) * b,
    "np.asarray of a list of arrays": lambda a, b: np.asarray([np.ones(1), a * np.ones(1)]).sum(),
    "types.SimpleNamespace": lambda a, b: types.SimpleNamespace(a=a).a * b,
}


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("row", LISTS)
def test_nothing_is_silently_dropped(row: str) -> None:
    """Either refused by name, or right: the slope along (1, 1) is that of the function on plain floats."""
    f = LISTS[row]
    a, b = Value(2.0), Value(3.0)
    try:
        out = f(a, b)
    except (AutodiffError, TypeError, ValueError, struct.error):
        return
    assert isinstance(out, Value), f"gave {type(out).__name__}: the gradient was lost"
    out.backward()
    h = 1e-6
    slope = float(f(2 + h, 3 + h) - f(2 - h, 3 - h)) / (2 * h)
    assert a.grad + b.grad == pytest.approx(slope, abs=1e-6)


def test_the_cause_names_the_way_out_where_numpy_speaks_first() -> None:
    with pytest.raises(ValueError, match="array element") as raised:
        np.zeros(3)[0] = S
    assert isinstance(raised.value.__cause__, GradientLostError)


def test_empty_arrays_work_where_numpy_does() -> None:
    for shape in ((0,), (2, 0), (0, 3)):
        x = Value(np.zeros(shape))
        for out in (
            x.sum(),
            np.prod(x),
            x * 2,
            np.exp(x),
            x.T,
            x @ x.T if x.ndim == 2 else x @ x,
            np.concatenate([x, x]),
        ):
            out.sum().backward()
            assert x.grad.shape == shape
        for transform in (ad.grad, ad.hessian):
            assert transform(np.sum)(np.zeros(shape)).size == 0
    with pytest.warns(RuntimeWarning):
        assert np.isnan(np.mean(Value(np.zeros(0))).data)
    x = Value(np.ones((2, 0)))
    assert np.max(x, axis=0).shape == (0,)
    assert np.max(x, initial=3.0).data == 3.0
    assert ad.softmax(Value(np.zeros((0, 3)))).shape == (0, 3)
    assert np.stack([x, x]).shape == (2, 2, 0)
