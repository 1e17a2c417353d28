"""docs/CONFORMANCE.md: what becomes of every public name of NumPy on a Value. `python -m tests.conformance` writes it.

Nothing in it is written by hand: what is differentiated is what the sweeps differentiate, with the keywords that occur
in them; what is refused stands in autodiff/decisions.py, in the words of the error. A name without a decision is shown
as "not decided".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autodiff as ad
from autodiff.containers import flatten, map_leaves
from autodiff.decisions import ATTRIBUTES, METHODS_IN_PLACE, NO_ARRAY, REFUSED
from autodiff.errors import AutodiffError
from autodiff.primitives import DISPATCH
from autodiff.primitives.kinds import Primitive
from tests.autodiff.primitives.sweep import OPEN, Call, signature_of, sweeps

PAGE = Path(__file__).parents[1] / "docs" / "CONFORMANCE.md"
UNDECIDED = "not decided"
PARTS = {"": np, "linalg.": np.linalg, "fft.": np.fft}
BESIDE = ("c_", "r_")  # objects that are called by indexing
VERSION = ".".join(np.__version__.split(".")[:2])


class Row(NamedTuple):
    """A name, what becomes of it, and what there is to say."""

    name: str
    decision: str
    remark: str
    keywords: str = ""
    refused: str = ""


def rows() -> list[Row]:
    """A row for each function of NumPy, numpy.linalg and numpy.fft; types, constants and modules are left out."""
    return [
        _row(prefix + name, getattr(module, name))
        for prefix, module in PARTS.items()
        for name in sorted(module.__all__, key=str.lower)
        if name in BESIDE or (callable(getattr(module, name)) and not isinstance(getattr(module, name), type))
    ]


def _row(name: str, function: Any) -> Row:
    if function in DISPATCH:
        return _dispatched(name, function)
    if name in REFUSED:
        return Row(name, "refused", f"it {REFUSED[name]}")
    if name in NO_ARRAY:
        return Row(name, "takes no array", f"it {NO_ARRAY[name]}")
    return Row(name, UNDECIDED, "")


def _dispatched(name: str, function: Any) -> Row:
    calls, refused = ([call for call in some if call.function is function] for some in sweeps())
    handler = DISPATCH[function]
    remark = handler.kind if isinstance(handler, Primitive) else "composite"
    if not any(carries(call) for call in calls) and not (isinstance(function, np.ufunc) and _ufunc_carries(function)):
        return Row(name, "no gradient", "", *_keywords(function, calls, refused))
    return Row(name, "differentiated", remark, *_keywords(function, calls, refused))


def _keywords(function: Any, calls: list[Call], refused: list[Call]) -> tuple[str, str]:
    """The parameters that are taken, and those that raise."""
    raising = [keyword for call in refused for keyword in call.keywords]
    if isinstance(function, np.ufunc):
        names = dict.fromkeys(keyword for call in calls for keyword in call.keywords)
    else:
        signature = signature_of(function).parameters
        names = {p.name: None for p in signature.values() if p.kind not in OPEN and p.default is not p.empty}
        names |= dict.fromkeys(keyword for call in calls for keyword in call.keywords if keyword not in signature)
    taken = [keyword for keyword in names if keyword not in raising or _occurs(keyword, calls)]
    return " ".join(taken), " ".join(dict.fromkeys(raising))


def _occurs(keyword: str, calls: list[Call]) -> bool:
    """Whether a keyword that is refused for some of its values is taken with others."""
    return any(call.keywords.get(keyword) is not None for call in calls)


def carries(call: Call) -> bool:
    """Whether a gradient flows through a call of a sweep."""
    args, keywords = (map_leaves(_value, given) for given in (call.args, call.keywords))
    return _flows(lambda: call.function(*args, **keywords))


def _ufunc_carries(ufunc: np.ufunc) -> bool:
    return any(
        _flows(lambda x=x: ufunc(*(ad.Value(x) for _ in range(ufunc.nin)))) for x in (np.ones(2), np.ones(2) + 1j)
    )


def _value(leaf: Any) -> Any:
    return ad.Value(leaf) if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc" else leaf


def _flows(run: Callable[[], Any]) -> bool:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            out = run()
        except AutodiffError:
            return False
    return any(getattr(leaf, "_carries", False) for leaf in flatten(out)[0])


def attributes() -> list[Row]:
    """A row for each public method and property of an ndarray."""
    found = []
    for name in sorted(n for n in dir(np.ndarray) if not n.startswith("_")):
        if name in ATTRIBUTES:
            found.append(Row(name, "refused", f"it {ATTRIBUTES[name]}"))
        elif name in METHODS_IN_PLACE:
            found.append(Row(name, "refused", f"it would change recorded data in place; use {METHODS_IN_PLACE[name]}"))
        else:
            found.append(Row(name, "as for an array" if hasattr(ad.Value, name) else UNDECIDED, ""))
    return found


HEAD = f"""# Conformance

What becomes of every public function of NumPy {VERSION} when it is given a `Value`. `python -m tests.conformance`
writes this page from the table of operations, the sweeps of the tests and `autodiff/decisions.py`; a test fails where
it is out of date.

- **Differentiated**: in both modes and to any order, with the optional parameters listed, each checked against finite
  differences. Those in the last column raise, naming themselves (those in both columns, for some of their values). So
  do the keywords of every ufunc (`out`, `where`, `dtype`, …) and its methods (`reduce`, `at`, …). A composite is
  written over entries of the other kinds.
- **No gradient**: NumPy's answer, as a Value that carries no gradient, or as a plain object.
- **Refused**: raises, in the words given here.

"""
TAIL = """
Types, constants and modules are not listed: `np.float64(v)`, `np.vectorize`, `np.nditer`, `np.matrix` and the like read
plain numbers, and raise where a gradient would be lost.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(_tables(rows())) + "\n" + TAIL


def _tables(functions: list[Row]) -> Iterator[str]:
    decisions = [row.decision for row in functions]
    yield "| decision | functions |"
    yield "|---|---|"
    yield from (f"| {decision} | {decisions.count(decision)} |" for decision in sorted(set(decisions)))
    for prefix, module in PARTS.items():
        yield from ("", f"## numpy{'.' if prefix else ''}{prefix.rstrip('.')}", "")
        yield "| name | on a Value | how, or why not | optional parameters | refused |"
        yield "|---|---|---|---|---|"
        mine = {prefix + name for name in module.__all__}
        for row in functions:
            if row.name in mine:
                name = row.name.removeprefix(prefix)
                yield f"| `{name}` | {row.decision} | {row.remark} | {_code(row.keywords)} | {_code(row.refused)} |"
    yield from ("", "## numpy.ndarray", "", "| attribute | on a Value | why not |", "|---|---|---|")
    yield from (f"| `{row.name}` | {row.decision} | {row.remark} |" for row in attributes())


def _code(words: str) -> str:
    return " ".join(f"`{word}`" for word in words.split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    missing = [row.name for row in (*rows(), *attributes()) if row.decision == UNDECIDED]
    print(f"{PAGE}: {len(missing)} not decided: {' '.join(missing)}")
