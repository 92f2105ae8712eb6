"""The encoding: strict where lib0 is lax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editor.sync.lib0 import (
    MAX_SAFE_INTEGER,
    Decoder,
    MalformedError,
    var_bytes,
    var_string,
    var_uint,
)


@given(st.integers(0, MAX_SAFE_INTEGER))
def test_integers_come_back(number: int) -> None:
    decoder = Decoder(var_uint(number))
    assert decoder.var_uint() == number
    decoder.end()


@given(st.text(), st.binary())
def test_text_and_bytes_come_back(text: str, content: bytes) -> None:
    decoder = Decoder(var_string(text) + var_bytes(content))
    assert decoder.var_string() == text
    assert decoder.var_bytes() == content
    assert decoder.left() == 0


@pytest.mark.parametrize(
    ("encoded", "complaint"),
    [
        (b"", "input ends"),
        (b"\x80", "input ends"),
        (b"\x80\x00", "without padding"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x1f", "below 2\\^53"),
        (b"\xff" * 100_000 + b"\x01", "at most 8 bytes"),
    ],
)
def test_integer_that_lib0_would_take_is_refused(encoded: bytes, complaint: str) -> None:
    with pytest.raises(MalformedError, match=complaint):
        Decoder(encoded).var_uint()


def test_length_past_the_end_is_refused_without_allocating() -> None:
    with pytest.raises(MalformedError, match="but 1 are left"):
        Decoder(var_uint(MAX_SAFE_INTEGER) + b"x").var_bytes()


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MalformedError, match="UTF-8"):
        Decoder(b"\x01\xff").var_string()


def test_byte_past_the_end_is_refused() -> None:
    with pytest.raises(MalformedError, match="expected a byte"):
        Decoder(b"").byte()


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(MalformedError, match="2 more bytes"):
        Decoder(b"ab").end()
