from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from editor.models import Document
from editor.permissions import role_of

from .people import browser, text


def share(owner: User, document: Document, name: str, role: str = "editor") -> tuple[int, str]:
    """The status and, where it is not a redirect, the page."""
    response = browser(owner).post(
        f"/documents/{document.uuid}/sharing/", {"name": name, "role": role}
    )
    return response.status_code, text(response)


@pytest.mark.parametrize(
    "name", ["charlie", "charlie@example.org", "CHARLIE@example.org", "Charlie"]
)
@pytest.mark.parametrize("role", ["viewer", "commenter", "editor"])
def test_the_owner_lets_somebody_in_by_name_or_address(
    alice: User, charlie: User, document: Document, name: str, role: str
) -> None:
    assert share(alice, document, name, role)[0] == 302
    assert role_of(charlie, document) == role
    page = text(browser(alice).get(f"/documents/{document.uuid}/sharing/"))
    assert "charlie" in page


def test_the_page_says_how_others_get_to_the_document(alice: User, document: Document) -> None:
    page = text(browser(alice).get(f"/documents/{document.uuid}/sharing/"))
    assert f'value="http://testserver/documents/{document.uuid}/"' in page
    assert "Shared with me" in page
    # Without a script there is nothing to press.
    assert 'data-copy="address" hidden' in page


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "Say who"),
        ("nobody", "Nobody here has the username or e-mail address “nobody”"),
        ("alice", "You own this document"),
        ("alice@example.org", "You own this document"),
        ("bob", "bob is in the list already"),
    ],
)
def test_a_name_that_cannot_be_comes_back_as_typed_with_the_reason(
    alice: User, document: Document, name: str, reason: str
) -> None:
    status, page = share(alice, document, name, "viewer")
    assert status == 400
    assert reason in page
    assert f'value="{name}"' in page or not name
    assert document.collaborators.count() == 1


def test_a_role_that_nobody_knows_is_refused(
    alice: User, charlie: User, document: Document
) -> None:
    for role in ("owner", "king", ""):
        assert share(alice, document, "charlie", role)[0] == 400
    assert role_of(charlie, document) is None


def test_an_address_of_two_accounts_is_nobodys(
    alice: User, charlie: User, document: Document
) -> None:
    twin = User.objects.create_user("twin", "charlie@example.org")
    status, page = share(alice, document, "charlie@example.org")
    assert status == 400
    assert "More than one account" in page
    assert share(alice, document, "twin")[0] == 302
    assert role_of(twin, document) == "editor"
    assert role_of(charlie, document) is None


def test_who_takes_an_address_for_a_user_name_is_not_given_what_was_meant_for_another(
    alice: User, charlie: User, document: Document
) -> None:
    thief = User.objects.create_user("charlie@example.org")
    assert share(alice, document, "charlie@example.org")[0] == 400
    assert role_of(thief, document) is None


def test_names_that_differ_in_case_alone_are_two_people(alice: User, document: Document) -> None:
    small, large = User.objects.create_user("dora"), User.objects.create_user("Dora")
    assert share(alice, document, "DORA")[0] == 400
    assert share(alice, document, "Dora")[0] == 302
    assert role_of(large, document) == "editor"
    assert role_of(small, document) is None


def test_a_deactivated_account_is_not_found(alice: User, charlie: User, document: Document) -> None:
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert share(alice, document, "charlie")[0] == 400


def test_the_owner_changes_a_role_and_takes_it_away(
    alice: User, bob: User, document: Document
) -> None:
    at = f"/documents/{document.uuid}/sharing/{bob.pk}"
    epochs = [Document.objects.get(pk=document.pk).access_epoch]
    browser(alice).post(f"{at}/role", {"role": "viewer"})
    assert role_of(bob, document) == "viewer"
    epochs.append(Document.objects.get(pk=document.pk).access_epoch)
    browser(alice).post(f"{at}/role", {"role": "owner"})
    assert role_of(bob, document) == "viewer", "ownership is not given away by a role"
    browser(alice).post(f"{at}/remove")
    assert role_of(bob, document) is None
    epochs.append(Document.objects.get(pk=document.pk).access_epoch)
    assert epochs == sorted(set(epochs)), "open editors notice each"
    assert browser(alice).post(f"{at}/remove").status_code == 404, "pressed twice"


def test_an_owner_cannot_reach_into_another_document(
    alice: User, bob: User, charlie: User, document: Document
) -> None:
    mine = Document.objects.create(title="mine.py", owner=charlie)
    answer = browser(charlie).post(f"/documents/{mine.uuid}/sharing/{bob.pk}/remove")
    assert answer.status_code == 404
    assert role_of(bob, document) == "editor"


def test_a_collaborator_lets_nobody_in_nor_changes_their_own_role(
    bob: User, charlie: User, document: Document
) -> None:
    at = f"/documents/{document.uuid}/sharing/"
    assert browser(bob).post(at, {"name": "charlie", "role": "editor"}).status_code == 403
    assert browser(bob).post(f"{at}{bob.pk}/role", {"role": "viewer"}).status_code == 403
    assert role_of(charlie, document) is None
    assert role_of(bob, document) == "editor"


def test_the_page_takes_as_many_queries_for_many_people_as_for_one(
    alice: User, document: Document, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        person = User.objects.create_user(f"person{number}")
        document.collaborators.create(user=person, role="viewer")
    client = browser(alice)
    # Session, person, document, the owner's role (two), people.
    with django_assert_num_queries(6):
        client.get(f"/documents/{document.uuid}/sharing/")
