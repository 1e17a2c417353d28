"""Conjugate, real and imaginary part, angle. What a gradient is there: docs/conventions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.primitives.kinds import NONZERO, composite, elementwise, linear

conjugate = linear(np.conjugate, [lambda g: np.conjugate(g)])
real = elementwise(np.real, [1], name="real")
imag = elementwise(lambda x: np.imag(x), [-1j], name="imag")
angle_ = elementwise(
    lambda x: np.angle(x), [lambda x: -1j / x if np.iscomplexobj(x) else 0.0 * x], domain=NONZERO, name="angle"
)


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
