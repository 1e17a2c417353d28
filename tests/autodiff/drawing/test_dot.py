"""The DOT text is the same, byte for byte, in every run: golden files hold it.

`UPDATE_GOLDEN=1 pytest tests/autodiff/drawing` writes them anew; look at the difference before you keep it.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from autodiff.drawing import Picture

GOLDEN = Path(__file__).parent / "golden"


def neuron() -> Value:
    x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
    n = x1 * w1 + x2 * w2 + Value(6.5, "b")
    n.label = "n"
    out = n.tanh()
    out.label = "o"
    return out


def neuron_after_backward() -> Value:
    out = neuron()
    out.backward()
    return out


def broadcasting() -> Value:
    x = np.arange(12.0).reshape(4, 3)
    weights, bias = Value([[0.5], [0.25], [-1.0]], "W"), Value(np.zeros(1, dtype=np.float32), "b")
    loss = ((x @ weights + bias - x[:, :1]) ** 2).mean()
    loss.backward()
    return loss


def nasty_labels() -> Value:
    return Value(2.0, 'a|b {c} <d> "e" \\N & &amp;') * Value(3.0, "two\nlines,  <b>ünï</b> ∂\x07\u202e")


def layers() -> Picture:
    w0, b0, w1 = Value([[1.0, 2.0], [3.0, 4.0]]), Value([0.5, 0.5]), Value([1.0, -1.0])
    loss = (np.maximum(np.ones((3, 2)) @ w0 + b0, 0) @ w1).sum()
    loss.backward()
    return ad.draw(loss, names={w0: "layers.0.W", b0: "layers.0.b", w1: "layers.1.W"})


def folded() -> Value:
    out = Value(0.5, "x")
    for _ in range(200):
        out = out * 0.5 + 1.0
    out.backward()
    return out


def freed() -> Value:
    out = neuron()
    out.backward(retain_graph=False)
    return out


def in_the_middle() -> Value:
    x = Value(3.0, "x")
    inner = x * x
    inner.backward(retain_graph=False)
    return inner + x


PICTURES = [
    neuron, neuron_after_backward, broadcasting, nasty_labels, layers, folded, freed, in_the_middle,
]  # fmt: skip


@pytest.mark.parametrize("build", PICTURES, ids=lambda build: build.__name__)
def test_dot_text_is_as_it_was(build):
    graph = build()
    text = (graph if isinstance(graph, Picture) else ad.draw(graph)).dot
    file = GOLDEN / f"{build.__name__}.dot"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()


def test_same_text_in_another_process_with_other_hashes():
    code = (
        "import autodiff as ad\nfrom autodiff import Value\n"
        "junk = [Value(0.0) for _ in range(7)]\n"
        "x, y = Value(2.0, 'x'), Value(3.0, 'y')\nprint(ad.draw((x * y + x).tanh() * y).dot)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_no_html_labels_and_no_addresses():
    for build in PICTURES:
        graph = build()
        text = (graph if isinstance(graph, Picture) else ad.draw(graph)).dot
        assert "label=<" not in text
        assert "0x" not in text


def test_the_direction_can_be_chosen():
    assert 'rankdir="LR"' in ad.draw(neuron()).dot
    assert 'rankdir="TB"' in ad.draw(neuron(), rankdir="TB").dot
    long = Value(1.0)
    for _ in range(20):
        long = long.tanh()
    assert 'rankdir="TB"' in ad.draw(long).dot  # a long chain would be too wide for a page


def test_gradients_colour_the_boxes_and_a_legend_says_how():
    text = ad.draw(neuron_after_backward()).dot
    assert "|grad|" in text.replace("\\", "")
    assert 'style="striped"' in text
    assert "striped" not in ad.draw(neuron()).dot
