"""Frames of the y-websocket 3.x protocol, and the messages they carry.

One message a frame, every frame binary, all numbers varUint (see `lib0`):

    frame      = 0 sync | 1 awareness | 2 auth | 3 query | 64 saved
    sync       = 0 state-vector:varBytes       step 1: "this is what I have"
               | 1 update:varBytes             step 2: "this is what you lack"
               | 2 update:varBytes             an update, as it is typed
    awareness  = update:varBytes               who is here, and where
    auth       = 0 reason:varString            "refused"; from the server only
    query      =                               "tell me who is here"
    saved      = n:varUint                     from the server only, to `collab.v1`: of this
                                               connection's step 2 and update frames, the first n
                                               are settled

Source: y-protocols 1.0.7 (sync.js, auth.js) and y-websocket 3.1.0. Types from 64 up are ours and go
only to connections that negotiated the subprotocol `collab.v1`.

A new message type is a dataclass, its line in the grammar, and its branch in `decode` or `encode`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from .lib0 import Decoder, MalformedError, var_bytes, var_string, var_uint

SUBPROTOCOL: Final = "collab.v1"


class CloseCode(IntEnum):
    """Why a connection was closed. Clients stop at 44xx and return after the others."""

    MALFORMED = 4400
    NOT_SIGNED_IN = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    QUARANTINED = 4409
    TOO_LARGE = 4413
    TOO_FAST = 4429
    RESTARTING = 1012
    TRY_AGAIN_LATER = 1013


class RefusedError(Exception):
    """Ends one connection with a documented close code; the consumer acts on it."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SyncStep1:
    """Asks for whatever is missing from `state_vector`."""

    state_vector: bytes


@dataclass(frozen=True, slots=True)
class SyncStep2:
    """The answer to step 1."""

    update: bytes


@dataclass(frozen=True, slots=True)
class SyncUpdate:
    """What was just typed."""

    update: bytes


@dataclass(frozen=True, slots=True)
class AwarenessUpdate:
    """An awareness update; `awareness` reads what is in it."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class QueryAwareness:
    """Asks who is here."""


@dataclass(frozen=True, slots=True)
class PermissionDenied:
    """Tells a client that its change was refused."""

    reason: str


@dataclass(frozen=True, slots=True)
class Saved:
    """Tells a client that its first `count` step 2 and update frames are settled."""

    count: int


FromClient = SyncStep1 | SyncStep2 | SyncUpdate | AwarenessUpdate | QueryAwareness
FromServer = SyncStep1 | SyncStep2 | SyncUpdate | AwarenessUpdate | PermissionDenied | Saved


def decode(frame: bytes) -> FromClient:
    """The message in a client's frame; `MalformedError` for anything that is not exactly one."""
    decoder = Decoder(frame)
    message: FromClient
    match decoder.var_uint():
        case 0:
            kind = decoder.var_uint()
            content = decoder.var_bytes()
            match kind:
                case 0:
                    message = SyncStep1(content)
                case 1:
                    message = SyncStep2(content)
                case 2:
                    message = SyncUpdate(content)
                case _:
                    raise MalformedError(f"expected sync message 0, 1 or 2, got {kind}")
        case 1:
            message = AwarenessUpdate(decoder.var_bytes())
        case 3:
            message = QueryAwareness()
        case kind:
            raise MalformedError(f"expected message type 0, 1 or 3, got {kind}")
    decoder.end()
    return message


def encode(message: FromServer) -> bytes:
    """The frame that carries `message`."""
    match message:
        case SyncStep1(state_vector):
            return b"\x00\x00" + var_bytes(state_vector)
        case SyncStep2(update):
            return b"\x00\x01" + var_bytes(update)
        case SyncUpdate(update):
            return b"\x00\x02" + var_bytes(update)
        case AwarenessUpdate(payload):
            return b"\x01" + var_bytes(payload)
        case PermissionDenied(reason):
            return b"\x02\x00" + var_string(reason)
        case Saved(count):
            return b"\x40" + var_uint(count)
