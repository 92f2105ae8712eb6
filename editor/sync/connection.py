"""One connection, as a room sees it: who it is, what it may do, what is on its way to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from .awareness import Identity
from .protocol import CloseCode, FromServer, Saved, encode

# Bytes on their way to a reader that does not keep up.
MAX_OUTBOX_BYTES: Final = 8 * 1024 * 1024


@dataclass(eq=False, slots=True)
class Frame:
    """A step 2 or update frame of a client, until it is settled."""

    connection: Connection
    open_parts: int = 0
    """How many parts of it wait for their commit, or for something that has not arrived.

    None are left when all of it is durable, was known before or was refused.
    """


class Connection:
    """A client's end of a room. Frames to it gather in `outbox`; `wake` tells of them."""

    def __init__(
        self,
        identity: Identity,
        *,
        can_edit: bool,
        wake: Callable[[], None],
        session: Hashable = None,
        hears_saved: bool = False,
        max_outbox_bytes: int = MAX_OUTBOX_BYTES,
    ) -> None:
        self.identity = identity
        self.can_edit = can_edit
        self.session = session
        """The sign-in that it rests on; None where nobody asks."""
        self.hears_saved = hears_saved
        self.outbox: deque[bytes] = deque()
        self.closing: tuple[CloseCode, str] | None = None
        self.backlog = 0
        """Bytes that wait for their commit."""
        self.asked: object = None
        """What the room held when it last asked this client for what is missing."""
        self.quiet = False
        """Whether nothing was sent since the last heartbeat."""
        self._wake = wake
        self._frames: deque[Frame] = deque()
        self._saved = 0
        self._outbox_bytes = 0
        self._max_outbox_bytes = max_outbox_bytes

    def send(self, message: FromServer) -> None:
        """Send one message."""
        self.send_frame(encode(message))

    def send_frame(self, frame: bytes) -> None:
        """Send one encoded message; a reader too slow to take it is asked to come back later."""
        if self.closing is not None:
            return
        self._outbox_bytes += len(frame)
        if self._outbox_bytes > self._max_outbox_bytes:
            self.outbox.clear()
            self.close(CloseCode.TRY_AGAIN_LATER, "This connection is too slow to keep up.")
            return
        self.outbox.append(frame)
        self.quiet = False
        self._wake()

    def close(self, code: CloseCode, reason: str) -> None:
        """Close once everything in the outbox has been sent; the first reason counts."""
        if self.closing is None:
            self.closing = code, reason
            self._wake()

    def next_frame(self) -> bytes | None:
        """Take the next frame to send; None when there is none."""
        if not self.outbox:
            return None
        frame = self.outbox.popleft()
        self._outbox_bytes -= len(frame)
        return frame

    def received(self) -> Frame:
        """Count a step 2 or update frame."""
        frame = Frame(self)
        self._frames.append(frame)
        return frame

    def is_settled(self) -> bool:
        """Whether all that the client has sent is settled."""
        return not self._frames

    def settle(self) -> None:
        """Tell the client how many of its frames, from the first on, are settled."""
        before = self._saved
        while self._frames and not self._frames[0].open_parts:
            self._frames.popleft()
            self._saved += 1
        if self._saved > before and self.hears_saved:
            self.send(Saved(self._saved))
        # There may be room for more, too.
        self._wake()
