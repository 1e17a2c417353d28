"""Writes autodiff/compiler/vectormath/coefficients.py: `python -m benchmarks.fit_polynomials` (a minute, with mpmath).

Each polynomial is the best there is for its interval and number of coefficients: Remez' exchange finds the one whose
largest weighted error is smallest (Cheney, Introduction to Approximation Theory, 1966, chapter 3), with 50 digits. The
weight makes it the relative error of the function that is computed in the end.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf

import autodiff.compiler.vectormath as package

Real = Callable[[Any], Any]
WIDER = mpf("1.0001")
"""Arguments end up a little outside the interval when a multiple that was subtracted was itself rounded."""


class Fit(NamedTuple):
    """What a polynomial p(t) approximates, on an interval, with what weight, by how many coefficients."""

    meaning: str
    f: Real
    weight: Real
    start: Any
    stop: Any
    double: int
    single: int


def remez(f: Real, weight: Real, start: Any, stop: Any, powers: range) -> tuple[list[Any], Any]:
    """(coefficients of these powers for which max |weight·(f − p)| is smallest, that maximum)."""
    size = len(powers)
    middle, half = (start + stop) / 2, (stop - start) / 2
    grid = [middle - half * mp.cos(mp.pi * i / 300) for i in range(301)]
    there = [(x, f(x), weight(x)) for x in grid]
    points = [middle - half * mp.cos(mp.pi * (2 * i + 1) / (2 * size + 2)) for i in range(size + 1)]
    coefficients, largest = [mpf(0)] * size, mp.inf
    for _ in range(20):
        rows = [[*(x**j for j in powers), (-1) ** i / weight(x)] for i, x in enumerate(points)]
        coefficients = list(mp.lu_solve(mp.matrix(rows), mp.matrix([f(x) for x in points])))[:size]
        errors = [(x, w * (y - value(coefficients, powers, x))) for x, y, w in there]
        peaks = alternating(errors)
        largest, smallest = max(abs(e) for _, e in errors), min(abs(e) for _, e in peaks)
        if len(peaks) < size + 1 or largest < smallest * mpf("1.01"):
            break
        while len(peaks) > size + 1:
            peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
        points = [x for x, _ in peaks]
    return coefficients, largest


def value(coefficients: list[Any], powers: range, x: Any) -> Any:
    return mp.fsum(c * x**j for c, j in zip(coefficients, powers, strict=True))


def alternating(errors: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The largest error of each stretch without a change of sign."""
    peaks: list[tuple[Any, Any]] = []
    for x, e in errors:
        if peaks and mp.sign(peaks[-1][1]) == mp.sign(e):
            peaks[-1] = max(peaks[-1], (x, e), key=lambda peak: abs(peak[1]))
        elif e != 0:
            peaks.append((x, e))
    return peaks


def odd(f: Real, first: Any, second: Any, scale: Any = 1) -> Real:
    """t = y² ↦ (f(y)/y − scale)/t: what is left of an odd function without its first term; its series near 0."""

    def rest(t: Any) -> Any:
        y = mp.sqrt(t)
        return (f(y) / y - scale) / t if t > mpf(10) ** -18 else first + second * t

    return rest


def near(stop: Any, power: Any = 1) -> Real:
    """The weight tᵖ, kept off 0."""
    return lambda t: (abs(t) + abs(stop) / 1000) ** power


def expm1_rest(r: Any) -> Any:
    return (mp.expm1(r) - r) / r**2 if abs(r) > mpf(10) ** -12 else mpf(1) / 2 + r / 6


def exp2m1_over(r: Any) -> Any:
    return mp.expm1(r * mp.ln2) / r if abs(r) > mpf(10) ** -12 else mp.ln2 + mp.ln2**2 * r / 2


