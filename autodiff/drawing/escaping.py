"""Text that Graphviz shows as it was written, whatever is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = {"\\": "\\\\", "&": "&amp;", "\n": "\\n"} | {c: "\\" + c for c in "{}<>|"}
_LOST_SPACE = re.compile(r"(?<= ) |^ | $")  # Graphviz drops a space at either end, and all but one of several


def escaped(text: str, longest: int | None = None) -> str:
    r"""Text for a plain or a record label: what Graphviz would give a meaning to is escaped, line breaks are kept.

    What cannot be printed (control characters, lone surrogates, marks that change the direction of writing) is shown as
    Python writes it. · longest: cut after so many characters

    >>> print(escaped("a|b <c> & {d} \\ \x07"))
    a\|b \<c\> &amp; \{d\} \\ \\x07
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    shown = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return _LOST_SPACE.sub(r"\\ ", "".join(_SPECIAL.get(c, c) for c in shown))


def quoted(label: str) -> str:
    r"""An escaped label as a string of the DOT language.

    >>> print(quoted('say "x"'))
    "say \"x\""
    """
    return '"' + label.replace('"', '\\"') + '"'


def left_aligned(lines: Iterable[str]) -> str:
    r"""Lines one below the other, each flush left; spaces at the start of one are kept.

    >>> print(left_aligned(["data (2,)", "[1, 2]"]))
    data (2,)\l[1, 2]\l
    """
    return "".join("\\ " * (len(line) - len(line.lstrip(" "))) + escaped(line.lstrip(" ")) + "\\l" for line in lines)


def attributes(**given: str) -> str:
    """Attributes as DOT writes them behind a node or an edge; an empty one is kept, as `style=""` means something.

    >>> attributes(shape="box", label="")
    ' [shape="box" label=""]'
    """
    return " [" + " ".join(f"{name}={quoted(value)}" for name, value in given.items()) + "]" if given else ""
