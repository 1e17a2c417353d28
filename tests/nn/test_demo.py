"""The demo, run as a user runs it."""

import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from autodiff.errors import MissingDependencyError
from nn import demo


def test_demo_reaches_what_it_promises(tmp_path, capsys):
    folder = tmp_path / "new" / "pictures"
    assert demo.main(["--output", str(folder)]) == 0
    said = capsys.readouterr()
    assert float(re.search(r"Test accuracy: ([\d.]+)%", said.out)[1]) >= 96
    assert float(re.search(r"largest relative error ([\d.e+-]+)", said.out)[1]) < 1e-8
    assert str(folder) in said.out
    assert "epoch 40/40" in said.err
    for name in ("neuron", "loss", "digits"):
        assert ET.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    neuron = (folder / "neuron.svg").read_text()
    assert "bias and 62 other pixels" in neuron
    assert "not run" not in neuron
    assert ", is " in (folder / "digits.svg").read_text()


def test_the_split_is_fixed_by_the_seed_and_covers_every_digit():
    first, again, other = demo.load_digits(0), demo.load_digits(0), demo.load_digits(1)
    np.testing.assert_array_equal(first.test_x, again.test_x)
    assert np.any(first.test_y != other.test_y)
    assert (len(first.train_y), len(first.test_y)) == (1438, 359)
    assert 0 <= first.train_x.min() < first.train_x.max() == 1


def test_without_scikit_learn_the_extra_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingDependencyError, match=r"autodiff\[sklearn\]"):
        demo.load_digits()
    assert demo.main(["--output", str(tmp_path)]) == 1
    assert "autodiff[sklearn]" in capsys.readouterr().err


def test_an_output_that_is_a_file(monkeypatch, tmp_path, capsys):
    file = tmp_path / "file"
    file.touch()
    assert demo.main(["--output", str(file)]) == 1
    assert str(file) in capsys.readouterr().err
