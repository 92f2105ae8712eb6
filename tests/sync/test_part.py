"""Parts of updates: what they leave out is what was known."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Text

from editor.sync.frontier import Frontier
from editor.sync.update import read_update
from tests.frames import typed

PARENT = b"\x01\x07content"


def text_of(*payloads: bytes) -> str:
    doc: Doc[Text] = Doc()
    text = doc.get("content", type=Text)
    for payload in payloads:
        doc.apply_update(payload)
    return str(text)


@pytest.mark.parametrize(
    ("struct", "rest"),
    [
        # First in the text; behind another; before another; between two; deleted; gone.
        (b"\x04" + PARENT + b"\x04abcd", b"\x84\x01\x01\x02cd"),
        (b"\x84\x02\x00\x04abcd", b"\x84\x01\x01\x02cd"),
        (b"\x44\x02\x00\x04abcd", b"\xc4\x01\x01\x02\x00\x02cd"),
        (b"\xc4\x02\x00\x02\x01\x04abcd", b"\xc4\x01\x01\x02\x01\x02cd"),
        (b"\x81\x02\x00\x04", b"\x81\x01\x01\x02"),
        (b"\x00\x04", b"\x00\x02"),
    ],
)
def test_known_beginning_of_a_struct_is_cut_as_yjs_would(struct: bytes, rest: bytes) -> None:
    frontier = Frontier()
    frontier.admit(read_update(typed(2, 0, "xyz")))
    frontier.admit(read_update(typed(1, 0, "ab")))
    whole = b"\x01\x02\x01\x00" + struct + b"\x84\x02\x02\x01!" + b"\x00"
    admission = frontier.admit(read_update(whole))
    assert admission.payload == b"\x01\x02\x01\x02" + rest + b"\x84\x02\x02\x01!" + b"\x00"


def test_what_is_cut_off_may_be_longer_than_its_characters() -> None:
    frontier = Frontier()
    known = typed(1, 0, "é😀")
    frontier.admit(read_update(known))
    admission = frontier.admit(read_update(typed(1, 0, "é😀文😀b")))
    assert admission.payload == typed(1, 3, "文😀b", after=(1, 2))
    assert text_of(known, admission.payload or b"") == "é😀文😀b"


def test_lie_about_known_text_reaches_nobody() -> None:
    frontier = Frontier()
    known = typed(1, 0, "true")
    frontier.admit(read_update(known))
    admission = frontier.admit(read_update(typed(1, 0, "liesmore")))
    assert admission.payload == typed(1, 4, "more", after=(1, 3))
