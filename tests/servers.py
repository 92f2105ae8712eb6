"""The product itself as a process, for tests by real clients.

A test module that wants these fixtures says `pytest_plugins = ["tests.servers"]`:

`server`        each of the two servers in turn, shared by the tests of a run; after each test it
                must still be the same process, without an unhandled error in its log
`fresh_server`  the same with a database of its own, for tests that stop or kill it
`start_server`  makes a server of any kind, with settings of the test's choice
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import environ
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.utils import load_backend
from pytest_django import DjangoDbBlocker

from editor.models import Document, Update
from tests import factories

ROOT: Final = Path(__file__).resolve().parent.parent
HOST: Final = "127.0.0.1"
KINDS: Final = ("daphne", "uvicorn")

# Seconds until a server answers: about 1.5 on an idle machine.
START_SECONDS: Final = 60.0
# Seconds that SIGTERM may take before SIGKILL follows.
STOP_SECONDS: Final = 20.0
# The servers' own limit, in bytes: above MAX_MESSAGE_BYTES, so that ours speaks first.
SERVER_MESSAGE_BYTES: Final = 1024 * 1024
LOG_TAIL_LINES: Final = 60
# An origin that the shared servers trust besides their own.
TRUSTED_ORIGIN: Final = "https://code.example.org:8443"

_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1

_running: list[Server] = []


class Server:
    """One server process on a database, at a port of its own that it keeps over restarts."""

    def __init__(
        self,
        kind: str,
        database_url: str,
        folder: Path,
        blocker: DjangoDbBlocker,
        **env: str,
    ) -> None:
        self.kind = kind
        self.database_url = database_url
        self.log = folder / f"{kind}.log"
        self.port = _free_port()
        self._blocker = blocker
        self._cookies: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "SECRET_KEY": settings.SECRET_KEY,
            "DEBUG": "off",
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "CSRF_TRUSTED_ORIGINS": TRUSTED_ORIGIN,
            "REDIS_URL": "",
            "PYTHONUNBUFFERED": "1",
            **env,
        }

    # The process

    @property
    def pid(self) -> int:
        """The process id; AssertionError while it is not running."""
        assert self._process is not None, "the server was not started"
        assert self._process.poll() is None, f"the server has ended: {self._process.returncode}"
        return self._process.pid

    @property
    def url(self) -> str:
        """Where browsers find it, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def documents_url(self) -> str:
        """The address under which y-websocket's rooms are documents."""
        return f"ws://{HOST}:{self.port}/ws/documents"

    def start(self) -> None:
        """Start it, and return when it accepts connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call, and no lock to wait for
            )
        if self not in _running:
            _running.append(self)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"no answer from {self.kind}:\n{self.tail()}") from None
            else:
                return
            try:
                code = self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"{self.kind} ended with {code}:\n{self.tail()}")

    def stop(self) -> None:
        """Ask it to end, as an operator does; AssertionError if it does not in `STOP_SECONDS`."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it between two instructions: SIGKILL."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again, at the same address, on the same database."""
        self.stop()
        self.start()

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self._log().splitlines()[-LOG_TAIL_LINES:])

    def log_size(self) -> int:
        """How much it has logged so far, in bytes."""
        return self.log.stat().st_size if self.log.exists() else 0

    def errors_since(self, size: int) -> str:
        """What was logged after the first `size` bytes, if an unhandled error is in it."""
        logged = self._log_bytes()[size:].decode(errors="replace")
        return logged if "Traceback (most recent call last)" in logged else ""

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.kind} did not end at {how.name}:\n{self.tail()}") from None

    def _command(self) -> list[str]:
        application = "collab.asgi:application"
        port = str(self.port)
        if self.kind == "daphne":
            # As runserver does, from the settings.
            size = str(settings.DAPHNE_WEBSOCKET_MAX_MESSAGE_SIZE)
            return [
                *(sys.executable, "-m", "daphne", "-b", HOST, "-p", port),
                *("--websocket-max-message-size", size, "--websocket-max-frame-size", size),
                application,
            ]
        return [
            *(sys.executable, "-m", "uvicorn", application),
            *("--host", HOST),
            *("--port", port),
            *("--loop", "uvloop"),
            *("--ws", "websockets-sansio"),
            *("--ws-max-size", str(SERVER_MESSAGE_BYTES)),
            *("--ws-per-message-deflate", "false"),
        ]

    def _log(self) -> str:
        return self._log_bytes().decode(errors="replace")

    def _log_bytes(self) -> bytes:
        return self.log.read_bytes() if self.log.exists() else b""

    # Its database, by way of the ORM

    @contextmanager
    def orm(self) -> Iterator[None]:
        """Let the ORM of this process speak to the server's database."""
        with self._blocker.unblock(), _database(self.database_url):
            yield

    def cookie(self, name: str) -> str:
        """A Cookie header for the account `name`, which is made at the first call."""
        if name not in self._cookies:
            with self.orm():
                self._cookies[name] = factories.cookie(factories.person(name))
        return self._cookies[name]

    def document(
        self,
        title: str = "main.py",
        *,
        owner: str = "alice",
        editors: tuple[str, ...] = (),
        commenters: tuple[str, ...] = (),
        viewers: tuple[str, ...] = (),
    ) -> str:
        """The uuid of a new document of `owner`, with people by name."""
        with self.orm():
            made = factories.document(
                title,
                factories.person(owner),
                editors=[factories.person(name) for name in editors],
                commenters=[factories.person(name) for name in commenters],
                viewers=[factories.person(name) for name in viewers],
            )
            return str(made.uuid)

    def user_id(self, name: str) -> int:
        """The primary key of the account `name`."""
        with self.orm():
            return int(factories.person(name).pk)

    def rows(self, document: str) -> list[tuple[int, str | None, bytes]]:
        """The log of a document: seq, user name, payload."""
        with self.orm():
            return [
                (update.seq, update.user.username if update.user else None, bytes(update.payload))
                for update in Update.objects.filter(document__uuid=document)
                .select_related("user")
                .order_by("seq")
            ]

    def last_seq(self, document: str) -> int:
        """The number that the document's row gives for its newest update."""
        with self.orm():
            return Document.objects.get(uuid=document).last_seq

    def manage(self, *arguments: str) -> bytes:
        """What `manage.py` prints, in a process of its own; CalledProcessError if it fails."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=self._env,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout

    def export(self, document: str) -> str:
        """What `manage.py exportdocument` prints, every byte of it."""
        return self.manage("exportdocument", document).decode()


@contextmanager
def _database(url: str) -> Iterator[None]:
    """Put another database behind the alias "default" of this thread."""
    before = connections["default"]
    described = {
        **connections.settings["default"],
        **environ.Env.db_url_config(url),
    }
    backend = load_backend(described["ENGINE"])
    connections["default"] = backend.DatabaseWrapper(described, "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


def _die_with_parent() -> None:
    # A run that was killed leaves no servers behind. Linux alone has this; others do without.
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def migrated_database(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Path:
    """An empty SQLite database with all tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    with django_db_blocker.unblock(), _database(f"sqlite:///{path}"):
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture(scope="session")
def _server_in(
    migrated_database: Path, django_db_blocker: DjangoDbBlocker
) -> Generator[Callable[..., Server]]:
    made: list[Server] = []

    def start(kind: str, folder: Path, **env: str) -> Server:
        database = folder / "db.sqlite3"
        shutil.copy(migrated_database, database)
        server = Server(kind, f"sqlite:///{database}", folder, django_db_blocker, **env)
        made.append(server)
        server.start()
        return server

    yield start
    for server in made:
        _close(server)


