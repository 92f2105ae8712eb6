from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from .document import Document


class Collaborator(models.Model):
    """Somebody besides the owner who may open a document."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "Viewer"
        COMMENTER = "commenter", "Commenter"
        EDITOR = "editor", "Editor"

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="collaborations"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.EDITOR)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["document", "user"], name="one_role_a_person"),
            models.CheckConstraint(
                condition=models.Q(role__in=["viewer", "commenter", "editor"]), name="known_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    def save(self, **options: Any) -> None:
        """Save; a document that this role is moved away from is told as well as the new one."""
        with transaction.atomic():
            stored = Collaborator.objects.filter(pk=self.pk).select_related("document").first()
            super().save(**options)
            if stored is not None and stored.document_id != self.document_id:
                stored.document.bump_access()


def documents_of(user_id: int) -> models.QuerySet[Document]:
    """Every document, trashed ones too, that somebody owns or was given a role in."""
    # Not two conditions with OR: PostgreSQL would read every document there is.
    own = Document.objects.filter(owner_id=user_id).order_by().values("pk")
    given = Collaborator.objects.filter(user_id=user_id).order_by().values("document_id")
    return Document.objects.filter(pk__in=own.union(given))


@receiver([post_save, post_delete], sender=Collaborator)
def bump_access(instance: Collaborator, **kwargs: Any) -> None:
    """Open editors notice every change, also one made in the admin or by a queryset's delete()."""
    instance.document.bump_access()
