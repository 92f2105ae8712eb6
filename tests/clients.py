"""People in front of their editors, as tests speak of them.

    alice = opens("alice", document)
    bob = opens("bob", document)
    alice.types(0, "hi")
    bob.sees("hi")

`Editor` is a stock y-websocket client in Node (tests/node), `RawClient` a bare WebSocket for frames
by hand. A test module that wants the fixtures says
`pytest_plugins = ["tests.servers", "tests.yjs", "tests.clients"]`. Positions are UTF-16 code units;
timeouts are seconds.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from typing import Any, Final, Self

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests import frames
from tests.servers import Server
from tests.yjs import TIMEOUT, Node, encoded

COLLAB_V1: Final = "collab.v1"


class Editor:
    """Somebody's editor: a stock y-websocket client."""

    def __init__(self, node: Node, number: int, **options: Any) -> None:
        self.number = number
        self._node = node
        self._call("open", **options)

    # What people do

    def types(self, position: int, text: str) -> Self:
        """Insert `text` at once."""
        return self.replaces(position, 0, text)

    def types_slowly(self, position: int, text: str) -> Self:
        """Insert `text` character by character, each a transaction and a frame of its own."""
        self._call("type", position=position, text=text)
        return self

    def deletes(self, position: int, length: int) -> Self:
        """Delete `length` code units."""
        return self.replaces(position, length, "")

    def replaces(self, position: int, length: int, text: str) -> Self:
        """Replace `length` code units by `text`, in one transaction."""
        self._call("replace", position=position, deleted=length, inserted=text)
        return self

    def goes_offline(self) -> Self:
        """Close the connection; typing goes on."""
        self._call("disconnect")
        return self

    def comes_back(self) -> Self:
        """Connect again, and be in sync."""
        self._call("connect")
        return self.is_synced()

    def loses_the_network(self) -> Self:
        """Lose the connection without a close frame; the client comes back by itself."""
        self._call("drop")
        return self

    def says(self, state: dict[str, Any] | None) -> Self:
        """Set the awareness state."""
        self._call("setAwareness", state=state)
        return self

    def sends(self, frame: bytes) -> Self:
        """Send a frame by hand, on the editor's own connection."""
        self._call("send", frame=encoded(frame))
        return self

    # What comes to be

    def sees(self, text: str, timeout: float = TIMEOUT) -> Self:
        """Wait until the document's text is `text`."""
        return self.waits(timeout, text=text)

    def is_synced(self, timeout: float = TIMEOUT) -> Self:
        """Wait until the server has answered step 1."""
        return self.waits(timeout, synced=True)

    def is_offline(self) -> Self:
        """Wait until the client knows that the connection is gone."""
        return self.waits(connected=False)

    def is_saved(self, timeout: float = TIMEOUT) -> Self:
        """Wait until the server has acknowledged all that was sent on this connection."""
        return self.waits(timeout, synced=True, saved=True)

    def is_stopped(self, code: int) -> Self:
        """Wait until the client has been closed for good with `code`."""
        return self.waits(stopped=code)

    def sees_people(self, count: int, timeout: float = TIMEOUT) -> Self:
        """Wait until so many have an awareness state, this editor included if it has one."""
        return self.waits(timeout, people=count)

    def sees_somebody(self, values: dict[str, Any]) -> Self:
        """Wait until some state holds these values, by path: {"user.name": "alice"}."""
        return self.waits(sees=values)

    def stays_for(self, seconds: float) -> Self:
        """Wait until this connection has lasted so long, or was lost."""
        self._call("lasts", seconds + 10, milliseconds=seconds * 1000)
        return self

    def waits(self, timeout: float = TIMEOUT, **conditions: object) -> Self:
        """Wait for conditions of tests/node/editor.mjs, all at the same time."""
        self._call("until", timeout + 10, conditions=conditions, milliseconds=timeout * 1000)
        return self

    @property
    def text(self) -> str:
        """The document's text now."""
        return str(self._call("text"))

    @property
    def state(self) -> dict[str, Any]:
        """Everything else that the client knows now."""
        state: dict[str, Any] = self._call("state")
        return state

    @property
    def client_id(self) -> int:
        """The Yjs client id."""
        return int(self.state["clientID"])

    @property
    def people(self) -> dict[int, Any]:
        """Everybody's awareness state by client id."""
        return {entry["client"]: entry["state"] for entry in self.state["people"]}

    @property
    def state_vector(self) -> dict[int, int]:
        """How many clocks of each client id the document has."""
        return read_state_vector(base64.b64decode(self._call("stateVector")))

    @property
    def document_update(self) -> bytes:
        """`Y.encodeStateAsUpdate`."""
        return base64.b64decode(self._call("encodeStateAsUpdate"))

    def closes(self) -> None:
        """Close the tab."""
        self._call("destroy")

    def _call(self, operation: str, timeout: float = TIMEOUT, **arguments: Any) -> Any:
        return self._node.call(operation, timeout=timeout, editor=self.number, **arguments)


