"""Discrete Fourier transforms. The DFT matrix is symmetric, so each transform is its own transpose.

Of a real array, half of the spectrum says everything: rfft keeps that, irfft takes it. Each is the other's adjoint, but
that a number of the half spectrum stands for two, unless it is that of frequency 0 or of the highest of an even length.
These two are real: irfft does not look at their imaginary parts, whose gradient is 0.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.primitives.keywords import listed, refuse
from autodiff.primitives.kinds import composite, linear
from autodiff.primitives.shaping import axis_of

_OPPOSITE: dict[Any, Any] = {"backward": "forward", None: "forward", "ortho": "ortho", "forward": "backward"}


def _opposite(norm: Any, function: str) -> Any:
    """The norm with which a transform in the other direction has the same factor."""
    if norm not in _OPPOSITE:
        raise ArgumentError(f"np.fft.{function} takes norm 'backward', 'ortho' or 'forward', was given {norm!r}")
    return _OPPOSITE[norm]


def _resized(g: Any, n: int, axis: int) -> Any:
    """g cut or zero-padded to length n: the adjoint of padding or cutting before the transform."""
    length = g.shape[axis]
    lead = (slice(None),) * axis
    if n <= length:
        return g[(*lead, slice(0, n))]
    return np.pad(g, tuple((0, n - length) if i == axis else (0, 0) for i in range(g.ndim)))


def _fft_adjoint(g: Any, x_like: Any, n: int, axis: int, norm: Any) -> Any:
    return _resized(np.fft.fft(g, n, axis, norm), x_like.shape[axis], axis)


def _ifft_adjoint(g: Any, x_like: Any, n: int, axis: int, norm: Any) -> Any:
    return _resized(np.fft.ifft(g, n, axis, norm), x_like.shape[axis], axis)


def _weights(like: Any, n: int, axis: int, inner: float) -> Any:
    """1 for frequency 0, and for the highest if n is even; `inner` for those between, which stand for two."""
    single = np.arange(n // 2 + 1) % n == 0 if n % 2 else np.arange(n // 2 + 1) % (n // 2) == 0
    weights = np.where(single, 1.0, inner).astype(np.zeros(0, like.dtype).real.dtype)
    return weights.reshape((-1,) + (1,) * (np.ndim(like) - axis - 1))


def _rfft_adjoint(g: Any, x_like: Any, n: int, axis: int, norm: Any) -> Any:
    """Re Σ gₖ exp(−2πi jk/n): irfft of the conjugate, the inner frequencies halved as irfft takes them twice."""
    halved = np.conjugate(g) * _weights(g, n, axis, 0.5)
    return _resized(np.fft.irfft(halved, n, axis, _OPPOSITE[norm]), x_like.shape[axis], axis)


def _irfft_adjoint(g: Any, x_like: Any, n: int, axis: int, norm: Any) -> Any:
    doubled = np.conjugate(np.fft.rfft(g, n, axis, _OPPOSITE[norm])) * _weights(g, n, axis, 2.0)
    return _resized(doubled, x_like.shape[axis], axis)


_fft = linear(lambda x, *, n, axis, norm: np.fft.fft(x, n, axis, norm), [_fft_adjoint], name="fft")
_ifft = linear(lambda x, *, n, axis, norm: np.fft.ifft(x, n, axis, norm), [_ifft_adjoint], name="ifft")
_rfft = linear(lambda x, *, n, axis, norm: np.fft.rfft(x, n, axis, norm), [_rfft_adjoint], name="rfft")
_irfft = linear(lambda x, *, n, axis, norm: np.fft.irfft(x, n, axis, norm), [_irfft_adjoint], name="irfft")


# --- NumPy's signatures over them: one axis ---------------------------------------------------------------------------


def _along(transform: Any, a: Any, n: Any, axis: Any, norm: Any, out: Any, name: str, half: bool = False) -> Any:
    """A transform along one axis; `half`: the length is that of the real array whose half spectrum a is."""
    refuse(f"fft.{name}", out=out)
    axis = axis_of(a, axis, f"fft.{name}")
    if n is None:
        n = (a.shape[axis] - 1) * 2 if half else a.shape[axis]
    n = operator.index(n)
    if n < 1:
        raise ShapeError(
            f"np.fft.{name} transforms one number at least, and {n} were asked for; the shape is {a.shape}"
        )
    return transform(a, n=n, axis=axis, norm=_OPPOSITE[_opposite(norm, name)])


@composite(np.fft.fft)
def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """X[k] = Σ x[j]·exp(−2πi jk/n)."""
    return _along(_fft, a, n, axis, norm, out, "fft")


@composite(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """x[j] = (1/n) Σ X[k]·exp(2πi jk/n)."""
    return _along(_ifft, a, n, axis, norm, out, "ifft")


@composite(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The frequencies 0 to n/2 of a real array."""
    if a.dtype.kind == "c":
        raise DtypeError("np.fft.rfft takes real numbers, this Value is complex; use np.fft.fft, or np.real of it")
    return _along(_rfft, a, n, axis, norm, out, "rfft")


