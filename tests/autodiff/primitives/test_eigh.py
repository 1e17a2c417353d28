"""eigh and eigvalsh: every keyword."""

from __future__ import annotations

import numpy as np

from tests.autodiff.primitives.sweep import Call, call, check_complete, close, parameters

ANY = np.array([[2.0, 0.5, -0.3], [0.9, 1.0, 0.7], [-1.3, 0.2, -1.0]])  # NumPy reads one triangle of it

CALLS: list[Call] = [
    *(call(np.linalg.eigh, ANY, UPLO=uplo) for uplo in "LU"),
    *(close(np.linalg.eigvalsh, ANY, UPLO=uplo) for uplo in "LU"),
    *(close(f, np.stack([ANY, ANY.T + np.eye(3)])) for f in (np.linalg.eigh, np.linalg.eigvalsh)),
]
calls, refused = parameters(CALLS, [])


@calls
def test_call(case: Call) -> None:
    case.check()


def test_every_keyword_occurs() -> None:
    check_complete(CALLS, [])
