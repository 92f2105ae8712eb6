"""How long ago, in words short enough for a row."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince


def ago(moment: datetime) -> str:
    """Such as "just now", "5 minutes ago" or, after a week, "3 Nov 2026"."""
    now = timezone.now()
    # A clock that runs a little ahead is "just now" too.
    if now - moment < timedelta(minutes=1):
        return "just now"
    if now - moment < timedelta(days=7):
        return f"{timesince(moment, now, depth=1)} ago"
    return date_format(timezone.localtime(moment), "j M Y")