@composite(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The real array of length n (2(m − 1) if None) whose frequencies 0 to n/2 are a."""
    return _along(_irfft, a, n, axis, norm, out, "irfft", half=True)


@composite(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The real spectrum of a signal with Hermitian symmetry, of which a is one half."""
    norm = _opposite(norm, "hfft")
    return _along(_irfft, np.conjugate(a), n, axis, norm, out, "hfft", half=True)


@composite(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The half of a signal with Hermitian symmetry whose spectrum is the real array a."""
    norm = _opposite(norm, "ihfft")
    if a.dtype.kind == "c":
        raise DtypeError("np.fft.ihfft takes real numbers, this Value is complex; take np.real of it")
    return np.conjugate(_along(_rfft, a, n, axis, norm, out, "ihfft"))


# --- several axes -----------------------------------------------------------------------------------------------------


def _shape_and_axes(a: Any, s: Any, axes: Any, name: str, half: bool = False) -> list[tuple[int, int]]:
    """(length, axis) of each transform; −1 in s is the length that the axis has."""
    s, axes = listed(s), listed(axes)
    if axes is None:
        axes = tuple(range(-(np.ndim(a) if s is None else len(s)), 0))
        if s is not None:
            warnings.warn(
                f"np.fft.{name}: `axes` should not be None if `s` is not None (deprecated in NumPy 2.0)",
                DeprecationWarning,
                stacklevel=4,
            )
    axes = axes if isinstance(axes, tuple) else (axes,)
    whole = s is None
    lengths = [-1] * len(axes) if s is None else [operator.index(n) for n in s]
    if len(lengths) != len(axes):
        raise ShapeError(f"np.fft.{name} takes as many lengths s as axes, was given {tuple(lengths)} and {axes}")
    if not axes:
        return []
    numbers = [axis_of(a, axis, f"fft.{name}") for axis in axes]
    lengths = [a.shape[axis] if n == -1 else n for n, axis in zip(lengths, numbers)]
    if half and whole:
        lengths[-1] = (a.shape[numbers[-1]] - 1) * 2
    return list(zip(lengths, numbers))


def _each(transform: Callable[..., Any], a: Any, steps: Sequence[tuple[int, int]], norm: Any) -> Any:
    for n, axis in steps:
        a = transform(a, n, axis, norm)
    return a


@composite(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """fft along several axes (all if None), the last first."""
    refuse("fft.fftn", out=out)
    return _each(np.fft.fft, a, _shape_and_axes(a, s, axes, "fftn")[::-1], norm)


@composite(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """ifft along several axes (all if None), the last first."""
    refuse("fft.ifftn", out=out)
    return _each(np.fft.ifft, a, _shape_and_axes(a, s, axes, "ifftn")[::-1], norm)


@composite(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """rfft along the last of several axes, then fft along the others."""
    refuse("fft.rfftn", out=out)
    *others, (n, axis) = _steps(a, s, axes, "rfftn")
    return _each(np.fft.fft, np.fft.rfft(a, n, axis, norm), others[::-1], norm)


@composite(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """ifft along several axes but the last, then irfft along that."""
    refuse("fft.irfftn", out=out)
    *others, (n, axis) = _steps(a, s, axes, "irfftn", half=True)
    return np.fft.irfft(_each(np.fft.ifft, a, others, norm), n, axis, norm)


def _steps(a: Any, s: Any, axes: Any, name: str, half: bool = False) -> list[tuple[int, int]]:
    steps = _shape_and_axes(a, s, axes, name, half)
    if not steps:
        raise ShapeError(f"np.fft.{name} transforms along one axis at least, and was given none")
    return steps


@composite(np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """fft along two axes."""
    refuse("fft.fft2", out=out)
    return fftn(a, s, axes, norm)


@composite(np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """ifft along two axes."""
    refuse("fft.ifft2", out=out)
    return ifftn(a, s, axes, norm)


@composite(np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """rfft along the second of two axes, fft along the first."""
    refuse("fft.rfft2", out=out)
    return rfftn(a, s, axes, norm)


@composite(np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """ifft along the first of two axes, irfft along the second."""
    refuse("fft.irfft2", out=out)
    return irfftn(a, s, axes, norm)


# --- the order of frequencies -----------------------------------------------------------------------------------------


def _shifted(x: Any, axes: Any, name: str, shift: Callable[[int], int]) -> Any:
    axes = listed(axes)
    axes = tuple(range(np.ndim(x))) if axes is None else axes if isinstance(axes, tuple) else (axes,)
    numbers = tuple(axis_of(x, axis, f"fft.{name}") for axis in axes)
    return np.roll(x, tuple(shift(x.shape[axis]) for axis in numbers), numbers)


@composite(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """Frequency 0 moved to the middle of axes (all if None)."""
    return _shifted(x, axes, "fftshift", lambda n: n // 2)


@composite(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """Frequency 0 moved from the middle of axes (all if None) to the front."""
    return _shifted(x, axes, "ifftshift", lambda n: -(n // 2))
