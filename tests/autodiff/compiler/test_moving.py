"""Generators and iterators: where they stand is seen, and looking does not move them."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff.compiler.moving import inside, moves, position, set_back, unmoved


def counting() -> Any:
    place = 0
    while True:
        place += 1
        yield place


THINGS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    **{
        kind.__name__: (lambda kind=kind: np.random.Generator(kind(3)), lambda g: g.random())
        for kind in (np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64)
    },
    "spawning": (lambda: np.random.default_rng(3), lambda g: g.spawn(1)),
    "bits": (lambda: np.random.PCG64(3), lambda bits: bits.random_raw()),
    "seeds": (lambda: np.random.SeedSequence(3), lambda seeds: seeds.spawn(1)),
    "RandomState": (lambda: np.random.RandomState(3), lambda g: g.normal()),
    "random": (lambda: random.Random(3), lambda g: g.gauss(0, 1)),
    "list": (lambda: iter([1, 2, 3]), next),
    "range": (lambda: iter(range(3)), next),
    "count": (lambda: itertools.count(2), next),
    "generator": (counting, next),
}


@pytest.mark.parametrize("name", THINGS)
def test_a_move_is_seen_and_looking_is_none(name: str) -> None:
    make, use = THINGS[name]
    thing = make()
    assert moves(thing)
    seen = [position(thing)]
    for _ in range(3):
        assert unmoved(copy.deepcopy(seen[-1]), position(thing))
        use(thing)
        assert not any(unmoved(before, position(thing)) for before in seen)
        seen.append(position(thing))


@pytest.mark.parametrize("draws", [0, 1, 5])
def test_a_generator_that_is_set_back_draws_the_same_again(draws: int) -> None:
    generator = np.random.default_rng(5)
    generator.random(draws)
    before = position(generator)
    first = generator.random(4)
    set_back(generator, before)
    assert unmoved(before, position(generator))
    np.testing.assert_array_equal(generator.random(4), first)


def test_what_does_not_move() -> None:
    class Counter:
        def __next__(self) -> int:
            return 1

    assert not any(moves(thing) for thing in (Counter(), [1], range(3), 1.0, "text", np.ones(2), counting))


def test_what_an_iterator_draws_from() -> None:
    numbers = [1.5, 2.5]

    def over(source: Any) -> Any:
        yield from source

    assert any(found is numbers for found in inside(iter(numbers)))
    assert any(found is numbers for found in inside(over(numbers)))
    assert list(inside(numbers)) == []
