"""Random kernels, with the memory that they work on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autodiff.compiler.forms import Form
from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Reduce, Store, Value
from autodiff.compiler.layouts import contiguous
from autodiff.compiler.pointwise import operand_bases

from .interpreted import BINARY, DTYPES, FORMULAS, UNARY, Case

LENGTHS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 31, 33, 64, 70, 130, 1050, 1, 2, 0)
LARGEST = 3_000


@st.composite
def domains(draw: Any) -> tuple[int, ...]:
    """Lengths of up to four axes: ones, what fills vectors and what does not, nothing at all."""
    lengths: list[int] = []
    for _ in range(draw(st.sampled_from([1, 2, 3, 4, 3, 2, 1, 0]))):
        room = LARGEST // math.prod(n or 1 for n in lengths)
        lengths.append(draw(st.sampled_from([n for n in LENGTHS if n <= room])))
    return tuple(lengths)


def numbers(dtype: str, count: int, rng: np.random.Generator, wild: bool) -> Any:
    """Small numbers of few bits; wild ones hold infinities, NaN and the largest integers, too."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.integers(0, 2, count).astype(bool)
    if kind == "i":
        special = [np.iinfo(dtype).min, np.iinfo(dtype).max]
        found = rng.integers(-5, 6, count).astype(dtype)
    else:
        special = [math.inf, -math.inf, math.nan, -0.0]
        found = (rng.integers(-16, 17, count) / 8).astype(dtype)
    return np.where(rng.random(count) < 0.05, rng.choice(np.array(special, dtype), count), found) if wild else found


