"""Charts of training runs and grids of small pictures, drawn by matplotlib, which loads on first use."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, MissingDependencyError, ShapeError

FORMATS = ("svg", "png", "pdf")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # colour-blind safe
RIGHT, WRONG = "#595959", COLOURS[1]
SETTINGS = {
    "svg.hashsalt": "autodiff",  # the same picture gives the same file
    "svg.fonttype": "none",  # text stays text
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class Chart:
    """A drawing that a notebook shows and `.save("x.svg" | ".png" | ".pdf")` writes.

    figure: the matplotlib Figure, for whoever wants to go on with it
    """

    def __init__(self, figure: Any) -> None:
        self.figure = figure

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing; the ending says in which format. Returns the path."""
        path = Path(path)
        kind = path.suffix[1:].lower()
        if kind not in FORMATS:
            raise ArgumentError(f"a chart is saved as .svg, .png or .pdf; it was given {path.name!r}")
        path.write_bytes(self._rendered(kind))
        return path

    def _rendered(self, kind: str) -> bytes:
        from matplotlib import rc_context

        buffer = BytesIO()
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        with rc_context(SETTINGS):
            self.figure.savefig(buffer, format=kind, dpi=150, metadata=metadata)
        return buffer.getvalue()

    def _repr_svg_(self) -> str:
        return self._rendered("svg").decode()


def curves(series: Mapping[str, Sequence[float]], *, x: str = "epoch", y: str = "loss", title: str = "") -> Chart:
    """One line per series over 1, 2, 3, …; the axis is logarithmic where the numbers span more than a decade.

    series: name → numbers, of any lengths · raises: MissingDependencyError without matplotlib

    >>> curves({"training": [1.0, 0.5, 0.25]}).figure.axes[0].get_xlabel()
    'epoch'
    """
    figure, settings = _figure((6.4, 3.8), layout="constrained")
    with settings:
        axes = figure.add_subplot()
        for i, (name, numbers) in enumerate(series.items()):
            steps = np.arange(1, len(numbers) + 1)
            axes.plot(
                steps, numbers, color=COLOURS[i % len(COLOURS)], label=name, marker="." if len(numbers) < 3 else None
            )
        finite = np.concatenate([np.empty(0), *(np.asarray(numbers, dtype=float) for numbers in series.values())])
        finite = finite[np.isfinite(finite)]
        if finite.size and finite.min() > 0 and finite.max() / finite.min() > 30:
            axes.set_yscale("log")
        axes.set(xlabel=x, ylabel=y, title=title)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if len(series) > 1:
            axes.legend(frameon=False)
    return Chart(figure)


def image_grid(
    images: Any, captions: Sequence[str], marked: Collection[int] = (), *, columns: int = 10, title: str = ""
) -> Chart:
    """Small grey pictures side by side, a caption under each; the marked ones in a frame, with a bold caption.

    images: (count, height, width), larger is darker · captions: one for each · marked: positions
    raises: ShapeError if captions and images differ in number; MissingDependencyError without matplotlib

    >>> len(image_grid(np.zeros((3, 8, 8)), ["0", "1", "2"], marked={1}).figure.axes[0].texts)
    3
    """
    images = np.asarray(images, dtype=float)
    if images.ndim != 3 or not images.size or len(captions) != len(images):
        raise ShapeError(
            f"image_grid takes images of shape (count, height, width) and a caption for each; it was given shape "
            f"{images.shape} and {len(captions)} captions"
        )
    (count, height, width), columns = images.shape, min(columns, len(images))
    rows, pitch_y, pitch_x = -(-count // columns), height * 1.45, width * 1.2
    figure, settings = _figure((columns * 0.72, rows * 0.87 + (0.4 if title else 0.0)))
    with settings:
        axes = figure.add_axes((0.0, 0.0, 1.0, 1 - 0.4 / figure.get_figheight() if title else 1.0))
        axes.set(
            xlim=(-0.1 * width, columns * pitch_x - 0.1 * width), ylim=(rows * pitch_y, -0.1 * height), aspect="equal"
        )
        axes.axis("off")
        span = {"vmin": images.min(), "vmax": max(images.max(), images.min() + 1e-12)}
        for i, (image, caption) in enumerate(zip(images, captions)):
            left, top, wrong = i % columns * pitch_x, i // columns * pitch_y, i in marked
            axes.imshow(
                image, extent=(left, left + width, top + height, top), **span, cmap="gray_r", interpolation="nearest"
            )
            frame = {"edgecolor": WRONG, "linewidth": 2.5} if wrong else {"edgecolor": "#CCCCCC", "linewidth": 0.6}
            axes.add_patch(_rectangle((left, top), width, height, facecolor="none", **frame))
            axes.text(
                left + width / 2,
                top + height * 1.07,
                caption,
                ha="center",
                va="top",
                color=WRONG if wrong else RIGHT,
                weight="bold" if wrong else "normal",
            )
        axes.set(xlim=(-0.1 * width, columns * pitch_x - 0.1 * width), ylim=(rows * pitch_y, -0.1 * height))
        if title:
            figure.suptitle(title, y=1 - 0.1 / figure.get_figheight(), va="top")
    return Chart(figure)


def _figure(size: tuple[float, float], layout: Any = None) -> tuple[Any, Any]:
    """A Figure of our own, which no global state knows of, and the settings to fill it under."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("charts are drawn by matplotlib: pip install 'autodiff[plot]'") from error
    with rc_context(SETTINGS):
        return Figure(figsize=size, layout=layout), rc_context(SETTINGS)


def _rectangle(*args: Any, **options: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(*args, **options)
