"""The README's lines run, and print what it says."""

import codeop
import doctest
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_api_in_the_readme_prints_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.FAIL_FAST
    number = pytest.importorskip("_pytest.doctest")._get_number_flag()
    checker = pytest.importorskip("_pytest.doctest")._get_checker()
    examples = doctest.DocTestParser().get_doctest(code, {}, "README", "README.md", 0)
    runner = doctest.DocTestRunner(checker=checker, optionflags=flags | number)
    runner.run(examples)
    assert runner.failures == 0
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8").startswith("<")


def test_the_api_in_the_readme_can_be_typed_at_a_prompt():
    """Without the prompts: a blank line ends each block, which Python 3.11 and 3.12 ask for."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    pending: list[str] = []
    for line in code.splitlines():
        if line.startswith((">>>", "...")):
            pending.append(line[4:])
            if codeop.compile_command("\n".join(pending)) is not None:
                pending = []
    assert not pending


def test_every_extra_that_a_user_may_want_is_in_all():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    named = set(re.findall(r"\w+", everything.partition("[")[2]))
    assert named == set(extras) - {"all", "demo", "test", "dev", "bench"}
    assert "tqdm" in " ".join(extras["progress"])


def test_every_file_the_readme_links_to_is_there():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
