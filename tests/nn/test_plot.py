import numpy as np
import pytest

from autodiff.errors import ArgumentError, ShapeError
from nn.plot import WRONG, curves, image_grid


def test_charts_are_saved_in_the_format_of_their_ending(tmp_path):
    chart = curves({"loss": [3.0, 2.0, 1.0]})
    assert chart.save(tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert chart.save(tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    assert chart.save(str(tmp_path / "a.pdf")).read_bytes().startswith(b"%PDF")
    assert "<svg" in chart._repr_svg_()
    with pytest.raises(ArgumentError, match=r"saved as .svg, .png or .pdf; it was given 'a.bmp'"):
        chart.save(tmp_path / "a.bmp")


def test_the_same_chart_gives_the_same_file(tmp_path):
    first, second = (curves({"loss": [3.0, 2.0]}).save(tmp_path / f"{i}.svg").read_bytes() for i in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("numbers", "scale"),
    [
        ([1.0, 0.9], "linear"),
        ([1.0, 0.001], "log"),
        ([1.0, 0.0], "linear"),
        ([1.0, np.nan, 0.001], "log"),
        ([], "linear"),
    ],
)
def test_wide_ranges_get_a_logarithmic_axis(numbers, scale):
    assert curves({"loss": numbers}).figure.axes[0].get_yscale() == scale


def test_image_grid_frames_the_marked_ones():
    axes = image_grid(np.zeros((5, 4, 3)), list("abcde"), marked=[1, 3], columns=2).figure.axes[0]
    assert [text.get_text() for text in axes.texts] == list("abcde")
    assert [i for i, text in enumerate(axes.texts) if text.get_color() == WRONG] == [1, 3]
    assert [image.get_extent() for image in axes.images[1:3]] == [
        pytest.approx([3.6, 6.6, 4, 0]),
        pytest.approx([0, 3, 9.8, 5.8]),
    ]
    assert len(axes.images) == 5


@pytest.mark.parametrize(
    ("images", "captions"),
    [(np.zeros((2, 3)), ["a", "b"]), (np.zeros((0, 3, 3)), []), (np.zeros((2, 3, 3)), ["a"])],
)
def test_image_grid_refuses(images, captions):
    with pytest.raises(ShapeError, match="a caption for each"):
        image_grid(images, captions)
