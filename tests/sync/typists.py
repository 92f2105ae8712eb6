"""People who type into a room, each with a Yjs document of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from pycrdt import Doc, Text, TransactionEvent

from editor.sync.awareness import Identity
from editor.sync.connection import Connection
from editor.sync.protocol import (
    CloseCode,
    FromClient,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from editor.sync.room import Room
from editor.sync.update import CONTENT, read_state_vector
from tests.frames import read


def commit(room: Room) -> None:
    """Do what the hub and the journal do, without them."""
    batch = room.take()
    if batch is not None:
        room.committed(batch.seq + 1)


@dataclass
class Typist:
    """Somebody at a connection of `room`."""

    room: Room
    user_id: int
    can_edit: bool = True
    client_id: int | None = None
    max_outbox_bytes: int = 1_000_000
    unsent: list[bytes] = field(default_factory=list)
    saved: int = 0

    def __post_init__(self) -> None:
        self.doc: Doc[Text] = Doc(client_id=self.client_id)
        self.text = self.doc.get(CONTENT, type=Text)
        self._remote = False
        self._subscription = self.doc.observe(self._note)
        self.connects()

    def _note(self, event: TransactionEvent) -> None:
        if not self._remote and event.update != b"\x00\x00":
            self.unsent.append(event.update)

    def connects(self) -> None:
        """Open a connection, and say what is here."""
        self.connection = Connection(
            Identity(self.user_id, f"person {self.user_id}"),
            can_edit=self.can_edit,
            hears_saved=True,
            wake=lambda: None,
            max_outbox_bytes=self.max_outbox_bytes,
        )
        self.room.join(self.connection)
        self.sends(SyncStep1(self.doc.get_state()))

    def sends(self, message: FromClient) -> None:
        """Send one message."""
        self.room.receive(self.connection, message)

    def types(self, at: int, text: str) -> None:
        """Type, and send it. `at` counts UTF-8 bytes, as pycrdt does."""
        self.types_offline(at, text)
        self.flushes()

    def types_offline(self, at: int, text: str) -> None:
        """Type, and keep it."""
        self.text.insert(at, text)

    def deletes(self, start: int, end: int) -> None:
        """Delete, and send it."""
        del self.text[start:end]
        self.flushes()

    def flushes(self) -> None:
        """Send what was kept."""
        unsent, self.unsent = self.unsent, []
        for payload in unsent:
            self.sends(SyncUpdate(payload))

    def takes(self) -> list[str]:
        """Take everything from the server without a word; the kinds of what came."""
        kinds = []
        while (frame := self.connection.next_frame()) is not None:
            kinds.append(read(frame).kind)
        return kinds

    def hears(self) -> list[str]:
        """Take everything from the server, answer as a client does; the kinds of what came."""
        kinds = []
        while (frame := self.connection.next_frame()) is not None:
            message = read(frame)
            kinds.append(message.kind)
            if message.kind in ("step 2", "update"):
                self._remote = True
                self.doc.apply_update(message.content)
                self._remote = False
            elif message.kind == "step 1":
                self.sends(SyncStep2(self.doc.get_update(message.content)))
            elif message.kind == "saved":
                self.saved = message.content
        return kinds

    @property
    def closed(self) -> CloseCode | None:
        """The code of this connection's end."""
        return self.connection.closing[0] if self.connection.closing else None


def everyone_equal(room: Room, *people: Typist) -> str:
    """The text that the room and everybody have; fails when it is not one."""
    commit(room)
    for _ in range(3):
        for person in people:
            person.hears()
        commit(room)
    texts = {str(room.text), *(str(person.text) for person in people)}
    assert len(texts) == 1, texts
    states = {room.doc.get_state(), *(person.doc.get_state() for person in people)}
    assert len({frozenset(read_state_vector(state).items()) for state in states}) == 1
    return texts.pop()
