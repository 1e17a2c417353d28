"""LLVM's intermediate representation as text, written by ordinary arithmetic on `Vector`s.

    f = Function("twice", [POINTER])
    x = f.load(f.parameters[0], vector(F64, 8))     # eight numbers
    f.store((x + x).fma(0.5, 1.0), f.parameters[0])

Everything is explicit: vectors of a fixed number of lanes, loops with the values they carry. So no optimisation pass is
needed afterwards, and a kernel compiles in a few milliseconds.
"""

from autodiff.compiler.ir.functions import Function as Function
from autodiff.compiler.ir.types import F32 as F32
from autodiff.compiler.ir.types import F64 as F64
from autodiff.compiler.ir.types import I1 as I1
from autodiff.compiler.ir.types import I8 as I8
from autodiff.compiler.ir.types import I32 as I32
from autodiff.compiler.ir.types import I64 as I64
from autodiff.compiler.ir.types import POINTER as POINTER
from autodiff.compiler.ir.types import Number as Number
from autodiff.compiler.ir.types import Type as Type
from autodiff.compiler.ir.types import literal as literal
from autodiff.compiler.ir.types import vector as vector
from autodiff.compiler.ir.vectors import Vector as Vector
