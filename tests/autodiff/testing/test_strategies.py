"""The strategies draw what they promise; and with them: recorded = computed, and every derivative is right."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, example, find, given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff.errors import ArgumentError, ShapeError
from autodiff.graph import ancestors
from autodiff.primitives.kinds import ABOVE_MINUS_ONE, ABOVE_ONE, NONZERO, POSITIVE, REAL, UNIT
from autodiff.testing import Expression, arrays, check_grad, expressions, shapes, values
from autodiff.testing.programs import Workshop
from autodiff.testing.vocabulary import vocabulary

SEARCH = settings(max_examples=20_000, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


@given(shapes())
def test_shapes(shape):
    assert all(1 <= n <= 4 for n in shape)
    assert len(shape) <= 3


def test_shapes_include_scalars_and_empty_ones_if_asked():
    assert find(shapes(), lambda shape: True, settings=SEARCH) == ()
    assert 0 in find(shapes(min_side=0), lambda shape: 0 in shape, settings=SEARCH)


@pytest.mark.parametrize("domain", [REAL, POSITIVE, NONZERO, UNIT, ABOVE_ONE, ABOVE_MINUS_ONE])
@given(st.data())
def test_arrays_stay_inside_their_domain(domain, data):
    x = data.draw(arrays(dtype=data.draw(st.sampled_from([np.float32, np.float64])), domain=domain))
    assert np.all(x >= domain.low + 0.1)
    assert np.all(x <= domain.high - 0.1)
    assert np.all(np.abs(x) <= 4)
    if domain.hole is not None:
        assert np.all(np.abs(x - domain.hole) >= 0.1)


@given(arrays((2, 3), np.complex64), values(()), values(dtype=np.float32))
def test_dtypes_and_values(z, scalar, v):
    assert z.dtype == np.complex64
    assert z.shape == (2, 3)
    assert type(scalar.data) is float
    assert v.dtype == np.float32


def test_only_numbers_with_derivatives():
    with pytest.raises(ArgumentError, match="int64"):
        arrays((2,), np.int64)


@given(expressions())
def test_an_expression_prints_itself_as_code_that_computes_it(e):
    scope = {"np": np, "ad": ad}
    code = repr(e).replace("\nexpression(", "\nresult = expression(")
    exec(code, scope)
    np.testing.assert_array_equal(scope["result"], e(*e.inputs))


@given(expressions())
def test_an_expression_takes_no_input_that_it_does_not_read(e):
    assert all(f"x{i}" in "".join([*e.lines, e.result]) for i in range(len(e.inputs)))


@given(expressions())
def test_recorded_equals_computed(e):
    recorded, computed = e(*map(ad.Value, e.inputs)), e(*e.inputs)
    assert recorded.shape == np.shape(computed)
    if any(np.ndim(x) == 0 for x in e.inputs) or any(node.shape == () for node in ancestors([recorded])):
        # Numbers of shape () go through `math`, within 2 ulp an operation.
        np.testing.assert_allclose(recorded.data, computed, rtol=1e-12, atol=1e-12)
    else:
        np.testing.assert_array_equal(recorded.data, computed)


@given(expressions(dtype=np.float32).filter(lambda e: "float_power" not in e.source))  # which is float64 in NumPy
def test_float32_stays_float32(e):
    inputs = list(map(ad.Value, e.inputs))
    out = e(*inputs)
    assert out.dtype == np.float32
    out.backward(np.ones_like(out.data))
    assert all(x.grad.dtype == np.float32 for x in inputs)


# Its derivative is 0, summed up from numbers that are not.
CANCELLING = Expression((1.0,), ["v0 = np.add(x0, x0)", "v1 = np.arctan2(v0, x0)"], "v1")

# Three contributions to one operand, the first an array and the second a Value: the third was lost when recording.
THREE_WAYS = Expression((np.array([0.3]),), ["v0 = x0 * x0", "v1 = v0 + x0"], "v1")


@example(CANCELLING)
@example(THREE_WAYS)
@given(expressions(max_operations=5, max_inputs=2))
@settings(max_examples=40)
def test_every_derivative_of_an_expression_is_right(e):
    check_grad(e, *e.inputs)


@given(expressions(dtype=np.float32))
@settings(max_examples=20)
def test_float32_derivatives(e):
    check_grad(e, *e.inputs, order=1)


@given(expressions(scalar=True))
def test_scalar_expressions_have_gradients(e):
    gradients = ad.grad(e, argnums=tuple(range(len(e.inputs))))(*e.inputs)
    assert [np.shape(g) for g in gradients] == [np.shape(x) for x in e.inputs]
    assert all(np.all(np.isfinite(g)) for g in gradients)


@pytest.mark.parametrize("name", ["tanh", "matmul", "logsumexp", "getitem", "power"])
def test_expressions_shrink_to_the_operation_in_question(name):
    def recorded(e):
        found, stack = set(), [e(*map(ad.Value, e.inputs))]
        while stack:
            node = stack.pop()
            found.add(node)
            stack += [o for o in node._operands if o is not None and o not in found]
        return {node._primitive.name for node in found if node._primitive}

    smallest = find(expressions(), lambda e: name in recorded(e), settings=SEARCH)
    assert len(smallest.lines) <= 2
    assert sum(np.size(x) for x in smallest.inputs) <= 4


def test_shared_nodes_and_several_inputs_are_drawn():
    e = find(expressions(), lambda e: any(e.source.count(f"v{i}") > 3 for i in range(8)), settings=SEARCH)
    assert e.lines
    assert find(expressions(), lambda e: len(e.inputs) == 3 and "x2" in "".join(e.lines), settings=SEARCH)


def test_the_vocabulary_covers_the_elementwise_table():
    names = set(vocabulary())
    assert {"add", "tanh", "power", "hypot", "relu", "clip", "logaddexp", "sinc"} <= names
    assert len(names) > 60


def test_an_expression_by_hand():
    e = Expression((np.array([1.0, 2.0], dtype=np.float32), 0.5), ["v0 = np.exp(x0)", "v1 = v0 * x1"], "v1")
    assert repr(e) == (
        "def expression(x0, x1):\n    v0 = np.exp(x0)\n    v1 = v0 * x1\n    return v1\n\n"
        "expression(np.array([1.0, 2.0], dtype=np.float32), 0.5)"
    )
    with pytest.raises(ShapeError, match="2 inputs"):
        e(1.0)


def test_a_kink_is_seen_wherever_it_points():
    """The two elements of the second input happen to move together along one direction: std alone would look flat."""
    for inputs in ((np.zeros(2),), (0.0, np.zeros(2)), (0.0, 0.0, np.zeros(2))):
        assert not Workshop(inputs).add(f"np.std(x{len(inputs) - 1})")


WITHOUT_HYPOTHESIS = """
import sys
sys.modules["hypothesis"] = None
import autodiff.testing
from autodiff.errors import MissingDependencyError
assert float(autodiff.testing.finite_difference(abs, 1.0).derivative) == 1.0
assert autodiff.testing.check_grad(lambda x: x * x, 1.0).undecided == 0
assert autodiff.testing.check_grad(lambda x: x * x, 1.0, grad=lambda x: 2 * x).undecided == 0
for name in ("arrays", "expressions", "shapes", "values"):
    try:
        getattr(autodiff.testing, name)
    except MissingDependencyError as error:
        assert "autodiff[testing]" in str(error)
    else:
        raise SystemExit(name)
"""


def test_without_hypothesis_only_the_strategies_are_missing():
    subprocess.run([sys.executable, "-c", WITHOUT_HYPOTHESIS], check=True)


def test_public_names():
    import autodiff.testing

    assert all(getattr(autodiff.testing, name) is not None for name in autodiff.testing.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = autodiff.testing.nothing
