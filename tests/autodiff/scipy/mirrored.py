"""Calls of mirrored functions: SciPy's values, checked derivatives, SciPy's signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff.containers import flatten, map_leaves, restore
from tests.autodiff.checks import check, plain


class Call(NamedTuple):
    """A function of ours and SciPy's, arguments (float arrays in them are differentiated) and keywords."""

    mine: Callable[..., Any]
    theirs: Callable[..., Any]
    args: tuple[Any, ...]
    keywords: dict[str, Any]
    tolerance: float = 1e-12
    single: bool = True

    def __str__(self) -> str:
        leaves = flatten((self.args, self.keywords))[0]
        shown = [f"{np.shape(x)}" if isinstance(x, np.ndarray) else repr(x)[:20] for x in leaves]
        return f"{self.theirs.__name__}({', '.join(shown)})"

    def check(self, order: int = 2) -> None:
        leaves, structure = flatten((self.args, self.keywords))
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc"]

        def f(*xs: Any) -> Any:
            filled = list(leaves)
            for place, x in zip(places, xs):
                filled[place] = x
            args, keywords = restore(structure, filled)
            return self.mine(*args, **keywords)

        operands = [leaves[place] for place in places]
        expected = self.theirs(*self.args, **self.keywords)
        found = plain(f(*map(ad.Value, operands)))
        for a, b in zip(flatten(found)[0], flatten(tuple(expected) if isinstance(expected, tuple) else expected)[0]):
            np.testing.assert_allclose(a, b, rtol=self.tolerance, atol=self.tolerance)
            assert np.shape(a) == np.shape(b)
            assert np.asarray(a).dtype == np.asarray(b).dtype
        check(f, *operands, exact=False, order=order, single=self.single)


def parametrized(calls: list[Call]) -> Any:
    return pytest.mark.parametrize("case", calls, ids=[str(call) for call in calls])


def check_refused(mine: Callable[..., Any], *args: Any, **keywords: Any) -> None:
    """Given a Value, a keyword is refused by its name."""
    (keyword,) = keywords
    values = map_leaves(lambda x: ad.Value(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fc" else x, args)
    with pytest.raises(ad.errors.AutodiffError, match=keyword):
        mine(*values, **keywords)


def check_signatures(calls: list[Call]) -> None:
    """The same parameters, in the same order, with the same defaults as SciPy's."""
    for mine, theirs in {(call.mine, call.theirs) for call in calls}:
        ours, its = inspect.signature(mine).parameters, inspect.signature(theirs).parameters
        assert list(ours) == list(its), f"{theirs.__name__}{inspect.signature(theirs)}"
        for name in its:
            assert ours[name].kind == its[name].kind, f"{theirs.__name__}: {name}"
            assert ours[name].default == its[name].default, f"{theirs.__name__}: {name}"
