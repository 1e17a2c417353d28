"""Every entry gives the same however its operands lie in memory, and whatever their axes come down to.

Operands are views that the graph itself makes (transposed, with strides, reversed, an element of an array), so that the
entry and its rules meet them as they are; the arriving gradient is laid out in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff.primitives import TABLE
from autodiff.primitives.kinds import Primitive
from tests.samples import SAMPLES, Sample, made
from tests.samples.sample import Inside
from tests.test_every_primitive import DIFFERENTIABLE, ELEMENTWISE, called, inside


class Layout(NamedTuple):
    """How to keep an array so that a view of what is kept is the array again, on arrays and on Values."""

    kept: Callable[[Any], Any]
    view: Callable[[Any], Any]


LAYOUTS = {
    "transposed": Layout(lambda x: np.ascontiguousarray(np.transpose(x)), np.transpose),
    "strided": Layout(lambda x: np.repeat(x, 2, axis=-1), lambda x: x[..., ::2]),
    "strided rows": Layout(lambda x: np.repeat(x, 2, axis=0), lambda x: x[1::2]),
    "reversed": Layout(lambda x: np.ascontiguousarray(x[..., ::-1]), lambda x: x[..., ::-1]),
    "reversed rows": Layout(lambda x: np.ascontiguousarray(x[::-1]), lambda x: x[::-1]),
}
SCALAR = Layout(lambda x: np.stack([x, x]), lambda x: x[1])  # of shape (): an element of an array


def layout_of(name: str, x: Any) -> Layout:
    return LAYOUTS[name] if np.ndim(x) else SCALAR


def along(x: Any, rng: np.random.Generator) -> Any:
    return (rng.normal(size=np.shape(x)) * np.ones_like(x))[()]


def flat(out: Any) -> list[Any]:
    return list(out) if isinstance(out, tuple) else [out]


def assert_alike(actual: Any, expected: Any, what: str) -> None:
    """The same shape and dtype, and the same to the order of summation."""
    assert np.shape(actual) == np.shape(expected), what
    assert np.asarray(actual).dtype == np.asarray(expected).dtype, what
    scale = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13 * scale, err_msg=what)


def check_layout(f: Callable[..., Any], operands: tuple[Any, ...], name: str) -> None:
    """Results, gradients and tangents of f on views that lie so, against those on arrays that lie row by row."""
    layouts = [layout_of(name, x) for x in operands]
    kept = tuple(layout.kept(x) for layout, x in zip(layouts, operands))
    for layout, big, x in zip(layouts, kept, operands):
        np.testing.assert_array_equal(layout.view(big), x)

    def on_views(*bigs: Any) -> Any:
        return f(*(layout.view(big) for layout, big in zip(layouts, bigs)))

    def turned(out: Any) -> Any:
        """The gradient that arrives at what goes in here lies otherwise."""
        return layout_of(name, out).view(out) if np.ndim(out) and 0 not in np.shape(out) else out

    rng = np.random.default_rng(3)
    directions = tuple(along(x, rng) for x in operands)
    out, tangent = ad.jvp(f, operands, directions)
    viewed, moved = ad.jvp(on_views, kept, tuple(layout.kept(t) for layout, t in zip(layouts, directions)))
    for a, b in zip(flat(viewed), flat(out)):
        assert_alike(a, b, f"result, {name}")
    for a, b in zip(flat(moved), flat(tangent)):
        assert_alike(a, b, f"tangent, {name}")

    plain, pull = ad.vjp(lambda *xs: tuple(map(turned, flat(f(*xs)))), *operands)
    _, pull_views = ad.vjp(lambda *xs: tuple(map(turned, flat(on_views(*xs)))), *kept)
    cotangents = tuple(along(part, rng) for part in plain)
    for layout, g, expected in zip(layouts, pull_views(cotangents), pull(cotangents)):
        assert_alike(layout.view(g), expected, f"gradient, {name}")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name: str, layout: str) -> None:
    entry = TABLE[name]
    for shapes in (((2, 3),) * 3, ((2, 1), (3,), (2, 3)), ((), (2, 3), (1, 3))):
        operands = (inside(domain, shape, 0.0625 * i) for i, (domain, shape) in enumerate(zip(entry.domain, shapes)))
        check_layout(entry, tuple(operands)[: len(entry.rules)], layout)


CASES = [
    pytest.param(name, i, layout, id=f"{name}-{i}-{layout}")
    for name in DIFFERENTIABLE
    for i in range(len(SAMPLES.get(name, ())))
    for layout in LAYOUTS
]


def function_and_operands(name: str, number: int) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    sample = SAMPLES[name][number]
    rng = np.random.default_rng(6)
    constants = {i: x for i, x in enumerate(sample.operands) if not isinstance(x, tuple)}
    operands = tuple(made(x, rng, "real") for i, x in enumerate(sample.operands) if i not in constants)
    return called(TABLE[name], sample, constants), operands


@pytest.mark.parametrize(("name", "number", "layout"), CASES)
def test_sample(name: str, number: int, layout: str) -> None:
    check_layout(*function_and_operands(name, number), layout)


# --- axes of length 1 and 0 ------------------------------------------------------------------------------------------


def resized(operand: Any, length: int) -> Any:
    """The shape of an operand with every axis of one length; anything else as it is."""
    if isinstance(operand, Inside):
        return operand._replace(shape=(length,) * len(operand.shape))
    return (length,) * len(operand) if isinstance(operand, tuple) else operand


def as_numpy(entry: Primitive, sample: Sample) -> tuple[tuple[Any, ...], Any]:
    """Operands for a sample, and what the entry computes of them as plain arrays; an error where it raises."""
    rng = np.random.default_rng(6)
    operands = tuple(made(x, rng, "real") for x in sample.operands)
    try:
        with np.errstate(all="ignore"):  # as in the norm of nothing, of order −1
            return operands, entry.forward(*operands, **sample.keywords)
    except (ValueError, IndexError, TypeError) as error:
        return operands, error


SMALL = [
    pytest.param(name, i, length, id=f"{name}-{i}-{length}")
    for name in DIFFERENTIABLE
    if name != "simple_vectors"  # whose second operand has to fit the first
    for i in range(len(SAMPLES.get(name, ())))
    for length in (0, 1)
]


@pytest.mark.parametrize(("name", "number", "length"), SMALL)
def test_axes_of_length_one_and_zero(name: str, number: int, length: int) -> None:
    """As NumPy: the same numbers, or an error of ours where it raises; gradients in the shapes of the operands."""
    entry, sample = TABLE[name], SAMPLES[name][number]
    sample = Sample(tuple(resized(x, length) for x in sample.operands), sample.keywords)
    operands, expected = as_numpy(entry, sample)
    differentiated = [i for i, x in enumerate(sample.operands) if isinstance(x, tuple)]
    f = called(entry, sample, {i: x for i, x in enumerate(sample.operands) if not isinstance(x, tuple)})
    given = tuple(operands[i] for i in differentiated)
    if isinstance(expected, Exception):
        with pytest.raises((ad.errors.AutodiffError, np.linalg.LinAlgError)):
            f(*map(ad.Value, given))
        return
    with np.errstate(all="ignore"):
        out, pull = ad.vjp(f, *given)
    for a, b in zip(flat(out), flat(expected)):
        assert_alike(a, b, "result")
    gradients = pull(tuple(np.ones_like(part) for part in out) if isinstance(out, tuple) else np.ones_like(out))
    for g, x in zip(gradients, given):
        assert np.shape(g) == np.shape(x)
        assert np.all(np.isfinite(g))
    with np.errstate(all="ignore"):
        _, tangent = ad.jvp(f, given, tuple(np.ones_like(x)[()] for x in given))
    pairing = sum(float(np.sum(g)) for g in gradients)
    moved = sum(float(np.real(np.sum(t))) for t in flat(tangent))
    assert moved == pytest.approx(pairing, rel=1e-9, abs=1e-9)
