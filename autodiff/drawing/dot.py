"""A picture in Graphviz's language. The same graph gives the same text, byte for byte: tests compare it."""

from __future__ import annotations

from collections.abc import Iterator

from autodiff.drawing.colours import NONE, RAMP, Scale, ink_on, scale_of
from autodiff.drawing.numbers import number
from autodiff.drawing.picture import NOT_RUN, Edge, Node, Picture
from autodiff.drawing.text import edge_count

FONT = "Helvetica,Arial,sans-serif"
INK, FAINT = "#1f2328", "#57606a"
LONGEST = 60  # characters of a label


def as_dot(picture: Picture) -> str:
    """The whole text, from `digraph` to the closing brace."""
    return "\n".join(["digraph autodiff {", *statements(picture), "}", ""])


def statements(picture: Picture) -> Iterator[str]:
    """What stands between the braces, line by line."""
    scale = scale_of(node.size for node in picture.nodes)
    note = {"label": escaped("; ".join(picture.notes)), "labelloc": "b"} if picture.notes else {}
    yield "\tgraph" + _attributes(
        rankdir=picture.rankdir, bgcolor="white", pad="0.15", ordering="in", nodesep="0.18", ranksep="0.3",
        fontname=FONT, fontsize="11", fontcolor=INK, **note,
    )  # fmt: skip
    yield "\tnode" + _attributes(
        shape="record", style="filled", fillcolor=NONE, color=FAINT, penwidth="0.8",
        fontname=FONT, fontsize="11", fontcolor="#000000", margin="0.1,0.04", height="0.3",
    )  # fmt: skip
    yield "\tedge" + _attributes(
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
            yield f"{indent}\tgraph" + _attributes(label=escaped(name), color="#8c959f", style="rounded", fontsize="10", margin="8")
            yield from module.lines(scale, indent + "\t", sideways)
            yield indent + "}"


def _node(node: Node, scale: Scale | None, sideways: bool) -> str:
    if node.kind == "constant":
        words = [*([node.label] if node.label else []), _type(node), *node.data]
        return f"n{node.number}" + _attributes(
            label=_lines(words), shape="plaintext", style="", fontsize="10", fontcolor=FAINT, margin="0.03,0.02", height="0.2",
            **{"class": "constant"},
        )  # fmt: skip
    fill = (scale or Scale(0.01, 1.0)).colour(node.size)
    gradient = [NOT_RUN] if node.gradient is None else node.gradient
    fields = ["|".join(filter(None, (escaped(node.op), escaped(node.label, LONGEST)))) or f"v{node.number}"]
    if node.kind == "group":
        fields.append(_lines(node.data))
    else:
        fields.append(_lines([" ".join(filter(None, ("data", _type(node)))), *node.data], join_first=not _type(node)))
    fields.append(_lines(["grad", *gradient], join_first=True))
    if "|" in fields[0]:
        fields[0] = f"{{{fields[0]}}}"
    label = "|".join(fields)
    attributes = {"label": label if sideways else f"{{{label}}}"}
    if node.kind in ("operation", "freed"):
        attributes["shape"] = "Mrecord"
    if node.kind == "freed" or node.gradient is None:
        attributes["style"] = "filled,dashed" if node.kind == "freed" else "filled"
    attributes |= {"fillcolor": fill, "fontcolor": ink_on(fill)} if fill != NONE else {}
    return f"n{node.number}" + _attributes(**attributes)


def _edge(edge: Edge, picture: Picture) -> str:
    text = edge_count(edge)
    attributes = {"label": f" {escaped(text)} "} if text else {}
    source = picture.nodes[edge.source - 1]
    if source.kind in ("operation", "group"):
        attributes["weight"] = "3"  # the main line of the computation runs straight
        if picture.nodes[edge.target - 1].module not in ((), source.module):
            attributes["minlen"] = "2"  # room for the parameters, so that modules stand side by side
    if source.kind == "constant":
        attributes |= {"style": "dashed", "color": "#8c959f"}
    return f"n{edge.source} -> n{edge.target}" + (_attributes(**attributes) if attributes else "")


def _type(node: Node) -> str:
    return f"{node.shape} {node.dtype}".strip()


def _legend(picture: Picture, scale: Scale | None) -> Iterator[str]:
    """What the colours mean: a strip of them, beneath the results."""
    if scale is None or len(picture.nodes) < 2:
        return
    title = f"|grad| {number(float(f'{scale.low:.1e}'))} … {number(float(f'{scale.high:.1e}'))}, log"
    caption = {"shape": "plaintext", "style": "", "fontsize": "10", "margin": "0", "height": "0.15", "class": "legend"}
    strip = {"shape": "box", "style": "striped", "fillcolor": ":".join(RAMP), "width": "1.35", "height": "0.13"}
    yield "\tcaption" + _attributes(label=escaped(title), **caption)
    yield "\tlegend" + _attributes(label="", **strip)
    beside = [edge.source for edge in picture.edges if edge.target == _last(picture)]
    for place in beside[-1:]:
        yield from (f"\tn{place} -> {name}" + _attributes(style="invis", weight="0") for name in ("caption", "legend"))


def _last(picture: Picture) -> int:
    """The youngest value: the last result."""
    return max((node.number for node in picture.nodes if node.kind != "constant"), default=0)


# --- text that Graphviz reads as it was meant -----------------------------------------------------------------------


def escaped(text: str, longest: int | None = None) -> str:
    """Text as it stands in a plain or record label: what Graphviz gives a meaning to is escaped, line breaks kept.

    >>> print(escaped('a|b "c" <d>'))
    a\\|b "c" \\<d\\>
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    return "\\n".join(" ".join(map(_escaped_word, line.split(" "))) for line in text.strip().split("\n"))


def _escaped_word(word: str) -> str:
    return "".join(_SPECIAL.get(c) or (c if c.isprintable() else _SPECIAL["\\"] + ascii(c)[2:-1]) for c in word)


_SPECIAL = {"\\": "\\\\", "&": "&amp;"} | {c: "\\" + c for c in "{}<>|"}


def quoted(text: str) -> str:
    """A label as a string of the DOT language.

    >>> quoted('say "x"')
    '"say \\\\"x\\\\""'
    """
    return '"' + text.replace('"', '\\"') + '"'


def _lines(lines: object, join_first: bool = False) -> str:
    """Lines, aligned to the left."""
    words = [escaped(line) for line in lines if line]  # type: ignore[attr-defined]
    if join_first:
        words[:2] = [" ".join(words[:2])]
    return "".join(word + "\\l" for word in words)


def _attributes(**attributes: str) -> str:
    return " [" + " ".join(f"{name}={quoted(value)}" for name, value in attributes.items()) + "]"