@pytest.fixture(scope="session")
def _shared_servers() -> dict[str, Server]:
    return {}


@pytest.fixture(params=KINDS)
def server(
    request: pytest.FixtureRequest,
    _server_in: Callable[..., Server],
    _shared_servers: dict[str, Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Server]:
    """A running server, daphne and uvicorn in turn; no test may harm it."""
    kind = request.param
    if kind not in _shared_servers:
        _shared_servers[kind] = _server_in(kind, tmp_path_factory.mktemp(kind))
    shared = _shared_servers[kind]
    pid, logged = shared.pid, shared.log_size()
    yield shared
    try:
        assert shared.pid == pid
    except AssertionError:
        # The next test needs one, whatever this one did to it.
        shared.start()
        raise
    assert not shared.errors_since(logged), f"unhandled:\n{shared.errors_since(logged)}"


@pytest.fixture
def start_server(
    _server_in: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Callable[..., Server]]:
    """`start_server("uvicorn", MAX_MESSAGE_BYTES="1000")`: a server for this test alone."""
    made: list[Server] = []

    def start(kind: str, **env: str) -> Server:
        made.append(_server_in(kind, tmp_path_factory.mktemp(kind), **env))
        return made[-1]

    yield start
    for server in made:
        _close(server)
        errors = server.errors_since(0)
        assert not errors, f"unhandled:\n{errors}"


@pytest.fixture(params=KINDS)
def fresh_server(request: pytest.FixtureRequest, start_server: Callable[..., Server]) -> Server:
    """A server for this test alone, daphne and uvicorn in turn: it may be stopped and killed."""
    return start_server(request.param)


def _close(server: Server) -> None:
    try:
        server.stop()
    finally:
        if server in _running:
            _running.remove(server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of every running server's log beside a failure."""
    report = yield
    if report.failed:
        for server in _running:
            report.sections.append((f"Log of {server.kind} at {server.port}", server.tail()))
    return report
