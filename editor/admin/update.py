from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import Truncator

from editor.models import Update

from .generic import UpdateModelAdmin, UpdatePaginator
from .search import uuids_in

# How far back the list pages, in rows. To count all of a big log takes as long as to read it.
MOST_ROWS = 10_000
# How much of a payload is shown, in bytes.
PREVIEW_BYTES = 256
# How much of a document's title a row of the list has room for, in characters.
TITLE_LENGTH = 40


class BoundedPaginator(UpdatePaginator):
    """Counts no further than `MOST_ROWS`; who looks for older rows searches for the document."""

    @cached_property
    def count(self) -> int:
        """Rows there are, or as many as are looked at."""
        rows: QuerySet[Update] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[:MOST_ROWS].count()


@admin.register(Update)
class UpdateAdmin(UpdateModelAdmin):
    """The log, to look at. Only the journal writes it, and nothing in it ever changes."""

    list_display = ["title", "number", "user", "size", "written"]
    # In any other order than the newest first, and to count per filter, the whole log is read.
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ["document", "user"]
    list_filter = ["created_at"]
    list_per_page = 50
    list_max_show_all = 200
    ordering = ["-pk"]
    paginator = BoundedPaginator
    show_full_result_count = False
    search_fields = ["document__title"]
    search_help_text = (
        "Words of the document's title, its uuid or its address. "
        f"The list reaches {MOST_ROWS:,} updates back."
    )
    # All read-only: nobody has the right to change any.
    fields = ["document", "number", "user", "written", "size", "preview"]
    readonly_fields = ["number", "written", "size", "preview"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Update]:
        # The list shows sizes; payloads would be the whole log.
        rows = super().get_queryset(request).select_related("document", "user")
        return rows.annotate(payload_size=Length("payload")).defer("payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Update], search_term: str
    ) -> tuple[QuerySet[Update], bool]:
        if uuids := uuids_in(search_term):
            return queryset.filter(document__uuid__in=uuids), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="document")
    def title(self, update: Update) -> str:
        return Truncator(update.document.title).chars(TITLE_LENGTH)

    @admin.display(description="number")
    def number(self, update: Update) -> int:
        return update.seq

    @admin.display(description="written")
    def written(self, update: Update) -> str:
        # To the second: a minute of typing is a page of the list.
        return f"{timezone.localtime(update.created_at):%Y-%m-%d %H:%M:%S %Z}"

    @admin.display(description="size, bytes")
    def size(self, update: Any) -> int:
        return int(update.payload_size)

    @admin.display(description="first bytes")
    def preview(self, update: Update) -> str:
        payload = bytes(update.payload)
        lines = [payload[i : i + 16].hex(" ") for i in range(0, len(payload), 16)]
        lines = lines[: PREVIEW_BYTES // 16]
        if len(payload) > PREVIEW_BYTES:
            lines.append(f"and {len(payload) - PREVIEW_BYTES:,} bytes more")
        return format_html("<pre>{}</pre>", "\n".join(lines))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: the journal numbers what it writes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Update | None = None) -> bool:
        """Never: people have seen it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Update | None = None) -> bool:
        """Never: a hole in the log would lose what builds on it."""
        return False