def reducible(domain: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The axes that a kernel can reduce over: the last one only with all from the first one on (but for ones)."""
    axes = [axis for axis, n in enumerate(domain) if n != 1]

    def is_fine(chosen: tuple[int, ...]) -> bool:
        inside = [axis in chosen for axis in axes]
        return not inside or not inside[-1] or all(inside[inside.index(True) :])

    every = (chosen for n in range(1, len(domain) + 1) for chosen in combinations(range(len(domain)), n))
    return [chosen for chosen in every if is_fine(chosen)]


class Maker:
    """A kernel and its memory, drawn piece by piece.

    margin: elements around those that are used; they have to stay as they are
    """

    def __init__(self, draw: Any, domain: tuple[int, ...], margin: int = 3) -> None:
        self.draw, self.domain, self.margin = draw, domain, margin
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        self.wild = draw(st.booleans())
        self.values: list[Value] = []
        self.buffers: list[Any] = []
        self.places: list[tuple[int, int]] = []

    # --- memory -----------------------------------------------------------------------------------------------------

    def memory(self, dtype: str, least: int, most: int) -> int:
        """A pointer into a new array, in which all places from least to most exist, and some around them."""
        self.buffers.append(numbers(dtype, most - least + 1 + 2 * self.margin, self.rng, self.wild))
        self.places.append((len(self.buffers) - 1, self.margin - least))
        return len(self.places) - 1

    def strides(self, apart: bool) -> tuple[int, ...]:
        """Strides of the axes in any order, forwards and backwards, with gaps. Unless apart, some are 0."""
        axes = (
            self.draw(st.permutations(range(len(self.domain)))) if self.draw(st.booleans()) else range(len(self.domain))
        )
        strides, step = [0] * len(self.domain), 1
        for axis in list(axes)[::-1]:
            factor = self.draw(st.sampled_from([1, 1, 1, 1, -1, 2, -3] + [0, 0] * (not apart)))
            strides[axis] = factor * step
            step *= max(abs(factor) * self.domain[axis], 1)
        return tuple(strides)

    def extent(self, strides: tuple[int, ...]) -> tuple[int, int]:
        """The least and the largest place that strides reach."""
        ends = [(n - 1) * stride if n else 0 for n, stride in zip(self.domain, strides)]
        return sum(min(end, 0) for end in ends), sum(max(end, 0) for end in ends)

    # --- values -----------------------------------------------------------------------------------------------------

    def dtype(self, ref: int) -> str:
        return self.values[ref].dtype

    def add(self, value: Value) -> int:
        self.values.append(value)
        return len(self.values) - 1

    def load(self, dtype: str) -> int:
        strides = self.strides(apart=False)
        return self.add(Load(self.memory(dtype, *self.extent(strides)), dtype, strides))

    def positions(self, wrong: bool) -> tuple[tuple[tuple[int, int, int], ...], tuple[int, int]]:
        """One or two indices that are data, and the least and the largest place that they reach."""
        found, reach = [], [0, 0]
        for step in self.draw(st.sampled_from([(1,), (-2,), (1, 20), (7, 1)])):
            length = self.draw(st.integers(1, 7))
            ref = self.load(self.draw(st.sampled_from(["int64", "int32"])))
            array = self.buffers[-1]
            array[...] = self.rng.integers(-length, length, array.size)
            if wrong and self.draw(st.booleans()):
                array[self.draw(st.integers(0, array.size - 1))] = self.draw(st.sampled_from([length, -length - 1]))
            found.append((ref, step, length))
            reach[step > 0] += step * (length - 1)
        return tuple(found), (reach[0], reach[1])

    def gather(self, dtype: str, wrong: bool) -> int:
        positions, (least, most) = self.positions(wrong)
        strides = self.strides(apart=False)
        low, high = self.extent(strides)
        return self.add(Load(self.memory(dtype, low + least, high + most), dtype, strides, positions))

    def compute(self) -> int:
        """An operation that native code knows, of values that are there."""
        refs = st.integers(0, len(self.values) - 1)
        name = self.draw(st.sampled_from([*UNARY, *BINARY, *BINARY, "where", "astype", "identity"]))
        count = 2 if name in BINARY else 3 if name == "where" else 1
        operands = [self.draw(refs) for _ in range(count)]
        forms = [Form((), np.dtype(self.dtype(ref))) for ref in operands]
        dtype = self.draw(st.sampled_from(DTYPES)) if name == "astype" else _result(name, forms)
        if self.wild and name == "astype" and forms[0].dtype.kind == "f" and dtype.startswith("int"):
            return operands[0]  # what comes of NaN is nobody's business here
        bases = operand_bases(name, forms, Form((), np.dtype(dtype))) if dtype else None
        if bases is None:
            return operands[0]
        return self.add(Compute(name, tuple(operands), tuple(map(str, bases)), dtype))

    # --- results ----------------------------------------------------------------------------------------------------

    def store(self, ref: int, taken: set[int]) -> Store:
        """To an array of its own, or over what is loaded element by element."""
        rows = contiguous(self.domain)
        for load in [value for value in self.values if isinstance(value, Load)]:
            fits = load[1:] == (self.dtype(ref), rows, ()) and load.pointer not in taken
            if fits and self.draw(st.booleans()):
                taken.add(load.pointer)
                return Store(load.pointer, ref, load.dtype, rows)
        strides = self.strides(apart=True)
        return Store(self.memory(self.dtype(ref), *self.extent(strides)), ref, self.dtype(ref), strides)

    def scatter(self, ref: int, wrong: bool) -> Store:
        positions, (least, most) = self.positions(wrong)
        strides = self.strides(apart=False)
        low, high = self.extent(strides)
        pointer = self.memory(self.dtype(ref), low + least, high + most)
        return Store(pointer, ref, self.dtype(ref), strides, positions)

    def reduce(self, ref: int, axes: tuple[int, ...]) -> Reduce:
        dtype = self.dtype(ref)
        kinds = ["any", "all"] if dtype == "bool" else ["sum", "sum", "max", "min"] + ["prod"] * dtype.startswith("i")
        kind = self.draw(st.sampled_from([*kinds, "sum"]))
        dtype = "int64" if dtype == "bool" and kind == "sum" else dtype
        size = math.prod(n for axis, n in enumerate(self.domain) if axis not in axes)
        return Reduce(self.memory(dtype, 0, max(size, 1) - 1), kind, ref, dtype, axes)

    def case(self, stores: Sequence[Store] = (), reductions: Sequence[Reduce] = ()) -> Case:
        kernel = Kernel(self.domain, tuple(self.values), tuple(stores), tuple(reductions))
        return Case(kernel, tuple(self.buffers), tuple(self.places))


def _result(name: str, forms: Sequence[Form]) -> str:
    """The dtype that NumPy gives; empty if it does not know the operation for these."""
    try:
        with np.errstate(all="ignore"):
            return str(FORMULAS[name](*(np.ones(1, form.dtype) for form in forms)).dtype)
    except TypeError:
        return ""


@st.composite
def cases(draw: Any, may_fail: bool = False, margin: int = 3) -> Case:
    """A random kernel: loads of all kinds, constants, operations on them, some of it stored, some of it reduced."""
    made = Maker(draw, draw(domains()), margin)
    for _ in range(draw(st.integers(1, 3))):
        dtype = draw(st.sampled_from(DTYPES))
        made.gather(dtype, may_fail) if draw(st.integers(0, 3)) == 0 else made.load(dtype)
    for number, dtype in draw(st.lists(st.sampled_from(CONSTANTS), max_size=1)):
        made.add(Constant(number, dtype))
    for _ in range(draw(st.integers(0, 4))):
        made.compute()
    refs = st.integers(0, len(made.values) - 1)
    if may_fail and draw(st.booleans()):
        ref = draw(refs.filter(lambda ref: made.dtype(ref) != "bool"))
        return made.case([made.scatter(ref, may_fail)])
    taken: set[int] = set()
    stores = [made.store(ref, taken) for ref in draw(st.lists(refs, max_size=2))]
    axes = draw(st.lists(st.sampled_from(reducible(made.domain)), max_size=3)) if made.domain else []
    return made.case(stores, [made.reduce(draw(refs), chosen) for chosen in axes])


CONSTANTS = [
    *product(["0.0", "-0.0", "1.5", "-2.0", "inf", "nan"], ["float64", "float32"]),
    *product(["0", "3", "-1"], ["int64", "int32", "float64"]),
    *product(["True", "False"], ["bool"]),
]
