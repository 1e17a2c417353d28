"""What the tests ask of a differentiable function, whatever it is made of.

The reference knows no rule: NumPy for values, `autodiff.testing.directional_difference` (with its own estimate of its
error) for derivatives. For complex numbers every pairing is the real part of Σ a·b, without conjugation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import autodiff as ad
from autodiff.containers import flatten, map_leaves, restore
from autodiff.primitives import TABLE
from autodiff.testing import directional_difference

Function = Callable[..., Any]


class ImpreciseError(AssertionError):
    """The reference itself is not sure here: a kink or a pole is near. Choose another operand."""


def plain(x: Any) -> Any:
    """Containers of Values as containers of what they hold."""
    return map_leaves(lambda leaf: leaf.data if isinstance(leaf, ad.Value) else leaf, x)


def dtype_of(x: Any) -> np.dtype[Any]:
    return np.asarray(x).dtype


def assert_same(actual: Any, expected: Any, ulps: int = 2) -> None:
    """Bit for bit on arrays (−0 = 0, NaN = NaN), within some ulps on scalars; the same shapes and dtypes."""
    got, wanted = flatten(plain(actual))[0], flatten(expected)[0]
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted):
        assert np.shape(a) == np.shape(b), f"shape {np.shape(a)}, NumPy says {np.shape(b)}"
        assert dtype_of(a) == dtype_of(b), f"dtype {dtype_of(a)}, NumPy says {dtype_of(b)}"
        if np.ndim(a) == 0 and dtype_of(a).kind in "fc":
            assert_within_ulps(a, b, ulps)
        else:
            np.testing.assert_array_equal(a, b)


def assert_within_ulps(a: Any, b: Any, ulps: int) -> None:
    parts = [(a, b)] if dtype_of(b).kind != "c" else [(a.real, b.real), (a.imag, b.imag)]
    scale = np.abs(b) if dtype_of(b).kind == "c" else None
    for x, y in parts:
        with np.errstate(all="ignore"):
            near = np.abs(x - y) <= ulps * np.spacing(np.abs(y) if scale is None else scale)
        assert x == y or (np.isnan(x) and np.isnan(y)) or near, f"{a!r}, NumPy says {b!r}"


def like(x: Any, rng: np.random.Generator) -> Any:
    """Random numbers in the containers, shapes and dtypes of x; None for what is not a real or complex number."""
    leaves, structure = flatten(x)
    return restore(structure, [_like(leaf, rng) for leaf in leaves])


def _like(x: Any, rng: np.random.Generator) -> Any:
    dtype, shape = dtype_of(x), np.shape(x)
    if dtype.kind not in "fc":
        return np.zeros(shape)
    numbers = rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
    if dtype.kind == "c":
        numbers = numbers + 1j * rng.uniform(0.5, 1.5, shape)
    return numbers.astype(dtype) if isinstance(x, np.ndarray) else dtype.type(numbers)


def pairing(a: Any, b: Any) -> float:
    """Re Σ a·b over containers, in float64."""
    total = 0.0
    for x, y in zip(flatten(plain(a))[0], flatten(plain(b))[0], strict=True):
        if x is not None and y is not None and dtype_of(x).kind in "fc" and dtype_of(y).kind in "fc":
            total += float(np.real(np.sum(np.asarray(x, np.complex128) * np.asarray(y, np.complex128))))
    return total


def magnitude(a: Any, b: Any) -> float:
    """Σ |a·b|, by which rounding of the pairing scales."""
    return 1e-300 + sum(
        float(np.sum(np.abs(np.asarray(x) * np.asarray(y))))
        for x, y in zip(flatten(plain(a))[0], flatten(plain(b))[0], strict=True)
        if x is not None and y is not None
    )


def assert_close(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    for a, b in zip(flatten(plain(actual))[0], flatten(plain(expected))[0], strict=True):
        bound = tolerance * (1 + np.max(np.abs(b), initial=0.0))
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=bound, err_msg=what)


def assert_like_difference(actual: Any, difference: Any, what: str) -> None:
    """A derivative that agrees with differences within what those say of themselves."""
    fields = (flatten(plain(actual))[0], flatten(difference.derivative)[0], flatten(difference.error)[0])
    for a, d, error in zip(*fields, strict=True):
        if np.any(error > 1e-4 * (1 + np.abs(d))):
            raise ImpreciseError(f"{what}: differences know this only within {np.max(error):.1e}")
        worst = np.abs(a - d) - 10 * error - 1e-9 * (1 + np.abs(d))
        assert np.all(worst <= 0), f"{what}: {a}, differences say {d} ± {error}"


def rounding(x: Any) -> float:
    """A tolerance for a short computation in the precision of x."""
    kinds = [dtype_of(leaf) for leaf in flatten(x)[0]]
    return 2e-4 if any(k in (np.dtype(np.float32), np.dtype(np.complex64)) for k in kinds) else 1e-10


def gradient_function(f: Function, cotangent: Any) -> Function:
    """x ↦ Jᵀ(x)·cotangent: what second derivatives are derivatives of."""
    return lambda *xs: ad.vjp(f, *xs)[1](cotangent)


def check_first(f: Function, *operands: Any, differences: bool = True, exact: bool = True) -> None:
    """Values as NumPy's, gradients of the right shape and dtype, both modes transposes of each other and right."""
    rng = np.random.default_rng(1)
    expected = f(*operands)
    out, pull = ad.vjp(f, *operands)
    if exact:
        assert_same(out, expected)
        assert_same(plain(f(*(ad.Value(x) for x in operands))), expected)
    cotangent, tangents = like(expected, rng), like(operands, rng)
    gradients, (_, push) = pull(cotangent), ad.jvp(f, operands, tangents)
    for g, x in zip(gradients, operands, strict=True):
        assert np.shape(g) == np.shape(x), f"gradient of shape {np.shape(g)} for an operand of shape {np.shape(x)}"
        assert dtype_of(g) == dtype_of(x), f"gradient of dtype {dtype_of(g)} for an operand of dtype {dtype_of(x)}"
    for t, o in zip(flatten(push)[0], flatten(expected)[0], strict=True):
        assert np.shape(t) == np.shape(o), f"tangent of shape {np.shape(t)} for a result of shape {np.shape(o)}"
        assert dtype_of(o).kind not in "fc" or dtype_of(t) == dtype_of(o), f"tangent of dtype {dtype_of(t)}"
    scale = magnitude(gradients, tangents) + magnitude(cotangent, push)
    apart = abs(pairing(cotangent, push) - pairing(gradients, tangents))
    assert apart <= rounding(operands) * scale, f"⟨g, J·t⟩ and ⟨Jᵀg, t⟩ differ by {apart} of {scale}"
    if differences:
        assert_like_difference(push, directional_difference(f, operands, tangents), "forward mode")
        slope = directional_difference(lambda *xs: pairing(cotangent, f(*xs)), operands, tangents)
        assert_like_difference(pairing(gradients, tangents), slope, "reverse mode")


