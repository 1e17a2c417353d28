"""Samples for the entries of numpy.fft."""

from __future__ import annotations

from tests.samples.sample import Sample

LENGTHS = ((4, "backward"), (3, "ortho"), (6, "forward"), (1, "backward"), (2, "ortho"))

SAMPLES: dict[str, list[Sample]] = {
    "fft": [Sample(((2, 4),), {"n": n, "axis": 1, "norm": m}) for n, m in LENGTHS],
    "ifft": [Sample(((4, 2),), {"n": n, "axis": 0, "norm": m}) for n, m in LENGTHS],
    "irfft": [
        Sample(((4, 2),), {"n": n, "axis": 0, "norm": m})
        for n, m in (*LENGTHS[:2], *LENGTHS[3:], (7, "ortho"), (8, "forward"))
    ],
    "rfft": [Sample(((2, 4),), {"n": n, "axis": 1, "norm": m}, False) for n, m in LENGTHS],
}
