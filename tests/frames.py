"""Frames by hand, written from WIRE's grammar and not from the code under test.

>>> update(b"\\x00\\x00").hex()
'0002020000'
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

STEP_1: Final = "step 1"
STEP_2: Final = "step 2"
UPDATE: Final = "update"
AWARENESS: Final = "awareness"
DENIED: Final = "denied"
SAVED: Final = "saved"

EMPTY_STATE_VECTOR: Final = b"\x00"
EMPTY_UPDATE: Final = b"\x00\x00"
QUERY_AWARENESS: Final = b"\x03"


def var_uint(number: int) -> bytes:
    """Seven bits a byte, least significant first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def var_bytes(content: bytes) -> bytes:
    """Bytes behind their length."""
    return var_uint(len(content)) + content


def step_1(state_vector: bytes = EMPTY_STATE_VECTOR) -> bytes:
    """Asks for what `state_vector` lacks."""
    return b"\x00\x00" + var_bytes(state_vector)


def step_2(payload: bytes = EMPTY_UPDATE) -> bytes:
    """The answer to step 1."""
    return b"\x00\x01" + var_bytes(payload)


def update(payload: bytes) -> bytes:
    """What was typed."""
    return b"\x00\x02" + var_bytes(payload)


def awareness(*entries: tuple[int, int, object]) -> bytes:
    """Client id, clock and state of each."""
    return awareness_json(*((c, k, json.dumps(state)) for c, k, state in entries))


def awareness_json(*entries: tuple[int, int, str]) -> bytes:
    """The same, with the states as they are, also where they are no JSON."""
    body = var_uint(len(entries))
    for client, clock, state in entries:
        body += var_uint(client) + var_uint(clock) + var_bytes(state.encode())
    return b"\x01" + var_bytes(body)


def typed(client: int, clock: int, text: str, after: tuple[int, int] | None = None) -> bytes:
    """A Yjs update: `text` in the type `content`, first in it or behind the item `after`."""
    struct = b"\x04" + b"\x01" + var_bytes(b"content")
    if after is not None:
        struct = b"\x84" + var_uint(after[0]) + var_uint(after[1])
    head = b"\x01\x01" + var_uint(client) + var_uint(clock)
    return head + struct + var_bytes(text.encode()) + b"\x00"


@dataclass(frozen=True)
class Message:
    """What a server sent: its kind, and its bytes, text, number or awareness states."""

    kind: str
    content: Any


def read(frame: bytes) -> Message:
    """The one message in `frame`; a frame with anything behind it is an error of the server."""
    reader = Reader(frame)
    match reader.var_uint():
        case 0:
            kind = (STEP_1, STEP_2, UPDATE)[reader.var_uint()]
            message = Message(kind, reader.var_bytes())
        case 1:
            message = Message(AWARENESS, _states(reader.var_bytes()))
        case 2:
            assert reader.var_uint() == 0, "an auth message other than denied"
            message = Message(DENIED, reader.var_bytes().decode())
        case 64:
            message = Message(SAVED, reader.var_uint())
        case other:
            raise AssertionError(f"the server sent a message of type {other}: {frame.hex()}")
    assert reader.position == len(frame), f"the server sent trailing bytes: {frame.hex()}"
    return message


def _states(payload: bytes) -> dict[int, Any]:
    reader = Reader(payload)
    states = {}
    for _ in range(reader.var_uint()):
        client = reader.var_uint()
        reader.var_uint()  # its clock
        states[client] = json.loads(reader.var_bytes())
    assert reader.position == len(payload)
    return states


class Reader:
    """Reads varUints and what they measure."""

    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.position = 0

    def var_uint(self) -> int:
        """The next number."""
        number = shift = 0
        while True:
            byte = self.frame[self.position]
            self.position += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def var_bytes(self) -> bytes:
        """The next length-prefixed bytes."""
        length = self.var_uint()
        start, self.position = self.position, self.position + length
        assert self.position <= len(self.frame), "the server sent a truncated frame"
        return self.frame[start : self.position]
