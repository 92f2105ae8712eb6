"""The name beside a cursor is the session's user, whatever a client says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests import frames
from tests.clients import Editor, RawClient
from tests.servers import Server

pytest_plugins = ["tests.servers", "tests.yjs", "tests.clients"]

Opens = Callable[..., Editor]
Connects = Callable[..., RawClient]

MALFORMED: Final = 4400
FORGED: Final = {"id": 999, "name": "the admin", "color": "red;background:url(//evil)", "x": 1}


def test_name_id_and_colour_are_the_servers_word(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    # What a stock client says first has clock 0, which other stock clients take for nothing new.
    alice = opens("alice", document).is_synced().says({"cursor": None})
    bob = opens("bob", document).is_synced()

    bob.says({"user": FORGED, "cursor": {"anchor": 3}})

    alice.sees_somebody({"user.name": "bob", "cursor.anchor": 3})
    user = alice.people[bob.client_id]["user"]
    assert user["id"] == server.user_id("bob")
    assert user["name"] == "bob"
    assert user["color"].startswith("#")
    assert len(user["color"]) == 7
    assert "x" not in user
    bob.sees_somebody({"user.name": "alice"})
    assert not any(state.get("user") == FORGED for state in alice.people.values())


def test_two_people_have_two_colours(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob", "charlie"))
    people = [opens(name, document).is_synced() for name in ("alice", "bob", "charlie")]
    for person in people:
        person.says({"cursor": None})

    people[0].sees_people(3)
    for name in ("bob", "charlie"):
        people[0].sees_somebody({"user.name": name})
    # A state of one's own that differs is not overwritten by an echo: look at somebody else's copy.
    others = [state["user"]["color"] for state in people[0].people.values() if "user" in state]
    assert len(set(others)) == len(others)


def test_state_is_echoed_to_the_sender_as_a_sign_of_life(
    server: Server, connects: Connects
) -> None:
    alice = connects("alice", server.document()).is_synced()

    alice.sends(frames.awareness((7, 1, {"cursor": 1})))
    first = alice.receives(frames.AWARENESS)
    # The renewal every 15 s has a new clock and the same state.
    alice.sends(frames.awareness((7, 2, {"cursor": 1})))
    renewed = alice.receives(frames.AWARENESS)

    assert first == renewed
    assert first[7]["cursor"] == 1
    assert first[7]["user"]["name"] == "alice"


def test_ids_of_others_are_ignored(server: Server, opens: Opens, connects: Connects) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document).is_synced().says({"cursor": 1})
    watcher = connects("alice", document).is_synced()
    bob = connects("bob", document).is_synced()
    bob.sends(frames.awareness((7, 1, {"cursor": 2})))
    alice.sees_somebody({"user.name": "bob"})

    # bob claims alice's cursor, says that she is gone, and makes up a third.
    mine = alice.client_id
    bob.sends(
        frames.awareness((mine, 1000, {"cursor": 666})),
        frames.awareness((mine, 1001, None)),
        frames.awareness((8, 1, {"cursor": 667})),
        frames.awareness((9, 1, {"cursor": 668}), (7, 2, {"cursor": 3}), (mine, 1002, None)),
    )
    alice.sees_somebody({"cursor": 3})
    heard = [m.content for m in watcher.received() if m.kind == frames.AWARENESS]
    assert set().union(*heard) <= {7, mine}
    assert all(states.get(mine, {}) is not None for states in heard)
    assert alice.people[mine] == {"cursor": 1}
    assert opens("alice", document).is_synced().sees_people(3).people[mine]["cursor"] == 1


def test_first_id_claimed_cannot_be_somebody_elses(
    server: Server, opens: Opens, connects: Connects
) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document).is_synced().says({"cursor": 1})
    watcher = connects("alice", document).is_synced()
    watcher.sends(frames.QUERY_AWARENESS)
    while alice.client_id not in watcher.receives(frames.AWARENESS):
        watcher.sends(frames.QUERY_AWARENESS)

    bob = connects("bob", document).is_synced()
    bob.sends(frames.awareness((alice.client_id, 1000, {"cursor": 666}))).is_synced()
    bob.closes()

    late = opens("alice", document).is_synced().sees_somebody({"cursor": 1, "user.name": "alice"})
    assert late.people[alice.client_id]["user"]["name"] == "alice"


def test_gone_after_close_and_after_a_lost_network(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document).is_synced()
    bob = opens("bob", document).is_synced().says({"cursor": 1})
    alice.sees_people(2)

    bob.goes_offline()
    alice.sees_people(1)
    bob.comes_back().says({"cursor": 2})
    alice.sees_people(2).sees_somebody({"user.name": "bob", "cursor": 2})
    bob.loses_the_network()
    # It returns by itself, with the same id: seen once, not twice and not gone.
    bob.waits(connections=3, synced=True).says({"cursor": 3})
    alice.sees_somebody({"user.name": "bob", "cursor": 3})
    assert len(alice.people) == 2


def test_gone_when_a_client_says_so(server: Server, connects: Connects) -> None:
    document = server.document()
    alice, again = connects("alice", document), connects("alice", document).is_synced()
    alice.sends(frames.awareness((7, 1, {"cursor": 1})))
    assert again.receives(frames.AWARENESS)[7] is not None

    alice.sends(frames.awareness((7, 2, None)))

    assert again.receives(frames.AWARENESS) == {7: None}
    again.sends(frames.QUERY_AWARENESS)
    assert again.receives(frames.AWARENESS) == {}


def test_newcomer_is_told_who_is_here(server: Server, connects: Connects) -> None:
    document = server.document(viewers=("bob",))
    alice = connects("alice", document)
    alice.sends(frames.awareness((7, 1, {"cursor": 1})))
    alice.receives(frames.AWARENESS)

    assert connects("bob", document).receives(frames.AWARENESS)[7]["user"]["name"] == "alice"


def test_viewer_is_seen(server: Server, opens: Opens) -> None:
    document = server.document(viewers=("bob",))
    alice = opens("alice", document).is_synced()

    opens("bob", document).is_synced().says({"cursor": 5})

    alice.sees_somebody({"user.name": "bob", "cursor": 5})


@pytest.mark.parametrize(
    "state",
    [
        "",
        "{",
        "NaN",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": [[1, -1e999]]}',
        "[]",
        "1",
        '"text"',
        "[" * 2000,
        '{"a":' * 400,
        "1" * 2000,
    ],
)
def test_state_that_browsers_cannot_read_reaches_nobody(
    state: str, server: Server, opens: Opens, connects: Connects
) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document).is_synced().says({"cursor": 1})
    bob = connects("bob", document).is_synced()

    bob.sends(frames.awareness_json((7, 1, state)))

    assert bob.is_closed()[0] == MALFORMED
    alice.sees_people(1).types(0, "x")
    opens("bob", document).sees("x").says({"cursor": 2})
    # json.loads in frames.read takes NaN; JSON.parse in the browser would have thrown.
    alice.sees_somebody({"user.name": "bob"})


def test_state_may_say_anything_else(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document).is_synced()
    state: dict[str, Any] = {
        "cursor": {"anchor": {"tname": "content", "item": None, "assoc": 0}},
        "emoji": "😀 é 文 </script>\u2028",
        "number": 1.5,
        "__proto__": {"x": 1},
    }

    opens("bob", document).is_synced().says(state)

    alice.sees_somebody({"emoji": state["emoji"], "number": 1.5, "cursor": state["cursor"]})
