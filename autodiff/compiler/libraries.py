"""Which modules are libraries: their code is taken as it is, and not searched for what it depends on."""

from __future__ import annotations

import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

OURS = ("autodiff", "nn")
_INSTALLED = ("site-packages", "dist-packages")
_STANDARD = str(Path(sysconfig.get_paths()["stdlib"]))


def package(module: str | None) -> str:
    """The top-level package of a module."""
    return (module or "").partition(".")[0]


@lru_cache(maxsize=4096)
def is_library(module: str | None) -> bool:
    """Whether a module belongs to Python, to an installed package, or to us. `__main__` and unknown ones do not."""
    top = package(module)
    if top in OURS or top in sys.builtin_module_names:
        return True
    if module is None or top == "__main__":
        return False
    file = getattr(sys.modules.get(module) or sys.modules.get(top), "__file__", None)
    if file is None:
        return top in sys.stdlib_module_names
    return str(file).startswith(_STANDARD) or any(part in _INSTALLED for part in Path(file).parts)