def check_second(f: Function, *operands: Any, differences: bool = True) -> None:
    """The derivative of the gradient: forward over reverse = reverse over reverse = differences, and symmetric."""
    rng = np.random.default_rng(2)
    gradient = gradient_function(f, like(f(*operands), rng))
    left, right = like(operands, rng), like(operands, rng)
    _, forward = ad.jvp(gradient, operands, right)
    _, mirrored = ad.jvp(gradient, operands, left)
    backward = ad.vjp(gradient, *operands)[1](left)
    for g, h, x in zip(forward, backward, operands, strict=True):
        assert np.shape(g) == np.shape(h) == np.shape(x)
        assert dtype_of(g) == dtype_of(h) == dtype_of(x)
    scale = 1 + magnitude(left, forward) + magnitude(right, backward)
    ours = pairing(left, forward)
    assert abs(ours - pairing(right, backward)) <= rounding(operands) * scale, "forward and reverse over reverse differ"
    assert abs(ours - pairing(right, mirrored)) <= rounding(operands) * scale, "second derivatives are not symmetric"
    if differences:
        assert_like_difference(forward, directional_difference(gradient, operands, right), "second order")


def check(f: Function, *operands: Any, order: int = 2, single: bool = True, exact: bool = True) -> None:
    """Everything above for float64 (complex128) operands and, with `single`, for their float32 (complex64) twins."""
    check_first(f, *operands, exact=exact)
    if order > 1:
        check_second(f, *operands)
    if single:
        halves = tuple(in_single(x) for x in operands)
        check_first(f, *halves, differences=False, exact=exact)
        seed = like(f(*operands), np.random.default_rng(3))
        ours = ad.vjp(f, *halves)[1](map_leaves(in_single, seed))
        assert_close(ours, ad.vjp(f, *operands)[1](seed), 1e-3, "float32 and float64 gradients differ")
        if order > 1:
            check_second(f, *halves, differences=False)


def in_single(x: Any) -> Any:
    """x in half the precision."""
    dtype = {"f": np.float32, "c": np.complex64}.get(dtype_of(x).kind)
    return x if dtype is None else np.asarray(x).astype(dtype)[()]


def recorded_operations(values: Iterable[Any]) -> set[Any]:
    """The primitives in the graphs that lead to some Values."""
    seen: set[Any] = set()
    stack = [v for v in flatten(list(values))[0] if isinstance(v, ad.Value)]
    found = set()
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node._primitive is not None:
            found.add(node._primitive)
            stack += [operand for operand in node._operands if operand is not None]
    return found


def check_closure(f: Function, *operands: Any) -> None:
    """Whatever the first and second derivatives, in both modes, are made of stands in the table."""
    rng = np.random.default_rng(4)
    values = [ad.Value(x) for x in operands]
    tangents = like(operands, rng)
    gradient = gradient_function(f, like(f(*operands), rng))
    second = ad.vjp(gradient, *values)[1](tangents)
    made = [f(*values), gradient(*values), second, ad.jvp(f, tuple(values), tangents)[1]]
    made.append(ad.jvp(gradient, tuple(values), tangents)[1])
    for primitive in recorded_operations(made):
        assert TABLE.get(primitive.name) is primitive, f"{primitive} is not in the table"
