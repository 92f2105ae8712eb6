from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.db.models import ProtectedError
from pytest_django import DjangoAssertNumQueries

from editor.models import Collaborator, Document


def epoch(document: Document) -> int:
    return Document.objects.get(pk=document.pk).access_epoch


def test_the_test_database_is_a_file_because_the_engine_uses_threads(db: None) -> None:
    if connection.vendor == "sqlite":
        assert "memory" not in str(connection.settings_dict["NAME"])


def test_a_document_has_an_address_that_cannot_be_guessed(alice: User) -> None:
    one, two = (Document.objects.create(title="a.py", owner=alice) for _ in range(2))
    assert one.uuid != two.uuid
    assert one.get_absolute_url() == f"/documents/{one.uuid}/"


def test_an_account_that_owns_documents_cannot_take_them_along(
    alice: User, document: Document
) -> None:
    with pytest.raises(ProtectedError):
        alice.delete()


def test_a_person_has_one_role_in_a_document(document: Document, bob: User) -> None:
    with pytest.raises(IntegrityError):
        Collaborator.objects.create(document=document, user=bob, role="viewer")


def test_a_role_that_nobody_knows_is_not_stored(document: Document, charlie: User) -> None:
    with pytest.raises(IntegrityError):
        Collaborator.objects.create(document=document, user=charlie, role="king")


def test_every_change_of_access_moves_the_epoch_so_that_open_editors_ask_anew(
    document: Document, charlie: User
) -> None:
    seen = [epoch(document)]

    def moved() -> bool:
        seen.append(epoch(document))
        return seen[-1] > seen[-2]

    given = document.collaborators.create(user=charlie, role="viewer")
    assert moved(), "given a role"
    given.role = "editor"
    given.save()
    assert moved(), "given another role"
    document.collaborators.filter(user=charlie).delete()
    assert moved(), "removed by a queryset, as the admin does"
    document.trash()
    assert moved(), "trashed"
    document.restore()
    assert moved(), "restored"
    document.owner = charlie
    document.save()
    assert moved(), "has a new owner"


def test_switching_an_account_off_or_on_moves_the_epoch_of_all_that_it_may_open(
    alice: User, bob: User, charlie: User, document: Document
) -> None:
    trashed = Document.objects.create(title="trashed.py", owner=bob)
    trashed.trash()
    unrelated = Document.objects.create(title="unrelated.py", owner=charlie)

    def epochs() -> list[int]:
        return [epoch(each) for each in (document, trashed, unrelated)]

    seen = epochs()
    bob.is_active = False
    bob.save()
    assert epochs() == [seen[0] + 1, seen[1] + 1, seen[2]], "a collaborator's"
    bob.is_active = True
    bob.save(update_fields=["is_active"])
    assert epochs() == [seen[0] + 2, seen[1] + 2, seen[2]], "on again"
    alice.is_active = False
    alice.save()
    assert epochs() == [seen[0] + 3, seen[1] + 2, seen[2]], "the owner's"


def test_signing_in_asks_no_open_editor_anew(
    bob: User, document: Document, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = epoch(document)
    with django_assert_num_queries(1):
        bob.save(update_fields=["last_login"])
    assert epoch(document) == before


def test_an_account_is_switched_off_in_one_query_however_much_it_may_open(
    bob: User, charlie: User, document: Document, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        Document.objects.create(title=f"{number}.py", owner=charlie).collaborators.create(user=bob)
    bob.is_active = False
    with django_assert_num_queries(2):
        bob.save()


def test_a_role_that_is_moved_to_another_document_is_noticed_in_both(
    alice: User, document: Document
) -> None:
    other = Document.objects.create(title="other.py", owner=alice)
    before = epoch(document), epoch(other)
    moved = Collaborator.objects.get()
    moved.document = other
    moved.save()
    assert epoch(document) > before[0], "or who was moved goes on editing it"
    assert epoch(other) > before[1]


def test_a_new_title_asks_no_open_editor_anew(document: Document) -> None:
    before = epoch(document)
    document.title = "renamed.py"
    document.save(update_fields=["title"])
    assert epoch(document) == before
    for column in ("owner", "owner_id", "trashed_at"):
        document.save(update_fields=["title", column])
    assert epoch(document) == before + 3


def test_saving_a_title_does_not_undo_what_the_journal_counted_meanwhile(
    document: Document,
) -> None:
    stale = Document.objects.get(pk=document.pk)
    Document.objects.filter(pk=document.pk).update(last_seq=7)
    stale.trash()
    assert Document.objects.get(pk=document.pk).last_seq == 7
