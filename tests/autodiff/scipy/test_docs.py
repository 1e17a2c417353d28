"""The lines in docs/scipy.md print what it says, and it names every function that there is."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from autodiff.scipy import integrate, linalg, signal, stats

PAGE = (Path(__file__).parents[3] / "docs" / "scipy.md").read_text(encoding="utf-8")


def test_examples() -> None:
    checker = pytest.importorskip("_pytest.doctest")._get_checker()
    flags = doctest.NORMALIZE_WHITESPACE | pytest.importorskip("_pytest.doctest")._get_number_flag()
    text = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    examples = doctest.DocTestParser().get_doctest(text, {}, "scipy.md", "scipy.md", 0)
    assert len(examples.examples) > 10
    runner = doctest.DocTestRunner(checker=checker, optionflags=flags)
    runner.run(examples)
    assert runner.failures == 0


@pytest.mark.parametrize("module", [integrate, linalg, signal, stats], ids=lambda m: m.__name__)
def test_every_name(module: object) -> None:
    names = getattr(module, "__all__", None) or re.findall(r"^@_mirroring\ndef (\w+)", _source(module), re.MULTILINE)
    assert names
    assert [name for name in names if not re.search(rf"\b{name}\b", PAGE)] == []


def _source(module: object) -> str:
    return Path(module.__file__).read_text(encoding="utf-8")  # type: ignore[attr-defined]
