"""The table: `python -m benchmarks [--rows KEY ...] [--quick] [--list]`."""

import argparse
import gc
import sys

from benchmarks import calls, digits, functions, lstm, mlp, moons, operations, report, startup
from benchmarks.harness import Timing, measure

ROWS = (*mlp.ROWS, *functions.ROWS, *operations.ROWS, *moons.ROWS, *lstm.ROWS, *digits.ROWS, *calls.ROWS)
KEYS = [row.key for row in (*ROWS, *startup.ROWS)]


def main() -> int:
    """Measure, print as it goes, and write benchmarks/RESULTS.md if everything was measured at full length."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=KEYS, default=KEYS, metavar="KEY", help=", ".join(KEYS))
    parser.add_argument("--quick", action="store_true", help="a second a row: noisy, for a first look")
    parser.add_argument("--seconds", type=float, default=10.0, help="time spent on each row (default: 10)")
    options = parser.parse_args()
    seconds = 1.0 if options.quick else options.seconds

    gc.collect()
    gc.freeze()  # what the imports made is nobody's garbage; from here on, collection as Python does it by default
    timings: list[Timing] = []
    for row in ROWS:
        if row.key in options.rows:
            timings.append(measure(row, seconds))
            print(report.lines(timings[-1]), flush=True)
    for row in startup.ROWS:
        if row.key in options.rows:
            timings.append(startup.measure(row, rounds=3 if options.quick else 9))
            print(report.lines(timings[-1]), flush=True)

    if any(timing.row.goals for timing in timings):
        print(report.goals(timings))
    if options.rows == KEYS and not options.quick:
        print(f"\nwritten: {report.write(timings)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
