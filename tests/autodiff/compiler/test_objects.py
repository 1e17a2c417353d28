"""What native code reads off NumPy's objects: the same that NumPy says, and every change of it."""

from __future__ import annotations

import gc
import sys
import warnings
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from autodiff.compiler import objects
from autodiff.compiler.entrance import agrees, is_as_expected, python_entrance, row_by_row
from autodiff.compiler.forms import Form
from autodiff.compiler.objects import Plan, Slot

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

both = pytest.mark.parametrize(
    "entrance", [python_entrance, objects.native_entrance], ids=["Python", "native"]
)  # fmt: skip


def test_native_code_is_what_is_used_here() -> None:
    assert is_as_expected()


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
    """An array that one refers to, as a leaf does, and where its address goes."""

    def __init__(self, entrance: Any, array: Any, alone: bool = False) -> None:
        self.array = array
        del array
        self.found = np.zeros(2, np.int64)
        places = (self.found.ctypes.data, self.found.ctypes.data + 8)
        self.enter = entrance((), [Slot(Form(self.array.shape, self.array.dtype), places, alone)], Plan())

    def fits(self) -> bool:
        answer = self.enter(self.array)
        assert answer in ((), -1)
        assert answer == -1 or self.found.tolist() == [self.array.ctypes.data] * 2
        return answer == ()


@both
@pytest.mark.parametrize("kind", ARRAYS)
def test_what_is_like_the_array_and_what_is_not(kind: str, entrance: Any) -> None:
    array = ARRAYS[kind]()
    watched = Watched(entrance, array)
    usable = type(array) is np.ndarray and array.flags.c_contiguous and array.flags.aligned
    if array.dtype.hasobject and entrance is python_entrance:  # no program reads them
        assert not watched.fits()
        return
    assert watched.fits() == usable
    kept = [watched.array, memoryview(np.ones(3))]  # whoever refers to it
    watched.array = np.empty(array.shape, array.dtype)
    assert watched.fits()
    longer = np.zeros((*array.shape[:-1], 11), array.dtype)
    for other in (longer, array[..., None], array[None], np.zeros(array.shape, "V3"), None, 1.0, 7, "text", kept, {}):
        watched.array = other
        assert not watched.fits()
    watched.array = array.copy()
    assert watched.fits() == (type(array) is np.ndarray and watched.array.flags.c_contiguous)


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
@pytest.mark.parametrize("change", [changed_shape, changed_axes, changed_dtype, changed_byte_order, changed_strides])
def test_changes_of_an_array_itself(change: Any, entrance: Any) -> None:
    watched = Watched(entrance, np.zeros((2, 3)))
    watched.array[0, 0] = 7.0
    assert watched.fits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        change(watched.array)
    assert not watched.fits()


@both
def test_memory_that_has_moved_is_found(entrance: Any) -> None:
    watched = Watched(entrance, np.zeros((2, 3)))
    assert watched.fits()
    changed_memory(watched.array)
    assert not watched.fits()
    watched.array.resize((2, 3), refcheck=False)
    assert watched.fits()


def test_references_are_counted() -> None:
    watched = Watched(objects.native_entrance, np.zeros((2, 3)), True)
    assert watched.fits()
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
        assert not watched.fits(), held
        del held
        assert watched.fits()
    watched.array.flags.writeable = False
    assert not watched.fits()
    assert not Watched(objects.native_entrance, np.zeros(6).reshape(2, 3), True).fits()  # others may share its memory


def test_python_cannot_tell_who_refers_to_an_array() -> None:
    assert not Watched(python_entrance, np.ones(3), True).fits()


@both
def test_numbers(entrance: Any) -> None:
    written, results = np.zeros(3), np.array([1.5, -np.inf, np.pi])
    places = [written.ctypes.data + 8 * k for k in range(3)]
    for count, answer in ((0, ()), (1, 1.5), (2, (1.5, -np.inf)), (3, (1.5, -np.inf, np.pi))):
        enter = entrance(places, (), Plan(first=results.ctypes.data, numbers=count))
        found = enter(-0.0, 1e-320, float(count))
        assert found == answer
        assert type(found) is type(answer)
        assert written.tolist() == [0.0, 1e-320, count]
        assert np.signbit(written[0])
        for k in range(3):
            for other in (1, True, np.float64(1.0), np.float32(1.0), 1j, None, "1.0", np.ones(())):
                given: list[Any] = [0.5, 0.5, 0.5]
                given[k] = other
                assert enter(*given) == -1 - k


@both
@pytest.mark.parametrize("lets_go", [False, True])
def test_many_arrays_and_a_plan_that_runs_only_if_all_are_right(entrance: Any, lets_go: bool) -> None:
    owned = [np.full((k, 2), 1.0 * k) for k in range(50)]
    found = np.zeros(50, np.int64)
    table = np.zeros((1, 2), np.int64)
    steps = np.array([table.ctypes.data, 0, 0, 0], np.int64)  # of no steps
    slots = [Slot(Form(x.shape, x.dtype), (found.ctypes.data + 8 * k,)) for k, x in enumerate(owned)]
    enter = entrance((), slots, Plan(steps.ctypes.data, lets_go=lets_go))
    assert enter(*owned) == ()
    assert found.tolist() == [x.ctypes.data for x in owned]
    table[0] = 8, 8  # a step at an address where nothing is: it must not be reached
    steps[2] = 1
    for k in (0, 1, 49):
        given = [*owned]
        given[k] = given[-1] = np.ones((k, 3))
        assert enter(*given) == -1 - k


def test_results_do_not_leak() -> None:
    results = np.array([0.25, 0.5])
    for count in (0, 1, 2):
        enter = objects.native_entrance((), (), Plan(first=results.ctypes.data, numbers=count))
        enter()
        before = sys.getallocatedblocks()
        for _ in range(1000):
            enter()
        assert abs(sys.getallocatedblocks() - before) < 50


def test_an_entrance_keeps_what_it_needs_and_no_more() -> None:
    class Owner:
        pass

    owner = Owner()
    gone = weakref.ref(owner)
    enter = objects.native_entrance((), [Slot(Form((3,), np.dtype(float)), ())], Plan(owner=owner))
    del owner
    gc.collect()
    assert gone() is not None
    assert enter(np.ones(3)) == ()
    del enter
    assert gone() is None


def test_a_build_whose_objects_are_others_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the places where native code looks, moved: it disagrees with NumPy, and is not used."""
    moved = (("LENGTHS", 8), ("DTYPE", -8), ("FLAGS", -40), ("AXES", 8), ("KIND", -8))
    for name, shift in moved:
        with monkeypatch.context() as patch:
            patch.setattr(objects, name, getattr(objects, name) + shift)
            patch.setattr(objects, "_method", cache(objects._method.__wrapped__))
            assert not agrees(objects.native_entrance), name
    for references in (1, 3):
        monkeypatch.setattr(objects, "ALONE", references)
        assert not agrees(objects.native_entrance)
