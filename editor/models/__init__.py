"""What is kept: documents, who may open them, and every update that was typed."""

from .collaborator import Collaborator
from .document import Document
from .update import Update

__all__ = ["Collaborator", "Document", "Update"]
