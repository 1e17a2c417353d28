"""Machine code from text: LLVM through llvmlite, without optimisation passes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from autodiff.compiler.ir import Function
from autodiff.errors import MissingDependencyError


class Target(NamedTuple):
    """The processor as LLVM knows it. width: bytes of a vector · attributes: what every function is marked with."""

    triple: str
    processor: str
    features: str
    width: int
    attributes: str

    def machine(self) -> Any:
        """What writes machine code for it; each engine takes one over."""
        import llvmlite.binding as llvm

        return llvm.Target.from_triple(self.triple).create_target_machine(
            cpu=self.processor, features=self.features, opt=2, codemodel="jitdefault", jit=True
        )


@cache
def is_available() -> bool:
    """Whether llvmlite is installed."""
    try:
        import llvmlite.binding  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def target() -> Target:
    """The processor this runs on; vectors are as wide as its registers."""
    try:
        import llvmlite.binding as llvm
    except ImportError as error:
        raise MissingDependencyError("native code needs llvmlite: pip install 'autodiff[jit]'") from error
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    width = 64 if features.get("avx512f") and features.get("avx512dq") else 32 if features.get("avx2") else 16
    return Target(
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        features.flatten(),
        width,
        f'nounwind "prefer-vector-width"="{width * 8}"',
    )


class Library:
    """Compiled functions. They live as long as this object does."""

    def __init__(self, text: str) -> None:
        machine = target().machine()
        import llvmlite.binding as llvm

        module = llvm.parse_assembly(text)
        module.verify()
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function starts."""
        return int(self._engine.get_function_address(name))

    def function(self, name: str, *arguments: Any, returns: Any = None) -> Any:
        """A function to be called from Python, through ctypes; it runs without the interpreter's lock."""
        found: Any = ctypes.CFUNCTYPE(returns, *arguments)(self.address(name))
        found.library = self  # the code must outlive whoever calls it
        return found


def module_text(functions: Iterable[Function], bodies: Sequence[str]) -> str:
    """A module with these functions and all they declare, each declaration once."""
    declared = dict.fromkeys(line for function in functions for line in function.declarations)
    return "\n".join([*declared, *bodies])
