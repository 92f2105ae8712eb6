"""The people of every test: alice owns, bob was given a role, charlie is a stranger."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import User
from pytest_django import Settings

from editor.models import Collaborator, Document

BROWSER_TESTS = Path(__file__).parent / "browser"
PASSWORD = "a long pass phrase"  # noqa: S105


def person(name: str) -> User:
    """An account with an address at example.org, whose password is `PASSWORD`."""
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop running, and nobody else could."""
    items.sort(key=lambda item: BROWSER_TESTS in item.path.parents)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A SQLite file of this run's own, so that neither two runs nor xdist's workers meet in one.

    A file, because threads cannot share a database in memory. Other databases keep the suffix
    that pytest-django gives them.
    """
    database = project_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Settings) -> None:
    """Hashing that is slow on purpose would be most of a test's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db: None) -> User:
    """The owner."""
    return person("alice")


@pytest.fixture
def bob(db: None) -> User:
    """A collaborator: in `document` with the role editor."""
    return person("bob")


@pytest.fixture
def charlie(db: None) -> User:
    """A stranger, signed in."""
    return person("charlie")


@pytest.fixture
def document(alice: User, bob: User) -> Document:
    """Alice's `main.py`, which bob may edit."""
    document = Document.objects.create(title="main.py", owner=alice)
    Collaborator.objects.create(document=document, user=bob, role=Collaborator.Role.EDITOR)
    return document
