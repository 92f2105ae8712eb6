"""The structural reader: what it lets through, and what it must never hand to pycrdt."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Map, Text

from editor.sync.lib0 import MalformedError, var_uint
from editor.sync.update import (
    DELETED,
    GC,
    MAX_CLOCK,
    SKIP,
    STRING,
    encode_state_vector,
    encode_update,
    read_state_vector,
    read_update,
    utf16_length,
)
from tests.frames import typed

PARENT = b"\x01\x07content"


def update(*structs: bytes, client: int = 1, clock: int = 0, deletes: bytes = b"\x00") -> bytes:
    head = b"\x01" + var_uint(len(structs)) + var_uint(client) + var_uint(clock)
    return head + b"".join(structs) + deletes


def test_update_is_read_with_its_references() -> None:
    read = read_update(
        update(
            b"\x04" + PARENT + b"\x02ab",
            b"\xc4\x01\x00\x02\x05\x04\xf0\x9f\x98\x80",
            b"\x81\x01\x01\x03",
            b"\x00\x04",
            b"\x0a\x05",
            deletes=b"\x01\x01\x02\x00\x01\x04\x02",
        )
    )
    (structs,) = read.sections.values()
    assert [(s.clock, s.end, s.kind) for s in structs] == [
        (0, 2, STRING),
        (2, 4, STRING),
        (4, 7, DELETED),
        (7, 11, GC),
        (11, 16, SKIP),
    ]
    assert structs[1].origin == (1, 0)
    assert structs[1].right_origin == (2, 5)
    assert structs[1].pairs == ((2, 4),)
    assert read.deletes == [(1, 0, 1), (1, 4, 6)]


def test_runs_of_surrogate_pairs_are_found_among_other_text() -> None:
    (structs,) = read_update(typed(1, 10, "aé😀😀文😀")).sections.values()
    assert structs[0].pairs == ((12, 16), (17, 19))
    assert structs[0].end == 19


def test_what_pycrdt_writes_is_read_and_written_back() -> None:
    doc: Doc[Text] = Doc(client_id=7)
    text = doc.get("content", type=Text)
    text.insert(0, "hello")
    del text[1:3]
    read = read_update(doc.get_update())
    sections = [
        (
            client,
            structs[0].clock,
            len(structs),
            read.payload[structs[0].offset : read.section_ends[client]],
        )
        for client, structs in read.sections.items()
    ]
    assert encode_update(sections, read.deletes) == read.payload


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (b"", "expected an integer"),
        (b"\x00\x00\x00", "1 more bytes"),
        (b"\xff\xff\xff\xff\x0f", "expected an integer"),
        (b"\x01\x00\x01\x00\x00", "expected structs of client 1, got none"),
        (b"\x02\x01\x01\x00\x00\x01\x01\x01\x01\x00\x01\x00", "each client once"),
        (update(b"\x04\x01\x05other\x01a"), "shared text 'content'"),
        (update(b"\x04\x00\x01\x00\x01a"), "shared text 'content'"),
        (update(b"\x24" + PARENT + b"\x01k\x01a"), "kind 36"),
        (update(b"\x84\x01\x00\x01a"), "origin before 0, got 0"),
        (update(b"\x44\x01\x03\x01a"), "origin before 0, got 3"),
        (update(b"\x04" + PARENT + b"\x00"), "length above 0"),
        (update(b"\x00\x00"), "length above 0"),
        (update(b"\x0a\x00"), "length above 0"),
        (update(b"\x81\x02\x00\x00"), "length above 0"),
        (update(b"\x00" + var_uint(MAX_CLOCK + 1)), "clocks up to"),
        (update(b"\x00\x01", clock=MAX_CLOCK), "clocks up to"),
        (update(b"\x00\x01", deletes=b"\x01\x01\x01\x00\x00"), "length above 0"),
        (update(b"\x00\x01", b"\x00\x01"), "one struct for what is gone"),
        (update(b"\x0a\x01", b"\x0a\x01"), "one struct for what is gone"),
        (update(b"\xc4\x02\x05\x02\x05\x01a"), "text between two others"),
        (b"\x00\x02\x01\x01\x00\x01\x01\x01\x02\x01", "deletions of each client once"),
        *((update(bytes([kind]) + PARENT + b"\x01\x00"), f"kind {kind}") for kind in (2, 3, 5, 9)),
        (update(b"\x08" + PARENT + b"\x01" + b"\x75\x01" * 40_000), "kind 8"),
        (update(b"\x07" + PARENT + b"\x00"), "kind 7"),
        (update(b"\x06" + PARENT + b"\x01a\x01b"), "kind 6"),
        (bytes.fromhex("0100010101220244011201011e023000"), "expected structs of client 1"),
    ],
)
def test_unsound_update_is_refused(payload: bytes, complaint: str) -> None:
    with pytest.raises(MalformedError, match=complaint):
        read_update(payload)


def test_every_truncation_of_an_update_is_refused() -> None:
    whole = update(
        b"\x04" + PARENT + b"\x02ab", b"\xc4\x01\x00\x02\x05\x01c", deletes=b"\x01\x01\x01\x00\x01"
    )
    read_update(whole)
    for end in range(len(whole)):
        with pytest.raises(MalformedError):
            read_update(whole[:end])


def test_other_shared_types_are_no_code() -> None:
    doc: Doc[Map[str]] = Doc()
    doc.get("content", type=Map)["key"] = "hidden"
    with pytest.raises(MalformedError):
        read_update(doc.get_update())


def test_state_vectors_come_back() -> None:
    state_vector = {1: 5, 2**32 - 1: 0, 300: MAX_CLOCK}
    assert read_state_vector(encode_state_vector(state_vector)) == state_vector


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (b"", "expected an integer"),
        (b"\xff\xff\xff\xff\x0f", "expected an integer"),
        (b"\x00\x00", "1 more bytes"),
        (b"\x02\x01\x01\x01\x02", "each client once"),
        (b"\x01\x01" + var_uint(MAX_CLOCK + 1), "clocks up to"),
    ],
)
def test_unsound_state_vector_is_refused_at_once(payload: bytes, complaint: str) -> None:
    with pytest.raises(MalformedError, match=complaint):
        read_state_vector(payload)


def test_length_is_in_utf_16() -> None:
    assert [utf16_length(text) for text in ("", "ab", "é文", "😀a")] == [0, 2, 2, 3]
