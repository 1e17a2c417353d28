"""Whatever stands in a label, Graphviz reads it and shows it as it was written."""

import re
from xml.etree import ElementTree as ET

import pygraphviz
from hypothesis import example, given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.drawing.dot import LONGEST
from autodiff.drawing.escaping import escaped, quoted

texts = st.text(st.characters(), max_size=40) | st.text("\\|{}<>\"'&;#nlrNGLETH \n[]ab", max_size=40)


def shown(label: str) -> str:
    """What a reader must see, spaces aside."""
    label = label.strip()
    label = label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in label)


def words_in(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(texts)
@example("a\\")
@example("\\\\")
@example('"')
@example("<b>bold</b>")
@example("&lt;")
@example("&#65;")
@example("\\N \\G \\E")
@example("{a|b}")
@example("\ud800")
@example("\x00")
@example("]; evil [")
def test_a_label_is_drawn_as_it_was_written(label):
    picture = ad.draw(Value(1.0, label) * 2.0, rankdir="LR")
    assert len(pygraphviz.AGraph(string=picture.dot).nodes()) == 3
    words = words_in(picture.render("svg").decode())
    assert without_spaces("".join(words)).startswith(without_spaces(shown(label) or "v1") + "data1")


@given(texts)
def test_a_module_path_is_drawn_as_it_was_written(name):
    value = Value(1.0)
    picture = ad.draw(value * 2.0, names={value: f"{name}.w"})
    graph = pygraphviz.AGraph(string=picture.dot)
    assert len(graph.nodes()) == 3


@given(texts)
def test_as_a_plain_label_too(label):
    graph = pygraphviz.AGraph(string=f"digraph {{ a [shape=box label={quoted(escaped(label))}] }}")
    drawn = "".join(words_in(graph.draw(format="svg", prog="dot").decode()))
    expected = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in label)
    assert without_spaces(drawn) == without_spaces(expected)


def test_spaces_and_line_breaks_survive():
    picture = ad.draw(Value(1.0, "a  b\nc"))
    words = words_in(picture.render("svg").decode())
    assert words[0].replace("\xa0", " ") == "a  b"
    assert words[1] == "c"


def test_long_labels_are_cut():
    assert escaped("x" * 100, 60) == "x" * 59 + "…"
