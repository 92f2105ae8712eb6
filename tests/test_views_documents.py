from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from editor.models import Document, Update
from editor.views.documents import PAGE_SIZE

from .people import browser, led_to, text


def titles(person: User, query: str = "") -> list[str]:
    """The titles that the list shows to `person`, in its order."""
    response = browser(person).get(f"/?{query}")
    return [row.document.title for row in response.context["rows"]]


def edited(document: Document, by: User | None, minutes_ago: int = 0) -> None:
    """One more update in the log, as the journal writes it."""
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    seq = document.updates.count() + 1
    Update.objects.create(document=document, seq=seq, user=by, payload=b"\0\0", created_at=moment)
    Document.objects.filter(pk=document.pk).update(last_seq=seq, updated_at=moment)


def test_the_list_holds_what_a_person_may_open_and_nothing_else(
    alice: User, bob: User, charlie: User, document: Document
) -> None:
    assert titles(alice) == ["main.py"]
    assert titles(bob) == ["main.py"]
    assert titles(charlie) == []


def test_a_visitor_signs_in_first(db: None) -> None:
    response = browser(None).get("/")
    assert led_to(response) == "/accounts/login/?next=/"


def test_the_newest_edit_comes_first(alice: User, document: Document) -> None:
    other = Document.objects.create(title="other.py", owner=alice)
    edited(document, alice, minutes_ago=1)
    edited(other, alice, minutes_ago=5)
    assert titles(alice) == ["main.py", "other.py"]
    edited(other, alice)
    assert titles(alice) == ["other.py", "main.py"]


def test_mine_shared_with_me_and_trash(alice: User, bob: User, document: Document) -> None:
    Document.objects.create(title="bobs.py", owner=bob)
    Document.objects.create(title="gone.py", owner=bob).trash()
    assert set(titles(bob)) == {"main.py", "bobs.py"}
    assert titles(bob, "show=mine") == ["bobs.py"]
    assert titles(bob, "show=shared") == ["main.py"]
    assert titles(bob, "show=trash") == ["gone.py"]
    assert titles(bob, "show=nonsense") == titles(bob)


def test_what_is_in_somebody_elses_trash_is_not_listed(
    alice: User, bob: User, document: Document
) -> None:
    document.trash()
    assert titles(bob) == titles(bob, "show=shared") == titles(bob, "show=trash") == []
    assert titles(alice, "show=trash") == ["main.py"]


def test_search_finds_every_word_in_a_title_and_stays_in_the_chosen_list(
    alice: User, bob: User, document: Document
) -> None:
    for title in ("Main notes.md", "notes on main.txt", "100%.txt"):
        Document.objects.create(title=title, owner=bob)
    assert set(titles(bob, "q=main")) == {"main.py", "Main notes.md", "notes on main.txt"}
    assert set(titles(bob, "q=NOTES+main")) == {"Main notes.md", "notes on main.txt"}
    assert titles(bob, "q=main&show=shared") == ["main.py"]
    assert titles(bob, "q=%25") == ["100%.txt"], "a wildcard is a character like any other"
    assert titles(bob, "q=zzz") == []


@pytest.mark.parametrize(
    "query", ["q=%00", "q=" + "x" * 5000, "q=%ff", "page=0", "page=x", "page=" + "9" * 400]
)
def test_nonsense_in_the_address_is_no_error(alice: User, document: Document, query: str) -> None:
    assert browser(alice).get(f"/?{query}").status_code == 200


def test_a_row_says_who_owns_it_what_one_may_do_and_who_edited_it(
    alice: User, bob: User, document: Document
) -> None:
    alice.first_name, alice.last_name = "Alice", "Liddell"
    alice.save()
    assert "Shared with 1" in text(browser(alice).get("/"))
    assert "still empty" in text(browser(alice).get("/"))
    edited(document, bob)
    edited(document, alice)
    page = text(browser(bob).get("/"))
    assert "Alice Liddell" in page
    assert "You can edit" in page
    assert "by Alice Liddell" in page
    assert "by you" in text(browser(alice).get("/"))
    assert titles(alice) == ["main.py"]


