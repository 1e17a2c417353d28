"""Samples for what scipy.signal and scipy.sparse add."""

from __future__ import annotations

import autodiff.primitives.convolutions  # noqa: F401  (its entries load on first use)
from tests.samples.sample import Sample

SAMPLES: dict[str, list[Sample]] = {
    "convolve_axes": [
        Sample(((5,), (3,)), {"axes": (0,), "method": "direct"}),
        Sample(((2,), (4,)), {"axes": (0,), "method": "fft"}),
        Sample(((3, 4), (2, 2)), {"axes": (0, 1), "method": "auto"}),
        Sample(((2, 4), (1, 3)), {"axes": (1,), "method": "fft"}),
        Sample(((0,), (3,)), {"axes": (0,), "method": "auto"}),
    ],
}
