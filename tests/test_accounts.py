from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from editor.models import Document

from .conftest import PASSWORD
from .people import browser, led_to, text

GOOD = {"password1": "quiet green lamp", "password2": "quiet green lamp"}


@pytest.fixture
def sign_up_on(settings: Settings) -> None:
    settings.SIGN_UP = True


def sign_in(client: Client, name: str, password: str = PASSWORD, **fields: str) -> Any:
    return client.post("/accounts/login/", {"username": name, "password": password, **fields})


def test_alice_signs_in_and_out(alice: User) -> None:
    client = browser(None)
    assert led_to(sign_in(client, "alice")) == "/"
    assert client.get("/").status_code == 200
    assert led_to(client.post("/accounts/logout/")) == "/accounts/login/"
    assert client.get("/").status_code == 302


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(alice: User) -> None:
    answers = [text(sign_in(browser(None), name, "wrong")) for name in ("alice", "nobody")]
    assert all("Please enter a correct username and password" in answer for answer in answers)


def test_the_cursor_waits_where_something_is_to_be_typed(alice: User) -> None:
    def autofocused(page: str) -> list[str]:
        fields = re.findall(r"<input[^>]* autofocus[^>]*>", page)
        return [found[1] for each in fields if (found := re.search(r'name="(\w+)"', each))]

    assert autofocused(text(browser(None).get("/accounts/login/"))) == ["username"]
    assert autofocused(text(sign_in(browser(None), "alice", "wrong"))) == ["password"]
    assert autofocused(text(sign_in(browser(None), "", "wrong"))) == ["username"]


def test_a_deactivated_account_cannot_sign_in(alice: User) -> None:
    User.objects.update(is_active=False)
    assert "correct username and password" in text(sign_in(browser(None), "alice"))


def test_who_followed_a_link_comes_to_the_document_after_signing_in(
    bob: User, document: Document
) -> None:
    client = browser(None)
    asked = led_to(client.get(document.get_absolute_url()))
    page = text(client.get(asked))
    assert f'name="next" value="{document.get_absolute_url()}"' in page
    assert led_to(sign_in(client, "bob", next=document.get_absolute_url())) == (
        document.get_absolute_url()
    )


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"]
)
def test_signing_in_and_up_lead_to_no_other_site(
    alice: User, sign_up_on: None, elsewhere: str
) -> None:
    assert led_to(sign_in(browser(None), "alice", next=elsewhere)) == "/"
    answer = browser(None).post(
        "/accounts/signup/", {"username": "dora", **GOOD, "next": elsewhere}
    )
    assert led_to(answer) == "/"
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert elsewhere not in text(browser(None).get(page, {"next": elsewhere}))


def test_an_image_on_another_site_cannot_sign_anybody_out(alice: User) -> None:
    client = browser(alice)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/").status_code == 200


def test_another_site_can_neither_sign_in_nor_out(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, "alice").status_code == 403
    client.force_login(alice)
    assert client.post("/accounts/logout/").status_code == 403


def test_signing_in_takes_a_new_session_so_that_a_planted_one_is_worth_nothing(
    alice: User,
) -> None:
    client = browser(None)
    session = client.session
    session["planted"] = True
    session.save()
    planted = client.cookies["sessionid"].value
    sign_in(client, "alice")
    assert client.cookies["sessionid"].value != planted


def test_dora_signs_up_and_is_signed_in(sign_up_on: None, document: Document) -> None:
    client = browser(None)
    at = document.get_absolute_url()
    answer = client.post("/accounts/signup/", {"username": "dora", **GOOD, "next": at})
    assert led_to(answer) == at
    assert client.get("/").status_code == 200
    dora = User.objects.get(username="dora")
    assert (dora.is_staff, dora.is_superuser, dora.email) == (False, False, "")


