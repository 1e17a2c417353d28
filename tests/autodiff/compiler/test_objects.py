"""What native code reads off NumPy's objects: the same that NumPy says, and every change of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff.compiler import objects
from autodiff.compiler.objects import ALONE, ANYONE, ANYTHING, GONE, Record, record_of, row_by_row

ARRAYS: dict[str, Callable[[], Any]] = {
    "float64": lambda: np.arange(6.0).reshape(2, 3),
    "float32": lambda: np.arange(6, dtype=np.float32),
    "float16": lambda: np.ones(5, np.float16),
    "long double": lambda: np.ones(5, np.longdouble),
    "complex": lambda: np.ones((2, 2), np.complex64),
    "bytes": lambda: np.ones(7, np.uint8),
    "truth": lambda: np.ones((3, 1), bool),
    "other byte order": lambda: np.ones(3, ">f8"),
    "dates": lambda: np.zeros(3, "M8[s]"),
    "texts": lambda: np.array(["a", "bcd"]),
    "objects": lambda: np.array([None, 1]),
    "structured": lambda: np.zeros(3, [("a", float), ("b", np.int8)]),
    "a number": lambda: np.zeros(()),
    "empty": lambda: np.zeros((0, 3)),
    "ten axes": lambda: np.ones((1, 2) * 5),
    "by columns": lambda: np.asfortranarray(np.ones((2, 3))),
    "backwards": lambda: np.arange(5.0)[::-1],
    "repeated": lambda: np.broadcast_to(1.0, (4, 4)),
    "misaligned": lambda: np.zeros(17, np.uint8)[1:].view(float),
    "read-only": lambda: np.frombuffer(b"12345678"),
    "a subclass": lambda: np.ones(3).view(np.recarray),
}

both = pytest.mark.parametrize("enter", [objects.enter_by_numpy, objects.enter()], ids=["NumPy", "native"])


def test_native_code_is_what_is_used_here() -> None:
    assert objects.bind() is not objects.bind_by_numpy
    assert objects.enter() is not objects.enter_by_numpy


@pytest.mark.parametrize("bind", [objects.bind_by_numpy, objects.bind()], ids=["NumPy", "native"])
@pytest.mark.parametrize("kind", ARRAYS)
def test_addresses(kind: str, bind: Any) -> None:
    """All are written, and the first that does not lie row by row is told."""
    arrays = (np.ones(3), ARRAYS[kind](), np.ones(2), np.ones((2, 2)).T)
    lies_well = arrays[1].flags.c_contiguous and arrays[1].flags.aligned
    found = np.zeros(4, np.int64)
    places = found.ctypes.data + 8 * np.arange(4)
    assert bind(arrays, places.ctypes.data, 4) == (4 if lies_well else 2)
    assert found.tolist() == [x.ctypes.data for x in arrays]
    assert bind(arrays, places.ctypes.data, 2) == (0 if lies_well else 2)
    assert bind((), places.ctypes.data, 0) == 0


@pytest.mark.parametrize("kind", ARRAYS)
def test_row_by_row(kind: str) -> None:
    array = ARRAYS[kind]()
    found = row_by_row(array)
    assert found.flags.c_contiguous
    assert found.flags.aligned
    assert found.shape == array.shape
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)
    assert (found is array) == (array.flags.c_contiguous and array.flags.aligned)


class Watched:
    """An array that two refer to, as a leaf and whoever looks, and the record of it."""

    def __init__(self, array: Any, references: int = ANYONE) -> None:
        self.array = self.seen = array
        del array
        self.lengths = np.array(self.seen.shape, np.int64)
        self.records = np.array([record_of(self.seen, self.lengths, references)], np.int64)
        self.block = objects.block_of(self.records)

    def ask(self, enter: Any) -> int:
        return int(enter((self.array,), self.block.ctypes.data))


@both
@pytest.mark.parametrize("kind", ARRAYS)
def test_the_same_array_and_others(kind: str, enter: Any) -> None:
    watched = Watched(ARRAYS[kind]())
    assert watched.ask(enter) == 0
    kept = [watched.array, memoryview(np.ones(3))]
    assert watched.ask(enter) == 0  # whoever refers to it
    for other in (watched.array.copy(), watched.array[...], None, 1.0, "text", kept):
        watched.array = other
        assert watched.ask(enter) == -1
    for identity, answer in ((GONE, -1), (ANYTHING, 0)):
        watched.records[0] = Record(identity)
        assert watched.ask(enter) == answer


def changed_shape(array: Any) -> None:
    array.shape = (3, 2)


def changed_axes(array: Any) -> None:
    array.shape = (6,)


def changed_dtype(array: Any) -> None:
    array.dtype = np.int64


def changed_byte_order(array: Any) -> None:
    array.dtype = ">f8"


def changed_strides(array: Any) -> None:
    array.strides = (8, 16)


def changed_memory(array: Any) -> None:
    array.resize((200, 300), refcheck=False)


@both
@pytest.mark.parametrize(
    "change", [changed_shape, changed_axes, changed_dtype, changed_byte_order, changed_strides, changed_memory]
)
def test_changes_of_an_array_itself(change: Any, enter: Any) -> None:
    watched = Watched(np.zeros((2, 3)))
    watched.array[0, 0] = 7.0
    assert watched.ask(enter) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        change(watched.array)
    assert watched.ask(enter) == -1


def test_references_are_counted() -> None:
    enter = objects.enter()
    watched = Watched(np.zeros((2, 3)), ALONE)
    assert watched.ask(enter) == 0
    holders: list[Callable[[Any], Any]] = [
        lambda array: array,
        lambda array: [array],
        lambda array: array[1:],
        lambda array: array.T[1:][::-1],
        memoryview,
        lambda array: memoryview(array)[1:],
        lambda array: array.flat,
        np.nditer,
        lambda array: array.__array_struct__,
        lambda array: array.__dlpack__(),
        lambda array: array.sum,
        lambda array: lambda: array,
        lambda array: iter([array]),
        lambda array: np.ndarray((3,), float, array),
        lambda array: np.lib.stride_tricks.as_strided(array, (2,), (0,)),
        np.frombuffer,
    ]
    for hold in holders:
        held = hold(watched.array)
        assert watched.ask(enter) == -1, held
        del held
        assert watched.ask(enter) == 0
    watched.array.flags.writeable = False
    assert watched.ask(enter) == -1
    assert Watched(np.zeros(6).reshape(2, 3), ALONE).ask(enter) == -1  # a view: others may look at the same memory


def test_numpy_cannot_tell_who_refers_to_an_array() -> None:
    assert Watched(np.ones(3), ALONE).ask(objects.enter_by_numpy) == -1


@both
def test_many_arrays_and_a_plan_that_runs_only_if_all_are_right(enter: Any) -> None:
    owned = [np.full((k, 2), 1.0 * k) for k in range(50)]
    lengths = [np.array(x.shape, np.int64) for x in owned]
    records = np.array([record_of(x, n) for x, n in zip(owned, lengths)], np.int64)
    table = np.zeros((1, 2), np.int64)
    plan = np.array([table.ctypes.data, 0, 0, 0], np.int64)  # of no steps
    block = objects.block_of(records, plan)
    assert enter(tuple(owned), block.ctypes.data) == 0
    table[0] = 8, 8  # a step at an address where nothing is: it must not be reached
    plan[2] = 1
    for k in (0, 1, 49):
        given = [*owned]
        given[k] = owned[k].copy()
        given[-1] = given[-1].copy()
        assert enter(tuple(given), block.ctypes.data) == -1 - k


def test_a_build_whose_objects_are_others_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the places where native code looks, moved: it disagrees with NumPy, and is not used."""
    for name, place in (("LENGTHS", objects.LENGTHS + 8), ("DTYPE", objects.HEAD + 32), ("FLAGS", objects.HEAD + 8)):
        with monkeypatch.context() as patch:
            patch.setattr(objects, name, place)
            assert not objects._agrees(objects._native_enter())
    assert objects._agrees(objects._native_enter())
