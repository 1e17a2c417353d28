"""Samples for what scipy.signal and scipy.sparse add."""

from __future__ import annotations

import autodiff.primitives.convolutions
import autodiff.primitives.integrals  # noqa: F401  (their entries load on first use)
from autodiff.primitives.sparse import Places
from tests.samples.sample import Sample

PLACES = Places([1, 0, 2, 2, 1], [0, 1, 3, 5], (3, 3))  # a diagonal and more, every row and column
WIDE = Places([0, 3, 1, 2], [0, 2, 2, 4], (3, 4))  # with a row of zeros

SAMPLES: dict[str, list[Sample]] = {
    "ode": [],  # of functions: see test_integrate.py
    "integral": [],
    "convolve_axes": [
        Sample(((5,), (3,)), {"axes": (0,), "method": "direct"}),
        Sample(((2,), (4,)), {"axes": (0,), "method": "fft"}),
        Sample(((3, 4), (2, 2)), {"axes": (0, 1), "method": "auto"}),
        Sample(((2, 4), (1, 3)), {"axes": (1,), "method": "fft"}),
        Sample(((0,), (3,)), {"axes": (0,), "method": "auto"}),
    ],
    "sparse_product": [
        Sample(((5,), (3,)), {"places": PLACES}),
        Sample(((4,), (4, 2)), {"places": WIDE}),
    ],
    "sparse_solve": [Sample(((5,), s), {"places": PLACES}) for s in ((3,), (3, 2), (3, 1))],
}
