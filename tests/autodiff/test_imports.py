"""import autodiff costs NumPy and nothing else; the rest loads on first use."""

from __future__ import annotations

import subprocess
import sys

LATE = [
    "scipy",
    "hypothesis",
    "graphviz",
    "pygraphviz",
    "llvmlite",
    "sklearn",
    "matplotlib",
    "IPython",
    "dask",
    "tqdm",
    "safetensors",
]


def loaded_by(code: str) -> set[str]:
    program = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_is_lazy() -> None:
    use = "v = ad.Value([1.0, 2.0]); np.sum(np.tanh(v)).backward(); ad.hessian(np.sum)(np.ones(2))"
    assert not loaded_by(f"import autodiff as ad, numpy as np; {use}") & set(LATE)


def test_nn_is_lazy() -> None:
    assert not loaded_by("import nn, nn.scalar") & set(LATE)


def test_import_does_not_touch_the_garbage_collector() -> None:
    look = "(gc.get_threshold(), gc.isenabled(), gc.get_freeze_count())"
    code = f"import gc, numpy; before = {look}; import autodiff; print(before == {look})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]
