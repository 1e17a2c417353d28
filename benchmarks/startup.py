"""What `import` costs, each time in a fresh process."""

import os
import subprocess
import sys
from functools import partial

from benchmarks.harness import Goal, Row, Step, Timing
from benchmarks.peers import available

MODULES = {
    "autodiff": "autodiff",
    "NumPy by hand": "numpy",
    "PyTorch": "torch",
    "JAX jit": "jax",
    "autograd": "autograd.numpy",
    "MyGrad": "mygrad",
    "micrograd": "micrograd.engine",
}
TIMED = "from time import perf_counter as t; start = t(); import {}; print((t() - start) * 1e6)"


def import_time(module: str) -> float:
    """Microseconds that `import module` takes in a new interpreter, the interpreter's own start left out."""
    command = [sys.executable, "-c", TIMED.format(module)]
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
    return float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def _step(module: str) -> Step:
    return partial(import_time, module)


ROW = Row(
    "import",
    "`import`, in a fresh process",
    {column: partial(_step, module) for column, module in MODULES.items()},
    (Goal(1, "NumPy by hand", plus_us=30_000),),
)


def measure_imports(rounds: int) -> Timing:
    """Every import once, untimed, to fill the file cache; then `rounds` times in turn."""
    columns = [column for column in ROW.contestants if available(column)]
    timing = Timing(ROW, {column: [] for column in columns})
    for turn in range(rounds + 1):
        for column in columns:
            microseconds = import_time(MODULES[column])
            if turn:
                timing.rounds[column].append(microseconds)
    return timing
