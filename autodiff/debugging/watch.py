"""The watch of `debug_nans`: operations report to it, and results, gradients and readings are checked by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autodiff.debugging.causes import is_clean, nonfinite
from autodiff.debugging.history import remember, step_of
from autodiff.debugging.search import GRADIENT, TANGENT, VALUE, Search
from autodiff.debugging.words import error_for, name_of_leaf
from autodiff.modes import Mode, changed, current_mode

NAMES: Mapping[Any, str] = {}


class Watch:
    """What a Mode's `debug` and `watch` are while `debug_nans` is on. before: the mode outside of it"""

    def __init__(self, before: Mode) -> None:
        self.before = before

    def record(self, node: Any) -> None:
        """An operation was computed; node is its result."""
        remember(node)

    def reads(self, value: Any, gradient: bool) -> None:
        """A Value is about to be read as numbers. A leaf may hold what it likes, and gradients are checked already."""
        if current_mode().debug is self and not gradient:
            self.check_results([value], "the number or array that was read")

    def check_results(self, values: Iterable[Any], target: str) -> None:
        """Raise for a Value that is not finite, if it was computed: a leaf may hold what it likes."""
        for value in values:
            if not is_clean(value._data) and step_of(value) is not None:
                self.check_values([value], target)

    def check_values(self, values: Iterable[Any], target: str, names: Mapping[Any, str] = NAMES) -> None:
        """Raise for a result that is not finite. target: what it is · names: of the arguments it was computed from"""
        for value in values:
            if not is_clean(value._data):
                _raise(Search(), VALUE, value, value._data, target, names)

    def check_gradients(
        self,
        seeds: Mapping[Any, Any],
        nodes: Iterable[Any],
        targets: Iterable[Any],
        gradients: Mapping[Any, Any],
        names: Mapping[Any, str] = NAMES,
    ) -> None:
        """Raise for a gradient that is not finite, after a reverse walk from the seeds over the nodes."""
        for leaf in targets:
            if leaf in gradients and not is_clean(gradients[leaf]):
                search = Search(gradients=gradients, seeds=seeds, nodes=nodes)
                _raise(search, GRADIENT, leaf, gradients[leaf], f"the gradient of {name_of_leaf(leaf, names)}", names)

    def check_tangents(
        self,
        seeds: Mapping[Any, Any],
        targets: Iterable[Any],
        tangents: Mapping[Any, Any],
        names: Mapping[Any, str] = NAMES,
    ) -> None:
        """Raise for a tangent that is not finite, after a forward walk."""
        for output in targets:
            if output in tangents and not is_clean(tangents[output]):
                search = Search(tangents=tangents, seeds=seeds)
                _raise(search, TANGENT, output, tangents[output], "the tangent of the result", names)


def _raise(search: Search, kind: str, of: Any, data: Any, target: str, names: Mapping[Any, str]) -> None:
    with changed(debug=None), np.errstate(all="ignore"):
        culprit = search.first(kind, of, nonfinite(getattr(data, "_data", data)))
        error = error_for(culprit, target, names)
    raise error
