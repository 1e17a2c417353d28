"""Hypothesis strategies: shapes, arrays, Values, and whole differentiable programs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, MissingDependencyError
from autodiff.operands import plain_scalar
from autodiff.primitives.kinds import REAL, Domain
from autodiff.testing.programs import Expression, Workshop
from autodiff.testing.vocabulary import Step, vocabulary
from autodiff.value import Value

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as numpy_strategies
except ImportError as error:
    raise MissingDependencyError(
        "autodiff.testing's strategies need Hypothesis; install it with: pip install 'autodiff[testing]'"
    ) from error

GRID = 8  # values are multiples of 1/8: exact in every dtype, easy to read, well apart


def shapes(
    min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4
) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of arrays, () first. min_side=0 draws empty ones too."""
    return numpy_strategies.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)


def arrays(
    shape: tuple[int, ...] | st.SearchStrategy[tuple[int, ...]] | None = None,
    dtype: Any = np.float64,
    domain: Domain = REAL,
) -> st.SearchStrategy[np.ndarray[Any, np.dtype[Any]]]:
    """Arrays of well-conditioned numbers: multiples of 1/8, small, inside the domain and off its edges.

    shape: a shape or a strategy for shapes; any of `shapes()` by default · dtype: float32, float64, complex64 or
    complex128; of complex numbers both parts lie in the domain

    >>> arrays((2,), np.float32).filter(lambda x: x[0] > 0) is not None
    True
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "fc":
        raise ArgumentError(f"arrays() draws floating-point and complex arrays; it was asked for dtype {dtype}")
    parts = st.sampled_from(_grid(domain))
    elements: st.SearchStrategy[Any] = st.builds(complex, parts, parts) if dtype.kind == "c" else parts
    return numpy_strategies.arrays(dtype, shapes() if shape is None else shape, elements=elements, fill=st.nothing())


def _grid(domain: Domain) -> list[float]:
    """Multiples of 1/8 in the domain, the simplest first."""
    low = domain.low if np.isfinite(domain.low) else min(-2.0, domain.high - 4)
    high = domain.high if np.isfinite(domain.high) else max(2.0, low + 2)
    numbers = [k / GRID for k in range(int(low * GRID), int(high * GRID) + 1) if low < k / GRID < high]
    numbers = [x for x in numbers if domain.hole is None or abs(x - domain.hole) > 0.5 / GRID]
    return sorted(numbers, key=lambda x: (abs(x - round(x)) > 0, abs(x), x < 0))


def values(
    shape: tuple[int, ...] | st.SearchStrategy[tuple[int, ...]] | None = None,
    dtype: Any = np.float64,
    domain: Domain = REAL,
) -> st.SearchStrategy[Value]:
    """Values around such arrays. Arguments as for `arrays`."""
    return arrays(shape, dtype, domain).map(Value)


@st.composite
def expressions(
    draw: st.DrawFn, dtype: Any = np.float64, max_inputs: int = 3, max_operations: int = 8, scalar: bool = False
) -> Expression:
    """Random differentiable programs: a DAG of operations with shared nodes, and inputs where it is well conditioned.

    dtype: of the inputs, float32 or float64 · scalar: the result is summed up to shape ()
    Inputs broadcast against one another; those of shape () in float64 are Python floats. Operations come from the
    table (elementwise, with operands brought into their domains), and are reductions, products, shaping and indexing.
    An operation that would not fit, overflow, or meet a kink is left out. Shrinks to few, simple operations.
    """
    count = draw(st.integers(1, max_inputs))
    drawn = draw(numpy_strategies.mutually_broadcastable_shapes(num_shapes=count, min_side=1, max_dims=2, max_side=3))
    workshop = Workshop([plain_scalar(draw(arrays(shape, dtype))) for shape in drawn.input_shapes])
    numbers = st.integers(0, 7)
    steps = st.lists(st.tuples(_steps(), numbers, numbers, numbers), min_size=1, max_size=max_operations)
    for step, a, b, choice in draw(steps):
        latest = workshop.names[::-1]
        near = latest[:2]  # one operand is a late one, so that programs grow deep
        workshop.add(step(workshop, near[a % len(near)], latest[b % len(latest)], choice))
    if scalar and np.shape(workshop.value(workshop.names[-1])) != ():
        last = workshop.names[-1]
        if not workshop.add(f"np.sum({last})"):  # too large a sum
            workshop.add(f"np.mean({last})")
    return workshop.finished()


@cache
def _steps() -> st.SearchStrategy[Step]:
    return st.sampled_from(list(vocabulary().values()))
