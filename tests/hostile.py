"""Frames that no honest client sends: each must end its own connection and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests import frames
from tests.frames import var_bytes, var_uint

# Frames that honest clients send, to be cut and bent.
HONEST: Final = {
    "step 1": frames.step_1(b"\x02\x07\x01\x09\x80\x01"),
    "step 2": frames.step_2(frames.typed(7, 0, "é文😀")),
    "empty step 2": frames.step_2(),
    "update": frames.update(frames.typed(7, 0, "first")),
    "update with deletes": frames.update(
        frames.typed(300, 0, "ab")[:-1] + b"\x01\xac\x02\x01\x00\x02"
    ),
    "awareness": frames.awareness((7, 1, {"cursor": {"anchor": 1}})),
}

# TRAPS: sixteen bytes that make pycrdt 0.14.13 panic on a document that is not empty.
PANIC: Final = bytes.fromhex("0100010101220244011201011e023000")

_PARENT: Final = b"\x01" + var_bytes(b"content")
_GC, _DELETED, _JSON, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, _SKIP = range(11)


def one_struct(struct: bytes, client: int = 7, clock: int = 0, deletes: bytes = b"\x00") -> bytes:
    """An update frame with one struct."""
    return frames.update(b"\x01\x01" + var_uint(client) + var_uint(clock) + struct + deletes)


def truncated() -> Iterator[tuple[str, bytes]]:
    """Honest frames, cut after each byte but the last: outside, and inside with true lengths."""
    for name, frame in HONEST.items():
        for length in range(len(frame)):
            yield f"{name} cut to {length}", frame[:length]
    for name in ("step 1", "step 2", "update", "update with deletes"):
        frame = HONEST[name]
        content = frame[3:]
        for length in range(len(content)):
            yield f"{name} with {length} of its content", frame[:2] + var_bytes(content[:length])
    content = HONEST["awareness"][2:]
    for length in range(len(content)):
        yield f"awareness with {length} of its content", b"\x01" + var_bytes(content[:length])


def trailing() -> Iterator[tuple[str, bytes]]:
    """Honest frames with more behind them, outside and inside."""
    for name, frame in HONEST.items():
        yield f"{name} and a byte", frame + b"\x00"
        yield f"{name} twice", frame + frame
        head = 1 if name == "awareness" else 2
        content = frame[head + 1 :]
        yield f"{name} with a byte inside", frame[:head] + var_bytes(content + b"\x00")
    yield "query and a byte", frames.QUERY_AWARENESS + b"\x00"


def unknown() -> Iterator[tuple[str, bytes]]:
    """Types that no client may send, ours and the server's own among them."""
    yield "nothing", b""
    for kind in (2, 4, 5, 63, 64, 65, 100, 127):
        yield f"type {kind}", bytes([kind])
        yield f"type {kind} with content", bytes([kind, 0, 0])
    yield "type 128", b"\x80\x01\x00"
    yield "type 2^60", b"\xff" * 8 + b"\x0f"
    for kind in (3, 4, 127):
        yield f"sync type {kind}", bytes([0, kind, 1, 0])
    yield "padded type", b"\x80\x00\x00\x01\x00"
    yield "padded length", b"\x00\x00\x81\x80\x00\x00"
    yield "an integer without an end", b"\xff" * 900_000
    yield "an integer without an end as a length", b"\x00\x02" + b"\x80" * 900_000
    yield "an integer without an end in an update", frames.update(b"\x80" * 900_000)
    yield "an integer without an end in a state vector", frames.step_1(b"\xff" * 900_000)


