"""A picture as plain text: one line a node, operands before results."""

from __future__ import annotations

from autodiff.drawing.picture import Edge, Node, Picture


def as_text(picture: Picture) -> str:
    """One line a node: its name, how it was computed, data, gradient, local derivatives."""
    by_number = {node.number: node for node in picture.nodes}
    arriving: dict[int, list[Edge]] = {}
    for edge in picture.edges:
        arriving.setdefault(edge.target, []).append(edge)
    read = {edge.source for edge in picture.edges}
    rows = [
        _row(node, arriving.get(node.number, []), by_number)
        for node in picture.nodes
        if node.kind != "constant" or node.number not in read
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, *(f"({note})" for note in picture.notes)])


def _row(node: Node, arriving: list[Edge], by_number: dict[int, Node]) -> tuple[str, str, str, str]:
    names = [_operand(by_number[edge.source]) for edge in arriving]
    if node.kind == "group":
        title = node.label + (f" ← {', '.join(names)}" if names else "")
        data = "; ".join(node.data)
    else:
        title = _name(node) + (f" = {node.op} ({', '.join(names)})" if node.op else "")
        data = "data " + " ".join(part for part in (node.type, "; ".join(node.data)) if part)
    slopes = ", ".join(f"∂/∂{name} {edge.derivative}" for name, edge in zip(names, arriving) if edge.derivative)
    return title, data, f"grad {'; '.join(node.gradient_text)}", slopes


def _operand(node: Node) -> str:
    if node.kind == "constant" and not node.label:
        return node.shape or "; ".join(node.data)
    return _name(node)


def _name(node: Node) -> str:
    """On one line; a parameter's with the modules that lead to it."""
    path = (*node.module, node.name) if node.kind == "variable" and node.label else (node.name,)
    return ".".join(path).replace("\n", " ")
