"""What became of a jitted function, as a picture: a box for each step of its plan, with what it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autodiff.compiler.jit import Jitted
from autodiff.compiler.listing import Listing, Part
from autodiff.drawing.picture import Edge, Node, Picture
from autodiff.errors import ArgumentError

LINES = 12  # of a loop nest
LONGEST = 90  # characters of a line


def listing_of(thing: Any) -> Listing | None:
    """The program of a jitted function, or what its `lower` gave; None for anything else.

    raises: ArgumentError for a jitted function that has no program yet
    """
    if not isinstance(thing, Jitted):
        return thing if isinstance(thing, Listing) else None
    if (listing := thing.listing()) is None:
        raise ArgumentError(
            f"draw({thing.name}) shows the program of its last call, and it has not been called yet; call it, or "
            f"draw({thing.name}.lower(...)) with arguments like those it will have"
        )
    return listing


@dataclass(frozen=True, repr=False)
class PlanPicture(Picture):
    """The picture of a plan; as text it is the listing."""

    listing: str = ""

    def __str__(self) -> str:
        return self.listing


def plan_picture(listing: Listing, max_nodes: int) -> PlanPicture:
    """Inputs, steps and results; only the first steps if there are more than max_nodes."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    makers: dict[str, list[int]] = {}
    forms = dict(listing.inputs)

    def source(name: str) -> list[int]:
        """The boxes that a buffer comes from; inputs get theirs when they are first read."""
        if name not in makers and name in forms:
            nodes.append(Node(len(nodes) + 1, "constant", name, shape=forms[name]))
            makers[name] = [len(nodes)]
        return makers.get(name, [])

    for n, part in enumerate(listing.plan[:max_nodes], start=1):
        before = dict.fromkeys(box for name in part.reads for box in source(name))
        nodes.append(Node(len(nodes) + 1, "step", op=f"step {n}", data=_lines(part)))
        edges += (Edge(box, len(nodes)) for box in before)
        for name in part.writes:
            makers.setdefault(name, []).append(len(nodes))
    for name, form in listing.results:
        if boxes := makers.get(name):
            nodes.append(Node(len(nodes) + 1, "constant", name, shape=form))
            edges += (Edge(box, len(nodes)) for box in boxes)
    left = len(listing.plan) - max_nodes
    notes = (f"{left} more steps; print(step.lower(...)) lists them all",) if left > 0 else ()
    return PlanPicture(tuple(nodes), tuple(edges), notes, listing=str(listing))


def _lines(part: Part) -> tuple[str, ...]:
    lines = [line if len(line) <= LONGEST else line[: LONGEST - 1] + "…" for line in part.lines]
    return (*lines[:LINES], f"… {len(lines) - LINES} more lines") if len(lines) > LINES else tuple(lines)
