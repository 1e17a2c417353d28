import math

import numpy as np
import pytest

from autodiff.errors import ArgumentError, DtypeError
from nn import Linear
from nn.initializers import generator, glorot, he, initializer, uniform


def test_glorot_is_uniform_within_its_limit():
    w = glorot(np.random.default_rng(0), (200, 100))
    limit = math.sqrt(6 / 300)
    assert abs(w).max() <= limit
    assert w.std() == pytest.approx(limit / math.sqrt(3), rel=0.02)  # the variance 2/(inputs + outputs)
    assert w.var() == pytest.approx(2 / 300, rel=0.03)


def test_he_is_normal_with_variance_two_over_inputs():
    w = he(np.random.default_rng(0), (200, 100))
    assert w.var() == pytest.approx(2 / 200, rel=0.03)
    assert abs(w).max() > 3 * w.std()  # no uniform distribution reaches that far


def test_he_keeps_the_size_of_signals_through_many_relu_layers():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 256))
    size = np.mean(x**2)
    for _ in range(20):
        x = np.maximum(x @ he(rng, (256, 256)), 0)
    assert 0.3 < 2 * np.mean(x**2) / (2 * size) < 3


def test_uniform_spans_plus_minus_one():
    w = uniform(np.random.default_rng(0), (50, 50))
    assert -1 <= w.min() < -0.99
    assert 0.99 < w.max() <= 1


@pytest.mark.parametrize("draw", [glorot, he, uniform])
def test_dtypes_share_their_numbers(draw):
    single, double = (draw(np.random.default_rng(0), (3, 2), dtype) for dtype in (np.float32, np.float64))
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, double.astype(np.float32))


def test_seeds_and_generators():
    np.testing.assert_array_equal(Linear(2, 2, rng=7).w.data, Linear(2, 2, rng=np.random.default_rng(7)).w.data)
    assert np.any(Linear(2, 2).w.data != Linear(2, 2).w.data)
    with pytest.raises(DtypeError, match="rng is a"):
        generator("seed")
    with pytest.raises(ArgumentError, match="there is no initializer 'xavier'"):
        initializer("xavier")


def test_a_function_of_ones_own():
    assert Linear(2, 2, init=lambda rng, shape, dtype: np.full(shape, 7.0, dtype)).w.data.tolist() == [[7.0, 7.0]] * 2
