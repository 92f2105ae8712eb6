"""A structural reader of Yjs v1 updates and state vectors.

No byte from a client reaches pycrdt before it was read here: bounds checked, without recursion,
without allocating by claimed counts, and with nothing in it but text. The grammar, all numbers
varUint (see `lib0`):

    update       = n {section}*n delete-set
    section      = n client clock {struct}*n          the structs follow each other from `clock` on
    struct       = 0 length                           GC: was text, its place is forgotten
                 | 10 length                          Skip: a hole in this update
                 | info origin? right-origin? parent? content
    info         = bits 0-4 content kind, 0x80 origin, 0x40 right origin, 0x20 key of a map entry
    origin       = client clock
    parent       = 1 name:varString                   only where there is no origin at all
    content      = length                             kind 1, Deleted
                 | text:varString                     kind 4, String
    delete-set   = n {client m {clock length}*m}*n
    state-vector = n {client clock}*n

Clocks count UTF-16 code units. Source: yjs 13.6 (encoding.js, Item.js, DeleteSet.js). What else the
format can carry (embeds, formats, nested types, map entries, JSON) is not code and is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from .lib0 import Decoder, MalformedError, var_uint

# The name of the shared type that holds a document's text.
CONTENT: Final = "content"
# yrs counts clocks in 32 bits; half of that leaves no sum that could overflow.
MAX_CLOCK: Final = 2**31 - 1

GC: Final = 0
DELETED: Final = 1
STRING: Final = 4
SKIP: Final = 10
_PARENT: Final = b"\x01\x07content"
_HAS_ORIGIN: Final = 0x80
_HAS_RIGHT_ORIGIN: Final = 0x40
_ASTRAL = re.compile("[\U00010000-\U0010ffff]+")

ID = tuple[int, int]  # client, clock
StateVector = dict[int, int]  # client -> how many of its clocks are known
DeleteRange = tuple[int, int, int]  # client, first clock, end (exclusive)


class Struct(NamedTuple):
    """A run of one client's clocks, `clock` up to `end`, exclusive."""

    clock: int
    end: int
    kind: int
    origin: ID | None
    right_origin: ID | None
    pairs: tuple[tuple[int, int], ...]
    """The clocks of its surrogate pairs: runs of an even length that start on a high surrogate."""
    offset: int
    """Where it begins in the payload."""


@dataclass(frozen=True, slots=True)
class Update:
    """An update that was read and found sound."""

    payload: bytes
    sections: dict[int, list[Struct]]
    """Structs by client, never empty, in the order of their clocks."""
    section_ends: dict[int, int]
    """Where each client's structs end in the payload."""
    deletes: list[DeleteRange]


def read_update(payload: bytes) -> Update:
    """Read a whole update; `MalformedError` when it is unsound or holds more than text."""
    decoder = Decoder(payload)
    var_uint = decoder.var_uint
    sections: dict[int, list[Struct]] = {}
    section_ends: dict[int, int] = {}
    for _ in range(var_uint()):
        count = var_uint()
        client = var_uint()
        clock = var_uint()
        if client in sections:
            raise MalformedError(f"expected each client once, got {client} again")
        if count == 0:
            raise MalformedError(f"expected structs of client {client}, got none")
        structs: list[Struct] = []
        for _ in range(count):
            struct = _read_struct(decoder, client, clock)
            # Yjs would have made one of them; at two bytes each they are the cheapest of floods.
            if struct.kind in (GC, SKIP) and structs and structs[-1].kind == struct.kind:
                raise MalformedError(f"expected one struct for what is gone, got two at {clock}")
            structs.append(struct)
            clock = struct.end
        sections[client] = structs
        section_ends[client] = decoder.position
    deletes = _read_delete_set(decoder)
    decoder.end()
    return Update(payload, sections, section_ends, deletes)


