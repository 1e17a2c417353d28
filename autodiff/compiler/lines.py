"""The user's line that is being executed, for messages."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path

import numpy as np

_PACKAGE = Path(__file__).parent.parent
_SKIPPED = tuple(f"{folder}/" for folder in (_PACKAGE, _PACKAGE.parent / "nn", Path(np.__file__).parent))


def where() -> str:
    """The innermost line that belongs neither to us nor to NumPy: "in step, train.py:12: if loss > 1:"."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_SKIPPED):
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"\n  in {frame.f_code.co_name}, {Path(name).name}:{number}: {linecache.getline(name, number).strip()}"
