"""Switching an account on or off: in every document of that person who may do what has changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import F
from django.db.models.signals import post_save
from django.dispatch import receiver

from .collaborator import documents_of


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def bump_access(
    instance: AbstractBaseUser,
    created: bool,
    update_fields: Collection[str] | None = None,
    **kwargs: Any,
) -> None:
    """Open editors ask anew whenever `is_active` was saved, as whatever it was before.

    Signing in saves `last_login` alone, and asks nobody. A queryset's update() sends no signal.
    """
    if created or (update_fields is not None and "is_active" not in update_fields):
        return
    documents_of(instance.pk).update(access_epoch=F("access_epoch") + 1)
