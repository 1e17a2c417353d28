"""What the tests of debug_nans share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from autodiff.modes import EAGER, WATCHES, current_mode
from autodiff.primitives.kinds import TABLE


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """NumPy warns of every division by zero here; and whatever happens, the mode is left behind."""
    with np.errstate(all="ignore"):
        yield
    assert current_mode() is EAGER
    assert not WATCHES


@pytest.fixture
def own_entries() -> Iterator[None]:
    """Entries that a test registers are gone afterwards."""
    before = set(TABLE)
    yield
    for name in set(TABLE) - before:
        del TABLE[name]
