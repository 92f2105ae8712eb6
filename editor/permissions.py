"""Who may do what: the one place that decides, for pages, sockets and the admin."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from editor.models import Collaborator, Document

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class Role(StrEnum):
    """What somebody is to one document, from least to most."""

    VIEWER = "viewer"
    COMMENTER = "commenter"
    EDITOR = "editor"
    OWNER = "owner"

    @property
    def can_edit(self) -> bool:
        """Whether this role may change the text."""
        return self in (Role.EDITOR, Role.OWNER)


def documents_for(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Document]:
    """Every document, trashed ones too, that `user` owns or was given a role in."""
    if not user.is_authenticated or not user.is_active:
        return Document.objects.none()
    mine = Collaborator.objects.filter(user_id=user.pk).values("document_id")
    return Document.objects.filter(Q(owner_id=user.pk) | Q(pk__in=mine))


def role_of(user: AbstractBaseUser | AnonymousUser, document: Document) -> Role | None:
    """The role of `user` in `document`; None for a stranger, a visitor and a deactivated account."""
    if not user.is_authenticated or not user.is_active:
        return None
    return roles_of([user.pk], document).get(user.pk)


def roles_of(user_ids: Iterable[int], document: Document) -> dict[int, Role]:
    """The roles of several people by user id; who has none is left out."""
    active = set(
        get_user_model()._default_manager.filter(pk__in=user_ids, is_active=True).values_list(
            "pk", flat=True
        )
    )
    roles = {
        user_id: Role(role)
        for user_id, role in document.collaborators.filter(user_id__in=active).values_list(
            "user_id", "role"
        )
    }
    if document.owner_id in active:
        roles[document.owner_id] = Role.OWNER
    return roles
