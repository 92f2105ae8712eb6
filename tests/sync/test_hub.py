"""The hub with a real database: commits, rights, other processes, and storage that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError

from editor.models import Document, Update
from editor.sync import hub as hubs
from editor.sync import journal
from editor.sync.access import Session, rights
from editor.sync.awareness import Entry, Identity, encode_awareness
from editor.sync.batch import Batch, Row
from editor.sync.connection import Connection
from editor.sync.hub import Hub
from editor.sync.protocol import AwarenessUpdate, CloseCode, RefusedError, encode
from editor.sync.room import Room
from tests import frames
from tests.frames import typed
from tests.people import browser

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "WATCH_INTERVAL", 0.02)
    monkeypatch.setattr(hubs, "RETRY_FIRST", 0.01)
    monkeypatch.setattr(hubs, "RETRY_MOST", 0.02)


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub(idle_seconds=3_600)
    yield hub
    await hub.close()


class Visitor:
    """A connection whose frames can be waited for."""

    def __init__(self, hub: Hub, user: User) -> None:
        self.hub = hub
        self.user = user
        self.awake = asyncio.Event()
        self.heard: list[frames.Message] = []
        self.connection = Connection(
            Identity(user.pk, user.username), can_edit=True, hears_saved=True, wake=self.awake.set
        )

    async def opens(self, uuid: UUID) -> Visitor:
        granted = await self.hub.access(self.user, uuid)
        assert granted is not None
        self.connection.can_edit = granted.can_edit
        self.room = await self.hub.join(uuid, granted, self.connection)
        return self

    def sends(self, frame: bytes) -> None:
        self.hub.receive(self.room, self.connection, frame)

    def types(self, client: int, clock: int, text: str) -> None:
        after = (client, clock - 1) if clock else None
        self.sends(frames.update(typed(client, clock, text, after)))

    def leaves(self) -> None:
        self.hub.leave(self.room, self.connection)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for the server until something holds; fails after five seconds."""

        async def listen() -> None:
            while True:
                while (frame := self.connection.next_frame()) is not None:
                    self.heard.append(frames.read(frame))
                if condition():
                    return
                await self.awake.wait()
                self.awake.clear()

        await asyncio.wait_for(listen(), 5)

    async def is_saved(self, count: int) -> None:
        await self.until(lambda: frames.Message("saved", count) in self.heard)

    async def is_closed(self, code: CloseCode) -> None:
        await self.until(lambda: self.connection.closing is not None)
        assert self.connection.closing is not None
        assert self.connection.closing[0] == code

    async def hears(self, kind: str) -> None:
        await self.until(lambda: kind in [message.kind for message in self.heard])


async def log(document: Document) -> Sequence[tuple[int, int | None]]:
    rows = Update.objects.filter(document=document).order_by("seq")
    return await sync_to_async(lambda: list(rows.values_list("seq", "user_id")))()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what the hub's loops do by themselves; fails after five seconds."""
    deadline = asyncio.get_running_loop().time() + 5
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


async def elsewhere(function: Callable[..., Any], *args: Any) -> Any:
    """Do what another process would do."""
    return await sync_to_async(function)(*args)


def write(document: Document, *rows: Row) -> None:
    current = Document.objects.get(pk=document.pk)
    journal.append([Batch(document.pk, current.last_seq, current.access_epoch, rows, ())])


async def test_saved_is_in_the_log_with_its_author(
    hub: Hub, document: Document, alice: User, bob: User
) -> None:
    first = await Visitor(hub, alice).opens(document.uuid)
    second = await Visitor(hub, bob).opens(document.uuid)
    assert first.room is second.room
    first.types(1, 0, "hello")
    await first.is_saved(1)
    assert await log(document) == [(1, alice.pk)]
    await second.hears("update")


async def test_two_who_open_at_once_share_a_room(hub: Hub, document: Document, alice: User) -> None:
    visitors = [Visitor(hub, alice) for _ in range(5)]
    await asyncio.gather(*(visitor.opens(document.uuid) for visitor in visitors))
    assert len({id(visitor.room) for visitor in visitors}) == 1


