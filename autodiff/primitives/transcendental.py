"""Exponentials, logarithms, trigonometry, and the activations of networks: forward and derivative side by side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff.errors import DtypeError
from autodiff.operands import constant
from autodiff.primitives.kinds import ABOVE_MINUS_ONE, ABOVE_ONE, POSITIVE, UNIT, Primitive, composite, elementwise

exp = elementwise(np.exp, [lambda out: out], scalar=math.exp)
exp2 = elementwise(np.exp2, [lambda out: math.log(2) * out], scalar=lambda x: 2.0**x)
expm1 = elementwise(np.expm1, [lambda out: out + 1], scalar=math.expm1)
log = elementwise(np.log, [lambda x: 1 / x], domain=POSITIVE, scalar=math.log)
log2 = elementwise(np.log2, [lambda x: 1 / (math.log(2) * x)], domain=POSITIVE, scalar=math.log2)
log10 = elementwise(np.log10, [lambda x: 1 / (math.log(10) * x)], domain=POSITIVE, scalar=math.log10)
log1p = elementwise(np.log1p, [lambda x: 1 / (1 + x)], domain=ABOVE_MINUS_ONE, scalar=math.log1p)

sin = elementwise(np.sin, [lambda x: np.cos(x)], scalar=math.sin)
cos = elementwise(np.cos, [lambda x: -np.sin(x)], scalar=math.cos)
tan = elementwise(np.tan, [lambda out: 1 + out * out], domain=UNIT, scalar=math.tan)
arcsin = elementwise(np.arcsin, [lambda x: 1 / np.sqrt((1 - x) * (1 + x))], domain=UNIT, scalar=math.asin)
arccos = elementwise(np.arccos, [lambda x: -1 / np.sqrt((1 - x) * (1 + x))], domain=UNIT, scalar=math.acos)
arctan = elementwise(np.arctan, [lambda x: 1 / (1 + x * x)], scalar=math.atan)


def _arcsinh_slope(x: Any) -> Any:
    """1/√(1 + x²), for large real x without overflow."""
    return 1 / (np.sqrt(1 + x * x) if np.iscomplexobj(x) else np.hypot(1.0, x))


sinh = elementwise(np.sinh, [lambda x: np.cosh(x)], scalar=math.sinh)
cosh = elementwise(np.cosh, [lambda x: np.sinh(x)], scalar=math.cosh)
tanh = elementwise(np.tanh, [lambda out: 1 - out * out], scalar=math.tanh)
arcsinh = elementwise(np.arcsinh, [_arcsinh_slope], scalar=math.asinh)
arccosh = elementwise(
    np.arccosh, [lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1))], domain=ABOVE_ONE, scalar=math.acosh
)
arctanh = elementwise(np.arctanh, [lambda x: 1 / ((1 - x) * (1 + x))], domain=UNIT, scalar=math.atanh)


def _share(x: Any, y: Any, log_base: float = 1.0) -> Any:
    """The share of bˣ in bˣ + bʸ, from the difference of x and y: the sum may be too large to tell them apart.

    0 where both are −∞, as the sum itself is 0; ½ where both are +∞.
    """
    alike = (x == y) & np.isinf(x)  # whose difference is no number
    return np.where(alike & (x < 0), 0.0, sigmoid(log_base * np.where(alike, 0.0, x - y)))


logaddexp = elementwise(np.logaddexp, [lambda x, y: _share(x, y), lambda x, y: _share(y, x)])
logaddexp2 = elementwise(
    np.logaddexp2, [lambda x, y: _share(x, y, math.log(2)), lambda x, y: _share(y, x, math.log(2))]
)


def _sinc_slope(x: Any) -> Any:
    """d sinc/dx = (cos πx − sinc x)/x; near 0, where that cancels, its power series. 0 at 0."""
    z = math.pi * x
    near = np.abs(z) < 1
    small, large = np.where(near, z, 0.0), np.where(near, math.pi, z)
    series: Any = 0.0
    for k in range(14, 0, -1):  # Σ (−1)ᵏ 2k z²ᵏ⁻¹/(2k + 1)!, by Horner's rule
        series = series * (small * small) + (-1) ** k * 2 * k / math.factorial(2 * k + 1)
    return math.pi * np.where(near, series * small, (np.cos(large) - np.sin(large) / large) / large)


_sinc = elementwise(lambda x: np.sinc(x), [_sinc_slope], name="sinc")


@composite(np.sinc)
def sinc(x: Any) -> Any:
    """sin(πx)/(πx), 1 at 0."""
    return _sinc(x)


def _real_only(name: str, x: Any) -> Any:
    """x, or a list as an array; refused in the function's name if it is not made of real numbers."""
    dtype = getattr(x, "dtype", None)
    if dtype is None or dtype.kind not in "fbiu":
        x = constant(x, name)
        if np.iscomplexobj(x):
            raise DtypeError(
                f"{name} is a function of real numbers; it was given dtype {np.result_type(x)}. Take np.real or np.abs "
                "first"
            )
    return x


def _relu_forward(x: Any) -> Any:
    return np.maximum(_real_only("relu", x), 0)


def _relu_float(x: float) -> float:
    return x if x > 0 or x != x else 0.0


def _sigmoid_forward(x: Any) -> Any:
    """1/(1 + e⁻ˣ), without overflow and exact in both tails."""
    x = _real_only("sigmoid", x)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)


def _sigmoid_float(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


relu = elementwise(_relu_forward, [lambda out: out > 0], scalar=_relu_float, name="relu")
sigmoid: Primitive = elementwise(
    _sigmoid_forward, [lambda x, out: out * sigmoid(-x)], scalar=_sigmoid_float, name="sigmoid"
)
softplus = elementwise(lambda x: np.logaddexp(_real_only("softplus", x), 0.0), [lambda x: sigmoid(x)], name="softplus")
