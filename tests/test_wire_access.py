"""Who gets in, who may change what, and from which pages: by stock clients and by hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final

import pytest
from websockets.exceptions import InvalidStatus

from editor.models import Collaborator, Document
from tests import frames
from tests.clients import Editor, Opener, RawClient
from tests.factories import person
from tests.servers import TRUSTED_ORIGIN, Server

pytest_plugins = ["tests.servers", "tests.yjs", "tests.clients"]

Opens = Callable[..., Editor]
Connects = Callable[..., RawClient]

NOT_SIGNED_IN: Final = 4401
FORBIDDEN: Final = 4403
NOT_FOUND: Final = 4404


# Rights


@pytest.mark.parametrize("role", ["viewers", "commenters"])
def test_viewer_receives_and_cannot_change(
    role: str, server: Server, opens: Opens, connects: Connects
) -> None:
    people = {"viewers": (), "commenters": (), role: ("bob",)}
    document = server.document(viewers=people["viewers"], commenters=people["commenters"])
    alice = opens("alice", document, saved=True).is_synced()
    viewer = opens("bob", document).is_synced()
    by_hand = connects("bob", document).is_synced()
    witness = connects("alice", document).is_synced()
    alice.types(0, "alice's").is_saved()
    viewer.sees("alice's")
    log = server.rows(document)

    viewer.types(0, "bob was here")
    by_hand.sends(frames.update(frames.typed(7, 0, "bob")))
    assert by_hand.receives(frames.DENIED)
    by_hand.is_saved(1)
    by_hand.sends(frames.step_2(frames.typed(7, 0, "bob")))
    assert by_hand.receives(frames.DENIED)
    by_hand.is_saved(2)
    # An empty answer to the server's step 1 changes nothing, and is no offence.
    by_hand.sends(frames.step_2())
    assert frames.DENIED not in {message.kind for message in by_hand.received()}

    alice.types(0, "still ").is_saved()
    opens("alice", document).is_synced().sees("still alice's")
    assert [name for _, name, _ in server.rows(document)[len(log) :]] == ["alice"]
    heard = [m.content for m in witness.received() if m.kind in (frames.UPDATE, frames.STEP_2)]
    assert not any(b"bob" in payload for payload in heard)
    assert alice.text == "still alice's"
    assert server.export(document) == "still alice's"


@pytest.mark.parametrize("name", ["alice", "bob", "charlie", None])
@pytest.mark.parametrize("room", ["unknown", "garbage", "%00", "..", "a" * 2000])
def test_what_does_not_exist_is_4404_after_accept(
    name: str | None, room: str, server: Server, connects: Connects
) -> None:
    room = str(uuid.uuid4()) if room == "unknown" else room
    code, reason = connects(name, room).is_closed()

    assert code == (NOT_FOUND if name else NOT_SIGNED_IN)
    assert room not in reason


@pytest.mark.parametrize("room", ["", "a/b", "..%2f..%2fadmin", "{document}/more"])
def test_address_that_is_no_room_is_4404_for_everybody(
    room: str, server: Server, connects: Connects
) -> None:
    document = server.document()
    for name in ("alice", "charlie", None):
        assert connects(name, room.format(document=document)).is_closed()[0] == NOT_FOUND


def test_stranger_cannot_tell_a_document_from_none(server: Server, connects: Connects) -> None:
    document = server.document(editors=("bob",))

    def everything(room: str) -> tuple[list[Any], tuple[int, str]]:
        client = connects("charlie", room)
        client.sends(frames.step_1(), frames.update(frames.typed(7, 0, "x")))
        received = []
        while (frame := client.receives_frame()) is not None:
            received.append(frame)
        return received, client.is_closed()

    answers = [
        everything(room) for room in (document, str(uuid.uuid4()), "garbage", document + "x")
    ]
    assert answers == [([], answers[0][1])] * len(answers)
    assert answers[0][1][0] == NOT_FOUND
    assert server.rows(document) == []


def test_stock_client_of_a_stranger_stops_and_does_not_hammer(server: Server, opens: Opens) -> None:
    document = server.document()

    charlie = opens("charlie", document).is_stopped(NOT_FOUND)

    assert charlie.state["connections"] == 1
    assert charlie.text == ""


def test_nobody_signed_in_is_4401(server: Server, opens: Opens) -> None:
    document = server.document()

    opens(None, document).is_stopped(NOT_SIGNED_IN)
    opens(None, document, cookie="sessionid=made-up").is_stopped(NOT_SIGNED_IN)
    opens(None, document, cookie="sessionid=" + "x" * 4000).is_stopped(NOT_SIGNED_IN)


def test_trashed_document_is_4404(server: Server, opens: Opens) -> None:
    document = server.document()
    with server.orm():
        Document.objects.get(uuid=document).trash()

    opens("alice", document).is_stopped(NOT_FOUND)


def test_deactivated_account_is_not_signed_in(server: Server, opens: Opens) -> None:
    document = server.document(owner="dora")
    cookie = server.cookie("dora")
    with server.orm():
        dora = person("dora")
        dora.is_active = False
        dora.save()

    opens(None, document, cookie=cookie).is_stopped(NOT_SIGNED_IN)


def test_revoked_editor_is_cut_off_and_what_was_saved_stays(
    fresh_server: Server, opener: Opener
) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    bob = opener.editor(server, "bob", document, saved=True).is_synced()
    bob.types(0, "before").is_saved()
    with server.orm():
        Collaborator.objects.get(user__username="bob").delete()

    bob.is_stopped(FORBIDDEN)
    alice = opener.editor(server, "alice", document).is_synced().sees("before")
    opener.editor(server, "bob", document).is_stopped(NOT_FOUND)
    assert alice.text == "before"


def test_account_switched_off_while_connected_is_cut_off(
    fresh_server: Server, opener: Opener
) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    bob = opener.editor(server, "bob", document, saved=True).is_synced()
    bob.types(0, "before").is_saved()
    with server.orm():
        account = person("bob")
        account.is_active = False
        account.save()

    # Without a word from anybody: the sessions of open documents are looked at each second.
    bob.is_stopped(NOT_SIGNED_IN)
    alice = opener.editor(server, "alice", document).is_synced().sees("before")
    assert alice.text == "before"


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_what_is_sent_after_an_account_was_switched_off_is_not_committed(
    name: str, fresh_server: Server, opener: Opener
) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    sender = opener.raw(server, name, document).is_synced()
    with server.orm():
        account = person(name)
        account.is_active = False
        account.save()

    # Right away: a commit asks anew who may write, unless the look at the sessions comes first.
    sender.sends(frames.update(frames.typed(7, 0, "too late")))
    assert sender.acknowledged_until_closed() == 0
    assert sender.is_closed()[0] in (FORBIDDEN, NOT_SIGNED_IN)
    assert server.rows(document) == []


def test_editor_made_viewer_goes_on_reading(fresh_server: Server, opener: Opener) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    bob = opener.raw(server, "bob", document).is_synced()
    with server.orm():
        bobs = Collaborator.objects.get(user__username="bob")
        bobs.role = Collaborator.Role.VIEWER
        bobs.save()

    # Right away: a commit asks anew who may write.
    bob.sends(frames.update(frames.typed(7, 0, "too late")))
    assert bob.receives(frames.DENIED)
    bob.is_saved(1)
    opener.editor(server, "alice", document).is_synced().types(0, "read on")
    assert b"read on" in bob.receives(frames.UPDATE)
    assert [name for _, name, _ in server.rows(document)] == ["alice"]


def test_rights_that_change_all_the_time_hold_up_nobody(
    fresh_server: Server, opener: Opener
) -> None:
    server = fresh_server
    document = server.document(editors=("bob",))
    alice = opener.editor(server, "alice", document, saved=True).is_synced()
    bob = opener.editor(server, "bob", document, saved=True).is_synced()
    for _ in range(60):
        alice.types_slowly(0, "abc")
        bob.types_slowly(0, "xyz")
        with server.orm():
            Document.objects.get(uuid=document).bump_access()

    alice.is_saved().waits(length=60 * 6)
    bob.is_saved().sees(alice.text)
    assert server.export(document) == alice.text


def test_newcomer_is_not_thrown_out_while_rights_are_read_anew(
    fresh_server: Server, opener: Opener
) -> None:
    """Each newcomer is somebody else, about whom nobody asked when the question was put."""
    server = fresh_server
    names = tuple(f"newcomer {n}" for n in range(40))
    document = server.document(editors=names)
    for name in names:
        server.cookie(name)
    alice = opener.editor(server, "alice", document, saved=True).is_synced()
    newcomers = []
    for name in names:
        with server.orm():
            Document.objects.get(uuid=document).bump_access()
        alice.types(0, "x")
        newcomers.append(opener.editor(server, name, document))
    alice.is_saved()

    for newcomer in newcomers:
        newcomer.waits(received=1, length=len(names), connections=1)
        assert newcomer.state["stopped"] is None, newcomer.state["stopped"]
    alice.deletes(0, len(names))
    for newcomer in newcomers:
        newcomer.sees("")


# Origins


def test_origin_of_the_page_is_allowed(server: Server, connects: Connects) -> None:
    document = server.document()

    connects("alice", document, origin=server.url).is_synced()
    connects("alice", document, origin=TRUSTED_ORIGIN).is_synced()
    # Not a browser, so nobody's cookie was borrowed.
    connects("alice", document, origin=None).is_synced()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.org",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example.org",
        "http://evil.example.org:{port}",
        "http://localhost:{port}",
        TRUSTED_ORIGIN.replace("https", "http"),
        TRUSTED_ORIGIN.replace(":8443", ""),
        TRUSTED_ORIGIN.replace("8443", "8444"),
        TRUSTED_ORIGIN + ".evil.example.org",
        "https://sub.code.example.org:8443",
        "garbage",
        "http://[",
        "http://127.0.0.1:{port}@evil.example.org",
        "",
    ],
)
def test_forged_origin_is_refused(origin: str, server: Server, connects: Connects) -> None:
    document = server.document()
    forged = origin.format(port=server.port)
    try:
        client = connects("alice", document, origin=forged)
    except InvalidStatus as refused:
        # daphne itself turns away what is no origin at all.
        assert refused.response.status_code in (400, 403)  # noqa: PT017 - either way will do
        return
    client.sends(frames.step_1())
    assert client.receives_frame() is None, "bytes of the document for a forged origin"
    assert client.is_closed()[0] == FORBIDDEN
