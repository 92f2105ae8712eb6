"""Presence: who is in a document, and where.

    awareness-update = n {client clock state:varString}*n      state is JSON; `null` means gone

The browser says where its cursor is; who it is, the server says: `user` in every state is stamped
from the session. Source: y-protocols 1.0.7 (awareness.js).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from .lib0 import Decoder, MalformedError, var_string, var_uint
from .protocol import CloseCode, RefusedError

# Bytes of one client's state; a cursor takes about 300.
MAX_STATE_BYTES: Final = 2048
# An update that says nothing, to let a silent client know that the server is there.
HEARTBEAT: Final = var_uint(0)
# The state of a client that is not here any more.
GONE: Final = "null"
# Of cursors and name tags: each at least 4.5:1 under white text and 3:1 on a dark page.
PALETTE: Final = (
    "#1173d5",
    "#d53838",
    "#13844c",
    "#a14dcb",
    "#af5e0e",
    "#0f7f8a",
    "#d12c8c",
    "#498120",
    "#6d63d8",
    "#86720f",
    "#bc4f61",
    "#477993",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a connection belongs to, as the server knows it."""

    user_id: int
    name: str
    color: str = PALETTE[0]
    """Of the cursor: #rrggbb."""

    @property
    def stamp(self) -> dict[str, Any]:
        """The `user` of an awareness state, in the words of y-codemirror.next."""
        return {
            "id": self.user_id,
            "name": self.name,
            "color": self.color,
            "colorLight": self.color + "33",
        }


class Entry(NamedTuple):
    """One client's part of an awareness update."""

    client: int
    clock: int
    state: str
    """JSON."""


def read_awareness(payload: bytes) -> list[Entry]:
    """Read an awareness update; `MalformedError` when it is unsound."""
    decoder = Decoder(payload)
    entries = []
    for _ in range(decoder.var_uint()):
        client = decoder.var_uint()
        clock = decoder.var_uint()
        state = decoder.var_bytes()
        if len(state) > MAX_STATE_BYTES:
            raise RefusedError(
                CloseCode.TOO_LARGE,
                f"A presence state may have {MAX_STATE_BYTES} bytes, got {len(state)}",
            )
        try:
            entries.append(Entry(client, clock, state.decode()))
        except UnicodeDecodeError as error:
            raise MalformedError(f"expected UTF-8 in a presence state: {error.reason}") from None
    decoder.end()
    return entries


def encode_awareness(entries: list[Entry]) -> bytes:
    """The bytes of an awareness update."""
    parts = [var_uint(len(entries))]
    for client, clock, state in entries:
        parts += (var_uint(client), var_uint(clock), var_string(state))
    return b"".join(parts)


def stamp(state: str, identity: Identity) -> str | None:
    """A client's state with the server's word on who it is; None for a client that is gone."""
    try:
        content = json.loads(state, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"expected JSON in a presence state: {error}") from None
    if content is None:
        return None
    if not isinstance(content, dict):
        raise MalformedError(
            f"expected an object in a presence state, got {type(content).__name__}"
        )
    content["user"] = identity.stamp
    try:
        # 1e999 is JSON, but Python reads it as infinite and would write a word that is not.
        return json.dumps(content, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"expected finite numbers in a presence state: {error}") from None


def _refuse_constant(name: str) -> None:
    # Python reads NaN and Infinity; browsers do not, and would fail on every later message.
    raise ValueError(f"{name} is not JSON")


class Presence:
    """Who is in one room: one client id a connection, and nobody else's.

    Stock clients send what they heard of others back to the server, so what is not one's own is
    left aside without a word.
    """

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._owners: dict[int, tuple[object, int]] = {}  # client -> connection, user id
        self._clients: dict[object, int] = {}  # connection -> client
        self._changed: dict[int, Entry] = {}

    def receive(self, connection: object, identity: Identity, payload: bytes) -> None:
        """Take in what a connection says of itself."""
        for entry in read_awareness(payload):
            if self._clients.get(connection, entry.client) != entry.client:
                continue
            state = stamp(entry.state, identity)
            if connection not in self._clients and not (
                state is not None and self._claim(connection, identity, entry.client)
            ):
                continue
            known = self._entries.get(entry.client)
            if known is not None and entry.clock < known.clock:
                continue
            # An unchanged state is passed on as well: clients forget who is not renewed.
            self._entries[entry.client] = self._changed[entry.client] = Entry(
                entry.client, entry.clock, GONE if state is None else state
            )

    def _claim(self, connection: object, identity: Identity, client: int) -> bool:
        """Give an id to a connection.

        An id passes to a newer connection of the same person: a client that returns keeps its id,
        and the server may not have noticed yet that its old socket is dead.
        """
        owner = self._owners.get(client)
        if owner is not None:
            if owner[1] != identity.user_id:
                return False
            del self._clients[owner[0]]
        self._owners[client] = connection, identity.user_id
        self._clients[connection] = client
        return True

    def leave(self, connection: object) -> None:
        """Forget a connection; others will hear of it."""
        client = self._clients.pop(connection, None)
        if client is None:
            return
        del self._owners[client]
        entry = self._entries.pop(client)
        # The same clock: a client that returns is heard again with its next one.
        self._changed[client] = Entry(client, entry.clock, GONE)

    @property
    def changed(self) -> bool:
        """Whether there is news to send."""
        return bool(self._changed)

    def changes(self) -> bytes | None:
        """What has changed since the last call, as an awareness update; None when nothing has."""
        if not self._changed:
            return None
        payload = encode_awareness(list(self._changed.values()))
        self._changed.clear()
        return payload

    def everyone(self) -> bytes | None:
        """Everybody who is here, as an awareness update; None when nobody is."""
        present = [entry for entry in self._entries.values() if entry.state != GONE]
        return encode_awareness(present) if present else None
