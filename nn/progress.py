"""How training goes, for whoever watches: a bar at a terminal, plain lines elsewhere. Written to the standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

LINES = 10  # about as many, where there is no bar


class Progress:
    """Shows how many of `total` rounds are done, and the numbers of the last one.

    shown: True for a bar at a terminal and lines elsewhere, None for the bar alone, False for nothing. The bar is
    tqdm's; without tqdm there are lines at a terminal, too.
    """

    def __init__(self, total: int, shown: bool | None = None) -> None:
        watched = sys.stderr is not None and sys.stderr.isatty()
        self.total, self.done, self.bar, self.start = total, 0, None, time.perf_counter()
        if watched and shown is not False:
            self.bar = _bar(total)
        self.lines = self.bar is None and (bool(shown) or (watched and shown is None))

    def __call__(self, numbers: Mapping[str, float]) -> None:
        """One more round is done."""
        self.done += 1
        text = "  ".join(f"{name.replace('_', ' ')} {number:.4g}" for name, number in numbers.items())
        if self.bar is not None:
            self.bar.set_postfix_str(text, refresh=False)
            self.bar.update()
        elif self.lines and (self.done == self.total or self.done % -(-self.total // LINES) == 0):
            seconds = time.perf_counter() - self.start
            sys.stderr.write(f"epoch {self.done:>{len(str(self.total))}}/{self.total}  {text}  {seconds:.1f} s\n")
            sys.stderr.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()


def _bar(total: int) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit=" epochs", dynamic_ncols=True, leave=True)
