"""The user's line that is being executed, for messages."""

from __future__ import annotations

import linecache
import sys
import sysconfig
from pathlib import Path

import numpy as np

_PACKAGE = Path(__file__).parent.parent
_SKIPPED = tuple(f"{folder}/" for folder in (_PACKAGE, _PACKAGE.parent / "nn", Path(np.__file__).parent))
_STANDARD = sysconfig.get_paths()["stdlib"] + "/"


def where() -> str:
    """The innermost line that belongs to neither us, NumPy nor Python: "in step, train.py:12: if loss > 1:"."""
    frame = sys._getframe(1)
    while _is_passed_over(frame.f_code.co_filename):
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"\n  in {frame.f_code.co_name}, {Path(name).name}:{number}: {linecache.getline(name, number).strip()}"


def _is_passed_over(file: str) -> bool:
    return file.startswith(_SKIPPED) or (file.startswith(_STANDARD) and "-packages/" not in file)
