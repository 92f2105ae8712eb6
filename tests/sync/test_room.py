"""A room with people in it: what they see, what is written, and what must never be lost."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Text

from editor.sync import log
from editor.sync import room as rooms
from editor.sync.awareness import PALETTE, Entry, encode_awareness
from editor.sync.held import Held
from editor.sync.lib0 import MalformedError
from editor.sync.log import DamagedError, LogEntry
from editor.sync.protocol import (
    AwarenessUpdate,
    CloseCode,
    QueryAwareness,
    RefusedError,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from editor.sync.room import Room
from tests.frames import typed
from tests.sync.typists import Typist, commit, everyone_equal

ALICE, BOB, CAROL = 1, 2, 3


@pytest.fixture
def room() -> Room:
    return Room(document_id=1)


@pytest.fixture
def alice(room: Room) -> Typist:
    return Typist(room, ALICE)


@pytest.fixture
def bob(room: Room) -> Typist:
    return Typist(room, BOB)


# Typing


def test_text_reaches_others_only_after_the_commit(room: Room, alice: Typist, bob: Typist) -> None:
    alice.hears()
    bob.hears()
    alice.types(0, "hi 😀")
    assert bob.hears() == []
    assert alice.hears() == []
    assert str(room.text) == ""
    commit(room)
    assert bob.hears() == ["update"]
    assert alice.hears() == ["saved"]
    assert str(bob.text) == "hi 😀"
    assert str(room.text) == "hi 😀"


def test_everyone_ends_equal_after_typing_at_once(room: Room, alice: Typist, bob: Typist) -> None:
    alice.types(0, "alice")
    bob.types(0, "bob")
    alice.types(5, " and ")
    assert sorted(everyone_equal(room, alice, bob)) == sorted("alice and bob")


def test_newcomer_gets_everything_and_is_asked_for_what_it_has(room: Room, alice: Typist) -> None:
    alice.types(0, "hello")
    commit(room)
    carol = Typist(room, CAROL)
    assert carol.hears() == ["step 1", "step 2", "saved"]
    assert str(carol.text) == "hello"


def test_offline_edits_of_both_sides_come_together(room: Room, alice: Typist, bob: Typist) -> None:
    alice.types(0, "base ")
    everyone_equal(room, alice, bob)
    room.leave(bob.connection)
    bob.types_offline(5, "bob")
    bob.unsent.clear()
    alice.types(5, "alice")
    commit(room)
    bob.connects()
    text = everyone_equal(room, alice, bob)
    assert "alice" in text
    assert "bob" in text


def test_what_is_typed_before_offline_edits_arrived_waits_for_them(
    room: Room, alice: Typist, bob: Typist
) -> None:
    alice.types_offline(0, "offline ")
    alice.unsent.clear()
    alice.types(8, "online")
    assert not room.waiting
    assert not alice.connection.is_settled()
    alice.hears()  # and answers step 1 with everything
    commit(room)
    alice.hears()
    assert alice.saved == 2
    assert alice.connection.is_settled()
    assert everyone_equal(room, alice, bob) == "offline online"


def test_client_that_lacks_something_too_is_not_asked_for_ever(room: Room) -> None:
    """Its answer to the question has the same hole in it."""
    hole = typed(77, 3, "later", after=(77, 2))
    alice = Typist(room, ALICE)
    alice.hears()
    alice.sends(SyncUpdate(hole))
    questions = 0
    while "step 1" in (kinds := alice.takes()):
        questions += kinds.count("step 1")
        alice.sends(SyncStep2(hole))
    assert questions == 1


def test_client_that_has_answered_is_asked_again_when_it_lacks_something_else(
    room: Room, alice: Typist
) -> None:
    """A tab that heard from another tab what the server has not."""
    alice.hears()
    alice.sends(SyncUpdate(typed(77, 1, "b", after=(77, 0))))
    assert "step 1" in alice.hears()


def test_what_is_held_comes_with_what_somebody_else_brings(
    room: Room, alice: Typist, bob: Typist
) -> None:
    alice.sends(SyncUpdate(typed(77, 1, "b", after=(77, 0))))
    assert room.take() is None
    bob.sends(SyncUpdate(typed(77, 0, "a")))
    commit(room)
    alice.hears()
    assert alice.saved == 2  # its answer to step 1, and this
    assert everyone_equal(room, alice, bob) == "ab"


def test_too_much_that_waits_ends_the_connection(
    room: Room, alice: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MAX_HELD", 3)
    for clock in (10, 20, 30):
        alice.sends(SyncUpdate(typed(77, clock, "x")))
    with pytest.raises(RefusedError) as refusal:
        alice.sends(SyncUpdate(typed(77, 40, "x")))
    assert refusal.value.code == CloseCode.TRY_AGAIN_LATER


def test_held_part_that_turns_out_unsound_ends_only_its_connection(
    room: Room, alice: Typist, bob: Typist
) -> None:
    alice.sends(SyncUpdate(typed(88, 0, "x", after=(77, 0))))
    bob.sends(SyncUpdate(typed(77, 0, "😀")))
    assert alice.closed == CloseCode.MALFORMED
    assert bob.closed is None
    commit(room)
    assert str(room.text) == "😀"


def test_held_part_that_makes_the_text_too_long_ends_only_its_connection() -> None:
    room = Room(1, max_length=5)
    alice, bob = Typist(room, ALICE), Typist(room, BOB)
    alice.sends(SyncUpdate(typed(77, 1, "bcdef", after=(77, 0))))
    bob.sends(SyncUpdate(typed(77, 0, "a")))
    assert alice.closed == CloseCode.TOO_LARGE
    assert bob.closed is None
    commit(room)
    assert str(room.text) == "a"


def test_text_beyond_the_limit_is_refused() -> None:
    room = Room(1, max_length=5)
    alice = Typist(room, ALICE)
    with pytest.raises(RefusedError) as refusal:
        alice.types(0, "abcdef")
    assert refusal.value.code == CloseCode.TOO_LARGE
    assert not room.waiting


def test_unsound_update_is_not_counted_and_leaves_no_trace(room: Room, alice: Typist) -> None:
    with pytest.raises(MalformedError):
        alice.sends(SyncUpdate(b"\x01\x01"))
    with pytest.raises(MalformedError):
        alice.sends(SyncStep1(b"\x01"))
    assert alice.connection.is_settled()


def test_what_somebody_holds_back_is_not_looked_at_whenever_others_type(
    room: Room, alice: Typist, bob: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.sends(SyncUpdate(typed(77, 1, "z" * 1_000, after=(77, 0))))
    looks = []
    real = room._admit_again

    def note(held: Held) -> frozenset[int]:
        looks.append(held)
        return real(held)

    monkeypatch.setattr(room, "_admit_again", note)
    for at in range(5):
        bob.types(at, "b")
    assert looks == []
    bob.sends(SyncUpdate(typed(77, 0, "a")))
    assert len(looks) == 1


def test_long_chain_that_was_held_is_let_go_link_by_link(
    room: Room, alice: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = 300
    for client in range(links - 1, 0, -1):
        alice.sends(SyncUpdate(typed(client + 1, 0, "x", after=(client, 0))))
    looks = 0
    real = room._admit_again

    def note(held: Held) -> frozenset[int]:
        nonlocal looks
        looks += 1
        return real(held)

    monkeypatch.setattr(room, "_admit_again", note)
    alice.sends(SyncUpdate(typed(1, 0, "x")))
    assert looks == links - 1
    commit(room)
    assert len(str(room.text)) == links
    assert alice.connection.is_settled()


def test_part_waits_for_everything_it_builds_on_and_is_looked_at_once(
    room: Room, alice: Typist, bob: Typist
) -> None:
    between = b"\x01\x01\x05\x00\xc4\x51\x00\x52\x00\x01m\x01\x53\x01\x00\x01"
    alice.sends(SyncUpdate(between))
    for client, letter in ((0x51, "a"), (0x52, "b"), (0x53, "c")):
        commit(room)
        assert "m" not in str(room.text)
        bob.sends(SyncUpdate(typed(client, 0, letter)))
    commit(room)
    assert "m" in str(room.text)
    assert "c" not in str(room.text)


def test_held_text_that_waits_for_a_hole_in_itself(room: Room, alice: Typist, bob: Typist) -> None:
    holed = b"\x01\x03\x4d\x00\x04\x01\x07content\x01a\x0a\x02\x84\x4d\x02\x01d\x00"
    alice.sends(SyncUpdate(holed))
    commit(room)
    assert str(room.text) == "a"
    bob.sends(SyncUpdate(typed(77, 1, "bc", after=(77, 0))))
    commit(room)
    assert str(room.text) == "abcd"
    assert alice.connection.is_settled()


def test_what_is_held_of_a_client_that_left_is_let_go(
    room: Room, alice: Typist, bob: Typist
) -> None:
    alice.sends(SyncUpdate(typed(77, 1, "b", after=(77, 0))))
    bob.sends(SyncUpdate(typed(77, 5, "f", after=(77, 4))))
    room.leave(alice.connection)
    room.leave(alice.connection)
    bob.sends(SyncUpdate(typed(77, 0, "a")))
    commit(room)
    assert str(room.text) == "a"
    room.leave(bob.connection)
    assert room._held._waiting == {}, "what is gone is kept"


def test_held_frame_does_not_count_what_is_durable_behind_it_as_a_backlog(
    room: Room, alice: Typist
) -> None:
    """Else the answer that it waits for would never be read."""
    alice.sends(SyncUpdate(typed(77, 1, "b", after=(77, 0))))
    alice.types(0, "x" * 1_000)
    assert alice.connection.backlog > 1_000
    commit(room)
    assert alice.connection.backlog == 0
    assert not alice.connection.is_settled()


# Acknowledgements


def test_saved_counts_frames_in_their_order(room: Room, alice: Typist, bob: Typist) -> None:
    alice.hears()
    commit(room)
    alice.hears()
    before = alice.saved
    alice.sends(SyncUpdate(typed(77, 1, "b", after=(77, 0))))  # waits
    alice.sends(SyncStep2(b"\x00\x00"))  # settled at once, but second
    assert "saved" not in alice.takes()
    bob.sends(SyncUpdate(typed(77, 0, "a")))
    commit(room)
    alice.hears()
    assert alice.saved == before + 2


def test_repeated_update_is_settled_without_being_written_again(room: Room, alice: Typist) -> None:
    alice.types(0, "once")
    commit(room)
    alice.hears()
    alice.sends(SyncStep2(alice.doc.get_update()))
    assert not room.waiting
    assert alice.hears() == ["saved"]


def test_client_that_left_has_its_last_words_written(room: Room, alice: Typist) -> None:
    alice.types(0, "last words")
    room.leave(alice.connection)
    commit(room)
    assert str(room.text) == "last words"


# The log


def test_one_row_an_author_and_commit(room: Room, alice: Typist, bob: Typist) -> None:
    alice.types(0, "a")
    bob.types(0, "b")
    alice.types(1, "c")
    batch = room.take()
    assert batch is not None
    assert [row.user_id for row in batch.rows] == [ALICE, BOB]
    assert room.take() is None, "two commits at once"
    room.committed(1)
    assert room.seq == 2


def test_rows_are_in_causal_order_when_authors_build_on_each_other(
    room: Room, alice: Typist, bob: Typist
) -> None:
    # Two tabs of one browser tell each other directly, before the server has heard.
    alice.types(0, "a")
    bob.doc.apply_update(alice.doc.get_update())
    bob.unsent.clear()
    bob.types(1, "b")
    alice.doc.apply_update(bob.doc.get_update())
    alice.unsent.clear()
    alice.types(2, "c")
    batch = room.take()
    assert batch is not None
    assert [row.user_id for row in batch.rows] == [ALICE, BOB, ALICE]
    replica: Doc[Text] = Doc()
    text = replica.get("content", type=Text)
    for expected, row in zip(["a", "ab", "abc"], batch.rows, strict=True):
        replica.apply_update(row.payload)
        assert str(text) == expected


def test_batch_is_bounded(room: Room, alice: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_BATCH", 2)
    for letter in "abc":
        alice.types(0, letter)
    sizes = []
    while (batch := room.take()) is not None:
        sizes.append(len(batch.changes))
        room.committed(batch.seq + 1)
    assert sizes == [2, 1]
    assert str(room.text) == "cba"


def test_text_is_built_from_the_log(room: Room, alice: Typist) -> None:
    log = []
    for letter in ("a", "😀", "c"):
        alice.types(0, letter)
        batch = room.take()
        assert batch is not None
        log += [LogEntry(room.seq + 1, row.payload) for row in batch.rows]
        room.committed(room.seq + 1)
    alice.deletes(0, 1)
    again = Room(1)
    again.load(log)
    assert str(again.text) == "c😀a"
    assert again.seq == 3
    # It knows where characters are, too.
    reader = Typist(again, BOB)
    half_a_character = typed(99, 0, "x", after=(alice.doc.client_id, 1))
    with pytest.raises(MalformedError):
        reader.sends(SyncUpdate(half_a_character))


def test_log_with_a_gap_is_damaged() -> None:
    with pytest.raises(DamagedError, match="expected entry 1 of the log, got 2"):
        Room(1).load([LogEntry(2, typed(1, 0, "a"))])


PANIC = bytes.fromhex("0100010101220244011201011e023000")


@pytest.mark.parametrize("payload", [b"\xff", PANIC], ids=["noise", "panics in Rust"])
def test_log_that_does_not_apply_is_damaged_and_ends_no_process(payload: bytes) -> None:
    with pytest.raises(DamagedError, match="entry 2 does not apply"):
        Room(1).load([LogEntry(1, typed(1, 0, "text")), LogEntry(2, payload)])


class PanicException(BaseException):
    """What a panic in Rust looks like."""


@pytest.mark.parametrize("error", [PanicException("a bug in yrs"), ValueError("no update")])
def test_updates_that_do_not_merge_are_damage_and_end_no_process(
    room: Room, alice: Typist, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*payloads: bytes) -> bytes:
        raise error

    monkeypatch.setattr(log, "merge_updates", fail)
    alice.types(0, "a")
    alice.types(1, "b")
    with pytest.raises(DamagedError, match="do not merge"):
        room.take()


def test_interruption_is_no_damage(
    room: Room, alice: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*payloads: bytes) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(log, "merge_updates", interrupt)
    alice.types(0, "a")
    alice.types(1, "b")
    with pytest.raises(KeyboardInterrupt):
        room.take()


def test_what_other_processes_wrote_is_taken_in_and_sent_on(
    room: Room, alice: Typist, bob: Typist
) -> None:
    room.catch_up([LogEntry(1, typed(77, 0, "elsewhere "))])
    room.catch_up([LogEntry(1, typed(77, 0, "elsewhere "))])
    assert everyone_equal(room, alice, bob) == "elsewhere "
    assert room.seq == 1


def test_what_other_processes_wrote_before_a_batch_comes_first(
    room: Room, alice: Typist, bob: Typist
) -> None:
    alice.types(0, "mine")
    assert room.take() is not None
    room.committed(2, [LogEntry(1, typed(77, 0, "theirs"))])
    assert room.seq == 2
    assert sorted(everyone_equal(room, alice, bob)) == sorted("minetheirs")


@pytest.mark.parametrize(
    "payload", [typed(77, 5, "x"), b"\x01\x01\x4d\x00\x04\x01\x05other\x01a\x00"]
)
def test_entry_of_the_log_that_no_gate_would_pass_is_damage(room: Room, payload: bytes) -> None:
    with pytest.raises(DamagedError):
        room.catch_up([LogEntry(1, payload)])


def test_very_many_deletions_in_one_run_of_text_are_made_in_two_steps_and_mean_the_same(
    room: Room, alice: Typist, bob: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MANY_DELETES", 4)
    alice.types(0, "0123456789" * 4)
    everyone_equal(room, alice, bob)
    with bob.doc.transaction():
        for at in range(38, -1, -2):
            del bob.text[at : at + 1]
    bob.flushes()
    assert everyone_equal(room, alice, bob) == "13579" * 4
    again = Room(1)
    again.load([LogEntry(1, alice.doc.get_update())])
    assert str(again.text) == "13579" * 4


# Rights


def test_viewer_hears_everything_and_changes_nothing(room: Room, alice: Typist) -> None:
    viewer = Typist(room, BOB, can_edit=False)
    viewer.hears()
    alice.types(0, "text")
    commit(room)
    assert viewer.hears() == ["update"]
    viewer.types(0, "no")
    assert not room.waiting
    assert viewer.hears() == ["denied", "saved"]
    assert str(room.text) == "text"


def test_viewer_that_says_nothing_new_is_not_scolded(room: Room, alice: Typist) -> None:
    alice.types(0, "text")
    alice.deletes(0, 1)
    commit(room)
    viewer = Typist(room, BOB, can_edit=False)
    assert "denied" not in viewer.hears()
    viewer.sends(SyncStep2(viewer.doc.get_update()))
    assert viewer.hears() == ["saved"]


def test_role_that_is_lowered_keeps_what_waited_from_being_written(
    room: Room, alice: Typist, bob: Typist
) -> None:
    everyone_equal(room, alice, bob)
    alice.types(0, "alice ")
    bob.types(0, "bob ")
    assert room.take() is not None
    room.rejected()
    room.update_rights(1, {ALICE: True, BOB: False})
    assert not bob.connection.can_edit
    assert bob.hears() == ["denied", "saved"]
    room.update_rights(1, {ALICE: True, BOB: False})
    assert bob.hears() == [], "told twice"
    batch = room.take()
    assert batch is not None
    assert batch.epoch == 1
    assert [row.user_id for row in batch.rows] == [ALICE]
    room.committed(1)
    assert str(room.text) == "alice "
    assert alice.hears()[-1] == "saved"


def test_who_is_out_is_closed_and_what_builds_on_refused_text_waits(
    room: Room, alice: Typist, bob: Typist
) -> None:
    everyone_equal(room, alice, bob)
    alice.hears()
    bob.sends(SyncUpdate(typed(77, 0, "a")))
    alice.sends(SyncUpdate(typed(88, 0, "b", after=(77, 0))))
    alice.sends(SyncUpdate(typed(77, 9, "z")))
    bob.sends(SyncUpdate(typed(77, 5, "z")))
    room.update_rights(1, {ALICE: True})
    assert bob.closed == CloseCode.FORBIDDEN
    assert not room.waiting
    assert alice.closed is None
    alice.sends(SyncUpdate(typed(77, 0, "a")))  # it can vouch for it itself
    commit(room)
    assert str(room.text) == "ab"


def test_rights_that_stay_change_nothing(room: Room, alice: Typist) -> None:
    alice.types(0, "text")
    room.update_rights(3, {ALICE: True})
    assert room.people() == {ALICE}
    assert everyone_equal(room, alice) == "text"
    assert alice.saved == 2


def test_room_that_is_given_up_forgets_what_was_not_written(room: Room, alice: Typist) -> None:
    alice.types(0, "text")
    alice.sends(SyncUpdate(typed(77, 5, "z")))
    room.close(CloseCode.TRY_AGAIN_LATER, "again")
    room.abandon()
    assert not room.waiting
    assert alice.closed == CloseCode.TRY_AGAIN_LATER
    assert alice.saved == 0
    with pytest.raises(RefusedError):
        alice.types(4, " on")  # it would be written without what is before it
    assert not room.waiting


# Presence


def cursor(client: int, clock: int = 1) -> AwarenessUpdate:
    return AwarenessUpdate(encode_awareness([Entry(client, clock, '{"cursor":null}')]))


def test_presence_reaches_everyone_the_sender_too(room: Room, alice: Typist, bob: Typist) -> None:
    alice.hears()
    bob.hears()
    alice.sends(cursor(10))
    room.flush_presence()
    assert alice.hears() == ["awareness"]
    assert bob.hears() == ["awareness"]
    room.flush_presence()
    assert bob.hears() == []


def test_newcomer_hears_who_is_here_and_anybody_may_ask(room: Room, alice: Typist) -> None:
    alice.hears()
    alice.sends(QueryAwareness())
    assert alice.hears() == ["awareness"]
    alice.sends(cursor(10))
    assert "awareness" in Typist(room, BOB).hears()
    alice.sends(QueryAwareness())
    assert alice.hears() == ["awareness"]


def test_silent_client_hears_a_heartbeat(room: Room, alice: Typist, bob: Typist) -> None:
    room.heartbeat()
    alice.hears()
    bob.hears()
    alice.types(0, "x")
    commit(room)
    bob.hears()
    room.heartbeat()
    assert alice.hears() == ["saved"]
    assert bob.hears() == []
    room.heartbeat()
    assert bob.hears() == ["awareness"]


def test_people_have_different_colours_while_there_are_enough(room: Room) -> None:
    people = [Typist(room, user_id) for user_id in range(0, 3 * len(PALETTE), 3)]
    colors = [person.connection.identity.color for person in people]
    assert set(colors) == set(PALETTE)
    second_tab = Typist(room, people[4].user_id)
    assert second_tab.connection.identity.color == colors[4]
    assert Typist(room, 10**6).connection.identity.color in PALETTE


# Bounds


def test_reader_that_does_not_keep_up_is_told_to_come_back(room: Room, alice: Typist) -> None:
    slow = Typist(room, BOB, max_outbox_bytes=2_000)
    for _ in range(30):
        alice.types(0, "x" * 100)
        commit(room)
    assert slow.closed == CloseCode.TRY_AGAIN_LATER
    assert slow.connection.next_frame() is None
    assert alice.closed is None
    slow.max_outbox_bytes = 100_000
    slow.connects()
    everyone_equal(room, alice, slow)


def test_long_gap_is_sent_in_frames_that_are_cheap_to_merge(
    room: Room, alice: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MAX_MERGED", 2)
    alice.hears()
    entries = [LogEntry(1, typed(77, 0, "a"))]
    entries += [LogEntry(n + 1, typed(77, n, "a", after=(77, n - 1))) for n in range(1, 5)]
    room.catch_up(entries)
    assert alice.hears() == ["update"] * 3
    assert str(alice.text) == "aaaaa"