def fits() -> dict[str, Fit]:
    """All of them, by name."""
    third, half_ln2 = mpf(1) / 3, mp.ln2 / 2 * WIDER
    ln2_64 = (half_ln2 / 2) ** 2
    eighth = (mp.pi / 4 * mpf("1.005")) ** 2
    log_stop, arctanh_stop, softplus_stop = mpf("0.02945"), mpf("0.0405"), mpf("0.1112")
    arctan_stop = mpf("0.17158")

    erfc_start, erfc_stop = 1 / (mpf("27.3") + 3), 1 / (mpf("0.3999") + 3)

    def erfc_scaled(u: Any) -> Any:
        a = 1 / u - 3
        return (mp.exp(a * a) * mp.erfc(a) / u - 1 / mp.sqrt(mp.pi)) / u

    def erf_exponent(a: Any) -> Any:
        return -mp.log(mp.erfc(a)) / a - 1 if a > mpf(10) ** -12 else 2 / mp.sqrt(mp.pi) - 1

    def erf_over(t: Any) -> Any:
        return mp.erf(mp.sqrt(t)) / mp.sqrt(t) if t > mpf(10) ** -18 else 2 / mp.sqrt(mp.pi) * (1 - t / 3)

    def arctanh_rest(stop: Any, double: int, single: int) -> Fit:
        return Fit(
            f"(artanh(s)/s − 1)/t for t = s² ≤ {mp.nstr(stop, 4)}",
            odd(mp.atanh, third, mpf(1) / 5),
            near(stop),
            mpf(0),
            stop,
            double,
            single,
        )

    return {
        "EXP": Fit("(eʳ − 1 − r)/r² for |r| ≤ ½ln 2", expm1_rest, near(half_ln2, 2), -half_ln2, half_ln2, 10, 5),
        "EXPM1": Fit("the same, relative to eʳ − 1", expm1_rest, near(half_ln2), -half_ln2, half_ln2, 10, 5),
        "EXP2": Fit("(2ʳ − 1)/r for |r| ≤ ½", exp2m1_over, near(mpf(1)), mpf(-1) / 2, mpf(1) / 2, 11, 6),
        "TANH": Fit(
            "(tanh(y)/y − 1)/t for t = y², |y| ≤ ¼ln 2",
            odd(mp.tanh, -third, mpf(2) / 15),
            near(ln2_64),
            mpf(0),
            ln2_64,
            6,
            3,
        ),
        "SINH": Fit(
            "(sinh(r)/r − 1)/t for t = r², |r| ≤ ½ln 2",
            odd(mp.sinh, mpf(1) / 6, mpf(1) / 120),
            near(half_ln2**2),
            mpf(0),
            half_ln2**2,
            5,
            3,
        ),
        "COSH": Fit(
            "(cosh(r) − 1)/t for t = r², |r| ≤ ½ln 2",
            lambda t: (mp.cosh(mp.sqrt(t)) - 1) / t if t > mpf(10) ** -18 else mpf(1) / 2 + t / 24,
            near(half_ln2**2),
            mpf(0),
            half_ln2**2,
            5,
            3,
        ),
        "LOG": arctanh_rest(log_stop, 7, 3),
        "ARCTANH": arctanh_rest(arctanh_stop, 7, 3),
        "SOFTPLUS": arctanh_rest(softplus_stop, 10, 4),
        "SIN": Fit(
            "(sin(r)/r − 1)/t for t = r², |r| ≤ π/4",
            odd(mp.sin, mpf(-1) / 6, mpf(1) / 120),
            near(eighth),
            mpf(0),
            eighth,
            6,
            3,
        ),
        "COS": Fit(
            "(cos(r) − 1)/t for t = r², |r| ≤ π/4",
            lambda t: (mp.cos(mp.sqrt(t)) - 1) / t if t > mpf(10) ** -18 else mpf(-1) / 2 + t / 24,
            near(eighth),
            mpf(0),
            eighth,
            7,
            4,
        ),
        "ARCTAN": Fit(
            "(arctan(u)/u − 1)/t for t = u², |u| ≤ tan(π/8)",
            odd(mp.atan, -third, mpf(1) / 5),
            near(arctan_stop),
            mpf(0),
            arctan_stop,
            11,
            5,
        ),
        "ARCSIN": Fit(
            "(arcsin(y)/y − 1)/t for t = y² ≤ ¼",
            odd(mp.asin, mpf(1) / 6, mpf(3) / 40),
            near(mpf(1) / 4),
            mpf(0),
            mpf(1) / 4,
            12,
            6,
        ),
        "CBRT": Fit("∛m for √½ ≤ m ≤ √2", mp.cbrt, lambda m: 1 / mp.cbrt(m), mp.sqrt(2) / 2, mp.sqrt(2), 6, 3),
        "POWER": Fit(
            "(artanh(s)/s − 1 − t/3)/t² for t = s² ≤ 0.02945",
            lambda t: (
                (mp.atanh(mp.sqrt(t)) / mp.sqrt(t) - 1 - t / 3) / t**2 if t > mpf(10) ** -12 else mpf(1) / 5 + t / 7
            ),
            near(log_stop, 2),
            mpf(0),
            log_stop,
            7,
            4,
        ),
        "ERF": Fit(
            "−log(erfc a)/a − 1 for 0 ≤ a ≤ 5.95",
            erf_exponent,
            lambda a: mp.erfc(a) * (a / mp.erf(a) if a > 0 else mp.sqrt(mp.pi) / 2),
            mpf(0),
            mpf("5.95"),
            24,
            12,
        ),
        "ERF_SMALL": Fit("erf(x)/x for t = x² ≤ 0.16", erf_over, near(mpf(1), 0), mpf(0), mpf("0.16"), 8, 5),
        "ERFC": Fit(
            "(exp(a²)·erfc(a)/u − 1/√π)/u for u = 1/(a + 3), 0.4 ≤ a ≤ 27.3",
            erfc_scaled,
            lambda u: u / (1 / mp.sqrt(mp.pi) + u * erfc_scaled(u)),
            erfc_start,
            erfc_stop,
            21,
            10,
        ),
    }


