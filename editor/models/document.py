from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from .title import validate_title

# Columns that only SQL moves on, and only forward. A row that was read a moment ago, saved as a
# whole (as the admin's form does), would turn them back and tear a hole into the log.
MOVED_BY_SQL = frozenset({"last_seq", "access_epoch", "updated_at"})
# What of a document decides who may do what. Open editors need not ask anew about a new title.
DECIDES_ACCESS = frozenset({"owner", "owner_id", "trashed_at"})


class Document(models.Model):
    """A text that people edit together.

    The text itself is not here: it is what the document's `Update` rows add up to.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(
        max_length=200, help_text="A file name: its extension chooses the language."
    )
    # Nobody's documents vanish because an account is deleted.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="documents"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When the text was last changed."
    )
    trashed_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seq = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="The number of the newest update in the log."
    )
    access_epoch = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text="Counts every change of who may do what; open editors ask anew when it moves.",
    )

    class Meta:
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return self.title

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Save what people may set; of a stored row leave `MOVED_BY_SQL` alone unless named."""
        if update_fields is None and not self._state.adding:
            fields = {field.name for field in self._meta.concrete_fields if not field.primary_key}
            update_fields = fields - MOVED_BY_SQL - self.get_deferred_fields()
        super().save(update_fields=update_fields, **options)

    def get_absolute_url(self) -> str:
        return reverse("document", args=[self.uuid])

    def clean(self) -> None:
        """Refuse titles that are no file name; every form asks, the admin's too."""
        super().clean()
        validate_title(self.title)

    def trash(self) -> None:
        """Move to the trash: open editors are closed, the log stays."""
        self.trashed_at = timezone.now()
        self.save(update_fields=["trashed_at"])

    def restore(self) -> None:
        """Take out of the trash."""
        self.trashed_at = None
        self.save(update_fields=["trashed_at"])

    def bump_access(self) -> None:
        """Tell open editors that who may do what has changed."""
        Document.objects.filter(pk=self.pk).update(access_epoch=F("access_epoch") + 1)


@receiver(post_save, sender=Document)
def bump_access(
    instance: Document,
    created: bool,
    update_fields: Collection[str] | None = None,
    **kwargs: Any,
) -> None:
    """A saved row may have a new owner or be in the trash now, however it was changed."""
    if not created and (update_fields is None or not DECIDES_ACCESS.isdisjoint(update_fields)):
        instance.bump_access()
