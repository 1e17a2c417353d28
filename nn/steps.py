"""One step of training on one batch: as it stands, or compiled where the steps to come repay that."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from autodiff.errors import ArgumentError, NonFiniteError, NotCompiledWarning
from nn.arguments import check_loss, check_reached
from nn.optimizers import Optimizer

REPAID = 500
"""Steps: compiling takes a few tenths of a second, and a step of a small network is a tenth of a millisecond shorter.
It is a number, not a clock, that decides: the same training gives the same numbers each time."""

Loss = Callable[[Any, Any], Any]


class Steps:
    """Training steps, one after the other. Called with a batch, it returns its loss.

    count: how many there are to come · jit: True, False, or "auto"
    """

    def __init__(self, model: Any, loss: Loss, optimizer: Optimizer, count: int, jit: bool | str) -> None:
        if jit is not True and jit is not False and jit != "auto":
            raise ArgumentError(f"jit is True, False or 'auto'; it was given {jit!r}")
        self.optimizer, self.eager = optimizer, _step(model, loss, optimizer)
        self.must, self.is_first = jit is True, True
        self.compiled = _compiled(self.eager, self.must) if jit is True or (jit and count >= REPAID) else None

    def __call__(self, x: Any, y: Any) -> float:
        value = self._run(x, y)
        if self.is_first:
            check_reached(self.optimizer)
            self.is_first = False
        return float(value.item())

    def _run(self, x: Any, y: Any) -> Any:
        if self.compiled is None:
            return self.eager(x, y)
        try:
            return self.compiled(x, y)
        except Exception as error:
            if self.must or isinstance(error, NonFiniteError):
                raise
            self.compiled, reason = None, error
        value = self.eager(x, y)  # where the step itself is wrong, it says so again
        warnings.warn(
            f"fit goes on without compiling, since the step could not be traced: {reason}. jit=False is silent, "
            "jit=True raises",
            NotCompiledWarning,
            stacklevel=4,
        )
        return value


def _compiled(step: Callable[..., Any], must: bool) -> Callable[..., Any] | None:
    """The jitted step; None if it need not be, and this machine cannot have native code."""
    from autodiff.compiler.jit import jit
    from autodiff.compiler.runners import is_native

    return jit(step) if must or is_native() else None


def _step(model: Any, loss: Loss, optimizer: Optimizer) -> Callable[[Any, Any], Any]:
    def step(x: Any, y: Any) -> Any:
        value = loss(model(x), y)
        check_loss(value)
        optimizer.zero_grad()
        value.backward(retain_graph=False)
        optimizer.step()
        return value

    return step
