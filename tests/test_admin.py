from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from editor.admin import update as update_admin
from editor.models import Collaborator, Document, Update
from editor.permissions import role_of

from .people import browser, led_to, text


@pytest.fixture
def root(db: None) -> Client:
    """The browser of an administrator, who has no role in any document."""
    return browser(User.objects.create_superuser("root"))


def log(
    document: Document, user: User | None, count: int = 1, payload: bytes = b"\x01\xff"
) -> None:
    first = document.updates.count() + 1
    Update.objects.bulk_create(
        Update(document=document, seq=seq, user=user, payload=payload, created_at=timezone.now())
        for seq in range(first, first + count)
    )
    Document.objects.filter(pk=document.pk).update(last_seq=first + count - 1)


def queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured]


def test_the_administration_is_for_staff_alone(alice: User, document: Document) -> None:
    for person in (None, alice):
        for page in ("", "editor/document/", "editor/update/", "editor/collaborator/"):
            assert led_to(browser(person).get(f"/admin/{page}")).startswith("/admin/login/")


def test_staff_without_a_right_see_nothing(alice: User, document: Document) -> None:
    alice.is_staff = True
    alice.save()
    assert browser(alice).get("/admin/editor/document/").status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="view_document"))
    assert browser(alice).get("/admin/editor/document/").status_code == 200
    assert browser(alice).get("/admin/editor/update/").status_code == 403


def test_the_product_has_its_name_there(root: Client) -> None:
    assert "Collab administration" in text(root.get("/admin/"))


def test_the_list_says_whose_how_much_and_with_whom(
    root: Client, alice: User, bob: User, document: Document
) -> None:
    log(document, bob, 3)
    for number in range(4):
        document.collaborators.create(user=User.objects.create_user(f"person{number}"))
    page = text(root.get("/admin/editor/document/"))
    assert "bob, person0, person1 and 2 more" in page
    assert f'<a href="/admin/editor/update/?q={document.uuid}">3</a>' in page


@pytest.mark.parametrize("what", ["document", "update", "collaborator"])
def test_a_long_list_takes_as_many_queries_as_a_short_one(
    root: Client, alice: User, bob: User, charlie: User, document: Document, what: str
) -> None:
    log(document, bob)
    few = len(queries(root, f"/admin/editor/{what}/"))
    for number in range(8):
        other = Document.objects.create(title=f"{number}.py", owner=charlie)
        other.collaborators.create(user=alice)
        other.collaborators.create(user=bob)
        log(other, alice, 3)
    assert len(queries(root, f"/admin/editor/{what}/")) == few


@pytest.mark.parametrize(
    "term",
    ["main", "MAIN.PY", "alice", "{uuid}", "{hex}", "https://code.example.org/documents/{uuid}/"],
)
def test_a_document_is_found_by_title_owner_uuid_and_address(
    root: Client, charlie: User, document: Document, term: str
) -> None:
    Document.objects.create(title="other.py", owner=charlie)
    asked = term.format(uuid=document.uuid, hex=document.uuid.hex)
    found = root.get("/admin/editor/document/", {"q": asked}).context["cl"].result_list
    assert list(found) == [document]


def test_documents_in_the_trash_and_in_use(root: Client, alice: User, document: Document) -> None:
    gone = Document.objects.create(title="gone.py", owner=alice)
    gone.trash()

    def found(place: str) -> list[Document]:
        return list(root.get(f"/admin/editor/document/?place={place}").context["cl"].result_list)

    assert found("use") == [document]
    assert found("trash") == [gone]


def form(page: Any, **changed: str) -> dict[str, str]:
    """What the browser would send of the document's form, with `changed`."""
    admin_form = page.context["adminform"].form
    sent = {name: admin_form[name].value() for name in admin_form.fields}
    for inline in page.context["inline_admin_formsets"]:
        sent |= {
            f"{inline.formset.prefix}-{name}": value
            for name, value in inline.formset.management_form.initial.items()
        }
        for each in inline.formset.initial_forms:
            sent |= {each.add_prefix(name): each[name].value() for name in each.fields}
    return {name: str(value) for name, value in (sent | changed).items() if value is not None}


def test_saving_the_form_does_not_turn_back_what_was_typed_meanwhile(
    root: Client, bob: User, document: Document
) -> None:
    """The form is read, people type, the form is saved: the log must not lose its count."""
    url = f"/admin/editor/document/{document.pk}/change/"
    page = root.get(url)
    log(document, bob, 5)
    assert led_to(root.post(url, form(page, title="renamed.py")))
    document.refresh_from_db()
    assert (document.title, document.last_seq) == ("renamed.py", 5)


