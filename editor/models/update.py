from __future__ import annotations

from django.conf import settings
from django.db import models

from .document import Document


class Update(models.Model):
    """One entry of a document's log: a Yjs v1 update, by whom and when.

    `seq` counts 1, 2, 3 … without gaps, in causal order. Only `editor.sync.journal` writes rows,
    and none is ever changed.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="updates")
    seq = models.PositiveBigIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # History outlives accounts.
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    payload = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["document", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["document", "seq"], name="one_update_a_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.document} #{self.seq}"
