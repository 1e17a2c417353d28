"""Which operations are computed together, and in which order: a program becomes a list of steps.

Elementwise operations over one domain, and reductions of them, are gathered into a group that becomes one kernel. A
group stays open until somebody needs what it computes in another way than element by element; of all operations that
are ready, those that fit into an open group go first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autodiff.compiler.kernels import Shape
from autodiff.compiler.layouts import Layout
from autodiff.compiler.lower import Lowered
from autodiff.compiler.making import Buffer, KernelMaker, KernelStep
from autodiff.compiler.operations import Call, Elementwise, Operation, Product, Reduction, Scalars, Turn

OPEN = 8  # groups at most
AHEAD = 4  # by how many an operation may be brought forward: what is needed much later is computed then
LARGEST = 200  # operations in a group: larger ones only compile longer

Step = KernelStep | Product | Turn | Scalars | Call


@dataclass(eq=False)
class Group:
    """Operations over one domain, not yet a step."""

    domain: Shape
    members: list[int] = field(default_factory=list)
    read: set[Buffer] = field(default_factory=set)
    written: set[Buffer] = field(default_factory=set)


def fused(low: Lowered, results: Iterable[Buffer]) -> list[Step]:
    """The steps of a program, in order. results: buffers that are read when it has run."""
    return _Scheduler(low, set(results)).run()


def reads_of(low: Lowered, operation: Operation) -> list[Buffer]:
    """The buffers that an operation reads."""
    if isinstance(operation, Elementwise):
        return [r.buffer for r in operation.reads if isinstance(r, Layout)]
    if isinstance(operation, Reduction):
        return [operation.read.buffer]
    if isinstance(operation, Product):
        return [x.buffer for x in (operation.a, operation.b, operation.start) if x is not None]
    if isinstance(operation, Turn):
        return [operation.source.buffer]
    if isinstance(operation, Scalars):
        return [low.layouts[register].buffer for register, _ in operation.tape.inputs]
    return [low.layouts[r].buffer if r in low.layouts else r for r in operation.operands]


def written_by(operation: Operation) -> list[Buffer]:
    """The buffers that an operation writes."""
    if isinstance(operation, Scalars):
        return [register for register, _ in operation.tape.outputs]
    return [operation.out] if isinstance(operation, Call) else [operation.out.buffer]


class _Scheduler:
    def __init__(self, low: Lowered, results: set[Buffer]) -> None:
        self.low, self.results, self.operations = low, results, low.operations
        self.reads = [reads_of(low, operation) for operation in self.operations]
        self.writes = [written_by(operation) for operation in self.operations]
        self.needs = self._dependencies()
        self.users: list[list[int]] = [[] for _ in self.operations]
        for user, needed in enumerate(self.needs):
            for n in needed:
                self.users[n].append(user)
        self.readers: dict[Buffer, set[int]] = {}
        for n, reads in enumerate(self.reads):
            for buffer in reads:
                self.readers.setdefault(buffer, set()).add(n)
        self.group_of: dict[int, Group] = {}
        self.open: list[Group] = []
        self.steps: list[Step] = []

    def _dependencies(self) -> list[set[int]]:
        """For each operation those that come before: whoever wrote what it reads or writes into."""
        writers: dict[Buffer, int] = {}
        needs = []
        for n, (reads, targets) in enumerate(zip(self.reads, self.writes)):
            touched = [*reads, *targets]
            needs.append({writers[buffer] for buffer in touched if buffer in writers})
            writers.update(dict.fromkeys(targets, n))
        return needs

    def run(self) -> list[Step]:
        """All operations in an order that lets many of them join."""
        waiting = [len(needed) for needed in self.needs]
        ready = {n for n, count in enumerate(waiting) if not count}
        heap = sorted(ready)
        while ready:
            while heap[0] not in ready:
                heapq.heappop(heap)
            n = self._choose([n for n in range(heap[0], heap[0] + AHEAD + 1) if n in ready])
            ready.remove(n)
            self._schedule(n)
            for user in self.users[n]:
                waiting[user] -= 1
                if not waiting[user]:
                    ready.add(user)
                    heapq.heappush(heap, user)
        for group in self.open[:]:
            self._close(group)
        return self.steps

    def _choose(self, ready: Sequence[int]) -> int:
        """The first ready operation that fits into an open group and closes none; else the first that closes none; else
        the first.
        """
        closing = [self._closes(n) for n in ready]
        for n, closes in zip(ready, closing):
            if (groups := self._fits(n)) and closes <= len(groups):
                return n
        return next((n for n, closes in zip(ready, closing) if not closes), ready[0])

    def _needed_groups(self, n: int) -> list[Group]:
        """The open groups that an operation needs something of."""
        found: list[Group] = []
        for needed in self.needs[n]:
            group = self.group_of.get(needed)
            if group is not None and group not in found:
                found.append(group)
        return found

    def _closes(self, n: int) -> int:
        return len(self._needed_groups(n))

    def _fits(self, n: int) -> list[Group]:
        """The open groups that an operation can join: all it needs something of, or one that reads the same."""
        operation = self.operations[n]
        if not isinstance(operation, (Elementwise, Reduction)) or _is_serial(operation):
            return []
        reads = set(self.reads[n])
        needed = self._needed_groups(n)
        found = [
            group
            for group in needed or [group for group in self.open if group.read & reads]
            if group.domain == operation.domain and len(group.members) < LARGEST and self._can_join(operation, group)
        ]
        return found if needed else found[:1]

    def _can_join(self, operation: Elementwise | Reduction, group: Group) -> bool:
        """Whether it reads what the group writes only at the very element that is being computed."""
        if isinstance(operation, Reduction):
            inputs: Sequence[Layout] = [operation.read]
        else:
            inputs = [r for r in operation.reads if isinstance(r, Layout)]
            if operation.out.buffer in group.written and not operation.apart:
                return False  # a second write into the same buffer, over what the first one wrote
            if operation.positions and operation.reads[0].buffer in group.written:  # type: ignore[union-attr]
                return False
        return all(x.buffer not in group.written or self._is_own_element(x, group) for x in inputs)

    def _is_own_element(self, x: Layout, group: Group) -> bool:
        if x.buffer not in self.low.buffers or not x.is_whole(group.domain):
            return False
        maker = next(n for n in reversed(group.members) if x.buffer in self.writes[n])
        operation = self.operations[maker]
        return isinstance(operation, Elementwise) and operation.out.is_whole(group.domain)

    def _schedule(self, n: int) -> None:
        operation, groups = self.operations[n], self._fits(n)
        for needed in self._needed_groups(n):
            if needed not in groups:
                self._close(needed)
        if isinstance(operation, (Product, Turn, Scalars, Call)):
            self.steps.append(operation)
            return
        group = self._merged(groups) if groups else Group(operation.domain)
        if not groups:
            self.open.append(group)
            if len(self.open) > OPEN:
                self._close(self.open[0])
        group.members.append(n)
        group.read.update(self.reads[n])
        group.written.update(self.writes[n])
        self.group_of[n] = group
        if _is_serial(operation):
            self._close(group)

    def _merged(self, groups: list[Group]) -> Group:
        """One group of several. None needs anything of another, or it would have been closed."""
        first, *others = groups
        for other in others:
            first.members = sorted([*first.members, *other.members])
            first.read |= other.read
            first.written |= other.written
            self.group_of.update(dict.fromkeys(other.members, first))
            self.open.remove(other)
        return first

    def _close(self, group: Group) -> None:
        """The group becomes a step."""
        self.open.remove(group)
        for n in group.members:
            del self.group_of[n]
        self.steps.append(self._step(group))

    # --- from a group to a kernel -----------------------------------------------------------------------------------

    def _step(self, group: Group) -> KernelStep:
        maker = KernelMaker(group.domain)
        members = set(group.members)
        for n in group.members:
            operation = self.operations[n]
            if isinstance(operation, Reduction):
                maker.reduce(operation)
                continue
            assert isinstance(operation, Elementwise)
            buffer = operation.out.buffer
            partial = not operation.out.is_whole(group.domain) or bool(operation.places)
            kept = partial or buffer in self.results or not self.readers.get(buffer, set()) <= members
            maker.compute(operation, kept)
        return maker.step()


def _is_serial(operation: Elementwise | Reduction) -> bool:
    """Whether it has to be alone: it may write one element several times."""
    return isinstance(operation, Elementwise) and bool(operation.places)
