"""What a document may be called: a file name, for its extension chooses the language."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

# Unicode categories that are not seen: controls, format characters (a right-to-left override
# shows "exe.py" for "yp.exe"), lone surrogates, line and paragraph separators.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Format characters that scripts and emoji are written with: zero-width joiner and non-joiner.
JOINERS = {"\u200c", "\u200d"}


def validate_title(title: str) -> None:
    """Raise `ValidationError` on `title` with a sentence that says what is in the way.

    Emptiness and length are the field's to judge.
    """
    if "/" in title or "\\" in title:
        message = "A title is a file name without folders: leave out “/” and “\\”."
    elif title in {".", ".."}:
        message = "A title needs more than dots, such as “notes.md”."
    elif unseen := [c for c in title if unicodedata.category(c) in UNSEEN and c not in JOINERS]:
        name = "a line break" if unseen[0] in "\n\r" else f"U+{ord(unseen[0]):04X}"
        message = f"A title has only characters that can be seen: leave out {name}."
    else:
        return
    raise ValidationError({"title": ValidationError(message, code="title")})