async def test_document_that_vanished_since_access_was_granted_is_not_found(
    hub: Hub, document: Document, alice: User
) -> None:
    granted = await hub.access(alice, document.uuid)
    assert granted is not None
    visitor = Visitor(hub, alice)
    with pytest.raises(RefusedError) as refusal:
        await hub.join(uuid4(), granted, visitor.connection)
    assert refusal.value.code == CloseCode.NOT_FOUND


async def test_malformed_frame_is_refused_and_others_go_on(
    hub: Hub, document: Document, alice: User, bob: User
) -> None:
    first = await Visitor(hub, alice).opens(document.uuid)
    second = await Visitor(hub, bob).opens(document.uuid)
    with pytest.raises(RefusedError) as refusal:
        first.sends(b"\x07")
    assert refusal.value.code == CloseCode.MALFORMED
    second.types(2, 0, "fine")
    await second.is_saved(1)


async def test_damaged_document_is_quarantined_and_not_served_in_part(
    hub: Hub, document: Document, alice: User
) -> None:
    await elsewhere(write, document, Row(alice.pk, typed(1, 0, "a")), Row(None, typed(2, 0, "b")))
    await elsewhere(Update.objects.filter(seq=1).delete)
    visitor = Visitor(hub, alice)
    with pytest.raises(RefusedError) as refusal:
        await visitor.opens(document.uuid)
    assert refusal.value.code == CloseCode.QUARANTINED


async def test_what_another_process_wrote_arrives_without_any_message(
    hub: Hub, document: Document, alice: User
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)
    await elsewhere(write, document, Row(None, typed(9, 0, "elsewhere")))
    await visitor.hears("update")
    assert str(visitor.room.text) == "elsewhere"


async def test_what_another_process_wrote_meanwhile_is_no_conflict(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "WATCH_INTERVAL", 3_600)
    visitor = await Visitor(hub, alice).opens(document.uuid)
    await elsewhere(write, document, Row(None, typed(9, 0, "theirs ")))
    visitor.types(1, 0, "mine")
    await visitor.is_saved(1)
    assert visitor.room.seq == 2
    assert sorted(str(visitor.room.text)) == sorted("theirs mine")


async def test_damage_that_comes_from_elsewhere_closes_the_room_for_a_fresh_start(
    hub: Hub, document: Document, alice: User
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)
    await elsewhere(write, document, Row(None, typed(9, 5, "early")))
    await visitor.is_closed(CloseCode.TRY_AGAIN_LATER)
    assert hub.rooms == {}


async def test_damage_found_at_a_commit_closes_that_room_alone(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "WATCH_INTERVAL", 3_600)
    other = await elsewhere(lambda: Document.objects.create(title="other.py", owner=alice))
    visitor = await Visitor(hub, alice).opens(document.uuid)
    bystander = await Visitor(hub, alice).opens(other.uuid)
    await elsewhere(write, document, Row(None, typed(9, 5, "early")))
    visitor.types(1, 0, "x")
    bystander.types(1, 0, "x")
    await visitor.is_closed(CloseCode.TRY_AGAIN_LATER)
    await bystander.is_saved(1)


# Rights


async def test_revoked_right_is_felt_at_once_and_nothing_is_written_after_it(
    hub: Hub, document: Document, bob: User
) -> None:
    visitor = await Visitor(hub, bob).opens(document.uuid)
    await elsewhere(document.collaborators.all().delete)
    visitor.types(1, 0, "too late")
    await visitor.is_closed(CloseCode.FORBIDDEN)
    assert await log(document) == []


async def test_lowered_role_leaves_the_connection_open_for_reading(
    hub: Hub, document: Document, alice: User, bob: User
) -> None:
    owner = await Visitor(hub, alice).opens(document.uuid)
    visitor = await Visitor(hub, bob).opens(document.uuid)

    def lower() -> None:
        collaborator = document.collaborators.get()
        collaborator.role = "viewer"
        collaborator.save()

    await elsewhere(lower)
    await visitor.hears("denied")
    owner.types(1, 0, "still read")
    await visitor.hears("update")


@pytest.mark.parametrize("ending", ["trash", "delete"])
async def test_document_that_goes_closes_its_editors(
    hub: Hub, document: Document, alice: User, ending: str
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)
    await elsewhere(getattr(document, ending))
    await visitor.is_closed(CloseCode.NOT_FOUND)
    assert hub.rooms == {}


