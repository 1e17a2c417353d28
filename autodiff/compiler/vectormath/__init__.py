"""Mathematical functions of vectors, written as straight-line instructions: no calls, no tables, any number of lanes.

Each of them is good to 2.5 units in the last place over its whole range (power and tan to 4, hypot to 1.5), in double
and in float, with the infinities, NaNs and signs of zero that NumPy gives. (logaddexp and logaddexp2 add two terms: the
unit is that of the larger term where they cancel.) What is rare and slow, huge angles, overflow, subnormal numbers, is
behind a branch. Never compile them with fast-math flags, which would undo the tricks that keep rounding under control.
"""

from collections.abc import Callable

from autodiff.compiler.ir import Vector
from autodiff.compiler.vectormath.error_functions import erf, erfc
from autodiff.compiler.vectormath.exact import (
    floor_divide,
    fmax,
    fmin,
    fmod,
    heaviside,
    maximum,
    minimum,
    remainder,
    rint,
    sign,
)
from autodiff.compiler.vectormath.exponentials import cosh, exp, exp2, expm1, sinh
from autodiff.compiler.vectormath.hyperbolics import arccosh, arcsinh, arctanh
from autodiff.compiler.vectormath.inverse_trigonometry import arccos, arcsin, arctan, arctan2
from autodiff.compiler.vectormath.logarithms import log, log1p, log2, log10
from autodiff.compiler.vectormath.logistic import logaddexp, logaddexp2, sigmoid, softplus, tanh
from autodiff.compiler.vectormath.powers import cbrt, hypot, power
from autodiff.compiler.vectormath.trigonometry import cos, sin, tan

_ALL: tuple[Callable[..., Vector], ...] = (
    *(exp, exp2, expm1, log, log2, log10, log1p),
    *(sin, cos, tan, arcsin, arccos, arctan, arctan2),
    *(sinh, cosh, tanh, arcsinh, arccosh, arctanh),
    *(sigmoid, softplus, logaddexp, logaddexp2, erf, erfc),
    *(power, cbrt, hypot),
    *(remainder, fmod, floor_divide, sign, rint, maximum, minimum, fmax, fmin, heaviside),
)

FUNCTIONS: dict[str, Callable[..., Vector]] = {function.__name__: function for function in _ALL}
"""Every function by NumPy's name (or SciPy's, or ours), on Vectors of one type."""
