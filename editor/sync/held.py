"""Parts of updates that build on something that has not arrived, by what they wait for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count

from .connection import Connection, Frame
from .update import StateVector, Update


@dataclass(eq=False, slots=True)
class Held:
    """A part of a frame that waits."""

    frame: Frame
    update: Update
    unmet: int = 0
    """For how many clients' text it still waits."""


@dataclass(slots=True)
class _Share:
    """What one connection has waiting."""

    parts: dict[Held, None] = field(default_factory=dict)
    size: int = 0


class HeldParts:
    """Everything that waits in one room.

    A part is looked at again once, when all that it waits for is there: whoever holds back much
    must not make each keystroke of others dear.
    """

    def __init__(self) -> None:
        self._shares: dict[Connection, _Share] = {}
        # client -> heap of (its clock waited for, a number that settles ties, who waits)
        self._waiting: dict[int, list[tuple[int, int, Held]]] = {}
        self._numbers = count()

    def add(self, frame: Frame, update: Update, waits: StateVector) -> None:
        """Hold a part until the clock of every client in `waits` is there."""
        held = Held(frame, update, len(waits))
        share = self._shares.setdefault(frame.connection, _Share())
        share.parts[held] = None
        share.size += len(update.payload)
        for client, clock in waits.items():
            heappush(self._waiting.setdefault(client, []), (clock, next(self._numbers), held))

    def released(self, clients: Iterable[int], clocks: StateVector) -> list[Held]:
        """Take out what has all it waited for, now that `clients` have come to `clocks`."""
        ready = []
        for client in clients:
            waiting = self._waiting.get(client, [])
            while waiting and waiting[0][0] < clocks[client]:
                _, _, held = heappop(waiting)
                held.unmet -= 1
                if held.unmet == 0:
                    self._remove(held)
                    ready.append(held)
            if not waiting:
                self._waiting.pop(client, None)
        return ready

    def load(self, connection: Connection) -> tuple[int, int]:
        """How many parts of a connection wait, and their bytes."""
        share = self._shares.get(connection)
        return (len(share.parts), share.size) if share is not None else (0, 0)

    def forget(self, connection: Connection) -> None:
        """Let go of what a connection has waiting."""
        if self._shares.pop(connection, None) is None:
            return
        for client, waiting in list(self._waiting.items()):
            left = [entry for entry in waiting if entry[2].frame.connection is not connection]
            if left:
                heapify(left)
                self._waiting[client] = left
            else:
                del self._waiting[client]

    def take_all(self) -> list[Held]:
        """Take out everything."""
        parts = [held for share in self._shares.values() for held in share.parts]
        self._shares.clear()
        self._waiting.clear()
        return parts

    def _remove(self, held: Held) -> None:
        share = self._shares[held.frame.connection]
        del share.parts[held]
        share.size -= len(held.update.payload)
        if not share.parts:
            del self._shares[held.frame.connection]
