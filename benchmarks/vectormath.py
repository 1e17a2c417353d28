"""The functions of vectormath beside NumPy's, their time and their largest error: `python -m benchmarks.vectormath`.

Each is one compiled loop over 4096 numbers, with as many lanes as a register has; medians of alternating rounds. Errors
are against extended precision (double) and double (float), on the same kind of numbers and on ones of any magnitude.
"""

import ctypes
import statistics
import time
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import scipy.special

from autodiff.compiler.ir import F32, F64, I64, POINTER, Function, Vector, vector
from autodiff.compiler.native import Library, module_text, target
from autodiff.compiler.vectormath import FUNCTIONS

Step = Callable[[], Any]
SIZE, ROUNDS = 4096, 25
POSITIVE = ("log", "log2", "log10", "log1p", "power")
EXACT = ("remainder", "fmod", "floor_divide", "sign", "rint", "maximum", "minimum", "fmax", "fmin", "heaviside")
INSIDE = ("arcsin", "arccos", "arctanh")
ELSEWHERE: dict[str, Callable[..., Any]] = {
    "sigmoid": scipy.special.expit,
    "softplus": lambda x, out=None: np.logaddexp(x, x.dtype.type(0), out=out),
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
}


def loop(name: str, operands: int, dtype: Any) -> tuple[Callable[..., Step], float]:
    """What makes, of arrays and one for the results, a function without arguments; the milliseconds it took."""
    base, lanes = (F64, target().width // 8) if dtype == np.float64 else (F32, target().width // 4)
    f = Function("run", [POINTER] * (operands + 1) + [I64])
    *sources, out, size = f.parameters

    def step(i: Vector) -> list[Vector]:
        values = [f.load(f.offset(p, i, base), vector(base, lanes)) for p in sources]
        f.store(FUNCTIONS[name](*values), f.offset(out, i, base))
        return []

    start = time.perf_counter()
    f.loop(0, size, lanes, [], step)
    text = module_text([f], [f.text(attributes=target().attributes)])
    native = Library(text).function("run", *[ctypes.c_void_p] * (operands + 1), ctypes.c_int64)
    took = (time.perf_counter() - start) * 1e3

    def bound(*arrays: Any, out: Any) -> Step:
        arguments = (*(x.ctypes.data for x in arrays), out.ctypes.data, out.size)
        return lambda: native(*arguments)

    return bound, took


def numbers(name: str, size: int, rng: Any, spread: float) -> Any:
    """Where the function is used: a few units wide for spread 1, over many magnitudes for more."""
    x = rng.normal(size=size) * 2 * np.exp(rng.normal(size=size) * (spread - 1))
    if name in POSITIVE:
        return np.abs(x)
    if name in INSIDE:
        return np.tanh(x)
    return 1 + np.abs(x) if name == "arccosh" else x


def ns(step: Step) -> float:
    """Nanoseconds an element of one round."""
    start = time.perf_counter()
    for _ in range(20):
        step()
    return (time.perf_counter() - start) / 20 / SIZE * 1e9


def largest_error(found: Any, true: Any) -> float:
    """In units of the last place."""
    info = np.finfo(found.dtype)
    exponent = np.maximum(np.frexp(true)[1] - 1, info.minexp) - info.nmant
    error = np.abs(found.astype(true.dtype) - true) / np.ldexp(np.ones_like(true), exponent)
    return float(np.max(error, where=np.isfinite(error), initial=0.0))


def reference(name: str, arrays: list[Any]) -> Any:
    """The result in the next wider arithmetic; None where nobody has it."""
    wide = np.longdouble if arrays[0].dtype == np.float64 else np.float64
    x, *rest = (a.astype(wide) for a in arrays)
    if name == "sigmoid":
        e = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, e) / (1 + e)
    if name in ("softplus", "logaddexp", "logaddexp2"):
        y = rest[0] if rest else 0 * x
        if name == "logaddexp2":
            return np.maximum(x, y) + np.log1p(np.exp2(-np.abs(x - y))) / np.log(wide(2))
        return np.maximum(x, y) + np.log1p(np.exp(-np.abs(x - y)))
    if name in EXACT:
        return getattr(np, name)(*arrays)
    if name in ("erf", "erfc"):
        return ELSEWHERE[name](x) if wide == np.float64 else None
    return getattr(np, name)(x, *rest)


def row(name: str, dtype: Any) -> str:
    """One line of the table."""
    operands = len(signature(FUNCTIONS[name]).parameters)
    native, took = loop(name, operands, dtype)
    numpys = ELSEWHERE.get(name) or getattr(np, name)

    def peer(*arrays: Any, out: Any) -> Step:
        return lambda: numpys(*arrays, out=out)

    rng = np.random.default_rng(0)
    arrays = [numbers(name, SIZE, rng, 1).astype(dtype) for _ in range(operands)]
    out = np.empty(SIZE, dtype)
    steps = native(*arrays, out=out), peer(*arrays, out=out)
    rounds = [[ns(step) for step in steps] for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(r[i] for r in rounds) for i in (0, 1))

    errors = [0.0, 0.0]
    for spread in (1, 1, 4, 20):
        arrays = [numbers(name, 64 * SIZE, rng, spread).astype(dtype) for _ in range(operands)]
        if name.startswith("logaddexp"):
            arrays = [np.abs(x) for x in arrays]  # where the two terms do not cancel
        true, out = reference(name, arrays), np.empty(64 * SIZE, dtype)
        for i, function in enumerate((native, peer)):
            function(*arrays, out=out)()
            errors[i] = max(errors[i], largest_error(out, true)) if true is not None else np.nan
    return (
        f"{name:14}{np.dtype(dtype).name:9}{ours:8.2f}{theirs:9.2f}{theirs / ours:8.1f}x"
        f"{errors[0]:11.2f}{min(errors[1], 999.0):9.2f}{took:10.1f}"
    )


def main() -> None:
    """Print the table."""
    print(f"{'function':14}{'dtype':9}{'ns':>8}{'NumPy':>9}{'':9}{'max ulp':>11}{'NumPy':>9}{'compile ms':>12}")
    with np.errstate(all="ignore"):
        for name in FUNCTIONS:
            for dtype in (np.float64, np.float32):
                print(row(name, dtype), flush=True)


if __name__ == "__main__":
    main()