def test_a_title_keeps_its_rules_in_the_administration(root: Client, document: Document) -> None:
    url = f"/admin/editor/document/{document.pk}/change/"
    answer = root.post(url, form(root.get(url), title="a/b.py"))
    assert answer.status_code == 200
    assert "without folders" in text(answer)


def test_a_document_changes_hands_and_open_editors_notice(
    root: Client, alice: User, bob: User, document: Document
) -> None:
    url = f"/admin/editor/document/{document.pk}/change/"
    before = document.access_epoch
    assert led_to(root.post(url, form(root.get(url), owner=str(bob.pk))))
    document.refresh_from_db()
    assert document.owner == bob
    assert not document.collaborators.exists(), "an owner needs no role"
    assert role_of(alice, document) is None
    assert document.access_epoch > before


def test_people_are_let_in_from_the_form(root: Client, charlie: User, document: Document) -> None:
    url = f"/admin/editor/document/{document.pk}/change/"
    new = {"user": str(charlie.pk), "role": "viewer", "document": str(document.pk), "id": ""}
    sent = form(root.get(url)) | {"collaborators-TOTAL_FORMS": "2"}
    sent |= {f"collaborators-1-{name}": value for name, value in new.items()}
    assert led_to(root.post(url, sent))
    assert role_of(charlie, document) == "viewer"


def test_the_text_cannot_be_edited_there_nor_a_document_deleted(
    root: Client, document: Document
) -> None:
    url = f"/admin/editor/document/{document.pk}/"
    page = root.get(f"{url}change/")
    assert set(page.context["adminform"].form.fields) == {"title", "owner"}
    assert "cannot be deleted here" in text(page)
    assert root.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    listed = root.get("/admin/editor/document/")
    assert "delete_selected" not in text(listed)


def test_the_way_to_the_site_is_shown_to_whom_it_leads_anywhere(
    root: Client, alice: User, document: Document
) -> None:
    url = f"/admin/editor/document/{document.pk}/change/"
    assert "View on site" not in text(root.get(url))
    document.collaborators.create(user=User.objects.get(username="root"), role="viewer")
    assert "View on site" in text(root.get(url))
    assert root.get(root.get(url).context["absolute_url"], follow=True).status_code == 200
    document.trash()
    assert "View on site" not in text(root.get(url)), "only its owner sees it there"


