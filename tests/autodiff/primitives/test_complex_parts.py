"""Real and imaginary parts and angles: every keyword. What a gradient is there: docs/conventions."""

from __future__ import annotations

import numpy as np

from tests.autodiff.primitives.sweep import Call, call, check_complete, parameters

rng = np.random.default_rng(16)
X = rng.uniform(0.5, 1.5, (2, 3))
Z = X + 1j * rng.normal(size=(2, 3))
T = np.asfortranarray(rng.normal(size=(2, 3, 2)) + 1j)[:, ::-1]

CALLS: list[Call] = [
    *(call(f, x) for f in (np.real, np.imag, np.angle) for x in (X, Z, T, Z[:0], Z[:, :1])),
    *(call(np.angle, x, deg=d) for x in (X, Z) for d in (False, True)),
]
calls, refused = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, [])
