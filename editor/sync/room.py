"""One document in one process: its text, its editors, and what waits to be written.

Synchronous and without I/O. A frame comes in by `receive`; what it adds waits in the queue until
the hub takes it as a batch to the journal; after the commit the room applies the batch, tells the
authors, and sends it to everybody else. So the text here is always a prefix of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from pycrdt import Doc, Text

from .awareness import HEARTBEAT, PALETTE, Presence
from .batch import Batch, Change, rows_of
from .connection import Connection, Frame
from .frontier import Admission, Frontier, Limits, TooLargeError
from .held import Held, HeldParts
from .lib0 import MalformedError
from .log import DamagedError, LogEntry, apply, merge
from .protocol import (
    AwarenessUpdate,
    CloseCode,
    FromClient,
    PermissionDenied,
    QueryAwareness,
    RefusedError,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
    encode,
)
from .update import CONTENT, Update, encode_state_vector, read_state_vector, read_update

# What one connection may have waiting for something that has not arrived: updates, and bytes.
MAX_HELD: Final = 1_000
MAX_HELD_BYTES: Final = 2_000_000
# Updates in one batch, and in one frame to readers: merging more costs quadratic time.
MAX_BATCH: Final = 1_000
MAX_MERGED: Final = 100


class Room:
    """The state of one open document. Frames go out through its connections."""

    def __init__(self, document_id: int, *, epoch: int = 0, max_length: int | None = None) -> None:
        self.document_id = document_id
        self.epoch = epoch
        self.seq = 0
        self.doc: Doc[Text] = Doc()
        self.text = self.doc.get(CONTENT, type=Text)
        self.connections: list[Connection] = []
        self.presence = Presence()
        self.inflight: Batch | None = None
        self._frontier = Frontier()
        self._limits = Limits(max_length)
        self._queue: list[Change] = []
        self._held = HeldParts()
        self._abandoned = False

    # The log

    def load(self, entries: Iterable[LogEntry]) -> None:
        """Build the text from its log; `DamagedError` when that cannot be done."""
        with self.doc.transaction():
            for entry in entries:
                self._apply(entry)
        self._rebuild_frontier()

    def catch_up(self, entries: Iterable[LogEntry]) -> None:
        """Take in what others have written to the log, and send it on."""
        payloads = []
        adds: frozenset[int] = frozenset()
        for entry in entries:
            if entry.seq <= self.seq:
                continue
            self._apply(entry)
            adds |= self._advance_frontier(entry.payload)
            payloads.append(entry.payload)
        if payloads:
            self._broadcast(payloads)
            self._release(adds)

    def _apply(self, entry: LogEntry) -> None:
        if entry.seq != self.seq + 1:
            raise DamagedError(f"expected entry {self.seq + 1} of the log, got {entry.seq}")
        apply(self.doc, entry)
        self.seq = entry.seq

    def _rebuild_frontier(self) -> None:
        self._frontier = Frontier()
        self._advance_frontier(self.doc.get_update())

    def _advance_frontier(self, payload: bytes) -> frozenset[int]:
        try:
            admission = self._frontier.admit(read_update(payload))
        except MalformedError as error:
            raise DamagedError(
                f"the log holds something unsound up to {self.seq}: {error}"
            ) from None
        if admission.rest is not None:
            raise DamagedError(f"entry {self.seq} builds on something that is not in the log")
        return admission.adds

    # Connections

    def join(self, connection: Connection) -> None:
        """Let a connection in: ask what it has, and tell it who is here."""
        taken = {other.identity.user_id: other.identity.color for other in self.connections}
        color = taken.get(connection.identity.user_id) or _free_color(
            connection.identity.user_id, set(taken.values())
        )
        connection.identity = replace(connection.identity, color=color)
        self.connections.append(connection)
        self._ask(connection)
        everyone = self.presence.everyone()
        if everyone is not None:
            connection.send(AwarenessUpdate(everyone))

    def leave(self, connection: Connection) -> None:
        """Forget a connection. What it sent completely is still written."""
        if connection in self.connections:
            self.connections.remove(connection)
        self._held.forget(connection)
        self.presence.leave(connection)

    def close(self, code: CloseCode, reason: str) -> None:
        """Close every connection."""
        for connection in self.connections:
            connection.close(code, reason)

    # Messages

    def receive(self, connection: Connection, message: FromClient) -> None:
        """Deal with a client's message; `MalformedError` and `RefusedError` end its connection."""
        if self._abandoned:
            # It would be written without what was let go before it.
            raise RefusedError(CloseCode.TRY_AGAIN_LATER, "This document is loaded anew.")
        match message:
            case SyncUpdate(update):
                self._change(connection, update)
            case SyncStep2(update):
                self._change(connection, update)
                # It has answered; what it sends from here on may lack something else.
                connection.asked = None
            case AwarenessUpdate(payload):
                self.presence.receive(connection, connection.identity, payload)
            case SyncStep1(state_vector):
                read_state_vector(state_vector)
                connection.send(SyncStep2(self.doc.get_update(state_vector)))
            case QueryAwareness():
                everyone = self.presence.everyone()
                connection.send(AwarenessUpdate(HEARTBEAT if everyone is None else everyone))

    def _change(self, connection: Connection, payload: bytes) -> None:
        update = read_update(payload)
        frame = connection.received()
        if connection.can_edit:
            self._admit(frame, update)
        elif not self._frontier.knows(update):
            connection.send(PermissionDenied("You can read this document but not change it."))
        connection.settle()

    def _admit(self, frame: Frame, update: Update) -> None:
        """Queue what may be written, and hold what builds on something that has not arrived."""
        admission = self._admit_part(frame, update)
        self._release(admission.adds)
        if admission.rest is None:
            return
        parts, size = self._held.load(frame.connection)
        if parts > MAX_HELD or size > MAX_HELD_BYTES:
            raise RefusedError(
                CloseCode.TRY_AGAIN_LATER, "Too much builds on changes that have not arrived."
            )
        self._ask(frame.connection)

    def _admit_part(self, frame: Frame, update: Update) -> Admission:
        try:
            admission = self._frontier.admit(update, self._limits)
        except TooLargeError as error:
            raise RefusedError(CloseCode.TOO_LARGE, str(error)) from None
        if admission.rest is not None:
            frame.open_parts += 1
            self._held.add(frame, admission.rest, admission.waits)
        if admission.payload is not None:
            frame.open_parts += 1
            frame.connection.backlog += len(admission.payload)
            self._queue.append(Change(frame, admission.payload, admission.needs, admission.adds))
        return admission

    def _release(self, clients: Iterable[int]) -> None:
        """Admit what has waited for the text of `clients`, and what has waited for that."""
        waiting = self._held.released(clients, self._frontier.clocks)
        connections = {held.frame.connection: None for held in waiting}
        while waiting:
            adds = [client for held in waiting for client in self._admit_again(held)]
            waiting = self._held.released(adds, self._frontier.clocks)
            connections |= {held.frame.connection: None for held in waiting}
        for connection in connections:
            connection.settle()

    def _admit_again(self, held: Held) -> frozenset[int]:
        """Admit a part that has waited; its connection ends when that cannot be done any more."""
        connection = held.frame.connection
        held.frame.open_parts -= 1
        try:
            return self._admit_part(held.frame, held.update).adds
        except MalformedError as error:
            connection.close(CloseCode.MALFORMED, str(error))
        except RefusedError as error:
            connection.close(error.code, error.reason)
        return frozenset()

    def _ask(self, connection: Connection) -> None:
        # Once for each thing that is new, or a client that lacks it too would be asked for ever.
        state_vector = encode_state_vector(self._frontier.clocks)
        if connection.asked != state_vector:
            connection.asked = state_vector
            connection.send(SyncStep1(state_vector))

    # Commits

    @property
    def waiting(self) -> bool:
        """Whether something waits for a commit, or is in one."""
        return bool(self._queue) or self.inflight is not None

    def take(self) -> Batch | None:
        """What waits, as a batch; None when nothing does or the last batch is still under way."""
        if not self._queue or self.inflight is not None:
            return None
        changes = tuple(self._queue[:MAX_BATCH])
        del self._queue[:MAX_BATCH]
        self.inflight = Batch(
            self.document_id, self.seq, self.epoch, tuple(rows_of(changes)), changes
        )
        return self.inflight

    def committed(self, first_seq: int, gap: Iterable[LogEntry] = ()) -> None:
        """The batch is in the log from `first_seq` on; `gap` is what others wrote before it."""
        batch, self.inflight = self.inflight, None
        assert batch is not None  # noqa: S101 - only a batch that was taken can be committed
        self.catch_up(gap)
        for seq, row in enumerate(batch.rows, first_seq):
            self._apply(LogEntry(seq, row.payload))
        authors = list(dict.fromkeys(change.frame.connection for change in batch.changes))
        self._broadcast(
            [row.payload for row in batch.rows], but=authors[0] if len(authors) == 1 else None
        )
        for change in batch.changes:
            change.conclude()
        for connection in authors:
            connection.settle()

    def rejected(self) -> None:
        """The batch under way was not written; it waits again."""
        self._queue = self._uncommitted()
        self.inflight = None

    def abandon(self) -> None:
        """Let go of everything that is not in the log: its authors were not told it is."""
        self._abandoned = True
        self.inflight = None
        self._queue.clear()
        self._held = HeldParts()

    def update_rights(self, epoch: int, can_edit: Mapping[int, bool]) -> None:
        """Apply new rights: by user id whether that person may edit; who is not in it is out.

        Only while no commit is under way: what waits is sorted anew, because some of it may not be
        written any more.
        """
        self.epoch = epoch
        for connection in self.connections:
            allowed = can_edit.get(connection.identity.user_id)
            if allowed is None:
                connection.close(CloseCode.FORBIDDEN, "You have no access to this document.")
            elif connection.can_edit and not allowed:
                connection.send(PermissionDenied("You can no longer change this document."))
            connection.can_edit = bool(allowed)
        changes, self._queue = self._queue, []
        held = self._held.take_all()
        if not changes and not held:
            return
        self._rebuild_frontier()
        waiting = [Held(change.frame, read_update(change.payload)) for change in changes]
        for change in changes:
            change.conclude()
            change.frame.open_parts += 1  # as a part that waits
        for part in (*waiting, *held):
            if can_edit.get(part.frame.connection.identity.user_id):
                self._release(self._admit_again(part))
            else:
                part.frame.open_parts -= 1
        for connection in {part.frame.connection: None for part in (*waiting, *held)}:
            connection.settle()

    def people(self) -> set[int]:
        """Everybody who is here, or whose change waits, by user id."""
        people = {connection.identity.user_id for connection in self.connections}
        return people | {change.user_id for change in self._uncommitted()}

    def _uncommitted(self) -> list[Change]:
        return [*(self.inflight.changes if self.inflight else ()), *self._queue]

    def _broadcast(self, payloads: list[bytes], but: Connection | None = None) -> None:
        # One frame for all readers. An author among several gets an echo of its own, which Yjs
        # knows to ignore: that costs less than a frame for each.
        for start in range(0, len(payloads), MAX_MERGED):
            frame = encode(SyncUpdate(merge(payloads[start : start + MAX_MERGED])))
            for connection in self.connections:
                if connection is not but:
                    connection.send_frame(frame)

    # Presence

    def flush_presence(self) -> None:
        """Send what is new about who is here, to the sender too: it counts as a sign of life."""
        changes = self.presence.changes()
        if changes is not None:
            frame = encode(AwarenessUpdate(changes))
            for connection in self.connections:
                connection.send_frame(frame)

    def heartbeat(self) -> None:
        """Say something to whom nothing was said since the last heartbeat."""
        for connection in self.connections:
            if connection.quiet:
                connection.send(AwarenessUpdate(HEARTBEAT))
            connection.quiet = True


def _free_color(user_id: int, taken: set[str]) -> str:
    """A person's colour is the same everywhere, unless somebody here has it already."""
    start = user_id % len(PALETTE)
    ordered = PALETTE[start:] + PALETTE[:start]
    return next((color for color in ordered if color not in taken), ordered[0])
