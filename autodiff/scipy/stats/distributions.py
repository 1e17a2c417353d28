"""What every distribution here shares: SciPy's calls, the shift and the scale, what lies outside of the support.

Outside of the support a density is 0 and its logarithm −∞, with gradient 0; parameters outside of their range give NaN.
Arrays alone go to SciPy. What is not written here refuses a Value by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autodiff.errors import UnsupportedError
from autodiff.scipy.mirror import holds_values, mirrored, scipy_module
from autodiff.value import Value, constant_value

STATS = scipy_module("stats")

Formula = Callable[..., Any]


def _as_operand(x: Any) -> Any:
    """A Value, or an array of floats. A number is a Value, too: whatever is computed from it promotes as weakly."""
    if isinstance(x, Value):
        return x
    if isinstance(x, (float, int)):
        return constant_value(float(x))
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(float)


class Distribution:
    """One of scipy.stats' distributions.

    name, shapes: SciPy's · formulas: by method, of the standardised variable and the shapes
    valid: whether the shapes are in their range · at: a point inside the support, whatever the shapes
    """

    named: tuple[str, ...] = ("loc", "scale")
    densities: tuple[str, ...] = ("pdf", "logpdf")

    def __init__(
        self,
        name: str,
        shapes: Sequence[str],
        formulas: Mapping[str, Formula],
        *,
        low: float = -math.inf,
        high: float = math.inf,
        at: float = 0.5,
        valid: Formula | None = None,
    ) -> None:
        self.name, self.shapes, self.formulas = name, tuple(shapes), dict(formulas)
        self.low, self.high, self.at, self.valid = low, high, at, valid
        self.theirs = getattr(STATS, name)
        self.__doc__ = f"scipy.stats.{name}: {', '.join(self.methods)} of Values."

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that take Values."""
        return tuple(self.formulas)

    def __repr__(self) -> str:
        return f"<{self.name} of autodiff.scipy.stats: {', '.join(self.methods)}>"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """The distribution with its parameters fixed."""
        return Frozen(self, args, keywords)

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_") or "theirs" not in self.__dict__ or not hasattr(self.theirs, method):
            raise AttributeError(f"{self.name} has no method {method!r}")
        theirs = getattr(self.theirs, method)
        if method not in self.formulas:
            return _refusing(theirs, f"scipy.stats.{self.name}.{method}") if callable(theirs) else theirs

        def call(x: Any, *args: Any, **keywords: Any) -> Any:
            if not holds_values(x, args, keywords):
                return theirs(x, *args, **keywords)
            return self.value_of(method, x, *self.parameters(method, args, keywords))

        call.__name__, call.__doc__ = method, theirs.__doc__
        return call

    def parameters(self, method: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> list[Any]:
        """Shapes, shift and scale, from what is given by position and by name, as SciPy takes them."""
        names = (*self.shapes, *self.named)
        if len(args) > len(names):
            raise TypeError(f"{self.name}.{method} takes {', '.join(names)} after x; it was given {len(args)} more")
        given = dict(zip(names, args))
        for name, parameter in keywords.items():
            if name not in names:
                raise TypeError(f"{self.name}.{method} takes {', '.join(names)}; it was given {name}=")
            if name in given:
                raise TypeError(f"{self.name}.{method} was given {name} twice")
            given[name] = parameter
        missing = [name for name in self.shapes if name not in given]
        if missing:
            raise TypeError(f"{self.name}.{method} needs {', '.join(missing)}")
        defaults = {"loc": 0.0, "scale": 1.0}
        return [_as_operand(given.get(name, defaults.get(name))) for name in names]

    def value_of(self, method: str, x: Any, *parameters: Any) -> Any:
        """A method of the distribution at x."""
        *shapes, loc, scale = parameters
        proper = np.greater(scale, 0)
        if self.valid is not None:
            proper = proper & self.valid(*shapes)
        scale = np.where(proper, scale, 1.0)
        if method == "ppf":
            p = _as_operand(x)
            proper = proper & (np.greater_equal(p, 0) & np.less_equal(p, 1))
            return np.where(proper, loc + scale * self.formulas[method](np.where(proper, p, 0.5), *shapes), math.nan)
        y = (_as_operand(x) - loc) / scale
        # some of SciPy's ufuncs take a Python float for a float64
        shapes = [
            s.astype(y.dtype) if y.dtype == np.float32 and type(getattr(s, "_data", s)) is float else s for s in shapes
        ]
        inside = np.greater_equal(y, self.low) & np.less_equal(y, self.high)
        below = np.less(y, self.low)
        y = np.where(inside, y, self.at)
        out = self.formulas[method](y, *shapes)
        if method in self.densities:
            log = method.startswith("log")
            out = out - np.log(scale) if log else out / scale
            first = last = -math.inf if log else 0.0
        else:
            first, last = (0.0, 1.0) if method in ("cdf", "logcdf") else (1.0, 0.0)
            if method.startswith("log"):
                first, last = (0.0 if v else -math.inf for v in (first, last))
        known = proper & ~np.isnan(_as_operand(x))
        return np.where(known, np.where(below, first, np.where(inside, out, last)), math.nan)


class Frozen:
    """A distribution whose parameters are fixed."""

    def __init__(self, distribution: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        self.distribution, self.args, self.keywords = distribution, args, keywords

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_") or "distribution" not in self.__dict__:
            raise AttributeError(method)
        if method not in self.distribution.formulas and not holds_values(self.args, self.keywords):
            theirs = getattr(self.distribution.theirs(*self.args, **self.keywords), method)
            return _refusing(theirs, f"scipy.stats.{self.distribution.name}.{method}") if callable(theirs) else theirs
        call = getattr(self.distribution, method)
        return lambda *given, **keywords: call(*given, *self.args, **self.keywords, **keywords)


def _refusing(theirs: Any, name: str) -> Any:
    """SciPy's method, which refuses Values by its name."""

    def call(*args: Any, **keywords: Any) -> Any:
        if holds_values(args, keywords):
            raise UnsupportedError(f"{name} has no derivative here; call it on v.data if no gradient is needed")
        return theirs(*args, **keywords)

    return call


class Discrete(Distribution):
    """A distribution of integers: a shift, no scale; neither has a derivative."""

    named = ("loc",)
    densities = ("pmf", "logpmf")

    def __init__(self, *args: Any, counts: Sequence[str] = (), **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.counts = counts

    def value_of(self, method: str, x: Any, *parameters: Any) -> Any:
        """A method of the distribution at integers x."""
        names = (*self.shapes, "loc")
        whole = [("k", x), *((n, p) for n, p in zip(names, parameters) if n == "loc" or n in self.counts)]
        for name, parameter in whole:
            if getattr(parameter, "_carries", False):
                raise UnsupportedError(
                    f"{self.name}.{method} has no derivative in {name}, which counts; pass a number, or cut it with "
                    "ad.stop_gradient"
                )
        *shapes, loc = parameters
        k = _as_operand(x) - loc
        proper = np.isfinite(_as_operand(x)) if self.valid is None else self.valid(*shapes) & ~np.isnan(_as_operand(x))
        safe = [np.where(proper, shape, fallback) for shape, fallback in zip(shapes, self.fallbacks)]
        high = self.top(*safe)
        density = method in self.densities
        if not density:
            k = np.floor(k)
        inside = np.greater_equal(k, self.low) & np.less_equal(k, high) & np.equal(np.floor(k), k)
        out = self.formulas[method](np.where(inside, k, self.low), *safe)
        if density:
            outside: Any = -math.inf if method == "logpmf" else 0.0
        else:
            outside = np.where(np.greater(k, high) == (method == "cdf"), 1.0, 0.0)
        return np.where(proper, np.where(inside, out, outside), math.nan)

    fallbacks: Sequence[float] = ()

    def top(self, *shapes: Any) -> Any:
        """The largest integer of the support."""
        return self.high


def mirrored_statistics(name: str) -> Any:
    """Whatever else scipy.stats has; distributions that are not written here refuse Values by their name."""
    theirs = getattr(STATS, name, None)
    if isinstance(theirs, (STATS.rv_continuous, STATS.rv_discrete)):
        return Distribution(name, (), {})
    return mirrored(STATS, name)
