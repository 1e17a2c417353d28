"""Numbers as a picture shows them: four significant digits, small arrays whole, larger ones as statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autodiff.fitting import is_plain

NUMBERS = (int, float, complex, np.ndarray, np.generic)
"""What can be looked at without computing anything."""

WHOLE = 6
"""Arrays with at most this many elements, in at most two axes, are shown number by number."""


SHORT = 24
"""A small matrix whose text is no longer than this stands on one line."""


def number(x: Any) -> str:
    """A number to four significant digits.

    >>> number(2 / 3), number(-3.0), number(1.5e-7), number(1 - 2j), number(-0.0)
    ('0.6667', '-3', '1.5e-7', '1-2j', '0')
    """
    kind = np.result_type(x).kind
    if kind == "b":
        return str(bool(x))
    if kind == "c":
        real, imaginary = number(x.real), number(x.imag)
        return f"{real}{'' if imaginary.startswith('-') else '+'}{imaginary}j"
    if kind in "iu" and -(10**6) < x < 10**6:
        return str(int(x))
    digits, _, exponent = f"{float(x):.4g}".partition("e")
    if exponent:
        return f"{digits}e{int(exponent)}"
    return "0" if digits == "-0" else digits


def span(data: Any) -> str:
    """The range of an array: "least … largest", one number if they are equal; |·| for complex arrays.

    >>> span(np.array([0.25, 1.0])), span(np.ones(3))
    ('0.25 … 1', '1')
    """
    if data.size == 0:
        return "empty"
    if data.dtype.kind == "c" and (data != data.flat[0]).any():
        return f"|·| {span(np.abs(data))}"
    low, high = (data.flat[0],) * 2 if data.dtype.kind == "c" else (data.min(), data.max())
    low_text, high_text = number(low), number(high)
    return low_text if low_text == high_text else f"{low_text} … {high_text}"


def brief(data: Any) -> str:
    """A number or array in one short line: every number if they fit, the range otherwise.

    >>> brief(np.array(0.5)), brief(np.array([0.25, 1.0])), brief(np.arange(100.0))
    ('0.5', '[0.25, 1]', '0 … 99')
    """
    array = np.asarray(data)
    if array.ndim == 0:
        return number(array[()])
    text = span(array)
    if "…" in text and array.size <= WHOLE and array.ndim <= 2:
        whole = _whole(array)
        return whole[0] if len(whole) == 1 and len(whole[0]) <= SHORT else text
    return text


def shown(data: Any) -> tuple[str, ...]:
    """What a picture says about a number, an array or a tuple of them: one or more lines.

    >>> shown(np.array([[1.0, 2.0], [3.0, 4.0]])), shown(np.array([[0.5, 1000.0, 0.25], [-0.125, 0.0, 1e-9]]))
    (('[[1, 2], [3, 4]]',), ('[[0.5, 1000, 0.25]', ' [-0.125, 0, 1e-9]]'))
    >>> shown(np.arange(100.0))
    ('0 … 99', 'mean 49.5')
    """
    if type(data) is tuple:
        return tuple(line for part in data for line in shown(part))
    if data is None:
        return ("0",)
    if not isinstance(data, NUMBERS):
        return (f"not computed yet ({type(data).__name__})",)
    array = np.asarray(data)
    if array.ndim == 0:
        return (number(array[()]),)
    if array.size == 0:
        return ("empty",)
    if array.size <= WHOLE and array.ndim <= 2:
        return _whole(array)
    with np.errstate(all="ignore"):
        text = span(array)
        if "…" not in text:
            return (f"all {text}",)
        if array.dtype.kind not in "fc":
            return (text,)
        mean = array.mean(dtype=np.result_type(array.dtype, np.float64))
        rounding = abs(mean) < 1e-13 * np.abs(array).max()  # what is left of a sum that cancels
        return text, "mean ≈ 0" if rounding else f"mean {number(mean)}"


def _whole(array: NDArray[Any]) -> tuple[str, ...]:
    rows = [f"[{', '.join(map(number, row))}]" for row in np.atleast_2d(array)]
    if array.ndim == 1:
        return (rows[0],)
    rows = [("[" if i == 0 else " ") + row for i, row in enumerate(rows)]
    rows[-1] += "]"
    in_a_row = ",".join(rows)
    return (in_a_row,) if len(in_a_row) <= SHORT else tuple(rows)


def magnitude(g: Any) -> float | None:
    """The largest |element| of a gradient, for its colour; None where there is none or it would have to be computed.

    >>> magnitude(np.array([0.5, -2.0])), magnitude(None)
    (2.0, None)
    """
    if type(g) is float:
        return abs(g)
    if type(g) is tuple:
        sizes = [size for size in map(magnitude, g) if size is not None]
        return max(sizes, key=lambda size: math.inf if math.isnan(size) else size, default=0.0)
    if g is None or not is_plain(g):
        return None
    with np.errstate(all="ignore"):
        return float(np.abs(g).max()) if np.size(g) else 0.0


def counted(n: int, noun: str) -> str:
    """A number of things, in words.

    >>> counted(1, "node"), counted(12345, "node")
    ('1 node', '12,345 nodes')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
