"""Addresses that speak WebSocket, and the hub behind them."""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.conf import settings
from django.urls import re_path

from editor.consumers import DocumentConsumer, Event, Receive, Send, refuse_address
from editor.origins import OriginGuard
from editor.sync.hub import Hub


def websocket_application(hub: Hub) -> Any:
    """The ASGI application for every socket, over `hub`; origins are checked first of all."""
    # Django's stubs know paths to views alone.
    documents: Any = DocumentConsumer(hub)
    anything_else: Any = refuse_address
    return OriginGuard(
        AuthMiddlewareStack(
            URLRouter(
                [
                    re_path(r"^ws/documents/(?P<room>[^/]+)/?$", documents),
                    re_path(r"", anything_else),
                ]
            )
        )
    )


def make_hub() -> Hub:
    """A hub as the settings have it."""
    return Hub(max_length=settings.MAX_DOCUMENT_LENGTH, idle_seconds=settings.ROOM_IDLE_SECONDS)


class Lifespan:
    """Ends the hub when the server ends; an ASGI application for servers that announce it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.shutdown":
                await self.hub.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})
