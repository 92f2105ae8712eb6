"""The encoding beneath every Yjs message, lib0's: varUint, and bytes or text behind their length.

    varUint   = 7 bits a byte, least significant first, the top bit set on all but the last
    varBytes  = varUint length, then that many bytes
    varString = varBytes holding UTF-8

Strict where lib0 is lax: no integer beyond JavaScript's safe ones, no padding, no length past the
end. Source: github.com/dmonad/lib0, encoding.js and decoding.js.
"""

from __future__ import annotations

from typing import Final

MAX_SAFE_INTEGER: Final = 2**53 - 1


class MalformedError(ValueError):
    """Bytes that do not follow their format; the message names what was expected and what came."""


class Decoder:
    """Reads from the front of `buffer`; every method raises `MalformedError` on bad bytes."""

    __slots__ = ("buffer", "position")

    def __init__(self, buffer: bytes, position: int = 0) -> None:
        self.buffer = buffer
        self.position = position

    def byte(self) -> int:
        """The next byte."""
        position = self.position
        if position >= len(self.buffer):
            raise MalformedError(f"expected a byte at {position}, but the input ends there")
        self.position = position + 1
        return self.buffer[position]

    def var_uint(self) -> int:
        """The next integer, 0 to 2^53 - 1."""
        buffer = self.buffer
        start = position = self.position
        try:
            byte = buffer[position]
            position += 1
            if byte < 0x80:
                self.position = position
                return byte
            number = byte & 0x7F
            shift = 7
            while True:
                byte = buffer[position]
                position += 1
                number |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
                shift += 7
                # Eight bytes hold 2^53 - 1; a longer run of them would cost quadratic time.
                if shift > 49:
                    raise MalformedError(f"expected an integer of at most 8 bytes at {start}")
        except IndexError:
            raise MalformedError(f"expected an integer at {start}, but the input ends") from None
        if byte == 0:
            raise MalformedError(f"expected an integer without padding at {start}")
        if number > MAX_SAFE_INTEGER:
            raise MalformedError(f"expected an integer below 2^53 at {start}, got {number}")
        self.position = position
        return number

    def var_bytes(self) -> bytes:
        """The next length-prefixed bytes."""
        length = self.var_uint()
        start = self.position
        end = start + length
        if end > len(self.buffer):
            raise MalformedError(
                f"expected {length} bytes at {start}, but {len(self.buffer) - start} are left"
            )
        self.position = end
        return self.buffer[start:end]

    def var_string(self) -> str:
        """The next length-prefixed UTF-8 text."""
        start = self.position
        try:
            return self.var_bytes().decode()
        except UnicodeDecodeError as error:
            raise MalformedError(f"expected UTF-8 at {start}: {error.reason}") from None

    def left(self) -> int:
        """How many bytes are unread."""
        return len(self.buffer) - self.position

    def end(self) -> None:
        """Check that everything was read."""
        if self.position != len(self.buffer):
            raise MalformedError(
                f"expected the end at {self.position}, got {self.left()} more bytes"
            )


def var_uint(number: int) -> bytes:
    """`number`, 0 to 2^53 - 1, encoded."""
    if number < 0x80:
        return bytes((number,))
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def var_bytes(content: bytes) -> bytes:
    """`content` behind its length."""
    return var_uint(len(content)) + content


def var_string(text: str) -> bytes:
    """`text` as UTF-8 behind its length in bytes."""
    return var_bytes(text.encode())