def test_history_outlives_accounts_and_a_row_without_an_author_says_none(
    alice: User, charlie: User, document: Document
) -> None:
    edited(document, charlie)
    charlie.delete()
    page = text(browser(alice).get("/"))
    assert "Edited" in page
    assert " by " not in page.split("Edited")[1].split("</p>")[0]


def test_an_owner_who_has_a_role_as_well_does_not_share_with_themselves(alice: User) -> None:
    own = Document.objects.create(title="own.py", owner=alice)
    own.collaborators.create(user=alice, role="viewer")
    assert "Only you" in text(browser(alice).get("/"))


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    alice: User,
    bob: User,
    charlie: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = browser(alice)

    def add(title: str) -> None:
        document = Document.objects.create(title=title, owner=alice)
        document.collaborators.create(user=bob, role="viewer")
        document.collaborators.create(user=charlie, role="editor")
        edited(document, charlie)

    add("one.py")
    # Session, person, count, rows, editors' names, roles.
    with django_assert_num_queries(6):
        client.get("/")
    for number in range(12):
        add(f"{number}.py")
    with django_assert_num_queries(6):
        client.get("/")


def test_pages_of_a_long_list_keep_search_and_filter(alice: User) -> None:
    Document.objects.bulk_create(
        Document(title=f"a&b {number}.py", owner=alice) for number in range(PAGE_SIZE + 1)
    )
    first = text(browser(alice).get("/?q=a%26b&show=mine"))
    assert "Page 1 of 2" in first
    assert 'href="?q=a%26b&amp;show=mine&amp;page=2"' in first
    assert len(titles(alice, "q=a%26b&show=mine&page=2")) == 1
    seen = set(titles(alice)) | set(titles(alice, "page=2"))
    assert len(seen) == PAGE_SIZE + 1, "no row on both pages, none on neither"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Write your first document"),
        ("show=mine", "Write your first document"),
        ("show=shared", "Nothing is shared with you yet"),
        ("show=trash", "The trash is empty"),
        ("q=zzz", "No title has “zzz”"),
    ],
)
def test_an_empty_list_says_what_to_do_first(alice: User, query: str, words: str) -> None:
    assert words in text(browser(alice).get(f"/?{query}"))


SCRIPT = '"><script>alert(1)</script>'


def test_titles_and_names_are_text_and_never_markup(alice: User, bob: User) -> None:
    alice.first_name = bob.first_name = SCRIPT
    alice.save()
    bob.save()
    # A slash is no title; what came in before that rule, or past it, is escaped all the same.
    document = Document.objects.create(title=SCRIPT, owner=alice)
    document.collaborators.create(user=bob, role="editor")
    edited(document, bob)
    at = document.get_absolute_url()
    pages = ["/", "/?q=" + SCRIPT, at + "sharing/", at + "rename", "/documents/new?title=" + SCRIPT]
    for page in pages:
        answer = text(browser(alice).get(page))
        assert "&lt;script&gt;" in answer, page
        assert "<script>alert" not in answer, page
    document.trash()
    for page in ("/?show=trash", at):
        assert "<script>alert" not in text(browser(alice).get(page)), page
    assert "<script>alert" not in text(browser(bob).get("/"))


def test_no_page_has_a_script_or_style_of_its_own(alice: User, document: Document) -> None:
    at = document.get_absolute_url()
    for page in ("/", at + "sharing/", at + "rename", "/documents/new", "/nowhere"):
        answer = text(browser(alice).get(page))
        assert "<style" not in answer, page
        assert "style=" not in answer, page
        assert answer.count("<script") == answer.count('<script type="module" src='), page
        assert " onclick" not in answer, page


def test_a_new_document_needs_a_token_of_this_site(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/documents/new", {"title": "a.py"}).status_code == 403
    assert not Document.objects.exists()
