"""Each test draws the same numbers, whichever ran before it."""

from __future__ import annotations

import pytest

from tests.autodiff.primitives import linear_algebra


@pytest.fixture(autouse=True)
def _same_numbers() -> None:
    linear_algebra.restart()
