"""Where buffers lie in one block of memory: two share a place if they are never alive at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ALIGNMENT = 64  # bytes: a cache line, a vector
PAGE = 4096
STAGGER = 3 * ALIGNMENT  # between large buffers: processors take addresses that are equal modulo 4096 for one and wait

Buffer = int


@dataclass(frozen=True)
class Life:
    """When a buffer is alive: from the step that writes it first to the last one that reads it. size in bytes."""

    first: int
    last: int
    size: int


@dataclass
class Arena:
    """offsets: of each buffer, in bytes · size: of the whole block."""

    offsets: dict[Buffer, int] = field(default_factory=dict)
    size: int = 0


def placed(lives: Mapping[Buffer, Life], in_place: Mapping[Buffer, Sequence[Buffer]]) -> Arena:
    """A place for every buffer.

    in_place: for a buffer those whose place it may take over if they have its size, because the step that writes it
    reads them for the last time, each element before its own is written

    First fit, in the order of time: what is free is a sorted list of gaps.
    """
    arena = Arena()
    gaps: list[tuple[int, int]] = []  # (start, end), apart from one another
    ends: list[tuple[int, Buffer]] = []  # (last step, buffer), of those that are alive
    spans: dict[Buffer, tuple[int, int]] = {}
    for buffer, life in sorted(lives.items(), key=lambda item: (item[1].first, item[0])):
        size = -(-max(life.size, 1) // ALIGNMENT) * ALIGNMENT + (STAGGER if life.size >= PAGE // 2 else 0)
        for last, dead in [pair for pair in ends if pair[0] < life.first]:
            ends.remove((last, dead))
            gaps = _joined([*gaps, spans.pop(dead)])
        former = next((b for b in in_place.get(buffer, ()) if b in spans and lives[b].size == life.size), None)
        if former is not None:
            spans[buffer] = spans.pop(former)
            ends.remove((lives[former].last, former))
        else:
            spans[buffer], gaps = _taken(gaps, size, arena)
        arena.offsets[buffer] = spans[buffer][0]
        ends.append((life.last, buffer))
    return arena


def _taken(gaps: list[tuple[int, int]], size: int, arena: Arena) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """The smallest gap that is large enough, or new memory at the end."""
    fitting = [gap for gap in gaps if gap[1] - gap[0] >= size]
    if fitting:
        start, end = min(fitting, key=lambda gap: gap[1] - gap[0])
        rest = [gap for gap in gaps if gap != (start, end)]
        return (start, start + size), rest if start + size == end else sorted([*rest, (start + size, end)])
    start = arena.size
    if gaps and gaps[-1][1] == arena.size:  # the last gap grows
        start = gaps[-1][0]
        gaps = gaps[:-1]
    arena.size = start + size
    return (start, start + size), gaps


def _joined(gaps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted, neighbours merged."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(gaps):
        if merged and merged[-1][1] == start:
            merged[-1] = merged[-1][0], end
        else:
            merged.append((start, end))
    return merged
