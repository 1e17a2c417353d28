"""Conjugate, real and imaginary part, angle, sign. What a gradient is there: docs/conventions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.primitives.arithmetic import over
from autodiff.primitives.kinds import NONZERO, composite, elementwise, linear, primitive
from autodiff.primitives.nondifferentiable import sign

conjugate = linear(np.conjugate, [lambda g: np.conjugate(g)])
real = elementwise(np.real, [1], name="real")
imag = elementwise(lambda x: np.imag(x), [-1j], name="imag")
angle_ = elementwise(
    lambda x: np.angle(x), [lambda x: -1j / x if np.iscomplexobj(x) else 0.0 * x], domain=NONZERO, name="angle"
)


_sign_of_complex = primitive(
    lambda x: np.sign(x),
    [lambda g, x, out: over(g - np.real(g * out) * np.conj(out), np.abs(x))],
    jvp=lambda tangents, x, out: over(tangents[0] - np.real(tangents[0] * np.conj(out)) * out, np.abs(x)),
    name="sign_of_complex",
)
"""x/|x|: a change of x along itself changes nothing."""


@composite(np.sign)
def sign_(x: Any, /) -> Any:
    """−1, 0 or 1, without a gradient; x/|x| for complex x, with one (0 at 0)."""
    return _sign_of_complex(x) if np.iscomplexobj(x) else sign(x)


@composite(np.real)
def real_part(val: Any) -> Any:
    """The real part."""
    return real(val)


@composite(np.imag)
def imaginary_part(val: Any) -> Any:
    """The imaginary part; 0 for real values."""
    return imag(val)


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The argument of a complex value, in radians or degrees."""
    radians_ = angle_(z)
    return radians_ * (180 / math.pi) if deg else radians_
