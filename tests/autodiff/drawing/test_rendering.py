"""Files and notebooks: which formats, by which program, and what happens without one."""

import os
import stat
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.drawing import rendering
from autodiff.errors import ArgumentError, MissingDependencyError

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def picture():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b + np.tanh(a)
    c.backward()
    return ad.draw(c)


@pytest.fixture
def no_dot(monkeypatch):
    monkeypatch.setattr(rendering.shutil, "which", lambda name: None)


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("name", "start"),
    [("c.svg", b"<svg"), ("c.png", b"\x89PNG"), ("c.pdf", b"%PDF"), ("c.DOT", b"digraph"), ("c.txt", b"a ")],
)
def test_save(picture, tmp_path, name, start, no_dot):
    path = picture.save(tmp_path / name)
    assert path.read_bytes().startswith(start)
    assert picture.save(str(path)) == path


@pytest.mark.parametrize("name", ["c.gif", "c", "svg", ".svg"])
def test_an_unknown_ending_lists_what_is_possible(picture, name):
    with pytest.raises(ArgumentError, match=r"\.svg, \.png, \.pdf, \.dot"):
        picture.save(name)
    with pytest.raises(ArgumentError, match="svg, png"):
        picture.render("gif")


def test_svg_scales_and_nothing_is_clipped(picture):
    root = ET.fromstring(picture.render("svg"))
    assert root.tag == f"{SVG}svg"
    assert root.get("width") == "100%"
    assert root.get("height") is None
    assert "max-width" in root.get("style")
    assert len(root.get("viewBox").split()) == 4
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text


def test_a_dark_page_is_readable_all_over():
    """Text outside the boxes of nodes is recoloured, and so is the ground beneath it."""
    w = Value(2.0)
    out = np.tanh(w * 3.0)
    out.backward()
    root = ET.fromstring(ad.draw(out, names={"layers.0.neurons.1.w": w}).render("svg"))
    style = root.find(f"{SVG}style").text
    seen = set()
    for group in root.iter(f"{SVG}g"):
        kind = group.get("class").split()[-1]
        if kind == "node":
            continue  # brings its own ground
        for shape in group:
            tag = shape.tag.removeprefix(SVG)
            if kind == "cluster" and tag == "path":
                assert shape.get("fill") == "none"  # the page shows through
            elif tag in ("text", "polygon"):
                seen.add(f".{kind} {'> ' * (kind in ('graph', 'cluster'))}{tag}")
    assert seen == {
        ".graph > polygon",
        ".cluster > text",
        ".edge text",
        ".edge polygon",
        ".constant text",
        ".legend text",
    }
    assert [rule for rule in seen if rule not in style] == []


def test_the_edge_of_a_constant_starts_at_its_text(picture):
    root = ET.fromstring(ad.draw(Value(2.0, "x") * 3.0, rankdir="LR").render("svg"))
    (constant,) = (group for group in root.iter(f"{SVG}g") if group.get("class") == "node constant")
    (edge,) = (group for group in root.iter(f"{SVG}g") if group.find(f"{SVG}title").text == "n3->n2")
    start = float(edge.find(f"{SVG}path").get("d").removeprefix("M").split(",")[0])
    assert 0 < start - float(constant.find(f"{SVG}text").get("x")) < 20


def test_in_a_notebook(picture):
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "Picture of" in bundle["text/plain"]
    assert picture._repr_svg_() == bundle["image/svg+xml"]


def test_without_any_graphviz(picture, tmp_path, no_dot, no_wheel):
    with pytest.raises(MissingDependencyError, match=r"autodiff\[draw\]"):
        picture.save(tmp_path / "c.svg")
    assert picture.save(tmp_path / "c.dot").exists()
    assert picture.save(tmp_path / "c.txt").exists()
    bundle = picture._repr_mimebundle_()
    assert bundle.keys() == {"text/plain"}
    assert "autodiff[draw]" in bundle["text/plain"]


@pytest.fixture
def fake_dot(tmp_path, monkeypatch):
    """A program that tells how it was called."""
    program = tmp_path / "dot"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.read()\nprint('<svg fake', *sys.argv[1:], '>')\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_dot_on_the_path_serves_without_the_wheel_and_for_large_graphs(picture, fake_dot, monkeypatch):
    assert b"fake" not in picture.render("svg")
    monkeypatch.setattr(rendering, "LARGE", 2)
    assert b"fake -Tsvg" in picture.render("svg")
    monkeypatch.undo()


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_dot_on_the_path_serves_without_the_wheel(picture, fake_dot, no_wheel):
    assert b"fake -Tpng" in picture.render("png")


def test_a_large_picture_is_laid_out_by_a_process_of_its_own(picture, no_dot, monkeypatch):
    expected = picture.render("svg")
    monkeypatch.setattr(rendering, "LARGE", 2)
    assert picture.render("svg") == expected
    assert picture.render("png").startswith(b"\x89PNG")


def test_a_layout_that_takes_too_long_is_given_up(picture, no_dot, monkeypatch):
    monkeypatch.setattr(rendering, "LARGE", 2)
    monkeypatch.setattr(rendering, "SECONDS", 0.2)
    monkeypatch.setattr(rendering, "_CHILD", "import time; time.sleep(60)")
    with pytest.raises(ArgumentError, match="max_nodes"):
        picture.render("svg")
    monkeypatch.setattr(rendering, "SECONDS", 20)
    monkeypatch.setattr(rendering, "_CHILD", "raise SystemExit('no such thing')")
    with pytest.raises(ArgumentError, match="no such thing"):
        picture.render("svg")


def test_draw_dot_is_micrograds(no_dot, tmp_path):
    graphviz = pytest.importorskip("graphviz")
    out = Value(2.0, label="a") * 3.0
    dot = ad.draw_dot(out)
    assert isinstance(dot, graphviz.Digraph)
    assert dot.format == "svg"
    assert 'rankdir="LR"' in dot.source
    assert dot.source.split() == ad.draw(out).dot.split()
    dot.node("more")
    assert b"more" in dot.pipe()
    assert dot.pipe(encoding="utf-8").startswith("<svg")
    assert "image/svg+xml" in dot._repr_mimebundle_()
    written = dot.render("out", directory=str(tmp_path), cleanup=True)
    assert written.endswith("out.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["out.svg"]
    assert dot.render(outfile=str(tmp_path / "b.png")).endswith("b.png")
    assert ad.draw_dot(out, format="png", rankdir="TB").pipe().startswith(b"\x89PNG")


def test_draw_dot_refuses_what_graphviz_may_not_write(no_dot, tmp_path):
    pytest.importorskip("graphviz")
    from autodiff.drawing.digraph import FORMATS

    for format in ("bmp", "webp", "", 3):
        with pytest.raises(ArgumentError, match=rf"svg, png, pdf.*given {format!r}"):
            ad.draw_dot(Value(1.0), format=format)
    dot = ad.draw_dot(Value(1.0))
    with pytest.raises(ArgumentError, match="bmp"):
        dot.pipe(format="bmp")
    for format in FORMATS:
        assert Path(ad.draw_dot(Value(1.0), format=format).render("x", directory=tmp_path / format)).stat().st_size


def test_drawing_is_imported_on_first_use():
    import subprocess

    code = (
        "import sys, autodiff\nassert not {'graphviz', 'pygraphviz', 'autodiff.drawing'} & set(sys.modules)\n"
        "autodiff.draw(autodiff.Value(1.0))\nassert not {'graphviz', 'pygraphviz'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
