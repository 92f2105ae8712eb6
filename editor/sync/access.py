"""What the engine asks about rights; `editor.permissions` decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

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
