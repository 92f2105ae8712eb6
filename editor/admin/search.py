"""Finding documents, and what belongs to them, as an administrator types."""

from __future__ import annotations

import re
from uuid import UUID

UUID_PATTERN = re.compile(r"\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b", re.IGNORECASE)


def uuids_in(term: str) -> list[UUID]:
    """The uuids in a search term, also in an address pasted as it is.

    They are looked up exactly, by the index; a LIKE over uuids would read the whole table.
    """
    return [UUID(found) for found in UUID_PATTERN.findall(term)]
