"""No NumPy function that Values dispatch, and no keyword of it, is left out of the sweeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.primitives import DISPATCH
from tests.autodiff.primitives.sweep import GONE, signature_of, sweeps, untested

FUNCTIONS = [
    function
    for function in DISPATCH
    if not isinstance(function, np.ufunc) and (getattr(function, "__module__", "") or "").partition(".")[0] == "numpy"
]
UFUNCS = [ufunc for ufunc in DISPATCH if isinstance(ufunc, np.ufunc) and getattr(np, ufunc.__name__, None) is ufunc]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_every_keyword_is_swept(function: Any) -> None:
    """Each parameter of NumPy's signature is checked against differences, or refused by name."""
    calls, refused = sweeps()
    assert any(call.function is function for call in calls), f"{function.__name__} is in no sweep"
    assert untested(function, calls, refused) == set()


def taken(function: Any) -> list[Any]:
    """What a function takes, in order: the kind of each parameter, and the names that a call may use."""
    parameters = [p for p in signature_of(function).parameters.values() if p.name not in GONE]
    return [(p.kind, p.name if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) else "") for p in parameters]


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f is not np.empty_like], ids=lambda f: f.__name__)
def test_an_entry_is_called_as_numpy_is(function: Any) -> None:
    assert taken(DISPATCH[function]) == taken(function)


KEYWORDS: dict[str, Any] = {
    "out": np.zeros(2),
    "where": np.array([True, False]),
    "casting": "safe",
    "order": "C",
    "dtype": np.float64,
    "subok": False,
    "signature": "d->d",
}
OF_ARRAYS: dict[str, Any] = {"axes": [(0,), (0,), ()], "axis": 0, "keepdims": True}
GENERALISED = [ufunc for ufunc in UFUNCS if ufunc.signature is not None]


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_keywords_of_ufuncs_are_refused(ufunc: np.ufunc, keyword: str) -> None:
    """Each by name, whatever the operands: none is swallowed."""
    given = (KEYWORDS["out"],) * ufunc.nout if keyword == "out" else KEYWORDS[keyword]
    wrong: Any = (ad.errors.UnsupportedError, ad.errors.InPlaceError)
    if keyword == "where" and ufunc.signature is not None:  # which has none
        wrong = TypeError
    with pytest.raises(wrong, match=f"{ufunc.__name__}.*{keyword}"):
        ufunc(*(Value(np.ones(2)) for _ in range(ufunc.nin)), **{keyword: given})


@pytest.mark.parametrize("keyword", OF_ARRAYS)
@pytest.mark.parametrize("ufunc", GENERALISED, ids=lambda f: f.__name__)
def test_axes_of_generalised_ufuncs_are_swept_or_refused(ufunc: np.ufunc, keyword: str) -> None:
    if any(call.function is ufunc and keyword in call.keywords for call in sweeps()[0]):
        return
    with pytest.raises(TypeError, match=f"{ufunc.__name__}.*{keyword}"):  # ours, or NumPy's own: not all have an axis
        ufunc(*(Value(np.ones((2, 2))) for _ in range(ufunc.nin)), **{keyword: OF_ARRAYS[keyword]})


@pytest.mark.parametrize("method", ["reduce", "accumulate", "reduceat", "outer", "at"])
@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_methods_of_ufuncs_are_refused(ufunc: np.ufunc, method: str) -> None:
    operands = {"reduceat": (Value(np.ones(2)), [0]), "at": (np.ones(2), [0], Value(1.0)), "outer": (Value(1.0),) * 2}
    with pytest.raises((TypeError, ValueError, RuntimeError)) as caught:
        getattr(ufunc, method)(*operands.get(method, (Value(np.ones(2)),)))
    if isinstance(caught.value, ad.errors.AutodiffError):
        assert f"np.{ufunc.__name__}.{method}" in str(caught.value)
    else:  # NumPy itself: this ufunc has no such method
        assert ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature is not None
