"""What survives: going offline, a killed server, and characters that are more than a byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import frames
from tests.clients import Editor, Opener
from tests.servers import Server

pytest_plugins = ["tests.servers", "tests.yjs", "tests.clients"]

Opens = Callable[..., Editor]

# An emoji beyond the BMP, one of several code points, accents in both forms, CJK, both line ends,
# a NUL, and a byte order mark.
UNUSUAL = "😀 é e\u0301 文 👩\u200d💻\r\nline\nmac\r\ttab \x00 \ufeff end\r\n"


def test_unusual_characters_survive_every_path(fresh_server: Server, opener: Opener) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    alice = opener.editor(server, "alice", document, saved=True).is_synced()
    bob = opener.editor(server, "bob", document, saved=True).is_synced()

    alice.types(0, UNUSUAL)
    bob.sees(UNUSUAL).types_slowly(2, "文😀\r\n")
    text = UNUSUAL[0] + "文😀\r\n" + UNUSUAL[1:]
    alice.sees(text).deletes(0, 2)  # the emoji, both halves
    text = text[1:]
    bob.sees(text).is_saved()
    alice.is_saved()
    assert server.export(document) == text

    server.restart()
    alice.sees(text).is_synced()
    opener.editor(server, "alice", document).sees(text)
    opener.raw(server, "alice", document).sends(frames.step_1())
    server.stop()
    assert server.export(document) == text


def test_export_adds_nothing_to_an_empty_document(server: Server) -> None:
    assert server.export(server.document()) == ""


def test_offline_edits_of_both_sides_come_together(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document, saved=True).is_synced().types(0, "shared ")
    bob = opens("bob", document, saved=True).is_synced().sees("shared ")

    bob.goes_offline().types(7, "bob's").deletes(0, 1).types_slowly(0, "😀S")
    alice.types(7, "alice's ").types(0, "→ ").is_saved()
    bob.comes_back().is_saved()

    alice.waits(length=len("→ ") + 3 + len("hared ") + len("alice's ") + len("bob's"))
    bob.sees(alice.text)
    assert bob.state_vector == alice.state_vector
    assert server.export(document) == alice.text


def test_lost_network_is_no_lost_edit(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document, saved=True).is_synced()
    bob = opens("bob", document, saved=True).is_synced()
    for n in range(5):
        bob.types_slowly(0, f"<{n}>").loses_the_network().types_slowly(0, f"[{n}]")
        alice.types_slowly(0, f"{n}")
        bob.waits(connections=n + 2, synced=True)

    alice.waits(length=5 * 7)
    bob.sees(alice.text).is_saved()
    assert server.export(document) == alice.text


def test_everything_deleted_offline_stays_deleted(server: Server, opens: Opens) -> None:
    document = server.document(editors=("bob",))
    alice = opens("alice", document, saved=True).is_synced().types_slowly(0, "delete me")
    bob = opens("bob", document, saved=True).sees("delete me")

    # Deletions have no clock: no state vector tells of them.
    bob.goes_offline().deletes(0, len("delete me"))
    bob.comes_back().is_saved()

    alice.sees("")
    assert server.export(document) == ""


def test_offline_client_returns_to_a_server_that_was_killed(
    fresh_server: Server, opener: Opener
) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    alice = opener.editor(server, "alice", document, saved=True).is_synced()
    bob = opener.editor(server, "bob", document, saved=True).is_synced()
    alice.types(0, "before\r\n")
    bob.sees("before\r\n").goes_offline().types(0, "bob offline ")
    alice.types(0, "alice ")

    server.kill()
    alice.is_offline().types(0, "alice without a server ")
    server.start()
    alice.waits(connections=2, synced=True)
    bob.comes_back()

    whole = len("before\r\nbob offline alice alice without a server ")
    alice.waits(length=whole)
    bob.sees(alice.text)
    alice.is_saved()
    bob.is_saved()
    assert bob.state_vector == alice.state_vector
    server.stop()
    assert server.export(document) == alice.text


def test_what_was_acknowledged_survives_sigkill(fresh_server: Server, opener: Opener) -> None:
    """The editor is killed with the server in the middle of typing, so nothing comes back later."""
    server = fresh_server
    document = server.document()
    client = opener.raw(server, "alice", document).is_synced()
    count = 400
    client.sends(frames.update(frames.typed(7, 0, "0")))
    for clock in range(1, count):
        client.sends(frames.update(frames.typed(7, clock, str(clock % 10), after=(7, clock - 1))))
    client.is_saved(50)

    server.kill()
    acknowledged = client.acknowledged_until_closed()

    saved = server.export(document)
    everything = "".join(str(clock % 10) for clock in range(count))
    assert everything.startswith(saved)
    assert len(saved) >= acknowledged >= 50
    rows = server.rows(document)
    assert [seq for seq, _, _ in rows] == list(range(1, len(rows) + 1))
    assert server.last_seq(document) == len(rows)


def test_what_anybody_has_seen_survives_sigkill(fresh_server: Server, opener: Opener) -> None:
    server = fresh_server
    document = server.document(viewers=("bob",))
    alice = opener.raw(server, "alice", document).is_synced()
    bob = opener.editor(server, "bob", document).is_synced()
    alice.sends(frames.update(frames.typed(7, 0, "0")))
    for clock in range(1, 300):
        alice.sends(frames.update(frames.typed(7, clock, "x", after=(7, clock - 1))))
    bob.waits(lengthAtLeast=1)

    server.kill()
    bob.is_offline()

    assert server.export(document).startswith(bob.text)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_restart_in_the_middle_of_typing_loses_nothing(
    how: str, fresh_server: Server, opener: Opener
) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    people = [opener.editor(server, n, document, saved=True).is_synced() for n in ("alice", "bob")]
    for n in range(3):
        for person in people:
            person.types_slowly(0, "typing on and on ")
        getattr(server, how)()
        for person in people:
            person.is_offline().types_slowly(0, "offline ")
        server.start()
        for person in people:
            person.waits(connections=n + 2, synced=True)

    whole = 3 * 2 * len("typing on and on offline ")
    for person in people:
        person.waits(length=whole).is_saved()
    assert people[0].text == people[1].text
    server.stop()
    assert server.export(document) == people[0].text


def test_document_larger_than_any_frame_from_a_client_opens_again(
    server: Server, opens: Opens
) -> None:
    """Its step 2 is one message, whatever its size: a server with a limit on that loses it."""
    document = server.document()
    alice = opens("alice", document, saved=True).is_synced()
    part = "0123456789abcde\n" * 50_000
    for number in range(3):
        alice.types(number * len(part), part).is_saved()
    opens("alice", document).is_synced().sees(3 * part)
