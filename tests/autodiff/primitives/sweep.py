"""Calls of NumPy functions, where each keyword of the signature is either checked, or refused by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff.containers import flatten, map_leaves, restore
from autodiff.primitives import DISPATCH
from tests.autodiff.checks import check, check_second

# differences cannot follow a gradient that jumps
KINKED = {np.max, np.min, np.amax, np.amin, np.ptp, np.clip, np.sort, np.nanmax, np.nanmin, np.partition}
KINKED |= {np.median, np.nanmedian, np.quantile, np.nanquantile, np.percentile, np.nanpercentile, np.sort_complex}
KINKED |= {np.interp, np.modf}


class Call(NamedTuple):
    """A function, its arguments (float and complex arrays in them are differentiated) and keywords."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    keywords: dict[str, Any]
    exact: bool = True
    single: bool = True
    kinked: bool = False

    def __str__(self) -> str:
        shown = [_shown(x) for x in flatten(list(self.args))[0]]
        return ", ".join([*shown, *(f"{k}={v!r}"[:40] for k, v in self.keywords.items())])

    def check(self) -> None:
        leaves, structure = flatten(self.args)
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc"]

        def f(*xs: Any) -> Any:
            filled = list(leaves)
            for place, x in zip(places, xs):
                filled[place] = x
            return self.function(*restore(structure, filled), **self.keywords)

        operands = [leaves[place] for place in places]
        kinked = self.kinked or self.function in KINKED
        check(f, *operands, exact=self.exact, single=self.single, order=1 if kinked else 2)
        if kinked:
            check_second(f, *operands, differences=False)


CHECKED: list[Call] = []
"""The calls of every sweep that was imported: what is computed and, where it is differentiable, differentiated."""

REFUSED: list[Call] = []
"""The calls that raise, naming their one keyword."""


def _shown(x: Any) -> str:
    """An argument in the name of a test, the same in every process."""
    return str(np.shape(x)) if isinstance(x, np.ndarray) else getattr(x, "__name__", repr(x)[:24])


def call(function: Callable[..., Any], *args: Any, **keywords: Any) -> Call:
    return Call(function, args, keywords)


def close(function: Callable[..., Any], *args: Any, **keywords: Any) -> Call:
    """A call whose sum NumPy rounds in another order."""
    return Call(function, args, keywords, exact=False)


def double(function: Callable[..., Any], *args: Any, **keywords: Any) -> Call:
    """A call that NumPy computes in float64 whatever it is given."""
    return Call(function, args, keywords, single=False)


def parameters(calls: list[Call], refused: list[Call]) -> Any:
    """pytest parameters for both lists; which are remembered, so that `test_complete` sees what all of them lack."""
    CHECKED.extend(calls)
    REFUSED.extend(refused)
    return (
        pytest.mark.parametrize("case", calls, ids=[f"{c.function.__name__}({c})" for c in calls]),
        pytest.mark.parametrize("case", refused, ids=[f"{c.function.__name__}({c})" for c in refused]),
    )


def check_refused(case: Call) -> None:
    values = map_leaves(lambda x: ad.Value(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fc" else x, case.args)
    (keyword,) = case.keywords
    with pytest.raises((ad.errors.UnsupportedError, ad.errors.InPlaceError), match=keyword):
        case.function(*values, **case.keywords)


def since(version: str, *arguments: Any) -> tuple[Any, ...]:
    """Arguments that NumPy takes since a version: nothing before."""
    return arguments if np.lib.NumpyVersion(np.__version__) >= version else ()


ROOT = Path(__file__).parents[3]
OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
GONE = {
    "newshape"
}  # the old name of reshape's `shape`, which newer NumPy lacks, and which raises as an unknown keyword


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """NumPy's signature; where an older NumPy keeps that of a C function to itself, that of our entry."""
    try:
        return inspect.signature(function)
    except ValueError:
        return inspect.signature(DISPATCH[function])


def untested(function: Callable[..., Any], calls: list[Call], refused: list[Call]) -> set[str]:
    """The parameters of a function's signature that no call gives, by position or by name."""
    parameters = signature_of(function).parameters.values()
    names = [p.name for p in parameters if p.kind not in OPEN and p.name not in GONE]
    used = {name for c in (*calls, *refused) if c.function is function for name in c.keywords}
    return set(names) - used - {name for c in calls if c.function is function for name in names[: len(c.args)]}


def check_complete(calls: list[Call], refused: list[Call]) -> None:
    """Every parameter of every function's signature occurs, and every function is one that Values dispatch."""
    for function in {c.function for c in calls}:
        assert function in DISPATCH, f"{function} is not dispatched"
        if not isinstance(function, np.ufunc):
            missing = untested(function, calls, refused)
            assert not missing, f"{function.__name__}: {missing} untested"


def sweeps() -> tuple[list[Call], list[Call]]:
    """The calls of all test modules beside this one: those that are checked, and those that are refused."""
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return CHECKED, REFUSED
