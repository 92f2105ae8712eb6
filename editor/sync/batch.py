"""What waits for its commit, and the rows that the journal makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .connection import Frame
from .log import merge


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a frame that was admitted, and waits for its commit."""

    frame: Frame
    payload: bytes
    needs: frozenset[int]
    adds: frozenset[int]

    @property
    def user_id(self) -> int:
        """Whose change it is."""
        return self.frame.connection.identity.user_id

    def conclude(self) -> None:
        """It is written, or will not be."""
        self.frame.open_parts -= 1
        self.frame.connection.backlog -= len(self.payload)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the log to be: what one person changed since the last commit."""

    user_id: int | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What the journal is to append to one document's log, in one transaction with others."""

    document_id: int
    seq: int
    """The newest entry that the room knows."""
    epoch: int
    """The access epoch for which the authors' rights were checked."""
    rows: tuple[Row, ...]
    changes: tuple[Change, ...]


def rows_of(changes: Iterable[Change]) -> Iterable[Row]:
    """One row an author, and the rows in causal order.

    A new set of rows begins where a change builds on what another author has in the current one.
    """
    rows: dict[int, list[bytes]] = {}
    added: dict[int, int] = {}  # client -> user who added to it
    for change in changes:
        if any(
            added.get(client, change.user_id) != change.user_id
            for client in (*change.needs, *change.adds)
        ):
            yield from (Row(user_id, merge(payloads)) for user_id, payloads in rows.items())
            rows, added = {}, {}
        rows.setdefault(change.user_id, []).append(change.payload)
        added.update(dict.fromkeys(change.adds, change.user_id))
    yield from (Row(user_id, merge(payloads)) for user_id, payloads in rows.items())
