"""The list of documents, and new ones."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from editor.forms import SearchForm, TitleForm
from editor.models import Document
from editor.permissions import documents_for

from .rows import rows, with_row_columns

# Rows a page.
PAGE_SIZE = 30

FILTERS = [("", "Recent"), ("mine", "Mine"), ("shared", "Shared with me"), ("trash", "Trash")]


@require_http_methods(["GET", "HEAD"])
@login_required
@never_cache
def list_documents(request: HttpRequest) -> HttpResponse:
    """What the reader may open, newest edit first; `q` searches titles, `show` narrows."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required saw to it
    asked = SearchForm(request.GET)
    asked.is_valid()
    words, show = asked.cleaned_data.get("q", ""), asked.cleaned_data.get("show", "")

    documents = documents_for(request.user).filter(trashed_at__isnull=show != "trash")
    if show in ("mine", "trash"):
        documents = documents.filter(owner=request.user)
    elif show == "shared":
        documents = documents.exclude(owner=request.user)
    for word in words.split():
        documents = documents.filter(title__icontains=word)

    order = "-trashed_at" if show == "trash" else "-updated_at"
    page = Paginator(with_row_columns(documents).order_by(order, "-pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    kept = {name: value for name, value in (("q", words), ("show", show)) if value}
    return render(
        request,
        "editor/documents.html",
        {
            "rows": rows(page.object_list, request.user),
            "page": page,
            "words": words,
            "show": show,
            "filters": FILTERS,
            "kept": urlencode(kept),
            "here": request.get_full_path(),
            "form": TitleForm(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def create_document(request: HttpRequest) -> HttpResponse:
    """A new document of the reader's; a title that cannot be comes back with the reason."""
    typed = request.POST if request.method == "POST" else None
    if not request.user.is_authenticated:
        # Signing in must not lose the title.
        title = request.POST.get("title", "")
        return redirect_to_login(reverse("create_document") + "?" + urlencode({"title": title}))
    form = TitleForm(typed, initial={"title": request.GET.get("title", "")})
    if form.is_valid():
        form.instance.owner = request.user
        document: Document = form.save()
        return redirect(document)
    return render(request, "editor/new.html", {"form": form}, status=400 if form.is_bound else 200)