async def test_document_deleted_under_a_waiting_change_closes_its_editors(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "WATCH_INTERVAL", 3_600)
    visitor = await Visitor(hub, alice).opens(document.uuid)
    await elsewhere(document.delete)
    visitor.types(1, 0, "x")
    await visitor.is_closed(CloseCode.NOT_FOUND)


async def test_right_that_changed_while_the_room_was_opened_is_looked_at_again(
    hub: Hub, document: Document, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "WATCH_INTERVAL", 3_600)
    granted = await hub.access(bob, document.uuid)
    assert granted is not None
    await elsewhere(document.collaborators.all().delete)
    visitor = Visitor(hub, bob)
    visitor.room = await hub.join(document.uuid, granted, visitor.connection)
    await visitor.is_closed(CloseCode.FORBIDDEN)


async def test_session_that_is_signed_out_elsewhere_ends_its_connections(
    hub: Hub, document: Document, alice: User
) -> None:
    client = await elsewhere(browser, alice)
    visitor = Visitor(hub, alice)
    visitor.connection.session = Session(client.session.session_key, alice.pk, alice.password)
    await visitor.opens(document.uuid)
    stays = await Visitor(hub, alice).opens(document.uuid)
    await elsewhere(client.logout)
    await visitor.is_closed(CloseCode.NOT_SIGNED_IN)
    assert stays.connection.closing is None


# Storage that fails


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Exception]]:
    """Errors to come, by the journal's function, from the front."""
    errors: dict[str, list[Exception]] = {"append": [], "heads": [], "rights": []}

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            if errors[name]:
                raise errors[name].pop(0)
            return real(*args)

        return function

    monkeypatch.setattr(journal, "append", wrap("append", journal.append))
    monkeypatch.setattr(journal, "heads", wrap("heads", journal.heads))
    monkeypatch.setattr(hubs, "rights", wrap("rights", rights))
    return errors


async def test_nothing_is_acknowledged_until_storage_is_back(
    hub: Hub, document: Document, alice: User, failing: dict[str, list[Exception]]
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)
    failing["append"] += [OperationalError("gone")] * 3
    failing["heads"] += [OperationalError("gone")] * 3
    visitor.types(1, 0, "a")
    visitor.types(1, 1, "b")
    await visitor.is_saved(2)
    assert failing["append"] == []
    assert str(visitor.room.text) == "ab"
    await eventually(lambda: failing["heads"] == [])


async def test_rights_that_cannot_be_read_keep_everything_waiting(
    hub: Hub, document: Document, bob: User, failing: dict[str, list[Exception]]
) -> None:
    visitor = await Visitor(hub, bob).opens(document.uuid)
    failing["rights"] += [OperationalError("gone")] * 2
    await elsewhere(document.collaborators.all().delete)
    visitor.types(1, 0, "no")
    await visitor.is_closed(CloseCode.FORBIDDEN)
    assert await log(document) == []


async def test_batch_that_the_database_refuses_does_not_hold_up_other_documents(
    hub: Hub, document: Document, alice: User, failing: dict[str, list[Exception]]
) -> None:
    other = await elsewhere(lambda: Document.objects.create(title="other.py", owner=alice))
    visitor = await Visitor(hub, alice).opens(document.uuid)
    bystander = await Visitor(hub, alice).opens(other.uuid)
    failing["append"] += [IntegrityError("no such user"), IntegrityError("no such user")]
    visitor.types(1, 0, "x")
    bystander.types(1, 0, "y")
    await visitor.is_closed(CloseCode.TRY_AGAIN_LATER)
    await bystander.is_saved(1)
    assert await log(document) == []


