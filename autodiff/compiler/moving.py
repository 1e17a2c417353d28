"""What moves when it is used: random number generators and iterators.

Between calls they may move as they like. While tracing they may not: what they gave would be the same at each replay.
"""

from __future__ import annotations

import gc
import itertools
import operator
import random
import time
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autodiff.compiler.libraries import is_library
from autodiff.compiler.sameness import ATOMS

_GENERATORS = (
    np.random.Generator,
    np.random.RandomState,
    np.random.BitGenerator,
    np.random.SeedSequence,
    random.Random,
)


def moves(thing: Any) -> bool:
    """Whether using a thing moves it. (Iterators written in Python are objects with attributes, like any other.)"""
    if isinstance(thing, _GENERATORS):
        return True
    return hasattr(type(thing), "__next__") and is_library(type(thing).__module__)


def position(thing: Any) -> Any:
    """Where a generator or an iterator stands, to be compared by `unmoved`."""
    if isinstance(thing, np.random.Generator):
        return position(thing.bit_generator)
    if isinstance(thing, np.random.BitGenerator):
        return thing.state, position(thing.seed_seq)
    if isinstance(thing, np.random.SeedSequence):
        return thing.n_children_spawned
    if isinstance(thing, np.random.RandomState):
        return thing.get_state(legacy=False)
    if isinstance(thing, random.Random):
        return thing.getstate()
    if isinstance(thing, types.GeneratorType):
        frame = thing.gi_frame
        variables = {} if frame is None else {k: v for k, v in frame.f_locals.items() if isinstance(v, ATOMS)}
        return None if frame is None else frame.f_lasti, variables
    return repr(thing) if isinstance(thing, itertools.count) else operator.length_hint(thing, -1)


def unmoved(a: Any, b: Any) -> bool:
    """Whether two positions are the same."""
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and a.keys() == b.keys() and all(unmoved(a[key], b[key]) for key in a)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(unmoved, a, b))
    return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else bool(a == b)


def set_back(generator: np.random.Generator, before: Any) -> None:
    """Let a generator go on from an earlier position."""
    generator.bit_generator.state = before[0]


def inside(thing: Any) -> Iterator[Any]:
    """What an iterator draws from."""
    if isinstance(thing, types.GeneratorType):
        yield from () if thing.gi_frame is None else thing.gi_frame.f_locals.values()
    elif hasattr(type(thing), "__next__"):
        yield from gc.get_referents(thing)


def is_never_twice_the_same(chain: tuple[str, ...], found: Any) -> bool:
    """Whether calling what a chain of names stands for, without arguments, gives something else each time."""
    return chain[-2:] in _DATES or any(found is function for function in _CLOCKS + _FRESH_GENERATORS)


_DATES = (("datetime", "now"), ("datetime", "utcnow"), ("date", "today"))
_CLOCKS = (time.time, time.time_ns, time.perf_counter, time.perf_counter_ns, time.monotonic, time.monotonic_ns)
_FRESH_GENERATORS = (np.random.default_rng, np.random.RandomState, np.random.SeedSequence, random.Random)


def global_positions() -> dict[str, Any]:
    """Where the generators stand that `np.random.rand()` and `random.random()` use."""
    return {
        "the state of np.random": np.random.get_state(legacy=False),  # noqa: NPY002 (people do use it)
        "the state of random": random.getstate(),
    }
