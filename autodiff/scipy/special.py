"""scipy.special for Values. Its ufuncs (erf, gammaln, xlogy …) take Values by themselves; here are its functions, too.

What has no derivative refuses a Value by name, ufunc or function.
"""

from __future__ import annotations

from typing import Any

from autodiff.scipy.mirror import mirrored, ours, scipy_module

_special = scipy_module("special")

from autodiff.primitives import transcendental  # noqa: E402
from autodiff.primitives.special import exponentials, gamma_functions, sums  # noqa: E402

comb = ours(_special.comb, gamma_functions.comb)
lambertw = ours(_special.lambertw, exponentials.lambertw)
log_softmax = ours(_special.log_softmax, sums.log_softmax)
logsumexp = ours(_special.logsumexp, sums.logsumexp)
multigammaln = ours(_special.multigammaln, gamma_functions.multigammaln)
polygamma = ours(_special.polygamma, gamma_functions.polygamma)
sinc = ours(_special.sinc, transcendental.sinc)
softmax = ours(_special.softmax, sums.softmax)
softplus = ours(getattr(_special, "softplus", transcendental.softplus), transcendental.softplus)
zeta = ours(_special.zeta, gamma_functions.zeta)


def __getattr__(name: str) -> Any:
    return mirrored(_special, name)
