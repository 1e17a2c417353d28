"""Machine code for kernels and products, each once in the life of the process."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from autodiff.compiler.emit import emit
from autodiff.compiler.ir import I32, I64, POINTER, Function, Vector
from autodiff.compiler.kernels import Kernel
from autodiff.compiler.native import Library, module_text, target
from autodiff.compiler.products import Gemm, emit_gemm, needs
from autodiff.compiler.tape import Layer, emit_layer, emit_machine
from autodiff.compiler.tiles import Tile, emit_tile
from autodiff.compiler.transposes import Transposition, emit_transposition


class Machine(NamedTuple):
    """What works off tapes; there is one."""


Code = Kernel | Gemm | Tile | Transposition | Layer | Machine
"""What there is a function for."""

_ADDRESSES: dict[Code, int] = {}
_LIBRARIES: list[Library] = []
_LOCK = threading.Lock()


def compiled(wanted: Iterable[Code]) -> dict[Code, int]:
    """The addresses of the functions for some keys; those that are not there yet are compiled."""
    wanted = list(dict.fromkeys(wanted))
    width = target().width
    called = dict.fromkeys(tile for key in wanted if isinstance(key, Gemm) for tile in needs(key, width))
    with _LOCK:
        for keys in (called, wanted):  # what is called has to be there first
            _add([key for key in keys if key not in _ADDRESSES])
        return {key: _ADDRESSES[key] for key in wanted}


def _add(missing: list[Code]) -> None:
    if not missing:
        return
    named = {key: f"step{len(_ADDRESSES) + k}" for k, key in enumerate(missing)}
    functions = [_function(key, name) for key, name in named.items()]
    library = Library(module_text(functions, [f.text(target().attributes) for f in functions]))
    _LIBRARIES.append(library)
    for key, name in named.items():
        _ADDRESSES[key] = library.address(name)


def _function(key: Code, name: str) -> Function:
    """The code for a key."""
    width = target().width
    if isinstance(key, Tile):
        return emit_tile(key, name, width)
    if isinstance(key, Machine):
        return emit_machine(name)
    if isinstance(key, Layer):
        return emit_layer(key, name, width)
    if isinstance(key, Transposition):
        return emit_transposition(key, name, width)
    return emit(key, name, width) if isinstance(key, Kernel) else emit_gemm(key, name, width, _ADDRESSES)


@cache
def driver() -> Any:
    """The loop over a table of steps: `run(plan)` answers the number of the step that failed, counted from 1, or 0.

    plan: the addresses of table and slots around the numbers of the first step and of the one after the last
    Each step is two addresses: of its function, and of its block of pointers.
    """
    f = Function("run", [POINTER], I64)
    (plan,) = f.parameters
    table, slots = (f.load(f.offset(plan, k, I64), POINTER) for k in (0, 3))
    first, last = (f.load(f.offset(plan, k, I64), I64) for k in (1, 2))

    def step(i: Vector, failed: Vector) -> list[Vector]:
        def call() -> list[Vector]:
            entry = f.offset(table, i * 2, I64)
            function, block = f.load(entry, POINTER), f.load(f.offset(entry, 1, I64), POINTER)
            status = f.emit(I32, f"call i32 {function.name}(ptr {slots.name}, ptr {block.name})")
            return [(status != 0).where(i + 1, 0)]

        return f.rarely(failed == 0, [failed], call)

    (f.result,) = f.loop(first, last, 1, [f.constant(0, I64)], step)
    library = Library(module_text([f], [f.text(target().attributes)]))
    return library.function("run", ctypes.c_void_p, returns=ctypes.c_int64)