def claims() -> Iterator[tuple[str, bytes]]:
    """Counts and lengths that nothing stands behind."""
    for count in (400_000_000, 2**31, 2**32, 2**53 - 1, 2**53, 2**63, 2**64, 2**70):
        many = var_uint(count)
        yield f"a state vector of {count}", frames.step_1(many)
        yield f"{count} sections", frames.update(many + b"\x00")
        yield f"{count} structs", frames.update(b"\x01" + many + b"\x07\x00\x00")
        yield f"{count} clients in a delete set", frames.update(b"\x00" + many)
        yield f"{count} deletes", frames.update(b"\x00\x01\x07" + many)
        yield f"{count} bytes of state vector", b"\x00\x00" + many + b"\x00"
        yield f"{count} bytes of update", b"\x00\x02" + many + b"\x00"
        yield f"{count} bytes of awareness", b"\x01" + many + b"\x00"
        yield f"{count} awareness states", b"\x01" + var_bytes(many)
        yield f"an awareness state of {count} bytes", b"\x01" + var_bytes(b"\x01\x07\x01" + many)
        yield f"text of {count} bytes", one_struct(b"\x04" + _PARENT + many + b"a")
        yield f"a parent's name of {count} bytes", one_struct(b"\x04\x01" + many + b"a")
    for count in (2**31, 2**32, 2**53 - 1, 2**53, 2**64):
        many = var_uint(count)
        yield f"{count} deleted", one_struct(b"\x01" + _PARENT + many)
        yield f"{count} forgotten", one_struct(b"\x00" + many)
        yield f"{count} skipped", one_struct(b"\x0a" + many)
        yield f"a clock of {count}", one_struct(b"\x04" + _PARENT + b"\x01a", clock=count)
        yield f"a deletion from {count}", frames.update(b"\x00\x01\x07\x01" + many + b"\x01")
        yield f"a deletion of {count}", frames.update(b"\x00\x01\x07\x01\x00" + many)
        yield f"a state of {count}", frames.step_1(b"\x01\x07" + many)
    yield "a client id of 2^53", frames.update(frames.typed(2**53, 0, "a"))
    yield "a client id of 2^64", frames.update(frames.typed(2**64, 0, "a"))
    yield "an awareness id of 2^53", frames.awareness((2**53, 1, {}))


def poison() -> Iterator[tuple[str, bytes]]:
    """Sound varints, unsound or forbidden content."""
    yield "the panic of TRAPS", frames.update(PANIC)
    yield "the panic of TRAPS as step 2", frames.step_2(PANIC)
    yield (
        "Any, 40,000 deep",
        one_struct(b"\x08" + _PARENT + b"\x01" + b"\x75\x01" * 40_000 + b"\x7e"),
    )
    yield (
        "an object of Any, 40,000 deep",
        one_struct(b"\x08" + _PARENT + b"\x01" + b"\x76\x01\x01a" * 40_000 + b"\x7e"),
    )
    yield "nested types, deleted", _nested_types(40_000)
    contents = {
        _JSON: b"\x01\x011",
        _BINARY: b"\x01a",
        _EMBED: b"\x02{}",
        _FORMAT: b"\x04bold\x04true",
        _TYPE: b"\x00",
        _ANY: b"\x01\x7e",
        _DOC: b"\x01a\x76\x00",
    }
    for kind, content in contents.items():
        yield f"content kind {kind}", one_struct(bytes([kind]) + _PARENT + content)
    for kind in (11, 12, 15, 16, 30, 31):
        yield f"unknown content kind {kind}", one_struct(bytes([kind]) + _PARENT + b"\x01a")
    yield "a map entry", one_struct(b"\x24" + _PARENT + b"\x01k\x01a")
    yield "another shared type", one_struct(b"\x04\x01\x05other\x01a")
    yield "a nameless shared type", one_struct(b"\x04\x01\x00\x01a")
    yield "a parent by id", one_struct(b"\x04\x00\x07\x00\x01a")
    yield "an origin of its own", one_struct(b"\x84\x07\x00\x01a")
    yield "an origin after itself", one_struct(b"\x84\x07\x05\x01a")
    yield "a right origin of its own", one_struct(b"\x44\x07\x00\x01a")
    yield "an origin that is its right origin", one_struct(b"\xc4\x09\x00\x09\x00\x01a")
    yield "no text", one_struct(b"\x04" + _PARENT + b"\x00")
    yield "nothing deleted", one_struct(b"\x01" + _PARENT + b"\x00")
    yield "nothing forgotten", one_struct(b"\x00\x00")
    yield "nothing skipped", one_struct(b"\x0a\x00")
    yield "a section without structs", frames.update(b"\x01\x00\x07\x00\x00")
    yield (
        "a client twice",
        frames.update(b"\x02" + (b"\x01\x07\x00\x04" + _PARENT + b"\x01a") * 2 + b"\x00"),
    )
    yield "a client twice in a state vector", frames.step_1(b"\x02\x07\x01\x07\x02")
    for name, text in {
        "a lone surrogate": b"\xed\xa0\x80",
        "half a character": b"\xf0\x9f\x98",
        "overlong UTF-8": b"\xc0\x80",
        "beyond Unicode": b"\xf4\x90\x80\x80",
        "no UTF-8": b"\xff\xfe",
    }.items():
        yield f"{name} as text", one_struct(b"\x04" + _PARENT + var_bytes(text))
        yield f"{name} as awareness", b"\x01" + var_bytes(b"\x01\x07\x01" + var_bytes(text))


