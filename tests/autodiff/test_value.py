"""What a Value holds, that recorded data never changes, and how it behaves as a Python object."""

from __future__ import annotations

import copy
import operator
import pickle
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.errors import GraphError, InPlaceError

# --- decision 1: recorded buffers are never changed -------------------------------------------------------------------


def test_value_copies_its_array() -> None:
    array = np.ones(3)
    v = Value(array)
    array[0] = 9.0
    assert v.data.tolist() == [1.0, 1.0, 1.0]


def test_updating_a_parameter_as_in_micrograd() -> None:
    p = Value(np.array([1.0, 2.0]))
    loss = (p * p).sum()
    loss.backward()
    p.data -= 0.5 * p.grad
    assert p.data.tolist() == [0.0, 0.0]
    assert loss.data == 5.0
    s = Value(3.0)
    (s * s).backward()
    s.data -= 0.5 * s.grad
    assert s.data == 0.0
    assert type(s.data) is float


def test_update_between_forward_and_backward_gives_the_gradient_of_the_forward_pass() -> None:
    p = Value(np.array([1.0, 2.0]))
    loss = (p * p).sum()
    p.data -= 10.0
    p.data[0] = 99.0
    assert p.data.tolist() == [99.0, -8.0]
    loss.backward()
    assert p.grad.tolist() == [2.0, 4.0]


def test_rebinding_between_forward_and_backward() -> None:
    p = Value(np.array([1.0, 2.0]))
    loss = (p * p).sum()
    p.data = np.array([5.0, 5.0])
    loss.backward()
    assert p.grad.tolist() == [2.0, 4.0]
    assert (p * 1.0).data.tolist() == [5.0, 5.0]


def test_data_of_another_shape_forgets_the_gradient() -> None:
    p = Value(np.array([1.0, 2.0]))
    (p * p).sum().backward()
    p.data = np.array([5.0, 6.0])
    assert p.grad.tolist() == [2.0, 4.0]
    p.data = np.zeros((2, 1))
    assert p.grad.tolist() == [[0.0], [0.0]]
    assert "not run" in repr(p)
    (p * 3.0).sum().backward()
    assert p.grad.tolist() == [[3.0], [3.0]]
    p.data = 4.0
    assert p.grad == 0.0
    p.backward()
    p.data = [1.0, 2.0]
    assert p.grad.tolist() == [0.0, 0.0]


def test_recorded_backward_over_rebinding_raises() -> None:
    p = Value(np.array([1.0, 2.0]))

    def f(x: Any) -> Any:
        out = (x * p * p).sum()
        p.data = p.data + 1
        return out

    with pytest.raises(GraphError, match=r"new \.data.*run the forward pass again"):
        ad.grad(lambda x: ad.grad(f)(x).sum())(np.ones(2))


def test_the_one_gap_a_reference_taken_before_the_forward_pass() -> None:
    """Documented: an alias of the buffer that is older than the forward pass still points at the recorded buffer."""
    p = Value(np.array([1.0, 2.0]))
    alias = p.data
    loss = (p * p).sum()
    alias[0] = 10.0
    loss.backward()
    assert p.grad.tolist() == [20.0, 4.0]


def test_a_reference_taken_after_the_forward_pass_is_a_copy() -> None:
    p = Value(np.array([1.0, 2.0]))
    loss = (p * p).sum()
    after = p.data
    after[0] = 10.0
    loss.backward()
    assert p.grad.tolist() == [2.0, 4.0]
    assert p.data.tolist() == [10.0, 2.0]  # it is the leaf's data all the same


def test_results_are_read_only() -> None:
    v = Value(np.ones(3))
    for result in (v + 1, v[1:], v.reshape(3, 1), v > 0, ad.stop_gradient(v)):
        with pytest.raises(ValueError, match="read-only"):
            result.data[...] = 0
        with pytest.raises((ValueError, InPlaceError)):
            result.data += 1
    with pytest.raises(InPlaceError, match="only a leaf"):
        (v * 2).data = np.ones(3)


