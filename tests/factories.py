"""People, documents and sessions, made as the site itself makes them."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

from editor.models import Collaborator, Document


def person(name: str, password: str | None = None) -> User:
    """The account `name`, made at the first call; without a `password` nobody can sign in by form.

    The password is hashed as in production, which takes some tenths of a second.
    """
    user = User.objects.filter(username=name).first()
    return user or User.objects.create_user(name, f"{name}@example.org", password)


def document(
    title: str,
    owner: User,
    *,
    editors: Iterable[User] = (),
    commenters: Iterable[User] = (),
    viewers: Iterable[User] = (),
) -> Document:
    """A document with everybody who may open it."""
    made = Document.objects.create(title=title, owner=owner)
    for role, users in (
        (Collaborator.Role.EDITOR, editors),
        (Collaborator.Role.COMMENTER, commenters),
        (Collaborator.Role.VIEWER, viewers),
    ):
        for user in users:
            made.collaborators.create(user=user, role=role)
    return made


def session(user: User) -> str:
    """The key of a session in which `user` is signed in: the value of the session cookie."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    assert store.session_key is not None
    return store.session_key


def cookie(user: User) -> str:
    """A Cookie header in which `user` is signed in."""
    return f"{settings.SESSION_COOKIE_NAME}={session(user)}"
