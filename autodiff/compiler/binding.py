"""Between the world and a program's memory: one Python function, written for the program, that a call goes through.

Inputs are read where they lie. The array of a leaf is written over only if nobody else refers to it, which CPython's
count of references tells: whoever took `p.data` before keeps what he took, and the program writes to a new array.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

import numpy as np

from autodiff.compiler.executable import Executable, Result
from autodiff.compiler.forms import FLOAT, Form
from autodiff.compiler.layouts import as_array
from autodiff.compiler.objects import bind
from autodiff.compiler.program import Program, Register
from autodiff.operands import plain_scalar
from autodiff.value import Value


class StaleError(Exception):
    """A leaf holds something of another shape or dtype than the program was made for."""


@dataclass(eq=False)
class Place:
    """One array of a leaf, its data or its gradient, and the slots by which the program reads and writes it.

    attribute: "_data" or "_grad" · form, written: of what is read, of what is written
    reusable: the program may write over what is there
    seen: the array that the slots point to; None to look again · fresh: the one that a call is writing
    copy: of what the leaf holds, row by row, if it does not lie so
    """

    leaf: Value
    attribute: str
    form: Form
    written: Form = FLOAT
    reads: int | None = None
    writes: int | None = None
    reusable: bool = False
    seen: Any = None
    fresh: Any = None
    copy: Any = None


def _references(place: Place) -> int:
    return sys.getrefcount(place.seen)


def _held_by_leaf_and_place() -> int:
    """What getrefcount says of an array that a leaf and its place hold, and nobody else: measured."""
    leaf = Value(np.zeros(1))
    return _references(Place(leaf, "_data", FLOAT, seen=leaf._data))


ALONE = _held_by_leaf_and_place()


class Binding:
    """A program's inputs and results, bound to leaves. `call(arguments)` runs it and returns its outputs.

    fallback: gives the results for all inputs, in their order; asked when a step fails, to say why
    source: the text of `call`
    """

    def __init__(
        self, program: Program, executable: Executable, fallback: Callable[[Sequence[Any]], Sequence[Any]]
    ) -> None:
        self.program, self.executable, self.fallback = program, executable, fallback
        self.targets: list[tuple[str, Any]] = [
            *(("output", k) for k in range(len(program.outputs))),
            *(("_data", leaf) for leaf in program.new_data),
            *(("_grad", leaf) for leaf, register in program.new_grads.items() if register is not None),
        ]
        self.places = self._places()
        self.pending: list[Place] = []
        self.names: dict[str, Any] = {}
        self.source = self._text()
        scope = dict(self.names)
        exec(self.source, scope)
        self.call: Callable[[Sequence[Any]], Sequence[Any]] = scope["call"]

    # --- what is bound ----------------------------------------------------------------------------------------------

    def _places(self) -> list[Place]:
        """Every array of a leaf that is read or written."""
        x, program = self.executable, self.program
        found: dict[tuple[str, Value], Place] = {}
        registers: dict[tuple[str, Value], Register] = {}
        for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
            for leaf, register in captured.items():
                if x.low.form(register).shape:
                    registers[attribute, leaf] = register
                    found[attribute, leaf] = Place(leaf, attribute, x.low.form(register), reads=x.slots[register])
        for (attribute, leaf), result in zip(self.targets, x.results):
            if attribute == "output" or result.place != "array":
                continue
            key, buffer = (attribute, leaf), result.layout.buffer
            place = found.setdefault(key, Place(leaf, attribute, result.form))
            place.writes = x.slots[buffer]
            if place.reads is None:
                place.reusable = x.may_be_written(buffer)
            elif place.form == result.form:
                place.reusable = x.may_be_overwritten(registers[key], buffer)
            place.written = result.form
        return list(found.values())

    def _name(self, thing: Any, prefix: str = "x") -> str:
        """A name for a thing in the text."""
        for name, known in self.names.items():
            if known is thing:
                return name
        name = f"{prefix}{len(self.names)}"
        self.names[name] = thing
        return name

    # --- the text ---------------------------------------------------------------------------------------------------

    def _text(self) -> str:
        x, name = self.executable, self._name
        lines = self._inputs()
        only = x.plans[0] if len(x.plans) == 1 else None
        if isinstance(only, np.ndarray):
            self.names["drive"] = x.drive
            lines.append(f"failed = drive({int(only.ctypes.data)})")
        else:
            lines.append(f"failed = not {name(x)}.run({self._arrays()})")
        lines += ["if failed:", f"    return {name(self)}.explain(arguments, ({self._draws()}))"]
        if any(place.writes is not None for place in self.places):
            lines += [f"if {name(self.pending)}:", f"    {name(self)}.settle()"]
        lines += self._results()
        return "\n".join(["def call(arguments):", *(f"    {line}" for line in lines)]) + "\n"

    def _inputs(self) -> list[str]:
        """Where every input lies, and where every result goes."""
        x, program, name = self.executable, self.program, self._name
        arguments = "".join(f"a{k}, " for k in range(len(program.arguments)))
        lines = [f"{arguments}= arguments"] if arguments else []
        lines += self._leaves()
        numbers = [f"a{k}" for k, r in enumerate(program.arguments) if x.low.form(r) == FLOAT]
        for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
            numbers += [f"{name(leaf)}.{attribute}" for leaf, r in captured.items() if x.low.form(r) == FLOAT]
        bound: list[tuple[str, Register]] = []
        for k, register in enumerate(program.arguments):
            lines += self._given(f"a{k}", register, bound)
        for k, (register, draw) in enumerate(program.draws):
            lines.append(f"d{k} = {name(draw)}()")
            numbers += [f"d{k}"] if x.low.form(register) == FLOAT else []
            lines += self._given(f"d{k}", register, bound)
        for attribute, captured in (("_data", program.captured), ("_grad", program.captured_grads)):
            for leaf, register in captured.items():
                form = x.low.form(register)
                if not form.shape and form != FLOAT:
                    lines.append(f"{name(x.memory[register])}[0] = {name(leaf)}.{attribute}")
        for k, result in enumerate(x.results[: len(program.outputs)]):
            if result.place == "array":
                lines.append(f"o{k} = {name(np.empty)}({result.form.shape}, {name(result.form.dtype)})")
                bound.append((f"o{k}", result.layout.buffer))
        if numbers:
            pack = name(Struct(f"={len(numbers)}d").pack_into)
            lines.append(f"{pack}({name(x.block)}, {x.numbers_at[0]}, {', '.join(numbers)})")
        if bound:
            addresses = np.array([x.pointers.ctypes.data + 8 * x.slots[b] for _, b in bound], np.int64)
            self.names["addresses"] = addresses
            given = "".join(f"{variable}, " for variable, _ in bound)
            self.names["bind"] = bind()
            lines.append(f"if bind(({given}), {addresses.ctypes.data}, {len(bound)}):")
            lines.append(f"    {given}= map({name(np.ascontiguousarray)}, ({given}))")
            lines.append(f"    bind(({given}), {addresses.ctypes.data}, {len(bound)})")
        return lines

    def _given(self, variable: str, register: Register, bound: list[tuple[str, Register]]) -> list[str]:
        """An argument, or random numbers: an array is bound, a number that is no float is put into its place."""
        form = self.executable.low.form(register)
        if form.shape:
            bound.append((variable, register))
        elif form != FLOAT:
            return [f"{self._name(self.executable.memory[register])}[0] = {variable}"]
        return []

    def _leaves(self) -> list[str]:
        """The arrays of leaves: most often they are where they were."""
        lines, name = [], self._name
        self.names["references"] = sys.getrefcount
        for place in self.places:
            seen, renew = f"{name(place)}.seen", f"{name(self)}.renew({name(place)})"
            same = f"{name(place.leaf)}.{place.attribute} is not {seen} or {seen} is None"
            if place.writes is None:
                lines.append(f"if {same}: {renew}")
            elif place.reusable:
                lines.append(f"if {same} or references({seen}) != {ALONE}: {renew}")
            else:
                lines.append(renew)
        return lines

    def _results(self) -> list[str]:
        """Numbers out of the memory, into leaves and the tuple of outputs."""
        x, program, name = self.executable, self.program, self._name
        lines, outputs, numbers, stored = [], [], [], []
        for n, ((what, which), result) in enumerate(zip(self.targets, x.results)):
            if result.place == "constant":
                held = program.constants[x.registers[n]]
                is_array = isinstance(held, np.ndarray)  # of shape (): the function returned it as it is
                text = f"{name(held)}.copy()" if is_array else name(held)
            elif result.place == "array":
                text = f"o{n}"
            elif result.place == "number":
                text = f"n{n}"
                numbers.append(text)
            else:
                text = f"{name(_copied)}({name(x.memory.get(result.layout.buffer))}, {name(result)})"
            if what == "output":
                outputs.append(text)
            elif result.place != "array":
                stored.append(f"{name(which)}.{what} = {text}")
        if numbers:
            unpack = name(Struct(f"={len(numbers)}d").unpack_from)
            lines.append(f"{''.join(f'{n}, ' for n in numbers)}= {unpack}({name(x.block)}, {x.numbers_at[1]})")
        stored += [f"{name(leaf)}._grad = None" for leaf, register in program.new_grads.items() if register is None]
        return [*lines, *stored, f"return ({''.join(f'{text}, ' for text in outputs)})"]

    def _draws(self) -> str:
        return "".join(f"d{k}, " for k in range(len(self.program.draws)))

    def _arrays(self) -> str:
        """The arrays that NumPy's turns may read, by register, as Python text."""
        low, program, name = self.executable.low, self.program, self._name
        pairs = [f"{r}: a{k}" for k, r in enumerate(program.arguments) if low.form(r).shape]
        pairs += [f"{r}: d{k}" for k, (r, _) in enumerate(program.draws) if low.form(r).shape]
        outputs = enumerate(self.executable.results[: len(program.outputs)])
        pairs += [f"{result.layout.buffer}: o{k}" for k, result in outputs if result.place == "array"]
        return f"{{**{name(self)}.arrays(), {', '.join(pairs)}}}"

    # --- what the text calls ----------------------------------------------------------------------------------------

    def renew(self, place: Place) -> None:
        """Look where the leaf's array is now, and let the program write to a new one."""
        pointers, now = self.executable.pointers, getattr(place.leaf, place.attribute)
        place.seen = None
        if place.reads is not None:
            if type(now) is not np.ndarray or now.shape != place.form.shape or now.dtype != place.form.dtype:
                self.forget()
                raise StaleError
            lies_well = now.flags.c_contiguous and now.flags.aligned
            place.copy = None if lies_well else np.ascontiguousarray(now)
            place.seen = now if lies_well else None
            pointers[place.reads] = (now if lies_well else place.copy).ctypes.data
        if place.writes is not None:
            place.fresh = np.empty(place.written.shape, place.written.dtype)
            pointers[place.writes] = place.fresh.ctypes.data
            self.pending.append(place)

    def settle(self) -> None:
        """The call has succeeded: leaves take the new arrays, and the next call writes over them."""
        pointers = self.executable.pointers
        for place in self.pending:
            setattr(place.leaf, place.attribute, place.fresh)
            if place.attribute == "_data":
                place.leaf._recorded = False
            place.seen, place.fresh = place.fresh, None
            if place.reads is not None:
                pointers[place.reads] = place.seen.ctypes.data
        self.pending.clear()

    def arrays(self) -> dict[Register, Any]:
        """The arrays of leaves that the program reads, and those that it writes, by register."""
        x, found = self.executable, {}
        slots = {slot: buffer for buffer, slot in x.slots.items()}
        for place in self.places:
            if place.reads is not None:
                found[slots[place.reads]] = np.ascontiguousarray(getattr(place.leaf, place.attribute))
            if place.writes is not None:
                found[slots[place.writes]] = place.fresh if place in self.pending else place.seen
        return found

    def explain(self, arguments: Sequence[Any], draws: Sequence[Any]) -> Sequence[Any]:
        """A step failed: the replay of the same inputs raises what NumPy says. No leaf has been changed."""
        self.forget()
        program = self.program
        data = [leaf._data for leaf in program.captured]
        gradients = [leaf._grad for leaf in program.captured_grads]
        return program.take(self.fallback([*arguments, *data, *gradients, *draws]))

    def forget(self) -> None:
        """The call has failed: nothing is known of any leaf."""
        self.pending.clear()
        for place in self.places:
            place.seen = None


def _copied(memory: np.ndarray[Any, Any], result: Result) -> Any:
    """A result that lies inside the memory."""
    view = as_array(memory, result.layout)
    return plain_scalar(view[()]) if view.ndim == 0 else view.copy()
