"""Kernels as text that a person can read: loops, and what is assigned at each of their turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autodiff.compiler.elements import base_of
from autodiff.compiler.kernels import Compute, Constant, Kernel, Load, Reduce, Ref, Shape
from autodiff.compiler.layouts import is_row_by_row

INDICES = "ijklmnopqrstuvw"
INFIX = {
    "multiply": ("*", 5),
    "masked_product": ("⊙", 5),
    "divide": ("/", 5),
    "add": ("+", 4),
    "subtract": ("-", 4),
    "less": ("<", 3),
    "less_equal": ("<=", 3),
    "greater": (">", 3),
    "greater_equal": (">=", 3),
    "equal": ("==", 3),
    "not_equal": ("!=", 3),
    "logical_and": ("and", 2),
    "logical_or": ("or", 1),
}
"""Operators and how strongly they bind. ⊙ is a product in which an exact 0 wins over an infinity."""

UPDATE = {"sum": "{} += {}", "prod": "{} *= {}", "any": "{} |= {}", "all": "{} &= {}"}
ATOM = 9
Text = tuple[str, int]
"""An expression, and how strongly its outermost operator binds."""


def pseudocode(kernel: Kernel, names: Sequence[str]) -> list[str]:
    """The lines of a kernel. names: what each of its pointers points to.

    What is used once is written where it is used, what is used more often gets a name: v1, v2, …
    """
    return _Writer(kernel, names).lines


class _Writer:
    def __init__(self, kernel: Kernel, names: Sequence[str]) -> None:
        self.kernel, self.names = kernel, names
        self.texts: list[Text] = []
        body: list[str] = []
        uses = self._uses()
        named = 0
        for ref, value in enumerate(kernel.values):
            text = self._value(ref)
            if uses[ref] > 1 and isinstance(value, Compute):
                named += 1
                body.append(f"v{named} = {text[0]}")
                text = f"v{named}", ATOM
            self.texts.append(text)
        for store in kernel.stores:
            place = self._place(store.pointer, store.strides, store.positions)
            body.append(f"{place} {'+=' if store.positions else '='} {self.texts[store.value][0]}")
        body += [self._reduction(r) for r in kernel.reductions]
        loops = [f"{i} in {n}" for i, n in zip(INDICES, kernel.domain) if n != 1]
        self.lines = [f"for {', '.join(loops)}:", *(f"    {line}" for line in body)] if loops else body

    def _uses(self) -> Counter[Ref]:
        kernel = self.kernel
        uses = Counter(r for value in kernel.values if isinstance(value, Compute) for r in value.operands)
        uses.update(store.value for store in kernel.stores)
        uses.update(r.value for r in kernel.reductions)
        return uses

    def _value(self, ref: Ref) -> Text:
        value = self.kernel.values[ref]
        if isinstance(value, Constant):
            return value.number, ATOM
        if isinstance(value, Load):
            return self._place(value.pointer, value.strides, value.positions), ATOM
        operands = [self._operand(value, k) for k in range(len(value.operands))]
        if value.name == "identity":
            return operands[0]
        if value.name in INFIX:
            word, strength = INFIX[value.name]
            left, right = self._within(operands[0], strength), self._within(operands[1], strength + 1)
            return f"{left} {word} {right}", strength
        if value.name == "negative":
            return f"-{self._within(operands[0], ATOM)}", 6
        return f"{value.name}({', '.join(text for text, _ in operands)})", ATOM

    def _operand(self, value: Compute, k: int) -> Text:
        """An operand, brought to the type that it is computed in."""
        operand = self.kernel.values[value.operands[k]]
        text, base = self.texts[value.operands[k]], value.bases[k]
        if isinstance(operand, Constant) or str(base_of(operand.dtype)) == base:
            return text
        return f"{base}({text[0]})", ATOM

    def _within(self, text: Text, strength: int) -> str:
        return text[0] if text[1] >= strength else f"({text[0]})"

    def _place(self, pointer: int, strides: Shape, positions: Sequence[tuple[Ref, int, int]] = ()) -> str:
        """An element of a buffer: by its indices if they run over it row by row, by its distance elsewhere."""
        domain, name = self.kernel.domain, self.names[pointer]
        used = [(i, n, s) for i, n, s in zip(INDICES, domain, strides) if s and n != 1]
        if not positions and is_row_by_row(tuple(n for _, n, _ in used), tuple(s for _, _, s in used)):
            return f"{name}[{', '.join(i for i, _, _ in used)}]" if used else name
        terms = [i if s == 1 else f"{s}*{i}" for i, _, s in used]
        terms += [self._position(ref, step) for ref, step, _ in positions]
        return f"{name}[{' + '.join(terms)}]".replace("+ -", "- ")

    def _position(self, ref: Ref, step: int) -> str:
        return self.texts[ref][0] if step == 1 else f"{step}*{self._within(self.texts[ref], ATOM)}"

    def _reduction(self, r: Reduce) -> str:
        kept = [i for axis, (i, n) in enumerate(zip(INDICES, self.kernel.domain)) if axis not in r.axes and n != 1]
        place = self.names[r.pointer] + (f"[{', '.join(kept)}]" if kept else "")
        x = self.texts[r.value][0]
        return UPDATE[r.kind].format(place, x) if r.kind in UPDATE else f"{place} = {r.kind}({place}, {x})"
