"""What a picture says: data, gradients, local derivatives, for every kind of node."""

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.drawing import Picture
from autodiff.errors import ArgumentError, DtypeError


def derivatives(picture: Picture) -> list[str]:
    return [edge.derivative for edge in picture.edges]


def node(picture: Picture, label: str):
    return next(node for node in picture.nodes if node.label == label)


def test_not_run_is_not_zero():
    x, y = Value(2.0, "x"), Value(0.0, "y")
    out = x * y
    assert {n.gradient for n in ad.draw(out).nodes} == {None}
    assert "not run" in str(ad.draw(out))
    out.backward()
    picture = ad.draw(out)
    assert node(picture, "x").gradient == ("0",)
    assert node(picture, "y").gradient == ("2",)
    x.zero_grad()
    assert node(ad.draw(out), "x").gradient is None


def test_scalar_edges_carry_the_number():
    x, y = Value(3.0), Value(2.0)
    assert derivatives(ad.draw(x * y)) == ["× 2", "× 3"]
    assert derivatives(ad.draw(x - y)) == ["× 1", "× -1"]
    assert derivatives(ad.draw(x / y)) == ["× 0.5", "× -0.75"]
    assert derivatives(ad.draw(np.exp(x * 0.0)))[-1] == "× 1"
    assert derivatives(ad.draw(np.where(True, x, y)))[-1] in ("× 0", "masked")


def test_the_same_operand_twice_has_two_edges():
    x = Value(3.0, "x")
    assert derivatives(ad.draw(x * x)) == ["× 3", "× 3"]
    assert derivatives(ad.draw(x + x)) == ["× 1", "× 1"]


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (np.log, 0.0, "× inf"),
        (np.sqrt, 0.0, "× inf"),
        (lambda v: 1 / v, 0.0, "× -inf"),
        (lambda v: v**0.5, -1.0, "× nan"),
        (np.exp, 1000.0, "× inf"),
        (lambda v: v * 1e308 * 10, 10.0, "× 1e308"),
    ],
)
def test_singular_points_draw_without_a_warning(f, x, expected):
    with np.errstate(all="ignore"):
        out = f(Value(x))
    assert expected in derivatives(ad.draw(out))
    ad.draw(out).render("svg")


