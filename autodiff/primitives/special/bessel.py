"""Bessel functions and hypergeometric functions: contiguous orders give the derivative in the argument.

None is known here in the order or in a parameter: an order that carries a gradient is refused by name.
Source: NIST Digital Library of Mathematical Functions (DLMF), 10.6, 10.29, 13.3, 15.5, 16.3.
"""

from __future__ import annotations

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


i0e = elementwise(sp.i0e, [lambda x, out: sp.i1e(x) - np.sign(x) * out], name="bessel_i0e")
i1e = elementwise(sp.i1e, [lambda x, out: 0.5 * (sp.i0e(x) + sp.ive(2, x)) - np.sign(x) * out], name="bessel_i1e")
ive = ordered(sp.ive, [None, _ive_slope])
k0e = elementwise(sp.k0e, [lambda x, out: out - sp.k1e(x)], domain=POSITIVE, name="bessel_k0e")
k1e = elementwise(sp.k1e, [lambda x, out: out - 0.5 * (sp.k0e(x) + sp.kve(2, x))], domain=POSITIVE, name="bessel_k1e")
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