def _nested_types(depth: int) -> bytes:
    """An array in an array in an array …, and the outermost deleted: 403 KB at 40,000."""
    structs = b"\x07" + _PARENT + b"\x00"
    for clock in range(depth - 1):
        structs += b"\x07\x00\x07" + var_uint(clock) + b"\x00"
    return frames.update(
        b"\x01" + var_uint(depth) + b"\x07\x00" + structs + b"\x01\x07\x01\x00\x01"
    )


def _text_after(origin: tuple[int, int]) -> bytes:
    return b"\x84" + var_uint(origin[0]) + var_uint(origin[1]) + b"\x01a"


def _section(client: int, structs: list[bytes]) -> bytes:
    return var_uint(len(structs)) + var_uint(client) + b"\x00" + b"".join(structs)


def impatient(count: int) -> bytes:
    """An honest-looking update in which `count` clients wait for one that advances step by step.

    Whoever wakes all of them at each step takes `count` squared steps.
    """
    first = b"\x04" + _PARENT + b"\x01a"
    walker = [first, *(_text_after((10 + n, 0)) for n in range(1, count))]
    sections = [_section(10 + n, [_text_after((3, 0))]) for n in reversed(range(count))]
    sections.append(_section(1, walker))
    sections += (_section(10 + count + n, [_text_after((1, count - 1))]) for n in range(count))
    sections.append(_section(3, [first]))
    return frames.update(var_uint(len(sections)) + b"".join(sections) + b"\x00")


def ladder(count: int) -> bytes:
    """Two clients, each struct of which builds on the other's last."""
    first = b"\x04" + _PARENT + b"\x01a"
    one = [first, *(_text_after((2, n)) for n in range(count - 1))]
    two = [_text_after((1, n)) for n in range(count)]
    return frames.update(b"\x02" + _section(2, two) + _section(1, one) + b"\x00")


def backwards(client: int, count: int) -> bytes:
    """Deletes every second clock of `client` below 2 * `count`, the last one first."""
    ranges = b"".join(var_uint(2 * n) + b"\x01" for n in reversed(range(count)))
    return frames.update(b"\x00\x01" + var_uint(client) + var_uint(count) + ranges)


def repeated(client: int, count: int) -> bytes:
    """Deletes the first clock of `client` again and again."""
    return frames.update(b"\x00\x01" + var_uint(client) + var_uint(count) + b"\x00\x01" * count)


def same_place(count: int) -> bytes:
    """As many clients as `count`, all typing at the very start at once."""
    first = b"\x04" + _PARENT + b"\x01a"
    sections = [_section(10 + n, [first]) for n in range(count)]
    return frames.update(var_uint(count) + b"".join(sections) + b"\x00")
