"""The picture: what DOT, SVG, PNG, PDF and text are all made from. It keeps no Value, only words and numbers."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from autodiff.drawing.numbers import counted
from autodiff.errors import ArgumentError, MissingDependencyError

Kind = Literal["variable", "operation", "constant", "freed", "group", "step"]

NOT_RUN = "not run"
NOT_KEPT = "not kept"
FORMATS = ("svg", "png", "pdf", "dot", "txt")


@dataclass(frozen=True, slots=True)
class Node:
    """One box.

    number: by age, from 1 for the oldest value the results depend on; constants follow · label: the user's name, or ""
    op: the operation and its keywords · shape, dtype: as NumPy writes them, "" where they go without saying
    data: lines, numbers or statistics · gradient: lines; None where no backward pass has been here
    size: the largest |gradient|, for the colour · module: where in a network it belongs
    """

    number: int
    kind: Kind
    label: str = ""
    op: str = ""
    shape: str = ""
    dtype: str = ""
    data: tuple[str, ...] = ()
    gradient: tuple[str, ...] | None = None
    size: float | None = None
    module: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The label, or v and the number."""
        return self.label or f"v{self.number}"

    @property
    def type(self) -> str:
        """Shape and dtype, as far as they need saying."""
        return f"{self.shape} {self.dtype}".strip()

    @property
    def gradient_text(self) -> tuple[str, ...]:
        """The gradient's lines, or why there are none."""
        return self.gradient or (NOT_KEPT if self.kind == "freed" else NOT_RUN,)


@dataclass(frozen=True, slots=True)
class Edge:
    """From an operand to a result.

    derivative: ∂result/∂operand, "" where no gradient flows · count: how many edges it stands for
    """

    source: int
    target: int
    derivative: str = ""
    count: int = 1

    @property
    def text(self) -> str:
        """The local derivative, or how many edges were folded into this one."""
        return counted(self.count, "edge") if self.count > 1 else self.derivative


@dataclass(frozen=True, repr=False)
class Picture:
    """A computation graph, ready to be shown: in a notebook, as a file, as text.

    nodes, edges: in a fixed order, so that two runs give the same text · notes: what was left out, and why
    rankdir: "LR" from left to right, "TB" from top to bottom

    >>> from autodiff import Value, draw
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b
    >>> c.backward()
    >>> print(draw(c))
    a              data 2   grad -3
    b              data -3  grad 2
    v3 = * (a, b)  data -6  grad 1   ∂/∂a × -3, ∂/∂b × 2
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = ()
    rankdir: str = "LR"

    def __repr__(self) -> str:
        return f"<Picture of {len(self.nodes)} nodes and {len(self.edges)} edges; .save('x.svg') writes it>"

    def __str__(self) -> str:
        from autodiff.drawing.text import as_text

        return as_text(self)

    @property
    def dot(self) -> str:
        """The picture in Graphviz's language; the same graph gives the same text."""
        from autodiff.drawing.dot import as_dot

        return as_dot(self)

    def render(self, format: str) -> bytes:
        """The picture as a file holds it. format: "svg", "png", "pdf", "dot" or "txt"

        raises: ArgumentError for another format; MissingDependencyError if neither pygraphviz nor Graphviz is installed
        """
        if format not in FORMATS:
            raise ArgumentError(f"a picture can be written as {', '.join(FORMATS)}; it was asked for {format!r}")
        if format == "txt":
            return f"{self}\n".encode()
        if format == "dot":
            return self.dot.encode()
        from autodiff.drawing.rendering import render

        return render(self.dot, format, len(self.nodes))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture; the end of the name says how: .svg, .png, .pdf, .dot or .txt. Returns the path.

        raises: ArgumentError for another ending; MissingDependencyError if neither pygraphviz nor Graphviz is installed
        """
        path = Path(path)
        if path.suffix.lower().removeprefix(".") not in FORMATS:
            raise ArgumentError(
                f"save(...) takes a name that ends in {', '.join('.' + name for name in FORMATS)}; "
                f"it was given {path.name!r}"
            )
        path.write_bytes(self.render(path.suffix.lower().removeprefix(".")))
        return path

    def long_side(self) -> str:
        """The direction that keeps the picture narrow: "TB" for a long chain, "LR" for anything else."""
        depth = dict.fromkeys(range(1, len(self.nodes) + 1), 1)
        for edge in self.edges:  # sorted by target: operands come before results
            if edge.source < edge.target:
                depth[edge.target] = max(depth[edge.target], depth[edge.source] + 1)
        longest = max(depth.values())
        return "TB" if longest > 7 and len(self.nodes) < 4 * longest else "LR"

    def turned(self, rankdir: str) -> Picture:
        """The same picture drawn in another direction: "LR", "TB", "RL" or "BT"."""
        if rankdir not in ("LR", "TB", "RL", "BT"):
            raise ArgumentError(f"rankdir is 'LR', 'TB', 'RL' or 'BT'; it was given {rankdir!r}")
        return replace(self, rankdir=rankdir)

    def _repr_svg_(self) -> str:
        return self.render("svg").decode()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {"image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}
        except MissingDependencyError as error:  # a notebook still shows something
            return {"text/plain": f"{self}\n\n({error})"}
