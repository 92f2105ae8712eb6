"""Every page of a document, asked for by each kind of person."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from editor.models import Document

from .people import browser, led_to, text

# Name, method, and what owner, editor and viewer are answered.
PAGES = [
    ("document", "get", 200, 200, 200),
    ("rename_document", "get", 200, 200, 403),
    ("rename_document", "post", 302, 302, 403),
    ("trash_document", "post", 302, 403, 403),
    ("restore_document", "post", 302, 403, 403),
    ("sharing", "get", 200, 403, 403),
    ("sharing", "post", 302, 403, 403),
    ("change_role", "post", 302, 403, 403),
    ("remove_collaborator", "post", 302, 403, 403),
]
each_page = pytest.mark.parametrize(("name", "method", "owner", "editor", "viewer"), PAGES)
BODY = {"title": "new.py", "name": "dora", "role": "viewer"}


@pytest.fixture
def dora(db: None) -> User:
    """A viewer."""
    return User.objects.create_user("dora")


def address(name: str, uuid: UUID, bob: User) -> str:
    named_person = name in ("change_role", "remove_collaborator")
    return reverse(name, args=[uuid, bob.pk] if named_person else [uuid])


@each_page
def test_each_role_is_answered_by_what_it_may_do(
    name: str,
    method: str,
    owner: int,
    editor: int,
    viewer: int,
    alice: User,
    bob: User,
    dora: User,
    document: Document,
) -> None:
    url = address(name, document.uuid, bob)
    erin = User.objects.create_user("erin")
    document.collaborators.create(user=erin, role="viewer")
    for person, expected in ((erin, viewer), (bob, editor), (alice, owner)):
        response = getattr(browser(person), method)(url, BODY)
        assert response.status_code == expected, person


@each_page
def test_a_stranger_cannot_tell_a_document_from_one_that_does_not_exist(
    name: str,
    method: str,
    owner: int,
    editor: int,
    viewer: int,
    bob: User,
    charlie: User,
    document: Document,
) -> None:
    client = browser(charlie)
    real = getattr(client, method)(address(name, document.uuid, bob), BODY)
    absent = getattr(client, method)(address(name, uuid4(), bob), BODY)
    assert real.status_code == absent.status_code == 404
    assert real.content == absent.content
    assert real.headers.items() == absent.headers.items()
    assert real.cookies == absent.cookies


@each_page
def test_a_collaborator_cannot_tell_a_trashed_document_from_an_absent_one(
    name: str,
    method: str,
    owner: int,
    editor: int,
    viewer: int,
    bob: User,
    document: Document,
) -> None:
    document.trash()
    client = browser(bob)
    trashed = getattr(client, method)(address(name, document.uuid, bob), BODY)
    absent = getattr(client, method)(address(name, uuid4(), bob), BODY)
    assert trashed.status_code == absent.status_code == 404
    assert trashed.content == absent.content


@each_page
def test_a_visitor_is_sent_to_sign_in_whether_the_document_exists_or_not(
    name: str,
    method: str,
    owner: int,
    editor: int,
    viewer: int,
    bob: User,
    document: Document,
) -> None:
    for uuid in (document.uuid, uuid4()):
        response = getattr(browser(None), method)(address(name, uuid, bob), BODY)
        assert led_to(response).startswith("/accounts/login/?next=/documents/" + str(uuid))


@each_page
def test_a_deactivated_account_is_signed_out(
    name: str,
    method: str,
    owner: int,
    editor: int,
    viewer: int,
    alice: User,
    bob: User,
    document: Document,
) -> None:
    client = browser(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = getattr(client, method)(address(name, document.uuid, bob), BODY)
    assert "/accounts/login/" in led_to(response)


@pytest.mark.parametrize("name", [name for name, method, *_ in PAGES if method == "post"])
def test_another_site_cannot_post_in_somebodys_name(
    name: str, alice: User, bob: User, document: Document
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post(address(name, document.uuid, bob), BODY)
    assert response.status_code == 403
    assert "This form has expired" in text(response)
    document.refresh_from_db()
    assert (document.title, document.trashed_at) == ("main.py", None)
    assert [each.user for each in document.collaborators.all()] == [bob]


@pytest.mark.parametrize(
    "name", ["trash_document", "restore_document", "change_role", "remove_collaborator"]
)
def test_a_link_changes_nothing(name: str, alice: User, bob: User, document: Document) -> None:
    assert browser(alice).get(address(name, document.uuid, bob)).status_code == 405


def test_a_document_may_be_named_by_nothing_but_its_uuid(alice: User, document: Document) -> None:
    assert browser(alice).get(f"/documents/{document.pk}/").status_code == 404


def test_pages_are_not_kept_where_the_next_person_at_the_machine_finds_them(
    alice: User, document: Document
) -> None:
    for url in ("/", document.get_absolute_url(), reverse("sharing", args=[document.uuid])):
        assert "no-store" in browser(alice).get(url).headers["Cache-Control"]


def test_stranger_sees_our_page_and_no_list_of_addresses_while_debugging(
    charlie: User, document: Document, settings: Settings
) -> None:
    settings.DEBUG = True
    page = browser(charlie).get(document.get_absolute_url())
    assert page.status_code == 404
    assert "URLconf" not in text(page)
    assert "404.html" in [template.name for template in page.templates]
