"""What it costs to get from Python into native code and back: arguments looked at, guards compared, a result made."""

from typing import Any

import numpy as np

import autodiff as ad
from benchmarks.harness import Row, Step, jit
from benchmarks.peers import jax

A, B, C = (np.full(8, number) for number in (1.0, 2.0, 3.0))


def formula(a: Any, b: Any, c: Any) -> Any:
    return a + b * c


def autodiff_jit() -> Step:
    compiled = ad.jit(formula)
    return lambda: compiled(A, B, C)


def by_hand() -> Step:
    return lambda: formula(A, B, C)


def with_jax() -> Step:
    compiled = jax.jit(formula)
    a, b, c = (jax.numpy.asarray(x) for x in (A, B, C))
    return lambda: jax.block_until_ready(compiled(a, b, c))


ROWS = (
    Row(
        "call",
        "a call: a + b·c of three arrays of 8 float64",
        {"autodiff jit": autodiff_jit, "NumPy by hand": by_hand, "JAX jit": with_jax},
        (jit(0, "NumPy by hand", plus_us=3),),
    ),
)
