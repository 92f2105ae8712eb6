"""What is kept: documents, who may open them, and every update that was typed."""

from . import activation as activation  # connects its signal
from .collaborator import Collaborator, documents_of
from .document import Document
from .update import Update

__all__ = ["Collaborator", "Document", "Update", "documents_of"]
