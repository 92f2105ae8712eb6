"""Hostile frames straight to a room, where there is time for thousands, judged by Yjs."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from editor.sync.awareness import Identity
from editor.sync.connection import Connection
from editor.sync.lib0 import MalformedError
from editor.sync.protocol import RefusedError, decode
from editor.sync.room import Room
from tests import frames, hostile
from tests.yjs import Oracle

pytest_plugins = ["tests.yjs"]


def room_with(text: str) -> tuple[Room, Connection]:
    room = Room(1, max_length=100_000)
    connection = Connection(Identity(1, "mallory"), can_edit=True, wake=lambda: None)
    room.join(connection)
    room.receive(connection, decode(frames.update(frames.typed(7, 0, text))))
    commit(room)
    return room, connection


def commit(room: Room) -> list[bytes]:
    batch = room.take()
    if batch is None:
        return []
    room.committed(batch.seq + 1)
    return [row.payload for row in batch.rows]


@settings(max_examples=2_000, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", b"\x00\x00", b"\x00\x02", b"\x01"]))
@example(hostile.PANIC, b"\x00\x02")
def test_noise_is_malformed_or_nothing(noise: bytes, head: bytes) -> None:
    room, connection = room_with("some text 😀")
    for frame in (head + noise, head + frames.var_bytes(noise)):
        try:
            room.receive(connection, decode(frame))
        except (MalformedError, RefusedError):
            assert room.take() is None
        commit(room)


@settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_bent_update_is_refused_or_means_the_same_to_yjs(
    data: st.DataObject, oracle: Oracle
) -> None:
    """Bytes of an honest update changed: what passes the scan, both sides read alike."""
    honest = data.draw(
        st.sampled_from(
            [
                frames.typed(9, 0, "é文😀"),
                frames.typed(9, 0, "abc", after=(7, 2)),
                b"\x01\x02\x09\x00\xc4\x07\x02\x07\x03\x02hi\x84\x09\x01\x03\xf0\x9f\x98\x80"[:-1]
                + b"\x80\x01\x07\x02\x00\x02\x04\x01",
                b"\x02\x01\x09\x00\x84\x07\x01\x02hi\x01\x08\x00\x44\x07\x00\x01o\x01\x09\x01\x00\x01",
            ]
        )
    )
    bent = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(bent) - 1))
        bent[at] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 7, 127, 128])))
    room, connection = room_with("some text")
    log = [frames.typed(7, 0, "some text")]
    try:
        room.receive(connection, decode(frames.update(bytes(bent))))
    except (MalformedError, RefusedError):
        assert room.take() is None
        return
    log += commit(room)
    by_yjs = oracle.apply(log)
    assert by_yjs["text"] == str(room.text)
    assert by_yjs["stateVector"] == oracle.apply([room.doc.get_update()])["stateVector"]
    assert not by_yjs["pending"]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_invented_origins_mean_the_same_to_yjs(data: st.DataObject, oracle: Oracle) -> None:
    """Sound structs with origins that no editor would choose: far apart, of deleted text.

    Only the left one left of the right one, as even strangers' editors have it: Yjs itself does not
    always converge otherwise.
    """
    room, connection = room_with("0123456789")
    log = [frames.typed(7, 0, "0123456789")]
    places: list[tuple[int, int] | None] = [None, *((7, clock) for clock in range(10)), None]
    for _ in range(data.draw(st.integers(1, 10))):
        left = data.draw(st.integers(0, len(places) - 2))
        right = data.draw(st.integers(left + 1, len(places) - 1))
        client = data.draw(st.sampled_from([5, 6, 7, 8, 9]))
        text = data.draw(st.sampled_from(["a", "bc", "def"]))
        deleted = data.draw(st.one_of(st.none(), st.sampled_from(places[1:-1])))
        clock = sum(1 for place in places if place is not None and place[0] == client)
        payload = between(client, clock, text, places[left], places[right], deleted)
        room.receive(connection, decode(frames.update(payload)))
        log += commit(room)
        places = [None, *positions(oracle.apply(log)["order"]), None]
    by_yjs = oracle.apply(log)
    assert by_yjs["text"] == str(room.text)
    assert by_yjs["stateVector"] == oracle.apply([room.doc.get_update()])["stateVector"]
    assert not by_yjs["pending"]


def between(
    client: int,
    clock: int,
    text: str,
    origin: tuple[int, int] | None,
    right_origin: tuple[int, int] | None,
    deleted: tuple[int, int] | None,
) -> bytes:
    """An update that inserts `text` between two items, and deletes a third."""
    struct = bytes([4 | (0x80 if origin else 0) | (0x40 if right_origin else 0)])
    for place in (origin, right_origin):
        if place:
            struct += frames.var_uint(place[0]) + frames.var_uint(place[1])
    if not origin and not right_origin:
        struct += b"\x01" + frames.var_bytes(b"content")
    struct += frames.var_bytes(text.encode())
    deletes = b"\x00"
    if deleted:
        deletes = b"\x01" + frames.var_uint(deleted[0]) + b"\x01"
        deletes += frames.var_uint(deleted[1]) + b"\x01"
    return b"\x01\x01" + frames.var_uint(client) + frames.var_uint(clock) + struct + deletes


def positions(order: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Every clock of a document from left to right, from the oracle's runs."""
    return [(client, clock + n) for client, clock, length in order for n in range(length)]