def test_an_account_that_owns_documents_cannot_be_deleted_there(
    root: Client, alice: User, document: Document
) -> None:
    root.post(f"/admin/auth/user/{alice.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=alice.pk).exists()


def test_who_cannot_delete_an_account_is_told_what_to_do_instead(
    root: Client, alice: User, charlie: User, document: Document
) -> None:
    page = text(root.get(f"/admin/auth/user/{alice.pk}/delete/"))
    assert "take “Active” away" in page
    way = f"/admin/editor/document/?owner__id__exact={alice.pk}"
    assert way in page
    Document.objects.create(title="other.py", owner=charlie)
    assert list(root.get(way).context["cl"].result_list) == [document]

    chosen = {"action": "delete_selected", "_selected_action": [str(alice.pk), str(charlie.pk)]}
    assert "take “Active” away" in text(root.post("/admin/auth/user/", chosen))
    # Nothing is in the way of deleting an account without documents.
    dora = User.objects.create_user("dora")
    assert "“Active”" not in text(root.get(f"/admin/auth/user/{dora.pk}/delete/"))


def act(client: Client, action: str, document: Document) -> None:
    asked = {"action": action, "_selected_action": str(document.pk)}
    led_to(client.post("/admin/editor/document/", asked))


def test_trash_and_restore_are_logged_and_reach_open_editors(
    root: Client, document: Document
) -> None:
    epochs = [document.access_epoch]
    for action, trashed in (("move_to_trash", True), ("take_out_of_trash", False)):
        act(root, action, document)
        document.refresh_from_db()
        assert bool(document.trashed_at) is trashed
        epochs.append(document.access_epoch)
    assert epochs == sorted(set(epochs))
    notes = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(notes) == ["Moved to the trash.", "Taken out of the trash."]


def test_who_may_only_look_moves_nothing_to_the_trash(alice: User, document: Document) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_document"))
    page = browser(alice).get("/admin/editor/document/")
    assert "move_to_trash" not in text(page)
    browser(alice).post(
        "/admin/editor/document/",
        {"action": "move_to_trash", "_selected_action": str(document.pk)},
    )
    document.refresh_from_db()
    assert document.trashed_at is None


def test_nobody_writes_the_log_there(root: Client, bob: User, document: Document) -> None:
    log(document, bob)
    entry = Update.objects.get()
    at = "/admin/editor/update/"
    assert root.get(f"{at}add/").status_code == 403
    assert root.post(f"{at}add/", {"seq": "9"}).status_code == 403
    assert root.post(f"{at}{entry.pk}/change/", {"seq": "9"}).status_code == 403
    assert root.post(f"{at}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    root.post(at, {"action": "delete_selected", "_selected_action": str(entry.pk), "post": "yes"})
    assert [each.seq for each in Update.objects.all()] == [1]


def test_an_entry_of_the_log_shows_its_size_and_first_bytes(
    root: Client, bob: User, document: Document
) -> None:
    log(document, bob, payload=b"\x01\xff" * 500)
    entry = Update.objects.get()
    page = text(root.get(f"/admin/editor/update/{entry.pk}/change/"))
    assert "01 ff 01 ff" in page
    assert "and 744 bytes more" in page
    assert 'type="text"' not in page.split("</header>")[1]


def test_the_log_says_to_the_second_when_something_was_written(
    root: Client, bob: User, document: Document
) -> None:
    log(document, bob)
    Update.objects.update(created_at=datetime(2026, 3, 1, 0, 4, 9, tzinfo=UTC))
    entry = Update.objects.get()
    for page in ("", f"{entry.pk}/change/"):
        assert "2026-03-01 00:04:09 UTC" in text(root.get(f"/admin/editor/update/{page}"))


def test_the_list_of_the_log_reads_no_payload_and_counts_no_further_than_it_shows(
    root: Client, bob: User, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_admin, "MOST_ROWS", 60)
    log(document, bob, 70)
    asked = queries(root, "/admin/editor/update/")
    counts = [sql for sql in asked if "COUNT(" in sql and "editor_update" in sql]
    assert len(counts) == 1
    assert "LIMIT 60" in counts[0]
    assert not [sql for sql in asked if '"payload",' in sql]
    page = root.get("/admin/editor/update/").context["cl"]
    assert page.result_count == 60


@pytest.mark.parametrize("term", ["main", "{uuid}", "https://code.example.org/documents/{uuid}/"])
def test_the_log_of_a_document_is_found_by_its_title_uuid_and_address(
    root: Client, alice: User, document: Document, term: str
) -> None:
    log(document, alice)
    log(Document.objects.create(title="other.py", owner=alice), alice, 2)
    found = root.get("/admin/editor/update/", {"q": term.format(uuid=document.uuid)})
    assert [each.document for each in found.context["cl"].result_list] == [document]
    roles = root.get("/admin/editor/collaborator/", {"q": term.format(uuid=document.uuid)})
    assert [each.document for each in roles.context["cl"].result_list] == [document]


def test_a_role_given_stays_with_its_document_and_its_person(
    root: Client, alice: User, bob: User, charlie: User, document: Document
) -> None:
    other = Document.objects.create(title="other.py", owner=alice)
    given = Collaborator.objects.get()
    url = f"/admin/editor/collaborator/{given.pk}/change/"
    assert set(root.get(url).context["adminform"].form.fields) == {"role"}
    moved = {"document": str(other.pk), "user": str(charlie.pk), "role": "viewer"}
    assert led_to(root.post(url, moved))
    url = f"/admin/editor/document/{document.pk}/change/"
    assert led_to(root.post(url, form(root.get(url)) | {"collaborators-0-user": str(charlie.pk)}))
    given.refresh_from_db()
    assert (given.document, given.user, given.role) == (document, bob, "viewer")


def test_a_role_is_given_from_the_list_of_roles(
    root: Client, charlie: User, document: Document
) -> None:
    new = {"document": str(document.pk), "user": str(charlie.pk), "role": "viewer"}
    assert led_to(root.post("/admin/editor/collaborator/add/", new))
    assert role_of(charlie, document) == "viewer"


def test_a_role_taken_away_there_reaches_open_editors(
    root: Client, bob: User, document: Document
) -> None:
    before = Document.objects.get(pk=document.pk).access_epoch
    role = Collaborator.objects.get()
    led_to(root.post(f"/admin/editor/collaborator/{role.pk}/delete/", {"post": "yes"}))
    assert role_of(bob, document) is None
    assert Document.objects.get(pk=document.pk).access_epoch > before


def test_names_and_titles_are_text_there_too(root: Client, alice: User) -> None:
    document = Document.objects.create(title="<script>alert(1)</script>", owner=alice)
    log(document, alice)
    for page in (
        "document/",
        f"document/{document.pk}/change/",
        "update/",
        f"update/{Update.objects.get().pk}/change/",
    ):
        assert "<script>alert(1)" not in text(root.get(f"/admin/editor/{page}")), page
