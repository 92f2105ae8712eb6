"""Steps that take a while, told as they go: which of how many, for how long, at what."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

Command = Sequence[str | Path]

# How often a terminal's status line is renewed, in seconds.
TERMINAL_SECONDS = 0.2
# How often a log, which keeps every line, hears from a step that still runs, in seconds.
LOG_SECONDS = 20.0
# How long a program that was told to end may take, in seconds.
END_SECONDS = 10.0


class CannotContinueError(Exception):
    """What is missing, in one sentence for the person at the terminal."""


class StepFailedError(CannotContinueError):
    """A program ended with an error; its output was shown."""


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit code, what it printed and its time in seconds."""

    code: int
    output: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the program reports success."""
        return self.code == 0


class Steps:
    """Runs the steps of one job and shows how far it is.

    On a terminal each step is one line that is renewed in place. Anywhere else, such as a CI log,
    nothing is overwritten and a long step says from time to time that it still runs.
    """

    def __init__(
        self, total: int, folder: Path, environment: Callable[[], Mapping[str, str]]
    ) -> None:
        self.total = total
        self.folder = folder
        # Asked before each program, as a step may add to it.
        self.environment = environment
        self._number = 0
        self._terminal = sys.stdout.isatty()

    def do(self, title: str, command: Command) -> str:
        """Run a program that has to succeed and return what it printed."""
        finished = self.attempt(title, command)
        if not finished.ok:
            raise StepFailedError(f"{title}: {_spell(command)} ended with code {finished.code}.")
        return finished.output

    def attempt(
        self, title: str, command: Command, environment: Mapping[str, str] | None = None
    ) -> Finished:
        """Run a program, hiding its output unless it fails."""
        self._begin(title)
        started = time.monotonic()
        lines: list[str] = []
        said = started
        with _running(partial(self._start, command, subprocess.PIPE, environment)) as process:
            reader = threading.Thread(target=_collect, args=(process, lines), daemon=True)
            reader.start()
            while reader.is_alive():
                reader.join(TERMINAL_SECONDS)
                now = time.monotonic()
                if self._terminal:
                    self._status(title, now - started, lines[-1] if lines else "")
                elif now - said >= LOG_SECONDS:
                    said = now
                    print(f"      {now - started:.0f} s: {lines[-1] if lines else 'working'}")
                    sys.stdout.flush()
            code = process.wait()
        finished = Finished(code, "\n".join(lines), time.monotonic() - started)
        self._end(title, finished)
        if not finished.ok:
            print(finished.output, flush=True)
        return finished

    def show(self, title: str, command: Command) -> Finished:
        """Run a program that shows its own progress."""
        self._begin(title)
        if self._terminal:
            print()
        started = time.monotonic()
        with _running(partial(self._start, command, None, None)) as process:
            code = process.wait()
        finished = Finished(code, "", time.monotonic() - started)
        self._end(title, finished)
        return finished

    def skip(self, title: str, why: str) -> None:
        """Count a step that has nothing to do."""
        self._number += 1
        print(f"{self._place} {title}: {why}", flush=True)

    def _start(
        self, command: Command, output: int | None, environment: Mapping[str, str] | None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.environment(), **(environment or {})},
            stdin=subprocess.DEVNULL if output else None,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )

    @property
    def _place(self) -> str:
        return f"[{self._number}/{self.total}]"

    def _begin(self, title: str) -> None:
        self._number += 1
        end = "" if self._terminal else "\n"
        print(f"{self._place} {title} ...", end=end, flush=True)

    def _status(self, title: str, seconds: float, line: str) -> None:
        text = f"{self._place} {title} ... {seconds:.0f} s  {line.strip()}"
        width = os.get_terminal_size().columns if self._terminal else 80
        print(f"\r\033[K{text[: width - 1]}", end="", flush=True)

    def _end(self, title: str, finished: Finished) -> None:
        start = "\r\033[K" if self._terminal else ""
        word = "done in" if finished.ok else "FAILED after"
        print(f"{start}{self._place} {title}: {word} {finished.seconds:.1f} s", flush=True)


def run(job: Callable[[], int]) -> NoReturn:
    """Do a whole job and exit: with a sentence and no traceback when it cannot be done."""
    # Ended from outside, we end what we started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        sys.exit(job())
    except CannotContinueError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped. Running it again goes on from here.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


def _collect(process: subprocess.Popen[bytes], lines: list[str]) -> None:
    for line in process.stdout or ():
        # npm and pip redraw a line with carriage returns; the last state is what counts.
        text = line.decode(errors="replace").rstrip("\r\n")
        lines.append(text.rsplit("\r", 1)[-1])


@contextmanager
def _running(start: Callable[[], subprocess.Popen[bytes]]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program that is not left running, however we come to leave."""
    process = None
    try:
        with _signals_later():
            process = start()
        yield process
    except BaseException as error:
        if process is not None:
            # Ctrl-C has reached the program too, being in the terminal's foreground: let it end.
            if not isinstance(error, KeyboardInterrupt):
                process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        raise


@contextmanager
def _signals_later() -> Iterator[None]:
    """Hear of Ctrl-C and SIGTERM at the end: a program half started is one that nobody ends."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    came: list[int] = []
    before = [signal.signal(number, lambda number, _: came.append(number)) for number in numbers]
    try:
        yield
    finally:
        for each, handler in zip(numbers, before, strict=True):
            signal.signal(each, handler)
    for first in came[:1]:
        signal.raise_signal(first)


def _spell(command: Command) -> str:
    return " ".join(str(part) for part in command)
