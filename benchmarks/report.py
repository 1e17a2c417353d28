"""The measurements as text: a few lines for the terminal, a Markdown page for the repository."""

import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from benchmarks import answers
from benchmarks.harness import Timing
from benchmarks.peers import COLUMNS, OURS, available

PAGE = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("numpy", "torch", "jax", "autograd", "mygrad", "micrograd")

HEADER = """\
# Benchmarks

Written by `make bench`. One process on one core; every contestant in turn, over and over, so that all meet the same
noise; medians. Before a row is timed, its contestants' first three results are held against each other: they agree to
rounding. Times compare only within this page.
"""

ANSWERS = """\
## Where the others differ

The same derivative asked of everybody, at points where it is easy to get wrong; wrong answers in bold.

"""
LIBRARIES = ("autodiff", "PyTorch", "JAX", "autograd", "MyGrad")


def lines(timing: Timing) -> str:
    """One row for the terminal: title, then time and ratio of each contestant."""
    ours = timing.median(OURS[0]) if OURS[0] in timing.rounds else None
    text = [f"\n{timing.row.title}  [{timing.row.key}]"]
    for column in timing.rounds:
        ratio = "" if ours is None else f"{timing.median(column) / ours:10.2f} ×"
        text.append(f"  {column:<14}{microseconds(timing, column):>14} µs{ratio}")
    return "\n".join(text)


def microseconds(timing: Timing, column: str) -> str:
    """Median time with three significant digits or all of its whole ones; – where the contestant is not there."""
    if column not in timing.rounds:
        return "–"
    median = timing.median(column)
    return f"{median:,.0f}" if median >= 100 else f"{median:.3g}"


def goals(timings: Iterable[Timing]) -> str:
    """What ours must reach, row by row, and whether it does."""
    return "\n" + table(["row", "must reach", "measured against", "ratio", "reached"], goal_rows(timings))


def goal_rows(timings: Iterable[Timing]) -> list[list[str]]:
    rows = []
    for timing in timings:
        for goal in timing.row.goals:
            verdict = timing.verdict(goal)
            ratio, reached = ("–", "–") if verdict is None else (f"{verdict[0]:.2f}", "yes" if verdict[1] else "**no**")
            rows.append([timing.row.key, str(goal), timing.rival(goal) or "–", ratio, reached])
    return rows


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, its columns padded so that it reads well as plain text too."""
    cells = [list(header), *map(list, rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([padded[0], rule, *padded[1:]])


def write(timings: Sequence[Timing]) -> str:
    """Write the page; returns its name."""
    times = table(
        ["µs a step", *COLUMNS], ([t.row.title, *(microseconds(t, column) for column in COLUMNS)] for t in timings)
    )
    ratios = table(
        ["÷ autodiff", *COLUMNS[1:]],
        ([t.row.key, *(relative(t, column) for column in COLUMNS[1:])] for t in timings),
    )
    page = [
        HEADER,
        surroundings(),
        "## Time\n\n" + times,
        "## How many times as long as ours\n\nAbove 1, ours is faster.\n\n" + ratios,
        "## What ours must reach\n" + goals(timings),
        ANSWERS + table(["derivative of", "right", *LIBRARIES], answers.rows(LIBRARIES)),
    ]
    PAGE.write_text("\n\n".join(part.strip("\n") for part in page) + "\n", encoding="utf-8")
    return f"{PAGE.parent.name}/{PAGE.name}"


def relative(timing: Timing, column: str) -> str:
    if column not in timing.rounds or OURS[0] not in timing.rounds:
        return "–"
    return f"{1 / timing.ratio(OURS[0], column):.3g}"


def surroundings() -> str:
    """Processor, Python and the versions of everybody."""
    missing = [column for column in COLUMNS if not available(column)]
    found = [f"{name} {version}" for name in PACKAGES if (version := installed_version(name))]
    text = f"{processor()} · {platform.system()} · Python {platform.python_version()} · {' · '.join(found)}"
    return text + (f"\n\nNot installed, shown as –: {', '.join(missing)}." if missing else "")


def installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name, from the kernel where it tells."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()
