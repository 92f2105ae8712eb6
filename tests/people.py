"""What people do in their browsers, in a test's words."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client


def browser(person: User | None) -> Client:
    """A browser in which `person` is signed in; None for a visitor."""
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def text(response: Any) -> str:
    """The page as it was sent."""
    return str(response.content.decode())


def led_to(response: Any) -> str:
    """The address that a redirect leads to."""
    assert response.status_code == 302, response.status_code
    return str(response.headers["Location"])