def _read_struct(decoder: Decoder, client: int, clock: int) -> Struct:
    offset = decoder.position
    info = decoder.byte()
    if info in (GC, SKIP):
        return Struct(clock, _end(clock, decoder.var_uint()), info, None, None, (), offset)
    origin = right_origin = None
    if info & _HAS_ORIGIN:
        origin = (decoder.var_uint(), decoder.var_uint())
    if info & _HAS_RIGHT_ORIGIN:
        right_origin = (decoder.var_uint(), decoder.var_uint())
    if origin is None and right_origin is None:
        start = decoder.position
        decoder.position = start + len(_PARENT)
        if decoder.buffer[start : decoder.position] != _PARENT:
            raise MalformedError(f"expected the shared text {CONTENT!r} as parent at {start}")
    # Yjs and yrs place such text differently, and no honest client writes it.
    if origin is not None and origin == right_origin:
        raise MalformedError(f"expected text between two others, got one between {origin} twice")
    for dependency in (origin, right_origin):
        if dependency is not None and dependency[0] == client and dependency[1] >= clock:
            raise MalformedError(f"expected an origin before {clock}, got {dependency[1]}")
    match info & 0x3F:
        case 4:
            text = decoder.var_string()
            end = _end(clock, utf16_length(text))
            return Struct(
                clock, end, STRING, origin, right_origin, _surrogate_pairs(text, clock), offset
            )
        case 1:
            end = _end(clock, decoder.var_uint())
            return Struct(clock, end, DELETED, origin, right_origin, (), offset)
        case kind:
            raise MalformedError(f"expected text or deleted text at {offset}, got kind {kind}")


def _end(clock: int, length: int) -> int:
    if length == 0:
        raise MalformedError(f"expected a length above 0 at clock {clock}")
    end = clock + length
    if end > MAX_CLOCK:
        raise MalformedError(f"expected clocks up to {MAX_CLOCK}, got {end}")
    return end


def _read_delete_set(decoder: Decoder) -> list[DeleteRange]:
    var_uint = decoder.var_uint
    deletes: list[DeleteRange] = []
    clients: set[int] = set()
    for _ in range(var_uint()):
        client = var_uint()
        if client in clients:
            raise MalformedError(f"expected deletions of each client once, got {client} again")
        clients.add(client)
        for _ in range(var_uint()):
            clock = var_uint()
            deletes.append((client, clock, _end(clock, var_uint())))
    return deletes


def utf16_length(text: str) -> int:
    """How many UTF-16 code units, the unit of clocks and of positions in the browser."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _surrogate_pairs(text: str, clock: int) -> tuple[tuple[int, int], ...]:
    if text.isascii() or max(text) <= "\uffff":
        return ()
    pairs = []
    astral = 0  # characters so far that take two clocks
    for run in _ASTRAL.finditer(text):
        start = clock + run.start() + astral
        astral += run.end() - run.start()
        pairs.append((start, clock + run.end() + astral))
    return tuple(pairs)


def encode_update(sections: list[tuple[int, int, int, bytes]], deletes: list[DeleteRange]) -> bytes:
    """An update of `sections` (client, first clock, count of structs, their bytes) and deletes."""
    parts = [var_uint(len(sections))]
    # Yjs writes the highest client first, and reads that order fastest.
    for client, clock, count, structs in sorted(sections, reverse=True):
        parts += (var_uint(count), var_uint(client), var_uint(clock), structs)
    by_client: dict[int, list[tuple[int, int]]] = {}
    for client, start, end in deletes:
        by_client.setdefault(client, []).append((start, end))
    parts.append(var_uint(len(by_client)))
    for client, ranges in sorted(by_client.items(), reverse=True):
        parts += (var_uint(client), var_uint(len(ranges)))
        for start, end in ranges:
            parts += (var_uint(start), var_uint(end - start))
    return b"".join(parts)


def read_state_vector(payload: bytes) -> StateVector:
    """Read a state vector; `MalformedError` when it is unsound."""
    decoder = Decoder(payload)
    state_vector: StateVector = {}
    for _ in range(decoder.var_uint()):
        client = decoder.var_uint()
        if client in state_vector:
            raise MalformedError(f"expected each client once, got {client} again")
        clock = decoder.var_uint()
        if clock > MAX_CLOCK:
            raise MalformedError(f"expected clocks up to {MAX_CLOCK}, got {clock}")
        state_vector[client] = clock
    decoder.end()
    return state_vector


def encode_state_vector(state_vector: StateVector) -> bytes:
    """The bytes of a state vector."""
    parts = [var_uint(len(state_vector))]
    for client, clock in sorted(state_vector.items(), reverse=True):
        parts += (var_uint(client), var_uint(clock))
    return b"".join(parts)