def test_constants_may_be_changed_by_their_owner_but_say_nothing_of_it() -> None:
    """A constant operand is not copied: like every NumPy program, ours shares it with its owner."""
    c = np.array([1.0, 2.0])
    p = Value(np.ones(2))
    out = p + c
    product = p * c
    c[0] = 100.0
    assert out.data.tolist() == [2.0, 3.0]
    assert product.data.tolist() == [1.0, 2.0]
    product.sum().backward()  # the other side of the one gap, documented with it
    assert p.grad.tolist() == [100.0, 2.0]


def test_in_place_operators_rebind() -> None:
    v = Value(np.ones(2))
    first = v
    v += 1
    v *= 3
    v -= 1
    v /= 5
    v **= 2
    assert v is not first
    assert first.data.tolist() == [1.0, 1.0]
    v.sum().backward()
    np.testing.assert_allclose(first.grad, [1.2, 1.2])


def test_gradient_of_a_leaf_is_its_own_buffer() -> None:
    a, b = Value(np.ones(2)), Value(np.ones(2))
    (a + b).sum().backward()
    a.grad += 5
    assert b.grad.tolist() == [1.0, 1.0]
    a.grad[0] = 7.0
    assert a.grad.tolist() == [7.0, 6.0]


def test_given_gradient_is_copied() -> None:
    seed = np.ones(2)
    v = Value(np.ones(2))
    (v * 1.0).backward(seed)
    seed[:] = 9
    assert v.grad.tolist() == [1.0, 1.0]
    v = Value(np.ones(2))
    v.backward(seed)
    v.grad[0] = -1
    assert seed.tolist() == [9.0, 9.0]


# --- decision 2: scalars ----------------------------------------------------------------------------------------------


def test_scalars_are_python_floats() -> None:
    v = Value(2.0)
    array = Value(np.arange(3.0))
    results = [v + 1, v * v, -v, abs(v), v**2, 2**v, np.exp(v), np.maximum(v, 1), array.sum(), array.mean(), array[0]]
    results += [array @ array, np.max(array), np.where(v > 0, v, 0), v.reshape(()), np.stack([v, v])[0], v.relu()]
    results += [
        array.std(),
        np.prod(array),
        ad.logsumexp(array),
        v / 3,
        v % 2,
        v.clip(0, 1),
        Value(np.float64(1)),
        Value(np.array(1.0)),
    ]
    results += [Value(3), Value(True), Value(np.int32(3)), Value(np.array(3))]
    for result in results:
        assert type(result.data) is float
        assert result.shape == ()
        assert result.ndim == 0
        assert result.size == 1
        assert result.dtype == np.float64
        assert type(result.grad) is float


def test_scalar_gradients_are_python_floats() -> None:
    v, w = Value(2.0), Value(np.ones((2, 3)))
    (np.exp(w) * v).sum().backward()
    assert type(v.grad) is float
    (np.where(w > 0, v, 0) + v[()] + v.reshape(1, 1)).sum().backward()
    assert type(v.grad) is float


def test_other_scalars_stay_numpy_scalars() -> None:
    for kind in (np.float32, np.complex64, np.complex128):
        v = Value(kind(2))
        for result in (v, v + 1, v * v, np.exp(v), v.sum(), np.where(True, v, 0), v[()], np.stack([v, v])[1]):
            assert type(result.data) is kind
    assert type(Value(2 + 1j).data) is np.complex128


