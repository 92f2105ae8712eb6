"""The one writer of the log.

`append` writes the batches of many documents in one transaction; when it returns, they are on the
disk. Whole transactions, synchronous, for a thread of their own: Django's ORM has no asynchronous
`atomic`, and the shared thread would let one slow query stall every socket.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from editor.models import Document, Update

from .batch import Batch
from .log import LogEntry
from .room import Room

if TYPE_CHECKING:
    from django.db.models import QuerySet

_INSERT: Final = (
    "INSERT INTO editor_update (document_id, seq, user_id, payload, created_at)"
    " VALUES (%s, %s, %s, %s, %s)"
)
_ADVANCE: Final = "UPDATE editor_document SET last_seq = %s, updated_at = %s WHERE id = %s"
# Entries read from the log at a time.
_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Committed:
    """A batch is in the log, its first row as `first_seq`; `gap` is what others wrote before it."""

    first_seq: int
    gap: Sequence[LogEntry]


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing was written: who may do what has changed since the batch was made."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing was written: there is no such document any more."""


Outcome = Committed | Stale | Gone


@dataclass(frozen=True, slots=True)
class Head:
    """How far a document is, in the database."""

    last_seq: int
    access_epoch: int


def append(batches: Sequence[Batch]) -> list[Outcome]:
    """Write batches of different documents in one transaction; the outcome of each.

    Raises Django's database errors; nothing was written then.
    """
    outcomes: list[Outcome] = []
    with transaction.atomic(durable=True):
        heads = _lock([batch.document_id for batch in batches])
        rows: list[tuple[int, int, int | None, bytes, str | None]] = []
        advances: list[tuple[int, str | None, int]] = []
        written = connection.ops.adapt_datetimefield_value(timezone.now())
        for batch in batches:
            head = heads.get(batch.document_id)
            if head is None:
                outcomes.append(Gone())
                continue
            if head.access_epoch != batch.epoch:
                outcomes.append(Stale())
                continue
            seq = head.last_seq
            for seq, row in enumerate(batch.rows, head.last_seq + 1):
                rows.append((batch.document_id, seq, row.user_id, row.payload, written))
            advances.append((seq, written, batch.document_id))
            between = gap(batch.document_id, batch.seq) if head.last_seq > batch.seq else ()
            outcomes.append(Committed(head.last_seq + 1, between))
        if rows:
            # Django's bulk_create costs more than twice as much.
            with connection.cursor() as cursor:
                cursor.executemany(_INSERT, rows)
                cursor.executemany(_ADVANCE, advances)
    return outcomes


def _lock(document_ids: list[int]) -> dict[int, Head]:
    """Lock rows, in one order for everybody; SQLite has locked the database already."""
    documents = (
        Document.objects.select_for_update(of=("self",)).filter(pk__in=document_ids).order_by("pk")
    )
    return _heads(documents)


def heads(document_ids: Iterable[int]) -> dict[int, Head]:
    """How far documents are, by id; one query."""
    return _heads(Document.objects.filter(pk__in=list(document_ids)))


def _heads(documents: QuerySet[Document]) -> dict[int, Head]:
    return {
        pk: Head(last_seq, access_epoch)
        for pk, last_seq, access_epoch in documents.values_list("pk", "last_seq", "access_epoch")
    }


def gap(document_id: int, after: int) -> list[LogEntry]:
    """What is in the log behind entry `after`."""
    return list(entries(document_id, after))


def entries(document_id: int, after: int = 0) -> Generator[LogEntry, None, None]:
    """The log of a document behind entry `after`, in order."""
    log = Update.objects.filter(document_id=document_id, seq__gt=after).order_by("seq")
    for seq, payload in log.values_list("seq", "payload").iterator(chunk_size=_CHUNK):
        yield LogEntry(seq, bytes(payload))


def load(uuid: UUID, *, max_length: int | None = None) -> Room | None:
    """A room with everything in the log; None when there is no such document.

    Raises `log.DamagedError`.
    """
    found = Document.objects.filter(uuid=uuid).values_list("pk", "access_epoch").first()
    if found is None:
        return None
    room = Room(found[0], epoch=found[1], max_length=max_length)
    # Closed at once when it does not fit: a cursor left open outlives its connection.
    with closing(entries(room.document_id)) as log:
        room.load(log)
    return room
