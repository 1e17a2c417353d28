"""Powers and roots: power, cbrt, hypot."""

from __future__ import annotations

import math
from collections.abc import Callable

from autodiff.compiler.ir import Number, Vector
from autodiff.compiler.vectormath.bits import choose, head_and_tail, layout, multiples, nearest_and_tail, parts
from autodiff.compiler.vectormath.coefficients import CBRT, EXP, POWER
from autodiff.compiler.vectormath.exponentials import LN2, any_power, normal, reduced
from autodiff.compiler.vectormath.rare import except_where

_THIRD = (1 / 3, 1.850371707708594e-17)

# --- power ----------------------------------------------------------------------------------------------------------


def power(x: Vector, y: Vector | Number) -> Vector:
    """xʸ, in all special cases as C's pow. An exponent that is a number may be written out as products and a root."""
    if isinstance(y, Vector):
        return _power(x, y)
    written_out = _BY_PRODUCTS.get(float(y))
    return written_out(x) if written_out else _power(x, x.function.constant(y, x.type))


def _root(x: Vector) -> Vector:
    """C's x^½: √x, but for −0, which gives 0, and −∞, which gives ∞."""
    return (x == -math.inf).where(math.inf, (x + 0.0).sqrt())


def _square_of(x: Vector) -> Vector:
    return x * x


_BY_PRODUCTS: dict[float, Callable[[Vector], Vector]] = {
    0.0: lambda x: x.function.constant(1.0, x.type),
    0.5: _root,
    1.0: lambda x: x,
    1.5: lambda x: x.abs() * _root(x),
    2.0: _square_of,
    3.0: lambda x: x * x * x,
    4.0: lambda x: _square_of(x * x),
    -0.5: lambda x: 1.0 / _root(x),
    -1.0: lambda x: 1.0 / x,
    -2.0: lambda x: _square_of(1.0 / x),
}
"""Exponents for which products are within the error of `power`: no factor overflows or underflows before the result."""


def _power(x: Vector, y: Vector) -> Vector:
    """exp(y·log|x|), for which the logarithm is needed to eleven more digits than a number has, then the sign."""
    size = x.abs()
    high, low = _log(size)
    product = y * high
    lost = y.fma(low, y.fma(high, -product))
    k, scale, r = reduced(product)
    r = r + lost
    less_one = (r * r).fma(EXP(r), r)
    usual = scale.fma(less_one, scale)
    rare = ~((x >= layout(x).smallest) & (x <= layout(x).largest) & (product.abs() <= normal(x)))
    return except_where(rare, usual, lambda: _with_special_cases(x, y, any_power(1.0 + less_one, k)))


def _log(size: Vector) -> tuple[Vector, Vector]:
    """log(size) as a sum of two: 2·artanh s = 2s + 2s·(t/3 + t²Q(t)), t = s², each product with what rounding lost."""
    size, missing = _made_normal(size)
    taken = parts(size)
    k, f = taken.k - missing, taken.m - 1.0

    under = f + 2.0
    under_lost = f - (under - 2.0)
    inverse = 1.0 / under
    s = f * inverse
    s_lost = inverse * s.fma(-under_lost, s.fma(-under, f))

    t = s * s
    t_lost = (s + s).fma(s_lost, s.fma(s, -t))
    third, third_lost = nearest_and_tail(size, _THIRD)
    p = t * third
    p_lost = t.fma(third, -p) + (t * t).fma(POWER(t), t.fma(third_lost, t_lost * third))

    first, first_lost = s + s, s_lost + s_lost
    second = first * p
    second_lost = first.fma(p_lost, first_lost.fma(p, first.fma(p, -second)))

    head, tail = head_and_tail(size, LN2)
    whole = k * head  # exact
    part = first + second
    part_lost = second - (part - first) + (first_lost + second_lost)
    total = whole + part
    rest = part - (total - whole) + k.fma(tail, part_lost)
    high = total + rest
    return high, rest - (high - total)


