"""What the engine asks about rights and sessions."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session as SessionRow
from django.utils import timezone
from pytest_django import Settings

from editor.models import Document
from editor.sync.access import Session, access, ended, rights
from tests.people import browser

pytestmark = pytest.mark.django_db


def test_access_is_what_permissions_say(
    document: Document, alice: User, bob: User, charlie: User
) -> None:
    document.collaborators.update(role="viewer")
    document.refresh_from_db()
    granted = access(alice, document.uuid)
    assert granted is not None
    assert granted.can_edit
    assert granted.epoch == document.access_epoch
    viewing = access(bob, document.uuid)
    assert viewing is not None
    assert not viewing.can_edit
    assert access(charlie, document.uuid) is None
    assert access(alice, uuid4()) is None
    current = rights(document.pk, [alice.pk, bob.pk, charlie.pk])
    assert current is not None
    assert current.can_edit == {alice.pk: True, bob.pk: False}


def test_nobody_has_access_to_what_is_in_the_trash(document: Document, alice: User) -> None:
    document.trash()
    assert access(alice, document.uuid) is None
    assert rights(document.pk, [alice.pk]) is None


def signed_in(user: User) -> Session:
    return Session(browser(user).session.session_key, user.pk, user.password)


def test_session_lasts_until_it_is_signed_out(alice: User, bob: User) -> None:
    client = browser(alice)
    mine = Session(client.session.session_key, alice.pk, alice.password)
    other = signed_in(bob)
    assert ended({mine, other}) == set()
    client.logout()
    assert ended({mine, other}) == {mine}


@pytest.mark.parametrize("ending", ["expired", "password", "inactive", "deleted"])
def test_session_ends_with_whatever_it_rests_on(charlie: User, ending: str) -> None:
    session = signed_in(charlie)
    if ending == "expired":
        SessionRow.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    elif ending == "password":
        charlie.set_password("another pass phrase")
        charlie.save()
    elif ending == "inactive":
        User.objects.filter(pk=charlie.pk).update(is_active=False)
    else:
        charlie.delete()
    assert ended({session}) == {session}


def test_session_that_is_kept_elsewhere_ends_with_its_account_alone(
    charlie: User, settings: Settings
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    session = Session("in the cookie", charlie.pk, charlie.password)
    assert ended({session}) == set()
    assert ended({Session(None, charlie.pk, "another")}) != set()