def fitted(fit: Fit, single: bool) -> tuple[list[float], Any]:
    """(numbers of the precision, the error they leave). Each is rounded, and then the higher ones fitted again.

    (On an interval around 0 the higher powers alone have no best fit: all are rounded at once.)
    """
    size = fit.single if single else fit.double
    numbers: list[float] = []
    target, weight = cache(fit.f), cache(fit.weight)

    def remaining(x: Any) -> Any:
        return target(x) - value(numbers, range(len(numbers)), x)

    while len(numbers) < size:
        best, _ = remez(remaining, weight, fit.start, fit.stop, range(len(numbers), size))
        nearest = [float(np.float32(float(c))) if single else float(c) for c in best]
        numbers += nearest if fit.start < 0 else nearest[:1]
    grid = [fit.start + (fit.stop - fit.start) * i / 1000 for i in range(1001)]
    return numbers, max(abs(remaining(x)) * weight(x) for x in grid)


def text_of(name: str, fit: Fit) -> str:
    """The assignment, with a comment that says what it is and how good."""
    tuples, errors = [], []
    for single in (False, True):
        numbers, error = fitted(fit, single)
        texts = [repr(c) for c in numbers]
        lines = [", ".join(texts[i : i + 4]) for i in range(0, len(texts), 4)]
        tuples.append("    (" + ",\n     ".join(lines) + ("," if len(texts) == 1 else "") + "),")
        errors.append(f"2^{mp.nstr(mp.log(error, 2), 3)}")
    return "\n".join([f"# {fit.meaning}. Errors: {', '.join(errors)}", f"{name} = Polynomial(", *tuples, ")"])


HEAD = '''"""The coefficients of all polynomials, written by benchmarks/fit_polynomials.py, which says how."""

from autodiff.compiler.vectormath.polynomials import Polynomial

# fmt: off
'''


def main() -> None:
    """Fit them all, and write the file."""
    mp.dps = 50
    path = Path(package.__file__).with_name("coefficients.py")
    path.write_text(HEAD + "\n".join(text_of(*item) for item in fits().items()) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
