"""Presence: true names, one client id a connection, nothing that breaks a browser."""

from __future__ import annotations

import json

import pytest

from editor.sync.awareness import (
    GONE,
    MAX_STATE_BYTES,
    PALETTE,
    Entry,
    Identity,
    Presence,
    encode_awareness,
    read_awareness,
    stamp,
)
from editor.sync.lib0 import MalformedError, var_uint
from editor.sync.protocol import CloseCode, RefusedError

ALICE = Identity(1, "Alice", PALETTE[1])
BOB = Identity(2, "Bob <b>", PALETTE[2])


def says(client: int, clock: int, state: object) -> bytes:
    return encode_awareness([Entry(client, clock, json.dumps(state))])


def heard(presence: Presence) -> dict[int, object]:
    changes = presence.changes()
    entries = read_awareness(changes) if changes is not None else []
    return {entry.client: json.loads(entry.state) for entry in entries}


def test_entries_come_back() -> None:
    entries = [Entry(5, 1, '{"a":"é"}'), Entry(2**32 - 1, 9, GONE)]
    assert read_awareness(encode_awareness(entries)) == entries


def test_name_and_colour_are_the_servers_word() -> None:
    state = stamp('{"cursor":{"anchor":1},"user":{"name":"Somebody else","color":"red"}}', BOB)
    assert state is not None
    assert json.loads(state) == {
        "cursor": {"anchor": 1},
        "user": {
            "id": 2,
            "name": "Bob <b>",
            "color": PALETTE[2],
            "colorLight": PALETTE[2] + "33",
        },
    }


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ("{", "expected JSON"),
        ("[]", "expected an object in a presence state, got list"),
        ("1", "got int"),
        ('{"a":NaN}', "NaN is not JSON"),
        ('{"a":-Infinity}', "-Infinity is not JSON"),
        ('{"a":1e999}', "finite numbers"),
        ('{"a":' + "[" * 1_500 + "]" * 1_500 + "}", "expected"),
    ],
)
def test_state_that_would_break_a_browser_is_malformed(state: str, complaint: str) -> None:
    with pytest.raises(MalformedError, match=complaint):
        stamp(state, ALICE)


def test_state_that_is_too_large_is_refused() -> None:
    with pytest.raises(RefusedError) as refusal:
        read_awareness(says(1, 1, "x" * MAX_STATE_BYTES))
    assert refusal.value.code == CloseCode.TOO_LARGE


@pytest.mark.parametrize(
    "payload",
    [b"", var_uint(2**32), b"\x01\x01\x01\x01\xff", b"\x00\x00", says(1, 1, {})[:-1]],
    ids=["empty", "claims much", "not utf-8", "trailing", "truncated"],
)
def test_unsound_update_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedError):
        read_awareness(payload)


def test_first_id_that_a_connection_names_is_its_own_and_others_are_left_aside() -> None:
    presence = Presence()
    presence.receive("a", ALICE, says(10, 1, {"cursor": 1}))
    presence.receive("b", BOB, says(20, 1, {}))
    assert set(heard(presence)) == {10, 20}
    presence.receive("b", BOB, says(10, 2, {"cursor": 99}))
    presence.receive("b", BOB, says(10, 2, None))
    presence.receive("c", BOB, says(10, 3, {}))
    assert heard(presence) == {}


def test_id_passes_to_a_newer_connection_of_the_same_person() -> None:
    presence = Presence()
    presence.receive("old", ALICE, says(10, 1, {}))
    presence.receive("new", ALICE, says(10, 2, {"cursor": 2}))
    presence.changes()
    presence.receive("old", ALICE, says(11, 1, {}))
    presence.leave("old")
    assert 10 not in heard(presence)
    assert presence.everyone() is not None
    presence.leave("new")
    assert heard(presence) == {10: None}


def test_nobody_begins_by_being_gone() -> None:
    presence = Presence()
    presence.receive("a", ALICE, says(10, 1, None))
    assert not presence.changed
    assert presence.everyone() is None


def test_older_state_does_not_replace_a_newer_one() -> None:
    presence = Presence()
    presence.receive("a", ALICE, says(10, 5, {"cursor": 5}))
    presence.receive("a", ALICE, says(10, 4, {"cursor": 4}))
    (state,) = heard(presence).values()
    assert isinstance(state, dict)
    assert state["cursor"] == 5


def test_renewal_is_passed_on_or_clients_forget_each_other() -> None:
    presence = Presence()
    presence.receive("a", ALICE, says(10, 1, {}))
    presence.changes()
    presence.receive("a", ALICE, says(10, 2, {}))
    assert set(heard(presence)) == {10}


def test_who_leaves_is_gone_at_once_and_forgotten() -> None:
    presence = Presence()
    presence.receive("a", ALICE, says(10, 7, {}))
    presence.changes()
    presence.leave("a")
    presence.leave("a")
    assert read_awareness(presence.changes() or b"") == [Entry(10, 7, GONE)]
    assert presence.everyone() is None
    presence.receive("b", BOB, says(10, 1, {}))
    assert set(heard(presence)) == {10}


def test_who_says_it_is_gone_is_not_shown_to_newcomers() -> None:
    presence = Presence()
    presence.receive("a", ALICE, says(10, 1, {}))
    presence.receive("a", ALICE, says(10, 2, None))
    assert presence.everyone() is None
    assert heard(presence) == {10: None}
    presence.receive("a", ALICE, says(10, 3, {}))
    assert presence.everyone() is not None


def luminance(color: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.03928 else float(((channel + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("color", PALETTE)
def test_names_in_the_palette_can_be_read(color: str) -> None:
    assert 1.05 / (luminance(color) + 0.05) >= 4.5
    assert (luminance(color) + 0.05) / (luminance("#1c1e22") + 0.05) >= 3
