"""What the commands of manage.py do for people at a terminal."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pycrdt import Doc, Text

from editor.management.commands import firstrun
from editor.models import Document, Update
from editor.sync import journal
from editor.sync.batch import Batch, Row
from editor.sync.update import read_update

# One character each of four and two bytes, a combined one, three bytes, and Windows line ends.
AWKWARD = "😀 é e\u0301 文\r\nsecond line\r\n\r\nno end of line"


def output_of(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


class Typist:
    """Types into a document by way of the log: one entry for each call."""

    def __init__(self, document: Document, user: User) -> None:
        self.document = document
        self.user = user
        self.doc: Doc[Text] = Doc()
        self.text = self.doc.get("content", type=Text)

    def types(self, index: int, text: str) -> None:
        """Insert at `index`, in bytes."""
        before = self.doc.get_state()
        self.text.insert(index, text)
        self._log(before)

    def deletes(self, start: int, end: int) -> None:
        """Delete a range, in bytes."""
        before = self.doc.get_state()
        del self.text[start:end]
        self._log(before)

    def _log(self, before: bytes) -> None:
        self.document.refresh_from_db()
        row = Row(self.user.pk, self.doc.get_update(before))
        batch = Batch(
            self.document.pk, self.document.last_seq, self.document.access_epoch, (row,), ()
        )
        [outcome] = journal.append([batch])
        assert isinstance(outcome, journal.Committed)


@pytest.fixture
def typist(document: Document, alice: User) -> Typist:
    return Typist(document, alice)


# firstrun


@pytest.mark.django_db
def test_the_first_account_signs_in_with_the_password_that_was_printed() -> None:
    printed = output_of("firstrun")
    found = re.search(r"password: +(\S+)", printed)
    assert found is not None
    user = authenticate(username="admin", password=found[1])
    assert isinstance(user, User)
    assert user.is_superuser
    assert user.is_staff


def test_no_two_machines_get_the_same_password() -> None:
    passwords = {firstrun.generated_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", password) for password in passwords)


@pytest.mark.django_db
def test_the_sample_document_holds_text_that_came_through_the_log() -> None:
    output_of("firstrun")
    document = Document.objects.get()
    assert document.owner.username == "admin"
    assert document.last_seq == 1
    assert output_of("exportdocument", str(document.uuid)) == firstrun.TEXT


@pytest.mark.django_db
def test_the_sample_documents_log_passes_the_engines_own_reader() -> None:
    output_of("firstrun")
    update = Update.objects.get()
    assert update.user is not None
    assert update.user.username == "admin"
    read_update(bytes(update.payload))


@pytest.mark.django_db
def test_running_it_again_changes_nothing_and_says_how_to_make_a_new_password() -> None:
    output_of("firstrun")
    password = User.objects.get().password
    printed = output_of("firstrun")
    assert User.objects.get().password == password
    assert Document.objects.count() == 1
    assert "changepassword admin" in printed
    assert "password:" not in printed


def test_accounts_that_exist_are_left_alone(alice: User) -> None:
    printed = output_of("firstrun")
    assert User.objects.get() == alice
    assert not Document.objects.exists()
    assert "createsuperuser" in printed


def test_the_advice_names_the_account_that_can_be_used(alice: User) -> None:
    User.objects.create_superuser("gone", is_active=False)
    User.objects.create_superuser("root")
    assert "changepassword root" in output_of("firstrun")


# exportdocument


def test_export_prints_the_saved_bytes_and_not_one_more(
    typist: Typist, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    typist.types(0, AWKWARD)
    call_command("exportdocument", str(typist.document.uuid))
    assert capfdbinary.readouterr().out == AWKWARD.encode()


def test_export_puts_the_whole_log_together_in_its_order(typist: Typist) -> None:
    typist.types(0, "hello world")
    typist.deletes(0, 6)
    typist.types(0, "brave new ")
    assert typist.document.updates.count() == 3
    assert output_of("exportdocument", str(typist.document.uuid)) == "brave new world"


def test_export_of_an_untouched_document_is_empty(document: Document) -> None:
    assert output_of("exportdocument", str(document.uuid)) == ""


def test_export_reaches_into_the_trash(typist: Typist) -> None:
    typist.types(0, "kept")
    typist.document.trash()
    assert output_of("exportdocument", str(typist.document.uuid)) == "kept"


def test_export_writes_a_file_byte_for_byte(typist: Typist, tmp_path: Path) -> None:
    typist.types(0, AWKWARD)
    file = tmp_path / "main.py"
    printed = output_of("exportdocument", str(typist.document.uuid), f"--output={file}")
    assert file.read_bytes() == AWKWARD.encode()
    assert printed == ""


def test_export_says_why_a_file_cannot_be_written(document: Document, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "main.py"
    with pytest.raises(CommandError, match=r"nowhere/main\.py cannot be written: No such file"):
        output_of("exportdocument", str(document.uuid), f"--output={file}")


@pytest.mark.django_db
def test_export_tells_a_wrong_uuid_from_an_unknown_one() -> None:
    with pytest.raises(CommandError, match=r"'main\.py' is not a document's UUID: expected"):
        output_of("exportdocument", "main.py")
    unknown = "123e4567-e89b-12d3-a456-426614174000"
    with pytest.raises(CommandError, match=f"There is no document {unknown}"):
        output_of("exportdocument", unknown)


def test_export_refuses_a_log_with_a_gap_instead_of_printing_a_wrong_text(typist: Typist) -> None:
    typist.types(0, "one")
    typist.types(3, " two")
    typist.types(7, " three")
    Update.objects.filter(document=typist.document, seq=2).delete()
    with pytest.raises(CommandError, match="damaged"):
        output_of("exportdocument", str(typist.document.uuid))