def test_where_python_raises_numpy_answers() -> None:
    with np.errstate(all="ignore"):
        assert (Value(1.0) / 0).data == np.inf
        assert (Value(-1.0) / 0).data == -np.inf
        assert np.isnan((Value(0.0) / 0).data)
        assert np.log(Value(0.0)).data == -np.inf
        assert np.isnan(np.log(Value(-1.0)).data)
        assert np.exp(Value(1000.0)).data == np.inf
        assert (Value(0.0) ** -1).data == np.inf
        assert np.isnan((Value(-8.0) ** (1 / 3)).data)
        assert (Value(10.0) ** 400).data == np.inf
        assert np.isnan((Value(5.0) % 0).data)
        assert np.isnan((Value(5.0) // 0).data) or (Value(5.0) // 0).data == np.inf
        assert np.cosh(Value(1e4)).data == np.inf
    for broken, slope in ((lambda v: 1 / v, -np.inf), (np.log, np.inf), (np.sqrt, np.inf)):
        v = Value(0.0)
        with np.errstate(all="ignore"):
            out = broken(v)
        out.backward()
        assert v.grad == slope


def test_overflow_of_a_scalar_is_reported_as_by_numpy() -> None:
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.exp(Value(1000.0))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        1 / Value(0.0)


def test_huge_integers_as_operands() -> None:
    assert (Value(1.0) * 2**60).data == float(2**60)
    assert (Value(1.0) * (2**53 + 1)).data == float(2**53 + 1)


# --- dtypes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,)])
def test_float32_stays_float32(shape: tuple[int, ...]) -> None:
    v = Value(np.full(shape, 0.5, np.float32))
    results = [v + 1, v * 2.5, 1 / v, v**2, v**0.5, 2.0**v, np.exp(v), np.tanh(v), v.sum(), v.mean(), v.std(), v.var()]
    results += [
        np.max(v),
        np.prod(v),
        np.where(v > 0, v, 0),
        np.where(v > 0, v, 1.0),
        ad.relu(v),
        ad.sigmoid(v),
        ad.softplus(v),
    ]
    results += [
        np.clip(v, 0, 1),
        np.maximum(v, 0),
        np.sinc(v),
        np.log(v),
        ad.logsumexp(v),
        v * Value(2.0),
        Value(2.0) ** v,
    ]
    results += [
        v.reshape(-1),
        np.cumsum(v),
        np.hypot(v, 1),
        np.arctan2(v, 1),
        abs(v),
        np.logaddexp(v, 0),
        v % 1,
        np.stack([v, v]),
    ]
    if shape:
        results += [
            v[0],
            v @ v,
            ad.softmax(v),
            np.pad(v, 1),
            np.pad(v, 1, constant_values=2.0),
            v.at[0].set(1.0),
            np.concatenate([v, v]),
        ]
        results += [
            v.at[0].add(1.0),
            np.diagonal(np.outer(v, v)),
            np.einsum("i,i", v, v),
            np.tile(v, 2),
            np.repeat(v, 2),
            v[[0, 0]],
        ]
    for number, result in enumerate(results):
        assert result.dtype == np.float32, f"result {number}: {result}"
        v.grad = None
        np.sum(result).backward()
        assert np.asarray(v.grad).dtype == np.float32, f"gradient {number}"


def test_gradient_has_the_dtype_of_its_operand() -> None:
    single, double, z = Value(np.ones(2, np.float32)), Value(np.ones(2)), Value(np.ones(2, np.complex128))
    np.real((single * double * z).sum()).backward()
    assert [v.grad.dtype for v in (single, double, z)] == [np.float32, np.float64, np.complex128]


def test_integers_become_float64() -> None:
    for data in (1, True, [1, 2], np.arange(3), np.array([True]), np.uint8(3)):
        assert Value(data).dtype == np.float64


def test_a_float64_scalar_value_promotes_weakly() -> None:
    assert (Value(2.0) * np.ones(2, np.float32)).dtype == np.float32
    assert (Value(2.0) * Value(np.ones(2, np.float32))).dtype == np.float32
    assert (Value(2.0) * np.float32(3)).dtype == np.float32
    assert (Value(np.ones(2)) * np.float32(3)).dtype == np.float64


# --- micrograd --------------------------------------------------------------------------------------------------------


def test_readme_of_micrograd() -> None:
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_micrograd_inspection() -> None:
    a, b = Value(2.0, label="a"), Value(3.0)
    c = a * b
    assert c._prev == (a, b) or [x is y for x, y in zip(c._prev, (a, b))] == [True, True]
    assert c._op == "*"
    assert a._op == ""
    assert a._prev == ()
    assert (a + 1)._op == "+"
    assert (a**2)._op == "**"
    assert a.relu()._op == "ReLU"
    assert a.label == "a"
    twice = a + a
    assert len(twice._prev) == 2
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0.0)"
    assert repr(Value(2)) == "Value(data=2.0, grad=0.0)"


def test_repr_of_arrays() -> None:
    v = Value(np.array([1.0, 2.0]))
    assert "not run" in repr(v)
    v.sum().backward()
    assert "1., 1." in repr(v)
    assert "0.5" in repr(Value(np.float32(0.5)))


def test_formatting_reads_the_number() -> None:
    assert f"{Value(2.5):.2f}" == "2.50"
    assert f"{Value(2.5)}" == "Value(data=2.5, grad=0.0)"


# --- gradients as attributes ------------------------------------------------------------------------------------------


def test_grad_before_any_backward_reads_as_zeros() -> None:
    assert Value(2.0).grad == 0.0
    assert type(Value(2.0).grad) is float
    v = Value(np.ones((2, 3), np.float32))
    assert v.grad.shape == (2, 3)
    assert v.grad.dtype == np.float32
    assert not v.grad.any()
    assert not (v * 2).grad.any()


def test_setting_grad() -> None:
    v = Value(np.ones(2))
    v.sum().backward()
    v.grad = 0
    assert v.grad.tolist() == [0.0, 0.0]
    v.grad = [1, 2]
    assert v.grad.tolist() == [1.0, 2.0]
    v.grad = None
    assert v.grad.tolist() == [0.0, 0.0]
    v.zero_grad()
    s = Value(1.0)
    s.grad = 3
    assert type(s.grad) is float
    with pytest.raises(ad.errors.ShapeError, match=r"\(2,\).*\(3,\)"):
        v.grad = np.ones(3)
    with pytest.raises(ad.errors.DtypeError):
        v.grad = np.array(["a", "b"])


# --- decision 16: copies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [2.0, np.float32(1.5), np.arange(3.0), np.ones((2, 2), np.complex64)])
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_leaves_are_copied(data: Any, how: Any) -> None:
    v = Value(data, label="w")
    np.real(v * v).sum().backward()
    w = how(v)
    np.testing.assert_array_equal(w.data, v.data)
    np.testing.assert_array_equal(w.grad, v.grad)
    assert w.label == "w"
    assert w is not v
    assert w._serial != v._serial
    assert w.dtype == v.dtype
    if np.ndim(data):
        w.data[0] = 7
        w.grad[0] = 7
        assert not np.any(v.data == 7)
        assert not np.any(v.grad == 7)
    np.real(w * 2).sum().backward()  # it is a leaf like any other


def test_interior_values_are_not_copied() -> None:
    for how in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(GraphError, match=r"only a leaf.*belongs to its graph.*v\.data"):
            how(Value(2.0) * 2)


def test_copy_method_records() -> None:
    v = Value(np.ones(2))
    v.copy().sum().backward()
    assert v.grad.tolist() == [1.0, 1.0]


def test_values_without_a_gradient_copy() -> None:
    c = ad.stop_gradient(Value(np.ones(2)) * 2)
    assert copy.deepcopy(c).data.tolist() == [2.0, 2.0]
    assert not copy.deepcopy(c)._carries


def test_equality_and_hash() -> None:
    a, b = Value(np.array([1.0, 2.0])), Value(np.array([1.0, 3.0]))
    assert (a == b).data.tolist() == [True, False]
    assert (a != b).data.tolist() == [False, True]
    assert len({a, b, a}) == 2
    assert {a: 1}[a] == 1
    assert Value(2.0) == 2
    assert operator.eq(2, Value(2.0))
    assert a.__eq__(None) is NotImplemented
    assert a.__ne__("x") is NotImplemented
    assert (a == None) is False  # noqa: E711
    assert a != "text"


def test_comparisons_read_as_truth() -> None:
    loss, best = Value(1.0), 2.0
    if loss < best:
        best = loss.item()
    assert best == 1.0
    assert bool(loss <= 1)
    assert not loss > 3
    assert 0.0 in Value([0.0, 1.0])
    assert 5.0 not in Value([0.0, 1.0])
    logits, y = Value(np.eye(3)), np.array([0, 1, 1])
    assert float((logits.argmax(1) == y).mean()) == pytest.approx(2 / 3)
    assert int(np.argmax(Value([1.0, 3.0]))) == 1
    assert [10, 20, 30][Value([1.0, 3.0]).argmax()] == 20
    assert np.asarray(Value([1.0, -1.0]) > 0).tolist() == [True, False]


def test_iteration_length_and_unpacking() -> None:
    v = Value([1.0, 2.0, 3.0])
    assert len(v) == 3
    a, b, c = v
    (a * b * c).backward()
    assert v.grad.tolist() == [6.0, 3.0, 2.0]
    with pytest.raises(TypeError, match="scalar"):
        len(Value(1.0))
    with pytest.raises(TypeError):
        iter(Value(1.0)).__next__()
    total = sum(v)
    v.grad = None
    total.backward()
    assert v.grad.tolist() == [1.0, 1.0, 1.0]


OPERATORS: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "%": lambda a, b: a % b,
    "//": lambda a, b: a // b,
    "divmod": divmod,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("other", [2, 2.5, np.float32(2), np.array([1.0, 4.0]), [1.0, 2.0], True])
def test_operators_on_either_side(name: str, other: Any) -> None:
    f = OPERATORS[name]
    x = np.array([3.0, 1.5])
    given = np.asarray(other) if isinstance(other, list) else other
    for got, expected in ((f(Value(x), other), f(x, given)), (f(other, Value(x)), f(given, x))):
        for a, b in zip(got, expected) if name == "divmod" else [(got, expected)]:
            assert isinstance(a, Value)
            np.testing.assert_array_equal(a.data, b)
            assert a.dtype == b.dtype


def test_boolean_operators_on_masks() -> None:
    v = Value([1.0, -1.0, 3.0])
    mask = (v > 0) & (v < 2)
    assert mask.data.tolist() == [True, False, False]
    assert ((v > 0) | (v < 0)).data.all()
    assert (~(v > 0)).data.tolist() == [False, True, False]
    assert ((v > 0) ^ (v > 2)).data.tolist() == [True, False, False]
    assert v[mask].data.tolist() == [1.0]


def test_matmul_operator_on_either_side() -> None:
    a, x = np.arange(6.0).reshape(2, 3), np.ones(3)
    v = Value(x)
    (a @ v).sum().backward()
    assert v.grad.tolist() == a.sum(0).tolist()
    w = Value(np.ones((3, 2)))
    (x @ w).sum().backward()
    assert w.grad.tolist() == np.ones((3, 2)).tolist()
    assert ([1.0, 1.0, 1.0] @ v).data == 3.0


def test_values_from_values_are_new_leaves() -> None:
    a = Value(2.0)
    b = Value(a * 3)
    (b * b).backward()
    assert a.grad == 0.0
    assert b.grad == 12.0


def test_item_and_number_protocols() -> None:
    assert Value(2.5).item() == 2.5
    assert type(Value(np.float32(2.5)).item()) is float
    assert Value([[3.0]]).item() == 3.0
    assert type(Value([[3.0]]).item()) is float


def test_labels() -> None:
    v = Value(1.0, label="x")
    v.label = "y"
    assert v.label == "y"
    with pytest.raises(ad.errors.DtypeError, match="label"):
        Value(1.0, label=3)  # type: ignore[arg-type]
