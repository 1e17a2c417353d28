"""SciPy's names for Values, in modules named as SciPy's. Each loads on first use.

SciPy's ufuncs, such as scipy.special.erf, take Values by themselves. Its functions do not know NumPy's protocols: here
they stand under the same names, with the same signatures. What is given no Value is computed by SciPy.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from autodiff.errors import MissingDependencyError

if find_spec("scipy") is None:
    raise MissingDependencyError("autodiff.scipy needs SciPy: pip install 'autodiff[scipy]'")

if TYPE_CHECKING:
    from autodiff.scipy import integrate, linalg, signal, sparse, special, stats

__all__ = ["integrate", "linalg", "signal", "sparse", "special", "stats"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from importlib import import_module

        return import_module(f"autodiff.scipy.{name}")
    raise AttributeError(f"module 'autodiff.scipy' has no attribute {name!r}; it has {', '.join(__all__)}")
