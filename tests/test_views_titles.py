"""New documents and new titles."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from editor.models import Document

from .people import browser, led_to, text

BAD_TITLES = [
    ("", "Give the document a title"),
    ("   ", "Give the document a title"),
    ("x" * 201, "at most 200 characters; this one has 201"),
    ("a/b.py", "without folders"),
    ("a\\b.py", "without folders"),
    ("..", "more than dots"),
    ("a\nb.py", "a line break"),
    ("a\tb.py", "U+0009"),
    ("a\x7fb.py", "U+007F"),
    ("a\u202eyp.exe", "U+202E"),
    ("a\u2028b.py", "U+2028"),
    ("\u200b", "U+200B"),
    ("a\x00b.py", "Null characters are not allowed"),
]
GOOD_TITLES = [
    "x",
    "x" * 200,
    "Makefile",
    ".gitignore",
    "a b.tar.gz",
    "é 文 😀.md",
    "👩\u200d💻.txt",
    "<b>.html",
]
each_bad_title = pytest.mark.parametrize(("title", "reason"), BAD_TITLES)
each_good_title = pytest.mark.parametrize("title", GOOD_TITLES)


@each_good_title
def test_a_new_document_is_mine_and_opens_in_the_editor(alice: User, title: str) -> None:
    response = browser(alice).post("/documents/new", {"title": title})
    document = Document.objects.get()
    assert (document.title, document.owner) == (title, alice)
    assert led_to(response) == document.get_absolute_url()


@each_bad_title
def test_a_title_that_cannot_be_comes_back_as_typed_with_the_reason(
    alice: User, title: str, reason: str
) -> None:
    response = browser(alice).post("/documents/new", {"title": title})
    assert response.status_code == 400
    assert reason in text(response)
    assert response.context["form"]["title"].value() == title
    assert 'maxlength="' not in text(response), "a browser would cut a pasted title and say nothing"
    assert not Document.objects.exists()


def test_space_around_a_title_is_not_part_of_it(alice: User) -> None:
    browser(alice).post("/documents/new", {"title": "  a.py "})
    assert Document.objects.get().title == "a.py"


def test_signing_in_does_not_lose_a_title_that_was_typed(alice: User) -> None:
    response = browser(None).post("/documents/new", {"title": "a&b.py"})
    assert led_to(response) == "/accounts/login/?next=/documents/new%3Ftitle%3Da%2526b.py"
    assert 'value="a&amp;b.py"' in text(browser(alice).get("/documents/new?title=a%26b.py"))
    assert not Document.objects.exists()


def test_nobody_makes_a_document_for_somebody_else(alice: User, bob: User) -> None:
    browser(alice).post("/documents/new", {"title": "a.py", "owner": bob.pk, "last_seq": 7})
    assert (Document.objects.get().owner, Document.objects.get().last_seq) == (alice, 0)


def rename(person: User, document: Document, title: str, **headers: str) -> tuple[int, object]:
    response = browser(person).post(
        f"/documents/{document.uuid}/rename", {"title": title}, headers=headers
    )
    script = "json" in response.headers["Content-Type"]
    return response.status_code, response.json() if script else text(response)


def test_owner_and_editor_rename_by_script(alice: User, bob: User, document: Document) -> None:
    for person, title in ((alice, "a.py"), (bob, "b.rs")):
        assert rename(person, document, title, accept="application/json") == (200, {"title": title})
        document.refresh_from_db()
        assert document.title == title


def test_owner_renames_by_form_and_goes_on_to_the_document(alice: User, document: Document) -> None:
    response = browser(alice).post(f"/documents/{document.uuid}/rename", {"title": "a.py"})
    assert led_to(response) == document.get_absolute_url()


@each_bad_title
def test_a_new_title_that_cannot_be_is_refused_with_the_reason(
    alice: User, document: Document, title: str, reason: str
) -> None:
    status, answer = rename(alice, document, title, accept="application/json")
    assert status == 400
    assert isinstance(answer, dict)
    assert reason in answer["error"]
    status, page = rename(alice, document, title)
    assert status == 400
    assert reason in str(page)
    assert "Rename “main.py”" in str(page), "the heading names what is stored"
    document.refresh_from_db()
    assert document.title == "main.py"


def test_a_viewer_is_told_that_a_title_is_not_theirs(document: Document, charlie: User) -> None:
    document.collaborators.create(user=charlie, role="viewer")
    status, answer = rename(charlie, document, "x.py", accept="application/json")
    assert status == 403
    assert isinstance(answer, dict)
    assert "error" in answer
    document.refresh_from_db()
    assert document.title == "main.py"


def test_a_script_whose_session_ended_is_told_so(document: Document) -> None:
    response = browser(None).post(
        f"/documents/{document.uuid}/rename",
        {"title": "x.py"},
        headers={"accept": "application/json"},
    )
    assert response.status_code == 401
    assert "signed out" in response.json()["error"]


def test_a_new_title_does_not_turn_back_what_the_journal_counted(
    alice: User, document: Document
) -> None:
    Document.objects.filter(pk=document.pk).update(last_seq=7)
    epoch = Document.objects.get(pk=document.pk).access_epoch
    rename(alice, document, "x.py")
    document.refresh_from_db()
    assert document.last_seq == 7
    assert document.access_epoch >= epoch
