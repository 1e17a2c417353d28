"""Pictures of computation graphs: data, gradients, and the local derivative on every edge."""

from __future__ import annotations

from typing import Any

from autodiff.drawing.collecting import collect, lineage
from autodiff.drawing.folding import fold
from autodiff.drawing.modules import dotted_names
from autodiff.drawing.picture import Edge, Node, Picture
from autodiff.errors import ArgumentError, DtypeError
from autodiff.value import Value

__all__ = ["Edge", "Node", "Picture", "draw", "draw_dot"]


def draw(
    *values: Any, names: Any = None, model: Any = None, max_nodes: int = 300, rankdir: str | None = None
) -> Picture:
    """The graph behind one value or several, as a picture: shown by a notebook, written by `.save("x.svg")`.

    values: Values; or a jitted function, whose last program is drawn, or what its `lower` gave

    names: what to call Values: a mapping from Value to dotted name, or from name to Value; a dotted name such as
    "layers.0.W" puts W into a box `layers.0` · model: the same from anything with `named_parameters()`
    max_nodes: larger graphs are folded, by module or by depth, and the picture says so · rankdir: "LR" from
    left to right, "TB" from top to bottom; None: whichever suits the shape of the graph

    Each box shows operation, label, data and gradient ("not run" before a backward pass), each edge the local
    derivative by which a gradient is multiplied on its way back. Colour is |gradient|, on a log scale.
    raises: DtypeError for what cannot be drawn; ArgumentError for names or directions it cannot use, and for a jitted
    function that was never called

    >>> x = Value(3.0, label="x")
    >>> print(draw(x * x))
    x              data 3  grad not run
    v2 = * (x, x)  data 9  grad not run  ∂/∂x × 3, ∂/∂x × 3
    """
    if not values:
        raise ArgumentError("draw(...) takes one Value or several; it was given none")
    if type(max_nodes) is not int or max_nodes < 1:
        raise ArgumentError(f"max_nodes is a whole number from 1; it was given {max_nodes!r}")
    if len(values) == 1 and not isinstance(values[0], Value):
        from autodiff.drawing.plans import listing_of, plan_picture

        if (listing := listing_of(values[0])) is not None:
            plan = plan_picture(listing, max_nodes)
            return plan.turned(plan.long_side() if rankdir is None else rankdir)
    for value in values:
        if not isinstance(value, Value):
            raise DtypeError(
                "draw(...) takes Values (several as draw(a, b)), or a jitted function; it was given "
                f"{type(value).__name__}"
            )
    known = dotted_names(names, model)
    order = lineage(values)
    roots = list(dict.fromkeys(values))
    picture = collect(order, known) if len(order) <= max_nodes else fold(order, roots, known)
    return picture.turned(picture.long_side() if rankdir is None else rankdir)


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> Any:
    r"""The picture as a `graphviz.Digraph`, as micrograd's function of this name returns it.

    root: the value whose graph is drawn · format: what `.render()` writes, "svg", "png", "pdf", "jpg" …
    rankdir: "LR" or "TB" · returns: a graphviz.Digraph that also renders where only pygraphviz is installed
    raises: ArgumentError for a format it cannot write; MissingDependencyError without the package graphviz

    >>> dot = draw_dot(Value(2.0, label="a") * 3.0)
    >>> dot.format, r"a|data 2\l|grad not run" in dot.source
    ('svg', True)
    """
    from autodiff.drawing.digraph import digraph

    return digraph(draw(root, rankdir=rankdir), format)
