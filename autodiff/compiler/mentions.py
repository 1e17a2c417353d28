"""What a function's code names: globals, modules, attributes. Python has to name a thing to read it."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

Chain = tuple[str, ...]

READS_ANYTHING = frozenset(
    {"getattr", "setattr", "__getattribute__", "vars", "dir", "eval", "exec", "globals", "locals", "__dict__"}
    | {"asdict", "astuple", "fields", "replace", "attrgetter", "copy", "deepcopy", "format", "format_map"}
)
"""Names by which code reads attributes that it does not name."""

READS_GLOBALS = frozenset({"globals", "eval", "exec", "__globals__"})
"""Names by which code reads globals that it does not name."""

FINDS_MODULES = frozenset({"modules", "import_module", "__import__"})
"""Names by which code reaches modules whose names are texts."""


@dataclass(frozen=True)
class Mentions:
    """The names in a function's code, inner functions included.

    chains: each global with the attributes read off it, ("config", "rate") · called: those called without arguments
    modules: those imported inside
    names: every name that may be an attribute's · anything: attributes may be read that are not among the names
    everything: the same for globals · texts: those that may name a module
    """

    chains: tuple[Chain, ...]
    called: frozenset[Chain]
    modules: tuple[str, ...]
    names: frozenset[str]
    anything: bool
    everything: bool
    texts: frozenset[str]


@lru_cache(maxsize=4096)
def mentions(code: CodeType) -> Mentions:
    """What a code object names."""
    chains: dict[Chain, None] = {}
    called: set[Chain] = set()
    modules: dict[str, None] = {}
    names: set[str] = set()
    texts: set[str] = set()
    for inner in _codes(code):
        for chain, is_called in _chains(inner):
            chains[chain] = None
            called |= {chain} if is_called else set()
        modules |= {str(i.argval): None for i in dis.get_instructions(inner) if i.opname == "IMPORT_NAME"}
        texts |= set(_texts(inner.co_consts))
        names |= {*inner.co_names, *(part for text in texts for part in text.split("."))}
    return Mentions(
        tuple(chains),
        frozenset(called),
        tuple(modules),
        frozenset(names),
        bool(names & READS_ANYTHING),
        bool(names & READS_GLOBALS),
        frozenset(texts if names & FINDS_MODULES else ()),
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _texts(constants: tuple[object, ...]) -> Iterator[str]:
    """Texts that may be names: `hasattr(x, "rate")`, and those in tuples, as of class patterns."""
    for constant in constants:
        if isinstance(constant, str) and all(map(str.isidentifier, constant.split("."))):
            yield constant
        elif isinstance(constant, tuple):
            yield from _texts(constant)


def _chains(code: CodeType) -> Iterator[tuple[Chain, bool]]:
    """Each global with its attributes, and whether it is called without arguments."""
    chain: list[str] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and chain:
            chain.append(str(instruction.argval))
            continue
        if instruction.opname in ("PUSH_NULL", "PRECALL", "CACHE"):
            continue
        if chain:
            yield tuple(chain), instruction.opname == "CALL" and instruction.arg == 0
        chain = [str(instruction.argval)] if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME") else []
