from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User

from editor.models import Collaborator, Document
from editor.permissions import Role, document_for, documents_for, role_of, roles_in, roles_of


def test_the_owner_a_collaborator_a_stranger_and_a_visitor(
    alice: User, bob: User, charlie: User, document: Document
) -> None:
    assert role_of(alice, document) is Role.OWNER
    assert role_of(bob, document) is Role.EDITOR
    assert role_of(charlie, document) is None
    assert role_of(AnonymousUser(), document) is None
    assert list(documents_for(alice)) == [document]
    assert list(documents_for(bob)) == [document]
    assert not documents_for(charlie).exists()
    assert not documents_for(AnonymousUser()).exists()


@pytest.mark.parametrize(
    ("role", "can_edit", "can_manage"),
    [
        (Role.VIEWER, False, False),
        (Role.COMMENTER, False, False),
        (Role.EDITOR, True, False),
        (Role.OWNER, True, True),
    ],
)
def test_a_viewer_can_never_change_anything(role: Role, can_edit: bool, can_manage: bool) -> None:
    assert role.can_edit is can_edit
    assert role.can_manage is can_manage


def test_every_role_that_is_stored_is_known_and_owner_is_not_among_them() -> None:
    assert set(Collaborator.Role.values) == set(Role) - {Role.OWNER}


def test_a_deactivated_account_has_no_role_even_as_owner(
    alice: User, bob: User, document: Document
) -> None:
    for person in (alice, bob):
        person.is_active = False
        person.save()
        assert role_of(person, document) is None
        assert not documents_for(person).exists()
        assert roles_in(person, [document]) == {}


def test_an_account_deactivated_since_it_was_read_has_no_role(
    bob: User, document: Document
) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert bob.is_active, "read before"
    assert role_of(bob, document) is None


def test_a_removed_collaborator_has_no_role(bob: User, document: Document) -> None:
    document.collaborators.all().delete()
    assert role_of(bob, document) is None
    assert not documents_for(bob).exists()


def test_an_owner_who_was_also_given_a_role_is_the_owner_once(
    alice: User, document: Document
) -> None:
    document.collaborators.create(user=alice, role="viewer")
    assert role_of(alice, document) is Role.OWNER
    assert roles_in(alice, [document]) == {document.pk: Role.OWNER}
    assert list(documents_for(alice)) == [document]


def test_an_administrator_has_no_role_by_being_one(document: Document) -> None:
    root = User.objects.create_superuser("root")
    assert role_of(root, document) is None
    assert document_for(root, document.uuid) is None


def test_the_roles_of_several_people_leave_out_who_has_none(
    alice: User, bob: User, charlie: User, document: Document
) -> None:
    asked = [alice.pk, bob.pk, charlie.pk, 0]
    assert roles_of(asked, document) == {alice.pk: Role.OWNER, bob.pk: Role.EDITOR}


def test_the_roles_of_one_person_in_several_documents(
    bob: User, charlie: User, document: Document
) -> None:
    own = Document.objects.create(title="own.py", owner=bob)
    other = Document.objects.create(title="other.py", owner=charlie)
    assert roles_in(bob, [document, own, other]) == {
        document.pk: Role.EDITOR,
        own.pk: Role.OWNER,
    }
    assert roles_in(AnonymousUser(), [document]) == {}


def test_absent_and_forbidden_are_one_answer(charlie: User, document: Document) -> None:
    assert document_for(charlie, document.uuid) is None
    assert document_for(charlie, uuid4()) is None


def test_a_document_in_the_trash_is_there_for_its_owner_alone(
    alice: User, bob: User, document: Document
) -> None:
    document.trash()
    assert document_for(alice, document.uuid) == (document, Role.OWNER)
    assert document_for(bob, document.uuid) is None
    document.restore()
    assert document_for(bob, document.uuid) == (document, Role.EDITOR)
