"""What happens around every view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import page_not_found


class NotFoundPage:
    """Shows our own page for a document that is not there, with DEBUG on as well.

    Somebody who is sent a link before the document was shared would otherwise read a list of the
    site's addresses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what a view did not find; addresses without a view are Django's to explain."""
        if not isinstance(exception, Http404):
            return None
        return page_not_found(request, exception)
