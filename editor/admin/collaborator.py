from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from editor.models import Collaborator

from .generic import CollaboratorModelAdmin, CollaboratorModelForm, CollaboratorTabularInline
from .search import uuids_in


class CollaboratorInlineForm(CollaboratorModelForm):
    """A role that was given stays with its person: another person gets one of their own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and "user" in self.fields:
            self.fields["user"].disabled = True


class CollaboratorInline(CollaboratorTabularInline):
    """The people of one document."""

    model = Collaborator
    form = CollaboratorInlineForm
    autocomplete_fields = ["user"]
    extra = 0
    verbose_name_plural = "shared with"


@admin.register(Collaborator)
class CollaboratorAdmin(CollaboratorModelAdmin):
    """Who was given a role in what. Every change reaches open editors."""

    list_display = ["document", "user", "role", "created_at"]
    list_select_related = ["document", "user"]
    list_filter = ["role", "created_at"]
    show_full_result_count = False
    ordering = ["-created_at"]
    search_fields = ["document__title", "user__username", "user__email"]
    search_help_text = "Words of the title, a username, an e-mail address, a uuid or an address."
    autocomplete_fields = ["document", "user"]
    readonly_fields = ["created_at"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Collaborator | None = None
    ) -> list[str]:
        """A role that was given changes; whose it is and in what does not."""
        return ["document", "user", *self.readonly_fields] if obj else self.readonly_fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Collaborator], search_term: str
    ) -> tuple[QuerySet[Collaborator], bool]:
        if uuids := uuids_in(search_term):
            return queryset.filter(document__uuid__in=uuids), False
        return super().get_search_results(request, queryset, search_term)
