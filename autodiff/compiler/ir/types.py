"""Machine types, and numbers of them as LLVM spells them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import numpy as np

Number = int | float | bool


@dataclass(frozen=True)
class Type:
    """A machine type: `base` times `lanes`. One lane is a scalar."""

    base: str
    lanes: int = 1

    def __str__(self) -> str:
        return self.base if self.lanes == 1 else f"<{self.lanes} x {self.base}>"

    @property
    def suffix(self) -> str:
        """How the names of intrinsics spell the type: v8f64."""
        short = {"double": "f64", "float": "f32"}.get(self.base, self.base)
        return short if self.lanes == 1 else f"v{self.lanes}{short}"

    @property
    def is_float(self) -> bool:
        """Whether the elements are floating-point numbers."""
        return self.base in ("double", "float")

    @property
    def bits(self) -> int:
        """The width of one element."""
        return {"double": 64, "float": 32, "ptr": 64}.get(self.base) or int(self.base[1:])

    def of(self, base: str) -> Type:
        """As many lanes of another base."""
        return replace(self, base=base)


F64, F32, I64, I32, I8, I1, POINTER = (Type(base) for base in ("double", "float", "i64", "i32", "i8", "i1", "ptr"))


def vector(base: Type, lanes: int) -> Type:
    """Lanes of a base type."""
    return Type(base.base, lanes)


def literal(x: Number, type: Type) -> str:
    """A number as text: floats by their bits, those of a float as the double that equals it; too large is infinite."""
    if type.base == "i1":
        return "true" if x else "false"
    if not type.is_float:
        return str(int(x))
    number = float(x)
    if type.base == "float":
        with np.errstate(over="ignore"):
            number = float(np.float32(number))
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
