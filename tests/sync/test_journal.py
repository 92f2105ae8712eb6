"""The writer of the log, on the database."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from editor.models import Collaborator, Document, Update
from editor.sync import journal
from editor.sync.batch import Batch, Row
from editor.sync.journal import Committed, Gone, Stale
from editor.sync.log import DamagedError, LogEntry
from tests.frames import typed

pytestmark = pytest.mark.django_db


def batch(document: Document, *rows: Row, seq: int = 0) -> Batch:
    document.refresh_from_db()
    return Batch(document.pk, seq, document.access_epoch, rows, ())


def test_rows_are_numbered_without_gaps_across_batches(
    document: Document, alice: User, bob: User
) -> None:
    first = journal.append(
        [batch(document, Row(alice.pk, typed(1, 0, "a")), Row(bob.pk, typed(2, 0, "b")))]
    )
    second = journal.append([batch(document, Row(None, typed(3, 0, "c")), seq=2)])
    assert first == [Committed(1, ())]
    assert second == [Committed(3, ())]
    log = list(Update.objects.values_list("seq", "user_id"))
    assert log == [(1, alice.pk), (2, bob.pk), (3, None)]
    before = document.updated_at
    document.refresh_from_db()
    assert document.last_seq == 3
    assert document.updated_at > before


def test_many_documents_share_a_transaction_and_each_has_its_own_outcome(
    document: Document, alice: User
) -> None:
    other = Document.objects.create(title="other.py", owner=alice)
    gone = Document.objects.create(title="gone.py", owner=alice)
    batches = [batch(d, Row(alice.pk, typed(1, 0, "a"))) for d in (document, other, gone)]
    other.trash()
    gone.delete()
    assert journal.append(batches) == [Committed(1, ()), Stale(), Gone()]
    assert list(Update.objects.values_list("document_id", flat=True)) == [document.pk]


def test_what_others_wrote_comes_back_with_the_commit(document: Document, alice: User) -> None:
    journal.append([batch(document, Row(alice.pk, typed(1, 0, "a")))])
    (outcome,) = journal.append([batch(document, Row(alice.pk, typed(2, 0, "b")), seq=0)])
    assert outcome == Committed(2, [LogEntry(1, typed(1, 0, "a"))])


def test_change_of_rights_stops_a_batch_of_the_old_ones(document: Document, alice: User) -> None:
    old = batch(document, Row(alice.pk, typed(1, 0, "a")))
    document.collaborators.get().delete()
    assert journal.append([old]) == [Stale()]
    assert not Update.objects.exists()


@pytest.mark.parametrize("change", ["update", "owner", "queryset"])
def test_every_way_to_change_rights_is_noticed(
    document: Document, charlie: User, change: str
) -> None:
    document.refresh_from_db()
    before = document.access_epoch
    if change == "update":
        collaborator = document.collaborators.get()
        collaborator.role = Collaborator.Role.VIEWER
        collaborator.save()
    elif change == "owner":
        document.owner = charlie
        document.save()
    else:
        document.collaborators.all().delete()
    document.refresh_from_db()
    assert document.access_epoch > before


@pytest.mark.django_db(transaction=True)
def test_transaction_that_fails_writes_nothing(document: Document, alice: User) -> None:
    other = Document.objects.create(title="other.py", owner=alice)
    good = batch(document, Row(alice.pk, typed(1, 0, "a")))
    nobody = batch(other, Row(10**9, typed(1, 0, "a")))
    with pytest.raises(IntegrityError):
        journal.append([good, nobody])
    document.refresh_from_db()
    assert document.last_seq == 0
    assert not Update.objects.exists()


def test_room_is_loaded_from_the_log(document: Document, alice: User) -> None:
    journal.append([batch(document, Row(alice.pk, typed(1, 0, "hi 😀")))])
    room = journal.load(document.uuid)
    assert room is not None
    assert str(room.text) == "hi 😀"
    assert room.seq == 1
    document.refresh_from_db()
    assert room.epoch == document.access_epoch
    assert journal.load(uuid4()) is None


def test_log_with_a_missing_row_is_not_read_as_if_it_were_whole(
    document: Document, alice: User
) -> None:
    rows = [Row(alice.pk, typed(n, 0, "a")) for n in (1, 2, 3)]
    journal.append([batch(document, *rows)])
    Update.objects.filter(seq=2).delete()
    with pytest.raises(DamagedError, match="expected entry 2"):
        journal.load(document.uuid)
