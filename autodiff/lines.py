"""The user's line that is being executed, for messages."""

from __future__ import annotations

import linecache
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import numpy as np

_PACKAGE = Path(__file__).parent
_SKIPPED = tuple(f"{folder}/" for folder in (_PACKAGE, _PACKAGE.parent / "nn", Path(np.__file__).parent))
_STANDARD = sysconfig.get_paths()["stdlib"] + "/"


class Line(NamedTuple):
    """A line of somebody's code: its file, its number there, the function it stands in."""

    file: str
    number: int
    function: str

    @property
    def place(self) -> str:
        """Where it is, in short: "train.py:12"."""
        return f"{Path(self.file).name}:{self.number}"

    def __str__(self) -> str:
        return f"in {self.function}, {self.place}: {linecache.getline(self.file, self.number).strip()}"


def frames() -> Iterator[FrameType]:
    """What is being executed from here outwards, up to and with the first frame that belongs to the user."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        if not is_passed_over(frame.f_code.co_filename):
            return
        frame = frame.f_back


def line_of(frame: FrameType) -> Line | None:
    """The line that a frame is at; None where it is none of the user's."""
    code = frame.f_code
    return None if is_passed_over(code.co_filename) else Line(code.co_filename, frame.f_lineno, code.co_name)


def where() -> str:
    """The innermost line that belongs to neither us, NumPy nor Python: "in step, train.py:12: if loss > 1:"."""
    *_, last = frames()
    line = line_of(last)
    return "" if line is None else f"\n  {line}"


def is_passed_over(file: str) -> bool:
    """Whether a file is one of ours, NumPy's or Python's."""
    return file.startswith(_SKIPPED) or (file.startswith(_STANDARD) and "-packages/" not in file)
