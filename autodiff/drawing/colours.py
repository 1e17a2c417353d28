"""Colours for gradients: from pale to dark on a logarithmic scale, safe for colour-blind readers.

Source: the scheme YlGnBu of C. A. Brewer, ColorBrewer 2.0 (2013), without its darkest class; lightness falls steadily.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

RAMP = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494")
STEPS = 16  # so many different colours: a rounding error in a logarithm changes none
DECADES = (2, 8)  # a scale spans at least two powers of ten: near gradients look alike; and at most eight

NONE = "#ffffff"  # no backward pass has been here
ZERO = "#e7e9ec"  # a gradient that is exactly 0
BROKEN = "#d55e00"  # infinite or not a number (vermilion, of Okabe and Ito's palette)


@dataclass(frozen=True)
class Scale:
    """The colours between the smallest and the largest |gradient| of a picture.

    >>> scale = Scale(0.01, 1.0)
    >>> scale.colour(0.01), scale.colour(1.0), scale.colour(None)
    ('#ffffd9', '#253494', '#ffffff')
    """

    low: float
    high: float

    def colour(self, size: float | None) -> str:
        """The colour for a |gradient|; None: not run."""
        if size is None:
            return NONE
        if not math.isfinite(size):
            return BROKEN
        if size == 0:
            return ZERO
        position = math.log(max(size, self.low) / self.low) / math.log(self.high / self.low)
        return ramp(round(position * STEPS) / STEPS)


def scale_of(sizes: Iterable[float | None]) -> Scale | None:
    """The scale that spans these |gradients|; None if not one of them is a number other than 0."""
    finite = [size for size in sizes if size is not None and math.isfinite(size) and size > 0]
    if not finite:
        return None
    high = max(finite)
    return Scale(min(max(min(finite), high * 10.0 ** -DECADES[1]), high * 10.0 ** -DECADES[0]), high)


def ramp(position: float) -> str:
    """The colour at a position from 0 (pale) to 1 (dark)."""
    place = min(max(position, 0.0), 1.0) * (len(RAMP) - 1)
    i = min(int(place), len(RAMP) - 2)
    low, high = _channels(RAMP[i]), _channels(RAMP[i + 1])
    return "#" + "".join(f"{round(a + (b - a) * (place - i)):02x}" for a, b in zip(low, high))


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour (contrast as in WCAG 2, at least 4.5).

    >>> ink_on("#ffffd9"), ink_on("#253494")
    ('#000000', '#ffffff')
    """
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
