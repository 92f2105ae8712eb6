from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from editor.models import Collaborator, Document
from editor.permissions import document_for

from .collaborator import CollaboratorInline
from .generic import DocumentModelAdmin
from .search import uuids_in

# How many people of a document the list names before it counts the rest.
NAMED_PEOPLE = 3


class TrashFilter(admin.SimpleListFilter):
    """Documents in use, documents in the trash."""

    title = "place"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("use", "In use"), ("trash", "In the trash")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("use", "trash"):
            return queryset.filter(trashed_at__isnull=self.value() == "use")
        return queryset


@admin.register(Document)
class DocumentAdmin(DocumentModelAdmin):
    """Documents: who owns them, who may open them, where they are.

    The text is not here to be edited: only an update in the log reaches the people who have the
    document open. Nor can a document be deleted: its history would be gone with it.
    """

    list_display = ["title", "owner", "shared_with", "updates_link", "updated_at", "trashed"]
    list_select_related = ["owner"]
    list_filter = [TrashFilter, "updated_at", "created_at"]
    list_per_page = 50
    date_hierarchy = "updated_at"
    show_full_result_count = False
    ordering = ["-updated_at"]
    search_fields = ["title", "owner__username"]
    search_help_text = "Words of the title, the owner's username, a uuid or an address."
    autocomplete_fields = ["owner"]
    inlines = [CollaboratorInline]
    actions = ["move_to_trash", "take_out_of_trash"]
    readonly_fields = ["uuid_in_address", "updates_link", "created_at", "updated_at", "trashed"]
    fieldsets = [
        (None, {"fields": ["title", "owner"]}),
        (
            "The text and its history",
            {
                "fields": [
                    "uuid_in_address",
                    "updates_link",
                    "created_at",
                    "updated_at",
                    "trashed",
                ],
                "description": (
                    "The text is edited on the site, where everybody who has it open sees the "
                    "change. A document cannot be deleted here, because its history would be "
                    "gone with it: move it to the trash with the action in the list. It can be "
                    "restored from there."
                ),
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        people = Collaborator.objects.select_related("user")
        return super().get_queryset(request).prefetch_related(Prefetch("collaborators", people))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Document], search_term: str
    ) -> tuple[QuerySet[Document], bool]:
        if uuids := uuids_in(search_term):
            return queryset.filter(uuid__in=uuids), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="shared with", empty_value="nobody")
    def shared_with(self, document: Document) -> str | None:
        names = [str(each.user) for each in document.collaborators.all()]
        more = f" and {len(names) - NAMED_PEOPLE} more" if len(names) > NAMED_PEOPLE else ""
        return ", ".join(names[:NAMED_PEOPLE]) + more if names else None

    @admin.display(description="updates", ordering="last_seq")
    def updates_link(self, document: Document) -> str:
        if not document.pk:
            return "0"
        log = reverse("admin:editor_update_changelist") + "?" + urlencode({"q": str(document.uuid)})
        return format_html('<a href="{}">{}</a>', log, document.last_seq)

    @admin.display(description="UUID")
    def uuid_in_address(self, document: Document) -> str:
        return str(document.uuid)

    @admin.display(description="in the trash since", ordering="trashed_at")
    def trashed(self, document: Document) -> datetime | None:
        return document.trashed_at

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Document | None = None,
    ) -> HttpResponse:
        """The form; with "View on site" only for whom the site shows the document."""
        response = super().render_change_form(request, context, add, change, form_url, obj)
        if obj is None or document_for(request.user, obj.uuid) is None:
            # The response is not rendered yet, and looks at this then.
            context["has_absolute_url"] = False
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        """Never: the log would go with it."""
        return False

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm[Document], formsets: Any, change: bool
    ) -> None:
        """An owner needs no role: who is given the document loses the one they had."""
        super().save_related(request, form, formsets, change)
        form.instance.collaborators.filter(user=form.instance.owner).delete()

    @admin.action(description="Move to the trash", permissions=["change"])
    def move_to_trash(self, request: HttpRequest, documents: QuerySet[Document]) -> None:
        """Open editors of these documents are closed."""
        moved = list(documents.filter(trashed_at__isnull=True))
        for document in moved:
            document.trash()
            self.log_change(request, document, "Moved to the trash.")
        self.message_user(request, f"Moved to the trash: {len(moved)}.", messages.SUCCESS)

    @admin.action(description="Take out of the trash", permissions=["change"])
    def take_out_of_trash(self, request: HttpRequest, documents: QuerySet[Document]) -> None:
        """As they were, for everybody who had a role."""
        moved = list(documents.filter(trashed_at__isnull=False))
        for document in moved:
            document.restore()
            self.log_change(request, document, "Taken out of the trash.")
        self.message_user(request, f"Taken out of the trash: {len(moved)}.", messages.SUCCESS)
