"""Who may do what: the one place that decides, for pages, sockets and the admin."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from editor.models import Collaborator, Document, documents_of

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

    @property
    def can_manage(self) -> bool:
        """Whether this role may share the document and move it to the trash and back."""
        return self is Role.OWNER


def documents_for(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Document]:
    """Every document, trashed ones too, that `user` owns or was given a role in."""
    if not user.is_authenticated or not user.is_active:
        return Document.objects.none()
    return documents_of(user.pk)


def document_for(
    user: AbstractBaseUser | AnonymousUser, uuid: UUID
) -> tuple[Document, Role] | None:
    """The document and the role of `user` in it; None alike when absent and when not theirs.

    A document in the trash is there for its owner alone.
    """
    document = documents_for(user).select_related("owner").filter(uuid=uuid).first()
    role = role_of(user, document) if document else None
    if document is None or role is None:
        return None
    if document.trashed_at and not role.can_manage:
        return None
    return document, role


def role_of(user: AbstractBaseUser | AnonymousUser, document: Document) -> Role | None:
    """The role of `user` in `document`; None for strangers, visitors and deactivated accounts."""
    if not user.is_authenticated or not user.is_active:
        return None
    return roles_of([user.pk], document).get(user.pk)


def roles_in(
    user: AbstractBaseUser | AnonymousUser, documents: Iterable[Document]
) -> dict[int, Role]:
    """The roles of one person in several documents by document id, in one query."""
    if not user.is_authenticated or not user.is_active:
        return {}
    documents = list(documents)
    given = Collaborator.objects.filter(user_id=user.pk, document__in=documents)
    roles = {pk: Role(role) for pk, role in given.values_list("document_id", "role")}
    return roles | {each.pk: Role.OWNER for each in documents if each.owner_id == user.pk}


def roles_of(user_ids: Iterable[int], document: Document) -> dict[int, Role]:
    """The roles of several people by user id; who has none is left out."""
    active = set(
        get_user_model()
        ._default_manager.filter(pk__in=user_ids, is_active=True)
        .values_list("pk", flat=True)
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
