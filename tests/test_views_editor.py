"""What the editor's page tells its script."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from editor.models import Document
from editor.permissions import role_of
from editor.views.document import editor_config

from .people import browser


def test_the_script_is_told_who_one_is_and_what_one_may_do(
    bob: User, document: Document, settings: Settings
) -> None:
    response = browser(bob).get(document.get_absolute_url())
    assert response.context["document"] == document
    assert response.context["role"] == "editor"
    at = f"/documents/{document.uuid}/"
    assert response.context["editor_config"] == {
        "uuid": str(document.uuid),
        "title": "main.py",
        "role": "editor",
        "canEdit": True,
        "user": {"id": bob.pk, "name": "bob"},
        "socketPath": f"/ws/documents/{document.uuid}",
        "renameUrl": f"{at}rename",
        "sharingUrl": None,
        "documentsUrl": "/",
        "loginUrl": f"/accounts/login/?next=%2Fdocuments%2F{document.uuid}%2F",
        "maxMessageBytes": settings.MAX_MESSAGE_BYTES,
        "maxDocumentLength": settings.MAX_DOCUMENT_LENGTH,
    }


@pytest.mark.parametrize("given", ["viewer", "commenter"])
def test_who_may_only_read_is_told_so(document: Document, charlie: User, given: str) -> None:
    document.collaborators.create(user=charlie, role=given)
    role = role_of(charlie, document)
    assert role is not None
    config = editor_config(document, role, charlie)
    assert (config["role"], config["canEdit"]) == (given, False)


def test_the_owner_is_led_to_sharing(document: Document, alice: User) -> None:
    alice.first_name, alice.last_name = "Alice", "Liddell"
    role = role_of(alice, document)
    assert role is not None
    config = editor_config(document, role, alice)
    assert config["sharingUrl"] == f"/documents/{document.uuid}/sharing/"
    assert config["user"]["name"] == "Alice Liddell"


def test_a_title_cannot_end_the_script_it_is_told_in(alice: User) -> None:
    document = Document.objects.create(title="</script><script>alert(1)</script>", owner=alice)
    page = browser(alice).get(document.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
