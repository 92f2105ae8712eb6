"""The WebSocket end of a document: thin, in one loop, with one bounded queue each way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from editor.names import display_name
from editor.sync.access import Session
from editor.sync.awareness import Identity
from editor.sync.connection import Connection
from editor.sync.hub import Hub
from editor.sync.protocol import SUBPROTOCOL, CloseCode, RefusedError
from editor.sync.room import Room

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

# Bytes of one client that may wait for their commit before no more is read from it.
MAX_BACKLOG_BYTES: Final = 4_000_000


class DocumentConsumer:
    """Speaks y-websocket 3.x for one connection; an ASGI application.

    Reads `receive()` in its own loop: Channels' dispatch doubles the cost of a message. Every
    connection is accepted first and then closed with a code of ours if need be, because a browser
    learns nothing from a refused handshake, and stock clients would try again for ever.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        offered = scope.get("subprotocols") or [None]
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else offered[0]
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        try:
            await self._serve(scope, receive, send, hears_saved=subprotocol == SUBPROTOCOL)
        except RefusedError as refusal:
            await _close(send, refusal.code, refusal.reason)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("A document cannot be opened: %s", error)
            await _close(send, CloseCode.TRY_AGAIN_LATER, "The server cannot reach its storage.")

    async def _serve(
        self, scope: Event, receive: Receive, send: Send, *, hears_saved: bool
    ) -> None:
        user = scope["user"]
        if not user.is_authenticated:
            raise RefusedError(CloseCode.NOT_SIGNED_IN, "Sign in to open this document.")
        uuid = _uuid(scope["url_route"]["kwargs"]["room"])
        granted = await self.hub.access(user, uuid) if uuid is not None else None
        if uuid is None or granted is None:
            raise RefusedError(CloseCode.NOT_FOUND, "There is no such document.")

        awake = asyncio.Event()
        connection = Connection(
            Identity(user.pk, display_name(user)),
            can_edit=granted.can_edit,
            session=Session(scope["session"].session_key, user.pk, user.password),
            hears_saved=hears_saved,
            wake=awake.set,
        )
        room = await self.hub.join(uuid, granted, connection)
        relieved = asyncio.Event()
        reading = asyncio.ensure_future(self._read(receive, room, connection, relieved))
        reading.add_done_callback(lambda _: awake.set())
        try:
            await _write(send, connection, awake, relieved, reading)
        finally:
            reading.cancel()
            self.hub.leave(room, connection)
        if connection.closing is not None:
            raise RefusedError(*connection.closing)

    async def _read(
        self, receive: Receive, room: Room, connection: Connection, relieved: asyncio.Event
    ) -> None:
        """Read until the client goes or its connection is closing."""
        while connection.closing is None:
            while connection.backlog > MAX_BACKLOG_BYTES and connection.closing is None:
                relieved.clear()
                await relieved.wait()
            event = await receive()
            if event["type"] != "websocket.receive" or connection.closing is not None:
                return
            frame = event.get("bytes")
            try:
                if frame is None:
                    raise RefusedError(CloseCode.MALFORMED, "expected a binary frame, got text")
                if len(frame) > settings.MAX_MESSAGE_BYTES:
                    raise RefusedError(
                        CloseCode.TOO_LARGE,
                        f"expected at most {settings.MAX_MESSAGE_BYTES} bytes, got {len(frame)}",
                    )
                self.hub.receive(room, connection, frame)
            except RefusedError as refusal:
                connection.close(refusal.code, refusal.reason)


async def _write(
    send: Send,
    connection: Connection,
    awake: asyncio.Event,
    relieved: asyncio.Event,
    reading: asyncio.Future[None],
) -> None:
    """Send what gathers in the outbox, until the client goes or its connection is closing."""
    while True:
        await awake.wait()
        awake.clear()
        if connection.backlog <= MAX_BACKLOG_BYTES or connection.closing is not None:
            relieved.set()
        if reading.done() and connection.closing is None:
            await reading
            return
        # What was said before the end is delivered before it.
        while (frame := connection.next_frame()) is not None:
            if not await _delivered(send, {"type": "websocket.send", "bytes": frame}):
                return
        if connection.closing is not None:
            return


def _uuid(room: str) -> UUID | None:
    try:
        return UUID(room)
    except ValueError:
        return None


async def _close(send: Send, code: CloseCode, reason: str) -> None:
    # The protocol gives a reason 123 bytes.
    short = reason.encode()[:123].decode(errors="ignore")
    await _delivered(send, {"type": "websocket.close", "code": int(code), "reason": short})


async def _delivered(send: Send, event: Event) -> bool:
    try:
        await send(event)
    except Exception as error:
        # The client went first; each server has an error of its own for that.
        logger.debug("A client was gone: %r", error)
        return False
    return True


async def refuse(receive: Receive, send: Send, code: CloseCode, reason: str) -> None:
    """Accept a handshake and close at once, so that the client learns why."""
    if (await receive())["type"] == "websocket.connect":
        await send({"type": "websocket.accept"})
        await _close(send, code, reason)


async def refuse_address(scope: Event, receive: Receive, send: Send) -> None:
    """Answers an address that no socket lives at; an ASGI application."""
    await refuse(receive, send, CloseCode.NOT_FOUND, "There is no such document.")
