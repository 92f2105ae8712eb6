"""The rows of the list of documents: all that a row shows, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from editor.models import Document, Update
from editor.names import display_name
from editor.permissions import Role, roles_in

from .ago import ago


@dataclass(frozen=True, slots=True)
class Row:
    """One document as one reader sees it."""

    document: Document
    role: Role
    shared_with: int
    owner: str
    edited_by: str

    @property
    def edited_ago(self) -> str:
        """When the text was last changed."""
        return ago(self.document.updated_at)

    @property
    def created_ago(self) -> str:
        """When the document was made."""
        return ago(self.document.created_at)

    @property
    def extension(self) -> str:
        """What follows the last dot of the title, at most four characters; often nothing."""
        extension = self.document.title.rpartition(".")[2] if "." in self.document.title else ""
        return extension if len(extension) <= 4 else ""


def with_row_columns(documents: QuerySet[Document]) -> QuerySet[Any]:
    """Add what `rows` reads: `shared_with`, and `edited_by_id` by the newest update of the log."""
    newest = Update.objects.order_by().filter(document=OuterRef("pk"), seq=OuterRef("last_seq"))
    # An owner who was given a role as well, before the document became theirs, is not "shared".
    others = ~Q(collaborators__user=F("owner"))
    return documents.select_related("owner").annotate(
        shared_with=Count("collaborators", filter=others),
        edited_by_id=Subquery(newest.values("user_id")[:1]),
    )


def rows(documents: Iterable[Any], reader: User) -> list[Row]:
    """Rows for documents from `with_row_columns`; two queries more, however many there are."""
    documents = list(documents)
    editors = get_user_model().objects.in_bulk(
        {each.edited_by_id for each in documents if each.edited_by_id is not None}
    )
    roles = roles_in(reader, documents)

    def name(person: User | None) -> str:
        if person is None:
            return ""
        return "you" if person.pk == reader.pk else display_name(person)

    return [
        Row(
            document=each,
            role=roles[each.pk],
            shared_with=each.shared_with,
            owner=name(each.owner),
            edited_by=name(editors.get(each.edited_by_id)),
        )
        for each in documents
        # A role may have been taken away between the two queries.
        if each.pk in roles
    ]