def test_nobody_signs_up_as_an_administrator(sign_up_on: None, db: None) -> None:
    asked = {"username": "dora", **GOOD, "is_staff": "on", "is_superuser": "on", "email": "a@b.org"}
    browser(None).post("/accounts/signup/", asked)
    dora = User.objects.get()
    assert (dora.is_staff, dora.is_superuser, dora.email) == (False, False, "")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"username": ""}, "This field is required"),
        ({"username": "alice"}, "already exists"),
        ({"username": "ALICE"}, "already exists"),
        ({"username": "a b"}, "only letters, digits and"),
        ({"username": "dora@example.org"}, "must not look like an address"),
        ({"password2": "something else"}, "match"),
        ({"password1": "ab", "password2": "ab"}, "too short"),
        ({"password1": "password", "password2": "password"}, "too common"),
        ({"password1": "84623951", "password2": "84623951"}, "entirely numeric"),
    ],
)
def test_a_mistake_in_signing_up_is_named_and_the_name_is_kept(
    alice: User, sign_up_on: None, fields: dict[str, str], reason: str
) -> None:
    typed = {"username": "dora", **GOOD, **fields}
    answer = text(browser(None).post("/accounts/signup/", typed))
    assert reason in answer
    assert not typed["username"] or f'value="{typed["username"]}"' in answer
    assert f'value="{typed["password1"]}"' not in answer
    assert User.objects.count() == 1


def test_what_a_username_may_have_is_said_once(sign_up_on: None, db: None) -> None:
    pages = [text(browser(None).get("/accounts/signup/"))]
    for username in ("a b", "dora@example.org"):
        typed = {"username": username, **GOOD}
        pages.append(text(browser(None).post("/accounts/signup/", typed)))
    for page in pages:
        assert "Letters, digits and . + - _" in page
        assert "@/./+/-/_" not in page
    assert "only letters, digits and . + - _" in pages[1]
    assert "must not look like an address" in pages[2]
    assert "only letters" not in pages[2], "one reason is enough"


def test_where_sign_up_is_off_there_is_no_such_page(db: None, settings: Settings) -> None:
    settings.SIGN_UP = False
    assert browser(None).get("/accounts/signup/").status_code == 404
    answer = browser(None).post("/accounts/signup/", {"username": "dora", **GOOD})
    assert answer.status_code == 404
    assert not User.objects.exists()
    assert "Sign up" not in text(browser(None).get("/accounts/login/"))


def test_a_new_password_ends_every_other_session(alice: User) -> None:
    here, elsewhere = browser(alice), browser(alice)
    new = {
        "old_password": PASSWORD,
        "new_password1": GOOD["password1"],
        "new_password2": GOOD["password1"],
    }
    assert led_to(here.post("/accounts/password_change/", new)) == "/accounts/password_change/done/"
    assert "Password changed" in text(here.get("/accounts/password_change/done/"))
    assert elsewhere.get("/").status_code == 302


def test_fields_for_a_new_password_are_called_alike(alice: User, sign_up_on: None) -> None:
    page = text(browser(alice).get("/accounts/password_change/"))
    assert "New password again" in page
    assert "for verification" not in page
    assert "Password again" in text(browser(None).get("/accounts/signup/"))


def test_a_wrong_old_password_changes_nothing(alice: User) -> None:
    new = {
        "old_password": "wrong",
        "new_password1": "a" * 12 + "b",
        "new_password2": "a" * 12 + "b",
    }
    assert "entered incorrectly" in text(browser(alice).post("/accounts/password_change/", new))
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_visitor_has_no_password_to_change(db: None) -> None:
    for page in ("", "done/"):
        answer = browser(None).get(f"/accounts/password_change/{page}")
        assert led_to(answer).startswith("/accounts/login/")


def test_a_signed_in_person_is_sent_on_from_the_sign_in_and_sign_up_pages(
    alice: User, sign_up_on: None
) -> None:
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert led_to(browser(alice).get(page)) == "/"
        assert led_to(browser(alice).get(page, {"next": "/documents/new"})) == "/documents/new"


def test_the_administration_keeps_its_own_password_page(db: None) -> None:
    root = User.objects.create_superuser("root")
    assert browser(root).get("/admin/password_change/").templates[0].name == (
        "registration/password_change_form.html"
    )
