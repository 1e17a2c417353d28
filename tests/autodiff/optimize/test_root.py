"""root: nonlinear equations, on containers."""

import numpy as np
import pytest

from autodiff.errors import ShapeError
from autodiff.optimize import root


def equations(v):
    """Powell's badly scaled pair (1970), from SciPy's own list: 10⁴xy = 1, e⁻ˣ + e⁻ʸ = 1.0001."""
    return {"product": 1e4 * v["x"] * v["y"] - 1, "sum": np.exp(-v["x"]) + np.exp(-v["y"]) - 1.0001}


@pytest.mark.parametrize("method", ["hybr", "lm"])
@pytest.mark.parametrize("jit", [False, True])
def test_powells_equations(method, jit):
    solution = root(equations, {"x": 0.0, "y": 1.0}, method=method, tol=1e-14, jit=jit)
    np.testing.assert_allclose(solution.x["x"], 1.098159e-5, rtol=1e-6)  # Powell's answer
    np.testing.assert_allclose(solution.x["y"], 9.106146, rtol=1e-6)


def test_methods_that_take_no_jacobian_and_arrays_of_any_shape():
    target = np.arange(1.0, 5.0).reshape(2, 2)
    seen = []
    solution = root(lambda x, shift: x**3 - shift, np.ones((2, 2)), args=(target,), method="krylov",
                    callback=lambda x, f: seen.append(x.shape))  # fmt: skip
    np.testing.assert_allclose(solution.x, np.cbrt(target), atol=1e-4)
    assert set(seen) == {(2, 2)}
    assert root(lambda x: x * x - 2, 1.0).x == pytest.approx(2**0.5)


def test_as_many_equations_as_unknowns():
    with pytest.raises(ShapeError, match="f gave 3 numbers for 2 unknowns"):
        root(lambda x: np.ones(3) * x[0], np.zeros(2))
