from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from editor.models import Document

from .people import browser, led_to, text


def post(person: User, document: Document, verb: str, **fields: str) -> str:
    """The address that the answer leads to."""
    response = browser(person).post(f"/documents/{document.uuid}/{verb}", fields)
    return led_to(response)


def test_the_owner_puts_a_document_into_the_trash_and_takes_it_out_again(
    alice: User, bob: User, document: Document
) -> None:
    at = document.get_absolute_url()
    assert post(alice, document, "trash") == "/"
    assert browser(bob).get(at).status_code == 404
    page = text(browser(alice).get(at))
    assert "is in the trash" in page
    assert f"{at}restore" in page
    assert post(alice, document, "restore") == at
    document.refresh_from_db()
    assert document.trashed_at is None
    assert [each.user for each in document.collaborators.all()] == [bob], "shared as before"


def test_what_was_done_is_said_with_the_way_to_the_trash(alice: User, document: Document) -> None:
    document.title = "<b>.py"
    document.save()
    client = browser(alice)
    page = text(client.post(f"/documents/{document.uuid}/trash", follow=True))
    assert '“&lt;b&gt;.py” is in <a href="/?show=trash">the trash</a>' in page
    restored = {"next": "/?show=trash"}
    page = text(client.post(f"/documents/{document.uuid}/restore", restored, follow=True))
    assert "“&lt;b&gt;.py” is out of the trash." in page


def test_the_editor_which_shows_no_messages_leaves_none_for_the_next_page(
    alice: User, document: Document
) -> None:
    document.trash()
    client = browser(alice)
    client.post(f"/documents/{document.uuid}/restore", follow=True)
    assert "out of the trash" not in text(client.get("/"))


def test_open_editors_notice_at_once(alice: User, document: Document) -> None:
    def epoch() -> int:
        return Document.objects.get(pk=document.pk).access_epoch

    before = epoch()
    post(alice, document, "trash")
    between = epoch()
    post(alice, document, "restore")
    assert before < between < epoch()


def test_pressed_twice_it_was_trashed_when_it_was_first(alice: User, document: Document) -> None:
    post(alice, document, "trash")
    first = Document.objects.get(pk=document.pk).trashed_at
    post(alice, document, "trash")
    assert Document.objects.get(pk=document.pk).trashed_at == first


def test_a_document_in_the_trash_cannot_be_renamed(alice: User, document: Document) -> None:
    post(alice, document, "trash")
    response = browser(alice).post(f"/documents/{document.uuid}/rename", {"title": "x.py"})
    assert response.status_code == 403


def test_one_comes_back_to_the_list_as_it_was(alice: User, document: Document) -> None:
    assert post(alice, document, "trash", next="/?q=main") == "/?q=main"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_no_form_leads_to_another_site(alice: User, document: Document, elsewhere: str) -> None:
    assert post(alice, document, "trash", next=elsewhere) == "/"
    assert post(alice, document, "restore", next=elsewhere) == document.get_absolute_url()
