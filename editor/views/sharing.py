"""Whom the owner lets in, and as what."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from editor.forms import RoleForm, ShareForm
from editor.models import Collaborator, Document
from editor.names import display_name

from .access import login_required_to_post, managed_document_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def share_document(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The people of a document; a post adds one."""
    document = managed_document_or_404(request, uuid)
    form = ShareForm(request.POST if request.method == "POST" else None, document=document)
    if form.is_valid():
        person: User = form.cleaned_data["name"]
        role = Collaborator.Role(form.cleaned_data["role"])
        # Posted twice at once, the second finds what the first has made.
        document.collaborators.get_or_create(user=person, defaults={"role": role})
        messages.success(
            request, f"{display_name(person)} can open this document now, as {role.label.lower()}."
        )
        return redirect("sharing", uuid=uuid)
    return render(
        request,
        "editor/sharing.html",
        {
            "document": document,
            "address": request.build_absolute_uri(document.get_absolute_url()),
            "form": form,
            "people": people(document),
            "roles": Collaborator.Role.choices,
        },
        status=400 if form.is_bound else 200,
    )


def people(document: Document) -> list[Collaborator]:
    """The collaborators, in the order in which they came."""
    return list(document.collaborators.select_related("user").order_by("created_at", "pk"))


@require_http_methods(["POST"])
@login_required_to_post
def change_role(request: HttpRequest, uuid: UUID, user_id: int) -> HttpResponse:
    """Another role for a collaborator; open editors notice at once."""
    collaborator = find(request, uuid, user_id)
    form = RoleForm(request.POST)
    name = display_name(collaborator.user)
    if not form.is_valid():
        messages.error(request, f"Choose viewer, commenter or editor as the role of {name}.")
    elif form.cleaned_data["role"] != collaborator.role:
        collaborator.role = form.cleaned_data["role"]
        collaborator.save(update_fields=["role"])
        messages.success(request, f"{name} is {collaborator.get_role_display().lower()} now.")
    return redirect("sharing", uuid=uuid)


@require_http_methods(["POST"])
@login_required_to_post
def remove_collaborator(request: HttpRequest, uuid: UUID, user_id: int) -> HttpResponse:
    """Take a role away; an open editor of theirs is closed."""
    collaborator = find(request, uuid, user_id)
    collaborator.delete()
    messages.success(
        request, f"{display_name(collaborator.user)} can no longer open this document."
    )
    return redirect("sharing", uuid=uuid)


def find(request: HttpRequest, uuid: UUID, user_id: int) -> Collaborator:
    """The role of `user_id` in a document of the reader's own, or 404."""
    document = managed_document_or_404(request, uuid)
    return get_object_or_404(document.collaborators.select_related("user"), user_id=user_id)
