"""Bessel functions and hypergeometric functions: contiguous orders give the derivative in the argument.

None is known here in the order or in a parameter: an order that carries a gradient is refused by name.
Source: NIST Digital Library of Mathematical Functions (DLMF), 10.6, 10.29, 13.3, 15.5, 16.3.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autodiff.errors import DtypeError
from autodiff.primitives.kinds import POSITIVE, elementwise
from autodiff.primitives.special.ordered import ordered

j0 = elementwise(sp.j0, [lambda x: -sp.j1(x)], name="bessel_j0")
j1 = elementwise(sp.j1, [lambda x: 0.5 * (sp.j0(x) - sp.jv(2, x))], name="bessel_j1")
jv = ordered(sp.jv, [None, lambda v, x: 0.5 * (sp.jv(v - 1, x) - sp.jv(v + 1, x))])
y0 = elementwise(sp.y0, [lambda x: -sp.y1(x)], domain=POSITIVE, name="bessel_y0")
y1 = elementwise(sp.y1, [lambda x: 0.5 * (sp.y0(x) - sp.yv(2, x))], domain=POSITIVE, name="bessel_y1")
yv = ordered(sp.yv, [None, lambda v, x: 0.5 * (sp.yv(v - 1, x) - sp.yv(v + 1, x))])
yn = ordered(sp.yn, [None, lambda v, x: 0.5 * (sp.yn(v - 1, x) - sp.yn(v + 1, x))])

i0 = elementwise(sp.i0, [lambda x: sp.i1(x)], name="bessel_i0")
i1 = elementwise(sp.i1, [lambda x: 0.5 * (sp.i0(x) + sp.iv(2, x))], name="bessel_i1")
iv = ordered(sp.iv, [None, lambda v, x: 0.5 * (sp.iv(v - 1, x) + sp.iv(v + 1, x))])
k0 = elementwise(sp.k0, [lambda x: -sp.k1(x)], domain=POSITIVE, name="bessel_k0")
k1 = elementwise(sp.k1, [lambda x: -0.5 * (sp.k0(x) + sp.kv(2, x))], domain=POSITIVE, name="bessel_k1")
kv = ordered(sp.kv, [None, lambda v, x: -0.5 * (sp.kv(v - 1, x) + sp.kv(v + 1, x))])
kn = ordered(sp.kn, [None, lambda v, x: -0.5 * (sp.kv(v - 1, x) + sp.kv(v + 1, x))])

# --- scaled by exponentials -------------------------------------------------------------------------------------------


def _ive_slope(v: Any, x: Any) -> Any:
    if np.iscomplexobj(x):
        raise DtypeError("ive of complex numbers is not analytic (it is scaled by exp(-|Re z|)); write np.exp and iv")
    return 0.5 * (sp.ive(v - 1, x) + sp.ive(v + 1, x)) - np.sign(x) * sp.ive(v, x)


FAR = 25.0
"""From here on 20 terms of an expansion in 1/x are exact in double precision."""


def _expansion_of_difference(x: Any, sign: int) -> Any:
    """Σ_{k≥1} signᵏ (aₖ(0) − aₖ(1))/xᵏ, where orders 0 and 1 cancel. DLMF 10.40.1 and 10.40.2, aₖ by 10.17.1."""
    zero, one, coefficients = 1.0, 1.0, []
    for k in range(1, 21):
        zero *= -((2 * k - 1) ** 2) / (8 * k)
        one *= (4 - (2 * k - 1) ** 2) / (8 * k)
        coefficients.append(sign**k * (zero - one))
    total: Any = 0.0
    for c in reversed(coefficients):
        total = (total + c) / x
    return total


def _i0e_minus_i1e(size: Any) -> Any:
    """i0e − i1e of a positive number."""
    far = size > FAR
    near, large = np.where(far, 0.0, size), np.where(far, size, FAR)
    expansion = _expansion_of_difference(large, -1) / np.sqrt(2 * math.pi * large)
    return np.where(far, expansion, sp.i0e(near) - sp.i1e(near))


def _i1e_slope(x: Any, out: Any) -> Any:
    """i0e − i1e − i1e/x in size; near 0, where the last one is 0/0, by the next order."""
    size = np.abs(x)
    far = size > FAR
    near, large = np.where(far, 0.0, size), np.where(far, size, FAR)
    close = 0.5 * (sp.i0e(near) + sp.ive(2, near)) - sp.i1e(near)
    return np.where(far, _i0e_minus_i1e(large) - sp.i1e(large) / large, close)


def _k1e_minus_k0e(x: Any) -> Any:
    far = x > FAR
    near, large = np.where(far, 1.0, x), np.where(far, x, FAR)
    expansion = -_expansion_of_difference(large, 1) * np.sqrt(0.5 * math.pi / large)
    return np.where(far, expansion, sp.k1e(near) - sp.k0e(near))


i0e = elementwise(sp.i0e, [lambda x: -np.sign(x) * _i0e_minus_i1e(np.abs(x))], name="bessel_i0e")
i1e = elementwise(sp.i1e, [_i1e_slope], name="bessel_i1e")
ive = ordered(sp.ive, [None, _ive_slope])
k0e = elementwise(sp.k0e, [lambda x: -_k1e_minus_k0e(x)], domain=POSITIVE, name="bessel_k0e")
k1e = elementwise(sp.k1e, [lambda x, out: _k1e_minus_k0e(x) - out / x], domain=POSITIVE, name="bessel_k1e")
kve = ordered(sp.kve, [None, lambda v, x: sp.kve(v, x) - 0.5 * (sp.kve(v - 1, x) + sp.kve(v + 1, x))])

# --- hypergeometric functions -----------------------------------------------------------------------------------------

hyp0f1 = ordered(sp.hyp0f1, [None, lambda v, z: sp.hyp0f1(v + 1, z) / v], parameters=("parameter",))
hyp1f1 = ordered(
    sp.hyp1f1,
    [None, None, lambda a, b, z: a / b * sp.hyp1f1(a + 1, b + 1, z)],
    parameters=("parameter a", "parameter b"),
)
hyp2f1 = ordered(
    sp.hyp2f1,
    [None, None, None, lambda a, b, c, z: a * b / c * sp.hyp2f1(a + 1, b + 1, c + 1, z)],
    parameters=("parameter a", "parameter b", "parameter c"),
)
hyperu = ordered(
    sp.hyperu,
    [None, None, lambda a, b, z: -a * sp.hyperu(a + 1, b + 1, z)],
    parameters=("parameter a", "parameter b"),
)
