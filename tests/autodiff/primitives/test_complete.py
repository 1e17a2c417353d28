"""No NumPy function that Values dispatch is left out of the sweeps over keywords."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np

from autodiff.primitives import DISPATCH

# What has keywords that matter is swept; these take numbers alone, or are tested for what they are.
ELSEWHERE = {np.real, np.imag, np.angle, np.empty_like}


def test_every_function_is_swept() -> None:
    swept = set(ELSEWHERE)
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = import_module(f"tests.autodiff.primitives.{path.stem}")
        swept |= {call.function for call in getattr(module, "CALLS", ())}
    missing = {
        f for f in DISPATCH if not isinstance(f, np.ufunc) and (getattr(f, "__module__", "") or "").startswith("numpy")
    }
    assert {f.__name__ for f in missing - swept} == set()
