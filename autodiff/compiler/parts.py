"""What things are made of that cannot be changed, and where objects keep attributes besides their `__dict__`."""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from autodiff.compiler.libraries import is_library
from autodiff.primitives.kinds import Primitive


def parts_of(thing: Any) -> tuple[Any, ...] | None:
    """What something that cannot be changed is made of; None for other things."""
    if isinstance(thing, types.MethodType):
        return thing.__func__, thing.__self__
    if isinstance(thing, functools.partial):
        return thing.func, thing.args, thing.keywords
    if isinstance(thing, (staticmethod, classmethod)):
        return (thing.__func__,)
    if isinstance(thing, property):
        return thing.fget, thing.fset
    if isinstance(thing, functools.cached_property):
        return (thing.func,)
    if isinstance(thing, Primitive):
        return thing.forward, thing.scalar, thing.rules, thing.push_rule
    if isinstance(thing, types.BuiltinFunctionType):  # `append` of a list, too
        return (thing.__self__,)
    if isinstance(thing, np.ufunc):
        return ()
    if is_library(type(thing).__module__) and hasattr(thing, "__wrapped__"):  # functools.cache, jit
        return (thing.__wrapped__,)
    return None


def slots_of(kind: type) -> list[str]:
    """The names of the slots of a class and its bases, as attributes: private ones carry the name of the class."""
    found = []
    for base in kind.__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            private = name.startswith("__") and not name.endswith("__")
            found.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return [name for name in found if name not in ("__dict__", "__weakref__")]
