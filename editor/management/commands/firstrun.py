from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import transaction
from pycrdt import Doc, Text

from editor.models import Document
from editor.sync import journal
from editor.sync.batch import Batch, Row
from editor.sync.update import CONTENT

NAME = "admin"
# Four groups of four from letters and digits that nobody mixes up: 78 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

TITLE = "welcome.md"
TEXT = """\
# Welcome 👋

This is a document like any other: type, and whoever has it open sees it at once.

- Open this page in a second window, or in another browser with an account of its own, and type
  in both. Each person has a colour, and a cursor with a name.
- Look at the top: "Saving…" turns into "Saved" once your words are on the server's disk, and not
  before.
- Without a connection you can go on typing. When it is back, both sides are put together and
  nothing is lost.
- Undo takes back what you typed yourself, never what others did.

The name of a document chooses its language. This one ends in `.md`; try a new one, such as
`hello.py`:

```python
def greet(name: str) -> str:
    return f"Hello, {name}! Grüße, 你好 😀"
```

Do with this document whatever you like. It is yours.
"""


class Command(BaseCommand):
    """Make a first account and a sample document, unless there are accounts already."""

    help = "Make a first account, print its password once, and make a sample document for it."

    def handle(self, **options: Any) -> None:
        with transaction.atomic():
            if User.objects.exists():
                self.stdout.write(self._advice())
                return
            password = generated_password()
            owner = User.objects.create_superuser(NAME, password=password)
            document = Document.objects.create(title=TITLE, owner=owner)
        # At once: whatever happens next, nobody can read it anywhere else.
        self.stdout.write(
            f"Your account:   {NAME}\n"
            f"Its password:   {password}\n"
            "It is shown this once. If it gets lost, make a new one with\n"
            f"  .venv/bin/python manage.py changepassword {NAME}"
        )
        # Through the log, as everything that is typed; that is a transaction of its own.
        journal.append([typed(document, owner, TEXT)])

    def _advice(self) -> str:
        superuser = (
            User.objects.filter(is_superuser=True, is_active=True).order_by("date_joined").first()
        )
        if superuser is None:
            return (
                "There are accounts, but none that administers. Make one with\n"
                "  .venv/bin/python manage.py createsuperuser"
            )
        return (
            f"The account {superuser.get_username()} exists. If its password got lost, make a new "
            "one with\n"
            f"  .venv/bin/python manage.py changepassword {superuser.get_username()}"
        )


def generated_password() -> str:
    """A password that can be read aloud: `abcd-efgh-jkmn-pqrs`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def typed(document: Document, author: User, text: str) -> Batch:
    """What the log gets when `author` types `text` into an empty document."""
    doc: Doc[Text] = Doc()
    doc.get(CONTENT, type=Text).insert(0, text)
    row = Row(author.pk, doc.get_update())
    return Batch(document.pk, seq=0, epoch=document.access_epoch, rows=(row,), changes=())
