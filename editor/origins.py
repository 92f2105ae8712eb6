"""Which pages may open a socket.

A browser sends our cookies along with any site's handshake, so the page's origin decides, and it
decides before the session is looked at. A client that is no browser sends no origin and has no
cookies that somebody else could borrow: it is let through.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.http import is_same_domain

from editor.consumers import Event, Receive, Send, refuse
from editor.sync.protocol import CloseCode

Application = Callable[[Event, Receive, Send], Awaitable[Any]]

_PORTS: Final = {"http": 80, "https": 443}
_PAGE_SCHEMES: Final = {"ws": "http", "wss": "https"}


class Origin(NamedTuple):
    """Where a page comes from."""

    scheme: str
    host: str
    port: int


class OriginGuard:
    """Lets through sockets opened by our own pages and by `CSRF_TRUSTED_ORIGINS`; middleware."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        scheme = _PAGE_SCHEMES.get(scope.get("scheme", "ws"), "http")
        if not origins or (len(origins) == 1 and _allowed(origins[0], scheme, hosts)):
            await self.application(scope, receive, send)
        else:
            await refuse(receive, send, CloseCode.FORBIDDEN, "This page may not connect here.")


def _allowed(text: str, scheme: str, hosts: list[str]) -> bool:
    origin = _parse(text)
    if origin is None:
        return False
    if len(hosts) == 1 and origin == _parse(f"{scheme}://{hosts[0]}"):
        # Only a host of ours: a name that somebody else points here is theirs.
        return validate_host(origin.host, _allowed_hosts())
    return any(_trusts(trusted, origin) for trusted in settings.CSRF_TRUSTED_ORIGINS)


def _allowed_hosts() -> list[str]:
    # As django.http.request has it.
    if settings.DEBUG and not settings.ALLOWED_HOSTS:
        return [".localhost", "127.0.0.1", "[::1]"]
    return list(settings.ALLOWED_HOSTS)


def _trusts(trusted: str, origin: Origin) -> bool:
    """Whether `trusted`, an origin such as https://a.example or https://*.example, covers it."""
    expected = _parse(trusted.replace("://*.", "://"))
    if expected is None or (expected.scheme, expected.port) != (origin.scheme, origin.port):
        return False
    pattern = f".{expected.host}" if "://*." in trusted else expected.host
    return bool(is_same_domain(origin.host, pattern))


def _parse(text: str) -> Origin | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path or parts.query:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Origin(parts.scheme, host, port or _PORTS[parts.scheme])
