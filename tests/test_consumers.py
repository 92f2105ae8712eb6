"""The socket's end, in this process: what a server may do to it that a client cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from pytest_django import Settings

from editor import consumers
from editor.consumers import DocumentConsumer, refuse_address
from editor.models import Document
from editor.routing import Lifespan
from editor.sync.hub import Hub
from tests import frames
from tests.frames import typed

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    yield hub
    await hub.close()


class Socket(ApplicationCommunicator):
    """A handshake with `DocumentConsumer`, and the frames after it."""

    def __init__(
        self, hub: Hub, user: User | AnonymousUser, room: UUID | str, offers: tuple[str, ...] = ()
    ) -> None:
        super().__init__(
            DocumentConsumer(hub),
            {
                "type": "websocket",
                "user": user,
                "session": SessionStore(),
                "subprotocols": list(offers),
                "url_route": {"kwargs": {"room": str(room)}},
            },
        )

    async def opens(self) -> dict[str, Any]:
        await self.send_input({"type": "websocket.connect"})
        return dict(await self.receive_output(5))

    async def sends(self, frame: bytes) -> None:
        await self.send_input({"type": "websocket.receive", "bytes": frame})

    async def hears(self, kind: str) -> frames.Message:
        while True:
            message = frames.read((await self.receive_output(5))["bytes"])
            if message.kind == kind:
                return message

    async def is_closed(self) -> int:
        while (event := await self.receive_output(5))["type"] != "websocket.close":
            pass
        assert len(event["reason"].encode()) <= 123
        return int(event["code"])

    async def leaves(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)


@pytest.mark.parametrize(
    ("offers", "chosen"),
    [((), None), (("a", "b"), "a"), (("a", "collab.v1"), "collab.v1")],
)
async def test_subprotocol_of_ours_or_else_the_first_is_chosen(
    hub: Hub, document: Document, alice: User, offers: tuple[str, ...], chosen: str | None
) -> None:
    socket = Socket(hub, alice, document.uuid, offers)
    assert await socket.opens() == {"type": "websocket.accept", "subprotocol": chosen}
    await socket.sends(frames.update(typed(1, 0, "a")))
    if chosen == "collab.v1":
        assert (await socket.hears("saved")).content == 1
    await socket.leaves()


async def test_refusals_come_after_accept(hub: Hub, document: Document, charlie: User) -> None:
    for user, room, code in (
        (AnonymousUser(), document.uuid, 4401),
        (charlie, document.uuid, 4404),
        (charlie, uuid4(), 4404),
        (charlie, "garbage", 4404),
    ):
        socket = Socket(hub, user, room)
        assert (await socket.opens())["type"] == "websocket.accept"
        assert await socket.is_closed() == code


@pytest.mark.parametrize(
    ("event", "code"),
    [({"text": "hello"}, 4400), ({"bytes": b"\x07"}, 4400), ({"bytes": b"\x00" * 101}, 4413)],
)
async def test_bad_frame_ends_the_connection_after_what_was_said_before(
    hub: Hub,
    document: Document,
    alice: User,
    settings: Settings,
    event: dict[str, Any],
    code: int,
) -> None:
    settings.MAX_MESSAGE_BYTES = 100
    socket = Socket(hub, alice, document.uuid)
    await socket.opens()
    await socket.sends(frames.step_1())
    await socket.send_input({"type": "websocket.receive", **event})
    await socket.hears("step 2")
    assert await socket.is_closed() == code
    await socket.wait(5)


async def test_client_that_is_gone_when_it_is_sent_to_ends_only_its_own_connection(
    hub: Hub, document: Document, alice: User
) -> None:
    async def receive() -> dict[str, Any]:
        return await incoming.get()

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "websocket.send":
            raise ConnectionResetError("gone")

    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})
    scope = Socket(hub, alice, document.uuid).scope
    await asyncio.wait_for(DocumentConsumer(hub)(scope, receive, send), 5)
    assert hub.rooms[document.uuid].connections == []


async def test_handshake_that_is_given_up_is_nothing(hub: Hub, alice: User) -> None:
    for application in (DocumentConsumer(hub), refuse_address):
        socket = ApplicationCommunicator(application, {"type": "websocket"})
        await socket.send_input({"type": "websocket.disconnect", "code": 1006})
        await socket.wait(5)
        assert socket.output_queue.empty()


async def test_address_where_nothing_lives_answers_like_a_document_that_is_not_there() -> None:
    socket = ApplicationCommunicator(refuse_address, {"type": "websocket"})
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(5))["type"] == "websocket.accept"
    assert (await socket.receive_output(5))["code"] == 4404


async def test_storage_that_cannot_be_reached_means_come_back_later(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(hub, "access", fail)
    socket = Socket(hub, alice, document.uuid)
    await socket.opens()
    assert await socket.is_closed() == 1013


async def test_client_with_too_much_unsaved_is_not_read_from_until_it_is_saved(
    hub: Hub, document: Document, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MAX_BACKLOG_BYTES", 10)
    socket = Socket(hub, alice, document.uuid, ("collab.v1",))
    await socket.opens()
    for clock in range(20):
        await socket.sends(frames.update(typed(1, clock, "x", (1, clock - 1) if clock else None)))
    while (await socket.hears("saved")).content < 20:
        pass
    await socket.leaves()


async def test_lifespan_ends_the_hub(document: Document, alice: User) -> None:
    hub = Hub()
    server = ApplicationCommunicator(Lifespan(hub), {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})
    assert (await server.receive_output(5))["type"] == "lifespan.startup.complete"
    socket = Socket(hub, alice, document.uuid)
    await socket.opens()
    await socket.hears("step 1")
    await server.send_input({"type": "lifespan.shutdown"})
    assert (await server.receive_output(10))["type"] == "lifespan.shutdown.complete"
    assert await socket.is_closed() == 1012
