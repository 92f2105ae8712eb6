"""The causal gate: what a document holds so far, and what of an update may follow it.

pycrdt can lose text for good when an update is applied before what it builds on, so nothing is
applied early: an update is admitted as far as everything it refers to is there, the rest is handed
back. What is known already is cut away, so that a client which returns with all it ever deleted
adds nothing to the log.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from .lib0 import MalformedError
from .part import encode_part
from .ranges import RangeSet
from .update import (
    DELETED,
    GC,
    ID,
    SKIP,
    STRING,
    DeleteRange,
    StateVector,
    Struct,
    Update,
    read_update,
)

# Ranges that are added one by one; more are merged in one pass.
FEW_RANGES: Final = 16


class TooLargeError(ValueError):
    """An update goes beyond a limit; nothing of it was admitted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for what one client's update may do."""

    length: int | None = None
    """Of the text after it, in UTF-16 code units."""
    clients: int = 1_000
    """Clients that it adds to: yrs and browsers take quadratic time when they all wait for each
    other, and an honest update adds to one or two."""
    deletes: int = 10_000
    """Separate ranges that it deletes: yrs takes quadratic time for many in one long string. Our
    editor sends more in several frames."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of an update."""

    payload: bytes | None
    """The part that is new and complete: None where there is nothing new."""
    rest: Update | None
    """The part that builds on what is not there yet."""
    needs: frozenset[int]
    """Clients whose text `payload` builds on, besides those it adds to."""
    adds: frozenset[int]
    """Clients whose text `payload` adds to."""
    waits: StateVector
    """What `rest` builds on: the last clock by client. With all of them there, nothing is left."""


NOTHING = Admission(None, None, frozenset(), frozenset(), {})


