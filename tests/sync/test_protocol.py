"""Frames and messages."""

from __future__ import annotations

import pytest

from editor.sync.lib0 import MalformedError
from editor.sync.protocol import (
    AwarenessUpdate,
    FromClient,
    FromServer,
    PermissionDenied,
    QueryAwareness,
    Saved,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
    decode,
    encode,
)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"\x00\x00\x01\x00", SyncStep1(b"\x00")),
        (b"\x00\x01\x02\x00\x00", SyncStep2(b"\x00\x00")),
        (b"\x00\x02\x02\x00\x00", SyncUpdate(b"\x00\x00")),
        (b"\x01\x01\x00", AwarenessUpdate(b"\x00")),
        (b"\x03", QueryAwareness()),
    ],
)
def test_frames_of_y_websocket_are_read(frame: bytes, message: FromClient) -> None:
    assert decode(frame) == message


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (SyncStep1(b"\x00"), b"\x00\x00\x01\x00"),
        (SyncStep2(b"\x00\x00"), b"\x00\x01\x02\x00\x00"),
        (SyncUpdate(b"\x00\x00"), b"\x00\x02\x02\x00\x00"),
        (AwarenessUpdate(b"\x00"), b"\x01\x01\x00"),
        (PermissionDenied("nò"), b"\x02\x00\x03n\xc3\xb2"),
        (Saved(300), b"\x40\xac\x02"),
    ],
)
def test_frames_are_written_as_y_protocols_reads_them(message: FromServer, frame: bytes) -> None:
    assert encode(message) == frame


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (b"", "expected an integer"),
        (b"\x00", "expected an integer"),
        (b"\x00\x03\x00", "sync message 0, 1 or 2, got 3"),
        (b"\x00\x02\x05ab", "expected 5 bytes"),
        (b"\x01\x00\x00", "1 more bytes"),
        (b"\x02\x00\x00", "message type 0, 1 or 3, got 2"),
        (b"\x40\x01", "got 64"),
        (b"\x03\x03", "1 more bytes"),
    ],
)
def test_anything_else_is_malformed(frame: bytes, complaint: str) -> None:
    with pytest.raises(MalformedError, match=complaint):
        decode(frame)
