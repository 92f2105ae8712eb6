from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from editor.sync import journal
from editor.sync.log import DamagedError


class Command(BaseCommand):
    """Print a document's text from durable storage alone, byte for byte, as UTF-8.

    No server has to run, and none is asked: what this prints is what was saved. Documents in the
    trash are exported too.
    """

    help = "Print a document's text, as it is saved: UTF-8, line ends unchanged, nothing added."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("uuid", help="the document's UUID, as in its address")
        parser.add_argument("--output", metavar="FILE", type=Path, help="write to FILE instead")

    def handle(self, *, uuid: str, output: Path | None, **options: Any) -> None:
        text = saved_text(uuid)
        if output is None:
            self._print(text)
            return
        try:
            output.write_bytes(text.encode())
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error

    def _print(self, text: str) -> None:
        # Bytes: neither the locale's encoding nor a newline of Django's gets in.
        raw: BinaryIO | None = getattr(self.stdout, "buffer", None)
        if raw is None:
            self.stdout.write(text, ending="")
        else:
            raw.write(text.encode())
            raw.flush()


def saved_text(uuid: str) -> str:
    """Build a document's text from its log; CommandError says why it cannot be done."""
    try:
        identifier = UUID(uuid)
    except ValueError:
        raise CommandError(
            f"{uuid!r} is not a document's UUID: expected 32 hexadecimal digits, "
            "such as 123e4567-e89b-12d3-a456-426614174000."
        ) from None
    try:
        room = journal.load(identifier)
    except DamagedError as error:
        raise CommandError(f"The log of document {identifier} is damaged: {error}") from error
    if room is None:
        raise CommandError(f"There is no document {identifier}.")
    return str(room.text)
