"""What every template may name."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from editor.names import display_name


def site(request: HttpRequest) -> dict[str, object]:
    """The product's name, whether visitors may sign up, and what the reader is called."""
    user = getattr(request, "user", None)
    return {
        "product_name": settings.PRODUCT_NAME,
        "sign_up": settings.SIGN_UP,
        "reader_name": display_name(user) if user is not None and user.is_authenticated else "",
    }
