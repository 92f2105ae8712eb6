"""Typing together over the real wire: by stock clients, and by hand where those are too polite."""

from __future__ import annotations

from collections.abc import Callable

from tests import frames
from tests.clients import COLLAB_V1, Editor, Opener, RawClient
from tests.servers import Server

pytest_plugins = ["tests.servers", "tests.yjs", "tests.clients"]

Opens = Callable[..., Editor]
Connects = Callable[..., RawClient]


# Typing together


def test_two_people_see_each_other_type(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document).is_synced()
    bob = opens("bob", document).is_synced()

    alice.types(0, "hi")
    bob.sees("hi").types(2, "!")
    alice.sees("hi!").deletes(0, 1)
    bob.sees("i!")
    assert server.rows(document)


def test_latecomer_is_synced_with_everything(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    opens("alice", document, saved=True).types_slowly(0, "typed before").is_saved()

    opens("bob", document).is_synced().sees("typed before")


def test_typing_at_the_same_place_at_once_ends_equal(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob", "charlie"))
    people = [opens(name, document).is_synced() for name in ("alice", "bob", "charlie")]

    for word in ("one", "two", "three"):
        for person in people:
            person.types_slowly(0, word)

    people[0].waits(length=3 * len("onetwothree"))
    for person in people[1:]:
        person.sees(people[0].text)
    assert server.export(document) == people[0].text


def test_nobody_hears_of_another_document(server: Server, opens: Opens, connects: Connects) -> None:
    mine, other = server.document(), server.document(title="other.py")
    listener = connects("alice", other).is_synced()

    opens("alice", mine, saved=True).types(0, "secret").says({"cursor": 1}).is_saved()

    assert all(
        message.kind in (frames.STEP_1, frames.AWARENESS) and not message.content
        for message in listener.received()
        if message.kind != frames.STEP_1
    )
    assert server.rows(other) == []


def test_log_has_an_author_for_every_row_and_no_gaps(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document, saved=True).is_synced()
    bob = opens("bob", document, saved=True).is_synced()
    for n in range(10):
        alice.types(0, f"a{n}")
        bob.types(0, f"b{n}")
    alice.is_saved()
    bob.is_saved()

    rows = server.rows(document)
    assert [seq for seq, _, _ in rows] == list(range(1, len(rows) + 1))
    assert {name for _, name, _ in rows} == {"alice", "bob"}
    assert server.last_seq(document) == len(rows)


# Acknowledgement


def test_saved_counts_every_settled_frame_empty_ones_too(
    server: Server, connects: Connects
) -> None:
    document = server.document()
    alice = connects("alice", document)
    assert alice.subprotocol == COLLAB_V1
    first = frames.typed(7, 0, "a")

    alice.sends(frames.step_2()).is_saved(1)
    alice.sends(frames.update(first)).is_saved(2)
    alice.sends(frames.update(first)).is_saved(3)  # known already
    alice.sends(frames.update(frames.typed(7, 1, "b", after=(7, 0))), frames.step_2()).is_saved(5)
    assert server.export(document) == "ab"


def test_saved_is_only_for_those_who_negotiated_it(server: Server, connects: Connects) -> None:
    stock = connects("alice", server.document(), subprotocols=())
    assert stock.subprotocol is None

    stock.sends(frames.update(frames.typed(7, 0, "a")))

    assert frames.SAVED not in {message.kind for message in stock.received()}


def test_update_is_not_saved_before_what_it_builds_on_has_come(
    server: Server, connects: Connects
) -> None:
    document = server.document()
    alice = connects("alice", document)
    first, second = frames.typed(7, 0, "a"), frames.typed(7, 1, "b", after=(7, 0))
    assert alice.receives(frames.STEP_1) == frames.EMPTY_STATE_VECTOR
    alice.sends(frames.step_2()).is_saved(1)

    # What stock clients share between two tabs does not come over this tab's connection.
    alice.sends(frames.update(second))
    assert alice.receives(frames.STEP_1, timeout=5) == frames.EMPTY_STATE_VECTOR
    assert frames.SAVED not in {message.kind for message in alice.received()}
    assert server.rows(document) == []
    alice.sends(frames.update(first)).is_saved(3)
    assert server.export(document) == "ab"


def test_author_of_an_update_is_who_sent_it_not_who_it_names(
    server: Server, connects: Connects
) -> None:
    document = server.document(editors=("bob",))
    connects("alice", document).sends(frames.update(frames.typed(7, 0, "a"))).is_saved(1)
    bob = connects("bob", document)
    # Under alice's client id, as a client does that restored somebody's document.
    bob.sends(frames.update(frames.typed(7, 1, "b", after=(7, 0)))).is_saved(1)

    assert [name for _, name, _ in server.rows(document)] == ["alice", "bob"]


# Greeting


def test_greeting_asks_and_answers_one_message_a_frame(server: Server, connects: Connects) -> None:
    document = server.document()
    connects("alice", document).sends(frames.update(frames.typed(7, 0, "a"))).is_saved(1)

    bob = connects("alice", document)
    # frames.read refuses a frame with anything behind its message.
    assert bob.receives(frames.STEP_1) == frames.var_uint(1) + b"\x07\x01"
    bob.sends(frames.step_1())
    assert bob.receives(frames.STEP_2) == frames.typed(7, 0, "a")


def test_room_may_end_in_a_slash(server: Server, opens: Opens) -> None:
    document = server.document()
    alice = opens("alice", document).is_synced()

    opens("alice", f"{document}/").is_synced().types(0, "x")

    alice.sees("x")


def test_room_may_be_in_capitals(server: Server, opens: Opens) -> None:
    document = server.document()
    alice = opens("alice", document).is_synced()

    opens("alice", document.upper()).is_synced().types(0, "x")

    alice.sees("x")


def test_room_takes_parameters(server: Server, opens: Opens) -> None:
    document = server.document()
    alice = opens("alice", document).is_synced()

    opens("alice", f"{document}?user=charlie&yes").is_synced().types(0, "x")

    alice.sees("x")


def test_only_an_offered_subprotocol_of_ours_is_chosen(server: Server, connects: Connects) -> None:
    document = server.document()

    assert connects("alice", document, subprotocols=("other", COLLAB_V1)).subprotocol == COLLAB_V1
    assert connects("alice", document, subprotocols=()).subprotocol is None


# Silence


def test_silent_editors_stay_connected_beyond_half_a_minute(
    start_server: Callable[..., Server], opener: Opener
) -> None:
    """The stock client hangs up when it has heard nothing for 30 s; pings do not count."""
    servers = [start_server(kind) for kind in ("daphne", "uvicorn")]
    editors = []
    for server in servers:
        document = server.document()
        editors.append(opener.editor(server, "alice", document, silent=True).is_synced())

    # Looks every 3 s whether 30 s have passed, so at 33 s it would be gone.
    for editor in editors:
        editor.stays_for(34)

    assert [editor.state["connections"] for editor in editors] == [1, 1]
    for editor in editors:
        assert editor.state["received"] <= 12, "far more signs of life than are needed"
