"""A picture in Graphviz's language. The same graph gives the same text, byte for byte: tests compare it."""

from __future__ import annotations

from collections.abc import Iterator

from autodiff.drawing.colours import NONE, RAMP, Scale, ink_on, scale_of
from autodiff.drawing.escaping import attributes, escaped, left_aligned, quoted
from autodiff.drawing.numbers import number
from autodiff.drawing.picture import Edge, Node, Picture

FONT = "Helvetica,Arial,sans-serif"
INK, FAINT = "#1f2328", "#57606a"
MANY = 400  # nodes, from which on a layout is drawn quickly rather than as well as can be
QUICK = {"splines": "line", "nslimit": "0.5", "nslimit1": "0.5", "mclimit": "0.05"}
LONGEST = 60  # characters of a label
TIGHT = {"width": "0", "height": "0.2"}  # no wider than its text: an edge starts where the text ends


def as_dot(picture: Picture) -> str:
    """The whole text, from `digraph` to the closing brace."""
    return "\n".join(["digraph autodiff {", *statements(picture), "}", ""])


def statements(picture: Picture) -> Iterator[str]:
    """What stands between the braces, line by line."""
    scale = scale_of(node.size for node in picture.nodes)
    note = {"label": escaped("; ".join(picture.notes)), "labelloc": "b"} if picture.notes else {}
    yield "\tgraph" + attributes(
        rankdir=picture.rankdir, bgcolor="white", pad="0.15", ordering="in", nodesep="0.18", ranksep="0.3",
        fontname=FONT, fontsize="11", fontcolor=INK, **note, **(QUICK if len(picture.nodes) > MANY else {}),
    )  # fmt: skip
    yield "\tnode" + attributes(
        shape="record", style="filled", fillcolor=NONE, color=FAINT, penwidth="0.8",
        fontname=FONT, fontsize="11", fontcolor="#000000", margin="0.1,0.04", height="0.3",
    )  # fmt: skip
    yield "\tedge" + attributes(
        color=FAINT, penwidth="0.9", arrowsize="0.6", fontname=FONT, fontsize="9.5", fontcolor=INK
    )
    yield from _clusters(picture, scale)
    for edge in picture.edges:
        yield "\t" + _edge(edge, picture)
    yield from _legend(picture, scale)


def _clusters(picture: Picture, scale: Scale | None) -> Iterator[str]:
    """Every node, inside the boxes of the modules it belongs to."""
    tree = _Module("")
    for node in picture.nodes:
        tree.descend(node.module).nodes.append(node)
    yield from tree.lines(scale, "\t", picture.rankdir in ("LR", "RL"))


class _Module:
    """A box around the nodes of a module, and those of the modules within."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.nodes: list[Node] = []
        self.inner: dict[str, _Module] = {}

    def descend(self, path: tuple[str, ...]) -> _Module:
        module = self
        for name in path:
            dotted = f"{module.path}.{name}" if module.path else name
            module = module.inner.setdefault(name, _Module(dotted))
        return module

    def lines(self, scale: Scale | None, indent: str, sideways: bool) -> Iterator[str]:
        for node in self.nodes:
            yield indent + _node(node, scale, sideways)
        for name, module in self.inner.items():
            yield f"{indent}subgraph {quoted('cluster_' + escaped(module.path))} {{"
            yield f"{indent}\tgraph" + attributes(
                label=escaped(name), color="#8c959f", bgcolor="transparent", style="rounded", fontsize="10", margin="8"
            )
            yield from module.lines(scale, indent + "\t", sideways)
            yield indent + "}"


def _node(node: Node, scale: Scale | None, sideways: bool) -> str:
    if node.kind == "constant":
        words = filter(None, (node.label, node.type, *node.data))
        look = {"shape": "plaintext", "style": "", "fontsize": "10", "fontcolor": FAINT, "margin": "0.03,0.02"}
        return f"n{node.number}" + attributes(label=left_aligned(words), **look, **TIGHT, **{"class": "constant"})
    fill = (scale or Scale(0.01, 1.0)).colour(node.size)
    title = [escaped(text, LONGEST) for text in (node.op, node.label) if text] or [f"v{node.number}"]
    fields = [title[0] if len(title) == 1 else f"{{{'|'.join(title)}}}", *map(left_aligned, _fields(node))]
    given = {"label": "|".join(fields) if sideways else f"{{{'|'.join(fields)}}}"}
    if node.kind in ("operation", "freed"):
        given["shape"] = "Mrecord"
    if node.kind == "freed":
        given["style"] = "filled,dashed"
    if fill != NONE:
        given |= {"fillcolor": fill, "fontcolor": ink_on(fill)}
    return f"n{node.number}" + attributes(**given)


def _fields(node: Node) -> list[list[str]]:
    """What stands below the title: data, then gradient, each as lines; of a step of a program, what it computes."""
    if node.kind == "step":
        return [list(node.data)]
    first, *more = node.gradient_text
    gradient = [f"grad {first}", *more]
    if node.kind == "group":
        return [list(node.data), gradient] if node.data else [gradient]
    if node.type:
        return [[f"data {node.type}", *node.data], gradient]
    return [[f"data {node.data[0]}", *node.data[1:]], gradient]


def _edge(edge: Edge, picture: Picture) -> str:
    given = {"label": f" {escaped(edge.text)} "} if edge.text else {}
    source = picture.nodes[edge.source - 1]
    if source.kind in ("operation", "group"):
        given["weight"] = "3"  # the main line of the computation runs straight
        if picture.nodes[edge.target - 1].module not in ((), source.module):
            given["minlen"] = "2"  # room for the parameters, so that modules stand side by side
    if source.kind == "constant":
        given |= {"style": "dashed", "color": "#8c959f"}
    return f"n{edge.source} -> n{edge.target}" + attributes(**given)


def _legend(picture: Picture, scale: Scale | None) -> Iterator[str]:
    """What the colours mean: a strip of them, beneath the results."""
    if scale is None or len(picture.nodes) < 2:
        return
    title = f"|grad| {number(float(f'{scale.low:.1e}'))} … {number(float(f'{scale.high:.1e}'))}, log"
    caption = {"shape": "plaintext", "style": "", "fontsize": "10", "margin": "0", "height": "0.15", "class": "legend"}
    strip = {"shape": "box", "style": "striped", "fillcolor": ":".join(RAMP), "width": "1.35", "height": "0.13"}
    yield "\tcaption" + attributes(label=escaped(title), **caption)
    yield "\tlegend" + attributes(label="", **strip)
    beside = [edge.source for edge in picture.edges if edge.target == _last(picture)]
    for place in beside[-1:]:
        yield from (f"\tn{place} -> {name}" + attributes(style="invis", weight="0") for name in ("caption", "legend"))


def _last(picture: Picture) -> int:
    """The youngest value: the last result."""
    return max((node.number for node in picture.nodes if node.kind != "constant"), default=0)
