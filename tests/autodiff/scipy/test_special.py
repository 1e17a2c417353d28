"""scipy.special's functions, which do not dispatch by themselves, and how the module mirrors the rest."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy.special

import autodiff as ad
from autodiff import Value
from autodiff.scipy import special
from tests.autodiff.scipy.mirrored import Call, check_refused, check_signatures, parametrized

X = np.random.default_rng(1).permutation(np.linspace(-2.0, 3.0, 12)).reshape(3, 4)
B = np.random.default_rng(2).uniform(0.5, 2.0, (3, 4))
P = np.array([0.6, 1.3, 4.0])


def call(name: str, *args: Any, tolerance: float = 1e-12, single: bool = True, **keywords: Any) -> Call:
    return Call(getattr(special, name), getattr(scipy.special, name), args, keywords, tolerance, single)


CALLS = [
    call("logsumexp", X),
    call("logsumexp", X, axis=0),
    call("logsumexp", X, axis=(0, -1), keepdims=True),
    call("logsumexp", X, axis=1, b=B),
    call("logsumexp", X, b=B, keepdims=True),
    call("logsumexp", X, axis=-1, b=B[:1]),
    call("logsumexp", X, axis=0, b=-B, return_sign=True),
    call("logsumexp", X, axis=0, return_sign=True, keepdims=True),
    call("logsumexp", X, 1, np.array([0, 1, 2, 0])),
    call("softmax", X),
    call("softmax", X, axis=1),
    call("log_softmax", X),
    call("log_softmax", X, axis=(0, 1)),
    call("log_softmax", X, axis=0),
    call("multigammaln", P + 2, 3, single=False),
    call("multigammaln", P, 1, single=False),
    call("polygamma", 1, P, single=False),
    call("polygamma", np.array([[0], [2]]), P, single=False),
    call("zeta", 2.5, P),
    call("lambertw", P, single=False),
    call("lambertw", P, k=-1, tol=1e-10, single=False),
    call("comb", P + 4, P),
    call("comb", P + 1, P, repetition=True),
    call("comb", P, np.array([3, 1, 2]), exact=False),
    call("sinc", P / 2.5),
    call("softplus", X, tolerance=1e-14),
]


@parametrized(CALLS)
def test_call(case: Call) -> None:
    case.check()


def test_signatures() -> None:
    check_signatures([c for c in CALLS if c.theirs is not scipy.special.softplus])


def test_refused() -> None:
    check_refused(special.comb, P, P, exact=True)
    check_refused(special.zeta, 2.5, P, out=np.zeros(3))
    check_refused(special.lambertw, P, k=Value(1.0))
    with pytest.raises(ad.errors.UnsupportedError, match="exponent"):
        special.zeta(Value(P))
    with pytest.raises(ad.errors.UnsupportedError, match=r"scipy\.special\.factorial"):
        special.factorial(Value(3.0))
    with pytest.raises(ad.errors.ArgumentError, match="a > "):
        special.multigammaln(Value(P), 3)
    with pytest.raises(ad.errors.DtypeError, match="real"):
        special.logsumexp(Value(P + 1j))
    with pytest.raises(TypeError, match="nonsense"):
        special.softmax(Value(P), nonsense=1)


def test_factors_of_zero() -> None:
    """They leave an infinite element out, and are variables like any other."""
    a = np.array([0.0, np.inf, 1.0])
    assert ad.grad(lambda v: special.logsumexp(v, b=np.array([1.0, 0.0, 1.0])))(a)[1] == 0.0
    slope = ad.grad(lambda b: special.logsumexp(np.zeros(2), b=b))(np.array([1.0, 0.0]))
    assert slope.tolist() == [1.0, 1.0]


def test_plain_arguments_are_computed_by_scipy() -> None:
    assert special.erf is scipy.special.erf
    assert type(special.logsumexp(X)) is np.float64
    assert special.factorial(5) == 120
    assert special.comb(5, 2, exact=True) == 10
    with pytest.raises(AttributeError, match="nothing_like_it"):
        special.nothing_like_it


def test_ufuncs_dispatch_before_anything_is_imported() -> None:
    code = "import scipy.special as s, autodiff as ad; print(s.erf(ad.Value(0.5)).item(), ad.grad(s.gammaln)(2.0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [float(x) for x in done.stdout.split()] == pytest.approx([0.5204998778130465, 0.42278433509846713])


def test_functions_that_only_call_a_ufunc_dispatch_too() -> None:
    np.testing.assert_array_equal(scipy.special.lambertw(Value(P)).data, scipy.special.lambertw(P))
    np.testing.assert_array_equal(scipy.special.zeta(2.5, Value(P)).data, scipy.special.zeta(2.5, P))
    assert ad.grad(lambda q: scipy.special.zeta(2.0, q))(1.0) == pytest.approx(-2 * scipy.special.zeta(3.0), rel=1e-13)
    with pytest.raises(ad.errors.UnsupportedError, match="exponent"):
        scipy.special.zeta(Value(P), 1.0)
    with pytest.raises(ad.errors.GradientLostError, match=r"autodiff\.scipy"):
        scipy.special.logsumexp(Value(P))


def test_an_entry_of_ones_own_keeps_its_defaults_when_the_special_functions_load() -> None:
    code = (
        "import autodiff as ad; f = ad.elementwise(lambda x, n=2: x**n, [lambda x, n: n * x ** (n - 1)], name='own');"
    )
    code += "import scipy.special as s; s.erf(ad.Value(1.0)); print(ad.grad(f)(3.0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["6.0"]


@pytest.mark.parametrize("name", ["special", "linalg", "stats", "signal", "sparse", "integrate"])
def test_a_missing_scipy_is_named(name: str) -> None:
    code = f"import sys; sys.modules['scipy'] = None; import autodiff.scipy.{name}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingDependencyError: autodiff.scipy needs SciPy: pip install 'autodiff[scipy]'" in done.stderr
