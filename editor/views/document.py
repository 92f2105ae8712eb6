"""One document: the editor's page, its title, the trash."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from editor.forms import TitleForm
from editor.models import Document
from editor.names import display_name
from editor.permissions import Role

from .access import (
    document_or_404,
    login_required_to_post,
    managed_document_or_404,
    wants_json,
    way_back,
)


@require_http_methods(["GET", "HEAD"])
@login_required
@never_cache
def open_document(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The editor; of a document in the trash its owner sees a page that says so."""
    document, role = document_or_404(request, uuid)
    if document.trashed_at:
        return render(request, "editor/trashed.html", {"document": document})
    assert isinstance(request.user, User)  # noqa: S101 - login_required saw to it
    return render(
        request,
        "editor/document.html",
        {
            "document": document,
            "role": role,
            "editor_config": editor_config(document, role, request.user),
        },
    )


def editor_config(document: Document, role: Role, user: User) -> dict[str, Any]:
    """What the editor's script is told, for json_script. Sizes: bytes, UTF-16 code units."""
    page = reverse("document", args=[document.uuid])
    return {
        "uuid": str(document.uuid),
        "title": document.title,
        "role": role.value,
        "canEdit": role.can_edit,
        "user": {"id": user.pk, "name": display_name(user)},
        "socketPath": f"/ws/documents/{document.uuid}",
        "renameUrl": reverse("rename_document", args=[document.uuid]),
        "sharingUrl": reverse("sharing", args=[document.uuid]) if role.can_manage else None,
        "documentsUrl": reverse("documents"),
        "loginUrl": reverse("login") + "?" + urlencode({"next": page}),
        "maxMessageBytes": settings.MAX_MESSAGE_BYTES,
        "maxDocumentLength": settings.MAX_DOCUMENT_LENGTH,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required_to_post
def rename_document(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new title, by whoever may edit the text.

    A form is sent back to `next` or the document, or shown again with the reason. A script that
    accepts JSON gets {"title"}, or {"error"} with 400 or 403.
    """
    document, role = document_or_404(request, uuid)
    json = wants_json(request)
    if not role.can_edit or document.trashed_at:
        if json:
            return JsonResponse({"error": "You may read this document, not rename it."}, status=403)
        raise PermissionDenied
    form = TitleForm(request.POST if request.method == "POST" else None, instance=document)
    if form.is_valid():
        # Only the title: the row may have moved on since it was read.
        document.save(update_fields=["title"])
        if json:
            return JsonResponse({"title": document.title})
        return redirect(way_back(request, default=document.get_absolute_url()))
    if json:
        return JsonResponse({"error": form.errors["title"][0]}, status=400)
    document.refresh_from_db(fields=["title"])
    return render(
        request,
        "editor/rename.html",
        {"form": form, "document": document, "next": request.POST.get("next", "")},
        status=400 if form.is_bound else 200,
    )


@require_http_methods(["POST"])
@login_required_to_post
def trash_document(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Into the trash, by the owner; nothing is lost."""
    document = managed_document_or_404(request, uuid)
    if not document.trashed_at:
        document.trash()
        trash = reverse("documents") + "?" + urlencode({"show": "trash"})
        said = '“{}” is in <a href="{}">the trash</a>. You can restore it there.'
        messages.success(request, format_html(said, document.title, trash))
    return redirect(way_back(request, default=reverse("documents")))


@require_http_methods(["POST"])
@login_required_to_post
def restore_document(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Out of the trash, by the owner, as it was."""
    document = managed_document_or_404(request, uuid)
    editor = document.get_absolute_url()
    address = way_back(request, default=editor)
    if document.trashed_at:
        document.restore()
        # The editor shows no messages, and says it by opening.
        if address != editor:
            messages.success(request, f"“{document.title}” is out of the trash.")
    return redirect(address)