async def test_rights_that_cannot_be_applied_close_that_room_alone(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)

    def fail(*args: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(visitor.room, "update_rights", fail)
    await elsewhere(document.bump_access)
    await visitor.is_closed(CloseCode.TRY_AGAIN_LATER)


async def test_error_in_one_room_does_not_stop_the_writing_of_others(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("a bug")

    other = await elsewhere(lambda: Document.objects.create(title="other.py", owner=alice))
    visitor = await Visitor(hub, alice).opens(document.uuid)
    bystander = await Visitor(hub, alice).opens(other.uuid)
    monkeypatch.setattr(visitor.room, "take", fail)
    visitor.types(1, 0, "x")
    bystander.types(1, 0, "y")
    await visitor.is_closed(CloseCode.TRY_AGAIN_LATER)
    await bystander.is_saved(1)


@pytest.mark.parametrize("error", [RuntimeError("a bug"), OperationalError("gone")])
async def test_watch_goes_on_after_an_error(
    hub: Hub,
    document: Document,
    alice: User,
    failing: dict[str, list[Exception]],
    error: Exception,
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)
    failing["heads"].append(error)
    await eventually(lambda: failing["heads"] == [])
    await elsewhere(write, document, Row(None, typed(9, 0, "elsewhere")))
    await visitor.hears("update")


async def test_bug_while_writing_costs_one_document_its_room(
    hub: Hub, document: Document, alice: User, failing: dict[str, list[Exception]]
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)
    failing["append"].append(RuntimeError("a bug"))
    visitor.types(1, 0, "x")
    await visitor.is_closed(CloseCode.TRY_AGAIN_LATER)
    again = await Visitor(hub, alice).opens(document.uuid)
    again.types(1, 0, "x")
    await again.is_saved(1)


async def test_room_given_up_during_its_commit_is_left_alone(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await Visitor(hub, alice).opens(document.uuid)
    real = journal.append

    def append_then_delete(batches: list[Batch]) -> Any:
        outcomes = real(batches)
        loop.call_soon_threadsafe(visitor.room.abandon)
        return outcomes

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(journal, "append", append_then_delete)
    visitor.types(1, 0, "x")
    await eventually(lambda: not visitor.room.waiting)
    monkeypatch.setattr(journal, "append", real)
    other = await elsewhere(lambda: Document.objects.create(title="other.py", owner=alice))
    bystander = await Visitor(hub, alice).opens(other.uuid)
    bystander.types(1, 0, "y")
    await bystander.is_saved(1)


# Presence, and the end


async def test_presence_is_sent_on_and_silence_is_broken(
    hub: Hub, document: Document, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "HEARTBEAT_INTERVAL", 0.0)
    first = await Visitor(hub, alice).opens(document.uuid)
    second = await Visitor(hub, bob).opens(document.uuid)
    await second.hears("awareness")  # a heartbeat, about nobody
    second.heard.clear()
    first.sends(encode(AwarenessUpdate(encode_awareness([Entry(10, 1, "{}")]))))
    await second.until(lambda: any(10 in m.content for m in second.heard if m.kind == "awareness"))
    first.leaves()
    await second.until(lambda: frames.Message("awareness", {10: None}) in second.heard)


async def test_room_that_nobody_uses_is_unloaded_and_comes_back_whole(
    document: Document, alice: User
) -> None:
    hub = Hub(idle_seconds=0.05)
    visitor = await Visitor(hub, alice).opens(document.uuid)
    visitor.types(1, 0, "kept")
    visitor.leaves()
    await eventually(lambda: not hub.rooms)
    again = await Visitor(hub, alice).opens(document.uuid)
    assert again.room is not visitor.room
    assert str(again.room.text) == "kept"
    await hub.close()


async def test_close_writes_what_waits_and_tells_everybody(document: Document, alice: User) -> None:
    hub = Hub()
    visitor = await Visitor(hub, alice).opens(document.uuid)
    visitor.types(1, 0, "at the last moment")
    await hub.close()
    await visitor.is_closed(CloseCode.RESTARTING)
    assert await log(document) == [(1, alice.pk)]
    with pytest.raises(RefusedError) as refusal:
        await hub.access(alice, document.uuid)
    assert refusal.value.code == CloseCode.RESTARTING


async def test_who_comes_while_the_hub_closes_is_sent_away(
    document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    granted = await hub.access(alice, document.uuid)
    assert granted is not None
    visitor = Visitor(hub, alice)
    loading: Awaitable[Room] = asyncio.ensure_future(
        hub.join(document.uuid, granted, visitor.connection)
    )
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(hub.close())
    with pytest.raises(RefusedError) as refusal:
        await loading
    assert refusal.value.code == CloseCode.RESTARTING
    await closing


async def test_hub_that_was_never_used_closes() -> None:
    await Hub().close()