class RawClient:
    """A bare WebSocket that negotiates collab.v1, for frames by hand."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.saved = 0
        """How many frames are known to be settled."""

    @property
    def subprotocol(self) -> str | None:
        """What the server chose."""
        return self._connection.subprotocol

    def sends(self, *sent: bytes) -> Self:
        """Send frames, each a message of its own; `is_closed` tells of a server that hung up."""
        with suppress(ConnectionClosed):
            for frame in sent:
                self._connection.send(frame)
        return self

    def sends_text(self, text: str) -> Self:
        """Send a text frame, which no client of ours does."""
        with suppress(ConnectionClosed):
            self._connection.send(text)
        return self

    def receives(self, kind: str, timeout: float = TIMEOUT) -> Any:
        """The content of the next message of `kind`; what comes before it is skipped."""
        # Signs of life come for ever, so the time is for all of them together.
        deadline = time.monotonic() + timeout
        while True:
            message = self.receives_next(deadline - time.monotonic())
            if message.kind == kind:
                return message.content

    def receives_next(self, timeout: float = TIMEOUT) -> frames.Message:
        """The next message of any kind."""
        frame = self._connection.recv(timeout)
        assert isinstance(frame, bytes), f"the server sent text: {frame!r}"
        return frames.read(frame)

    def received(self) -> Iterator[frames.Message]:
        """Everything up to the answer to a step 1 that is sent now, that answer not included."""
        self.sends(frames.step_1())
        deadline = time.monotonic() + TIMEOUT
        while (message := self.receives_next(deadline - time.monotonic())).kind != frames.STEP_2:
            yield message

    def is_synced(self) -> Self:
        """Ask for everything and wait for it."""
        self.sends(frames.step_1())
        self.receives(frames.STEP_2)
        return self

    def is_saved(self, count: int) -> Self:
        """Wait until the first `count` step 2 and update frames are settled."""
        while self.saved < count:
            self.saved = max(self.saved, self.receives(frames.SAVED))
        return self

    def acknowledged_until_closed(self) -> int:
        """How many frames were ever acknowledged, once the connection has ended."""
        while (frame := self.receives_frame()) is not None:
            message = frames.read(frame)
            if message.kind == frames.SAVED:
                self.saved = max(self.saved, message.content)
        return self.saved

    def receives_frame(self, timeout: float = TIMEOUT) -> bytes | None:
        """The next frame as it is; None when the connection is closed instead."""
        try:
            frame = self._connection.recv(timeout)
        except ConnectionClosed:
            return None
        assert isinstance(frame, bytes), f"the server sent text: {frame!r}"
        return frame

    def is_closed(self, timeout: float = TIMEOUT) -> tuple[int, str]:
        """Wait for the server's close; its code and reason. 1006: the connection broke."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                self._connection.recv(deadline - time.monotonic())
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")

    def closes(self) -> None:
        """Close the connection."""
        self._connection.close()


def read_state_vector(encoded: bytes) -> dict[int, int]:
    """Clocks by client id."""
    reader = frames.Reader(encoded)
    return {reader.var_uint(): reader.var_uint() for _ in range(reader.var_uint())}


class Opener:
    """Opens editors and connections on one server, and closes them after the test."""

    def __init__(self, node: Node, exit_stack: ExitStack) -> None:
        self._node = node
        self._exit_stack = exit_stack
        self._numbers = itertools.count()

    def editor(self, server: Server, name: str | None, document: str, **options: object) -> Editor:
        """A stock client, signed in as `name`, or nobody for None.

        `saved=True` offers collab.v1, `origin` is a browser's Origin header; the other options are
        those of tests/node/editor.mjs.
        """
        if options.pop("saved", False):
            options["protocols"] = [COLLAB_V1]
        if name is not None:
            options.setdefault("cookie", server.cookie(name))
        options.setdefault("url", server.documents_url)
        editor = Editor(self._node, next(self._numbers), room=document, **options)
        self._exit_stack.callback(editor.closes)
        return editor

    def raw(
        self,
        server: Server,
        name: str | None,
        document: str,
        *,
        origin: str | None = None,
        host: str | None = None,
        cookie: str | None = None,
        subprotocols: tuple[str, ...] = (COLLAB_V1,),
    ) -> RawClient:
        """A bare connection, signed in as `name`, or nobody for None."""
        headers = {}
        if name is not None:
            cookie = server.cookie(name)
        if cookie is not None:
            headers["Cookie"] = cookie
        if host is not None:
            headers["Host"] = host
        connecting = connect(
            f"{server.documents_url}/{document}",
            additional_headers=headers,
            origin=Origin(origin) if origin is not None else None,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None,
            proxy=None,
            max_size=None,
            ping_interval=None,
            open_timeout=TIMEOUT,
        )
        return RawClient(self._exit_stack.enter_context(connecting))


@pytest.fixture
def opener(node: Node) -> Generator[Opener]:
    """Opens editors and connections; a stock client that complains of the server is a failure."""
    node.call("complaints")
    with ExitStack() as exit_stack:
        yield Opener(node, exit_stack)
    complaints = node.call("complaints")
    assert complaints["error"] == [], complaints["error"]


@pytest.fixture
def opens(opener: Opener, server: Server) -> Callable[..., Editor]:
    """`opens("alice", document)`: an editor on the shared `server`."""

    def open_editor(name: str | None, document: str, **options: object) -> Editor:
        return opener.editor(server, name, document, **options)

    return open_editor


@pytest.fixture
def connects(opener: Opener, server: Server) -> Callable[..., RawClient]:
    """`connects("alice", document)`: a bare connection to the shared `server`."""

    def connect_raw(name: str | None, document: str, **options: Any) -> RawClient:
        return opener.raw(server, name, document, **options)

    return connect_raw
