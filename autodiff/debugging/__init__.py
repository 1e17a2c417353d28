"""debug_nans: the first operation whose infinity or NaN reaches a result, a gradient or a leaf is named."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import wraps
from inspect import isasyncgenfunction, isclass, iscoroutinefunction, isgeneratorfunction
from typing import Any

from autodiff.arguments import name_of
from autodiff.containers import flatten
from autodiff.debugging.watch import Watch
from autodiff.errors import UnsupportedError
from autodiff.modes import MODE, WATCHES, current_mode
from autodiff.value import Value


def debug_nans(function: Callable[..., Any] | None = None) -> Any:
    """Context manager and decorator: the first operation whose infinity or NaN reaches an end raises NonFiniteError.

    Ends are the value that `backward()` starts from and the gradients of leaves; results, gradients and tangents of
    transforms; what a decorated function returns; and whatever is read of a result (float, .data, .item(), np.asarray,
    printing). The error names the operation (forward, or the derivative of one), the user's line, what it was given,
    and the path from there to the end. What is masked by np.where, or multiplied away (an exact zero wins), reaches no
    end, and does not raise. Results that carry no gradient are watched like others; a leaf may hold NaN as long as
    nothing comes of it

    function: to decorate it without parentheses; a generator or a coroutine is watched while it runs
    raises: NonFiniteError, which is a FloatingPointError too; TracingError inside a jitted function

    A jitted function that is called meanwhile runs its Python, as if undecorated, and `checkpoint` keeps what it
    computes. The mode belongs to the current context: other threads go on without. Every operation is several times
    slower while it is on, and costs nothing while it is off. Plain NumPy arrays and lazy arrays are not looked at

    >>> from autodiff import Value
    >>> import numpy as np
    >>> x = Value(np.array([1.0, 0.0]), label="x")
    >>> with np.errstate(divide="ignore"), debug_nans():
    ...     np.sum(np.log(x) * 2).backward()
    Traceback (most recent call last):
    autodiff.errors.NonFiniteError: log gave -inf at [1], and it reached the value given to backward()
    ...
    """
    return Switch() if function is None else Switch()(function)


class Switch:
    """What `debug_nans()` returns: may be entered again and again, nested, and by several threads."""

    def __enter__(self) -> None:
        mode = current_mode()
        if mode.trace is not None:
            mode.trace.refuse(
                "debug_nans() inside a jitted function, which has no operations to name once it is compiled. Put it "
                "around the call: jitted functions run undecorated while it is on"
            )
        watch = Watch(before=mode)
        WATCHES.append(watch)
        MODE.set(replace(mode, debug=watch))

    def __exit__(self, *error: object) -> None:
        watch = current_mode().debug
        if watch is not None:  # an abandoned generator may be closed in another context
            WATCHES.remove(watch)
            MODE.set(watch.before)

    def __call__(self, function: Any) -> Callable[..., Any]:
        """The function, watched whenever it runs."""
        if not callable(function) or isclass(function) or isasyncgenfunction(function):
            raise UnsupportedError(
                f"debug_nans decorates functions, generators and coroutines; it was given {function!r:.60}. Use "
                "`with debug_nans():` where the work is done"
            )
        if isgeneratorfunction(function):
            return _watched_generator(self, function)
        if iscoroutinefunction(function):

            @wraps(function)
            async def coroutine(*args: Any, **keywords: Any) -> Any:
                with self:
                    return _checked(await function(*args, **keywords), function)

            return coroutine

        @wraps(function, updated=())
        def watched(*args: Any, **keywords: Any) -> Any:
            with self:
                return _checked(function(*args, **keywords), function)

        return watched


def _checked(result: Any, function: Callable[..., Any]) -> Any:
    """What a decorated function returned: an end, like whatever is read inside."""
    values = [leaf for leaf in flatten(result)[0] if isinstance(leaf, Value)]
    current_mode().debug.check_results(values, f"the result of {name_of(function)}")
    return result


def _watched_generator(switch: Switch, function: Callable[..., Any]) -> Callable[..., Any]:
    """Watched from each `yield` to the next, and not what its caller does in between."""

    @wraps(function)
    def generator(*args: Any, **keywords: Any) -> Generator[Any, Any, Any]:
        inner = function(*args, **keywords)
        go_on, given = inner.send, None
        while True:
            try:
                with switch:
                    item = _checked(go_on(given), function)
            except StopIteration as end:
                with switch:
                    return _checked(end.value, function)
            try:
                go_on, given = inner.send, (yield item)
            except GeneratorExit:
                with switch:
                    inner.close()
                raise
            except Exception as error:  # noqa: BLE001 -- it is the caller's, and handed on
                go_on, given = inner.throw, error

    return generator


__all__ = ["Switch", "debug_nans"]
