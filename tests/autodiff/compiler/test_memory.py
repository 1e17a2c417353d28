"""Where buffers lie: those that are alive at the same time never share a byte, whatever the plan."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff.compiler.memory import ALIGNMENT, Life, placed

STEPS = 12


@st.composite
def plans(draw: Any) -> tuple[dict[int, Life], dict[int, list[int]]]:
    """Lives of up to thirty buffers, of few sizes so that many could share, and who may take over whose place."""
    sizes = st.sampled_from([0, 1, 8, 64, 65, 200, 1000, 2048, 5000, 100_000])
    lives = {}
    for buffer in draw(st.permutations(range(draw(st.integers(0, 30))))):
        first = draw(st.integers(-1, STEPS))
        lives[buffer] = Life(first, draw(st.integers(first, STEPS)), draw(sizes))
    in_place = {}
    for buffer, life in lives.items():
        dying = [b for b, other in lives.items() if other.first < other.last == life.first and b != buffer]
        in_place[buffer] = draw(st.lists(st.sampled_from(dying), unique=True)) if dying else []
    return lives, in_place


@settings(max_examples=400)
@given(plan=plans())
def test_what_is_alive_at_the_same_time_lies_apart(plan: tuple[dict[int, Life], dict[int, list[int]]]) -> None:
    """But for what takes over a place: in the one step that reads the old buffer last and writes the new one."""
    lives, in_place = plan
    arena = placed(lives, in_place)
    assert arena.offsets.keys() == lives.keys()
    for buffer, life in lives.items():
        start = arena.offsets[buffer]
        assert start % ALIGNMENT == 0
        assert 0 <= start <= start + life.size <= arena.size
        for other, also in lives.items():
            if other == buffer or not (life.first <= also.first <= life.last):
                continue
            taken_over = buffer in in_place[other] and start == arena.offsets[other] and life.size == also.size
            apart = start + life.size <= arena.offsets[other] or arena.offsets[other] + also.size <= start
            assert apart or taken_over, f"{buffer} and {other} in one place"


def test_memory_is_used_again() -> None:
    """A chain of buffers of one size needs two places; one if each step works in place."""
    lives = {n: Life(n, n + 1, 1000) for n in range(50)}
    assert placed(lives, {}).size == 2 * 1024
    assert placed(lives, {n: [n - 1] for n in range(1, 50)}).size == 1024


def test_the_smallest_gap_is_taken_and_neighbours_are_one() -> None:
    lives = {
        **{n: Life(0, 2 - n, 64) for n in range(3)},  # together they leave room for what is as large as all
        3: Life(0, 9, 64),
        4: Life(0, 0, 128),
        5: Life(1, 9, 128),
        6: Life(3, 9, 192),
    }
    arena = placed(lives, {})
    assert arena.offsets[5] == arena.offsets[4]
    assert arena.offsets[6] == 0
    assert arena.size == 3 * 64 + 64 + 128


def test_a_place_is_taken_over_once() -> None:
    lives = {0: Life(0, 1, 64), 1: Life(1, 2, 64), 2: Life(1, 2, 64)}
    arena = placed(lives, {1: [0], 2: [0]})
    assert arena.offsets[0] == arena.offsets[1] != arena.offsets[2]
