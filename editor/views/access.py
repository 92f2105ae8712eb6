"""What the views of one document share: finding it, and finding the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from editor.models import Document
from editor.permissions import Role, document_for

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def document_or_404(request: HttpRequest, uuid: UUID) -> tuple[Document, Role]:
    """The document and the reader's role; the same 404 whether it is absent or not theirs."""
    found = document_for(request.user, uuid)
    if found is None:
        raise Http404
    return found


def managed_document_or_404(request: HttpRequest, uuid: UUID) -> Document:
    """A document of the reader's own. Who knows it but does not own it gets 403."""
    document, role = document_or_404(request, uuid)
    if not role.can_manage:
        raise PermissionDenied
    return document


def way_back(request: HttpRequest, default: str) -> str:
    """Where the posted field `next` leads, if it is on this site, else `default`."""
    address = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if safe else default


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, and not a form."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def login_required_to_post(view: View[P]) -> View[P]:
    """Like `login_required`, for addresses that are only posted to.

    Who signs in then comes to the document or the list: their form is gone, and a GET of the
    address itself would be 405. A script is told by 401.
    """

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if wants_json(request):
            return JsonResponse({"error": "You are signed out. Sign in and try again."}, status=401)
        uuid = kwargs.get("uuid")
        page = reverse("document", args=[uuid]) if uuid else reverse("documents")
        return redirect_to_login(page)

    return checked
