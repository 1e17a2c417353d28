"""What a picture says: data, gradients, local derivatives, for every kind of node."""

from pathlib import Path

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.drawing import Picture
from autodiff.drawing.derivatives import WORDS
from autodiff.errors import ArgumentError, DtypeError
from autodiff.primitives.composites import sum_squares
from autodiff.primitives.contractions import affine


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


def test_arrays_show_numbers_where_each_element_has_its_own_factor():
    x = Value([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "x")
    assert derivatives(ad.draw(x**2))[0] == "× [[2, 4, 6], [8, 10, 12]]"
    assert derivatives(ad.draw(np.exp(x)))[0] == "× 2.718 … 403.4"
    assert derivatives(ad.draw(x * 7.0))[0] == "× 7"
    assert derivatives(ad.draw(x[0] * np.array([1.0, 0.5, 2.0])))[1] == "× [1, 0.5, 2]"
    assert derivatives(ad.draw(Value(np.arange(50.0)) ** 2))[0] == "× 0 … 98"


def test_what_was_broadcast_is_summed_and_what_was_summed_is_spread():
    x = Value([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "x")
    assert derivatives(ad.draw(x + Value([1.0, 2.0, 3.0]))) == ["× 1", "× 1, Σ rows"]
    assert derivatives(ad.draw(x + Value([[1.0], [2.0]]))) == ["× 1", "× 1, Σ columns"]
    assert derivatives(ad.draw(x + Value(1.0))) == ["× 1", "× 1, Σ"]
    assert derivatives(ad.draw(x + Value([[1.0, 2.0, 3.0]])))[1] == "× 1, Σ rows"
    assert derivatives(ad.draw(x[None] + Value([1.0, 2.0, 3.0])))[-1] == "× 1, Σ"
    assert derivatives(ad.draw(x.sum())) == derivatives(ad.draw(x.sum(axis=0))) == ["× 1, spread"]
    assert derivatives(ad.draw(x.max(axis=1))) == ["× [[0, 0, 1], [0, 0, 1]], spread"]
    assert derivatives(ad.draw(sum_squares(x))) == ["× [[2, 4, 6], [8, 10, 12]], spread"]
    assert derivatives(ad.draw(ad.logsumexp(Value([0.0, 0.0])))) == ["× 0.5, spread"]
    assert derivatives(ad.draw(Value([3.0, 4.0]) @ Value([1.0, 2.0]))) == ["× [1, 2], spread", "× [3, 4], spread"]


def test_products_name_the_other_factor():
    x, weights = Value([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "x"), Value(np.ones((3, 4)), "W")
    assert derivatives(ad.draw(x @ weights)) == ["g · Wᵀ", "xᵀ · g"]
    assert derivatives(ad.draw(np.dot(x, weights))) == ["g · Wᵀ", "xᵀ · g"]
    assert derivatives(ad.draw(np.ones((5, 3)) @ weights)) == ["", "leftᵀ · g"]
    assert derivatives(ad.draw(x @ np.ones((3, 4))))[0] == "g · rightᵀ"
    assert derivatives(ad.draw(np.inner(x, x)))[0] == "contracted with x"
    assert derivatives(ad.draw(np.einsum("ij,ij->i", x, x)))[0] == "einsum i,ij->ij with g, x"
    assert derivatives(ad.draw(np.einsum("ij->j", x)))[0] == "einsum j->ij with g"
    assert ad.draw(np.einsum("ij->j", x)).nodes[1].op == "einsum ij->j"


def test_a_layer_says_x_w_plus_b_and_its_edges_say_the_same():
    w, b = Value(np.ones((2, 3)), "w"), Value([1.0, 2.0, 3.0], "b")
    out = affine(Value(np.ones((4, 2))) * 1.0, w, b)
    picture = ad.draw(out)
    assert picture.nodes[4].op == "affine x w + b"
    assert derivatives(picture)[-3:] == ["g · wᵀ", "xᵀ · g", "× 1, Σ rows"]
    assert derivatives(ad.draw(affine(np.ones(2), Value(np.ones((2, 3))), b))) == ["", "xᵀ · g", "× 1"]


def test_rearrangements_say_in_words_what_happens_to_the_gradient():
    x = Value([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "x")
    assert derivatives(ad.draw(x[0])) == ["scattered"]
    assert derivatives(ad.draw(x.T)) == ["transposed"]
    assert derivatives(ad.draw(x.copy())) == ["× 1"]
    assert derivatives(ad.draw(x.at[0].set(Value(1.0)))) == ["masked", "gathered"]
    assert derivatives(ad.draw(np.fft.fft(x))) == ["fft"]
    own = ad.linear(lambda x: 2 * x, [lambda g: 2 * g], name="twice_drawn")
    assert derivatives(ad.draw(own(x))) == ["adjoint of twice_drawn"]


def test_every_word_on_an_edge_is_explained():
    page = (Path(__file__).parents[3] / "docs/pictures.md").read_text(encoding="utf-8")
    words = {word for given in WORDS.values() for word in ([given] if isinstance(given, str) else given)}
    words |= {", spread", ", Σ rows", ", Σ columns", "contracted with", "adjoint of", "vjp of", "einsum"}
    assert [word for word in sorted(words) if word.strip(", ") not in page] == []


def test_operations_show_their_keywords():
    x = Value(np.arange(24.0).reshape(2, 3, 4))

    def op(value):
        return ad.draw(value).nodes[1].op

    assert op(x.sum(axis=(0, 2), keepdims=True)) == "sum axis=(0, 2) keepdims=True"
    assert op(x[0, ..., 1:3]) == "[0, …, 1:3]"
    assert op(x[:, None, ::2]) == "[:, newaxis, ::2]"
    assert op(x[[0, 1, 1]]) == "[i]"
    assert op(x[[0, 1], 0, [2, 3]]) == "[i, 0, j]"
    assert op(x[:, x.data[0] > 5]) == "[:, mask]"
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
