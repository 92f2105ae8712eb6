"""Sets of clocks, kept as ranges: small for what people type, whatever clocks it uses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class RangeSet:
    """A set of integers as sorted, disjoint, half-open ranges."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._ends, strict=True)

    def __len__(self) -> int:
        """How many ranges there are."""
        return len(self._starts)

    def add(self, start: int, end: int) -> int:
        """Add `start` up to `end`, exclusive; returns how many integers are new."""
        if start >= end:
            return 0
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        known = 0
        for i in range(first, last):
            known += max(0, min(end, self._ends[i]) - max(start, self._starts[i]))
        new = end - start - known
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        return new

    def update(self, ranges: Iterable[tuple[int, int]]) -> int:
        """Add many ranges at once; returns how many integers are new.

        One after the other, ranges in falling order would each move all that are there.
        """
        before = self.total
        starts: list[int] = []
        ends: list[int] = []
        for start, end in sorted((*self, *ranges)):
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        self._starts, self._ends = starts, ends
        return self.total - before

    @property
    def total(self) -> int:
        """How many integers there are."""
        return sum(self._ends) - sum(self._starts)

    def missing(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of `start` up to `end` that are not in the set, in order."""
        i = bisect_right(self._ends, start)
        while start < end:
            if i == len(self._starts) or self._starts[i] >= end:
                yield start, end
                return
            if self._starts[i] > start:
                yield start, self._starts[i]
            start = self._ends[i]
            i += 1

    def start_of(self, number: int) -> int | None:
        """Where the range that holds `number` begins; None where none does."""
        i = bisect_right(self._starts, number) - 1
        return self._starts[i] if i >= 0 and number < self._ends[i] else None
