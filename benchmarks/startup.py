"""What it takes until something runs, each time in a fresh process: `import`, and the first call of a compiled step."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial

from benchmarks.harness import Goal, Row, Step, Timing, jit
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
IMPORTS = {column: ("-c", TIMED.format(module)) for column, module in MODULES.items()}
FIRST_CALLS = {
    column: ("-m", "benchmarks.first_call", name)
    for column, name in {"autodiff jit": "autodiff", "JAX jit": "jax"}.items()
}


def printed(arguments: tuple[str, ...]) -> float:
    """The microseconds that a new interpreter prints; its own start is left out."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
    command = [sys.executable, *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def _steps(commands: Mapping[str, tuple[str, ...]]) -> dict[str, Callable[[], Step]]:
    return {column: partial(partial, printed, arguments) for column, arguments in commands.items()}


ROWS = (
    Row(
        "first-call",
        "import, trace and compile the step of the first row, in a fresh process",
        _steps(FIRST_CALLS),
        (jit(0.5, "JAX jit"),),
    ),
    Row("import", "`import`, in a fresh process", _steps(IMPORTS), (Goal(1, "NumPy by hand", plus_us=30_000),)),
)


def measure(row: Row, rounds: int) -> Timing:
    """Every process once, untimed, to fill the file cache; then `rounds` times in turn."""
    steps = {column: setup() for column, setup in row.contestants.items() if available(column)}
    timing = Timing(row, {column: [] for column in steps})
    for turn in range(rounds + 1):
        for column, step in steps.items():
            microseconds = step()
            if turn:
                timing.rounds[column].append(microseconds)
    return timing
