"""What people are called, on pages and beside cursors."""

from __future__ import annotations

from django.contrib.auth.models import User


def display_name(user: User) -> str:
    """The full name, or the user name of who gave none."""
    return user.get_full_name() or user.get_username()