def test_arrays_show_ranges_and_adjoints():
    x = Value([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "x")
    assert derivatives(ad.draw(x**2))[0] == "× 2 … 12"
    assert derivatives(ad.draw(x + Value([1.0, 2.0, 3.0]))) == ["× 1", "× 1, Σ"]
    assert derivatives(ad.draw(x.sum(axis=0))) == ["spread"]
    assert derivatives(ad.draw(x[0])) == ["scattered"]
    assert derivatives(ad.draw(x.T)) == ["transposed"]
    assert derivatives(ad.draw(x @ Value(np.ones((3, 4)), "W"))) == ["· Wᵀ", "xᵀ ·"]
    assert derivatives(ad.draw(np.fft.fft(x))) == ["fft adjoint"]
    assert derivatives(ad.draw(np.einsum("ij,ij->i", x, x)))[0] == "einsum with x"


def test_operations_show_their_keywords():
    x = Value(np.arange(24.0).reshape(2, 3, 4))

    def op(value):
        return ad.draw(value).nodes[1].op

    assert op(x.sum(axis=(0, 2), keepdims=True)) == "sum axis=(0, 2) keepdims=True"
    assert op(x[0, ..., 1:3]) == "[0, …, 1:3]"
    assert op(x[:, None, ::2]) == "[:, newaxis, ::2]"
    assert op(x[[0, 1, 1]]) == "[[…]]"
    assert op(x.reshape(6, 4)) == "reshape"
    assert op(np.tanh(x)) == "tanh"
    assert op(x * 2) == "*"


def test_data_in_words():
    def data(x):
        (only,) = ad.draw(Value(x)).nodes
        return only.shape, only.dtype, only.data

    assert data(2 / 3) == ("", "", ("0.6667",))
    assert data(np.float32(0.1)) == ("", "float32", ("0.1",))
    assert data(1 + 2j) == ("", "complex128", ("1+2j",))
    assert data([1.0, 2.5]) == ("(2,)", "", ("[1, 2.5]",))
    assert data([[1.0, 2.0], [3.0, 4.0]]) == ("(2, 2)", "", ("[[1, 2], [3, 4]]",))
    assert data(np.zeros((0, 3))) == ("(0, 3)", "", ("empty",))
    assert data(np.ones((3, 4), dtype=np.float32)) == ("(3, 4)", "float32", ("all 1",))
    assert data(np.arange(100.0)) == ("(100,)", "", ("0 … 99", "mean 49.5"))
    assert data([0.1] * 9 + [-0.9])[2] == ("-0.9 … 0.1", "mean ≈ 0")
    assert data(np.arange(100.0) * 1j)[2] == ("|·| 0 … 99", "mean 0+49.5j")
    assert data([np.nan] * 9 + [1.0])[2] == ("nan", "mean nan") or data([np.nan] * 9 + [1.0])[2] == ("all nan",)


def test_a_leaf_alone():
    picture = ad.draw(Value(2.0, "a"))
    assert len(picture.nodes) == 1
    assert not picture.edges
    assert str(picture) == "a  data 2  grad not run"
    assert b"<svg" in picture.render("svg")


def test_complex_values():
    z = Value(1 + 2j, "z")
    out = np.abs(np.fft.fft(z * np.ones(8, dtype=complex))).sum()
    out.backward()
    assert ad.draw(out).render("png")


def test_several_outputs():
    values, vectors = np.linalg.eigh(Value([[2.0, 1.0], [1.0, 3.0]], "A"))
    out = values.sum() + (vectors**2)[0, 0]
    for run in (False, True):
        if run:
            out.backward()
        picture = ad.draw(out)
        eigh = next(n for n in picture.nodes if n.op.startswith("eigh"))
        assert eigh.shape == "(2,), (2, 2)"
        assert (eigh.gradient is not None) == run
        assert {n.op for n in picture.nodes} >= {"part 0", "part 1"}
        assert picture.render("svg")


def test_several_roots():
    x = Value(2.0, "x")
    picture = ad.draw(x * 2, x * 3, x)
    assert len([n for n in picture.nodes if n.kind != "constant"]) == 3


def test_constants_are_drawn_and_shared():
    data = np.arange(10.0)
    x = Value(2.0)
    picture = ad.draw((x * data + data).sum() * 3)
    constants = [n.data[0] for n in picture.nodes if n.kind == "constant"]
    assert constants == ["0 … 9", "3"]
    with ad.no_grad():
        fixed = x * 5
    fixed.label = "fixed"
    assert node(ad.draw(x * fixed), "fixed").kind == "constant"


def test_without_a_history():
    with ad.no_grad():
        out = Value(2.0) * 3
    picture = ad.draw(out)
    assert "carries no gradient" in str(picture)
    assert "data 6" in str(picture)
    assert picture.render("svg")


def test_a_freed_graph_says_so():
    x = Value(2.0, "x")
    out = (x * 3).tanh()
    out.backward(retain_graph=False)
    picture = ad.draw(out)
    assert [n.kind for n in picture.nodes] == ["freed"]
    assert "grad not kept" in str(picture)
    assert "retain_graph=False" in str(picture)
    assert "retain_graph=False" in picture.dot


def test_lazy_data_is_not_computed():
    array = pytest.importorskip("dask.array")
    dask = pytest.importorskip("dask")

    def refuse(*args, **keywords):
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        x = Value(array.ones((4, 4), chunks=2), "x")
        out = (np.tanh(x) * x).sum()
        out.backward()
        picture = ad.draw(out)
        assert node(picture, "x").data == ("not computed yet (Array)",)
        assert node(picture, "x").gradient == ("not computed yet (Array)",)
        assert "× ∂tanh" in derivatives(picture)
        assert picture.render("svg")


def test_a_user_defined_operation():
    cube = ad.elementwise(lambda x: x**3, [lambda x: 3 * x * x], name="cube_drawn")
    picture = ad.draw(cube(Value(2.0)))
    assert picture.nodes[1].op == "cube_drawn"
    assert derivatives(picture) == ["× 12"]


def test_drawing_changes_nothing():
    x = Value([1.0, 2.0], "x")
    out = (x * x).sum()
    ad.draw(out).render("svg")
    out.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_wrong_arguments():
    with pytest.raises(DtypeError, match="float"):
        ad.draw(2.0)
    with pytest.raises(DtypeError, match="list"):
        ad.draw([Value(1.0)])
    with pytest.raises(ArgumentError, match="none"):
        ad.draw()
    with pytest.raises(ArgumentError, match="rankdir"):
        ad.draw(Value(1.0), rankdir="up")
    with pytest.raises(ArgumentError, match="max_nodes"):
        ad.draw(Value(1.0), max_nodes=0)
    with pytest.raises(ArgumentError, match="names"):
        ad.draw(Value(1.0), names=["a"])
    with pytest.raises(ArgumentError, match="named_parameters"):
        ad.draw(Value(1.0), model=3)
    with pytest.raises(ArgumentError, match="a name is a text"):
        ad.draw(Value(1.0), names={"a": 3.0})
