"""Every piece of Python in docs/ runs, and what is shown at a prompt prints what it says."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.primitives.kinds import COMPOSITES, DISPATCH, TABLE

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [page for page in sorted(DOCS.glob("*.md")) if "```python" in page.read_text(encoding="utf-8")]


@pytest.fixture
def own_entries() -> Iterator[None]:
    """What a page registers is gone afterwards."""
    tables: tuple[dict[Any, Any], ...] = (TABLE, DISPATCH, COMPOSITES)
    before = [dict(table) for table in tables]
    yield
    for table, known in zip(tables, before):
        table.clear()
        table.update(known)


def test_there_are_pages() -> None:
    assert {page.name for page in PAGES} >= {"derivatives.md", "faults.md", "jit.md"}


@pytest.mark.usefixtures("own_entries")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_in_a_page_runs(page: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    scope: dict[str, Any] = {"np": np, "ad": ad, "nn": nn, "Value": ad.Value}
    for block in blocks:
        if not block.startswith(">>>"):
            exec(block, scope)
    shown = "\n".join(block for block in blocks if block.startswith(">>>"))
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    number = pytest.importorskip("_pytest.doctest")._get_number_flag()
    checker = pytest.importorskip("_pytest.doctest")._get_checker()
    runner = doctest.DocTestRunner(checker=checker, optionflags=flags | number)
    runner.run(doctest.DocTestParser().get_doctest(shown, scope, page.name, str(page), 0))
    assert runner.failures == 0