def _made_normal(size: Vector) -> tuple[Vector, Vector]:
    """(size·2ⁿ, n): n is 0 but for subnormal numbers."""
    form = layout(size)
    n, zero = float(form.digits + 2), size.function.constant(0.0, size.type)
    subnormal = size < form.smallest
    new, missing = size.function.rarely(
        subnormal.any(),
        [size, zero],
        lambda: [subnormal.where(size * 2.0**n, size), subnormal.where(zero.function.constant(n, size.type), zero)],
    )
    return new, missing


def _with_special_cases(x: Vector, y: Vector, of_size: Vector) -> Vector:
    """xʸ, given |x|ʸ, which is not yet right for x = 0, ±1, ±∞."""
    size, f = x.abs(), x.function
    infinity = f.constant(math.inf, x.type)
    at_end = ((size > 1.0) ^ (y < 0.0)).where(infinity, 0.0)
    of_size = ((size == 0.0) | (size == math.inf)).where(at_end, of_size)
    of_size = (size == 1.0).where(1.0, of_size)

    half = y * 0.5
    whole, even = y.trunc() == y, half.trunc() == half
    negative = x.bitcast(layout(x).integer) < 0
    signed = (negative & whole & ~even).where(-of_size, of_size)
    no_number = x.is_nan() | y.is_nan() | ((x < 0.0) & (size < math.inf) & ~whole)
    return ((y == 0.0) | (x == 1.0)).where(1.0, no_number.where(math.nan, signed))


# --- roots ----------------------------------------------------------------------------------------------------------


def cbrt(x: Vector) -> Vector:
    """The cube root: ∛(m·2ᵏ) = 2^q·∛(m·2^(k − 3q)), from a polynomial improved by Halley's method (1694)."""
    form, size = layout(x), x.abs()
    n = choose(x, 54, 24)

    def otherwise() -> Vector:
        """Subnormal numbers; 0, infinity and NaN are their own roots."""
        return ((size > 0.0) & (size < math.inf)).where(_cbrt(size * 2.0**n) * 2.0 ** (-n // 3), size)

    return except_where(~((size >= form.smallest) & (size <= form.largest)), _cbrt(size), otherwise).copysign(x)


def _cbrt(size: Vector) -> Vector:
    """The cube root of a normal positive number."""
    taken = parts(size)
    third, scale = multiples(taken.k, 1 / 3)
    rest = taken.k - third * 3.0
    f, type = size.function, size.type
    above, below = rest > 0.5, rest < -0.5
    root = above.where(f.constant(2 ** (1 / 3), type), below.where(f.constant(2 ** (-1 / 3), type), 1.0))
    cube = above.where(taken.m + taken.m, below.where(taken.m * 0.5, taken.m))
    y = CBRT(taken.m) * root
    missing = (-y * y).fma(y, cube)
    return y.fma(missing / cube.fma(3.0, missing * -2.0), y) * scale


def hypot(x: Vector, y: Vector) -> Vector:
    """√(x² + y²), where neither square may overflow nor both underflow; infinite if either is, even beside NaN."""
    a, b = x.abs(), y.abs()
    first = a > b
    larger, smaller = first.where(a, b), first.where(b, a)
    small, large = choose(x, 2.0**-480, 2.0**-50), choose(x, 2.0**510, 2.0**62)
    up = choose(x, 2.0**600, 2.0**100)

    def otherwise() -> Vector:
        scale = (larger < 1.0).where(x.function.constant(up, x.type), 1 / up)
        scaled = _root_of_squares(larger * scale, smaller * scale) / scale
        return ((a == math.inf) | (b == math.inf)).where(math.inf, scaled)

    return except_where(~((larger > small) & (larger < large)), _root_of_squares(larger, smaller), otherwise)


def _root_of_squares(larger: Vector, smaller: Vector) -> Vector:
    """The square of the smaller one is the one to be rounded."""
    return larger.fma(larger, smaller * smaller).sqrt()
