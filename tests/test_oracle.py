"""The scan, the gate and the room against Yjs itself: same text, same state vectors."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text

from editor.sync.awareness import Identity
from editor.sync.connection import Connection
from editor.sync.frontier import Frontier
from editor.sync.protocol import SyncStep2, SyncUpdate
from editor.sync.room import Room
from editor.sync.update import encode_state_vector, read_state_vector, read_update
from tests import frames
from tests.clients import read_state_vector as state_vector_by_yjs
from tests.yjs import Oracle

pytest_plugins = ["tests.yjs"]

# Small, large, and where a varint becomes longer: their order decides between concurrent inserts.
CLIENT_IDS = [1, 2, 127, 128, 16_384, 2**31, 2**32 - 2, 2**32 - 1]
PIECES = ["a", "b", "xyz", "\n", "\r\n", "é", "文", "😀", "👩‍💻", "def f():\n    pass\n"]

# Each example takes some milliseconds in Node; slow ones are the machine's, not the test's.
sessions_of_people = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def scripts(draw: st.DrawFn) -> tuple[list[int], list[dict[str, Any]]]:
    """Client ids, and what their owners do (tests/node/oracle.mjs)."""
    people = draw(st.lists(st.sampled_from(CLIENT_IDS), min_size=2, max_size=4, unique=True))
    who = st.integers(0, len(people) - 1)
    fraction = st.floats(0, 1)
    edit = st.fixed_dictionaries(
        {
            "who": who,
            "at": fraction,
            "delete": st.sampled_from([0, 0, 0, 0.1, 0.5, 1]),
            "insert": st.sampled_from([*PIECES, ""]),
        }
    )
    sync = st.fixed_dictionaries({"who": who, "from": who})
    undo = st.fixed_dictionaries({"who": who, "undo": st.just(True)})
    steps = st.one_of(edit, edit, edit, sync, undo)
    return people, draw(st.lists(steps, min_size=1, max_size=40))


@dataclass
class Author:
    """A connection of the room, and the whole document of whoever sits behind it."""

    connection: Connection
    document: bytes
    heard: list[bytes] = field(default_factory=list)

    def listens(self, oracle: Oracle, room: Room) -> None:
        """Read what the room has sent; answer where it asks, as y-websocket does."""
        while (frame := self.connection.next_frame()) is not None:
            message = frames.read(frame)
            if message.kind == frames.STEP_1:
                answer = oracle.diff(self.document, message.content)
                room.receive(self.connection, SyncStep2(answer))
            elif message.kind in (frames.UPDATE, frames.STEP_2):
                self.heard.append(message.content)


def author(room: Room, user_id: int, document: bytes) -> Author:
    """Somebody who may edit, in `room`."""
    connection = Connection(
        Identity(user_id, f"person {user_id}"), can_edit=True, wake=lambda: None, hears_saved=True
    )
    room.join(connection)
    return Author(connection, document)


def commit(room: Room, log: list[bytes]) -> None:
    """What the journal does for one batch."""
    batch = room.take()
    if batch is not None:
        log += (row.payload for row in batch.rows)
        room.committed(batch.seq + 1)


@sessions_of_people
@given(scripts())
def test_reader_and_yjs_read_the_same_structs(
    oracle: Oracle, script: tuple[list[int], list[dict[str, Any]]]
) -> None:
    session = oracle.session(*script)
    for payload in (session["update"], *(made["update"] for made in session["updates"])):
        ours, theirs = read_update(payload), oracle.read(payload)
        assert [
            (client, struct.clock, struct.end - struct.clock)
            for client, structs in ours.sections.items()
            for struct in structs
        ] == [(s["client"], s["clock"], s["length"]) for s in theirs["structs"]]
        assert ours.deletes == [
            (delete["client"], clock, clock + length)
            for delete in theirs["deletes"]
            for clock, length in delete["ranges"]
        ]
    assert read_state_vector(session["stateVector"]) == state_vector_by_yjs(session["stateVector"])


@sessions_of_people
@given(scripts(), st.randoms(use_true_random=False))
def test_gate_lets_nothing_pass_before_what_it_builds_on(
    oracle: Oracle, script: tuple[list[int], list[dict[str, Any]]], chance: random.Random
) -> None:
    session = oracle.session(*script)
    waiting = [read_update(made["update"]) for made in session["updates"]]
    chance.shuffle(waiting)
    frontier = Frontier()
    doc: Doc[Text] = Doc()
    text = doc.get("content", type=Text)
    admitted: list[bytes] = []
    while waiting:
        before = len(admitted)
        held = []
        for update in waiting:
            admission = frontier.admit(update)
            if admission.payload is not None:
                admitted.append(admission.payload)
                doc.apply_update(admission.payload)
            if admission.rest is not None:
                held.append(admission.rest)
        assert len(admitted) > before or not held, "held back for ever"
        waiting = held

    assert str(text) == session["text"]
    assert read_state_vector(doc.get_state()) == read_state_vector(session["stateVector"])
    assert frontier.clocks == read_state_vector(session["stateVector"])
    assert frontier.length == len(session["text"].encode("utf-16-le")) // 2
    # In the order of their admission nothing is ever pending in Yjs either.
    by_yjs = oracle.apply(admitted)
    assert by_yjs["text"] == session["text"]
    assert by_yjs["stateVector"] == session["stateVector"]
    assert not by_yjs["pending"]


@sessions_of_people
@given(scripts(), st.randoms(use_true_random=False))
def test_room_its_log_and_every_reader_end_equal_whatever_the_order_of_delivery(
    oracle: Oracle, script: tuple[list[int], list[dict[str, Any]]], chance: random.Random
) -> None:
    session = oracle.session(*script)
    room = Room(1)
    log: list[bytes] = []
    authors = [author(room, n, document) for n, document in enumerate(session["documents"])]
    reader = author(room, 99, b"\x00\x00")
    deliveries = list(session["updates"])
    chance.shuffle(deliveries)
    lost = chance.randrange(3) == 0
    for made in deliveries:
        if lost and chance.randrange(4) == 0:
            continue  # an offline edit: it comes when the room asks
        sender = authors[made["who"]]
        room.receive(sender.connection, SyncUpdate(made["update"]))
        if chance.randrange(3) == 0:
            commit(room, log)
        if chance.randrange(3) == 0:
            sender.listens(oracle, room)
    for someone in authors:
        # What was lost on the way comes with the step 2 of a client that connects again.
        if lost:
            room.receive(someone.connection, SyncStep2(someone.document))
    while room.waiting or any(a.connection.outbox for a in authors):
        for someone in authors:
            someone.listens(oracle, room)
        commit(room, log)
    reader.listens(oracle, room)

    assert str(room.text) == session["text"]
    assert read_state_vector(room.doc.get_state()) == read_state_vector(session["stateVector"])
    for received in (log, reader.heard):
        by_yjs = oracle.apply(received)
        assert by_yjs["text"] == session["text"]
        assert by_yjs["stateVector"] == session["stateVector"]
        assert not by_yjs["pending"]
    for someone in authors:
        assert oracle.apply([someone.document, *someone.heard])["text"] == session["text"]
        assert someone.connection.is_settled(), "sent, and never settled"
    assert all(not oracle.apply(log[:n])["pending"] for n in range(len(log))), "not causal"


@sessions_of_people
@given(scripts(), st.data())
def test_update_against_a_state_vector_is_what_yjs_would_send(
    oracle: Oracle, script: tuple[list[int], list[dict[str, Any]]], data: st.DataObject
) -> None:
    """A client that has the first half of a session gets the rest, whatever the rest is."""
    session = oracle.session(*script)
    room = Room(1)
    log: list[bytes] = []
    sender = author(room, 1, session["update"])
    updates = [made["update"] for made in session["updates"]]
    for update in updates:
        room.receive(sender.connection, SyncUpdate(update))
        commit(room, log)
    known = updates[: data.draw(st.integers(0, len(updates)))]
    half = oracle.apply(known)
    answer = room.doc.get_update(half["stateVector"])
    read_update(answer)
    whole = oracle.apply([*known, answer])
    assert whole["text"] == session["text"]
    assert whole["stateVector"] == session["stateVector"]
    assert encode_state_vector(read_state_vector(half["stateVector"])) == half["stateVector"]


@pytest.mark.parametrize("text", ["😀", "a😀", "é", "文", "\r\n", "👩‍💻x"])
def test_length_counts_what_browsers_count(oracle: Oracle, text: str) -> None:
    session = oracle.session([5], [{"who": 0, "at": 0, "delete": 0, "insert": text}])
    frontier = Frontier()
    frontier.admit(read_update(session["update"]))
    assert frontier.length == len(text.encode("utf-16-le")) // 2
    assert frontier.clocks == {5: frontier.length}
