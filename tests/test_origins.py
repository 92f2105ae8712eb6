"""Which pages may open a socket; decided before anybody looks at the session."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from pytest_django import Settings

from editor.origins import OriginGuard


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})


async def answer(*headers: tuple[bytes, bytes], scheme: str = "ws") -> list[dict[str, Any]]:
    scope = {"type": "websocket", "scheme": scheme, "headers": list(headers)}
    socket = ApplicationCommunicator(OriginGuard(inner), scope)
    await socket.send_input({"type": "websocket.connect"})
    sent = []
    await socket.wait()
    while not socket.output_queue.empty():
        sent.append(socket.output_queue.get_nowait())
    return sent


async def allowed(origin: str, host: str, scheme: str = "ws") -> bool:
    sent = await answer((b"origin", origin.encode()), (b"host", host.encode()), scheme=scheme)
    if sent[-1]["type"] == "websocket.close":
        assert sent[-1]["code"] == 4403
        return False
    return True


@pytest.fixture(autouse=True)
def _site(settings: Settings) -> None:
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["code.example", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://portal.example", "https://*.team.example:8443"]


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://code.example", "code.example", "ws"),
        ("https://code.example", "code.example", "wss"),
        ("https://CODE.example:443", "code.example", "wss"),
        ("http://code.example:8000", "code.example:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
        ("https://portal.example", "code.example", "wss"),
        ("https://portal.example", "code.example", "ws"),
        ("https://a.b.team.example:8443", "code.example", "wss"),
    ],
)
async def test_our_own_pages_and_trusted_ones_may_connect(
    origin: str, host: str, scheme: str
) -> None:
    assert await allowed(origin, host, scheme)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://evil.example", "code.example", "ws"),
        ("null", "code.example", "ws"),
        ("", "code.example", "ws"),
        ("http://code.example", "code.example", "wss"),
        ("https://code.example", "code.example", "ws"),
        ("http://code.example:8001", "code.example:8000", "ws"),
        ("http://code.example.evil.example", "code.example", "ws"),
        ("http://evil.example/code.example", "code.example", "ws"),
        ("http://evil.example?code.example", "code.example", "ws"),
        ("http://code.example:port", "code.example", "ws"),
        ("http://[::1", "code.example", "ws"),
        ("http://evil.example", "evil.example", "ws"),
        ("https://notteam.example:8443", "code.example", "wss"),
        ("https://a.team.example", "code.example", "wss"),
    ],
)
async def test_forged_origin_is_refused(origin: str, host: str, scheme: str) -> None:
    assert not await allowed(origin, host, scheme)


async def test_all_hosts_allowed_does_not_mean_all_pages(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert not await allowed("http://evil.example", "code.example")
    assert await allowed("http://code.example", "code.example")


async def test_development_knows_this_machine_alone(settings: Settings) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = []
    assert await allowed("http://127.0.0.1:8000", "127.0.0.1:8000")
    assert not await allowed("http://rebound.example:8000", "rebound.example:8000")


async def test_client_that_is_no_browser_may_connect() -> None:
    assert [event["type"] for event in await answer((b"host", b"code.example"))] == [
        "websocket.accept"
    ]


async def test_two_origins_are_none() -> None:
    ours = (b"origin", b"http://code.example")
    sent = await answer(ours, (b"origin", b"http://evil.example"), (b"host", b"code.example"))
    assert sent[-1]["code"] == 4403


async def test_odd_trusted_origin_trusts_nobody(settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["portal.example"]
    assert not await allowed("https://portal.example", "code.example", "wss")
