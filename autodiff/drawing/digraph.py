"""A picture as a `graphviz.Digraph`, for code that expects one. Loaded on first use, with the package graphviz."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from autodiff.drawing.dot import statements
from autodiff.drawing.picture import Picture
from autodiff.drawing.rendering import render
from autodiff.errors import ArgumentError, MissingDependencyError

try:
    import graphviz
except ImportError:
    raise MissingDependencyError(
        "draw_dot needs the package graphviz: pip install 'autodiff[draw]'. draw(value) needs pygraphviz alone"
    ) from None


FORMATS = ("svg", "png", "pdf", "jpg", "jpeg", "gif", "eps", "ps", "json", "dot", "gv")
"""What both pygraphviz's Graphviz and `dot` write."""


class Digraph(graphviz.Digraph):
    """graphviz.Digraph, rendered by pygraphviz's Graphviz where there is no `dot` on the PATH."""

    def pipe(self, format: str | None = None, *args: Any, encoding: str | None = None, **keywords: Any) -> Any:
        if shutil.which("dot"):
            return super().pipe(format, *args, encoding=encoding, **keywords)
        drawn = render(self.source, _known(format or self.format), len(self.body) // 2)
        return drawn if encoding is None else drawn.decode(encoding)

    def render(
        self,
        filename: Any = None,
        directory: Any = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        **keywords: Any,
    ) -> str:
        if shutil.which("dot"):
            keywords |= {"directory": directory, "view": view, "cleanup": cleanup, "format": format}
            written: str = super().render(filename, **keywords)
            return written
        source = Path(self.save(filename, directory=directory))
        outfile = keywords.get("outfile")
        format = format or (Path(outfile).suffix.removeprefix(".") if outfile else self.format)
        target = Path(outfile) if outfile else source.with_name(f"{source.name}.{format}")
        target.write_bytes(self.pipe(format))
        if cleanup:
            source.unlink()
        if view:
            self._view(os.fspath(target), format=format, quiet=False)
        return os.fspath(target)


def digraph(picture: Picture, format: str) -> Digraph:
    """The same statements as the picture's DOT text, in a Digraph that can be added to.

    raises: ArgumentError for a format that Graphviz may not be able to write
    """
    return Digraph("autodiff", format=_known(format), body=[f"{line}\n" for line in statements(picture)])


def _known(format: str) -> str:
    if format not in FORMATS:
        raise ArgumentError(f"draw_dot(format=...) is one of {', '.join(FORMATS)}; it was given {format!r:.60}")
    return format
