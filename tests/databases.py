"""Throw-away database servers for tests that need a real one.

Each is started at the first call, serves the whole test process, listens where nobody else looks
(a Unix socket in a folder of its own) and ends with the process.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

# How long a server may take until it answers, in seconds; a busy machine needs about three.
START_SECONDS = 60.0


@cache
def temporary_postgres() -> str:
    """Start PostgreSQL and return its `DATABASE_URL`: the database and user are `postgres`.

    Durability is off, as nothing in it outlives the tests. Raises FileNotFoundError where
    PostgreSQL is not installed.
    """
    binaries = _postgres_binaries()
    folder = _temporary_folder("postgres-")
    # PostgreSQL refuses to run as root, so root starts it as Debian's user for it.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
    cluster = folder / "cluster"
    subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={cluster}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    log = folder / "log"
    server = subprocess.Popen(
        [
            binaries / "postgres",
            *("-D", cluster),
            *("-k", folder),
            *("-c", "listen_addresses="),
            *("-c", "fsync=off"),
            *("-c", "full_page_writes=off"),
        ],
        cwd=folder,
        user=user,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        # Ctrl-C is for the tests; they end the server when they have finished with it.
        start_new_session=True,
    )
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
    atexit.register(_end, server, signal.SIGINT)
    _wait_for(
        server,
        [binaries / "pg_isready", "--quiet", f"--host={folder}", "--username=postgres"],
        log,
    )
    return f"postgres://postgres@/postgres?host={folder}"


@cache
def temporary_redis() -> str:
    """Start Redis and return its `REDIS_URL`.

    Raises FileNotFoundError where Redis is not installed.
    """
    binary = shutil.which("redis-server")
    client = shutil.which("redis-cli")
    if binary is None or client is None:
        raise FileNotFoundError("redis-server is not installed; script/test installs it")
    folder = _temporary_folder("redis-")
    socket = folder / "redis.sock"
    log = folder / "log"
    server = subprocess.Popen(
        [binary, "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""],
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    atexit.register(_end, server, signal.SIGTERM)
    _wait_for(server, [client, "-s", socket, "--no-auth-warning", "ping"], log)
    return f"unix://{socket}"


def _postgres_binaries() -> Path:
    # Debian keeps a folder for each version, and off the PATH.
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    for folder in reversed(versions):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    found = shutil.which("initdb")
    if found is None:
        raise FileNotFoundError("PostgreSQL is not installed; script/test installs it")
    return Path(found).parent


def _temporary_folder(prefix: str) -> Path:
    # Not under TMPDIR: a Unix socket's path may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _end(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if server.poll() is not None:
        return
    server.send_signal(how)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], question: list[str | Path], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(question, capture_output=True).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The server did not start: {log.read_text(errors='replace')}")
        time.sleep(0.05)