class Frontier:
    """The clocks, deletions and surrogate pairs of everything admitted so far."""

    __slots__ = ("_deleted", "_pairs", "clocks", "length")

    def __init__(self) -> None:
        self.clocks: StateVector = {}
        self.length = 0
        """The text's length in UTF-16 code units."""
        self._deleted: dict[int, RangeSet] = {}
        self._pairs: dict[int, RangeSet] = {}

    def knows(self, update: Update) -> bool:
        """Whether there is nothing new in an update."""
        fresh, reached, waiting = self._follow(update)
        new_deletes, early_deletes = self._sort_deletes(update, reached)
        return not (fresh or waiting or new_deletes or early_deletes)

    def admit(self, update: Update, limits: Limits | None = None) -> Admission:
        """Take in what may follow, within `limits` unless it comes from the log.

        `TooLargeError` and `MalformedError` leave everything as it was.
        """
        fresh, reached, waiting = self._follow(update)
        new_deletes, early_deletes = self._sort_deletes(update, reached)
        if not fresh and not new_deletes:
            if not waiting and not early_deletes:
                return NOTHING
            rest, waits = self._rest(update, waiting, early_deletes)
            return Admission(None, rest, frozenset(), frozenset(), waits)
        self._check_characters(fresh, new_deletes)
        if limits is not None:
            self._check_limits(fresh, new_deletes, limits)
        # The beginning of a struct may be known, with other text even: only what is new counts.
        known = {client: self.clocks.get(client, 0) for client in fresh}
        overlaps = any(structs[0].clock < known[client] for client, structs in fresh.items())
        for client, structs in fresh.items():
            self._take(client, structs)
        self._delete(new_deletes)

        whole = not waiting and not early_deletes and new_deletes == update.deletes
        rest, waits = self._rest(update, waiting, early_deletes)
        if whole and not overlaps and fresh == update.sections:
            payload = update.payload
        else:
            payload = encode_part(update, fresh, new_deletes, known)
        needs = {client for client, _, _ in new_deletes}
        for structs in fresh.values():
            for struct in structs:
                if struct.origin:
                    needs.add(struct.origin[0])
                if struct.right_origin:
                    needs.add(struct.right_origin[0])
        return Admission(payload, rest, frozenset(needs - fresh.keys()), frozenset(fresh), waits)

    def _follow(
        self, update: Update
    ) -> tuple[dict[int, list[Struct]], StateVector, dict[int, list[Struct]]]:
        """Sort structs by client into those that are new and ready, and those that must wait.

        Follows the order in which Yjs would integrate them: a client's structs one after the other,
        each after its origins.
        """
        clocks = self.clocks
        fresh: dict[int, list[Struct]] = {}
        reached: StateVector = {}
        index = dict.fromkeys(update.sections, 0)
        # client waited for -> heap of (its clock waited for, client that waits)
        blocked: dict[int, list[tuple[int, int]]] = {}
        ready = list(update.sections)

        def lacks(dependency: ID | None) -> bool:
            if dependency is None:
                return False
            known = reached.get(dependency[0])
            if known is None:
                known = clocks.get(dependency[0], 0)
            return dependency[1] >= known

        while ready:
            client = ready.pop()
            structs = update.sections[client]
            i = index[client]
            clock = reached.get(client)
            if clock is None:
                clock = clocks.get(client, 0)
            while i < len(structs):
                struct = structs[i]
                if struct.end > clock:
                    if struct.clock > clock or struct.kind == SKIP:
                        break  # a hole that nobody here can fill
                    missing = next(
                        (d for d in (struct.origin, struct.right_origin) if lacks(d)), None
                    )
                    if missing is not None:
                        heappush(blocked.setdefault(missing[0], []), (missing[1], client))
                        break
                    fresh.setdefault(client, []).append(struct)
                    clock = reached[client] = struct.end
                i += 1
            index[client] = i
            waiters = blocked.get(client)
            while waiters and waiters[0][0] < clock:
                ready.append(heappop(waiters)[1])
        waiting = {
            client: structs[index[client] :]
            for client, structs in update.sections.items()
            # Trailing holes are no structs to wait for.
            if any(struct.kind != SKIP for struct in structs[index[client] :])
        }
        return fresh, reached, waiting

    def _rest(
        self, update: Update, waiting: dict[int, list[Struct]], early_deletes: list[DeleteRange]
    ) -> tuple[Update | None, StateVector]:
        """What is left of an update, as one of its own, and all that it builds on."""
        if not waiting and not early_deletes:
            return None, {}
        waits: StateVector = {}

        def wait(client: int, clock: int) -> None:
            within = waiting.get(client)
            inside = within is not None and within[0].clock <= clock < within[-1].end
            if clock >= self.clocks.get(client, 0) and not inside:
                waits[client] = max(clock, waits.get(client, 0))

        for client, structs in waiting.items():
            if structs[0].clock > self.clocks.get(client, 0):
                wait(client, structs[0].clock - 1)
            for struct in structs:
                if struct.kind == SKIP:
                    waits[client] = max(struct.end - 1, waits.get(client, 0))
                for dependency in (struct.origin, struct.right_origin):
                    if dependency is not None:
                        wait(*dependency)
        for client, _, end in early_deletes:
            wait(client, end - 1)
        if waiting == update.sections and early_deletes == update.deletes:
            return update, waits
        return read_update(encode_part(update, waiting, early_deletes)), waits

    def _sort_deletes(
        self, update: Update, reached: StateVector
    ) -> tuple[list[DeleteRange], list[DeleteRange]]:
        """Split deletions into those that are new, and those of text that is not there yet."""
        new: list[DeleteRange] = []
        early: list[DeleteRange] = []
        for client, start, end in _in_order(update.deletes):
            known = reached.get(client)
            if known is None:
                known = self.clocks.get(client, 0)
            if end > known:
                early.append((client, max(start, known), end))
                end = known  # noqa: PLW2901
            deleted = self._deleted.get(client)
            if deleted is None:
                if start < end:
                    new.append((client, start, end))
            else:
                new += ((client, *part) for part in deleted.missing(start, end))
        return new, early

    def _check_characters(
        self, fresh: dict[int, list[Struct]], new_deletes: list[DeleteRange]
    ) -> None:
        """Refuse to cut between the two halves of a character: Yjs and yrs then differ for good."""
        pairs = self._pairs
        if not pairs and not any(struct.pairs for structs in fresh.values() for struct in structs):
            return
        added: dict[int, RangeSet] = {}
        for client, structs in fresh.items():
            known = self.clocks.get(client, 0)
            for struct in structs:
                for start, end in struct.pairs:
                    if start < known < end and (known - start) % 2:
                        raise MalformedError(f"expected no cut within a character at {known}")
                    # What is known already may be other text: the update's word does not count.
                    added.setdefault(client, RangeSet()).add(max(start, known), end)

        def check(client: int, boundary: int) -> None:
            for runs in (pairs.get(client), added.get(client)):
                start = runs.start_of(boundary) if runs is not None else None
                if start is not None and (boundary - start) % 2:
                    raise MalformedError(f"expected no cut within a character at {boundary}")

        for client, structs in fresh.items():
            check(client, self.clocks.get(client, 0))
            for struct in structs:
                if struct.origin:
                    check(struct.origin[0], struct.origin[1] + 1)
                if struct.right_origin:
                    check(*struct.right_origin)
        for client, start, end in new_deletes:
            check(client, start)
            check(client, end)

    def _check_limits(
        self, fresh: dict[int, list[Struct]], new_deletes: list[DeleteRange], limits: Limits
    ) -> None:
        if len(new_deletes) > limits.deletes:
            raise TooLargeError(
                f"expected at most {limits.deletes} separate deletions, got {len(new_deletes)}"
            )
        if len(fresh) > limits.clients:
            raise TooLargeError(
                f"expected changes of at most {limits.clients} clients, got {len(fresh)}"
            )
        inserted = sum(
            struct.end - struct.clock
            for structs in fresh.values()
            for struct in structs
            if struct.kind == STRING
        )
        length = self.length + inserted
        if inserted and limits.length is not None and length > limits.length:
            raise TooLargeError(
                f"expected a text of at most {limits.length} characters, got {length}"
            )

    def _take(self, client: int, structs: list[Struct]) -> None:
        for struct in structs:
            start = max(struct.clock, self.clocks.get(client, 0))
            if struct.kind == STRING:
                self.length += struct.end - start
                for first, end in struct.pairs:
                    self._pairs.setdefault(client, RangeSet()).add(max(first, start), end)
            elif struct.kind in (DELETED, GC):
                self._deleted.setdefault(client, RangeSet()).add(start, struct.end)
            self.clocks[client] = struct.end

    def _delete(self, deletes: list[DeleteRange]) -> None:
        for client, ranges in _by_client(deletes).items():
            deleted = self._deleted.setdefault(client, RangeSet())
            if len(ranges) <= FEW_RANGES:
                self.length -= sum(deleted.add(start, end) for start, end in ranges)
            else:
                self.length -= deleted.update(ranges)


def _in_order(deletes: list[DeleteRange]) -> list[DeleteRange]:
    """Each client's ranges from low to high, as Yjs writes them and as yrs applies them fast."""
    if all(
        before[0] != after[0] or before[2] <= after[1]
        for before, after in itertools.pairwise(deletes)
    ):
        return deletes
    ordered: list[DeleteRange] = []
    for client, ranges in _by_client(deletes).items():
        merged = RangeSet()
        merged.update(ranges)
        ordered += ((client, *span) for span in merged)
    return ordered


def _by_client(deletes: list[DeleteRange]) -> dict[int, list[tuple[int, int]]]:
    by_client: dict[int, list[tuple[int, int]]] = {}
    for client, start, end in deletes:
        by_client.setdefault(client, []).append((start, end))
    return by_client
