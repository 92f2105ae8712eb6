"""What the engine asks about rights; `editor.permissions` decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from editor.models import Document
from editor.permissions import role_of, roles_of

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody's right to one document, true as of `epoch`."""

    document_id: int
    epoch: int
    can_edit: bool


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may open a document, and whether to edit it, true as of `epoch`."""

    epoch: int
    can_edit: Mapping[int, bool]


@dataclass(frozen=True, slots=True)
class Session:
    """The sign-in that a connection rests on."""

    key: str | None
    """None for a sign-in that is kept nowhere."""
    user_id: int
    password: str = field(repr=False)
    """The hash of it; a new password ends every session but the one that set it."""


def ended(sessions: Collection[Session]) -> set[Session]:
    """Which of `sessions` are over: signed out, expired, or their account gone or switched off."""
    accounts = get_user_model()._default_manager.filter(is_active=True)
    passwords = dict(
        accounts.filter(pk__in={session.user_id for session in sessions}).values_list(
            "pk", "password"
        )
    )
    keys = _alive({session.key for session in sessions if session.key is not None})
    return {
        session
        for session in sessions
        if passwords.get(session.user_id) != session.password
        or (session.key is not None and session.key not in keys)
    }


def _alive(keys: set[str]) -> set[str]:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    if not hasattr(store, "get_model_class"):
        return keys  # kept in a cache or in the cookie: nothing that one query could answer
    found = store.get_model_class().objects.filter(
        session_key__in=keys, expire_date__gt=timezone.now()
    )
    return set(found.values_list("session_key", flat=True))


def access(user: AbstractBaseUser | AnonymousUser, uuid: UUID) -> Access | None:
    """The right of `user` to a document; None for a stranger and for what does not exist."""
    document = Document.objects.filter(uuid=uuid, trashed_at=None).first()
    role = role_of(user, document) if document is not None else None
    if document is None or role is None:
        return None
    return Access(document.pk, document.access_epoch, role.can_edit)


def rights(document_id: int, user_ids: Iterable[int]) -> Rights | None:
    """The rights of several people; None when the document is gone or in the trash."""
    # The epoch is read first: if rights change meanwhile, the next commit finds it stale again.
    document = Document.objects.filter(pk=document_id, trashed_at=None).first()
    if document is None:
        return None
    roles = roles_of(user_ids, document)
    return Rights(document.access_epoch, {user: role.can_edit for user, role in roles.items()})
